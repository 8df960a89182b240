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

#include <nvu/qpair.h>

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <time.h>

struct qpair_aside;
struct qpair_latency;
struct qpair_misuse;
struct qpair_resend;
struct rw_plan;
struct gather_place;
struct qpair_retry;
struct split;

/* Of an I/O queue pair, see ranges.h: as many commands with a list of ranges are in flight at once. */
enum { RANGES_PAGES = 4, RANGES_PAGE_BYTES = 4096 };

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

/*
 * What the recovery keeps in a queue pair. lib/recovery alone decides on it; here the functions below change it
 * (qpair_cut(), qpair_cancel(), qpair_refuse(), qpair_reset()), and those that tell when the next look is due
 * (deadline.h). ioqueue_open() sets the epoch. All by the queue pair's thread.
 */
struct qpair_recovery {
	uint32_t escalation; /* enum escalation: the step that the oldest late command has got to */
	uint32_t escalation_ms; /* when the next step is due */
	uint64_t
		look_end_ns; /* until when this poll looks for answers; 0: has not looked for any yet */
	int fate;	     /* with which error it ends once all are answered; 0: it may live */
	bool has_failed;     /* its queues could not be created again; a reset is to help */
	uint32_t cursor;     /* cut: the slot at which qpair_cancel() goes on */
	uint32_t epoch;	     /* the controller's, in which the queues were created */
	uint64_t due_ms;     /* when something may be late: the next look at the commands */
	uint64_t health_ms; /* when the controller is looked at next */
};

/* How far the deletion or the creation of its queues is: ctrl/ioqueue.h. Under the controller's lock. */
struct qpair_queues {
	uint32_t stage;		      /* enum ioqueue_stage */
	uint32_t epoch;		      /* the controller's, in which it has begun */
	struct ctrl_request *request; /* the command that is outstanding; NULL: none */
	int refused;		      /* the status with which the submission queue was refused */
};

/* Waiting for completions: io/wait.c; .word, .is_asleep and the descriptors: wake.h. */
struct qpair_wait {
	uint32_t word;		    /* enum wake_reason. Atomic, as is .is_asleep */
	uint32_t spin_ns;	    /* how long a wait polls before it yields */
	uint32_t spin_max_ns;	    /* ... at most */
	uint64_t nap_ns;	    /* of a wait that has found nothing: its last nap; 0: none */
	const struct nvu_sqe *slot; /* sq.slot at its end */
	bool is_asleep;
	bool is_eager; /* each poll returns what it takes: the program sleeps until .fd is signalled */
	uint32_t vector; /* of its interrupts, with .fd */
	int fd;	      /* an eventfd: its interrupts, and who wakes its thread. -1: no interrupts */
	int sleep_fd; /* an epoll descriptor that has .fd, edge-triggered */
	struct nvu_group *group; /* NULL: in none */
};

/* A command that was not answered with success, see failures.h. .known: what it was. */
struct qpair_failure {
	struct nvu_cpl cpl;
	uint64_t lba; /* CDW10 and CDW11 */
	uint32_t nsid;
	uint8_t opcode;
	bool known;
};

/* An Abort, see abort.h: as many are outstanding at once. */
enum { QPAIR_ABORTS = 4 };

enum qpair_abort_answer {
	ABORT_UNANSWERED,
	ABORT_IN_VAIN, /* the controller has aborted nothing, or a reset has ended it */
	ABORT_DONE,
};

struct qpair_abort {
	bool is_used;
	bool is_late;	    /* nvu gives the command up */
	uint32_t answer;    /* enum qpair_abort_answer; atomic: who reaps the answer sets it */
	uint32_t cid;	    /* of the command */
	struct nvu_cpl cpl; /* of that, if it came before the answer */
};

enum { FAILURES_KEPT = 16 };

struct qpair_failures {
	struct qpair_failure last[FAILURES_KEPT];
	uint64_t count; /* noted ever */
};

