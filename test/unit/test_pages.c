// SPDX-License-Identifier: MIT
/*
 * test_pages.c: memory for buffers where the kernel gives less than is asked for. Linked with the
 * linker's --wrap: mmap, munmap, madvise, mbind and read are the functions here, which play a pool
 * of huge pages, a cgroup that forbids them, an old kernel, and calls that fail.
 */
#include "base/error.h"
#include "dma/pages.h"
#include "unit.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	MIB = 1 << 20,
	GIB = 1 << 30,
	HUGE_SHIFT = 26,
	SIZES = 0x3f,
	POPULATE_WRITE = 23
};

static struct {
	unsigned int pool; /* shift of the huge pages that there are; 0: none */
	int populate_huge; /* the errno of populating such memory */
	int populate;	   /* of populating any memory */
	int dont_fork;	   /* of MADV_DONTFORK */
	int dont_fork_huge;
	int mbind, munmap, read; /* of these */
	bool none_free;		 /* the pool has none left, but makes some */
} fails;

/* What was asked of the kernel. */
static struct {
	unsigned int
		huge_maps; /* as a set: bit 0 2 MiB, bit 1 1 GiB, bit 2 of no size that is said */
	unsigned int mbinds;
	uint64_t mapped, unmapped, emptied, read; /* bytes */
	bool bound_before_populated;
	int node;	  /* whose free huge pages were asked for; -1: of all */
	const char *huge; /* memory that stands for a huge page */
} seen;

/* clang-format off */
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *addr, size_t len);
int __real_madvise(void *addr, size_t len, int advice);
ssize_t __real_read(int fd, void *buf, size_t len);
FILE *__real_fopen(const char *path, const char *mode);

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
int __wrap_munmap(void *addr, size_t len);
int __wrap_madvise(void *addr, size_t len, int advice);
long __wrap_mbind(void *addr, unsigned long len, int mode, const unsigned long *mask, unsigned long max, unsigned int flags);
ssize_t __wrap_read(int fd, void *buf, size_t len);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
/* clang-format on */

static int fail_with(int err)
{
	errno = err;
	return -1;
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	unsigned int shift = (unsigned int)flags >> HUGE_SHIFT & SIZES;
	void *memory;

	if (flags & MAP_HUGETLB) {
		seen.huge_maps |= shift == 21 ? 1 : shift == 30 ? 2 : 4;
		if (shift != fails.pool) {
			errno = ENOMEM;
			return MAP_FAILED;
		}
		flags &= ~(MAP_HUGETLB | (int)((unsigned int)SIZES << HUGE_SHIFT));
		flags |= MAP_NORESERVE;
	}
	memory = __real_mmap(addr, len, prot, flags, fd, offset);
	seen.mapped += len;
	if (flags & MAP_NORESERVE)
		seen.huge = memory;
	return memory;
}

void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	return __wrap_mmap(addr, len, prot, flags, fd, offset);
}

int __wrap_munmap(void *addr, size_t len)
{
	if (fails.munmap)
		return fail_with(fails.munmap);
	seen.unmapped += len;
	if (seen.huge == addr)
		seen.huge = NULL;
	return __real_munmap(addr, len);
}

int __wrap_madvise(void *addr, size_t len, int advice)
{
	bool huge = addr == seen.huge && addr;

	if (advice == MADV_DONTNEED)
		seen.emptied += len;
	if (advice == MADV_DONTFORK && (fails.dont_fork || (huge && fails.dont_fork_huge)))
		return fail_with(fails.dont_fork ? fails.dont_fork : fails.dont_fork_huge);
	if (advice != POPULATE_WRITE)
		return __real_madvise(addr, len, advice);
	seen.bound_before_populated = seen.mbinds > 0;
	if (fails.populate || (huge && fails.populate_huge))
		return fail_with(fails.populate ? fails.populate : fails.populate_huge);
	return huge && len >= GIB ? 0 : __real_madvise(addr, len, advice);
}

