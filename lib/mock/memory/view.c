// SPDX-License-Identifier: MIT
/*
 * view.c: see view.h. A mapping of 0 bytes that mremap() enlarges is a second one of the same shared memory: no
 * descriptor has to be kept.
 */
#include "mock/memory/view.h"

#include "transport/sigbus.h"

#include <sys/mman.h>

enum { PAGE_BYTES = 4096 };

/* Puts the piece at iova, up to max bytes, to its place in the view. Returns its length in pages; 0: it cannot. */
static uint64_t put_piece(const struct mock_dma *dma, uint64_t iova, uint64_t max, uint32_t prot,
			  uint8_t *to)
{
	uint32_t hint = 0;
	uint64_t len = 0;
	uint8_t *from = mock_dma_translate(dma, iova, max, prot, &hint, &len);

	if (!from || (uintptr_t)from % PAGE_BYTES || len % PAGE_BYTES ||
	    mremap(from, 0, len, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
		return 0;
	return len;
}

static bool fill(const struct mock_dma *dma, uint64_t iova, uint32_t prot,
		 const struct mock_view *view)
{
	for (uint64_t done = 0, piece; done < view->len; done += piece) {
		piece = put_piece(dma, iova + done, view->len - done, prot, view->base + done);
		if (!piece)
			return false;
	}
	return true;
}

bool mock_view_make(const struct mock_dma *dma, uint64_t iova, uint64_t len, uint32_t prot,
		    struct mock_view *ret_view)
{
	struct mock_view view = { .len = (len + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES };
	void *base;

	if (!dma->lost)
		return false;
	base = mmap(NULL, view.len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return false;
	view.base = base;
	if (!fill(dma, iova, prot, &view) || sigbus_guard_shared(base, view.len, dma->lost)) {
		(void)munmap(base, view.len);
		return false;
	}
	*ret_view = view;
	return true;
}

void mock_view_end(struct mock_view *view)
{
	if (!view->base)
		return;
	sigbus_release(view->base);
	(void)munmap(view->base, view->len);
	*view = (struct mock_view){ .len = 0 };
}
