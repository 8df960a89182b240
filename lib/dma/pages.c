/* SPDX-License-Identifier: MIT */
/*
 * pages.c: memory for queues and buffers. Placement is libnuma's mbind(), whose failure is reported
 * and not printed as its higher-level calls would do.
 */
#include "dma/pages.h"

#include "base/error.h"

#include <errno.h>
#include <numaif.h>
#include <stdint.h>
#include <sys/mman.h>

enum {
	HUGE_BYTES = 2 << 20,
	TOUCH_BYTES = 4096,
	NODES_MAX = 1024,
	WORD_BITS = 8 * sizeof(unsigned long)
};

static int round_up(size_t len, size_t granule, size_t *ret_len)
{
	if (len == 0 || len > SIZE_MAX / 2)
		return error_set(-EINVAL, "a buffer of %zu bytes cannot be allocated", len);
	*ret_len = (len + granule - 1) & ~(granule - 1);
	return 0;
}

static void *map_anonymous(size_t len, int flags)
{
	void *addr =
		mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	return addr == MAP_FAILED ? NULL : addr;
}

static int prefer_node(void *addr, size_t len, int node)
{
	unsigned long mask[NODES_MAX / WORD_BITS] = { 0 };

	if (node >= NODES_MAX)
		return error_set(-EINVAL, "there is no NUMA node %d", node);
	mask[(unsigned)node / WORD_BITS] = 1ul << ((unsigned)node % WORD_BITS);
	/* Preferred, not bound: a node without free huge pages must not end in SIGBUS. */
	if (mbind(addr, len, MPOL_PREFERRED, mask, NODES_MAX, 0) == 0 || errno == ENOSYS ||
	    errno == EPERM)
		return 0;
	return error_set(-EINVAL, "memory cannot be placed on NUMA node %d: %s", node,
			 error_errno_words(errno));
}

/*
 * Writes to every page once, after its place is chosen. An untouched page is the kernel's page of
 * zeroes: before Linux 6.2, VFIO would lock that one for a mapping which the device only reads, the
 * first write of the CPU would move to a page of its own, and the device would read zeroes for ever.
 */
static void touch(char *addr, size_t len)
{
	for (size_t at = 0; at < len; at += TOUCH_BYTES)
		__atomic_store_n(addr + at, 0, __ATOMIC_RELAXED);
}

int pages_alloc(size_t len, size_t granule, bool huge, int node, struct pages *ret_pages)
{
	struct pages pages = { .addr = NULL };
	int ret;

	if (huge && len >= HUGE_BYTES && granule <= HUGE_BYTES) {
		ret = round_up(len, HUGE_BYTES, &pages.len);
		if (ret)
			return ret;
		pages.addr = map_anonymous(pages.len, MAP_HUGETLB);
	}
	if (!pages.addr) {
		ret = round_up(len, granule, &pages.len);
		if (ret)
			return ret;
		pages.addr = map_anonymous(pages.len, 0);
	}
	if (!pages.addr)
		return error_set(-ENOMEM, "no memory for a buffer of %zu bytes", len);
	/* A child process must not copy pages away from under the device. */
	(void)madvise(pages.addr, pages.len, MADV_DONTFORK);
	ret = node == PAGES_NODE_ANY ? 0 : prefer_node(pages.addr, pages.len, node);
	if (ret) {
		pages_free(&pages);
		return ret;
	}
	touch(pages.addr, pages.len);
	*ret_pages = pages;
	return 0;
}

void pages_free(const struct pages *pages)
{
	if (pages->addr)
		(void)munmap(pages->addr, pages->len);
}
