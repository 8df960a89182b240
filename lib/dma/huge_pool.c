/* SPDX-License-Identifier: MIT */
/*
 * huge_pool.c: see huge_pool.h. A page goes back to the kernel with its last piece, so that a program which
 * has destroyed its queue pairs has its huge pages again, and no page outlives its domain.
 */
#include "dma/huge_pool.h"

#include "base/log.h"
#include "dma/map.h"
#include "dma/pages.h"
#include "dma/units.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE_BYTES = 2 << 20, LOCK_SHARE = 16 };

static_assert(UNITS_COUNT << UNITS_SHIFT == PAGE_BYTES, "the units of a page");

struct huge_page {
	struct huge_page *next;
	struct pages pages;
	uint64_t iova;
	uint32_t prot;
	int node;
	uint32_t pieces; /* that have not been given back */
	struct units units;
};

/* Whether RLIMIT_MEMLOCK does not concern this process. */
static bool locks_without_limit(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	return !syscall(SYS_capget, &head, sets) && (sets[0].effective & 1u << CAP_IPC_LOCK);
}

/*
 * VFIO locks what is mapped, up to RLIMIT_MEMLOCK. The pages of the pool may be a sixteenth of that, so that a
 * program whose buffers have just fitted in still has room for them.
 */
static bool may_lock(const struct dma_domain *domain)
{
	uint64_t pages = 1;
	struct rlimit limit;

	for (const struct huge_page *page = domain->huge_pages; page; page = page->next)
		pages++;
	return getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY ||
	       pages * PAGE_BYTES <= limit.rlim_cur / LOCK_SHARE || locks_without_limit();
}

static void link_page(struct dma_domain *domain, struct huge_page *page)
{
	struct huge_page **link = &domain->huge_pages;

	while (*link)
		link = &(*link)->next;
	*link = page; /* the oldest is filled first */
	log_line(LOG_INFO,
		 "a huge page at I/O address 0x%" PRIx64 " is for queues that the device %s",
		 page->iova, page->prot & TRANSPORT_DMA_WRITE ? "writes" : "only reads");
}

static void unlink_page(struct dma_domain *domain, const struct huge_page *page)
{
	struct huge_page **link = &domain->huge_pages;

	while (*link != page)
		link = &(*link)->next;
	*link = page->next;
}

/* Allocates and maps a page. NULL: there is none to be used. */
static struct huge_page *add_page(struct dma_domain *domain, const struct huge_want *want)
{
	struct huge_page *page = may_lock(domain) ? calloc(1, sizeof(*page)) : NULL;
	struct dma_source source;
	int ret;

	if (!page)
		return NULL;
	page->prot = want->prot;
	page->node = want->node;
	if (pages_alloc_huge(pages_kind(domain->transport), want->node, &page->pages)) {
		free(page);
		return NULL;
	}
	source = pages_source(&page->pages);
	ret = dma_map(domain, &source, PAGE_BYTES, want->prot, &page->iova);
	pages_close_file(&page->pages);
	if (ret) {
		(void)pages_free(&page->pages);
		free(page);
		return NULL;
	}
	link_page(domain, page);
	return page;
}

static bool take_from(struct huge_page *page, uint32_t count, uint32_t align,
		      struct huge_piece *ret_piece)
{
	size_t at, len = (size_t)count << UNITS_SHIFT;
	uint32_t first;

	if (!units_take(&page->units, count, align, &first))
		return false;
	at = (size_t)first << UNITS_SHIFT;
	page->pieces++;
	*ret_piece = (struct huge_piece){ .page = page,
					  .addr = (char *)page->pages.addr + at,
					  .len = len,
					  .iova = page->iova + at };
	memset(ret_piece->addr, 0, len);
	return true;
}

int huge_pool_take(struct dma_domain *domain, const struct huge_want *want,
		   struct huge_piece *ret_piece)
{
	uint32_t count,
		align = want->align >> UNITS_SHIFT ? (uint32_t)(want->align >> UNITS_SHIFT) : 1;
	struct huge_page *page;

	if (want->len == 0 || want->len >= PAGE_BYTES || want->align > PAGE_BYTES)
		return -ENOMEM;
	count = (uint32_t)((want->len - 1) >> UNITS_SHIFT) + 1;
	for (page = domain->huge_pages; page; page = page->next)
		if (page->prot == want->prot && page->node == want->node &&
		    take_from(page, count, align, ret_piece))
			return 0;
	page = add_page(domain, want);
	return page && take_from(page, count, align, ret_piece) ? 0 : -ENOMEM;
}

int huge_pool_give(struct dma_domain *domain, const struct huge_piece *piece, bool confirmed)
{
	struct huge_page *page = piece->page;
	uint32_t first = (uint32_t)((piece->iova - page->iova) >> UNITS_SHIFT);
	int ret;

	if (page->pieces > 1) {
		page->pieces--;
		if (confirmed)
			units_give(&page->units, first, (uint32_t)(piece->len >> UNITS_SHIFT));
		return 0;
	}
	ret = dma_unmap(domain, page->iova, PAGE_BYTES);
	if (ret)
		return ret;
	unlink_page(domain, page);
	(void)pages_free(&page->pages);
	free(page);
	return 0;
}
