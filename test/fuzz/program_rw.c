// SPDX-License-Identifier: MIT
/*
 * program_rw.c: nvu_rw() with all that it can carry, and the other functions for commands, under fuzzing: what is
 * accepted is inside the namespace and inside the buffer.
 */
#include "program.h"

#include <errno.h>

/* What the input says of a command. */
struct request {
	struct nvu_qpair *qpair;
	const struct nvu_ns *ns;
	uint64_t lba;
	uint32_t blocks;
	uint32_t flags; /* bits of CDW12 */
	const struct nvu_dma *dma;
	size_t offset;
	uint64_t user_data;
};

static void check_range(const struct request *request, uint64_t blocks)
{
	const struct nvu_ns_info *info = nvu_ns_info(request->ns);

	PROMISE(blocks && blocks <= info->blocks && request->lba <= info->blocks - blocks);
}

static void check_buffer(const struct request *request, uint64_t bytes)
{
	PROMISE(request->dma && request->offset % 4 == 0);
	PROMISE(request->offset <= nvu_dma_len(request->dma) &&
		bytes <= nvu_dma_len(request->dma) - request->offset);
}

/* What a read or a write can carry beside its data, each of which the input may leave out. */
static void decorate(struct nvu_rw_args *args, struct input *input)
{
	uint8_t how = input_u8(input);

	if (how & 1)
		args->flags |= NVU_RW_NO_SPLIT;
	if (how & 2)
		args->metadata = args->buf;
	if (how & 4)
		args->dsm = input_u8(input);
	if (how & 8)
		args->ref_tag = input_u32(input);
	if (how & 16)
		args->storage_tag = input_u16(input);
	if (how & 32)
		args->app_tag = input_u16(input);
	if (how & 64)
		args->app_mask = input_u16(input);
	if (how & 128)
		args->placement = input_u8(input);
}

static int rw(struct request *request, struct input *input)
{
	static const uint32_t opcodes[] = { NVU_CMD_READ,   NVU_CMD_WRITE,	  NVU_CMD_COMPARE,
					    NVU_CMD_VERIFY, NVU_CMD_WRITE_ZEROES, NVU_CMD_FLUSH };
	const struct nvu_ns_info *info = nvu_ns_info(request->ns);
	struct nvu_rw_args args = {
		.size = sizeof(args),
		.ns = request->ns,
		.opcode = PICK(opcodes, input),
		.lba = request->lba,
		.blocks = request->blocks,
		.flags = request->flags,
		.buf = request->dma,
		.offset = request->offset,
		.user_data = request->user_data,
	};
	int ret;

	decorate(&args, input);
	ret = nvu_rw(request->qpair, &args);

	if (ret)
		return ret;
	check_range(request, args.blocks);
	if (args.opcode != NVU_CMD_VERIFY && args.opcode != NVU_CMD_WRITE_ZEROES)
		check_buffer(request, args.blocks * info->block_bytes);
	return 0;
}

static int compare(struct request *request)
{
	int ret = nvu_compare(request->qpair, request->ns, request->lba, request->blocks,
			      request->dma, request->offset, request->flags, request->user_data);

	if (!ret)
		check_range(request, request->blocks);
	if (!ret)
		check_buffer(request,
			     (uint64_t)request->blocks * nvu_ns_info(request->ns)->block_bytes);
	return ret;
}

/* One of program_nvm.c. */
static int by_opcode(struct program *program, struct request *request)
{
	static const uint8_t opcodes[] = {
		NVU_CMD_WRITE_UNCORRECTABLE,
		NVU_CMD_WRITE_ZEROES,
		NVU_CMD_VERIFY,
		NVU_CMD_DSM,
		NVU_CMD_RESERVATION_REGISTER,
		NVU_CMD_RESERVATION_ACQUIRE,
		NVU_CMD_RESERVATION_RELEASE,
	};
	const struct nvu_sqe cmd = { .opcode = PICK(opcodes, program->input),
				     .flags = (uint8_t)(request->flags >> 24) };
	int ret = -EINVAL;

	(void)program_nvm(program, request->qpair, &cmd, request->lba, request->blocks,
			  request->user_data, &ret);
	return ret;
}

static int queue(struct program *program, struct request *request, uint8_t which)
{
	if (which < 3)
		return rw(request, program->input);
	return which < 5 ? by_opcode(program, request) : compare(request);
}

void program_rw(struct program *program)
{
	static const uint32_t flags[] = {
		0,
		NVU_RW_FUA,
		NVU_RW_LR,
		NVU_RW_DEAC,
		NVU_RW_PRACT,
		NVU_RW_PRCHK_GUARD,
		NVU_RW_STREAM,
		NVU_RW_PLACEMENT,
		NVU_RW_PRCHK_REF,
		NVU_RW_STC,
	};
	struct input *input = program->input;
	uint8_t how = input_u8(input);
	uint32_t at, idx = input_u8(input) % (PROGRAM_BUFFERS + 1);
	struct request request = { .qpair = program_choose_qpair(program, &at) };
	struct command *command;

	if (!request.qpair || !program_has_room(program) ||
	    nvu_ns_get(program->ctrl, 1u + (how >> 6 & 1), &request.ns))
		return;
	if (how & 0x80 && program->first[1])
		request.ns = program->first[1];
	request.dma = idx < PROGRAM_BUFFERS ? program->buffers[idx].dma : NULL;
	command = program_command(program, at, request.dma ? idx : PROGRAM_NO_BUFFER);
	request.user_data = (uintptr_t)command;
	request.lba = how & 0x20 ? input_u64(input) : input_u16(input);
	request.blocks = how & 0x10 ? input_u32(input) : input_u8(input);
	request.offset = how & 0x08 ? input_u16(input) : 0;
	request.flags = PICK(flags, input);
	request.flags |= PICK(flags, input);
	program->qpairs[at].splits = true;
	program_account(program, command, queue(program, &request, how & 7));
}
