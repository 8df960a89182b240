/* SPDX-License-Identifier: MIT */
/*
 * huge_pages.h: a kernel with free huge pages of 2 MiB, of ordinary memory; for programs that are linked with
 * huge_pages_dep, whose --wrap makes them the kernel of the library.
 */
#ifndef NVU_TEST_HUGE_PAGES_H
#define NVU_TEST_HUGE_PAGES_H

#include <stdbool.h>
#include <stdint.h>

enum { HUGE_PAGES_MAX = 16, HUGE_PAGE_BYTES = 2 << 20 };

/* What that kernel is like. All zeroes: as one without huge pages, and no limit of locked memory. */
struct huge_kernel {
	uint32_t free;	    /* huge pages, on each node; changes when one is taken or given back */
	bool overcommits;   /* makes a page that is not free */
	uint64_t may_lock;  /* bytes; 0: without a limit */
	uint32_t maps;	    /* mmap() calls for huge pages so far */
	uint32_t last_node; /* whose free pages were asked for last; UINT32_MAX: of all nodes */
};

extern struct huge_kernel huge_kernel;

#endif
