/* SPDX-License-Identifier: MIT */
/*
 * started.h: admin commands of the program for which no thread waits: nvu_admin_start() and nvu_admin_poll().
 */
#ifndef NVU_ADMIN_STARTED_H
#define NVU_ADMIN_STARTED_H

#include "ctrl/ctrl.h"

/* The arguments of nvu_admin_start(). */
struct started {
	const struct nvu_sqe *cmd;
	void *data;
	size_t len;
	uint32_t timeout_ms; /* 0: the controller's default */
	uint64_t user_data;
};

/* See nvu/ctrl.h. Both set the sentence. Any thread, lock not held. */
int started_start(struct nvu_ctrl *ctrl, const struct started *how);
int started_poll(struct nvu_ctrl *ctrl, struct nvu_cpl *cpls, uint32_t max);

#endif
