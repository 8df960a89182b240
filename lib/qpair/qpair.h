/* SPDX-License-Identifier: MIT */
/*
 * qpair.h: a queue pair: two rings, the table of commands in flight, two doorbells. The admin queue
 * is one too. One thread at a time owns it; who creates it on the controller, and what happens when
 * the controller fails, is the layers' above.
 */
#ifndef NVU_QPAIR_QPAIR_H
#define NVU_QPAIR_QPAIR_H

#include "dma/dma.h"
#include "qpair/inflight.h"
#include "ring/cq_ring.h"
#include "ring/doorbell.h"
#include "ring/sq_ring.h"

struct qpair_extras;
struct qpair_guard;

#include <nvu/qpair.h>

#include <stdalign.h>
#include <stdint.h>

/* Every so many polls a queue pair looks up: at the clock, at deadlines, at the controller. */
enum { QPAIR_POLLS_PER_TICK = 256 };

enum qpair_state {
	QPAIR_LIVE,
	QPAIR_CUT,  /* the controller has lost the queues: commands in flight are being answered */
	QPAIR_DEAD, /* all answered, nothing will work any more */
};

/* Why a queue pair has ended alone, its controller being well. */
enum qpair_end {
	QPAIR_END_NONE,
	QPAIR_END_QUEUES, /* the controller grants fewer queues than its identifier since a reset */
	QPAIR_END_ENTRIES, /* ... takes fewer entries in a queue than it has */
};

struct nvu_qpair {
	/* Queuing a command: this line, and the deadline in the next one. */
	alignas(64) struct sq_ring sq;
	uint64_t key; /* domain's | controller's: recognises foreign buffers and namespaces */
	struct inflight_table inflight;

	/* Polling. */
	struct cq_ring cq;
	uint32_t tick; /* polls until the next look up */
	uint32_t id;   /* queue identifier */
	uint64_t completed;
	uint64_t reaped_polls; /* as many completion doorbell writes */

	alignas(64) struct doorbell sq_doorbell;
	uint64_t sq_doorbells;
	alignas(64) struct doorbell cq_doorbell;
	uint64_t failed;

	/* Cold. */
	uint64_t full;
	uint64_t bad_completions;
	uint64_t timeouts;
	uint64_t polls; /* before the current tick */
	uint32_t tick_polls;
	uint32_t entries; /* of each ring */
	uint32_t page_shift;
	uint32_t timeout_ms;
	uint32_t timeout_default_ms;
	uint32_t transfer_max_bytes;
	enum qpair_state state;
	uint32_t rung;	    /* of the recovery ladder that the oldest command has got to */
	uint32_t rung_ms;   /* when the next one is due */
	int error;	    /* why it is dead: -errno */
	enum qpair_end end; /* ... alone; what the controller takes: end_limit */
	uint32_t end_limit;
	uint32_t cursor;	     /* next slot to answer while cut */
	uint32_t epoch;		     /* of the controller's life that created the queues */
	uint64_t tick_ms;	     /* last look at the clock */
	uint64_t look_ms;	     /* last look at deadlines and the controller */
	struct qpair_extras *extras; /* NULL: none */
	struct qpair_guard *guard;   /* NULL: use is not checked */
	struct nvu_dma *sq_memory;   /* the device may only read it */
	struct nvu_dma *cq_memory;
	struct nvu_dma *list_memory; /* PRP lists, one per slot; NULL: buffers' own lists do */
	uint32_t list_bytes;	     /* of one slot */
	struct nvu_ctrl *ctrl;	     /* for the layer above; NULL: closed */
	struct nvu_qpair *next;	     /* of the controller's queue pairs */
};

struct qpair_config {
	struct dma_domain *domain;
	uint64_t key; /* of the controller */
	uint32_t id;
	uint32_t entries;
	uint32_t page_shift;
	uint32_t timeout_ms;
	uint32_t timeout_default_ms;
	uint32_t transfer_max_bytes;
	uint32_t flags;		/* NVU_QPAIR_... */
	uint32_t first_slot;	/* identifiers below are another queue's */
	bool plain_identifiers; /* slot numbers, without generations */
	int node;
};

/* Allocates rings, table and lists. Doorbells are set by the caller. Sentence set on failure. */
int qpair_make(const struct qpair_config *config, struct nvu_qpair **ret_qpair);

/* Frees what qpair_make() allocated; the controller must no longer use it. NULL is fine. */
void qpair_free(struct nvu_qpair *qpair);

/*
 * Empty rings, generations kept: before queues are created anew. Records in flight are freed, or,
 * if the queue pair retries, stay in flight under new identifiers: see extras_resend().
 */
void qpair_reset(struct nvu_qpair *qpair);

/* Queues a raw command; see nvu_io(). */
int qpair_queue(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
		size_t offset, size_t len, uint64_t user_data);

/* The clock that deadlines are compared with, as of the last look up. */
static inline uint32_t qpair_now_ms(const struct nvu_qpair *qpair)
{
	return qpair->inflight.deadline_ms - qpair->timeout_ms;
}

static inline bool qpair_expired(const struct nvu_qpair *qpair, const struct inflight *record)
{
	return (int32_t)(qpair_now_ms(qpair) - record->deadline_ms) >= 0;
}

/*
 * The identifiers of up to max late commands: their deadline has passed, and no answer to them lies
 * in the completion queue, where a program that polls slowly may leave it for long. Returns how many.
 */
uint32_t qpair_late(struct nvu_qpair *qpair, uint32_t *ret_cids, uint32_t max);

/*
 * PRP 2 for data that needs more than a page boundary crossed and a 4 KiB page size: lists built
 * for the slot of this command identifier.
 */
uint64_t qpair_build_list(struct nvu_qpair *qpair, uint32_t cid, uint64_t iova, size_t len);

/* No more commands are taken, those in flight will be answered by qpair_cancel(). */
void qpair_cut(struct nvu_qpair *qpair);

/*
 * Answers up to max commands of a cut queue pair: -ETIMEDOUT when their deadline has passed, else
 * -ECANCELED. Returns how many; 0: all are answered, but those to be sent once more.
 */
uint32_t qpair_cancel(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max);

/* The state after that: nothing works any more, and why. */
void qpair_kill(struct nvu_qpair *qpair, int error);

/* It is about to end alone, for this reason. Returns -ENOSPC, what it is to be killed with. */
int qpair_end(struct nvu_qpair *qpair, enum qpair_end end, uint32_t limit);

/* Of a dead queue pair: its error, with the sentence set. */
int qpair_report_end(const struct nvu_qpair *qpair);

#endif
