/* SPDX-License-Identifier: MIT */
/*
 * explain.h: why a command is not taken. The I/O path only finds out that one of its conditions does not
 * hold; these find out which, and set the sentence. None of them queues anything.
 */
#ifndef NVU_IO_EXPLAIN_H
#define NVU_IO_EXPLAIN_H

#include "ns/ns.h"
#include "qpair/qpair.h"

/* Of blocks that ns_holds() refuses: -EINVAL or -ENOTSUP. */
int explain_range(const struct nvu_ns *ns, uint64_t lba, uint32_t blocks);

/* 0: the buffer will do; `into`: for data from the controller. -EINVAL. */
int explain_buffer(const struct nvu_qpair *qpair, const char *function, const struct nvu_dma *buf,
		   size_t offset, size_t len, bool into);

#endif
