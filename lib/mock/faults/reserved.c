/* SPDX-License-Identifier: MIT */
/*
 * reserved.c: one row a command, Base 5 and NVM 3. No format of the mock has metadata or
 * protection information: MPTR and the fields of protection information are not used either.
 */
#include "mock/faults/reserved.h"

#include "mock/faults/violation.h"

enum { PRP1 = 1, PRP2 = 2, DATA = PRP1 | PRP2, CDW10_FIRST = 10, CDWS = 6 };

#define ALL UINT32_MAX

struct rule {
	bool known;
	uint8_t prps;	     /* PRP1, DATA: which entries it uses */
	uint32_t used[CDWS]; /* bits of CDW10 to CDW15 */
};

static const struct rule admin_rules[256] = {
	[NVU_ADMIN_DELETE_SQ] = { true, 0, { 0xffff } },
	[NVU_ADMIN_CREATE_SQ] = { true, PRP1, { ALL, 0xffff0007, 0xffff } },
	[NVU_ADMIN_GET_LOG_PAGE] = { true, DATA, { ALL, ALL, ALL, ALL, 0xff80007f } },
	[NVU_ADMIN_DELETE_CQ] = { true, 0, { 0xffff } },
	[NVU_ADMIN_CREATE_CQ] = { true, PRP1, { ALL, 0xffff0003 } },
	[NVU_ADMIN_IDENTIFY] = { true, DATA, { 0xffff00ff, 0xff00ffff, 0, 0, 0x7f } },
	[NVU_ADMIN_ABORT] = { true, 0, { ALL } },
	[NVU_ADMIN_SET_FEATURES] = { true, DATA, { 0x800000ff, ALL, ALL, ALL, ALL, ALL } },
	[NVU_ADMIN_GET_FEATURES] = { true, DATA, { 0x7ff, ALL, 0, 0, 0x7f } },
	[NVU_ADMIN_ASYNC_EVENT] = { true, 0, { 0 } },
	[NVU_ADMIN_DOORBELL_BUFFER] = { true, DATA, { 0 } },
};

static const struct rule io_rules[256] = {
	[NVU_CMD_FLUSH] = { true, 0, { 0 } },
	[NVU_CMD_WRITE] = { true, DATA, { ALL, ALL, 0xfdf0ffff, 0xffff00ff } },
	[NVU_CMD_READ] = { true, DATA, { ALL, ALL, 0xfd00ffff, 0xff } },
	[NVU_CMD_COMPARE] = { true, DATA, { ALL, ALL, 0xfd00ffff } },
	[NVU_CMD_WRITE_ZEROES] = { true, 0, { ALL, ALL, 0xfff0ffff, 0xffff00ff } },
	[NVU_CMD_DSM] = { true, DATA, { 0xff, 0x7 } },
	[NVU_CMD_VERIFY] = { true, 0, { ALL, ALL, 0xfd00ffff } },
};

static void check_cdws(struct nvu_mock *mock, const struct mock_cmd *cmd, const struct rule *rule)
{
	const nvu_le32 cdws[CDWS] = { cmd->sqe.cdw10, cmd->sqe.cdw11, cmd->sqe.cdw12,
				      cmd->sqe.cdw13, cmd->sqe.cdw14, cmd->sqe.cdw15 };

	for (uint32_t idx = 0; idx < CDWS; idx++) {
		uint32_t value = nvu_le32_get(cdws[idx]);

		if (value & ~rule->used[idx])
			mock_violation_add_cmd(mock, cmd, "CDW%u is 0x%x: bits 0x%x are reserved",
					       CDW10_FIRST + idx, value, value & ~rule->used[idx]);
	}
}

static void check_pointers(struct nvu_mock *mock, const struct mock_cmd *cmd, uint8_t prps)
{
	const struct nvu_sqe *sqe = &cmd->sqe;

	if (!(prps & PRP1) && nvu_le64_get(sqe->prp1))
		mock_violation_add_cmd(mock, cmd, "PRP1 is 0x%llx in a command without data",
				       (unsigned long long)nvu_le64_get(sqe->prp1));
	if (!(prps & PRP2) && nvu_le64_get(sqe->prp2))
		mock_violation_add_cmd(mock, cmd, "PRP2 is 0x%llx in a command that has none",
				       (unsigned long long)nvu_le64_get(sqe->prp2));
	if (nvu_le64_get(sqe->mptr))
		mock_violation_add_cmd(mock, cmd, "MPTR is 0x%llx, but there is no metadata",
				       (unsigned long long)nvu_le64_get(sqe->mptr));
	if (nvu_le32_get(sqe->cdw2) || nvu_le32_get(sqe->cdw3))
		mock_violation_add_cmd(mock, cmd, "CDW2 and CDW3 are 0x%x and 0x%x: reserved",
				       nvu_le32_get(sqe->cdw2), nvu_le32_get(sqe->cdw3));
}

void mock_reserved_check(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	const struct rule *rule =
		cmd->sq->qid ? &io_rules[cmd->sqe.opcode] : &admin_rules[cmd->sqe.opcode];

	if (!rule->known)
		return;
	check_cdws(mock, cmd, rule);
	check_pointers(mock, cmd, rule->prps);
}
