/* SPDX-License-Identifier: MIT */
/*
 * paged.h: commands whose data the library copies: they wait in a page of the queue pair (qpair/ranges.h).
 */
#ifndef NVU_IO_PAGED_H
#define NVU_IO_PAGED_H

#include "qpair/qpair.h"

/* A page for the data of a command, the first from `from` on. -EAGAIN, counted as a full queue: commands in flight have them all. */
int paged_find(struct nvu_qpair *qpair, uint32_t from, uint32_t *ret_page);

/*
 * Queues a command that has been checked, with its data at the start of this page: 0, and the page is the command's
 * until its answer; or as slow_queue(), and it is free still.
 */
int paged_queue(struct nvu_qpair *qpair, const char *function, struct nvu_sqe *cmd, uint32_t page,
		uint64_t user_data);

#endif
