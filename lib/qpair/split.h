/* SPDX-License-Identifier: MIT */
/*
 * split.h: requests that are too large for one command. A parent from a fixed pool holds the request and says how far it
 * has been queued; its parts are commands like all others, whose records have SPECIAL_PART, so that their
 * completions are taken beside the I/O path.
 *
 * A parent that is not answered has a part in flight, from split_begin() on: a part that is answered makes room for the
 * next one, which is queued at once. As many are queued as the queue takes, before the caller can queue anything.
 *
 * After the first error no part is queued any more, and those that are in the ring but not published are taken out of it. The
 * parent is answered once, with its last part: with the error of the first blocks that failed, and the number of blocks
 * before which all have succeeded.
 *
 * A part's record has in its user data the number of its parent, and how many blocks of the request are before it.
 */
#ifndef NVU_QPAIR_SPLIT_H
#define NVU_QPAIR_SPLIT_H

#include "qpair/qpair.h"
#include "qpair/rw_plan.h"

enum { SPLIT_AT_BITS = 52, SPLITS_MAX = 1 << (64 - SPLIT_AT_BITS) };

/* The most blocks of a request. */
#define SPLIT_BLOCKS_MAX ((1ull << SPLIT_AT_BITS) - 1)

/* The ranges of a deallocation: in a page of the queue pair, those of its part in another (ranges.h). */
struct split_list {
	struct cut_limits limits;
	struct cut_place place;
	uint32_t count; /* 0: the request is not a deallocation */
	uint32_t page, part_page;
};

struct split {
	struct rw_plan plan;	   /* of a deallocation: .blocks, .cmd, and .in_order */
	struct gather_place place; /* of pieces: where the data of the next part begin */
	struct split_list list;
	uint64_t user_data;
	uint64_t next; /* blocks before the next part */
	uint64_t
		succeeded; /* blocks before the first part that has not succeeded, once there is one */
	uint64_t failed_at; /* blocks before the part that .status is of */
	uint32_t parts;	    /* in flight */
	uint16_t waiter;    /* the slot of the flush that waits for it: after.h; ASIDE_NONE */
	int16_t status;	    /* of the first blocks that failed; 0: none have */
	uint16_t flags;	    /* of its completion */
	bool is_used;
	bool is_unwanted; /* the program has asked to abort it */
	bool is_outdated; /* its namespace has changed: no part is queued any more */
};

/* `count` parents, 1 to SPLITS_MAX. 0 or -ENOMEM; sets qpair->splits and .split_count. */
int split_make(struct nvu_qpair *qpair, uint32_t count);
void split_free(struct nvu_qpair *qpair);

/*
 * Queues a request that is not one command. False, and nothing has changed: there is no free record, or no free
 * parent; then something is outstanding.
 */
bool split_begin(struct nvu_qpair *qpair, const struct rw_plan *plan, uint64_t user_data);

/*
 * The same for a deallocation of `count` ranges, with `blocks` blocks in all: they are in this page of ranges.h; those of a
 * part come into the other one. Both pages are the request's until it is answered. cmd: a command for any number of ranges.
 */
bool split_begin_ranges(struct nvu_qpair *qpair, const struct nvu_sqe *cmd,
			const struct split_list *list, uint64_t blocks, uint64_t user_data);

/*
 * A part in flight has this completion: its record is given back, and the next part queued. Returns whether *cpl is
 * the parent's answer now; if not, nothing is to be delivered.
 */
bool split_answer(struct nvu_qpair *qpair, struct inflight *record, struct nvu_cpl *cpl);

/* Any record: it is a part of a request that has failed, so it is not to be sent. */
bool split_has_failed(const struct nvu_qpair *qpair, const struct inflight *record);

/*
 * No more parts of the requests with this user data are queued; if there would be some, `status` is theirs. Returns how many
 * requests they are.
 */
uint32_t split_abandon(struct nvu_qpair *qpair, uint64_t user_data, int status);

/* A part: it is of such a request. */
bool split_is_unwanted(const struct nvu_qpair *qpair, const struct inflight *record);

/* The namespaces of which changed() says so have changed: requests for them queue no part any more. */
void split_outdate(struct nvu_qpair *qpair, bool (*changed)(const void *arg, uint32_t nsid),
		   const void *arg);

#endif