long __wrap_mbind(void *addr, unsigned long len, int mode, const unsigned long *mask,
		  unsigned long max, unsigned int flags)
{
	(void)addr, (void)len, (void)mode, (void)mask, (void)max, (void)flags;
	seen.mbinds++;
	return fails.mbind ? fail_with(fails.mbind) : 0;
}

/* One megabyte at a time, as a kernel may that was interrupted. */
ssize_t __wrap_read(int fd, void *buf, size_t len)
{
	if (fails.read)
		return fail_with(fails.read);
	len = len < MIB ? len : MIB;
	seen.read += len;
	return __real_read(fd, buf, len);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	static char text[] = "0\n";

	if (!strstr(path, "/hugepages-2048kB/free_hugepages"))
		return __real_fopen(path, mode);
	seen.node = -1;
	(void)sscanf(path, "/sys/devices/system/node/node%d/", &seen.node);
	text[0] = fails.pool == 21 && !fails.none_free ? '1' : '0';
	return fmemopen(text, strlen(text), "r");
}

FILE *__wrap_fopen64(const char *path, const char *mode)
{
	return __wrap_fopen(path, mode);
}

static int forget(void **state)
{
	(void)state;
	memset(&fails, 0, sizeof(fails));
	memset(&seen, 0, sizeof(seen));
	return 0;
}

/* Allocates, looks at each page, frees; asserts that nothing is left of it. */
static struct pages live(size_t len, uint32_t huge, int node)
{
	struct pages pages;

	assert_int_equal(pages_alloc(len, PAGE, huge, node, &pages), 0);
	assert_true(pages.len >= len);
	for (size_t at = 0; at < len && len < GIB; at += PAGE)
		assert_int_equal(((char *)pages.addr)[at]++, 0);
	assert_int_equal(pages_free(&pages), 0);
	if (!fails.munmap)
		assert_int_equal(seen.mapped, seen.unmapped);
	return pages;
}

