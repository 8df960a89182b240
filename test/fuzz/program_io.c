// SPDX-License-Identifier: MIT
/*
 * program_io.c: the I/O path under fuzzing, and what is promised about it: each accepted command is
 * answered once, by an answer that has a reason; a refused one never; and a command that was
 * accepted is one that could be carried out.
 */
#include "program.h"

#include <errno.h>

enum {
	SENTENCE_BYTES = 256,
	POLL_MAX = 40,
	DRAIN_TURNS = 4000,
	PAUSE_SHIFT_MAX = 26,
	FLUSH_AFTER = 0x80, /* how a flush is queued */
	STATUS_MAX = 0x7ff
};

static struct program *running; /* for callbacks */

static void settle(struct program *program, struct command *command)
{
	PROMISE(command->outstanding);
	command->outstanding = false;
	if (command->buffer != PROGRAM_NO_BUFFER)
		program->buffers[command->buffer].users--;
}

/* Nothing but its completion, or the end of the device's access to it, answers a command. */
static void check_reason(const struct nvu_qpair *qpair, const struct command *command)
{
	uint32_t reasons = device_reasons(nvu_qpair_id(qpair));

	PROMISE(reasons == DEVICE_ENDED || reasons != command->reasons);
}

/* A sentence that ends, whatever the device has written. */
static void describe(struct nvu_qpair *qpair, const struct nvu_cpl *cpl)
{
	char text[SENTENCE_BYTES];
	int len = nvu_cpl_describe(qpair, cpl, text, sizeof(text));

	PROMISE(len > 0 && len < SENTENCE_BYTES && strlen(text) == (size_t)len);
}

/* Once all that its queue pair had accepted before it was answered, unless it was aborted. */
static void check_after(const struct program *program, const struct command *flush)
{
	for (const struct command *before = program->commands; before != flush; before++)
		PROMISE(!before->outstanding || before->qpair != flush->qpair);
}

void program_answered(struct program *program, uint32_t idx, const struct nvu_cpl *cpl)
{
	uint64_t at = cpl->user_data - (uintptr_t)program->commands;
	struct program_qpair *slot = &program->qpairs[idx];
	struct command *command;

	device_trace("answer: queue pair %u, status %d", idx, cpl->status);
	PROMISE(at < sizeof(program->commands) && at % sizeof(*command) == 0);
	command = &program->commands[at / sizeof(*command)];
	PROMISE(command->outstanding && command->qpair == idx && cpl->member == 0);
	PROMISE(cpl->status <= STATUS_MAX && cpl->flags <= 0xf);
	PROMISE(cpl->status >= 0 || cpl->status == -ETIMEDOUT || cpl->status == -ECANCELED ||
		cpl->status == -ESTALE || cpl->status == -EIO || cpl->status == -ENODEV ||
		cpl->status == -ENOSPC);
	/* The controller has answered a command that waits to be sent again. */
	if (cpl->status < 0 && !command->aborted && (!slot->retries || cpl->status == -ETIMEDOUT))
		check_reason(slot->qpair, command);
	if (command->after && !command->aborted)
		check_after(program, command);
	describe(slot->qpair, cpl);
	settle(program, command);
	slot->answered++;
}

static void called_back(struct nvu_callback *self, const struct nvu_cpl *cpl)
{
	const struct command *command = (const void *)self;

	PROMISE((uintptr_t)self == cpl->user_data);
	program_answered(running, command->qpair, cpl);
}

struct nvu_qpair *program_choose_qpair(struct program *program, uint32_t *ret_idx)
{
	uint32_t idx = input_u8(program->input) % PROGRAM_QPAIRS;

	*ret_idx = idx;
	return program->qpairs[idx].orphan ? NULL : program->qpairs[idx].qpair;
}

struct command *program_command(struct program *program, uint32_t qpair, uint32_t buffer)
{
	struct command *command = &program->commands[program->command_count];

	*command = (struct command){
		.callback = { .fn = called_back },
		.qpair = (uint8_t)qpair,
		.buffer = (uint8_t)buffer,
		.reasons = device_reasons(nvu_qpair_id(program->qpairs[qpair].qpair)),
	};
	return command;
}

