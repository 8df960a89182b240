// SPDX-License-Identifier: MIT
/*
 * program_admin.c: what a program under fuzzing does with the controller: admin commands and service.
 */
#include "program.h"

#include <errno.h>
#include <sys/eventfd.h>

enum { ADMIN_BYTES = 16384 };

uint32_t program_timeout_ms(struct input *input)
{
	static const uint32_t timeouts_ms[] = {
		0, 1, 2, 10, 49, 100, 1000, 5000, 60000, INT32_MAX
	};

	return PICK(timeouts_ms, input);
}

/* What tells how long its data are, tells the truth. */
static uint32_t admin_dword10(uint8_t opcode, uint32_t value, size_t len)
{
	uint32_t dwords = (uint32_t)(len / 4);

	if (opcode == NVU_ADMIN_GET_LOG_PAGE)
		return dwords ? (dwords - 1) << 16 | (value & 0xff) : value;
	return opcode == NVU_ADMIN_FW_DOWNLOAD && dwords ? dwords - 1 : value;
}

void program_admin(struct program *program)
{
	static uint8_t data[ADMIN_BYTES];
	struct input *input = program->input;
	struct nvu_sqe cmd = { .opcode = input_u8(input) };
	size_t len = (input_u16(input) * 4ul) % (ADMIN_BYTES + 4);
	uint64_t result;

	cmd.cdw10 = nvu_le32_put(admin_dword10(cmd.opcode, input_u16(input), len));
	cmd.cdw2 = nvu_le32_put(DEVICE_LENGTH | (uint32_t)len);
	if (program->ctrl)
		(void)nvu_admin(program->ctrl, &cmd, len ? data : NULL, len,
				program_timeout_ms(input), &result);
}

/* Starts a command, unless 64 are outstanding. */
static void start_admin(struct program *program, uint8_t choice)
{
	static const uint8_t opcodes[] = { NVU_ADMIN_IDENTIFY, NVU_ADMIN_GET_LOG_PAGE,
					   NVU_ADMIN_FORMAT_NVM, NVU_ADMIN_SET_FEATURES };
	static uint8_t data[ADMIN_BYTES];
	uint8_t opcode = opcodes[choice % sizeof(opcodes)];
	size_t len = choice & 4 ? 512 : 0;
	const struct nvu_sqe cmd = {
		.opcode = opcode,
		.cdw2 = nvu_le32_put(DEVICE_LENGTH | (uint32_t)len),
		.cdw10 = nvu_le32_put(admin_dword10(opcode, choice, len)),
	};
	uint32_t idx = 0;

	while (idx < 64 && program->started >> idx & 1)
		idx++;
	if (idx < 64 && !nvu_admin_start(program->ctrl, &cmd, len ? data : NULL, len, choice, idx))
		program->started |= 1ull << idx;
}

/* Each command that was accepted is answered once. */
static void poll_admin(struct program *program)
{
	struct nvu_cpl cpls[4];
	int ret = nvu_admin_poll(program->ctrl, cpls, 4);

	PROMISE(ret <= 4);
	PROMISE(ret >= 0 || !program->started);
	for (int i = 0; i < ret; i++) {
		PROMISE(cpls[i].user_data < 64 && program->started >> cpls[i].user_data & 1);
		program->started &= ~(1ull << cpls[i].user_data);
	}
}

/* 31 steps: all that are left. */
static void reset_in_steps(struct program *program, uint32_t steps)
{
	int ret = nvu_ctrl_reset_start(program->ctrl);

	while (!ret && steps) {
		steps -= steps < 31;
		ret = nvu_ctrl_reset_step(program->ctrl);
		if (!ret)
			return;
		if (ret == -EAGAIN) {
			clock_advance_ms(1);
			ret = 0;
		}
	}
}

void program_service(struct program *program)
{
	struct nvu_event event;
	uint8_t how;
	int ret, fd;

	if (!program->ctrl)
		return;
	fd = nvu_ctrl_release_fd(program->ctrl);
	if (fd >= 0 && input_u8(program->input) & 1)
		(void)eventfd_write(fd, 1);
	how = input_u8(program->input);
	ret = nvu_ctrl_service(program->ctrl, how & 1 ? NULL : &event);
	PROMISE(ret <= 1);
	if (fd >= 0) {
		eventfd_t count;

		(void)eventfd_read(fd, &count);
	}
	if (how & 2)
		start_admin(program, how >> 3);
	if (how & 4)
		poll_admin(program);
	if (how && !(how & 7))
		reset_in_steps(program, how >> 3);
}