static void alloc_says_the_size_of_the_huge_pages_it_asks_for(void **state)
{
	static const struct {
		size_t len;
		unsigned int asked;
	} cases[] = {
		{ PAGE, 0 },	{ 2 * MIB - 1, 0 },	      { 2 * MIB, 1 },
		{ 5 * MIB, 1 }, { (size_t)GIB + 2 * MIB, 1 }, { GIB, 3 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pages pages;

		(void)forget(state);
		fails.populate_huge = fails.populate = ENOMEM; /* takes no memory */
		assert_int_equal(
			pages_alloc(cases[i].len, PAGE, PAGES_HUGE, PAGES_NODE_ANY, &pages),
			-ENOMEM);
		assert_int_equal(seen.huge_maps, cases[i].asked);
		assert_int_equal(seen.mapped, seen.unmapped);
	}
}

static void alloc_of_2_mib_leaves_pages_of_1_gib_alone(void **state)
{
	(void)state;
	fails.pool = 30;
	assert_int_equal(live(2 * MIB, true, PAGES_NODE_ANY).len, 2 * MIB);
	assert_int_equal(live(5 * MIB, true, PAGES_NODE_ANY).len, 5 * MIB);
	assert_int_equal(live(GIB, true, PAGES_NODE_ANY).len, GIB);
}

static void alloc_with_huge_pages_takes_whole_ones_and_gives_them_back(void **state)
{
	(void)state;
	fails.pool = 21;
	assert_int_equal(live(3 * MIB, true, PAGES_NODE_ANY).len, 4 * MIB);
	assert_int_equal(live(3 * MIB, false, PAGES_NODE_ANY).len, 3 * MIB);
}

/* As where a hugetlb cgroup forbids the fault: the pool says yes, the first access is SIGBUS. */
static void huge_pages_that_may_not_be_touched_are_replaced_by_ordinary_ones(void **state)
{
	(void)state;
	fails.pool = 21;
	fails.populate_huge = EFAULT;
	assert_int_equal(live(3 * MIB, true, PAGES_NODE_ANY).len, 3 * MIB);
	assert_int_equal(seen.huge_maps, 1);
	assert_int_equal(seen.mapped, 7 * MIB);
}

static void huge_pages_that_a_child_would_share_are_replaced_by_ordinary_ones(void **state)
{
	(void)state;
	fails.pool = 21;
	fails.dont_fork_huge = EINVAL;
	assert_int_equal(live(2 * MIB, true, PAGES_NODE_ANY).len, 2 * MIB);
	assert_int_equal(seen.mapped, 4 * MIB);
}

static void kernel_without_populate_has_the_zeroes_written(void **state)
{
	(void)state;
	fails.populate = EINVAL;
	assert_int_equal(live(3 * MIB, false, PAGES_NODE_ANY).len, 3 * MIB);
	assert_int_equal(seen.read, 3 * MIB);

	(void)forget(state);
	fails.pool = 21;
	fails.populate_huge = EINVAL;
	assert_int_equal(live(3 * MIB, true, PAGES_NODE_ANY).len, 4 * MIB);
	assert_int_equal(seen.read, 4 * MIB);
}

static void populate_that_fails_is_enomem_and_leaves_nothing(void **state)
{
	struct pages pages = { .addr = NULL };

	(void)state;
	fails.populate = EFAULT;
	assert_int_equal(pages_alloc(MIB, PAGE, PAGES_HUGE, PAGES_NODE_ANY, &pages), -ENOMEM);
	fails.populate = EINVAL;
	fails.read = EFAULT;
	assert_int_equal(pages_alloc(MIB, PAGE, PAGES_HUGE, PAGES_NODE_ANY, &pages), -ENOMEM);
	assert_non_null(strstr(error_get(), "no memory for a buffer of 1048576 bytes"));
	assert_null(pages.addr);
	assert_int_equal(seen.mapped, seen.unmapped);
}

static void memory_that_a_child_would_share_is_refused(void **state)
{
	struct pages pages = { .addr = NULL };

	(void)state;
	fails.dont_fork = ENOMEM;
	assert_int_equal(pages_alloc(PAGE, PAGE, PAGES_HUGE, PAGES_NODE_ANY, &pages), -ENOMEM);
	assert_null(pages.addr);
	assert_int_equal(seen.mapped, seen.unmapped);
}

static void node_without_memory_is_only_a_preference(void **state)
{
	static const int errors[] = { 0, EINVAL, EPERM, ENOSYS, ENOMEM, EFAULT };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		(void)forget(state);
		fails.mbind = errors[i];
		(void)live(PAGE, true, 0);
		assert_int_equal(seen.mbinds, 1);
		assert_true(seen.bound_before_populated);
	}
	(void)forget(state);
	(void)live(PAGE, PAGES_HUGE, PAGES_NODE_ANY);
	(void)live(PAGE, true, 1 << 20);
	assert_int_equal(seen.mbinds, 0);
}

static void memory_that_cannot_be_unmapped_is_emptied(void **state)
{
	(void)state;
	fails.munmap = ENOMEM;
	(void)live(4 * PAGE, false, PAGES_NODE_ANY);
	assert_int_equal(seen.emptied, 4 * PAGE);
}

static void alloc_huge_takes_one_free_page(void **state)
{
	struct pages pages;
	bool has_nodes = !access("/sys/devices/system/node", F_OK);

	(void)state;
	fails.pool = 21;
	assert_int_equal(pages_alloc_huge(0, PAGES_NODE_ANY, &pages), 0);
	assert_int_equal(seen.node, -1);
	assert_int_equal(pages.len, 2 * MIB);
	assert_ptr_equal(pages.addr, seen.huge);
	assert_int_equal(pages_free(&pages), 0);
	assert_int_equal(pages_alloc_huge(0, 0, &pages), 0);
	assert_int_equal(seen.node, has_nodes ? 0 : -1);
	assert_int_equal(seen.mbinds, 1);
	assert_int_equal(pages_free(&pages), 0);
	assert_int_equal(seen.huge_maps, 1);
	assert_int_equal(seen.mapped, seen.unmapped);
}

