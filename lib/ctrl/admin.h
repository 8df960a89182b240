/* SPDX-License-Identifier: MIT */
/*
 * admin.h: commands on the admin queue: send one, wait for its completion. Completions of
 * asynchronous event requests that turn up meanwhile go to the event queue; other commands' answers go to
 * their requests (ctrl/requests.h), whichever thread reaps them. Caller holds the lock.
 */
#ifndef NVU_CTRL_ADMIN_H
#define NVU_CTRL_ADMIN_H

#include "ctrl/ctrl.h"

/*
 * 0, an NVMe status > 0 with the sentence set, -ETIMEDOUT, -EIO, -ENODEV, or -EAGAIN when too many
 * commands were given up before and are still outstanding. buf is ctrl->bounce after admin_bounce(), or NULL
 * when len is 0. timeout_ms 0: the controller's default.
 */
int admin_command(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, struct nvu_dma *buf, size_t len,
		  uint32_t timeout_ms, uint64_t *ret_result);

/*
 * Before the bounce buffer is used: another one, if a command that was given up may still use it. 0 with
 * CTRL_BOUNCE_BYTES of zeroes in ctrl->bounce, or the error of dma_alloc().
 */
int admin_bounce(struct nvu_ctrl *ctrl);

/*
 * The same, sent again as long as the controller says that it is not ready and does not forbid it, for as
 * long as its media may take to be (CRTO, CAP.TO). Of the library's own commands.
 */
int admin_when_ready(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, struct nvu_dma *buf,
		     size_t len, uint64_t *ret_result);

/* A command of the program, which may take as long as its caller likes. */
struct admin_call {
	const struct nvu_sqe *cmd;
	size_t len;	     /* of the data, in the request's buffer */
	uint32_t timeout_ms; /* 0: the controller's default */
	struct feature
		*feature;   /* what it sets; NULL: nothing, or the command was sent, which has it */
	struct nvu_cpl cpl; /* of a command that was answered */
};

/*
 * Takes a request of REQUEST_CALLER. Waits, and lends the lock meanwhile, while other callers' commands leave
 * no room. 0; -EAGAIN when only commands that were given up are left to wait for; the error of a dead controller.
 */
int admin_begin(struct nvu_ctrl *ctrl, struct ctrl_request **ret_request);

/*
 * Sends the command and waits for its answer. The lock is lent to others meanwhile, who may do anything; so
 * -ECANCELED when the controller was reset. Else as admin_command(). The caller ends the request by
 * requests_finish(), whatever is returned.
 */
int admin_wait(struct nvu_ctrl *ctrl, struct ctrl_request *request, struct admin_call *call);

/* One look at the world with the lock lent to others. */
void admin_lend(struct nvu_ctrl *ctrl);

/* All three for a command without data. */
int admin_call(struct nvu_ctrl *ctrl, struct admin_call *call);

/*
 * Identify into the controller's bounce buffer: 4096 bytes, valid until the next call. As
 * admin_when_ready(); -ETIMEDOUT: not answered, and a late answer will not meet another one's data.
 */
int admin_identify(struct nvu_ctrl *ctrl, uint8_t cns, uint32_t nsid, const void **ret_data);

/* Set Features without data. */
int admin_set_feature(struct nvu_ctrl *ctrl, uint8_t feature, uint32_t cdw11, uint64_t *ret_result);

/* Set Features with len bytes of data, at most CTRL_BOUNCE_BYTES. */
int admin_set_feature_data(struct nvu_ctrl *ctrl, uint8_t feature, const void *data, size_t len);

/* Any command that takes len bytes of data, at most CTRL_BOUNCE_BYTES, or none. As admin_when_ready(). */
int admin_set_data(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, const void *data, size_t len);

/* Keeps async event requests outstanding while the event queue has room. */
int admin_arm_events(struct nvu_ctrl *ctrl);

/* Of a controller that has failed: its error, with the sentence set. */
int admin_report_dead(const struct nvu_ctrl *ctrl);

/* Reaps what is there without waiting. */
void admin_reap(struct nvu_ctrl *ctrl);

#endif
