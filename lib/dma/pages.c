/* SPDX-License-Identifier: MIT */
/*
 * pages.c: memory for queues and buffers. Every page is present before the memory is used: a page that the
 * kernel cannot or may not provide is an error here, instead of a SIGBUS later. Memory that another process gets to
 * see is a file that it cannot cut short, which would be a SIGBUS as well.
 */
#include "dma/pages.h"

#include "base/error.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#ifdef NVU_NUMA
#include <numaif.h>
#else
#include <linux/mempolicy.h>
#endif

/* Newer than the oldest libc's headers; the kernel's ABI. */
#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif
#ifndef MFD_HUGETLB
#define MFD_HUGETLB 0x4u
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

enum { NODES_MAX = 1024, WORD_BITS = 8 * sizeof(unsigned long) };
enum { HUGE_SHIFT = 21, HUGE_BYTES = 1 << HUGE_SHIFT };

/*
 * Huge pages, the largest first. The size is always said: the kernel's default may be 1 GiB. Such a
 * page serves only buffers that it leaves no rest of.
 */
static const struct {
	unsigned int shift;
	bool whole;
} huge_sizes[] = { { 30, true }, { HUGE_SHIFT, false } };

/* What all attempts to allocate have in common. */
struct attempt {
	size_t len;
	int node;
	bool shared;
};

static int round_up(size_t len, size_t granule, size_t *ret_len)
{
	if (len == 0 || len > SIZE_MAX / 2)
		return error_set(-EINVAL, "cannot allocate a buffer of %zu bytes", len);
	*ret_len = (len + granule - 1) & ~(granule - 1);
	return 0;
}

/* libnuma's, or the system call itself where nvu is built without libnuma. */
static long bind_memory(void *addr, size_t len, const unsigned long *mask)
{
#ifdef NVU_NUMA
	return mbind(addr, len, MPOL_PREFERRED, mask, NODES_MAX, 0);
#else
	return syscall(SYS_mbind, addr, len, MPOL_PREFERRED, mask, (unsigned long)NODES_MAX, 0u);
#endif
}

bool pages_node_exists(int node)
{
	char path[64];

	if (node >= NODES_MAX)
		return false;
	(void)snprintf(path, sizeof(path), "/sys/devices/system/node/node%d", node);
	return !access(path, F_OK) || access("/sys/devices/system/node", F_OK);
}

/*
 * Preferred, not bound: a node without free memory, without any, or outside this process's cpuset
 * only makes the memory farther away.
 */
static void prefer_node(void *addr, size_t len, int node)
{
	unsigned long mask[NODES_MAX / WORD_BITS] = { 0 };

	if (node < 0 || node >= NODES_MAX)
		return;
	mask[(unsigned)node / WORD_BITS] = 1ul << ((unsigned)node % WORD_BITS);
	if (bind_memory(addr, len, mask))
		log_line(LOG_INFO, "%zu bytes of memory are not placed on NUMA node %d: %s", len,
			 node, error_errno_words(errno));
}

/*
 * Before Linux 5.14: the kernel writes zeroes to each page for us. Where the CPU would get SIGBUS the
 * kernel returns EFAULT.
 */
static int write_zeroes(char *addr, size_t len)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	int ret = fd < 0 ? -errno : 0;

	while (!ret && len) {
		ssize_t got = read(fd, addr, len);

		if (got > 0) {
			addr += got;
			len -= (size_t)got;
		} else if (got == 0 || errno != EINTR) {
			ret = got == 0 ? -EIO : -errno;
		}
	}
	if (fd >= 0)
		(void)close(fd);
	return ret;
}

/*
 * Makes every page present and the process's own. mmap()'s MAP_POPULATE does not say when it fails:
 * the first access to a huge page that the pool has and the hugetlb cgroup forbids raises SIGBUS.
 *
 * An untouched page would also be the kernel's page of zeroes: before Linux 6.2, VFIO locks that one
 * for a mapping which the device only reads; the CPU's first write moves to a page of its own, so the
 * device would keep reading zeroes.
 */
static int populate(void *addr, size_t len)
{
	int ret;

	do
		ret = madvise(addr, len, MADV_POPULATE_WRITE) ? -errno : 0;
	while (ret == -EINTR);
	return ret == -EINVAL ? write_zeroes(addr, len) : ret;
}

/*
 * A page of somebody else's file would be changed by this, or a hole in it filled, so only where a
 * kernel would lock the page of zeroes. Memory that cannot be written to has no later first write.
 */
void pages_own(const struct pages *pages)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		major = 0;
	if (major < 6 || (major == 6 && minor < 2))
		(void)madvise(pages->addr, pages->len, MADV_POPULATE_WRITE);
}

static int unmap(void *addr, size_t len)
{
	if (!munmap(addr, len))
		return 0;
	/*
	 * The kernel joins neighbouring mappings, and may have reached its limit when one has to be split.
	 * nvu can still release the memory; only its addresses stay in use.
	 */
	log_line(LOG_INFO, "cannot unmap %zu bytes at %p: %s", len, addr, error_errno_words(errno));
	if (!madvise(addr, len, MADV_DONTNEED))
		return 0;
	return error_set(-errno, "cannot release %zu bytes of memory at %p: %s", len, addr,
			 error_errno_words(errno));
}

