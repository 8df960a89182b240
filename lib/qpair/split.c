/* SPDX-License-Identifier: MIT */
/*
 * split.c: see split.h.
 */
#include "qpair/split.h"

#include "base/error.h"
#include "qpair/after.h"
#include "qpair/failures.h"
#include "qpair/misuse.h"
#include "qpair/ranges.h"
#include "qpair/slow_path.h"
#include "qpair/special.h"
#include "qpair/walk.h"
#include "spec/encode.h"

#include <errno.h>
#include <stdlib.h>

int split_make(struct nvu_qpair *qpair, uint32_t count)
{
	assert(count && count <= SPLITS_MAX);
	qpair->splits = calloc(count, sizeof(*qpair->splits));
	if (!qpair->splits)
		return error_set(-ENOMEM, "no memory for %u requests of several commands", count);
	qpair->split_count = count;
	return 0;
}

void split_free(struct nvu_qpair *qpair)
{
	free(qpair->splits);
	qpair->splits = NULL;
}

static uint64_t blocks_before(const struct inflight *record)
{
	return record->user_data & SPLIT_BLOCKS_MAX;
}

static struct split *parent_of(const struct nvu_qpair *qpair, const struct inflight *record)
{
	return &qpair->splits[record->user_data >> SPLIT_AT_BITS];
}

bool split_has_failed(const struct nvu_qpair *qpair, const struct inflight *record)
{
	return inflight_has_reason(record, SPECIAL_PART) && parent_of(qpair, record)->status;
}

static struct split *find_free(const struct nvu_qpair *qpair)
{
	for (uint32_t i = 0; i < qpair->split_count; i++)
		if (!qpair->splits[i].is_used)
			return &qpair->splits[i];
	return NULL;
}

/* Its blocks from `at` on have not succeeded. */
static void note_gap(struct split *split, uint64_t at)
{
	if (at < split->succeeded)
		split->succeeded = at;
}

static void note_failure(struct split *split, uint64_t at, int16_t status, uint16_t flags)
{
	note_gap(split, at);
	if (split->status && at > split->failed_at)
		return;
	split->failed_at = at;
	split->status = status;
	split->flags = flags;
}

/* The ranges of the next part go into its page. Returns how many blocks they have. */
static uint64_t fill_page(struct nvu_qpair *qpair, struct split *split, struct nvu_sqe *ret_cmd)
{
	struct split_list *list = &split->list;
	const struct nvu_dsm_range *from =
		(const struct nvu_dsm_range *)(const void *)ranges_page(qpair, list->page);
	struct nvu_dsm_range *to =
		(struct nvu_dsm_range *)(void *)ranges_page(qpair, list->part_page);
	uint64_t blocks = 0;
	uint32_t have = 0;

	while (cut_range(&list->limits, from, list->count, &list->place, have, blocks, &to[have]))
		blocks += nvu_le32_get(to[have++].blocks);
	*ret_cmd = encode_deallocate(nvu_le32_get(split->plan.cmd.nsid), have);
	ret_cmd->prp1 = nvu_le64_put(ranges_iova(qpair, list->part_page));
	return blocks;
}

static uint64_t queue_ranges(struct nvu_qpair *qpair, struct split *split, uint64_t user_data)
{
	struct nvu_sqe cmd;
	uint64_t blocks = fill_page(qpair, split, &cmd);

	(void)qpair_queue(qpair, &cmd, NULL, 0, 0, user_data);
	misuse_use(qpair, NULL);
	return blocks;
}

static uint64_t queue_blocks(struct nvu_qpair *qpair, struct split *split, uint64_t user_data)
{
	uint32_t blocks = rw_plan_cut(&split->plan, split->next, &split->place);

	qpair_queue_plan(qpair, &split->plan, split->next, blocks, &split->place, user_data);
	return blocks;
}

/* There is a free record. */
static void queue_part(struct nvu_qpair *qpair, struct split *split)
{
	struct inflight *record = qpair->inflight.free;
	uint64_t number = (uint64_t)(split - qpair->splits);
	uint64_t user_data = number << SPLIT_AT_BITS | split->next, blocks;

	blocks = split->list.count ? queue_ranges(qpair, split, user_data)
				   : queue_blocks(qpair, split, user_data);
	inflight_add_reason(record, SPECIAL_PART);
	split->next += blocks;
	split->parts++;
}

static bool takes_commands(const struct nvu_qpair *qpair)
{
	return !(__atomic_load_n(&qpair->slow, __ATOMIC_RELAXED) & (SLOW_REFUSED | SLOW_CLOSED));
}

/* As many parts as the queue takes. */
static void queue_parts(struct nvu_qpair *qpair, struct split *split)
{
	while (split->next < split->plan.blocks && qpair->inflight.free &&
	       !(split->plan.in_order && split->parts))
		queue_part(qpair, split);
}

/* The rest of the request, unless there is a reason not to send it. */
static void go_on(struct nvu_qpair *qpair, struct split *split)
{
	if (split->status || split->next == split->plan.blocks)
		return;
	if (!takes_commands(qpair))
		note_failure(split, split->next,
			     (int16_t)(qpair->error ? qpair->error : qpair->recovery.fate), 0);
	else if (split->is_outdated)
		note_failure(split, split->next, -ESTALE, 0);
	else
		queue_parts(qpair, split);
}

