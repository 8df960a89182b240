/* SPDX-License-Identifier: MIT */
/*
 * tombstone.h: with NVU_CHECK (base/check.h) nvu keeps closed controllers, so that it recognises the use of a
 * closed handle. Any thread.
 */
#ifndef NVU_CTRL_TOMBSTONE_H
#define NVU_CTRL_TOMBSTONE_H

#include "ctrl/ctrl.h"

/* True: the caller frees the closed controller; false: nvu keeps it for ctrl_is_open(). */
bool ctrl_keep_tombstone(struct nvu_ctrl *ctrl);

/* 0; -EINVAL, with a report: with NVU_CHECK, the handle is closed. */
int ctrl_is_kept(const struct nvu_ctrl *ctrl, const char *function);

/* The same; -EBUSY with the sentence: its opening has not ended. */
int ctrl_is_open(const struct nvu_ctrl *ctrl, const char *function);

#endif
