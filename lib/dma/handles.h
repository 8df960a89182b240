/* SPDX-License-Identifier: MIT */
/*
 * handles.h: where struct nvu_dma live. A handle's memory stays a handle until the domain ends, and
 * a freed one has length 0, so that a command with a freed buffer fails its bounds check instead of
 * reading freed memory. Caller holds the domain's lock.
 */
#ifndef NVU_DMA_HANDLES_H
#define NVU_DMA_HANDLES_H

#include "dma/domain.h"

/* A blank handle, or NULL without memory. */
struct nvu_dma *handles_take(struct dma_handles *handles);

/* Gives one back, blank. */
void handles_give(struct dma_handles *handles, struct nvu_dma *handle);

/* Frees all. */
void handles_fini(struct dma_handles *handles);

#endif
