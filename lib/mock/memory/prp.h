/* SPDX-License-Identifier: MIT */
/*
 * prp.h: the data pointer of a command, resolved to pieces of memory: of PRPs, Base 4.1.1. sgl.h has SGLs.
 */
#ifndef NVU_MOCK_MEMORY_PRP_H
#define NVU_MOCK_MEMORY_PRP_H

#include "mock/memory/dma.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most descriptors of an SGL. */
enum { MOCK_SGL_DESCRIPTORS = 1024 };

/* One piece of the driver's memory. */
struct mock_seg {
	uint8_t *base; /* NULL: a bit bucket, whose data are dropped */
	size_t len;
};

/* What a data pointer stands for. Pieces that follow on in memory are joined. */
struct mock_xfer {
	struct mock_seg *segs;
	uint32_t count;
	uint32_t max;	      /* room in segs; fixed */
	uint64_t len;	      /* of all pieces */
	bool list_writable;   /* a list lies in memory that the device may write to */
	bool last_slot_links; /* the last slot of a list page, whatever is left; fixed */
	char reason[128];     /* how the driver broke the rules, when a walk failed */
};

struct mock_prp {
	uint64_t prp1;
	uint64_t prp2;
	uint64_t len;	     /* bytes of data, more than 0 */
	uint32_t page_bytes; /* CC.MPS */
	uint32_t prot;	     /* TRANSPORT_DMA_...: what the controller will do to the data */
};

/* 0 on success, -ENOMEM. A transfer of max_bytes fits whatever the page size. */
int mock_xfer_init(struct mock_xfer *xfer, uint64_t max_bytes);
void mock_xfer_fini(struct mock_xfer *xfer);

/*
 * 0 and the pieces, or the NVMe status to answer with and the reason. hints: where the data and
 * the lists of the queue were found last.
 */
uint16_t mock_prp_walk(const struct mock_dma *dma, const struct mock_prp *prp, uint32_t hints[2],
		       struct mock_xfer *xfer);

/* Adds a piece. False: there is no room. */
bool mock_xfer_add(struct mock_xfer *xfer, uint8_t *base, uint64_t len);

/* Returns the status, not 0, and keeps the reason. */
uint16_t mock_xfer_refuse(struct mock_xfer *xfer, uint16_t status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Adds [iova, iova + len), which the controller will access as `prot` says. hint: where data were found last. 0, or an
 * NVMe status and the reason.
 */
uint16_t mock_xfer_map(struct mock_xfer *xfer, const struct mock_dma *dma, uint32_t *hint,
		       uint32_t prot, uint64_t iova, uint64_t len);

/* Copies len bytes into the pieces at offset, or out of them. What goes past the end is dropped. */
void mock_xfer_put(const struct mock_xfer *xfer, uint64_t offset, const void *data, size_t len);
void mock_xfer_get(const struct mock_xfer *xfer, uint64_t offset, void *data, size_t len);

#endif
