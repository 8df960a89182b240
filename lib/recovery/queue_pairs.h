/* SPDX-License-Identifier: MIT */
/*
 * queue_pairs.h: creates and destroys queue pairs of a controller. Both reset the controller if only a reset
 * ensures that it does not access the memory of the queues any more.
 */
#ifndef NVU_RECOVERY_QUEUE_PAIRS_H
#define NVU_RECOVERY_QUEUE_PAIRS_H

#include "ctrl/ctrl.h"

/* opts: checked. 0, -errno or an NVMe status > 0, with the sentence set. Any thread, lock not held. */
int queue_pairs_create(struct nvu_ctrl *ctrl, const struct nvu_qpair_opts *opts,
		       struct nvu_qpair **ret_qpair);

/* The queue pair's thread, lock not held. */
void queue_pairs_destroy(struct nvu_qpair *qpair);

#endif