/* A cgroup forbids it; there are others only; the kernel would have to make one. */
static void alloc_huge_takes_no_other_page(void **state)
{
	struct pages pages;

	fails.pool = 21;
	fails.populate_huge = ENOMEM;
	assert_int_equal(pages_alloc_huge(0, PAGES_NODE_ANY, &pages), -ENOMEM);
	assert_int_equal(seen.mapped, seen.unmapped);
	(void)forget(state);
	fails.pool = 30;
	assert_int_equal(pages_alloc_huge(0, PAGES_NODE_ANY, &pages), -ENOMEM);
	(void)forget(state);
	fails.pool = 21;
	fails.none_free = true;
	assert_int_equal(pages_alloc_huge(0, PAGES_NODE_ANY, &pages), -ENOMEM);
	assert_int_equal(seen.huge_maps, 0);
}

static void alloc_of_no_length_is_einval(void **state)
{
	struct pages pages;

	(void)state;
	assert_int_equal(pages_alloc(0, PAGE, PAGES_HUGE, PAGES_NODE_ANY, &pages), -EINVAL);
	assert_int_equal(pages_alloc(SIZE_MAX, PAGE, PAGES_HUGE, PAGES_NODE_ANY, &pages), -EINVAL);
}

#define CASE(name) cmocka_unit_test_setup(name, forget)

/* Another process that has the descriptor sees the same bytes, and cannot take them away. */
static void shared_pages_are_a_file_that_keeps_its_length(void **state)
{
	const uint32_t flags[] = { PAGES_SHARED, PAGES_SHARED | PAGES_HUGE };
	struct pages pages;
	char byte = 0;

	(void)state;
	for (size_t row = 0; row < COUNT(flags); row++) {
		assert_int_equal(pages_alloc(3 * MIB, PAGE, flags[row], PAGES_NODE_ANY, &pages), 0);
		assert_int_equal(pages.len, 3 * MIB);
		assert_int_equal(pages_source(&pages).fd, pages.fd);
		((char *)pages.addr)[MIB] = 7;
		assert_int_equal(pread(pages.fd, &byte, 1, MIB), 1);
		assert_int_equal(byte, 7);
		assert_int_equal(ftruncate(pages.fd, 0), -1);
		assert_int_equal(ftruncate(pages.fd, 4 * MIB), -1);
		pages_close_file(&pages);
		assert_int_equal(close(pages.fd), -1);
		((char *)pages.addr)[2 * MIB] = 7;
		assert_int_equal(pages_free(&pages), 0);
	}
}

static void shared_pages_that_cannot_be_populated_leave_nothing(void **state)
{
	struct pages pages = { .addr = NULL };
	int next = dup(0);

	(void)state;
	(void)close(next);
	fails.populate = ENOMEM;
	assert_int_equal(pages_alloc(PAGE, PAGE, PAGES_SHARED, PAGES_NODE_ANY, &pages), -ENOMEM);
	assert_null(pages.addr);
	assert_int_equal(seen.mapped, seen.unmapped);
	assert_int_equal(dup(0), next);
	(void)close(next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(alloc_says_the_size_of_the_huge_pages_it_asks_for),
		CASE(alloc_of_2_mib_leaves_pages_of_1_gib_alone),
		CASE(alloc_with_huge_pages_takes_whole_ones_and_gives_them_back),
		CASE(huge_pages_that_may_not_be_touched_are_replaced_by_ordinary_ones),
		CASE(huge_pages_that_a_child_would_share_are_replaced_by_ordinary_ones),
		CASE(kernel_without_populate_has_the_zeroes_written),
		CASE(populate_that_fails_is_enomem_and_leaves_nothing),
		CASE(memory_that_a_child_would_share_is_refused),
		CASE(node_without_memory_is_only_a_preference),
		CASE(memory_that_cannot_be_unmapped_is_emptied),
		CASE(alloc_huge_takes_one_free_page),
		CASE(alloc_huge_takes_no_other_page),
		CASE(alloc_of_no_length_is_einval),
		CASE(shared_pages_are_a_file_that_keeps_its_length),
		CASE(shared_pages_that_cannot_be_populated_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
