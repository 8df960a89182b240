/* SPDX-License-Identifier: MIT */
/*
 * requests.h: the table of admin commands that a controller has not answered yet, and of those whose answer
 * waits for its thread. A command carries its request's place in the table and the use of that place as the
 * user_data of the admin queue pair, so that an answer to an earlier use finds nothing.
 *
 *   kind               who takes it, and who gives it back
 *   REQUEST_INTERNAL   the library's own thread, which holds the lock until it has finished it
 *   REQUEST_CALLER     a thread in nvu_admin(), which lends the lock while it waits; it alone finishes it
 *   REQUEST_EVENT      admin_arm_events(); the thread that reaps the answer
 *   REQUEST_ABANDONED  a request whose thread has given up: the thread that reaps the late answer, or
 *                      requests_end_all()
 *
 * A thread that reaps an answer writes it to the request (REQUEST_ANSWERED); nobody but the thread that
 * waits changes a request of REQUEST_CALLER otherwise. A request that was sent in an earlier life of the
 * controller (epoch) is over: it is answered no more, and its thread learns of it when it looks.
 *
 * A buffer belongs to its request until the request is finished. The controller may write to the buffer of a
 * command that was given up, so that the buffer stays with the abandoned request. ctrl->bounce and
 * ctrl->spare are lent: a request never frees them, and no other may use them while one has them.
 *
 * All of it under the controller's lock.
 */
#ifndef NVU_CTRL_REQUESTS_H
#define NVU_CTRL_REQUESTS_H

#include <nvu/qpair.h>
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
	REQUEST_EVENT,
	REQUEST_ABANDONED,
};

enum request_progress { REQUEST_UNSENT, REQUEST_SENT, REQUEST_ANSWERED };

struct ctrl_request {
	enum request_kind kind;
	enum request_progress progress;
	uint64_t use;		 /* how often this place has been given back */
	uint32_t epoch;		 /* the life in which it was sent */
	uint32_t timeout_ms;	 /* of a command that a thread waits for */
	uint64_t deadline_ns;	 /* the same, by clock_ns() */
	bool changes;		 /* it may change namespaces or the controller: see ctrl/change.h */
	struct nvu_dma *buf;	 /* NULL: none */
	struct feature *feature; /* what it sets, until it is answered; NULL: nothing to remember */
	struct nvu_cpl cpl;	 /* REQUEST_ANSWERED: the answer */
};

/* A free place becomes a request of this kind, not sent; NULL: there is none. */
struct ctrl_request *requests_take(struct nvu_ctrl *ctrl, enum request_kind kind);

/* What the command carries; and the request that waits for the answer that carries it back, or NULL. */
uint64_t requests_user_data(const struct nvu_ctrl *ctrl, const struct ctrl_request *request);
struct ctrl_request *requests_find(struct nvu_ctrl *ctrl, uint64_t user_data);

/* How many there are of a kind. */
uint32_t requests_count(const struct nvu_ctrl *ctrl, enum request_kind kind);

/* The request that has this buffer; NULL: none. */
const struct ctrl_request *requests_holder(const struct nvu_ctrl *ctrl, const struct nvu_dma *buf);

/*
 * Its thread waits no longer. What the controller may still answer is abandoned; of anything else the buffer is
 * freed, the feature forgotten, and the place given back.
 */
void requests_finish(struct nvu_ctrl *ctrl, struct ctrl_request *request);

/* The late answer has come, or the answer to an event request: the same, whatever was sent. */
void requests_release(struct nvu_ctrl *ctrl, struct ctrl_request *request);

/* The controller is disabled: releases the abandoned ones and the event requests. */
void requests_end_all(struct nvu_ctrl *ctrl);

#endif
