/* SPDX-License-Identifier: MIT */
/*
 * group.h: what polling (group.c) and waiting (group_wait.c) know of a group.
 */
#ifndef NVU_IO_GROUP_H
#define NVU_IO_GROUP_H

#include "ctrl/ctrl.h"

#include <nvu/group.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct member {
	struct nvu_qpair *qpair;
	uint32_t number;
	int error; /* of one that has ended */
};

struct nvu_group {
	struct member *members; /* those that are polled, then those that have ended */
	uint32_t live, count, room;
	uint32_t first;	     /* the member that the next poll begins with */
	uint32_t interrupts; /* members that have them */
	bool is_eager;	     /* the program sleeps on .sleep_fd */
	bool woken;	     /* atomic */
	uint64_t coarse;     /* clock_coarse() when all looked last; 0: all have to look */
	struct timespec scratch;
	int wake_fd;
	int sleep_fd;
};

/* What has been signalled so far. */
void group_take_edges(const struct nvu_group *group);

#endif
