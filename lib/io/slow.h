/* SPDX-License-Identifier: MIT */
/*
 * slow.h: commands that the I/O path does not queue itself: one of its conditions does not hold. Either the
 * command is refused, with the sentence set (explain.h), or the condition was not about the command: the queue
 * pair follows a change of the namespaces first, or its use is checked (qpair/misuse.h) and it never shows a
 * free record. Then the command is queued here.
 */
#ifndef NVU_IO_SLOW_H
#define NVU_IO_SLOW_H

#include "ns/ns.h"
#include "qpair/split.h"

/* The arguments are where nvu_read() and nvu_write() have their own, so that the I/O path just goes on here. */
int slow_read(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba, uint32_t blocks,
	      const struct nvu_dma *buf, size_t offset, uint64_t user_data)
	__attribute__((cold, noinline));
int slow_write(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba, uint32_t blocks,
	       const struct nvu_dma *buf, size_t offset, uint64_t user_data)
	__attribute__((cold, noinline));

int slow_flush(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t user_data)
	__attribute__((cold, noinline));

/* A raw command: always here. */
int slow_io(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
	    size_t offset, size_t len, uint64_t user_data);

/*
 * Queues a command that has been checked, or returns -EAGAIN; buf NULL: it has its data pointer, or no data. function:
 * the caller's, for NVU_CHECK.
 */
int slow_queue(struct nvu_qpair *qpair, const char *function, const struct nvu_sqe *cmd,
	       const struct nvu_dma *buf, size_t offset, size_t len, uint64_t user_data);

/* The same for a request of blocks, of one command or more. */
int slow_queue_plan(struct nvu_qpair *qpair, const char *function, const struct rw_plan *plan,
		    uint64_t user_data);

/* The same for a deallocation of more than one command: see split_begin_ranges(). */
int slow_queue_ranges(struct nvu_qpair *qpair, const char *function, const struct nvu_sqe *cmd,
		      const struct split_list *list, uint64_t blocks, uint64_t user_data);

/* The same for a flush that waits for what has been accepted before it: see after_flush(). */
int slow_queue_after(struct nvu_qpair *qpair, const char *function, uint32_t nsid,
		     uint64_t user_data);

#endif