/* When polls look at the clock: see deadline.h. Both are 0 after a publishing, by one store. */
struct qpair_pace {
	int32_t countdown; /* polls until one looks, which is due below 0 */
	int32_t waiting;   /* what it begins with while something is in flight: 0, or 1 */
};

/* A fused pair, see fused.h: as many are outstanding at once. */
enum { FUSED_PAIRS = 16 };

struct qpair_fused {
	bool used;
	bool answered;	   /* one half is: its completion, and its identifier */
	uint32_t slots[2]; /* records of the halves; UINT32_MAX: answered */
	uint32_t cid;
	struct nvu_cpl cpl;
};

struct nvu_qpair {
	/* Queuing a command: this line, and the table in the next one. */
	alignas(64) struct sq_ring sq;
	uint64_t owners; /* domain's | controller's: recognises foreign buffers and namespaces */
	struct inflight_table inflight;

	/* Polling: what a poll of an idle queue pair reads, then what one that finds something does. */
	struct qpair_pace pace;
	struct cq_ring cq;
	uint64_t empty_polls;
	uint32_t id;	  /* queue identifier */
	uint64_t settled; /* see qpair_is_settled() */
	uint64_t completed;
	uint64_t reaped_polls;

	alignas(64) struct doorbell sq_doorbell;
	uint64_t sq_doorbells;
	alignas(64) struct doorbell cq_doorbell;
	uint64_t cq_doorbells;
	uint64_t failed;

	/* Cold. */
	uint64_t full;
	uint64_t bad_completions;
	uint64_t timeouts;
	uint32_t entries;    /* of the submission ring */
	uint32_t cq_entries; /* of the completion ring: see cq_ring.h */
	uint32_t slow;	     /* enum slow_reason; 0: none. Atomic */
	uint32_t page_shift;
	uint32_t timeout_ms;
	uint32_t timeout_default_ms;
	uint32_t transfer_max_bytes;
	enum qpair_state state;
	int error;	    /* why it is dead: -errno */
	enum qpair_end end; /* ... alone; what the controller takes: end_limit */
	uint32_t end_limit;
	uint64_t coarse; /* clock_coarse() at the last reading of the clock. Atomic: qpair_poke() */
	uint64_t now_ms; /* of the exact one */
	uint64_t timed_ms; /* what is in flight since then may have no deadline: see deadline.h */
	struct timespec scratch;
	bool often; /* there have been looks since the last reading by which no time had passed */
	bool any_unmet;	      /* there may be a record with SPECIAL_UNMET */
	struct nvu_cpl *cpls; /* arguments of the poll that has its upkeep */
	uint32_t max;
	uint64_t dense_until_ms; /* until then every waiting poll looks at the clock */
	uint32_t idle_polls;	 /* of an idle queue pair, between two looks at the clock */
	struct qpair_recovery recovery;
	struct qpair_queues queues;
	struct qpair_wait wait;
	struct nvu_sqe *stale_end; /* those that wait before it were for what a namespace was */
	struct doorbell_gate gate; /* of both doorbells */
	struct nvu_sqe *bar; /* with the gate closed: what was queued before the reset began */
	struct qpair_latency *latency; /* NULL: no histogram */
	struct qpair_resend *resend;   /* NULL: neither kind of retry */
	struct qpair_retry *retry;     /* NULL: not for a status */
	struct split *splits;	       /* parents: split.h; none: of the admin queue */
	uint32_t split_count;
	struct qpair_aside *aside;   /* per slot: aside.h; NULL: of the admin queue */
	uint32_t aside_count;	     /* commands in flight that are not in the ring */
	uint32_t own_count;	     /* of these, those whose answer is ready */
	struct qpair_misuse *misuse; /* NULL: use is not checked */
	struct inflight *hidden;     /* free records that no command is to find: see slow_path.h */
	struct nvu_dma *sq_memory;   /* the device may only read it; behind the ring: ranges.h */
	uint32_t range_cids[RANGES_PAGES]; /* of the commands that have its pages */
	struct nvu_dma *cq_memory;
	struct nvu_dma *list_memory; /* PRP lists, one per slot; NULL: buffers' own lists do */
	uint32_t list_bytes;	     /* of one slot */
	uint32_t
		piece_bytes; /* of one slot: the list of its pieces, behind ranges in sq_memory; 0: none */
	struct nvu_ctrl *ctrl;	/* for the layer above; NULL: closed */
	struct nvu_qpair *next; /* of the controller's queue pairs */
	struct qpair_failures failures;
	struct qpair_fused fused[FUSED_PAIRS];
	struct qpair_abort aborts[QPAIR_ABORTS];
	uint32_t abort_count; /* of these, used */
	bool any_to_abort;    /* there may be a record with SPECIAL_TO_ABORT */
	bool any_aborted;     /* of the late commands that were given up last */
};

