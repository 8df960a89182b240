/* SPDX-License-Identifier: MIT */
/*
 * qpair.c: making and resetting a queue pair, and answering the commands of one that the controller
 * has lost. The I/O path is in submit.h and poll.h.
 */
#include "qpair/qpair.h"

#include "base/error.h"
#include "base/log.h"
#include "qpair/abort.h"
#include "qpair/after.h"
#include "qpair/data_pointer.h"
#include "qpair/deadline.h"
#include "qpair/gather.h"
#include "qpair/latency.h"
#include "qpair/misuse.h"
#include "qpair/poll.h"
#include "qpair/prp.h"
#include "qpair/ranges.h"
#include "qpair/resend.h"
#include "qpair/retry.h"
#include "qpair/slow_path.h"
#include "qpair/special.h"
#include "qpair/split.h"
#include "qpair/submit.h"
#include "qpair/waiting.h"
#include "qpair/wake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	LAZY_ENTRIES_MIN = 8
}; /* below that, laziness spares too little to be worth another entry */

static int alloc_ring(const struct qpair_config *config, size_t len, uint32_t prot,
		      struct nvu_dma **ret_buf)
{
	const struct dma_alloc want = {
		.len = len,
		.align = 1ull << config->page_shift, /* Base 3.1.3.9, figures 152, 156 */
		.huge = true,
		.pooled = config->id != 0, /* admin commands alone take no huge page */
		.node = config->node,
		.prot = prot,
	};

	return dma_alloc(config->domain, &want, ret_buf);
}

/* See gather.h: of one slot. */
static uint32_t piece_bytes(const struct qpair_config *config)
{
	return config->pieces * GATHER_DESCRIPTOR_BYTES;
}

/* The admin queue sends no commands with ranges or pieces. */
static size_t sq_memory_bytes(const struct qpair_config *config)
{
	if (!config->id)
		return config->entries * sizeof(struct nvu_sqe);
	return data_pointer_pieces_start(config->entries) +
	       (config->pieces > 1 ? config->entries * (size_t)piece_bytes(config) : 0);
}

/* Buffers bring their own lists for 4 KiB pages up to PAGELIST_ENTRIES_MAX entries. */
static bool needs_lists(const struct qpair_config *config)
{
	return config->page_shift != PAGELIST_PAGE_SHIFT ||
	       config->transfer_max_bytes > PAGELIST_ENTRIES_MAX * PAGELIST_PAGE_BYTES;
}

static int alloc_lists(struct nvu_qpair *qpair, const struct qpair_config *config)
{
	size_t bytes = prp_list_bytes(config->transfer_max_bytes, config->page_shift);
	const struct dma_alloc want = {
		.len = config->entries * bytes,
		.align = 1ull << config->page_shift,
		.huge = true,
		.node = config->node,
		.prot = TRANSPORT_DMA_READ,
	};

	if (!needs_lists(config))
		return 0;
	qpair->list_bytes = (uint32_t)bytes;
	return dma_alloc(config->domain, &want, &qpair->list_memory);
}

static int alloc_table(struct nvu_qpair *qpair)
{
	uint32_t slots = qpair->entries - 1;
	size_t bytes = inflight_table_size(slots) * sizeof(struct inflight);
	struct inflight *records = aligned_alloc(64, (bytes + 63) & ~(size_t)63);

	if (!records)
		return error_set(-ENOMEM, "no memory for %u commands in flight", slots);
	inflight_init(&qpair->inflight, records, slots);
	return 0;
}

static void log_rings(const struct nvu_qpair *qpair)
{
	const char *where = qpair->sq_memory->home && qpair->cq_memory->home ? "huge pages"
									     : "pages of their own";

	log_line(LOG_DEBUG,
		 "queue pair %u: rings of %u entries at I/O addresses 0x%llx, 0x%llx, in %s",
		 qpair->id, qpair->entries, (unsigned long long)qpair->sq_memory->iova,
		 (unsigned long long)qpair->cq_memory->iova, where);
}

/* What it does only if it is asked to. */
static int make_extensions(struct nvu_qpair *qpair, const struct qpair_config *config)
{
	int ret = 0;

	if (config->flags & NVU_QPAIR_LATENCY) {
		ret = latency_make(qpair);
		qpair_force_slow(qpair, SLOW_LATENCY);
	}
	if (!ret && config->flags & (NVU_QPAIR_RETRY | NVU_QPAIR_RETRY_STATUS)) {
		ret = resend_make(qpair, config->csi_bits, config->flags & NVU_QPAIR_RETRY);
		qpair_force_slow(qpair, SLOW_RESEND);
	}
	if (!ret && config->flags & NVU_QPAIR_RETRY_STATUS)
		ret = retry_make(qpair, config->status_retries, config->retry_delay_ms);
	if (!ret && config->id)
		ret = split_make(qpair, config->splits);
	if (!ret && config->id)
		ret = aside_make(qpair);
	if (!ret && config->id)
		ret = misuse_make(qpair);
	if (qpair->misuse)
		qpair_force_slow(qpair, SLOW_CHECKED);
	return ret;
}

