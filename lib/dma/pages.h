/* SPDX-License-Identifier: MIT */
/*
 * pages.h: memory from the kernel: huge pages when there are some, on a NUMA node, not inherited by fork(); private,
 * or that of a file without a name, which another process can be sent.
 */
#ifndef NVU_DMA_PAGES_H
#define NVU_DMA_PAGES_H

#include "transport/transport.h"

#include <stdbool.h>
#include <stddef.h>

struct pages {
	void *addr;
	size_t len; /* bytes mapped, whole pages of whichever size */
	int fd;	    /* of shared ones, until pages_close_file(); of others -1 */
};

/* As memory to map; between allocating and pages_close_file(). */
static inline struct dma_source pages_source(const struct pages *pages)
{
	return (struct dma_source){ .vaddr = pages->addr, .len = pages->len, .fd = pages->fd };
}

/* flags */
#define PAGES_HUGE (1u << 0)
#define PAGES_SHARED (1u << 1)

/* For a domain: memory that its devices can reach. */
static inline uint32_t pages_kind(const struct transport_domain *domain)
{
	return domain->needs_descriptor ? PAGES_SHARED : 0;
}

enum { PAGES_NODE_ANY = -1 };

/*
 * Zeroed memory of at least len bytes, a multiple of granule (a power of two, at least the page
 * size), all of it present. node: preferred NUMA node, or PAGES_NODE_ANY; where that node has no
 * memory for this process, the kernel takes another. PAGES_HUGE: huge pages of 2 MiB if len fills one, of
 * 1 GiB if it fills them to the last byte; ordinary pages where there are none to be used. PAGES_SHARED: of a file of that
 * length, which stays, beginning at its first byte.
 * 0, -ENOMEM, -EINVAL len; the sentence is set.
 */
int pages_alloc(size_t len, size_t granule, uint32_t flags, int node, struct pages *ret_pages);

/*
 * One huge page of 2 MiB, zeroed and present, if one is free: on this NUMA node if it is one. The kernel makes
 * none for it. 0, or -ENOMEM without a sentence.
 */
int pages_alloc_huge(uint32_t flags, int node, struct pages *ret_pages);

/* Once the memory is mapped for the device, or has not been: the descriptor is not needed any more. */
void pages_close_file(const struct pages *pages);

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
