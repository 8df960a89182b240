/* SPDX-License-Identifier: MIT */
/*
 * queue.h: creates and deletes submission and completion queues, and writes completion entries.
 * Statuses are those of Create and Delete I/O SQ and CQ.
 */
#ifndef NVU_MOCK_QUEUES_QUEUE_H
#define NVU_MOCK_QUEUES_QUEUE_H

#include "base/mmio.h"
#include "mock/model.h"

struct mock_queue_attr {
	uint32_t qid;
	uint32_t entries;
	uint64_t iova;
	bool interrupts; /* of a CQ: IEN */
	uint32_t vector;
};

/* The caller has checked qid and entries; the memory is checked here. 0 or an NVMe status. */
uint16_t mock_queue_create_cq(struct nvu_mock *mock, const struct mock_queue_attr *attr);
uint16_t mock_queue_create_sq(struct nvu_mock *mock, const struct mock_queue_attr *attr,
			      struct mock_cq *cq);
void mock_queue_delete_sq(struct nvu_mock *mock, struct mock_sq *sq);
void mock_queue_delete_cq(struct nvu_mock *mock, struct mock_cq *cq);

/* Deletes all queues, as a reset does: no violation. */
void mock_queue_clear(struct nvu_mock *mock);

/* Writes a completion. There is room. status: without phase, as the completion has it. */
void mock_queue_post(struct nvu_mock *mock, struct mock_cq *cq, const struct nvu_cqe *cqe,
		     bool invert_phase);

/*
 * The upper half of an entry, whose lower half has been written, by one store: the driver may load it at once. Each
 * argument has 16 bits; status: with the phase tag.
 */
static inline void mock_queue_post_upper(struct nvu_cqe *entry, uint32_t sqhd, uint32_t sqid,
					 uint32_t cid, uint32_t status)
{
	uint64_t upper = sqhd | sqid << 16 | (uint64_t)(cid | status << 16) << 32;

	dma_wmb();
	__atomic_store_n((uint64_t *)(void *)&entry->sqhd, MMIO_LE64(upper), __ATOMIC_RELEASE);
}

/* [iova, iova + len) is about to be unmapped: violations, and an end to what used it. */
void mock_queue_unmap(struct nvu_mock *mock, uint64_t iova, uint64_t len);

#endif