/* Twice those of the submission queue, so that a quarter of them may be owed; or what the controller takes. */
static uint32_t choose_cq_entries(uint32_t entries, uint32_t max)
{
	uint32_t want = 2 * entries < max ? 2 * entries : max;

	return entries < LAZY_ENTRIES_MIN || want < entries ? entries : want;
}

/* The controller gets it so. */
static void clear_completions(struct nvu_qpair *qpair)
{
	memset(qpair->cq_memory->addr, 0, qpair->cq_memory->len);
	cq_ring_init(&qpair->cq, qpair->cq_memory->addr, qpair->cq_entries, qpair->id);
}

void qpair_prepare(struct nvu_qpair *qpair, uint32_t entries_max)
{
	uint32_t room = (uint32_t)(qpair->cq_memory->len / sizeof(struct nvu_cqe));

	assert(qpair->state == QPAIR_CUT);
	qpair->cq_entries =
		choose_cq_entries(qpair->entries, entries_max < room ? entries_max : room);
	clear_completions(qpair);
	qpair->settled = 1; /* positions say nothing about what is in flight */
}

int qpair_make(const struct qpair_config *config, struct nvu_qpair **ret_qpair)
{
	struct nvu_qpair *qpair = aligned_alloc(alignof(struct nvu_qpair), sizeof(*qpair));
	int ret;

	if (!qpair)
		return error_set(-ENOMEM, "no memory for a queue pair");
	memset(qpair, 0, sizeof(*qpair));
	qpair->owners = config->domain->owner_id | config->owner_id;
	qpair->id = config->id;
	qpair->entries = config->entries;
	qpair->cq_entries = choose_cq_entries(config->entries, config->entries_max);
	qpair->page_shift = config->page_shift;
	qpair->timeout_ms = qpair->timeout_default_ms = config->timeout_ms;
	qpair->transfer_max_bytes = config->transfer_max_bytes;
	qpair->piece_bytes = piece_bytes(config);
	wake_init(qpair, config->spin_us);
	pthread_mutex_init(&qpair->gate.lock, NULL);
	ret = alloc_table(qpair);
	if (!ret)
		inflight_limit(&qpair->inflight, qpair->entries - 1, config->first_slot,
			       !config->plain_identifiers);
	if (!ret)
		ret = make_extensions(qpair, config);
	if (!ret)
		ret = alloc_ring(config, sq_memory_bytes(config), TRANSPORT_DMA_READ,
				 &qpair->sq_memory);
	if (!ret)
		ret = alloc_ring(config, qpair->cq_entries * sizeof(struct nvu_cqe),
				 TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE, &qpair->cq_memory);
	if (!ret)
		ret = alloc_lists(qpair, config);
	if (ret) {
		qpair_free(qpair, true);
		return ret;
	}
	log_rings(qpair);
	ranges_init(qpair);
	qpair_reset(qpair);
	if (!misuse_enter(qpair, "nvu_qpair_create"))
		misuse_leave(qpair);
	*ret_qpair = qpair;
	return 0;
}

void qpair_free(struct nvu_qpair *qpair, bool confirmed)
{
	int (*const free_memory)(struct nvu_dma *) = confirmed ? dma_free : dma_free_unconfirmed;
	bool kept;

	if (!qpair)
		return;
	wake_fini(qpair);
	doorbell_gate_unmap(&qpair->gate);
	(void)dma_free(qpair->list_memory);
	(void)free_memory(qpair->cq_memory);
	(void)free_memory(qpair->sq_memory);
	kept = qpair->sq_memory && misuse_close(qpair);
	latency_free(qpair);
	retry_free(qpair);
	resend_free(qpair);
	split_free(qpair);
	aside_free(qpair);
	if (kept)
		return;
	misuse_free(qpair);
	pthread_mutex_destroy(&qpair->gate.lock);
	free(qpair->inflight.records);
	free(qpair);
}

