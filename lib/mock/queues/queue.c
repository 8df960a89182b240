// SPDX-License-Identifier: MIT
/*
 * queue.c: translates a queue's ring once, when the queue is created; unmapping the ring afterwards
 * ends the queue. Only physically contiguous queues (CAP.CQR = 1).
 */
#include "mock/queues/queue.h"

#include "base/mmio.h"
#include "mock/faults/violation.h"
#include "mock/queues/doorbell.h"
#include "mock/queues/former.h"
#include "mock/queues/interrupt.h"
#include "mock/state.h"
#include "transport/transport.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CID_WORDS = 65536 / 64 };

static const char *kind_name(bool cq)
{
	return cq ? "CQ" : "SQ";
}

/* The memory of a ring; NULL with a violation and *ret_status. */
static void *map_ring(struct nvu_mock *mock, const struct mock_queue_attr *attr, bool cq,
		      struct mock_view *ret_view, uint16_t *ret_status)
{
	uint64_t bytes =
		(uint64_t)attr->entries * (cq ? sizeof(struct nvu_cqe) : sizeof(struct nvu_sqe));
	uint32_t hint = 0;
	uint64_t piece = 0;
	uint32_t prot = cq ? TRANSPORT_DMA_WRITE : TRANSPORT_DMA_READ;
	void *ring;

	assert(attr->entries >= 2 && attr->qid <= mock->config.opts.io_queues);
	if (attr->iova & (mock->page_bytes - 1)) {
		mock_violation_add(mock, "queue %u: %s base address 0x%llx is not page aligned",
				   attr->qid, kind_name(cq), (unsigned long long)attr->iova);
		*ret_status = MOCK_DNR(NVU_SC_INVALID_PRP_OFFSET);
		return NULL;
	}
	ring = mock_dma_translate(mock->dma, attr->iova, bytes, prot, &hint, &piece);
	if (ring && piece < bytes && mock_view_make(mock->dma, attr->iova, bytes, prot, ret_view))
		return ret_view->base;
	if (!ring || piece < bytes) {
		mock_violation_add(mock,
				   "queue %u: the %llu bytes of the %s at 0x%llx are not mapped in "
				   "one piece",
				   attr->qid, (unsigned long long)bytes, kind_name(cq),
				   (unsigned long long)attr->iova);
		*ret_status = MOCK_DNR(NVU_SC_DATA_TRANSFER_ERROR);
		return NULL;
	}
	if (!cq && !mock->serve &&
	    mock_dma_translate(mock->dma, attr->iova, bytes, TRANSPORT_DMA_WRITE, &hint, &piece))
		mock_violation_add(mock,
				   "queue %u: the device may write to the memory of the SQ: map "
				   "it for reading only",
				   attr->qid);
	return ring;
}

/* The host must clear a CQ: a stale phase tag would look like a completion. */
static void check_phases(struct nvu_mock *mock, const struct mock_cq *cq)
{
	for (uint32_t idx = 0; idx < cq->entries; idx++) {
		if (!(nvu_le16_get(cq->ring[idx].status) & 1))
			continue;
		mock_violation_add(mock,
				   "queue %u: the CQ is created on memory that is not cleared: "
				   "entry %u has its phase tag set",
				   cq->qid, idx);
		return;
	}
}

uint16_t mock_queue_create_cq(struct nvu_mock *mock, const struct mock_queue_attr *attr)
{
	uint16_t status = 0;
	struct mock_view view = { .len = 0 };
	struct nvu_cqe *ring = map_ring(mock, attr, true, &view, &status);
	struct mock_cq *cq;

	assert(!mock->cqs[attr->qid]);
	if (!ring)
		return status;
	cq = calloc(1, sizeof(*cq));
	if (!cq) {
		mock_view_end(&view);
		return NVU_SC_INTERNAL;
	}
	cq->ring = ring;
	cq->view = view;
	cq->entries = attr->entries;
	cq->qid = (uint16_t)attr->qid;
	cq->iova = attr->iova;
	cq->interrupts = attr->interrupts;
	cq->vector = attr->vector;
	cq->phase = 1;
	cq->doorbell = mock_doorbell_clear(mock, attr->qid, true);
	if (!mock->serve) /* Linux clears it before the first command */
		check_phases(mock, cq);
	mock->cqs[attr->qid] = cq;
	mock_doorbell_bind(mock, NULL, cq);
	return 0;
}

