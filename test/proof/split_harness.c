/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever the order in which requests of several commands come and their parts are answered, and whatever each answer
 * is: a request that is accepted has a part in flight until it is answered, and is answered once, with its own user data;
 * its result is the number of leading blocks whose parts have all succeeded, and its status that of the part which begins there, or of one behind
 * it that has failed, or 0 if all have succeeded; after the first error no part is queued, and no request is
 * refused while a place and a record are free.
 *
 * Bounds: 2 records, 1 place, requests of 2 blocks in parts of any size, 3 steps, each of which begins a request or answers a
 * part. Parts are published at once: those that are not are dropped by walk.c.
 *
 * @sources qpair/inflight.c
 * @without unsigned-overflow-check conversion-check
 * @options --unwind 5
 */
#define PROOF_HAS_SPLIT
#include "device.h"

#include "qpair/split.c"

enum { SLOTS = 2, PLACES = BOUND(2, 1), BLOCKS = 2, STEPS = BOUND(4, 3), STATUS = 7 };

static union {
	struct qpair_splits splits;
	char bytes[sizeof(struct qpair_splits) + PLACES * sizeof(struct split)];
} pool;

/* What became of each request, by its number, which is its user data. */
static struct {
	bool live, failed;
	uint32_t queued, in_flight;
	bool succeeded[BLOCKS];
} requests[STEPS];

/* By record: the part in it. */
static struct {
	uint32_t request, at, blocks;
	bool live;
} parts[SLOTS];

static uint32_t begun;	 /* requests */
static uint32_t current; /* the one whose parts are queued now */

uint32_t cut_blocks(const struct cut_rule *rule, uint64_t lba, uint64_t left)
{
	uint32_t blocks = nondet_u32();

	(void)rule;
	(void)lba;
	assume(blocks && blocks <= left);
	return blocks;
}

void rw_plan_command(const struct rw_plan *plan, uint64_t done, uint32_t blocks,
		     struct nvu_sqe *ret_cmd)
{
	(void)ret_cmd;
	prove(done + blocks <= plan->blocks, "blocks of the request");
	parts[qpair.inflight.free - records].blocks = blocks;
}

int qpair_queue(struct nvu_qpair *of, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
		size_t offset, size_t len, uint64_t user_data)
{
	uint32_t slot = (uint32_t)(of->inflight.free - records), at = (uint32_t)user_data;

	(void)cmd;
	(void)buf;
	(void)offset;
	(void)len;
	prove(slot < SLOTS && !parts[slot].live, "there is a record");
	prove(!requests[current].failed, "nothing is queued after an error");
	prove(at == requests[current].queued, "the next blocks of the request");
	parts[slot].live = true;
	parts[slot].request = current;
	parts[slot].at = at;
	requests[current].queued += parts[slot].blocks;
	requests[current].in_flight++;
	(void)inflight_take(&of->inflight, of->inflight.free, user_data);
	return 0;
}

void misuse_use(struct nvu_qpair *of, const struct nvu_dma *buf)
{
	(void)of;
	(void)buf;
}

/* All parts are published. */
struct walk walk_begin(const struct nvu_qpair *of)
{
	(void)of;
	return (struct walk){ .from = NULL };
}

bool walk_look(struct walk *walk, struct nvu_qpair *of)
{
	(void)walk;
	(void)of;
	return false;
}

void walk_go_past(struct walk *walk, const struct nvu_qpair *of, bool stays)
{
	(void)walk;
	(void)of;
	(void)stays;
}

void walk_end(const struct walk *walk, struct nvu_qpair *of)
{
	(void)walk;
	(void)of;
}

void failures_put(struct nvu_qpair *of, const struct qpair_failure *failure)
{
	(void)of;
	prove(failure->cpl.status != 0, "it has failed");
}

/* No request is a deallocation. */
void ranges_hold(struct nvu_qpair *of, uint32_t page)
{
	(void)of;
	(void)page;
}

void ranges_release(struct nvu_qpair *of, uint32_t page)
{
	(void)of;
	(void)page;
}

bool cut_range(const struct cut_limits *limits, const struct nvu_dsm_range *list, uint32_t count,
	       struct cut_place *place, uint32_t have, uint64_t blocks,
	       struct nvu_dsm_range *ret_range)
{
	(void)limits;
	(void)list;
	(void)count;
	(void)place;
	(void)have;
	(void)blocks;
	(void)ret_range;
	return false;
}

struct nvu_sqe encode_deallocate(uint32_t nsid, uint32_t ranges)
{
	(void)nsid;
	(void)ranges;
	return (struct nvu_sqe){ .opcode = 0 };
}

static void begin_request(void)
{
	const struct rw_plan plan = { .blocks = BLOCKS, .in_order = nondet_bool() };
	uint32_t used = 0;

	for (uint32_t i = 0; i < begun; i++)
		used += requests[i].live;
	current = begun;
	if (!split_begin(&qpair, &plan, begun)) {
		prove(!qpair.inflight.free || used == PLACES, "there is a reason to refuse it");
		prove(!requests[begun].in_flight, "nothing of it is sent");
		return;
	}
	prove(requests[begun].in_flight != 0, "a part is in flight");
	requests[begun++].live = true;
}

static void check_answer(const struct nvu_cpl *cpl, uint32_t number)
{
	uint32_t leading = 0;

	prove(cpl->user_data == number && requests[number].live, "it is answered once");
	prove(!requests[number].in_flight, "with its last part");
	while (leading < BLOCKS && requests[number].succeeded[leading])
		leading++;
	prove(cpl->result == leading, "the leading blocks that have succeeded");
	prove((cpl->status != 0) == requests[number].failed, "as its parts");
	prove(cpl->status || leading == BLOCKS, "all of them, without an error");
	requests[number].live = false;
}

static void answer_part(void)
{
	uint32_t slot = nondet_u32(), number;
	struct nvu_cpl cpl = { .status = nondet_bool() ? STATUS : 0 };

	assume(slot < SLOTS);
	if (!parts[slot].live)
		return;
	number = current = parts[slot].request;
	parts[slot].live = false;
	requests[number].in_flight--;
	if (cpl.status)
		requests[number].failed = true;
	for (uint32_t i = 0; i < parts[slot].blocks; i++)
		requests[number].succeeded[parts[slot].at + i] = !cpl.status;
	if (split_answer(&qpair, &records[slot], &cpl))
		check_answer(&cpl, number);
	else
		prove(requests[number].in_flight != 0, "a part of it is in flight");
}

void harness(void)
{
	pool.splits.count = PLACES;
	qpair.splits = &pool.splits;
	inflight_init(&qpair.inflight, records, SLOTS);
	for (uint32_t step = 0; step < STEPS; step++) {
		if (nondet_bool())
			begin_request();
		else
			answer_part();
	}
	reached();
}
