// SPDX-License-Identifier: MIT
/*
 * fuzz_ring.c: the completion half of the I/O path by itself: lib/qpair/inflight.[ch], poll.h,
 * lib/ring/cq_ring.h and qpair.c's poll_exceptional(), on a queue pair that is nothing but its ring and its
 * table. Commands are taken; entries, right or with any content, are written where the controller
 * would; polls, renewals and drops come in between. A model knows what is outstanding.
 */
#include "input.h"
#include "qpair/poll.h"
#include "qpair/special.h"

enum { ENTRIES_MAX = 33, RECORDS_MAX = 64, STEPS_MAX = 400, POLL_MAX = 20 };

struct model {
	struct nvu_qpair qpair;
	struct nvu_cqe *ring;	  /* exactly as large as it is */
	struct nvu_sqe *commands; /* the submission ring, which stays empty */
	struct inflight *records;
	uint32_t entries, tail, phase;
	uint64_t next; /* user_data, never used twice */
	uint64_t outstanding[ENTRIES_MAX];
	uint32_t cids[ENTRIES_MAX];
	uint32_t count;
};

static void take(struct model *model)
{
	struct inflight_table *table = &model->qpair.inflight;

	PROMISE((model->count == model->entries - 1) == !table->free);
	if (!table->free)
		return;
	model->outstanding[model->count] = model->next;
	model->cids[model->count] = inflight_cid(table->free);
	PROMISE(inflight_take(table, table->free, model->next++) ==
		(uint64_t)model->cids[model->count] << INFLIGHT_CID_SHIFT);
	PROMISE(model->cids[model->count] < 0xffff);
	for (uint32_t i = 0; i < model->count; i++)
		PROMISE(model->cids[i] != model->cids[model->count]);
	model->count++;
}

static void settle(struct model *model, uint64_t user_data)
{
	uint32_t at = 0;

	while (at < model->count && model->outstanding[at] != user_data)
		at++;
	PROMISE(at < model->count);
	model->count--;
	model->outstanding[at] = model->outstanding[model->count];
	model->cids[at] = model->cids[model->count];
}

/* The answer to a command in flight, with its phase, and a change. */
static void answer(struct model *model, struct input *input)
{
	uint8_t which = input_u8(input), how = input_u8(input);
	struct nvu_cqe *entry = &model->ring[model->tail];
	uint16_t cid = 0, status = (uint16_t)(model->phase ^ (how == 255));

	if (model->count)
		cid = (uint16_t)model->cids[which % model->count];
	if (how & 1)
		cid ^= input_u16(input);
	if (how & 2)
		status ^= (uint16_t)(input_u16(input) << 1);
	*entry = (struct nvu_cqe){
		.cid = nvu_le16_put(cid),
		.status = nvu_le16_put(status),
		.sqid = nvu_le16_put(how & 4 ? input_u16(input) : (uint16_t)model->qpair.id),
	};
	if (how & 8)
		input_bytes(input, entry, sizeof(*entry));
	if (++model->tail == model->entries) {
		model->tail = 0;
		model->phase ^= 1;
	}
}

static void poll(struct model *model, uint32_t max)
{
	struct nvu_qpair *qpair = &model->qpair;
	struct nvu_cpl cpls[POLL_MAX + 1];
	uint32_t count = 0;

	memset(cpls, 0xa5, sizeof(cpls));
	if (max & 1 && cq_ring_pending(&qpair->cq))
		count = poll_first(qpair, qpair->cq.next, cq_ring_answer(&qpair->cq), cpls, max) !=
			NULL;
	if (count < max)
		count += poll_reap(qpair, cpls + count, max - count);
	PROMISE(count <= max && ((const uint8_t *)&cpls[count])[0] == 0xa5);
	for (uint32_t i = 0; i < count; i++) {
		PROMISE(cpls[i].status >= 0 && cpls[i].status <= 0x7ff);
		settle(model, cpls[i].user_data);
	}
	PROMISE(cq_ring_head(&qpair->cq) < model->entries);
}

/* A life of the queues ends; commands stay in flight under new identifiers, or are dropped. */
static void renew(struct model *model, bool keep)
{
	struct inflight_table *table = &model->qpair.inflight;
	uint32_t cursor = 0, at = 0;
	struct inflight *record;

	if (!keep) {
		inflight_drop(table);
		model->count = 0;
	}
	inflight_renew(table, model->entries - 1, SPECIAL_KEPT);
	memset(model->ring, 0, model->entries * sizeof(*model->ring));
	cq_ring_init(&model->qpair.cq, model->ring, model->entries, model->qpair.id);
	model->tail = 0;
	model->phase = 1;
	for (; (record = inflight_next(table, &cursor)); at++) {
		model->outstanding[at] = record->user_data;
		model->cids[at] = inflight_cid(record);
	}
	PROMISE(at == model->count && inflight_count(table) == at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct model model;
	struct input input = { data, data + size };

	memset(&model, 0, sizeof(model));
	model.entries = 2 + input_u8(&input) % (ENTRIES_MAX - 1);
	model.qpair.id = input_u16(&input);
	model.qpair.entries = model.entries;
	model.qpair.cq_entries = model.entries;
	model.ring = calloc(model.entries, sizeof(*model.ring));
	model.commands = calloc(model.entries, sizeof(*model.commands));
	model.records = calloc(inflight_table_size(model.entries - 1), sizeof(*model.records));
	PROMISE(model.ring && model.commands && model.records);
	sq_ring_init(&model.qpair.sq, model.commands, model.entries);
	inflight_init(&model.qpair.inflight, model.records, model.entries - 1);
	renew(&model, false);
	for (int i = 0; i < STEPS_MAX && input_left(&input); i++) {
		uint8_t what = input_u8(&input);

		if (what < 100)
			take(&model);
		else if (what < 180)
			answer(&model, &input);
		else if (what < 250)
			poll(&model, what % (POLL_MAX + 1));
		else
			renew(&model, what & 1);
	}
	free(model.ring);
	free(model.commands);
	free(model.records);
	return 0;
}