void program_account(struct program *program, struct command *command, int ret)
{
	PROMISE(ret <= 0);
	if (ret)
		return;
	command->outstanding = true;
	program->command_count++;
	program->qpairs[command->qpair].accepted++;
	if (command->buffer != PROGRAM_NO_BUFFER)
		program->buffers[command->buffer].users++;
}

bool program_has_room(const struct program *program)
{
	return program->command_count < PROGRAM_COMMANDS;
}

static void check_accepted(const struct nvu_ns *ns, uint64_t lba, uint32_t blocks,
			   const struct nvu_dma *dma, size_t offset)
{
	const struct nvu_ns_info *info = nvu_ns_info(ns);
	uint64_t bytes = (uint64_t)blocks * info->block_bytes;

	PROMISE(blocks && blocks <= info->max_transfer_blocks && info->block_bytes);
	PROMISE(lba < info->blocks && blocks <= info->blocks - lba);
	PROMISE(offset % 4 == 0 && offset <= nvu_dma_len(dma) &&
		bytes <= nvu_dma_len(dma) - offset);
}

void program_read_write(struct program *program)
{
	struct input *input = program->input;
	uint32_t at, idx = input_u8(input) % PROGRAM_BUFFERS;
	struct nvu_qpair *qpair = program_choose_qpair(program, &at);
	uint8_t how = input_u8(input);
	uint32_t blocks = input_u16(input), nsid = 1u + (how >> 4 & 3);
	uint64_t lba = how & 2 ? input_u64(input) : input_u8(input);
	size_t offset = (size_t)input_u16(input) << (how & 4 ? 4 : 0);
	const struct nvu_dma *dma = program->buffers[idx].dma;
	struct command *command;
	const struct nvu_ns *ns;
	int ret;

	if (!qpair || !program_has_room(program) || nvu_ns_get(program->ctrl, nsid, &ns))
		return;
	if (how & 0x40 && program->first[nsid])
		ns = program->first[nsid];
	command = program_command(program, at, dma ? idx : PROGRAM_NO_BUFFER);
	if (how & 1)
		ret = nvu_read(qpair, ns, lba, blocks, dma, offset, (uintptr_t)command);
	else
		ret = nvu_write(qpair, ns, lba, blocks, dma, offset, (uintptr_t)command);
	if (!ret)
		check_accepted(ns, lba, blocks, dma, offset);
	program_account(program, command, ret);
}

void program_flush(struct program *program)
{
	const uint8_t how = input_u8(program->input);
	const uint32_t at = how % PROGRAM_QPAIRS;
	const struct program_qpair *slot = &program->qpairs[at];
	const struct nvu_ns *ns;
	struct command *command;

	if (slot->orphan || !slot->qpair || !program_has_room(program) ||
	    nvu_ns_get(program->ctrl, 1, &ns))
		return;
	command = program_command(program, at, PROGRAM_NO_BUFFER);
	command->after = how & FLUSH_AFTER;
	program_account(program, command,
			command->after ? nvu_flush_after(slot->qpair, ns, (uintptr_t)command)
				       : nvu_flush(slot->qpair, ns, (uintptr_t)command));
}

/* Of any command that there has been: one has that user data at most. */
void program_abort(struct program *program)
{
	uint32_t at, pick = input_u8(program->input);
	struct nvu_qpair *qpair = program_choose_qpair(program, &at);
	struct command *command;
	int ret;

	if (!qpair || !program->command_count)
		return;
	command = &program->commands[program->command_count - 1 - pick % program->command_count];
	ret = nvu_abort(qpair, (uintptr_t)command);
	PROMISE(ret < 0 || ret == (command->outstanding && command->qpair == at));
	command->aborted |= ret > 0;
}