void qpair_reset(struct nvu_qpair *qpair)
{
	uint32_t waiting = qpair->id && qpair->sq.first ? waiting_gather(qpair) : 0;

	if (!waiting)
		memset(qpair->sq_memory->addr, 0, qpair->entries * sizeof(struct nvu_sqe));
	sq_ring_init(&qpair->sq, qpair->sq_memory->addr, qpair->entries);
	clear_completions(qpair);
	qpair->hidden = NULL; /* inflight_renew() lists all that are free */
	if (!qpair->id)
		inflight_drop(&qpair->inflight); /* lost admin commands */
	ranges_settle(qpair);
	inflight_renew(&qpair->inflight, qpair->entries - 1, SPECIAL_KEPT);
	ranges_renew(qpair);
	waiting_rename(qpair, waiting);
	if (waiting)
		sq_ring_restart(&qpair->sq, qpair->sq.first + waiting);
	qpair->bar = qpair->sq.first;
	qpair->sq_doorbell.value = 0;
	qpair->cq_doorbell.value = 0;
	qpair->settled = (uintptr_t)qpair->sq.first;
	if (qpair->wait.is_eager)
		cq_ring_be_eager(&qpair->cq);
	else
		cq_ring_be_lazy(&qpair->cq, qpair->entries - 1);
	qpair->stale_end = NULL;
	qpair->state = QPAIR_LIVE;
	qpair->pace = (struct qpair_pace){ 0 }; /* the first poll reads the clock */
	qpair->recovery.due_ms = qpair->recovery.health_ms = 0;
	qpair->recovery.escalation = 0;
	qpair_allow_fast(qpair, SLOW_LOST);
}

uint32_t qpair_outstanding(const struct nvu_qpair *qpair)
{
	uint64_t done = qpair->settled + 4 * cq_ring_head_bytes(&qpair->cq);

	/* Cancelling answers commands without entries; a stray entry answers none: qpair_is_settled(). */
	if (qpair->state != QPAIR_LIVE || done % sizeof(struct nvu_sqe))
		return inflight_count(&qpair->inflight);
	return (uint32_t)(((uintptr_t)qpair->sq.slot - done) / sizeof(struct nvu_sqe)) +
	       qpair->aside_count;
}

/* Another thread that resets the controller may change what refuses commands meanwhile. */
uint32_t qpair_room(const struct nvu_qpair *qpair)
{
	if (__atomic_load_n(&qpair->slow, __ATOMIC_RELAXED) & (SLOW_REFUSED | SLOW_CLOSED))
		return 0;
	return qpair->entries - 1 - qpair->inflight.first - qpair_outstanding(qpair);
}

/* An entry that answers nothing: from now on positions say nothing about what is in flight. */
static void note_stray(struct nvu_qpair *qpair)
{
	qpair->bad_completions++;
	qpair->settled = 1;
}

bool poll_exceptional(struct nvu_qpair *qpair, const struct nvu_cqe *entry, uint64_t answer,
		      struct nvu_cpl *cpl)
{
	struct inflight *record = inflight_at(&qpair->inflight, CQE_CID(answer));
	uint32_t status = CQE_STATUS(answer);

	if (!inflight_waits_for(record, CQE_CID(answer)) || CQE_SQID(answer) ||
	    aside_is_unknown(record)) {
		note_stray(qpair);
		return false;
	}
	*cpl = (struct nvu_cpl){
		.user_data = record->user_data,
		.result = nvu_le32_get(entry->dw0) | (uint64_t)nvu_le32_get(entry->dw1) << 32,
		.status = (int16_t)(status & 0x7ff),
		.flags = (uint16_t)(status >> 11),
	};
	if (abort_is_under_way(record)) {
		abort_keep(qpair, record, cpl);
		return false;
	}
	if (retry_take(qpair, record, cpl))
		return false;
	qpair->failed += status != 0;
	special_complete(qpair, record, cpl);
	return special_answer(qpair, record, cpl);
}

int submit_refuse(const struct nvu_qpair *qpair)
{
	return error_set(qpair->error,
			 "queue pair %u cannot publish: its controller has failed or was closed; "
			 "poll for the completions",
			 qpair->id);
}

int submit_publish_slow(struct nvu_qpair *qpair)
{
	if (misuse_enter(qpair, "nvu_submit"))
		return -EINVAL;
	if (doorbell_gate_is_closed(&qpair->gate)) {
		/* They wait for the new queue: each poll looks whether it can be made. */
		qpair->sq_doorbells--;
		qpair_force_slow(qpair, SLOW_LOST);
		qpair->pace.countdown = 0; /* the poll that this may be part of looks, too */
		misuse_leave(qpair);
		return qpair->error ? submit_refuse(qpair) : 0;
	}
	if (qpair->latency)
		latency_publish(qpair);
	if (qpair->resend)
		resend_publish(qpair);
	(void)doorbell_write_slow(&qpair->sq_doorbell, sq_ring_index(&qpair->sq, qpair->sq.slot));
	sq_ring_note_published(&qpair->sq, !qpair_polls_slowly(qpair));
	qpair->pace = (struct qpair_pace){ 0 };
	misuse_leave(qpair);
	return qpair->error ? submit_refuse(qpair) : 0;
}

