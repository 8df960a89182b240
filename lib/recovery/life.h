/* SPDX-License-Identifier: MIT */
/*
 * ctrl_open.h: opening and closing a controller on a transport, and its queue pairs.
 */
#ifndef NVU_CTRL_CTRL_OPEN_H
#define NVU_CTRL_CTRL_OPEN_H

#include "ctrl/ctrl.h"

/* opts as the caller gave them, copied. On success the transport belongs to the controller. */
int ctrl_open(struct transport *transport, const struct nvu_ctrl_opts *opts,
	      struct nvu_ctrl **ret_ctrl);

/* Shuts down and frees all but the handle itself and the namespaces; closes the transport. */
void ctrl_close(struct nvu_ctrl *ctrl);

/*
 * The end of a closed handle: true when it may be freed. When wrong use is to be noticed
 * (base/check.h) it is kept instead, for ctrl_is_open().
 */
bool ctrl_keep_tombstone(struct nvu_ctrl *ctrl);

/* 0; -EINVAL, reported, when wrong use is to be noticed and the handle is closed. */
int ctrl_is_open(const struct nvu_ctrl *ctrl, const char *function);

int ctrl_create_qpair(struct nvu_ctrl *ctrl, const struct nvu_qpair_opts *opts,
		      struct nvu_qpair **ret_qpair);
void ctrl_destroy_qpair(struct nvu_qpair *qpair);

#endif