static_assert(offsetof(struct nvu_qpair, sq) == 0, "scripts/trace/nvu.bt reads the ring there");

struct qpair_config {
	struct dma_domain *domain;
	uint64_t owner_id; /* of the controller */
	uint32_t id;
	uint32_t entries;
	uint32_t
		entries_max; /* that the controller takes in a queue; 0: completion queue as submission queue */
	uint32_t page_shift;
	uint32_t timeout_ms;
	uint32_t timeout_default_ms;
	uint32_t transfer_max_bytes;
	uint32_t flags;	  /* NVU_QPAIR_... */
	uint32_t splits;  /* requests of several commands at once: split.h */
	uint32_t pieces;  /* of one command: a power of two, see gather.h */
	uint32_t spin_us; /* 0: the default */
	uint32_t (*csi_bits)(const struct nvu_qpair *qpair, uint32_t nsid); /* see qpair/resend.h */
	uint32_t (*retry_delay_ms)(const struct nvu_qpair *qpair, uint32_t crd); /* retry.h */
	uint32_t status_retries; /* NVU_QPAIR_RETRY_STATUS: how often */
	uint32_t first_slot;	 /* identifiers below are another queue's */
	bool plain_identifiers;	 /* slot numbers, without generations */
	int node;
};

/* Allocates rings, table and lists. Doorbells are set by the caller. Sentence set on failure. */
int qpair_make(const struct qpair_config *config, struct nvu_qpair **ret_qpair);

/*
 * Frees what qpair_make() allocated; the controller must no longer use it. confirmed: by its own account, it has
 * answered, or has been stopped; if not, nothing but the end of its access makes sure. NULL is fine.
 */
void qpair_free(struct nvu_qpair *qpair, bool confirmed);

/*
 * The completion queue of a queue pair that is cut is about to be created again: clears it. The controller takes at most
 * entries_max entries in a queue. All that the lost one had has been reaped.
 */
void qpair_prepare(struct nvu_qpair *qpair, uint32_t entries_max);

/*
 * Rings without entries but those of waiting commands, generations kept: before queues are created again.
 * Records in flight stay in flight under new identifiers (waiting commands, and see resend_queue()); those
 * of the admin queue are freed.
 */
void qpair_reset(struct nvu_qpair *qpair);

/* Queues a raw command; see nvu_io(). */
int qpair_queue(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
		size_t offset, size_t len, uint64_t user_data);

/*
 * Queues the command for `blocks` blocks behind the first `done` of a request; place: of pieces, where its data begin, and then
 * those of the next one. There is a free record.
 */
void qpair_queue_plan(struct nvu_qpair *qpair, const struct rw_plan *plan, uint64_t done,
		      uint32_t blocks, struct gather_place *place, uint64_t user_data);

/*
 * Each command takes one entry of either queue, so nothing is in flight when as many entries have been taken
 * from the completion queue as slots have been filled in the submission queue. .settled is the slot at which
 * that is so, less 4 * head_bytes, the completion queue's position: it moves by the bytes of a queue whenever
 * that one wraps. Once a completion entry has answered no command, .settled is unaligned and this always false: the
 * queue pair looks at the clock as if something were in flight.
 */