void program_io(struct program *program)
{
	static const uint32_t nsids[] = { 0, 1, 2, UINT32_MAX };
	struct input *input = program->input;
	uint8_t where = input_u8(input);
	uint32_t at, idx = where % (PROGRAM_BUFFERS + 1);
	struct nvu_qpair *qpair = program_choose_qpair(program, &at);
	struct nvu_sqe cmd = { .opcode = input_u8(input), .flags = input_u8(input) };
	size_t len = (size_t)input_u16(input) * 4, offset = input_u16(input);
	const struct nvu_dma *dma = idx < PROGRAM_BUFFERS ? program->buffers[idx].dma : NULL;
	struct command *command;
	int ret;

	if (!qpair || !program_has_room(program))
		return;
	if (!dma)
		idx = PROGRAM_NO_BUFFER;
	/* Without a buffer there is no data: then nvu fills no pointer in that could be checked. */
	cmd.nsid = nvu_le32_put(nsids[where / (PROGRAM_BUFFERS + 1) % 4]);
	cmd.cdw2 = nvu_le32_put(DEVICE_LENGTH | (dma ? (uint32_t)len : 0));
	command = program_command(program, at, idx);
	if (dma ? program_nvm_data(program, qpair, &cmd, dma, offset, len, (uintptr_t)command, &ret)
		: program_nvm(program, qpair, &cmd, offset, (uint32_t)len, (uintptr_t)command,
			      &ret)) {
		program->qpairs[at].splits = true;
		if (dma && !ret)
			program_decode((const char *)nvu_dma_addr(dma) + offset, len, cmd.flags);
		program_account(program, command, ret);
		return;
	}
	ret = nvu_io(qpair, &cmd, dma, offset, dma ? len : 0, (uintptr_t)command);
	if (!ret && dma)
		PROMISE(len && offset % 4 == 0 && offset + len <= nvu_dma_len(dma) &&
			len <= nvu_ctrl_info(program->ctrl)->max_transfer_bytes);
	program_account(program, command, ret);
}

static void check_stats(const struct program_qpair *slot, bool idle)
{
	struct nvu_qpair_stats stats;

	PROMISE(nvu_qpair_room(slot->qpair) <= nvu_qpair_depth(slot->qpair));
	nvu_qpair_stats(slot->qpair, &stats, sizeof(stats));
	PROMISE(stats.completed >= slot->answered && stats.failed <= stats.completed);
	PROMISE(stats.timeouts <= stats.failed);
	if (!slot->splits)
		PROMISE(stats.completed == slot->answered && stats.submitted <= slot->accepted);
	PROMISE(!idle || stats.submitted == stats.completed);
}

void program_poll(struct program *program, uint32_t idx, uint32_t max, bool by_callbacks)
{
	struct program_qpair *slot = &program->qpairs[idx];
	uint32_t want = max < POLL_MAX ? max : POLL_MAX;
	struct nvu_cpl cpls[POLL_MAX + 1];
	int count;

	if (!slot->qpair)
		return;
	device.calls = device.jumps = 0;
	running = program;
	memset(cpls, 0xa5, sizeof(cpls));
	if (by_callbacks)
		count = nvu_poll_callbacks(slot->qpair, want);
	else
		count = nvu_poll(slot->qpair, cpls, want);
	PROMISE(count <= (int)want);
	for (int i = 0; !by_callbacks && i < count; i++)
		program_answered(program, idx, &cpls[i]);
	for (size_t i = 0; !by_callbacks && i < sizeof(cpls[0]); i++)
		PROMISE(((const uint8_t *)&cpls[want])[i] == 0xa5);
	PROMISE(count >= 0 || slot->answered == slot->accepted);
}

void program_drain(struct program *program, uint32_t idx)
{
	struct program_qpair *slot = &program->qpairs[idx];
	uint32_t turns = 0;

	if (!slot->qpair)
		return;
	/* Ever longer pauses, so that any deadline passes; up to a day. */
	while (slot->answered != slot->accepted) {
		PROMISE(turns < DRAIN_TURNS);
		program_poll(program, idx, POLL_MAX, false);
		clock_advance_ms(1u << (turns / 8 < PAUSE_SHIFT_MAX ? turns / 8 : PAUSE_SHIFT_MAX));
		device_step(UINT32_MAX);
		turns++;
	}
	check_stats(slot, true);
}

void program_forget(struct program *program, uint32_t idx)
{
	struct program_qpair *slot = &program->qpairs[idx];

	for (uint32_t i = 0; i < program->command_count; i++)
		if (program->commands[i].outstanding && program->commands[i].qpair == idx)
			settle(program, &program->commands[i]);
	slot->accepted = slot->answered;
}
