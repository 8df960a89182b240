// SPDX-License-Identifier: MIT
/*
 * device_pages.c: lib/dma/pages.h on an arena instead of mmap(), which takes half of the time of a
 * run. Where there is an address sanitizer it knows the bounds of every ring, list and buffer, and
 * notices the use of one that was freed; mapped memory has no such bounds. The arena is small, so
 * that memory runs out now and then.
 */
#include "base/error.h"
#include "device.h"
#include "dma/pages.h"

#include <errno.h>
#include <sanitizer/asan_interface.h>
#include <string.h>

enum { ARENA_BYTES = 48 << 20, GRANULE = 65536 };

static _Alignas(GRANULE) char arena[ARENA_BYTES];
static size_t used;

void pages_start(void)
{
	if (!used)
		used = ARENA_BYTES;
	ASAN_POISON_MEMORY_REGION(arena, used);
	used = 0;
}

int pages_alloc(size_t len, size_t granule, uint32_t flags, int node, struct pages *ret_pages)
{
	size_t bytes = (len + granule - 1) / granule * granule;
	char *addr = arena + used;

	(void)flags;
	(void)node;
	if (!len || len > ARENA_BYTES || bytes + GRANULE > ARENA_BYTES - used)
		return error_set(-ENOMEM, "no memory for a buffer of %zu bytes", len);
	ASAN_UNPOISON_MEMORY_REGION(addr, bytes);
	memset(addr, 0, bytes);
	/* At least one page that belongs to no buffer behind each. */
	used += bytes + granule;
	*ret_pages = (struct pages){ .addr = addr, .len = bytes, .fd = -1 };
	return 0;
}

/* Each ring keeps its bounds. */
int pages_alloc_huge(uint32_t flags, int node, struct pages *ret_pages)
{
	(void)flags;
	(void)node;
	(void)ret_pages;
	return -ENOMEM;
}

void pages_close_file(const struct pages *pages)
{
	(void)pages;
}

int pages_free(const struct pages *pages)
{
	if (pages->addr)
		ASAN_POISON_MEMORY_REGION(pages->addr, pages->len);
	return 0;
}

void pages_own(const struct pages *pages)
{
	(void)pages;
}

bool pages_node_exists(int node)
{
	return node == 0;
}
