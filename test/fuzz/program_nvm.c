// SPDX-License-Identifier: MIT
/*
 * program_nvm.c: commands that have a function of their own, instead of nvu_io(): what is accepted is inside the
 * namespace. New ones are appended, so that the bytes of older inputs mean what they have meant.
 */
#include "program.h"

#include <errno.h>

/* A request of several commands has at most a part for each block: the program polls for all of them. */
enum { REGISTRANTS = 4, REPORT_HEAD = 24, BLOCKS_SPLIT_MAX = 1024, BY_RW = 0x80 };

/* What the input says of a command; how many of it a command uses is its own. */
struct request {
	struct nvu_qpair *qpair;
	const struct nvu_ns *ns;
	uint64_t lba;
	uint32_t blocks;
	uint32_t flags; /* bits 31:24 */
	uint64_t user_data;
};

static void check_inside(const struct request *request, int ret)
{
	if (!ret)
		PROMISE(request->blocks && request->blocks <= 65536 &&
			request->lba + request->blocks <= nvu_ns_info(request->ns)->blocks);
}

static int spoil(const struct request *request)
{
	int ret = nvu_write_uncorrectable(request->qpair, request->ns, request->lba,
					  request->blocks, request->user_data);

	check_inside(request, ret);
	return ret;
}

/* As many as a controller may take one at a time. */
static uint32_t few_blocks(const struct request *request)
{
	return request->blocks % BLOCKS_SPLIT_MAX;
}

static void check_split(const struct request *request, int ret)
{
	if (!ret)
		PROMISE(few_blocks(request) &&
			request->lba + few_blocks(request) <= nvu_ns_info(request->ns)->blocks);
}

static int zero(const struct request *request)
{
	int ret = nvu_write_zeroes(request->qpair, request->ns, request->lba, few_blocks(request),
				   request->flags, request->user_data);

	check_split(request, ret);
	return ret;
}

static int verify(const struct request *request)
{
	int ret = nvu_verify(request->qpair, request->ns, request->lba, few_blocks(request),
			     request->flags, request->user_data);

	check_split(request, ret);
	return ret;
}

/* A range, and the last block. */
static int deallocate(const struct request *request)
{
	const struct nvu_range ranges[] = { { .lba = request->lba, .blocks = few_blocks(request) },
					    { .lba = nvu_ns_info(request->ns)->blocks - 1,
					      .blocks = 1 } };
	int ret = nvu_deallocate(request->qpair, request->ns, ranges, 2, request->user_data);

	check_split(request, ret);
	return ret;
}

static int do_register(const struct request *request)
{
	int ret = nvu_reservation_register(request->qpair, request->ns, request->blocks & 0xff,
					   request->flags | (uint32_t)(request->lba & 0xf),
					   request->lba, request->blocks, request->user_data);

	if (!ret)
		PROMISE((request->blocks & 0xff) <= NVU_RESERVATION_REPLACE);
	return ret;
}

static int acquire(const struct request *request)
{
	uint32_t type = (uint32_t)request->lba;
	int ret = nvu_reservation_acquire(request->qpair, request->ns, request->blocks & 0xff, type,
					  request->lba, request->blocks, request->user_data);

	if (!ret)
		PROMISE(type < 8 && nvu_ns_info(request->ns)->reservation_types >> type & 1);
	return ret;
}

static int release(const struct request *request)
{
	return nvu_reservation_release(request->qpair, request->ns, request->blocks & 0xff,
				       (uint32_t)request->lba, request->lba, request->user_data);
}

/* The blocks, and the last one. */
static int copy(const struct request *request)
{
	const struct nvu_copy_range ranges[] = {
		{ .lba = request->lba & 0xff, .blocks = request->blocks },
		{ .lba = nvu_ns_info(request->ns)->blocks - 1, .blocks = 1 }
	};
	uint64_t to = request->lba >> 8;
	int ret = nvu_copy(request->qpair, request->ns, to, ranges, 2, request->flags,
			   request->user_data);

	if (!ret)
		PROMISE(request->blocks &&
			request->blocks < nvu_ns_info(request->ns)->max_copy_blocks &&
			to + request->blocks + 1 <= nvu_ns_info(request->ns)->blocks);
	return ret;
}

static const struct {
	uint8_t opcode;
	int (*queue)(const struct request *request);
} functions[] = {
	{ NVU_CMD_WRITE_UNCORRECTABLE, spoil },
	{ NVU_CMD_WRITE_ZEROES, zero },
	{ NVU_CMD_VERIFY, verify },
	{ NVU_CMD_DSM, deallocate },
	{ NVU_CMD_RESERVATION_REGISTER, do_register },
	{ NVU_CMD_RESERVATION_ACQUIRE, acquire },
	{ NVU_CMD_RESERVATION_RELEASE, release },
	{ NVU_CMD_COPY, copy },
};

