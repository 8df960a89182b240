/* SPDX-License-Identifier: MIT */
/*
 * admin.h: commands on the admin queue: send one, wait for its completion. The
 * thread that reaps a completion puts it where it belongs: that of an asynchronous event request into the event
 * queue, any other into its request (ctrl/requests.h). Caller holds the lock.
 */
#ifndef NVU_CTRL_ADMIN_H
#define NVU_CTRL_ADMIN_H

#include "base/step.h"
#include "ctrl/ctrl.h"

/*
 * 0, an NVMe status > 0 with the sentence set, -ETIMEDOUT, -EIO, -ENODEV, or -EAGAIN when too many
 * commands were given up before and are still outstanding. buf is ctrl->bounce after admin_bounce(), or NULL
 * when len is 0. timeout_ms 0: the controller's default.
 */
int admin_command(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, struct nvu_dma *buf, size_t len,
		  uint32_t timeout_ms, uint64_t *ret_result);

/*
 * The same in steps, without data: sends it, or looks for its answer once. *request is NULL before and after it. STEP_AGAIN:
 * call it again; else as admin_command(). Several may be under way.
 */
int admin_step(struct nvu_ctrl *ctrl, struct ctrl_request **request, const struct nvu_sqe *cmd,
	       uint32_t timeout_ms);

/*
 * Call it before each use of the bounce buffer: it replaces the buffer if a command that timed out may still use it.
 * 0 with
 * CTRL_BOUNCE_BYTES of zeroes in ctrl->bounce, or the error of dma_alloc().
 */
int admin_bounce(struct nvu_ctrl *ctrl);

/*
 * A command of the library in steps: sends it, or looks for its answer once. Sends it again while the controller
 * reports that it is not ready without setting DNR, for at most the time that its media may take (CRTO, CAP.TO).
 * STEP_AGAIN: call it again, with the same arguments; else as admin_command(). One command at a time: ctrl->own.
 */
int admin_own_step(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, struct nvu_dma *buf,
		   size_t len, uint64_t *ret_result);

/* Gives the command up, if there is one: nothing takes its answer. */
void admin_own_drop(struct nvu_ctrl *ctrl);

/* A command of the program. Its caller chooses the time-out. */
struct admin_call {
	const struct nvu_sqe *cmd;
	size_t len;	     /* of the data, in the request's buffer */
	uint32_t timeout_ms; /* 0: the controller's default */
	struct feature *
		feature; /* what it sets; NULL: nothing, or the request has it, since the command was sent */
	struct nvu_cpl cpl; /* of a command that was answered */
};

/*
 * Takes a request of REQUEST_CALLER. Waits while other callers' commands leave no room, and releases the lock
 * meanwhile. 0; -EAGAIN if all that it could wait for are commands that timed out; the error of a dead controller.
 */
int admin_begin(struct nvu_ctrl *ctrl, struct ctrl_request **ret_request);

/*
 * The same for a request of REQUEST_STARTED, but never waits: -EAGAIN if there is no room beside what the library
 * needs for its own commands.
 */
int admin_begin_started(struct nvu_ctrl *ctrl, struct ctrl_request **ret_request);

/* The same for a command of the library itself, whose data is in buf, NULL if it has none. Never waits. */
int admin_begin_internal(struct nvu_ctrl *ctrl, struct nvu_dma *buf,
			 struct ctrl_request **ret_request);

/*
 * Sends the command of a request. 0; the error of a dead controller; -EAGAIN if the admin queue is full. The request
 * has call->feature from then on.
 */
int admin_send(struct nvu_ctrl *ctrl, struct ctrl_request *request, struct admin_call *call);

/* The wait for a request that was sent begins now. */
void admin_begin_wait(struct ctrl_request *request);

/*
 * Looks for the answer of a request, and at the controller now and then. 0: answered; STEP_AGAIN: not yet; -ECANCELED,
 * -ETIMEDOUT, -EIO, -ENODEV with the sentence set. Does not wait: while registers read as all ones, not yet.
 */
int admin_look(struct nvu_ctrl *ctrl, struct ctrl_request *request, const struct nvu_sqe *cmd);

/* Copies the answer to call->cpl. 0, or the NVMe status > 0 with the sentence set. */
int admin_take(const struct nvu_ctrl *ctrl, const struct ctrl_request *request,
	       struct admin_call *call);

/* Gives the request all its time, from now_ns on (clock_ns()). */
void admin_set_deadline(struct ctrl_request *request, uint64_t now_ns);

/*
 * Sends the command and waits for its completion. Releases the lock while it waits, so that another thread may
 * reset the controller: then returns -ECANCELED. Else as admin_command(). The caller ends the request by
 * requests_finish() in either case.
 */
int admin_wait(struct nvu_ctrl *ctrl, struct ctrl_request *request, struct admin_call *call);

/*
 * Releases the lock for one pause (relax() of the transport), so that other threads get it. Takes a step of a reset that
 * is under way then.
 */
void admin_lend(struct nvu_ctrl *ctrl);

/* admin_begin(), admin_wait() and requests_finish() for a command without data. */
int admin_call(struct nvu_ctrl *ctrl, struct admin_call *call);

/*
 * Identify into the controller's bounce buffer, in steps: 4096 bytes, valid until the next command. As
 * admin_own_step(). After -ETIMEDOUT a late write of the controller does not reach the data of another command.
 */
int admin_identify_step(struct nvu_ctrl *ctrl, uint8_t cns, uint32_t nsid, const void **ret_data);

/* Set Features without data, in steps. As admin_own_step(). */
int admin_set_feature_step(struct nvu_ctrl *ctrl, uint8_t feature, uint32_t cdw11,
			   uint64_t *ret_result);

/*
 * Any command that takes len bytes of data, at most CTRL_BOUNCE_BYTES, or none, in steps. Copies the data in the first
 * one. As admin_own_step().
 */
int admin_set_data_step(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, const void *data,
			size_t len);

/* Sends async event requests while the event queue has room for their events. */
int admin_arm_events(struct nvu_ctrl *ctrl);

/* Returns the status with which the controller has refused a command. Sets the sentence. */
int admin_report_refused(const struct nvu_ctrl *ctrl, uint8_t opcode, int status);

/* -EAGAIN with the sentence: too many commands were never answered. */
int admin_report_full(const struct nvu_ctrl *ctrl);

/* Returns the error of a controller that has failed. Sets the sentence. */
int admin_report_dead(const struct nvu_ctrl *ctrl);

/* Reaps the completions that are there. Does not wait. */
void admin_reap(struct nvu_ctrl *ctrl);

#endif
