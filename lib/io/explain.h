/* SPDX-License-Identifier: MIT */
/*
 * explain.h: why the I/O path refuses a command. The path only detects that one of its conditions does not
 * hold; these functions determine which, and set the sentence. None of them queues a command.
 */
#ifndef NVU_IO_EXPLAIN_H
#define NVU_IO_EXPLAIN_H

#include "ns/ns.h"
#include "qpair/qpair.h"

/* For blocks that ns_holds() refuses: -EINVAL or -ENOTSUP. */
int explain_range(const struct nvu_ns *ns, uint64_t lba, uint32_t blocks);

/* The same of a piece of data, which may begin and end anywhere. */
int explain_memory(const struct nvu_qpair *qpair, const char *function, const struct nvu_dma *buf,
		   size_t offset, size_t len, bool into);

/* 0: the command can use the buffer; `into`: for data from the controller. -EINVAL. */
int explain_buffer(const struct nvu_qpair *qpair, const char *function, const struct nvu_dma *buf,
		   size_t offset, size_t len, bool into);

#endif
