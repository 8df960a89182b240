/* SPDX-License-Identifier: MIT */
/*
 * recovery.h: what a poll does beside the I/O path when time has passed, or when its queue pair is not live.
 */
#ifndef NVU_RECOVERY_RECOVERY_H
#define NVU_RECOVERY_RECOVERY_H

#include "qpair/deadline.h"

/*
 * Checks whether the controller is alive, a command is late, or the controller was reset. Returns the number of
 * completions written to cpls; 0: go on polling; -errno: all commands are answered and the controller is dead. The
 * queue pair's thread, lock not held.
 */
int recovery_upkeep(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max);

/*
 * True when recovery_upkeep() has nothing to do: no time has passed, and no reset, which pokes. The queue
 * pair's thread.
 */
static inline bool recovery_is_quiet(struct nvu_qpair *qpair)
{
	return deadline_is_quiet(qpair);
}

#endif