bool program_nvm(struct program *program, struct nvu_qpair *qpair, const struct nvu_sqe *cmd,
		 uint64_t lba, uint32_t blocks, uint64_t user_data, int *ret_result)
{
	struct request request = {
		.qpair = qpair,
		.lba = lba,
		.blocks = blocks,
		.flags = (uint32_t)cmd->flags << 24,
		.user_data = user_data,
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (functions[i].opcode != cmd->opcode)
			continue;
		*ret_result = nvu_ns_get(program->ctrl, 1, &request.ns)
				      ? -ENODEV
				      : functions[i].queue(&request);
		return true;
	}
	return false;
}

static bool is_for_rw(const struct nvu_sqe *cmd)
{
	return (cmd->flags & BY_RW) &&
	       (cmd->opcode == NVU_CMD_READ || cmd->opcode == NVU_CMD_WRITE ||
		cmd->opcode == NVU_CMD_COMPARE);
}

/* A request of any length: as many blocks as the data have room for. */
static int read_or_write(struct nvu_qpair *qpair, const struct nvu_ns *ns,
			 const struct nvu_sqe *cmd, const struct nvu_dma *dma, size_t offset,
			 size_t len, uint64_t user_data)
{
	const struct nvu_ns_info *info = nvu_ns_info(ns);
	uint64_t lba = cmd->flags & 0x7f, blocks = info->block_bytes ? len / info->block_bytes : 1;
	int ret;

	if (info->metadata_bytes) /* the device does not know how long the data are */
		return -ENOTSUP;
	ret = nvu_rw(qpair,
		     NVU_RW_ARGS(.ns = ns, .opcode = cmd->opcode, .lba = lba, .blocks = blocks,
				 .buf = dma, .offset = offset, .user_data = user_data));

	if (!ret)
		PROMISE(blocks && lba + blocks <= info->blocks && offset % 4 == 0 &&
			offset + blocks * info->block_bytes <= nvu_dma_len(dma));
	return ret;
}

/* From the buffer's begin, and from the offset. */
static int compare_and_write(struct nvu_qpair *qpair, const struct nvu_ns *ns,
			     const struct nvu_dma *dma, size_t offset, size_t len,
			     uint64_t user_data)
{
	uint32_t blocks = (uint32_t)(len / 512);
	int ret = nvu_compare_and_write(qpair, ns, 0, blocks, dma, 0, dma, offset, user_data);

	if (!ret)
		PROMISE(blocks && blocks <= nvu_ns_info(ns)->atomic_compare_and_write_blocks);
	return ret;
}

bool program_nvm_data(struct program *program, struct nvu_qpair *qpair, const struct nvu_sqe *cmd,
		      const struct nvu_dma *dma, size_t offset, size_t len, uint64_t user_data,
		      int *ret_result)
{
	const struct nvu_ns *ns;

	if (is_for_rw(cmd)) {
		*ret_result = nvu_ns_get(program->ctrl, 1, &ns)
				      ? -ENODEV
				      : read_or_write(qpair, ns, cmd, dma, offset, len, user_data);
		return true;
	}
	if (cmd->opcode == NVU_CMD_COMPARE && (cmd->flags & 3) == 1) {
		*ret_result = nvu_ns_get(program->ctrl, 1, &ns)
				      ? -ENODEV
				      : compare_and_write(qpair, ns, dma, offset, len, user_data);
		return true;
	}
	if (cmd->opcode != NVU_CMD_RESERVATION_REPORT)
		return false;
	*ret_result =
		nvu_ns_get(program->ctrl, 1, &ns)
			? -ENODEV
			: nvu_reservation_report(qpair, ns, dma, offset, len,
						 cmd->flags & NVU_RESERVATION_EXTENDED, user_data);
	return true;
}

/* Whatever is in the buffer by now. */
void program_decode(const void *data, size_t len, uint32_t flags)
{
	struct nvu_registrant registrants[REGISTRANTS];
	struct nvu_reservation reservation;
	int count;

	flags &= NVU_RESERVATION_EXTENDED;
	count = nvu_reservation_decode(data, len, flags, &reservation, registrants, REGISTRANTS);
	PROMISE(count <= REGISTRANTS && (count < 0 || (uint32_t)count <= reservation.registrants));
	PROMISE(count < 0 || reservation.type <= NVU_RESERVATION_EXCLUSIVE_ACCESS_ALL);
	PROMISE(count < 0 || REPORT_HEAD + (size_t)count * REPORT_HEAD <= len);
}
