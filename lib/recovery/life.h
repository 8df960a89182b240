/* SPDX-License-Identifier: MIT */
/*
 * life.h: opening a controller, in the order of bring-up (Base 3.5.1), and closing it.
 */
#ifndef NVU_RECOVERY_LIFE_H
#define NVU_RECOVERY_LIFE_H

#include "ctrl/ctrl.h"

/* opts: checked. 0, -errno or an NVMe status > 0, with the sentence set; then nothing is open. */
int life_open(const char *address, const struct nvu_ctrl_opts *opts, struct nvu_ctrl **ret_ctrl);

/* The same for a device whose descriptors the caller has: they are the controller's if it succeeds. */
int life_open_fds(const struct transport_fds *fds, const struct nvu_ctrl_opts *opts,
		  struct nvu_ctrl **ret_ctrl);

/*
 * The same in steps. life_open_start() opens the transport; life_open_step() does one thing and does not wait.
 * STEP_AGAIN: call it again; 0: it is open; else it has failed, with the sentence set, and life_close() does not wait.
 * Until it is open, life_open_step() and life_close() are the only calls.
 */
int life_open_start(const char *address, const struct nvu_ctrl_opts *opts,
		    struct nvu_ctrl **ret_ctrl);
int life_open_step(struct nvu_ctrl *ctrl);

/*
 * Deletes queues, announces the shutdown, disables; then frees all and closes the transport. Queue pairs that
 * are still there become orphans.
 */
void life_close(struct nvu_ctrl *ctrl);

#endif
