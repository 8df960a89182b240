/* SPDX-License-Identifier: MIT */
/*
 * pieces.c: see pieces.h.
 */
#include "io/pieces.h"

#include "base/error.h"
#include "ctrl/snapshot.h"
#include "io/explain.h"

#include <errno.h>
#include <inttypes.h>

#define FUNCTION "nvu_rw"

static int check_piece(const struct nvu_qpair *qpair, const struct nvu_rw_args *args,
		       uint32_t index)
{
	const struct nvu_piece *piece = &args->pieces[index];
	bool is_read = args->opcode == NVU_CMD_READ;
	int ret;

	if (!piece->len || (is_read && !piece->buf && !piece->offset))
		return 0;
	if (!piece->buf)
		return error_set(
			-EINVAL,
			"piece %u (%zu bytes at offset %zu) has no buffer: only a read, at "
			"offset 0, can leave data out",
			index, piece->len, piece->offset);
	ret = explain_memory(qpair, FUNCTION, piece->buf, piece->offset, piece->len, is_read);
	return ret ? error_set(ret, "piece %u: %s", index, error_get()) : 0;
}

/* Each is in its buffer, and together they are as long as the blocks. */
static int check_each(const struct nvu_qpair *qpair, const struct nvu_rw_args *args,
		      const struct rw_plan *plan)
{
	uint64_t bytes = 0, want;
	int ret = 0;

	if (args->buf || args->offset)
		return error_set(-EINVAL, "buf is not NULL, or offset not 0, and there are pieces: "
					  "give the data in one buffer or in pieces");
	if (!args->pieces || !args->piece_count)
		return error_set(-EINVAL, "piece_count is %u and pieces %s: give both, or neither",
				 args->piece_count, args->pieces ? "not NULL" : "NULL");
	for (uint32_t i = 0; i < args->piece_count && !ret; i++) {
		ret = check_piece(qpair, args, i);
		if (!ret && __builtin_add_overflow(bytes, args->pieces[i].len, &bytes))
			bytes = UINT64_MAX;
	}
	if (ret)
		return ret;
	if (__builtin_mul_overflow(plan->blocks, plan->data_bytes, &want) || bytes != want)
		return error_set(-EINVAL,
				 "the %u pieces have %" PRIu64 " bytes, and %" PRIu64
				 " blocks of %u bytes do not: give as many",
				 args->piece_count, bytes, plan->blocks, plan->data_bytes);
	return 0;
}

/* Base 3.3.3.1, figure 87: with an SGL, MPTR is an address only if SGLS says so. */
static void choose_sgls(const struct nvu_qpair *qpair, const struct nvu_rw_args *args,
			struct rw_plan *plan)
{
	uint32_t sgls = snapshot_get(qpair->ctrl)->info.sgls;

	plan->gather = (struct gather){
		.pieces = args->pieces,
		.count = args->piece_count,
		.unit = plan->data_bytes,
		.page_shift = qpair->page_shift,
		.list_bytes = qpair->piece_bytes,
		.sgls = sgls,
	};
	if (!plan->metadata_bytes || (sgls & NVU_SGLS_METADATA))
		return;
	if (sgls & NVU_SGLS_METADATA_SGL)
		plan->gather.metadata_bytes = plan->metadata_bytes;
	else
		plan->gather.sgls = 0;
}

/* Why the controller has no SGLs for this request. */
static const char *no_sgls(const struct rw_plan *plan)
{
	return plan->metadata_bytes ? "no SGLs for blocks with separate metadata" : "no SGLs";
}

static int report_page(const struct rw_plan *plan, const struct gather_reach *reach)
{
	const struct nvu_piece *piece = &plan->gather.pieces[reach->index];
	bool is_begin = reach->stop == GATHER_BEGIN;

	return error_set(-ENOTSUP,
			 "piece %u (%zu bytes at offset %zu) %s inside a memory page of %u bytes, "
			 "and the controller has %s: of a command, only the first piece may begin "
			 "there, and only the last may end there: copy the data into one buffer",
			 reach->index, piece->len, piece->offset, is_begin ? "begins" : "ends",
			 1u << plan->gather.page_shift, no_sgls(plan));
}

static int report_full(const struct rw_plan *plan, const struct gather_reach *reach)
{
	const struct gather *gather = &plan->gather;
	const struct nvu_piece *piece = &gather->pieces[reach->index];

	return error_set(-EINVAL,
			 "piece %u (%zu bytes at offset %zu) is one too many for a command: it "
			 "takes %u %s: create the queue pair with a larger option pieces, or "
			 "make fewer of them",
			 reach->index, piece->len, piece->offset,
			 gather->sgls ? gather_descriptors(gather)
				      : gather->list_bytes / (uint32_t)sizeof(nvu_le64),
			 gather->sgls ? "pieces" : "memory pages");
}

/* Why no command says where these bytes are. */
static int report_stop(const struct rw_plan *plan, struct gather_place place, uint64_t bytes)
{
	enum gather_form form = plan->gather.sgls ? GATHER_SGL : GATHER_PRP;
	struct gather_reach reach = gather_reach(&plan->gather, form, place, bytes);
	const struct nvu_piece *piece = &plan->gather.pieces[reach.index];

	switch (reach.stop) {
	case GATHER_HOLE:
		return error_set(
			-ENOTSUP,
			"piece %u (%zu bytes) has no buffer, and the controller has no bit "
			"bucket (SGLS is %#x): give it one",
			reach.index, piece->len, plan->gather.sgls);
	case GATHER_DWORD:
		return error_set(
			-EINVAL,
			"piece %u (%zu bytes at offset %zu) is not in dwords: %s: begin and "
			"end it at a multiple of 4",
			reach.index, piece->len, piece->offset,
			plan->gather.sgls ? "the controller takes no others" : no_sgls(plan));
	case GATHER_FULL:
		return report_full(plan, &reach);
	default:
		return report_page(plan, &reach);
	}
}

/* As slow_queue_plan() and split.c cut it: every command can say where its data are. */
static int check_commands(const struct nvu_rw_args *args, const struct rw_plan *plan)
{
	struct gather_place place = { 0 };
	uint64_t done = 0;
	int ret;

	while (done < plan->blocks) {
		uint32_t blocks = rw_plan_cut(plan, done, &place);

		if (!blocks)
			return report_stop(plan, place, plan->data_bytes);
		if (blocks < plan->blocks && (args->flags & NVU_RW_NO_SPLIT)) {
			ret = report_stop(plan, place, rw_plan_bytes(plan, (uint32_t)plan->blocks));
			return error_set(ret, "%s; or leave NVU_RW_NO_SPLIT out", error_get());
		}
		gather_skip(&plan->gather, &place, rw_plan_bytes(plan, blocks));
		done += blocks;
	}
	return 0;
}

int pieces_check(const struct nvu_qpair *qpair, const struct nvu_rw_args *args,
		 struct rw_plan *plan)
{
	int ret = check_each(qpair, args, plan);

	if (ret)
		return ret;
	choose_sgls(qpair, args, plan);
	return check_commands(args, plan);
}
