// SPDX-License-Identifier: MIT
/*
 * huge_pages.c: see huge_pages.h. Memory for a huge page is dirty where the kernel's would be zeroed only if
 * the library does not ask for it by mmap().
 */
#include "huge_pages.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HUGE_SHIFT = 26, SIZES = 0x3f, SHIFT_2_MIB = 21 };

struct huge_kernel huge_kernel;

static void *taken[HUGE_PAGES_MAX];

/* clang-format off */
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *addr, size_t len);
FILE *__real_fopen(const char *path, const char *mode);
long __real_syscall(long number, ...);

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
int __wrap_munmap(void *addr, size_t len);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
int __wrap_getrlimit(int what, struct rlimit *ret_limit);
int __wrap_getrlimit64(int what, struct rlimit *ret_limit);
long __wrap_syscall(long number, ...);
/* clang-format on */

static void **find(const void *addr)
{
	for (uint32_t i = 0; i < HUGE_PAGES_MAX; i++)
		if (taken[i] == addr)
			return &taken[i];
	return NULL;
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	void **place = find(NULL);

	if (!(flags & MAP_HUGETLB))
		return __real_mmap(addr, len, prot, flags, fd, offset);
	huge_kernel.maps++;
	if (((unsigned int)flags >> HUGE_SHIFT & SIZES) != SHIFT_2_MIB || len != HUGE_PAGE_BYTES ||
	    !place || (!huge_kernel.free && !huge_kernel.overcommits)) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	flags &= ~(MAP_HUGETLB | (int)((unsigned int)SIZES << HUGE_SHIFT));
	*place = __real_mmap(addr, len, prot, flags, fd, offset);
	huge_kernel.free -= huge_kernel.free > 0;
	return *place;
}

void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	return __wrap_mmap(addr, len, prot, flags, fd, offset);
}

int __wrap_munmap(void *addr, size_t len)
{
	void **place = find(addr);

	if (place) {
		*place = NULL;
		huge_kernel.free++;
	}
	return __real_munmap(addr, len);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	static char text[16];

	if (!strstr(path, "/hugepages-2048kB/free_hugepages"))
		return __real_fopen(path, mode);
	huge_kernel.last_node = UINT32_MAX;
	(void)sscanf(path, "/sys/devices/system/node/node%u/", &huge_kernel.last_node);
	(void)snprintf(text, sizeof(text), "%u\n", huge_kernel.free);
	return fmemopen(text, strlen(text), "r");
}

FILE *__wrap_fopen64(const char *path, const char *mode)
{
	return __wrap_fopen(path, mode);
}

int __wrap_getrlimit(int what, struct rlimit *ret_limit)
{
	(void)what;
	ret_limit->rlim_cur = huge_kernel.may_lock ? huge_kernel.may_lock : RLIM_INFINITY;
	ret_limit->rlim_max = ret_limit->rlim_cur;
	return 0;
}

int __wrap_getrlimit64(int what, struct rlimit *ret_limit)
{
	return __wrap_getrlimit(what, ret_limit);
}

/* The process has no capability. */
long __wrap_syscall(long number, ...)
{
	long words[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		words[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_capget)
		return 0;
	return __real_syscall(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}
