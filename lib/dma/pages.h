/* SPDX-License-Identifier: MIT */
/*
 * pages.h: anonymous memory from the kernel: huge pages when there are some, on a NUMA node, not
 * inherited by fork().
 */
#ifndef NVU_DMA_PAGES_H
#define NVU_DMA_PAGES_H

#include <stdbool.h>
#include <stddef.h>

struct pages {
	void *addr;
	size_t len; /* bytes mapped, whole pages of whichever size */
};

enum { PAGES_NODE_ANY = -1 };

/*
 * Zeroed memory of at least len bytes, a multiple of granule (a power of two, at least the page
 * size). node: preferred NUMA node or PAGES_NODE_ANY. 0, -ENOMEM, -EINVAL no such node; the sentence
 * is set.
 */
int pages_alloc(size_t len, size_t granule, bool huge, int node, struct pages *ret_pages);

/* Gives them back. */
void pages_free(const struct pages *pages);

#endif
