/* SPDX-License-Identifier: MIT */
/*
 * view.h: memory that another process shares in pieces, such as pages that its IOMMU maps one by one, as one piece: what a
 * queue needs. The mock's lock is held.
 */
#ifndef NVU_MOCK_MEMORY_VIEW_H
#define NVU_MOCK_MEMORY_VIEW_H

#include "mock/memory/dma.h"

/* Zeroed: none. */
struct mock_view {
	uint8_t *base;
	uint64_t len;
};

/*
 * A second mapping of len bytes of I/O memory, from the start of a page on. False: they are not mapped for prot, are not
 * shared memory, or the system does not do it.
 */
bool mock_view_make(const struct mock_dma *dma, uint64_t iova, uint64_t len, uint32_t prot,
		    struct mock_view *ret_view);

void mock_view_end(struct mock_view *view);

#endif
