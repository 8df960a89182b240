/* SPDX-License-Identifier: MIT */
/*
 * map.c: mapping memory at free I/O addresses of a domain, and undoing it.
 */
#include "dma/map.h"

#include "base/error.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { SUPERPAGE_BYTES = 2 << 20, EXTENTS_FIRST = 64 };

int dma_map_reserve(struct dma_domain *domain, uint32_t extra)
{
	struct iova_space *space = &domain->space;
	struct iova_extent *more;
	uint32_t capacity = space->capacity ? space->capacity : EXTENTS_FIRST;

	assert(space->count <= space->capacity);
	while (capacity - space->count < extra)
		capacity *= 2;
	if (capacity == space->capacity)
		return 0;
	more = realloc(space->free, capacity * sizeof(*more));
	if (!more)
		return error_set(-ENOMEM, "no memory for the table of I/O addresses");
	space->free = more;
	space->capacity = capacity;
	return 0;
}

/* The IOMMU uses superpages only if memory and I/O address are aligned alike: align large buffers so. */
static uint64_t choose_align(const struct dma_domain *domain, size_t len, uint64_t align)
{
	uint64_t least = len >= SUPERPAGE_BYTES ? SUPERPAGE_BYTES : domain->transport->page_bytes;

	return align > least ? align : least;
}

int dma_map(struct dma_domain *domain, const struct dma_source *source, uint64_t align,
	    uint32_t prot, uint64_t *ret_iova)
{
	struct transport_domain *transport = domain->transport;
	uint32_t max_mappings = __atomic_load_n(&transport->max_mappings, __ATOMIC_RELAXED);
	size_t len = source->len;
	uint64_t iova;
	int ret;

	assert(len && !(((uintptr_t)source->vaddr | len) & (transport->page_bytes - 1)));
	if (transport->needs_descriptor && source->fd < 0)
		return error_set(
			-ENOTSUP,
			"the memory at %p is private, and the controller is in another process: "
			"allocate it with nvu_dma_alloc(), or map a file shared (memfd_create()) "
			"and register it with nvu_dma_register_opts(), NVU_DMA_SHARED, and the "
			"file's descriptor and offset",
			source->vaddr);
	if (domain->mappings >= max_mappings)
		return error_set(-ENOSPC,
				 "all %u IOMMU mappings are in use: register fewer, larger buffers",
				 max_mappings);
	/* Reserves room to free this range and all others, so that freeing never needs memory. */
	ret = dma_map_reserve(domain, domain->mappings + TRANSPORT_RANGES_MAX + 2);
	if (ret)
		return ret;
	if (iova_alloc(&domain->space, len, choose_align(domain, len, align), &iova))
		return error_set(-ENOSPC, "no free range of %zu I/O addresses is left", len);
	ret = transport->ops->map(transport, iova, source, prot);
	if (ret) {
		(void)iova_free(&domain->space, iova, len);
		return ret;
	}
	domain->mappings++;
	*ret_iova = iova;
	return 0;
}

int dma_unmap(struct dma_domain *domain, uint64_t iova, size_t len)
{
	int ret = domain->transport->ops->unmap(domain->transport, iova, len);

	/* Addresses that the IOMMU still maps are never allocated again. */
	if (ret) {
		log_line(LOG_INFO, "keeping %zu bytes that the device may still reach: %s", len,
			 error_get());
		return ret;
	}
	assert(domain->mappings);
	domain->mappings--;
	return iova_free(&domain->space, iova, len);
}
