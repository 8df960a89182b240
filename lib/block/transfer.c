/* SPDX-License-Identifier: MIT */
/*
 * transfer.c: the operations: bytes to blocks, with what is before and behind them.
 */
#include "base/error.h"
#include "block/operation.h"
#include "block/span.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static uint64_t bytes_of(const struct nvu_block *block)
{
	return nvu_ns_info(block_ns(block))->blocks << block->shift;
}

/* The namespace may have grown. */
static int check_range(struct nvu_block *block, uint64_t at, uint64_t len)
{
	int ret;

	if (span_fits(at, len, bytes_of(block)))
		return 0;
	ret = block_follow(block);
	if (ret || span_fits(at, len, bytes_of(block)))
		return ret;
	return error_set(-EINVAL,
			 "%" PRIu64 " bytes at %" PRIu64
			 " are past the end of namespace %u, which has %" PRIu64 " bytes",
			 len, at, block->nsid, bytes_of(block));
}

static int check_flags(uint32_t flags, uint32_t known)
{
	return flags & ~known
		       ? error_set(-EINVAL, "flags are %#x: this operation takes %#x at most",
				   flags, known)
		       : 0;
}

static int check_pieces(const struct iovec *iov, int count, size_t *ret_len)
{
	size_t len = 0;

	if (count < 0 || (count && !iov))
		return error_set(-EINVAL,
				 "%d pieces of memory at %p: expected 0 and more, and an array",
				 count, (const void *)iov);
	for (int i = 0; i < count; i++) {
		if (iov[i].iov_len && !iov[i].iov_base)
			return error_set(-EINVAL, "piece %d has %zu bytes at NULL", i,
					 iov[i].iov_len);
		if (__builtin_add_overflow(len, iov[i].iov_len, &len))
			return error_set(-EINVAL, "the lengths of the pieces add up to more than "
						  "there is memory");
	}
	*ret_len = len;
	return 0;
}

static int run_blocks(struct nvu_block *block, enum operation_kind kind, uint32_t flags,
		      uint64_t lba, uint64_t blocks, const struct pieces *pieces)
{
	const struct operation_what what = { kind, flags, lba, blocks, pieces };

	return operation_run(block, &what);
}

/* The whole of the first and of the last block; of one, if they are one, and at once, if one follows the other. */
static int read_edges(struct nvu_block *block, const struct span *span, char *edges)
{
	const uint64_t last = span->first + span->blocks - 1;
	struct iovec edge = { edges, block->block_bytes };
	const struct pieces pieces = { .iov = &edge, .count = 1 };
	uint64_t lba = span->first;
	int ret;

	if (span->blocks == 1 || !span->tail)
		return run_blocks(block, OPERATION_READ, 0, lba, 1, &pieces);
	if (span->head && span->blocks == 2) {
		edge.iov_len = 2ul * block->block_bytes;
		return run_blocks(block, OPERATION_READ, 0, lba, 2, &pieces);
	}
	ret = span->head ? run_blocks(block, OPERATION_READ, 0, lba, 1, &pieces) : 0;
	edge.iov_base = edges + block->block_bytes;
	return ret ? ret : run_blocks(block, OPERATION_READ, 0, last, 1, &pieces);
}

/* Reads the blocks that are written in part, and writes them back with what is new. The caller holds them. */
static int write_parts(struct nvu_block *block, const struct span *span, struct pieces *pieces,
		       uint32_t flags)
{
	char *edges = malloc(2ul * block->block_bytes);
	const size_t end = (span->blocks == 1 ? 1ul : 2ul) * block->block_bytes;
	int ret;

	if (!edges)
		return error_set(-ENOMEM, "no memory for two blocks of %u bytes",
				 block->block_bytes);
	ret = read_edges(block, span, edges);
	if (span->head)
		pieces->head = (struct iovec){ edges, span->head };
	if (span->tail)
		pieces->tail = (struct iovec){ edges + end - span->tail, span->tail };
	if (!ret)
		ret = run_blocks(block, OPERATION_WRITE, flags, span->first, span->blocks, pieces);
	free(edges);
	return ret;
}

static int write_held(struct nvu_block *block, const struct span *span, struct pieces *pieces,
		      uint32_t flags)
{
	struct hold hold = { .claim = { span->first, span->first + span->blocks - 1,
					span->head != 0, span->tail != 0 } };
	int ret;

	hold_take(&block->holds, &hold);
	if (span->head || span->tail)
		ret = write_parts(block, span, pieces, flags);
	else
		ret = run_blocks(block, OPERATION_WRITE, flags, span->first, span->blocks, pieces);
	hold_give(&block->holds, &hold);
	return ret;
}

/* iov may have a piece at NULL: zeroes. */
static int write_bytes(struct nvu_block *block, const struct iovec *iov, int count, size_t len,
		       uint64_t at, uint32_t flags)
{
	struct pieces pieces = { .iov = iov, .count = count };
	struct span span;

	if (!len)
		return 0;
	span = span_around(at, len, block->shift);
	return write_held(block, &span, &pieces, flags);
}

