/* SPDX-License-Identifier: MIT */
/*
 * pages.h: anonymous memory from the kernel: huge pages when there are some, on a NUMA node, not
 * inherited by fork().
 */
#ifndef NVU_DMA_PAGES_H
#define NVU_DMA_PAGES_H

#include "transport/transport.h"

#include <stdbool.h>
#include <stddef.h>

struct pages {
	void *addr;
	size_t len; /* bytes mapped, whole pages of whichever size */
};

/*
 * As memory to map: anonymous, so without a descriptor. For a domain that needs one, pages_alloc() is where it
 * comes from: a memfd of the same length (MFD_HUGETLB for huge pages), which is a member here, mapped
 * shared, populated alike, and closed by pages_free().
 */
static inline struct dma_source pages_source(const struct pages *pages)
{
	return (struct dma_source){ .vaddr = pages->addr, .len = pages->len, .fd = -1 };
}

enum { PAGES_NODE_ANY = -1 };

/*
 * Zeroed memory of at least len bytes, a multiple of granule (a power of two, at least the page
 * size), all of it present. node: preferred NUMA node, or PAGES_NODE_ANY; where that node has no
 * memory for this process, the kernel takes another. huge: huge pages of 2 MiB if len fills one, of
 * 1 GiB if it fills them to the last byte; ordinary pages where there are none to be used.
 * 0, -ENOMEM, -EINVAL len; the sentence is set.
 */
int pages_alloc(size_t len, size_t granule, bool huge, int node, struct pages *ret_pages);

/*
 * One huge page of 2 MiB, zeroed and present, if one is free: on this NUMA node if it is one. The kernel makes
 * none for it. 0, or -ENOMEM without a sentence.
 */
int pages_alloc_huge(int node, struct pages *ret_pages);

/* Releases them. 0, or -errno with the sentence set: the kernel did not take them. */
int pages_free(const struct pages *pages);

/*
 * Makes each page of the caller's memory the process's own, its contents unchanged, if it can: before
 * memory is mapped for the device to read only. On kernels where that matters: see populate().
 */
void pages_own(const struct pages *pages);

/* False if the kernel lists NUMA nodes, but not this one. */
bool pages_node_exists(int node);

#endif
