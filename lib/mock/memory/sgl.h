/* SPDX-License-Identifier: MIT */
/*
 * sgl.h: the data pointer of a command that is an SGL, resolved to pieces of memory. Base 4.1.2.
 */
#ifndef NVU_MOCK_MEMORY_SGL_H
#define NVU_MOCK_MEMORY_SGL_H

#include "mock/memory/prp.h"

#include <nvu/spec.h>

struct mock_sgl {
	struct nvu_sgl first; /* SGL1 of the command */
	uint64_t len;	      /* bytes of data, more than 0 */
	uint32_t sgls;	      /* what the controller announces: SGLS */
	uint32_t prot;	      /* TRANSPORT_DMA_...: what the controller will do to the data */
};

/* As mock_prp_walk(). */
uint16_t mock_sgl_walk(const struct mock_dma *dma, const struct mock_sgl *sgl, uint32_t hints[2],
		       struct mock_xfer *xfer);

/* Reads one descriptor; notes in xfer whether the device may write to it. 0 or an NVMe status. */
uint16_t mock_sgl_read(const struct mock_dma *dma, uint64_t iova, uint32_t *hint,
		       struct mock_xfer *xfer, struct nvu_sgl *ret_descriptor);

#endif
