/* SPDX-License-Identifier: MIT */
/*
 * refuse.h: why a command is not taken. The I/O path only finds out that one of its conditions does
 * not hold; these cold functions find out which, and say it. A guarded queue pair (qpair/misuse.h)
 * never shows a free record, so all of its commands come here, and are queued from here.
 */
#ifndef NVU_API_REFUSE_H
#define NVU_API_REFUSE_H

#include "ns/ns.h"
#include "qpair/qpair.h"

/*
 * Of a read or a write that stands in its ring slot but for what is passed. The arguments are where
 * nvu_read() has its own, so that calling this costs the I/O path no register.
 */
int refuse_rw(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t opcode,
	      const struct nvu_sqe *slot, const struct nvu_dma *buf, size_t offset,
	      uint64_t user_data) __attribute__((cold, noinline));

int refuse_flush(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t user_data)
	__attribute__((cold, noinline));

/* The checks of a raw command: 1 when it may be queued. */
int refuse_io(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
	      size_t offset, size_t len, uint64_t user_data);

#endif
