/* SPDX-License-Identifier: MIT */
/*
 * pass_through.h: admin commands that the program encodes.
 */
#ifndef NVU_ADMIN_PASS_THROUGH_H
#define NVU_ADMIN_PASS_THROUGH_H

#include "ctrl/ctrl.h"

/* Whether the program may send this command, with so much data. 0; -EPERM, -EINVAL with the sentence set. */
int pass_through_check(const struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, const void *data,
		       size_t len);

/* See nvu_admin() in nvu/ctrl.h. Sets the sentence. Any thread, lock not held. */
int pass_through_admin(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, void *data, size_t len,
		       uint32_t timeout_ms, uint64_t *ret_result);

#endif
