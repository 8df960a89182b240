/* SPDX-License-Identifier: MIT */
/*
 * misuse.c: see misuse.h.
 */
#include "qpair/misuse.h"

#include "base/check.h"
#include "base/error.h"
#include "qpair/slow_path.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Closed handles, never freed: using one is to be recognised, not to crash. */
static struct nvu_qpair *tombstones;
static pthread_mutex_t tombstones_lock = PTHREAD_MUTEX_INITIALIZER;

int misuse_make(struct nvu_qpair *qpair)
{
	if (!check_wanted())
		return 0;
	qpair->misuse = calloc(1, sizeof(*qpair->misuse));
	if (qpair->misuse) {
		qpair->misuse->each = qpair->piece_bytes / sizeof(nvu_le64); /* PRPs */
		qpair->misuse->buffers = calloc((qpair->inflight.mask + 1ul) * qpair->misuse->each,
						sizeof(struct nvu_dma *));
	}
	if (!qpair->misuse || !qpair->misuse->buffers)
		return error_set(-ENOMEM, "no memory to check the use of a queue pair");
	return 0;
}

void misuse_free(struct nvu_qpair *qpair)
{
	if (!qpair->misuse)
		return;
	free(qpair->misuse->buffers);
	free(qpair->misuse);
	qpair->misuse = NULL;
}

bool misuse_is_closed(const struct nvu_qpair *qpair, const char *function)
{
	if (!qpair->misuse || !qpair->misuse->closed)
		return false;
	(void)check_report(-EINVAL, "%s: queue pair %u was destroyed before", function, qpair->id);
	return true;
}

int misuse_enter(struct nvu_qpair *qpair, const char *function)
{
	struct qpair_misuse *misuse = qpair->misuse;
	uint64_t self, owner = 0;

	if (!misuse)
		return 0;
	if (misuse_is_closed(qpair, function))
		return -EINVAL;
	self = (uint64_t)syscall(SYS_gettid); /* gettid() came with glibc 2.30 */
	if (!__atomic_compare_exchange_n(&misuse->thread, &owner, self, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED) &&
	    owner != self)
		return check_report(-EINVAL,
				    "%s: queue pair %u is in use by thread %llu while thread %llu "
				    "calls: one thread at a time",
				    function, qpair->id, (unsigned long long)owner,
				    (unsigned long long)self);
	misuse->depth++;
	return 0;
}

int misuse_poll(struct nvu_qpair *qpair, const struct nvu_cpl *cpls, uint32_t max)
{
	int ret = misuse_enter(qpair, "nvu_poll");

	if (!ret && qpair->misuse && (!cpls || !max))
		(void)check_report(0,
				   "nvu_poll: queue pair %u: no room for completions (array %p, %u "
				   "entries): none will ever be seen",
				   qpair->id, (const void *)cpls, max);
	return ret;
}

void misuse_show(struct nvu_qpair *qpair)
{
	qpair_allow_fast(qpair, SLOW_OUTSIDE);
}

void misuse_leave(struct nvu_qpair *qpair)
{
	struct qpair_misuse *misuse = qpair->misuse;

	if (!misuse)
		return;
	qpair_force_slow(qpair, SLOW_OUTSIDE);
	if (--misuse->depth)
		return;
	__atomic_store_n(&misuse->thread, 0, __ATOMIC_RELEASE);
}

static struct nvu_dma **buffers_of(const struct qpair_misuse *misuse, uint32_t slot)
{
	return &misuse->buffers[(size_t)slot * misuse->each];
}

static void settle_slot(struct qpair_misuse *misuse, uint32_t slot)
{
	struct nvu_dma **used = buffers_of(misuse, slot);

	for (uint32_t i = 0; i < misuse->each && used[i]; i++) {
		__atomic_sub_fetch(&used[i]->in_flight, 1, __ATOMIC_RELAXED);
		used[i] = NULL;
	}
}

static uint32_t last_slot(const struct nvu_qpair *qpair)
{
	const struct nvu_sqe *last =
		qpair->sq.slot == qpair->sq.first ? qpair->sq.end : qpair->sq.slot;

	return nvu_le16_get(last[-1].cid) & qpair->inflight.mask;
}

void misuse_use(struct nvu_qpair *qpair, const struct nvu_dma *buf)
{
	if (!qpair->misuse)
		return;
	settle_slot(qpair->misuse, last_slot(qpair)); /* of a command that this poll has answered */
	misuse_add(qpair, buf);
}

/* Each once: a buffer that has no place is not counted. */
void misuse_add(struct nvu_qpair *qpair, const struct nvu_dma *buf)
{
	struct nvu_dma *used = (struct nvu_dma *)(uintptr_t)buf; /* only its count changes */
	struct nvu_dma **buffers;
	uint32_t i = 0;

	if (!qpair->misuse || !buf)
		return;
	buffers = buffers_of(qpair->misuse, last_slot(qpair));
	while (i < qpair->misuse->each && buffers[i] && buffers[i] != buf)
		i++;
	if (i == qpair->misuse->each || buffers[i] == buf)
		return;
	buffers[i] = used;
	__atomic_add_fetch(&used->in_flight, 1, __ATOMIC_RELAXED);
}

void misuse_settle(struct nvu_qpair *qpair)
{
	const struct inflight *record = qpair->inflight.free;
	bool live = qpair->state == QPAIR_LIVE;

	/* What a poll has answered is in sight until misuse_leave(); what was cancelled is not. */
	for (; live && record; record = record->next)
		settle_slot(qpair->misuse, (uint32_t)(record - qpair->inflight.records));
	for (uint32_t slot = 0; !live && slot < qpair->inflight.mask; slot++)
		if (inflight_is_free(&qpair->inflight.records[slot]))
			settle_slot(qpair->misuse, slot);
}

void misuse_orphan(struct nvu_qpair *qpair)
{
	for (uint32_t slot = 0; qpair->misuse && slot < qpair->inflight.mask; slot++)
		settle_slot(qpair->misuse, slot);
}

bool misuse_close(struct nvu_qpair *qpair)
{
	struct qpair_misuse *misuse = qpair->misuse;
	uint32_t count = inflight_count(&qpair->inflight);

	if (!misuse)
		return false;
	if (count)
		(void)check_report(0,
				   "nvu_qpair_destroy: queue pair %u has %u commands in flight: "
				   "they will not be answered",
				   qpair->id, count);
	inflight_drop(&qpair->inflight);
	misuse_orphan(qpair);
	misuse->closed = true;
	qpair->sq.slot = &misuse->nowhere;
	qpair->sq.published = NULL; /* so that nvu_submit() takes the cold path */
	qpair->sq_doorbell = (struct doorbell){ .reg = NULL };
	qpair_force_slow(qpair, SLOW_CLOSED);
	pthread_mutex_lock(&tombstones_lock);
	misuse->next = tombstones;
	tombstones = qpair;
	pthread_mutex_unlock(&tombstones_lock);
	return true;
}
