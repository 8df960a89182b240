/* SPDX-License-Identifier: MIT */
/*
 * admin.h: commands on the admin queue: send one, wait for its completion. Completions of
 * asynchronous event requests that turn up meanwhile go to the event queue; late answers to
 * commands given up before are dropped. Caller holds the lock, or is alone.
 */
#ifndef NVU_CTRL_ADMIN_H
#define NVU_CTRL_ADMIN_H

#include "ctrl/ctrl.h"

/*
 * 0, an NVMe status > 0 with the sentence set, -ETIMEDOUT, -EIO, -ENODEV, or -EAGAIN when too many
 * commands were given up before and are still outstanding. buf may be NULL when len is 0.
 * timeout_ms 0: the controller's default.
 */
int admin_command(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
		  size_t len, uint32_t timeout_ms, uint64_t *ret_result);

/*
 * The same, sent again as long as the controller says that it is not ready and does not forbid it, for as
 * long as its media may take to be (CRTO, CAP.TO). Of the library's own commands.
 */
int admin_when_ready(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
		     size_t len, uint64_t *ret_result);

/*
 * The same for a command that may take as long as its caller likes: the lock is lent to others while
 * it waits, who may do anything but this; so -ECANCELED when the controller was reset meanwhile. The
 * caller has its turn (struct nvu_ctrl) besides the lock. *ret_token is for admin_release(); it is
 * set whatever is returned.
 */
int admin_command_lending(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd,
			  const struct nvu_dma *buf, size_t len, uint32_t timeout_ms,
			  uint64_t *ret_result, uint64_t *ret_token);

/*
 * Frees the buffer of the command that admin_command_lending() has returned from. If the controller
 * has not answered it, it may still use the buffer, whose addresses must not serve another one
 * before: then the buffer stays until the answer comes or the controller is reset or disabled.
 */
void admin_release(struct nvu_ctrl *ctrl, uint64_t token, struct nvu_dma *buf);

/* The controller is disabled: frees what admin_release() has kept, and answers nothing any more. */
void admin_release_all(struct nvu_ctrl *ctrl);

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

/* Reaps what is there without waiting. */
void admin_reap(struct nvu_ctrl *ctrl);

#endif
