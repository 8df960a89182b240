// SPDX-License-Identifier: MIT
/*
 * memory.c: asks the kernel by madvise(). Before Linux 5.14 it asks mincore(), which reports only whether
 * the memory is mapped.
 */
#include "mock/memory/memory.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

enum { PAGE_BYTES = 4096, WINDOW_PAGES = 1024 };

static bool is_mapped(char *addr, size_t len)
{
	unsigned char present[WINDOW_PAGES];

	for (size_t at = 0; at < len; at += WINDOW_PAGES * PAGE_BYTES) {
		size_t rest = len - at;

		if (mincore(addr + at,
			    rest < sizeof(present) * PAGE_BYTES ? rest
								: sizeof(present) * PAGE_BYTES,
			    present))
			return false;
	}
	return true;
}

static bool is_usable(char *addr, size_t len, bool written)
{
	int advice = written ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;

	/* With 0 bytes it fails only if the kernel does not know the advice. */
	if (madvise(addr, 0, advice))
		return is_mapped(addr, len);
	while (madvise(addr, len, advice))
		if (errno != EINTR)
			return false;
	return true;
}

int mock_memory_check(const void *vaddr, size_t len, bool written)
{
	uintptr_t first = (uintptr_t)vaddr;

	assert(len);
	if (first + (len - 1) < first)
		return error_set(-EINVAL, "mock: %zu bytes at %p wrap around the end of memory",
				 len, vaddr);
	if (!is_usable((char *)first, len, written))
		return error_set(
			-EFAULT,
			"mock: the %zu bytes at %p cannot be mapped for the device: they are "
			"not there, or not %s",
			len, vaddr, written ? "writable" : "readable");
	return 0;
}
