/* SPDX-License-Identifier: MIT */
/*
 * prp.h: physical region page lists for what a buffer's own page list (dma/pagelist.h) does not
 * serve: very long transfers, and controllers whose memory page is not 4 KiB. Pure.
 *
 * Base 4.1.1: entries are page addresses; in a full list page with more to come, the last entry
 * points to the next list page. The last slot of a list page never holds the address of data: known
 * controllers take whatever is there for a link.
 */
#ifndef NVU_QPAIR_PRP_H
#define NVU_QPAIR_PRP_H

#include <nvu/types.h>

#include <stddef.h>
#include <stdint.h>

/* Bytes of list memory that suffice for any transfer of len bytes; whole pages when chained. */
size_t prp_list_bytes(size_t len, uint32_t page_shift);

/*
 * Describes [iova, iova + len), len > 0. list has list_bytes at list_iova: at least
 * prp_list_bytes(len), aligned to themselves or to a page. Returns PRP 2; PRP 1 is iova itself.
 */
uint64_t prp_build(uint64_t iova, size_t len, uint32_t page_shift, nvu_le64 *list,
		   uint64_t list_iova, size_t list_bytes);

#endif