/* Both kinds of flags have the size of a huge page in the same bits. */
static_assert(MAP_HUGE_SHIFT == 26, "MFD_HUGE_SHIFT");

/* A file of zeroes of a length that stays. -errno. */
static int make_file(size_t len, int flags)
{
	unsigned int huge =
		flags & MAP_HUGETLB ? MFD_HUGETLB | (unsigned int)(flags & ~MAP_HUGETLB) : 0;
	int fd = memfd_create("nvu-dma", MFD_CLOEXEC | MFD_ALLOW_SEALING | huge);
	int ret;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, (off_t)len) &&
	    !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return fd;
	ret = -errno;
	(void)close(fd);
	return ret;
}

/* Fresh memory, private or that of the file. */
static int map_fresh(const struct attempt *attempt, int flags, int fd, void **ret_addr)
{
	void *addr = mmap(NULL, attempt->len, PROT_READ | PROT_WRITE,
			  fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS | flags, fd, 0);
	int ret = 0;

	if (addr == MAP_FAILED)
		return -errno;
	/* A write after fork() must not move a page away from the device. */
	if (madvise(addr, attempt->len, MADV_DONTFORK))
		ret = -errno;
	if (!ret) {
		prefer_node(addr, attempt->len, attempt->node);
		ret = populate(addr, attempt->len);
	}
	if (!ret)
		*ret_addr = addr;
	else
		(void)unmap(addr, attempt->len);
	return ret;
}

/* Memory of the kind that `flags` ask for, complete, or -errno and nothing is left of it. */
static int try_map(const struct attempt *attempt, int flags, struct pages *ret_pages)
{
	int fd = attempt->shared ? make_file(attempt->len, flags) : -1, ret;
	void *addr = NULL;

	if (attempt->shared && fd < 0)
		return fd;
	ret = map_fresh(attempt, flags, fd, &addr);
	if (!ret)
		*ret_pages = (struct pages){ .addr = addr, .len = attempt->len, .fd = fd };
	else if (fd >= 0)
		(void)close(fd);
	return ret;
}

/* True when huge pages of some size serve. */
static bool try_huge(const struct attempt *small, size_t len, size_t granule,
		     struct pages *ret_pages)
{
	for (size_t i = 0; i < sizeof(huge_sizes) / sizeof(huge_sizes[0]); i++) {
		size_t page = (size_t)1 << huge_sizes[i].shift;
		struct attempt attempt = *small;
		int ret;

		if (len < page || granule > page || (huge_sizes[i].whole && len % page))
			continue;
		attempt.len = (len + page - 1) & ~(page - 1);
		ret = try_map(&attempt, MAP_HUGETLB | (int)(huge_sizes[i].shift << MAP_HUGE_SHIFT),
			      ret_pages);
		if (!ret)
			return true;
		log_line(LOG_DEBUG, "no huge pages of %zu KiB for %zu bytes: %s", page / 1024, len,
			 error_errno_words(-ret));
	}
	return false;
}

int pages_alloc(size_t len, size_t granule, uint32_t flags, int node, struct pages *ret_pages)
{
	struct attempt attempt = { .node = node, .shared = flags & PAGES_SHARED };
	int ret = round_up(len, granule, &attempt.len);

	if (ret)
		return ret;
	if (flags & PAGES_HUGE && try_huge(&attempt, len, granule, ret_pages))
		return 0;
	ret = try_map(&attempt, 0, ret_pages);
	if (ret)
		return error_set(-ENOMEM, "no memory for a buffer of %zu bytes: %s", len,
				 error_errno_words(-ret));
	return 0;
}

/*
 * Where the pool may grow on demand (nr_overcommit_hugepages), mmap() alone would make a page; and mbind() only
 * prefers a node.
 */
static bool has_free_huge_page(int node)
{
	static const char everywhere[] = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
	unsigned long count = 0;
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path),
		       "/sys/devices/system/node/node%d/hugepages/hugepages-2048kB/free_hugepages",
		       node);
	file = node >= 0 && !access("/sys/devices/system/node", F_OK) ? fopen(path, "re")
								      : fopen(everywhere, "re");
	if (!file)
		return false;
	if (fscanf(file, "%lu", &count) != 1)
		count = 0;
	(void)fclose(file);
	return count > 0;
}

int pages_alloc_huge(uint32_t flags, int node, struct pages *ret_pages)
{
	const struct attempt attempt = { .len = HUGE_BYTES,
					 .node = node,
					 .shared = flags & PAGES_SHARED };

	if (!has_free_huge_page(node) ||
	    try_map(&attempt, MAP_HUGETLB | HUGE_SHIFT << MAP_HUGE_SHIFT, ret_pages))
		return -ENOMEM;
	return 0;
}

void pages_close_file(const struct pages *pages)
{
	if (pages->fd >= 0)
		(void)close(pages->fd);
}

int pages_free(const struct pages *pages)
{
	return pages->addr ? unmap(pages->addr, pages->len) : 0;
}