static void free_sq(struct mock_sq *sq)
{
	if (!sq)
		return;
	mock_view_end(&sq->view);
	free(sq->cid_busy);
	free(sq->slot_refused);
	free(sq);
}

static struct mock_sq *alloc_sq(uint32_t entries)
{
	struct mock_sq *sq = calloc(1, sizeof(*sq));

	assert(entries >= 2);
	if (!sq)
		return NULL;
	sq->cid_busy = calloc(CID_WORDS, sizeof(uint64_t));
	sq->slot_refused = calloc(entries / 64 + 1, sizeof(uint64_t));
	if (sq->cid_busy && sq->slot_refused)
		return sq;
	free_sq(sq);
	return NULL;
}

/* Keeps .live in ascending order of qid. */
static void add_live(struct nvu_mock *mock, struct mock_sq *sq)
{
	uint32_t idx = mock->live_count++;

	assert(mock->live_count <= mock->config.opts.io_queues + 1);
	for (; idx > 0 && mock->live[idx - 1]->qid > sq->qid; idx--)
		mock->live[idx] = mock->live[idx - 1];
	mock->live[idx] = sq;
}

static void remove_live(struct nvu_mock *mock, const struct mock_sq *sq)
{
	uint32_t kept = 0;

	for (uint32_t idx = 0; idx < mock->live_count; idx++)
		if (mock->live[idx] != sq)
			mock->live[kept++] = mock->live[idx];
	assert(kept + 1 == mock->live_count);
	mock->live_count = kept;
}

uint16_t mock_queue_create_sq(struct nvu_mock *mock, const struct mock_queue_attr *attr,
			      struct mock_cq *cq)
{
	uint16_t status = 0;
	struct mock_view view = { .len = 0 };
	const struct nvu_sqe *ring = map_ring(mock, attr, false, &view, &status);
	struct mock_sq *sq;

	assert(cq && !mock->sqs[attr->qid]);
	if (!ring)
		return status;
	sq = alloc_sq(attr->entries);
	if (!sq) {
		mock_view_end(&view);
		return NVU_SC_INTERNAL;
	}
	sq->ring = ring;
	sq->view = view;
	sq->cq = cq;
	sq->entries = attr->entries;
	sq->qid = (uint16_t)attr->qid;
	sq->iova = attr->iova;
	sq->doorbell = mock_doorbell_clear(mock, attr->qid, false);
	mock->sqs[attr->qid] = sq;
	mock_doorbell_bind(mock, sq, NULL);
	add_live(mock, sq);
	cq->users++;
	return 0;
}

/* Commands of the queue that wait are forgotten (Base 3.3.1.3: aborted by the deletion). */
static void drop_pending(struct nvu_mock *mock, uint16_t sqid)
{
	struct mock_pending **link = &mock->pending;

	mock->pending_last = NULL;
	while (*link) {
		struct mock_pending *pending = *link;

		if (pending->sqid == sqid) {
			*link = pending->next;
			pending->next = mock->pending_free;
			mock->pending_free = pending;
		} else {
			mock->pending_last = pending;
			link = &pending->next;
		}
	}
}

void mock_queue_delete_sq(struct nvu_mock *mock, struct mock_sq *sq)
{
	assert(mock->sqs[sq->qid] == sq && sq->cq->users);
	drop_pending(mock, sq->qid);
	remove_live(mock, sq);
	mock->sqs[sq->qid] = NULL;
	mmio_write32(sq->doorbell, 0);
	sq->cq->users--;
	free_sq(sq);
}

void mock_queue_delete_cq(struct nvu_mock *mock, struct mock_cq *cq)
{
	assert(mock->cqs[cq->qid] == cq && !cq->users);
	mock->cqs[cq->qid] = NULL;
	mmio_write32(cq->doorbell, 0);
	mock_view_end(&cq->view);
	free(cq);
}

