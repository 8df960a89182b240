/* SPDX-License-Identifier: MIT */
/*
 * tombstone.h: closed controllers, kept when wrong use is to be noticed (base/check.h), so that the use of a
 * closed handle is recognised. Any thread.
 */
#ifndef NVU_CTRL_TOMBSTONE_H
#define NVU_CTRL_TOMBSTONE_H

#include "ctrl/ctrl.h"

/* The end of a closed handle: true when it may be freed; false: it is kept for ctrl_is_open(). */
bool ctrl_keep_tombstone(struct nvu_ctrl *ctrl);

/* 0; -EINVAL, reported, when wrong use is to be noticed and the handle is closed. */
int ctrl_is_open(const struct nvu_ctrl *ctrl, const char *function);

#endif
