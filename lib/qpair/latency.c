/* SPDX-License-Identifier: MIT */
/*
 * latency.c: see latency.h.
 */
#include "qpair/latency.h"

#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t slot_of(const struct nvu_qpair *qpair, uint32_t cid)
{
	return cid & qpair->inflight.mask;
}

int latency_make(struct nvu_qpair *qpair)
{
	size_t slots = qpair->inflight.mask + 1ul;

	qpair->latency =
		calloc(1, sizeof(*qpair->latency) + slots * sizeof(qpair->latency->stamps_ns[0]));
	if (!qpair->latency)
		return error_set(-ENOMEM, "no memory for the latencies of %zu commands", slots);
	return 0;
}

void latency_free(struct nvu_qpair *qpair)
{
	free(qpair->latency);
	qpair->latency = NULL;
}

void latency_publish(struct nvu_qpair *qpair)
{
	struct qpair_latency *latency = qpair->latency;
	const struct sq_ring ring = sq_ring_copy(&qpair->sq);
	uint64_t now_ns = clock_kernel_ns();
	struct nvu_sqe *entry;

	sq_ring_for_each_unpublished (&ring, entry)
		latency->stamps_ns[slot_of(qpair, nvu_le16_get(entry->cid))] = now_ns;
}

static uint32_t bucket_of(uint64_t ns)
{
	return 63 - (uint32_t)__builtin_clzll(ns | 1);
}

uint32_t latency_measure(struct nvu_qpair *qpair, uint32_t max)
{
	struct qpair_latency *latency = qpair->latency;
	struct cq_ring cq = qpair->cq;
	uint64_t now_ns = clock_kernel_ns();
	uint32_t left;

	cq_ring_for_each_pending (&cq, max, left) {
		uint32_t cid = CQE_CID(cq_ring_answer(&cq));
		uint64_t stamp_ns = latency->stamps_ns[slot_of(qpair, cid)];

		/* An entry that answers nothing is not measured; poll_exceptional() will drop it. */
		if (inflight_waits_for(inflight_at(&qpair->inflight, cid), cid))
			latency->buckets[bucket_of(now_ns - stamp_ns)]++;
	}
	return max - left;
}