static int read_pieces(struct nvu_block *block, const struct iovec *to, int count, uint64_t at)
{
	struct pieces pieces = { .iov = to, .count = count };
	struct span span;
	size_t len = 0;
	int ret = check_pieces(to, count, &len);

	if (!ret)
		ret = check_range(block, at, len);
	if (ret || !len)
		return ret;
	span = span_around(at, len, block->shift);
	pieces.head.iov_len = span.head;
	pieces.tail.iov_len = span.tail;
	return run_blocks(block, OPERATION_READ, 0, span.first, span.blocks, &pieces);
}

static int write_pieces(struct nvu_block *block, const struct iovec *from, int count, uint64_t at,
			uint32_t flags)
{
	size_t len = 0;
	int ret = check_flags(flags, NVU_BLOCK_FUA);

	if (!ret)
		ret = check_pieces(from, count, &len);
	if (!ret)
		ret = check_range(block, at, len);
	return ret ? ret : write_bytes(block, from, count, len, at, flags);
}

static int write_zeroes(struct nvu_block *block, uint64_t at, uint64_t len, uint32_t flags)
{
	const struct iovec zeroes = { NULL, len };

	return write_bytes(block, &zeroes, 1, len, at, flags & NVU_BLOCK_FUA);
}

static int zero_blocks(struct nvu_block *block, const struct span *span, uint32_t flags)
{
	struct hold hold = { .claim = { span->first, span->first + span->blocks - 1, false,
					false } };
	int ret;

	hold_take(&block->holds, &hold);
	ret = run_blocks(block, OPERATION_ZERO, flags, span->first, span->blocks, NULL);
	hold_give(&block->holds, &hold);
	return ret;
}

static int zero(struct nvu_block *block, uint64_t at, uint64_t len, uint32_t flags)
{
	int ret = check_flags(flags, NVU_BLOCK_FUA | NVU_BLOCK_MAY_UNMAP | NVU_BLOCK_FAST_ONLY);
	struct span inside;

	if (!ret)
		ret = check_range(block, at, len);
	if (ret || !len)
		return ret;
	inside = span_inside(at, len, block->shift);
	if (!nvu_ns_info(block_ns(block))->max_zeroes_blocks) {
		if (flags & NVU_BLOCK_FAST_ONLY)
			return error_set(-ENOTSUP,
					 "the controller of namespace %u does not have Write "
					 "Zeroes: leave NVU_BLOCK_FAST_ONLY out to write zeroes",
					 block->nsid);
		inside.blocks = 0;
	}
	if (!inside.blocks)
		return write_zeroes(block, at, len, flags);
	ret = write_zeroes(block, at, inside.head, flags);
	if (!ret)
		ret = zero_blocks(block, &inside, flags);
	return ret ? ret : write_zeroes(block, at + len - inside.tail, inside.tail, flags);
}

static int discard(struct nvu_block *block, uint64_t at, uint64_t len)
{
	struct hold hold = { 0 };
	struct span inside;
	int ret = check_range(block, at, len);

	if (ret)
		return ret;
	if (!nvu_ns_info(block_ns(block))->max_ranges)
		return error_set(-ENOTSUP,
				 "the controller of namespace %u does not have Dataset Management: "
				 "it cannot deallocate",
				 block->nsid);
	inside = span_inside(at, len, block->shift);
	if (!inside.blocks)
		return 0;
	hold.claim.first = inside.first;
	hold.claim.last = inside.first + inside.blocks - 1;
	hold_take(&block->holds, &hold);
	ret = run_blocks(block, OPERATION_DISCARD, 0, inside.first, inside.blocks, NULL);
	hold_give(&block->holds, &hold);
	return ret;
}

int nvu_block_read(struct nvu_block *block, void *to, size_t len, uint64_t at)
{
	const struct iovec iov = { to, len };

	return nvu_block_readv(block, &iov, 1, at);
}

int nvu_block_write(struct nvu_block *block, const void *from, size_t len, uint64_t at,
		    uint32_t flags)
{
	const struct iovec iov = { (void *)(uintptr_t)from, len };

	return nvu_block_writev(block, &iov, 1, at, flags);
}

int nvu_block_readv(struct nvu_block *block, const struct iovec *to, int count, uint64_t at)
{
	error_enter();
	return error_leave(read_pieces(block, to, count, at));
}

int nvu_block_writev(struct nvu_block *block, const struct iovec *from, int count, uint64_t at,
		     uint32_t flags)
{
	error_enter();
	return error_leave(write_pieces(block, from, count, at, flags));
}

int nvu_block_zero(struct nvu_block *block, uint64_t at, uint64_t len, uint32_t flags)
{
	error_enter();
	return error_leave(zero(block, at, len, flags));
}

int nvu_block_discard(struct nvu_block *block, uint64_t at, uint64_t len)
{
	error_enter();
	return error_leave(discard(block, at, len));
}

int nvu_block_flush(struct nvu_block *block)
{
	error_enter();
	if (!nvu_ns_info(block_ns(block))->volatile_cache)
		return error_leave(0);
	return error_leave(run_blocks(block, OPERATION_FLUSH, 0, 0, 1, NULL));
}
