/* SPDX-License-Identifier: MIT */
/*
 * share.h: controllers that parts of a process share, because they open them by the same address: opened by the first,
 * counted, closed by the last. Any thread.
 */
#ifndef NVU_RECOVERY_SHARE_H
#define NVU_RECOVERY_SHARE_H

#include "ctrl/ctrl.h"

/* life_open() of an address without a namespace: -EINVAL with a sentence if it has one. */
int share_open_alone(const char *address, const struct nvu_ctrl_opts *opts,
		     struct nvu_ctrl **ret_ctrl);

/* The same in steps, by life_open_start(). */
int share_start_alone(const char *address, const struct nvu_ctrl_opts *opts,
		      struct nvu_ctrl **ret_ctrl);

/*
 * The controller of an address that may name a namespace: opened, or the one that is open, if it is as opts want it:
 * else -EBUSY. While another thread opens or closes it, waits. *ret_nsid is 0 if the address names no namespace. opts:
 * checked. Otherwise as life_open().
 */
int share_open(const char *address, const struct nvu_ctrl_opts *opts, struct nvu_ctrl **ret_ctrl,
	       uint32_t *ret_nsid);

/* One opener less; the last one, and the opener of share_open_alone(), closes the controller. */
void share_close(struct nvu_ctrl *ctrl);

#endif