static inline bool qpair_is_settled(const struct nvu_qpair *qpair, uint64_t head_bytes)
{
	static_assert(sizeof(struct nvu_sqe) == 4 * sizeof(struct nvu_cqe),
		      "bytes of one in the other's");
	return qpair->settled + 4 * head_bytes == (uintptr_t)qpair->sq.slot;
}

/* qpair_advance() where the ring stops. */
int qpair_turn(struct nvu_qpair *qpair) __attribute__((cold));

/* The slot, sq.slot, is filled: on to the next. Returns 0: the I/O path ends with it. */
static inline int qpair_advance(struct nvu_qpair *qpair, struct nvu_sqe *slot)
{
	return sq_ring_advance(&qpair->sq, slot) ? 0 : qpair_turn(qpair);
}

/* Returns to the controller all entries that have been taken. */
static inline void qpair_return_owed(struct nvu_qpair *qpair)
{
	qpair->cq_doorbells += doorbell_write(&qpair->cq_doorbell, cq_ring_head(&qpair->cq));
	cq_ring_note_returned(&qpair->cq);
}

/*
 * After a run of entries: to the other end, if `cq` ended at this one, which is the queue pair's ring or a copy
 * of it. Of what this changes, the copy has to give back its position only.
 */
static inline void qpair_wrap(struct nvu_qpair *qpair, struct cq_ring *cq)
{
	if (__builtin_expect(cq->next != cq->end, 1))
		return;
	cq_ring_wrap(cq);
	qpair->cq.known = cq->known;
	qpair->cq.due = cq->due;
	qpair->settled += 4 * ((uintptr_t)cq->end - (uintptr_t)cq->first);
}

/* The entries before this position have been taken. Returns the position, or the other end. */
static inline const struct nvu_cqe *qpair_take(struct nvu_qpair *qpair, const struct nvu_cqe *next)
{
	qpair->cq.next = next;
	if (__builtin_expect(next != qpair->cq.end, 1))
		return next;
	qpair_wrap(qpair, &qpair->cq);
	return qpair->cq.next;
}

/* Commands that are queued and not answered. Counted by the rings' positions where these say it. */
uint32_t qpair_outstanding(const struct nvu_qpair *qpair);

/* Commands that it takes now. */
uint32_t qpair_room(const struct nvu_qpair *qpair);

/*
 * The identifiers of up to max late commands: their deadline has passed, and no answer to them lies
 * in the completion queue, where a program that polls slowly may leave it for long. Returns how many.
 */
uint32_t qpair_late(struct nvu_qpair *qpair, uint32_t *ret_cids, uint32_t max);

/*
 * The controller is about to lose the queues: from now on no doorbell is rung. What is queued now belongs
 * to them; what is queued later waits for new ones. Any thread that holds the controller's lock.
 */
void qpair_bar(struct nvu_qpair *qpair);

/* The queues are lost: commands in flight will be answered by qpair_cancel(), others wait (waiting.h). */
void qpair_cut(struct nvu_qpair *qpair);

/*
 * Answers up to max commands of a cut queue pair that its queues had: -ETIMEDOUT when their deadline has
 * passed, else -ECANCELED. Returns how many; 0: all are answered, but those to be sent once more.
 */
uint32_t qpair_cancel(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max);

/* Why there will be no new queues: no command is taken any more, and none waits. */
void qpair_refuse(struct nvu_qpair *qpair, int error);

/* The state after that: all are answered, and nothing works any more. */
void qpair_kill(struct nvu_qpair *qpair);

/* It is about to end alone, for this reason. Returns -ENOSPC, what it is to be killed with. */
int qpair_end(struct nvu_qpair *qpair, enum qpair_end end, uint32_t limit);

/* Of a dead queue pair: its error, with the sentence set. */
int qpair_report_end(const struct nvu_qpair *qpair);

#endif
