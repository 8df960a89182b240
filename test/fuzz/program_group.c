// SPDX-License-Identifier: MIT
/*
 * program_group.c: all queue pairs of the program as a group for a while: whose completions they are, and that the group
 * ends with its last member.
 */
#include "program.h"

enum { GROUP_CPLS = 8 };

/*
 * Which queue pair each member is; those of a controller that was closed are none, nor those without interrupts if the
 * program already has the group's descriptor.
 */
static uint32_t join_all(struct program *program, struct nvu_group *group, bool has_fd,
			 uint32_t *idx_of)
{
	uint32_t count = 0;
	int ret;

	for (uint32_t i = 0; i < PROGRAM_QPAIRS; i++) {
		struct nvu_qpair *qpair = program->qpairs[i].qpair;

		if (!qpair || program->qpairs[i].orphan)
			continue;
		ret = nvu_group_add(group, qpair);
		PROMISE(ret == (int)count || (has_fd && ret < 0));
		if (ret < 0)
			continue;
		PROMISE(nvu_group_add(group, qpair) < 0);
		idx_of[count++] = i;
	}
	return count;
}

static int poll_all(struct program *program, struct nvu_group *group, const uint32_t *idx_of,
		    uint32_t members)
{
	struct nvu_cpl cpls[GROUP_CPLS];
	int count = nvu_group_poll(group, cpls, GROUP_CPLS);

	PROMISE(count <= GROUP_CPLS);
	for (int i = 0; i < count; i++) {
		uint32_t member = cpls[i].member;

		PROMISE(member < members);
		cpls[i].member = 0;
		program_answered(program, idx_of[member], &cpls[i]);
	}
	return count;
}

static bool is_all_answered(const struct program *program)
{
	bool all = true;

	for (uint32_t i = 0; i < PROGRAM_QPAIRS; i++)
		all &= program->qpairs[i].orphan ||
		       program->qpairs[i].answered == program->qpairs[i].accepted;
	return all;
}

void program_group(struct program *program)
{
	uint8_t how = input_u8(program->input), turns = how & 0x1f;
	uint32_t idx_of[PROGRAM_QPAIRS], members;
	struct nvu_group *group;
	int ret = 0;

	PROMISE(!nvu_group_create(&group));
	if (how & 1)
		PROMISE(nvu_group_fd(group) >= 0);
	members = join_all(program, group, how & 1, idx_of);
	if (how & 0x80)
		(void)nvu_group_fd(group);
	for (uint8_t i = 0; i <= turns && ret >= 0; i++) {
		device.calls = device.jumps = 0;
		device_step(how & 0x40 ? 1 : UINT32_MAX);
		ret = poll_all(program, group, idx_of, members);
		if (how & 0x20)
			clock_advance_ms(10);
	}
	/* Only when all have ended. */
	PROMISE(ret >= 0 || (is_all_answered(program) && nvu_group_poll(group, NULL, 0) == ret));
	for (uint32_t i = how & 2 ? members : 0; i < members; i++) {
		PROMISE(!nvu_group_remove(group, program->qpairs[idx_of[i]].qpair));
		PROMISE(nvu_group_remove(group, program->qpairs[idx_of[i]].qpair) < 0);
	}
	nvu_group_destroy(group);
	nvu_group_destroy(NULL);
}
