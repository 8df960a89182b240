/* SPDX-License-Identifier: MIT */
/*
 * requests.h: the table of admin commands that a controller has not answered yet, and of those whose
 * thread has not taken the answer yet. A command carries its request's place in the table and the use of that place as the
 * user_data of the admin queue pair, so an answer to an earlier use matches no request.
 *
 *   kind               who takes it, and who gives it back
 *   REQUEST_INTERNAL   a thread inside the library, which holds the lock until it finishes the request; or, where it is
 *                      sent in steps, the thread that takes the next one, of ctrl->own or of a queue pair's queues
 *   REQUEST_CALLER     a thread in nvu_admin(), which releases the lock while it waits; it alone finishes it
 *   REQUEST_STARTED    nvu_admin_start(); the thread whose nvu_admin_poll() returns its completion
 *   REQUEST_ABORT      aborts_send(); the thread that reaps the answer, or requests_end_all(). Either notes the answer
 *   REQUEST_EVENT      admin_arm_events(); the thread that reaps the answer
 *   REQUEST_ABANDONED  a request whose thread timed out: the thread that reaps the late answer, or
 *                      requests_end_all()
 *
 * A thread that reaps an answer writes it to the request (REQUEST_ANSWERED). Otherwise only the thread that
 * waits changes a request of REQUEST_CALLER. A request that was sent before a reset (epoch) gets no answer any
 * more: its thread compares the epoch and ends. No thread waits for a request of REQUEST_STARTED: it stays in the
 * table, answered or ended by a reset, until a poll takes it.
 *
 * A buffer belongs to its request until the request is finished. The controller may write to the buffer of a
 * command that timed out, so the buffer stays with the abandoned request. A request never frees ctrl->bounce and
 * ctrl->spare; while one request has them, no other uses them.
 *
 * The controller's lock protects all of it.
 */
#ifndef NVU_CTRL_REQUESTS_H
#define NVU_CTRL_REQUESTS_H

#include <nvu/qpair.h>
#include <nvu/spec.h>
#include <stdbool.h>
#include <stdint.h>

struct feature;
struct nvu_ctrl;
struct nvu_dma;

enum { REQUESTS_MAX = 31 }; /* as many as the admin queue holds: CTRL_ADMIN_ENTRIES - 1 */

enum request_kind {
	REQUEST_FREE,
	REQUEST_INTERNAL,
	REQUEST_CALLER,
	REQUEST_STARTED,
	REQUEST_ABORT,
	REQUEST_EVENT,
	REQUEST_ABANDONED,
};

enum request_progress { REQUEST_UNSENT, REQUEST_SENT, REQUEST_ANSWERED };

struct ctrl_request {
	enum request_kind kind;
	enum request_progress progress;
	uint64_t use;		 /* the number of times that this place was given back */
	uint32_t epoch;		 /* the life in which it was sent */
	uint32_t timeout_ms;	 /* of a command that a thread waits for */
	uint64_t deadline_ns;	 /* the same, by clock_ns() */
	uint64_t check_ns;	 /* when the controller is checked again meanwhile */
	bool changes;		 /* it may change namespaces or the controller: see ctrl/change.h */
	struct nvu_dma *buf;	 /* NULL: none */
	struct feature *feature; /* what it sets, until it is answered; NULL: nothing to remember */
	struct nvu_cpl cpl;	 /* REQUEST_ANSWERED: the answer */
	/* Of REQUEST_ABORT: where enum qpair_abort_answer is noted, atomically; NULL: no queue pair asks any more. */
	uint32_t *answer;
	/* Of REQUEST_STARTED: what its completion needs. */
	struct nvu_sqe cmd;
	void *data; /* the program's */
	size_t len;
	uint64_t user_data;
};

/* Makes a free place a request of this kind, not sent. NULL: no place is free. */
struct ctrl_request *requests_take(struct nvu_ctrl *ctrl, enum request_kind kind);

/* The user_data of a request's command; and the request that an answer's user_data belongs to, or NULL. */
uint64_t requests_user_data(const struct nvu_ctrl *ctrl, const struct ctrl_request *request);
struct ctrl_request *requests_find(struct nvu_ctrl *ctrl, uint64_t user_data);

/* How many there are of a kind. */
uint32_t requests_count(const struct nvu_ctrl *ctrl, enum request_kind kind);

/* The request that has this buffer; NULL: none. */
const struct ctrl_request *requests_holder(const struct nvu_ctrl *ctrl, const struct nvu_dma *buf);

/*
 * Ends the request of a thread that waits, or of REQUEST_STARTED. If the controller may still answer, the request is abandoned; else frees
 * the buffer, drops the feature and gives the place back.
 */
void requests_finish(struct nvu_ctrl *ctrl, struct ctrl_request *request);

/* Frees the buffer, drops the feature and gives the place back: the answer has come, or none can come. */
void requests_release(struct nvu_ctrl *ctrl, struct ctrl_request *request);

/*
 * After the controller was disabled: releases the abandoned requests, the Aborts and the event requests. Those of
 * REQUEST_STARTED stay, until a poll has answered them.
 */
void requests_end_all(struct nvu_ctrl *ctrl);

/* At the close, after requests_end_all(): releases those of REQUEST_STARTED, which get no completion. */
void requests_drop_started(struct nvu_ctrl *ctrl);

#endif
