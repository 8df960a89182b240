/* SPDX-License-Identifier: MIT */
/*
 * buffer_pool.h: where struct nvu_dma live. A handle's memory stays a handle as long as the process
 * lives, and a freed one has length 0, so that a command with a freed buffer fails its bounds check
 * instead of reading freed memory, and freeing it again is refused. Any thread.
 */
#ifndef NVU_DMA_BUFFER_POOL_H
#define NVU_DMA_BUFFER_POOL_H

struct nvu_dma;

/* A blank handle, or NULL without memory. */
struct nvu_dma *buffer_pool_take(void);

/* Gives one back, blank. */
void buffer_pool_give(struct nvu_dma *handle);

#endif