void mock_queue_clear(struct nvu_mock *mock)
{
	while (mock->live_count)
		mock_queue_delete_sq(mock, mock->live[mock->live_count - 1]);
	for (uint32_t qid = 0; qid <= mock->config.opts.io_queues; qid++)
		if (mock->cqs[qid])
			mock_queue_delete_cq(mock, mock->cqs[qid]);
}

/*
 * The upper half, which carries the phase tag, is one store, released after the lower half: the driver that
 * acquires it sees a whole entry.
 */
void mock_queue_post(struct nvu_mock *mock, struct mock_cq *cq, const struct nvu_cqe *cqe,
		     bool invert_phase)
{
	struct nvu_cqe *entry = &cq->ring[cq->tail];
	uint16_t phase = invert_phase ? !cq->phase : cq->phase;
	bool interrupts;

	if (cq->interrupts)
		mock_doorbell_observe_cq(mock, cq);
	interrupts = mock_interrupt_is_rearmed(cq);
	entry->dw0 = cqe->dw0;
	entry->dw1 = cqe->dw1;
	mock_queue_post_upper(entry, nvu_le16_get(cqe->sqhd), nvu_le16_get(cqe->sqid),
			      nvu_le16_get(cqe->cid), nvu_le16_get(cqe->status) | phase);
	if (++cq->tail == cq->entries) {
		cq->tail = 0;
		cq->phase = !cq->phase;
	}
	mock->stats.completions++;
	if (interrupts)
		mock_interrupt_raise(mock, cq);
}

static bool meets(uint64_t iova, uint64_t len, uint64_t first, uint64_t bytes)
{
	return iova < first + bytes && first < iova + len;
}

static void end_queue(struct nvu_mock *mock, uint32_t qid, bool cq)
{
	assert(cq ? mock->cqs[qid] != NULL : mock->sqs[qid] != NULL);
	if (mock->gone) {
		mock_violation_add(mock,
				   "queue %u: the memory of the %s is unmapped with bus mastering "
				   "on, after the registers had gone",
				   qid, kind_name(cq));
		return;
	}
	/* Another process that ends takes its memory away after the shutdown. */
	if (!mock->serve || !(mock->csts & NVU_CSTS_SHST))
		mock_violation_add(mock, "queue %u: the memory of the %s is unmapped before %s",
				   qid, kind_name(cq),
				   qid == 0 ? "the controller is disabled"
				   : cq	    ? "Delete I/O CQ"
					    : "Delete I/O SQ");
	/* A device whose IOMMU refuses its queue does the same. */
	mock_state_fail(mock);
}

static void end_shadow(struct nvu_mock *mock)
{
	assert(mock->shadow_page && mock->event_idx_page);
	mock_violation_add(mock,
			   "the shadow doorbells are unmapped before the controller is disabled");
	mock->shadow_page = NULL;
	for (uint32_t qid = 0; qid <= mock->config.opts.io_queues; qid++)
		mock_doorbell_bind(mock, mock->sqs[qid], mock->cqs[qid]);
}

void mock_queue_unmap(struct nvu_mock *mock, uint64_t iova, uint64_t len)
{
	assert(mock_is_locked(mock));
	mock_former_unmap(mock, iova, len);
	if (mock->gone && (mock->cut_off || mock->call_failed))
		return;
	if (mock->shadow_page && (meets(iova, len, mock->shadow_iova, mock->page_bytes) ||
				  meets(iova, len, mock->event_idx_iova, mock->page_bytes)))
		end_shadow(mock);
	for (uint32_t idx = 0; idx < mock->live_count; idx++) {
		const struct mock_sq *sq = mock->live[idx];

		if (meets(iova, len, sq->iova, sq->entries * sizeof(struct nvu_sqe)))
			end_queue(mock, sq->qid, false);
	}
	for (uint32_t qid = 0; qid <= mock->config.opts.io_queues; qid++) {
		const struct mock_cq *cq = mock->cqs[qid];

		if (cq && meets(iova, len, cq->iova, cq->entries * sizeof(struct nvu_cqe)))
			end_queue(mock, qid, true);
	}
}
