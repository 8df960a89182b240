/* SPDX-License-Identifier: MIT */
/*
 * qpair.c: the public functions of nvu/qpair.h that are not on the I/O path.
 */
#include "base/error.h"
#include "base/opts.h"
#include "ctrl/tombstone.h"
#include "qpair/deadline.h"
#include "qpair/gather.h"
#include "qpair/latency.h"
#include "qpair/misuse.h"
#include "qpair/resend.h"
#include "qpair/retry.h"
#include "qpair/split.h"
#include "recovery/queue_pairs.h"

#include <errno.h>
#include <nvu/qpair.h>
#include <string.h>

enum { SPIN_MAX_US = 1000000, PIECES_MAX = GATHER_LIST_MAX / GATHER_DESCRIPTOR_BYTES };
enum { RETRIES_MAX = 255 };

#define FLAGS (NVU_QPAIR_LATENCY | NVU_QPAIR_RETRY | NVU_QPAIR_INTERRUPT | NVU_QPAIR_RETRY_STATUS)

int nvu_qpair_create(struct nvu_ctrl *ctrl, const struct nvu_qpair_opts *opts,
		     struct nvu_qpair **ret_qpair)
{
	struct nvu_qpair_opts copy;
	int ret = ctrl_is_open(ctrl, __func__);

	if (!ret)
		ret = opts_copy(&copy, sizeof(copy), opts);
	if (ret)
		return ret;
	if (copy.flags & ~FLAGS)
		return error_set(-EINVAL, "queue pair option flags %#x are not known", copy.flags);
	if (copy.io_timeout_ms > INT32_MAX)
		return error_set(-EINVAL, "an I/O timeout of %u ms is too long: at most %d",
				 copy.io_timeout_ms, INT32_MAX);
	if (copy.splits > SPLITS_MAX)
		return error_set(-EINVAL, "splits is %u: at most %d", copy.splits, SPLITS_MAX);
	if (copy.pieces > PIECES_MAX)
		return error_set(-EINVAL, "pieces is %u: at most %d", copy.pieces, PIECES_MAX);
	if (copy.status_retries > RETRIES_MAX)
		return error_set(-EINVAL, "status_retries is %u: at most %d", copy.status_retries,
				 RETRIES_MAX);
	if (copy.spin_us > SPIN_MAX_US)
		return error_set(-EINVAL, "spin_us is %u: a wait can poll for up to %d us",
				 copy.spin_us, SPIN_MAX_US);
	error_enter();
	return error_leave(queue_pairs_create(ctrl, &copy, ret_qpair));
}

void nvu_qpair_destroy(struct nvu_qpair *qpair)
{
	if (!qpair || misuse_enter(qpair, __func__))
		return;
	error_enter();
	queue_pairs_destroy(qpair);
	(void)error_leave(0);
}

uint32_t nvu_qpair_depth(const struct nvu_qpair *qpair)
{
	(void)misuse_is_closed(qpair, __func__);
	return qpair->entries - 1;
}

uint32_t nvu_qpair_room(const struct nvu_qpair *qpair)
{
	return misuse_is_closed(qpair, __func__) ? 0 : qpair_room(qpair);
}

uint16_t nvu_qpair_id(const struct nvu_qpair *qpair)
{
	(void)misuse_is_closed(qpair, __func__);
	return (uint16_t)qpair->id;
}

/* Derives counters that the I/O path does not keep: it counts each event once. */
void nvu_qpair_stats(const struct nvu_qpair *qpair, struct nvu_qpair_stats *ret_stats, size_t size)
{
	uint32_t outstanding = inflight_count(&qpair->inflight);
	const struct nvu_qpair_stats stats = {
		.submitted = qpair->completed + outstanding - qpair->aside_count -
			     sq_ring_unpublished(&qpair->sq),
		.completed = qpair->completed,
		.failed = qpair->failed,
		.polls = qpair->empty_polls + qpair->reaped_polls,
		.empty_polls = qpair->empty_polls,
		.sq_doorbells = qpair->sq_doorbells,
		.cq_doorbells = qpair->cq_doorbells,
		.full = qpair->full,
		.bad_completions = qpair->bad_completions,
		.timeouts = qpair->timeouts,
		.retried = qpair->resend ? qpair->resend->retried : 0,
		.status_retries = qpair->retry ? qpair->retry->count : 0,
		.doorbell_registers = qpair->sq_doorbells - qpair->sq_doorbell.spared +
				      qpair->cq_doorbells - qpair->cq_doorbell.spared,
	};

	(void)misuse_is_closed(qpair, __func__);
	memset(ret_stats, 0, size);
	memcpy(ret_stats, &stats, size < sizeof(stats) ? size : sizeof(stats));
}

int nvu_qpair_latency(const struct nvu_qpair *qpair, uint64_t *ret_buckets, uint32_t count)
{
	if (misuse_is_closed(qpair, __func__))
		return -EINVAL;
	if (!qpair->latency)
		return error_set(-EINVAL, "the queue pair was created without NVU_QPAIR_LATENCY");
	memset(ret_buckets, 0, count * sizeof(*ret_buckets));
	if (count > LATENCY_BUCKETS)
		count = LATENCY_BUCKETS;
	memcpy(ret_buckets, qpair->latency->buckets, count * sizeof(*ret_buckets));
	return 0;
}

void nvu_qpair_set_timeout(struct nvu_qpair *qpair, uint32_t timeout_ms)
{
	if (misuse_enter(qpair, __func__))
		return;
	if (timeout_ms > INT32_MAX)
		timeout_ms = INT32_MAX;
	deadline_set_timeout(qpair, timeout_ms ? timeout_ms : qpair->timeout_default_ms);
	misuse_leave(qpair);
}