void qpair_bar(struct nvu_qpair *qpair)
{
	if (!doorbell_gate_close(&qpair->gate))
		return;
	qpair->bar = __atomic_load_n(&qpair->sq.slot, __ATOMIC_RELAXED);
	qpair_force_slow(qpair, SLOW_BARRED); /* the next publishing meets the gate */
}

void qpair_cut(struct nvu_qpair *qpair)
{
	struct nvu_sqe *published = qpair->sq.published;

	qpair_bar(qpair);
	qpair->state = QPAIR_CUT;
	qpair_force_slow(qpair, SLOW_LOST);
	qpair->recovery.cursor = 0;
	waiting_begin(qpair, qpair->bar);
	if (qpair->resend)
		resend_cut(qpair, published);
}

/* It stays in flight: it waits for new queues, or is to be sent again. */
static bool outlasts_queues(struct nvu_qpair *qpair, const struct inflight *record)
{
	if (inflight_has_reason(record, SPECIAL_WAITING | SPECIAL_HELD | SPECIAL_DELAYED))
		return true;
	if (inflight_has_reason(record, SPECIAL_OWN | SPECIAL_UNWANTED))
		return false;
	return qpair->resend && !split_has_failed(qpair, record) && resend_keep(qpair, record);
}

/* The answer to a command of lost queues. */
static struct nvu_cpl cancelled(struct nvu_qpair *qpair, struct inflight *record)
{
	bool expired = deadline_is_past(qpair, record);

	if (inflight_has_reason(record, SPECIAL_KEPT_BACK))
		return abort_kept(qpair, record);
	if (inflight_has_reason(record, SPECIAL_OWN))
		return (struct nvu_cpl){ .user_data = record->user_data,
					 .status = aside_of(qpair, record)->status };
	qpair->timeouts += expired;
	qpair->failed++;
	if (qpair->resend && resend_is_outdated(qpair, record))
		return (struct nvu_cpl){ .user_data = record->user_data, .status = -ESTALE };
	return (struct nvu_cpl){
		.user_data = record->user_data,
		.status = expired ? -ETIMEDOUT : -ECANCELED,
	};
}

uint32_t qpair_cancel(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	uint32_t count = 0;

	waiting_mark(qpair);
	while (count < max) {
		struct inflight *record = inflight_next(&qpair->inflight, &qpair->recovery.cursor);
		bool fails_others;

		if (!record)
			break;
		if (outlasts_queues(qpair, record))
			continue;
		fails_others = inflight_has_reason(record, SPECIAL_PART) &&
			       !split_has_failed(qpair, record);
		cpls[count] = cancelled(qpair, record);
		count += special_answer(qpair, record, &cpls[count]);
		if (fails_others && qpair->resend)
			qpair->recovery.cursor = 0; /* parts that were kept to be sent again */
	}
	waiting_unmark(qpair);
	qpair->completed += count;
	return count;
}

/* Entries that wait to be reaped: no more than the ring holds, whatever the controller writes. */
static void mark_answered(struct nvu_qpair *qpair)
{
	struct cq_ring cq = qpair->cq;
	uint32_t left;

	cq_ring_for_each_pending (&cq, qpair->cq_entries, left) {
		uint64_t answer = cq_ring_answer(&cq);
		struct inflight *record = inflight_at(&qpair->inflight, CQE_CID(answer));

		if (inflight_waits_for(record, CQE_CID(answer)) && !CQE_SQID(answer))
			inflight_add_reason(record, SPECIAL_ANSWERED);
	}
}

uint32_t qpair_late(struct nvu_qpair *qpair, uint32_t *ret_cids, uint32_t max)
{
	uint32_t cursor = 0, count = 0;
	struct inflight *record;

	mark_answered(qpair);
	abort_mark_answered(qpair);
	while ((record = inflight_next(&qpair->inflight, &cursor))) {
		if (count < max && !inflight_has_reason(record, SPECIAL_ANSWERED) &&
		    deadline_is_past(qpair, record))
			ret_cids[count++] = inflight_cid(record);
		inflight_remove_reason(record, SPECIAL_ANSWERED);
	}
	return count;
}

void qpair_refuse(struct nvu_qpair *qpair, int error)
{
	qpair->recovery.fate = error;
	qpair->recovery.cursor = 0;
	if (qpair->resend)
		resend_abandon(qpair);
	after_go_on(qpair);
	retry_end(qpair, error);
	qpair_force_slow(qpair, SLOW_REFUSED);
}

void qpair_kill(struct nvu_qpair *qpair)
{
	waiting_end(qpair);
	qpair_force_slow(qpair, SLOW_REFUSED); /* also what answering has freed */
	qpair->state = QPAIR_DEAD;
	qpair->error = qpair->recovery.fate;
}
