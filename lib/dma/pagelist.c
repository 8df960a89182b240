/* SPDX-License-Identifier: MIT */
/*
 * pagelist.c: filling page lists, and a slab of power-of-two pieces of list pages. A list longer
 * than one page has memory of its own.
 */
#include "dma/pagelist.h"

#include "base/error.h"
#include "dma/map.h"
#include "dma/pages.h"

#include <errno.h>
#include <stdlib.h>

enum { PIECE_MIN_SHIFT = 5, PIECE_CLASSES = PAGELIST_PAGE_SHIFT - PIECE_MIN_SHIFT + 1 };
enum { CHUNK_BYTES = 256 << 10 };

/* A free piece: linked through its own memory, which the device may read but not write. */
struct piece {
	struct piece *next;
	uint64_t iova;
};

struct chunk {
	struct chunk *next;
	struct pages pages;
	uint64_t iova;
};

struct pagelist_slab {
	struct piece *free[PIECE_CLASSES];
	struct chunk *chunks;
	size_t chunk_used; /* of the newest chunk */
};

size_t pagelist_bytes(uint64_t pages)
{
	if (pages < PAGELIST_PAGES_MIN)
		return 0;
	if (pages <= PAGELIST_STEP)
		return pages * sizeof(nvu_le64);
	return (pages + PAGELIST_STEP - 1) / PAGELIST_STEP * PAGELIST_PAGE_BYTES;
}

uint32_t pagelist_first(uint64_t pages)
{
	return pages <= PAGELIST_STEP;
}

void pagelist_fill(nvu_le64 *entries, uint64_t buffer_iova, uint64_t pages)
{
	buffer_iova += (uint64_t)pagelist_first(pages) << PAGELIST_PAGE_SHIFT;
	pages -= pagelist_first(pages);
	for (uint64_t base = 0; base < pages; base += PAGELIST_STEP) {
		nvu_le64 *window = entries + base / PAGELIST_STEP * PAGELIST_WINDOW;

		for (uint64_t i = 0; i < PAGELIST_WINDOW - 1 && base + i < pages; i++)
			window[i] = nvu_le64_put(buffer_iova + ((base + i) << PAGELIST_PAGE_SHIFT));
	}
}

int pagelist_slab_make(struct pagelist_slab **ret_slab)
{
	struct pagelist_slab *slab = calloc(1, sizeof(*slab));

	if (!slab)
		return error_set(-ENOMEM, "no memory for page lists");
	*ret_slab = slab;
	return 0;
}

static int map_pages(struct dma_domain *domain, size_t bytes, struct pages *ret_pages,
		     uint64_t *ret_iova)
{
	struct dma_source source;
	struct pages pages;
	int ret = pages_alloc(bytes, domain->transport->page_bytes, pages_kind(domain->transport),
			      PAGES_NODE_ANY, &pages);

	if (ret)
		return ret;
	source = pages_source(&pages);
	ret = dma_map(domain, &source, 0, TRANSPORT_DMA_READ, ret_iova);
	pages_close_file(&pages);
	if (ret) {
		(void)pages_free(&pages);
		return ret;
	}
	*ret_pages = pages;
	return 0;
}

static void unmap_pages(struct dma_domain *domain, const struct pages *pages, uint64_t iova)
{
	/* Memory that the device may still reach is leaked rather than reused. */
	if (!dma_unmap(domain, iova, pages->len))
		(void)pages_free(pages);
}

void pagelist_slab_free(struct pagelist_slab *slab, struct dma_domain *domain)
{
	struct chunk *chunk = slab ? slab->chunks : NULL;

	while (chunk) {
		struct chunk *next = chunk->next;

		unmap_pages(domain, &chunk->pages, chunk->iova);
		free(chunk);
		chunk = next;
	}
	free(slab);
}

static int add_chunk(struct pagelist_slab *slab, struct dma_domain *domain)
{
	struct chunk *chunk = malloc(sizeof(*chunk));
	int ret;

	if (!chunk)
		return error_set(-ENOMEM, "no memory for page lists");
	ret = map_pages(domain, CHUNK_BYTES, &chunk->pages, &chunk->iova);
	if (ret) {
		free(chunk);
		return ret;
	}
	chunk->next = slab->chunks;
	slab->chunks = chunk;
	slab->chunk_used = 0;
	return 0;
}

static uint32_t piece_class(size_t bytes)
{
	uint32_t size_class = 0;

	while (((size_t)1 << (PIECE_MIN_SHIFT + size_class)) < bytes)
		size_class++;
	return size_class;
}

/* Pieces are cut from the chunk at multiples of their size, so none crosses a list page. */
static int take_piece(struct pagelist_slab *slab, struct dma_domain *domain, struct pagelist *list)
{
	uint32_t size_class = piece_class(list->bytes);
	size_t bytes = (size_t)1 << (PIECE_MIN_SHIFT + size_class);
	struct piece *piece = slab->free[size_class];
	size_t start;

	if (piece) {
		slab->free[size_class] = piece->next;
		list->iova = piece->iova;
		list->entries = (nvu_le64 *)(void *)piece;
		return 0;
	}
	start = (slab->chunk_used + bytes - 1) & ~(bytes - 1);
	if (!slab->chunks || start + bytes > CHUNK_BYTES) {
		int ret = add_chunk(slab, domain);

		if (ret)
			return ret;
		start = 0;
	}
	slab->chunk_used = start + bytes;
	list->iova = slab->chunks->iova + start;
	list->entries = (nvu_le64 *)(void *)((char *)slab->chunks->pages.addr + start);
	return 0;
}

int pagelist_take(struct pagelist_slab *slab, struct dma_domain *domain, uint64_t buffer_iova,
		  size_t buffer_bytes, struct pagelist *ret_list)
{
	uint64_t page_count = (buffer_bytes + PAGELIST_PAGE_BYTES - 1) >> PAGELIST_PAGE_SHIFT;
	struct pagelist list = { .bytes = pagelist_bytes(page_count) };
	int ret = 0;

	if (list.bytes > PAGELIST_PAGE_BYTES) {
		struct pages pages;

		ret = map_pages(domain, list.bytes, &pages, &list.iova);
		if (!ret) {
			list.entries = pages.addr;
			list.bytes = pages.len;
		}
	} else if (list.bytes) {
		ret = take_piece(slab, domain, &list);
	}
	if (ret)
		return ret;
	if (list.iova) {
		pagelist_fill(list.entries, buffer_iova, page_count);
		list.iova -= pagelist_first(page_count) * sizeof(*list.entries);
	}
	*ret_list = list;
	return 0;
}

void pagelist_give(struct pagelist_slab *slab, struct dma_domain *domain,
		   const struct pagelist *list)
{
	if (list->bytes > PAGELIST_PAGE_BYTES) {
		struct pages pages = { .addr = list->entries, .len = list->bytes };

		unmap_pages(domain, &pages, list->iova);
	} else if (list->iova) {
		uint32_t size_class = piece_class(list->bytes);
		struct piece *piece = (struct piece *)(void *)list->entries;

		piece->next = slab->free[size_class];
		piece->iova = list->iova + sizeof(*list->entries);
		slab->free[size_class] = piece;
	}
}
