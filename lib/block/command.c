/* SPDX-License-Identifier: MIT */
/*
 * command.c: see command.h.
 */
#include "block/command.h"

#include "base/error.h"

#include <errno.h>
#include <nvu/ctrl.h>
#include <nvu/identify.h>
#include <nvu/io.h>
#include <nvu/nvm.h>
#include <nvu/qpair.h>

enum {
	DIRECT_BYTES =
		256 << 10, /* of a command without a copy: several of them are faster than one */
	RANGES = 16,	   /* of a deallocation */
};

static uint64_t less(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Past the command's data; of the last command nothing follows. */
static void move_on(struct operation *operation, uint64_t blocks)
{
	if (blocks < operation->blocks)
		cursor_skip(&operation->cursor, (size_t)blocks << operation->block->shift);
}

static bool stage_bounced(struct operation *operation, struct command *command)
{
	struct nvu_block *block = operation->block;
	size_t len = (size_t)command->blocks << block->shift;

	if (!pair_take_slot(operation->pair, &command->slot))
		return false;
	command->bounced = true;
	command->buf = block->bounce;
	command->offset = (size_t)command->slot * block->slot_bytes;
	command->place = operation->cursor;
	if (operation->kind == OPERATION_READ) {
		move_on(operation, command->blocks);
		return true;
	}
	pair_leave(operation->pair);
	cursor_copy_out(&operation->cursor, block->bounce_addr + command->offset, len);
	pair_enter(operation->pair);
	return true;
}

static struct nvu_piece *pieces_of(struct operation *operation, const struct command *command)
{
	return operation->pieces[command - operation->commands];
}

/* Blocks whose bytes lie in several pieces, all of which are registered, if these are more than `fewer` blocks. */
static bool stage_pieces(struct operation *operation, struct command *command, size_t bytes,
			 uint64_t fewer)
{
	struct nvu_block *block = operation->block;
	const bool holes = operation->kind == OPERATION_READ &&
			   (nvu_ctrl_info(block->ctrl)->sgls & NVU_SGLS_BIT_BUCKET);
	struct gathered gathered =
		cursor_gather(&operation->cursor, &block->memory, bytes, block->block_bytes, holes,
			      pieces_of(operation, command));

	if (gathered.len >> block->shift <= fewer)
		return false;
	command->blocks = gathered.len >> block->shift;
	command->piece_count = gathered.count;
	command->place = operation->cursor;
	move_on(operation, command->blocks);
	return true;
}

/* Without a copy. False: *ret_until is for how many of the next bytes there has to be one. */
static bool stage_registered(struct operation *operation, struct command *command, size_t bytes,
			     size_t *ret_until)
{
	struct nvu_block *block = operation->block;
	struct reach reach = cursor_reach(&operation->cursor, &block->memory, bytes);
	const uint64_t blocks = reach.buf ? reach.len >> block->shift : 0;

	*ret_until = reach.len;
	if (!operation->without_pieces && blocks < bytes >> block->shift &&
	    stage_pieces(operation, command, bytes, blocks))
		return true;
	if (!blocks)
		return false;
	command->blocks = blocks;
	command->buf = reach.buf;
	command->offset = reach.offset;
	move_on(operation, blocks);
	return true;
}

/* A part of a read or a write: whole blocks that are reachable, or that are copied. */
static bool stage_data(struct operation *operation, struct command *command)
{
	struct nvu_block *block = operation->block;
	const uint64_t limit = block_limit(block);
	const uint64_t most = less(limit, operation->blocks);
	size_t until = less(most << block->shift, DIRECT_BYTES);

	if (!memory_is_empty(&block->memory) && stage_registered(operation, command, until, &until))
		return true;
	/* Up to the block that holds the last byte that is to be copied, or that a reachable piece ends in. */
	command->blocks = less(less(most, block->slot_bytes >> block->shift),
			       (until + block->block_bytes - 1) >> block->shift);
	return stage_bounced(operation, command);
}

bool command_has_pieces(const struct operation *operation, const struct command *command)
{
	return !command->buf &&
	       (operation->kind == OPERATION_READ || operation->kind == OPERATION_WRITE);
}

bool command_take_back(struct operation *operation, const struct command *command)
{
	if (command->lba + command->blocks != operation->lba)
		return false;
	operation->lba -= command->blocks;
	operation->blocks += command->blocks;
	operation->cursor = command->place;
	return true;
}

/* How many blocks one command without data takes. */
static uint64_t limit_of(const struct operation *operation)
{
	const struct nvu_ns_info *info = nvu_ns_info(operation->ns);
	const uint32_t ranges = (uint32_t)less(info->max_ranges, RANGES);

	if (operation->kind == OPERATION_FLUSH)
		return 1;
	if (operation->kind == OPERATION_ZERO)
		return info->max_zeroes_blocks;
	return less(info->max_deallocate_blocks, (uint64_t)info->max_range_blocks * ranges);
}

bool command_stage(struct operation *operation, struct command *command)
{
	command->lba = operation->lba;
	command->blocks = 0;
	command->bounced = false;
	command->buf = NULL;
	command->resets = 0;
	command->timeouts = 0;
	if (operation->kind == OPERATION_READ || operation->kind == OPERATION_WRITE) {
		if (!stage_data(operation, command))
			return false;
	} else {
		command->blocks = less(operation->blocks, limit_of(operation));
	}
	operation->lba += command->blocks;
	operation->blocks -= command->blocks;
	command->state = COMMAND_STAGED;
	return true;
}

/*
 * A read or a write with flags, or with pieces, which the controller may not take at once. Reference tags begin at the
 * number of the first block, also with type 2.
 */
static int queue_rw(struct operation *operation, struct command *command, uint32_t opcode,
		    uint32_t flags, uint64_t user_data)
{
	struct nvu_rw_args args = {
		.size = sizeof(args),
		.ns = operation->ns,
		.opcode = opcode,
		.lba = command->lba,
		.blocks = command->blocks,
		.buf = command->buf,
		.flags = flags,
		.ref_tag = flags & NVU_RW_PRCHK_REF ? (uint32_t)command->lba : 0,
		.user_data = user_data,
	};

	if (command->buf) {
		args.offset = command->offset;
		args.flags |= NVU_RW_NO_SPLIT;
	} else {
		args.pieces = pieces_of(operation, command);
		args.piece_count = command->piece_count;
	}
	return nvu_rw(operation->pair->qpair, &args);
}

static int queue_data(struct operation *operation, struct command *command, uint64_t user_data)
{
	struct nvu_qpair *qpair = operation->pair->qpair;
	const uint32_t blocks = (uint32_t)command->blocks;
	const bool reads = operation->kind == OPERATION_READ;
	uint32_t flags = operation->block->protection;

	if ((operation->flags & NVU_BLOCK_FUA) && nvu_ns_info(operation->ns)->volatile_cache)
		flags |= NVU_RW_FUA;
	if (flags || !command->buf)
		return queue_rw(operation, command, reads ? NVU_CMD_READ : NVU_CMD_WRITE, flags,
				user_data);
	if (reads)
		return nvu_read(qpair, operation->ns, command->lba, blocks, command->buf,
				command->offset, user_data);
	return nvu_write(qpair, operation->ns, command->lba, blocks, command->buf, command->offset,
			 user_data);
}

static int queue_zeroes(struct operation *operation, struct command *command, uint64_t user_data)
{
	const struct nvu_ns_info *info = nvu_ns_info(operation->ns);
	uint32_t flags = operation->block->protection & NVU_RW_PRACT;

	if ((operation->flags & NVU_BLOCK_FUA) && info->volatile_cache)
		flags |= NVU_RW_FUA;
	if ((operation->flags & NVU_BLOCK_MAY_UNMAP) && info->zeroes_deallocate)
		flags |= NVU_RW_DEAC;
	return nvu_write_zeroes(operation->pair->qpair, operation->ns, command->lba,
				(uint32_t)command->blocks, flags, user_data);
}

static int queue_discard(struct operation *operation, struct command *command, uint64_t user_data)
{
	const uint32_t limit = nvu_ns_info(operation->ns)->max_range_blocks;
	struct nvu_range ranges[RANGES];
	uint64_t lba = command->lba;
	uint32_t count = 0;

	for (uint64_t left = command->blocks; left && count < RANGES; count++) {
		ranges[count] = (struct nvu_range){ lba, (uint32_t)less(left, limit), 0 };
		lba += ranges[count].blocks;
		left -= ranges[count].blocks;
	}
	return nvu_deallocate(operation->pair->qpair, operation->ns, ranges, count, user_data);
}

int command_queue(struct operation *operation, struct command *command)
{
	const uint64_t user_data = NVU_ADDRESS(command);

	switch (operation->kind) {
	case OPERATION_READ:
	case OPERATION_WRITE:
		return queue_data(operation, command, user_data);
	case OPERATION_ZERO:
		return queue_zeroes(operation, command, user_data);
	case OPERATION_DISCARD:
		return queue_discard(operation, command, user_data);
	default:
		return nvu_flush(operation->pair->qpair, operation->ns, user_data);
	}
}