static bool begin(struct nvu_qpair *qpair, const struct split *request)
{
	struct split *split = find_free(qpair);

	if (!split || !qpair->inflight.free)
		return false;
	*split = *request;
	split->is_used = true;
	split->waiter = ASIDE_NONE;
	split->succeeded = split->plan.blocks;
	queue_parts(qpair, split);
	assert(split->parts);
	return true;
}

bool split_begin(struct nvu_qpair *qpair, const struct rw_plan *plan, uint64_t user_data)
{
	assert(plan->blocks <= SPLIT_BLOCKS_MAX);
	return begin(qpair, &(struct split){ .plan = *plan, .user_data = user_data });
}

bool split_begin_ranges(struct nvu_qpair *qpair, const struct nvu_sqe *cmd,
			const struct split_list *list, uint64_t blocks, uint64_t user_data)
{
	const struct split request = {
		.plan = { .cmd = *cmd, .blocks = blocks, .in_order = true },
		.list = *list,
		.user_data = user_data,
	};

	if (!begin(qpair, &request))
		return false;
	ranges_hold(qpair, list->page);
	ranges_hold(qpair, list->part_page);
	return true;
}

/* What nvu_cpl_describe() says of the request: its first blocks that failed. */
static void note_answer(struct nvu_qpair *qpair, const struct split *split,
			const struct nvu_cpl *cpl)
{
	const struct qpair_failure failure = {
		.cpl = *cpl,
		.opcode = split->plan.cmd.opcode,
		.nsid = nvu_le32_get(split->plan.cmd.nsid),
		.lba = split->plan.lba + split->failed_at,
		.known = true,
	};

	if (cpl->status)
		failures_put(qpair, &failure);
}

/* No part is in flight any more, and none comes. */
static void answer_parent(struct nvu_qpair *qpair, struct split *split, struct nvu_cpl *ret_cpl)
{
	*ret_cpl = (struct nvu_cpl){
		.user_data = split->user_data,
		.result = split->succeeded,
		.status = split->status,
		.flags = split->flags,
	};
	note_answer(qpair, split, ret_cpl);
	if (split->list.count) {
		ranges_release(qpair, split->list.page);
		ranges_release(qpair, split->list.part_page);
	}
	split->is_used = false;
	after_answered(qpair, split->waiter);
}

/* A part of this request. */
static bool is_part_of(const struct nvu_qpair *qpair, const struct inflight *record,
		       const struct split *split)
{
	return inflight_has_reason(record, SPECIAL_PART) && parent_of(qpair, record) == split;
}

/* Parts that are in the ring, and not published, are not sent. */
static void drop_parts(struct nvu_qpair *qpair, struct split *split)
{
	struct walk walk = walk_begin(qpair);

	while (walk_look(&walk, qpair)) {
		struct inflight *record = walk_record(qpair, walk.from);
		bool stays =
			!walk_is_in_flight(qpair, walk.from) || !is_part_of(qpair, record, split);

		if (!stays) {
			note_gap(split, blocks_before(record));
			split->parts--;
			inflight_give_back(&qpair->inflight, record);
		}
		walk_go_past(&walk, qpair, stays);
	}
	walk_end(&walk, qpair);
}

bool split_answer(struct nvu_qpair *qpair, struct inflight *record, struct nvu_cpl *cpl)
{
	struct split *split = parent_of(qpair, record);
	uint64_t at = blocks_before(record);
	bool had_failed = split->status != 0;

	assert(split->is_used && split->parts);
	inflight_give_back(&qpair->inflight, record);
	split->parts--;
	if (cpl->status)
		note_failure(split, at, cpl->status, cpl->flags);
	go_on(qpair, split);
	/* While a queue pair is cut, waiting_answer() drops them. */
	if (split->status && !had_failed && qpair->state != QPAIR_CUT)
		drop_parts(qpair, split);
	if (split->parts) {
		qpair->completed++;
		return false;
	}
	answer_parent(qpair, split, cpl);
	return true;
}

void split_outdate(struct nvu_qpair *qpair, bool (*changed)(const void *arg, uint32_t nsid),
		   const void *arg)
{
	for (uint32_t i = 0; i < qpair->split_count; i++) {
		struct split *split = &qpair->splits[i];

		if (split->is_used && changed(arg, nvu_le32_get(split->plan.cmd.nsid)))
			split->is_outdated = true;
	}
}

uint32_t split_abandon(struct nvu_qpair *qpair, uint64_t user_data, int status)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < qpair->split_count; i++) {
		struct split *split = &qpair->splits[i];

		if (!split->is_used || split->user_data != user_data)
			continue;
		split->is_unwanted = true;
		if (!split->status && split->next < split->plan.blocks)
			note_failure(split, split->next, (int16_t)status, 0);
		count++;
	}
	return count;
}

bool split_is_unwanted(const struct nvu_qpair *qpair, const struct inflight *record)
{
	return parent_of(qpair, record)->is_unwanted;
}
