/* SPDX-License-Identifier: MIT */
/*
 * retry.c: see retry.h.
 */
#include "qpair/retry.h"

#include "base/clock.h"
#include "base/error.h"
#include "qpair/deadline.h"
#include "qpair/ranges.h"
#include "qpair/resend.h"
#include "qpair/slow_path.h"
#include "qpair/split.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t slot_of(const struct nvu_qpair *qpair, const struct inflight *record)
{
	return (uint32_t)(record - qpair->inflight.records);
}

int retry_make(struct nvu_qpair *qpair, uint32_t most, retry_delay_ms *delay_ms)
{
	size_t slots = qpair->inflight.mask + 1ul;
	struct qpair_retry *retry = calloc(1, sizeof(*retry));

	qpair->retry = retry;
	if (retry) {
		retry->most = most;
		retry->delay_ms = delay_ms;
		retry->tries = calloc(slots, sizeof(*retry->tries));
		retry->at_ms = calloc(slots, sizeof(*retry->at_ms));
	}
	if (!retry || !retry->tries || !retry->at_ms)
		return error_set(-ENOMEM, "no memory to try %zu commands again", slots);
	return 0;
}

void retry_free(struct nvu_qpair *qpair)
{
	if (!qpair->retry)
		return;
	free(qpair->retry->tries);
	free(qpair->retry->at_ms);
	free(qpair->retry);
	qpair->retry = NULL;
}

/* An answer to the command rather than a failure: the same would come again. */
static bool is_answer(int status)
{
	return status == NVU_SC_COMPARE_FAILED || status == NVU_SC_RESERVATION_CONFLICT;
}

static bool may_try(const struct nvu_qpair *qpair, const struct inflight *record,
		    const struct nvu_cpl *cpl)
{
	const uint32_t others = SPECIAL_FUSED | SPECIAL_GIVEN_UP | SPECIAL_UNWANTED;

	return cpl->status > 0 && !(cpl->flags & NVU_CPL_DNR) && !is_answer(cpl->status) &&
	       !inflight_has_reason(record, others) && !split_has_failed(qpair, record) &&
	       resend_may_repeat(qpair, record);
}

/* The next identifier, also where the old one is known. */
static void rename_record(struct nvu_qpair *qpair, struct inflight *record)
{
	uint32_t old = inflight_cid(record);

	inflight_rename(&qpair->inflight, record);
	ranges_rename(qpair, old, inflight_cid(record));
}

static void put_into_ring(struct nvu_qpair *qpair, const struct inflight *record)
{
	struct nvu_sqe *slot = qpair->sq.slot;

	sq_ring_fill(&qpair->sq, resend_copy(qpair, record));
	slot->cid = nvu_le16_put((uint16_t)inflight_cid(record));
	(void)qpair_advance(qpair, slot);
}

/* status: of this time, which is its last if it is not sent again after all. */
static void delay(struct nvu_qpair *qpair, struct inflight *record, int16_t status, uint32_t ms)
{
	struct qpair_retry *retry = qpair->retry;
	uint64_t at_ms = clock_ns() / 1000000 + ms;

	retry->at_ms[slot_of(qpair, record)] = at_ms;
	if (!retry->delayed++ || at_ms < retry->next_ms)
		retry->next_ms = at_ms;
	aside_of(qpair, record)->status = status;
	inflight_add_reason(record, SPECIAL_DELAYED);
	qpair->aside_count++;
	qpair_force_slow(qpair, SLOW_DELAYED);
}

static void end_delay(struct nvu_qpair *qpair, struct inflight *record)
{
	assert(qpair->retry->delayed && qpair->aside_count);
	inflight_remove_reason(record, SPECIAL_DELAYED);
	qpair->aside_count--;
	if (!--qpair->retry->delayed)
		qpair_allow_fast(qpair, SLOW_DELAYED);
}

bool retry_take(struct nvu_qpair *qpair, struct inflight *record, const struct nvu_cpl *cpl)
{
	struct qpair_retry *retry = qpair->retry;
	uint32_t crd = cpl->flags & NVU_CPL_CRD, ms;
	uint8_t *tries;

	if (!retry || !may_try(qpair, record, cpl))
		return false;
	tries = &retry->tries[slot_of(qpair, record)];
	if (!inflight_has_reason(record, SPECIAL_RETRIED))
		*tries = 0;
	ms = crd ? retry->delay_ms(qpair, crd) : 0;
	if (*tries >= retry->most || ms > qpair->timeout_ms)
		return false;
	++*tries;
	retry->count++;
	inflight_add_reason(record, SPECIAL_RETRIED);
	deadline_forget(record);
	rename_record(qpair, record);
	if (ms || qpair->state != QPAIR_LIVE)
		delay(qpair, record, cpl->status, ms);
	else
		put_into_ring(qpair, record);
	return true;
}

/* Its time has come. A part of a request that has failed meanwhile is answered instead. */
static void send(struct nvu_qpair *qpair, struct inflight *record)
{
	if (split_has_failed(qpair, record)) {
		retry_leave(qpair, record, aside_of(qpair, record)->status);
		return;
	}
	end_delay(qpair, record);
	put_into_ring(qpair, record);
}

void retry_go_on(struct nvu_qpair *qpair)
{
	struct qpair_retry *retry = qpair->retry;
	uint64_t now_ms, next_ms = UINT64_MAX;
	struct inflight *record;
	uint32_t cursor = 0;

	if (!retry || !retry->delayed)
		return;
	now_ms = clock_ns() / 1000000;
	if (now_ms < retry->next_ms)
		return;
	while ((record = inflight_next(&qpair->inflight, &cursor))) {
		uint64_t at_ms = retry->at_ms[slot_of(qpair, record)];

		if (!inflight_has_reason(record, SPECIAL_DELAYED))
			continue;
		if (at_ms <= now_ms)
			send(qpair, record);
		else if (at_ms < next_ms)
			next_ms = at_ms;
	}
	retry->next_ms = next_ms;
}

void retry_leave(struct nvu_qpair *qpair, struct inflight *record, int status)
{
	end_delay(qpair, record);
	aside_own(qpair, record, resend_copy(qpair, record), status);
}

void retry_end(struct nvu_qpair *qpair, int error)
{
	struct inflight *record;
	uint32_t cursor = 0;

	while (qpair->retry && qpair->retry->delayed &&
	       (record = inflight_next(&qpair->inflight, &cursor)))
		if (inflight_has_reason(record, SPECIAL_DELAYED))
			retry_leave(qpair, record, error);
}

void retry_outdate(struct nvu_qpair *qpair, bool (*changed)(const void *arg, uint32_t nsid),
		   const void *arg)
{
	struct inflight *record;
	uint32_t cursor = 0;

	while (qpair->retry && qpair->retry->delayed &&
	       (record = inflight_next(&qpair->inflight, &cursor)))
		if (inflight_has_reason(record, SPECIAL_DELAYED) &&
		    changed(arg, nvu_le32_get(resend_copy(qpair, record)->nsid)))
			retry_leave(qpair, record, -ESTALE);
}
