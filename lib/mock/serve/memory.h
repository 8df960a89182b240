/* SPDX-License-Identifier: MIT */
/*
 * memory.h: what the client of a served mock has shared of its memory: the mock's IOMMU. A client that cuts its memory
 * short does not end the process: zeroes appear, and .lost says so. The mock's lock is held.
 */
#ifndef NVU_MOCK_SERVE_MEMORY_H
#define NVU_MOCK_SERVE_MEMORY_H

#include "mock/model.h"
#include "transport/vfio_user/frame.h"

enum { SERVE_REGIONS_MAX = 16384 };

struct serve_memory {
	struct mock_dma dma;
	int lost; /* atomic: some of it has disappeared */
};

/*
 * Maps what the client describes; fd stays the caller's. -1: memory without a file, which a device in this process
 * cannot reach: 0, and nothing is mapped. -EEXIST: it overlaps what is mapped; -ENOSPC: SERVE_REGIONS_MAX are; -EINVAL:
 * it is not in whole pages, or past the end of the file; others, of the file.
 */
int serve_memory_map(struct serve_memory *memory, const struct frame_dma_map *map, int fd);

/*
 * Unmaps all regions between two addresses, both inclusive; none at all is fine, as a client may unmap what it never
 * mapped. -EINVAL: a region lies across one of the addresses; nothing has changed.
 */
int serve_memory_unmap(struct nvu_mock *mock, struct serve_memory *memory, uint64_t first,
		       uint64_t last);

/* Unmaps all, when the mock has no queues any more. */
void serve_memory_clear(struct serve_memory *memory);

#endif
