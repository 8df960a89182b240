// SPDX-License-Identifier: MIT
/*
 * memory.c: see memory.h. The table says all that unmapping needs.
 */
#include "mock/serve/memory.h"

#include "mock/queues/queue.h"
#include "transport/sigbus.h"
#include "transport/transport.h"

#include <assert.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PAGE_MASK = 4096 - 1 };

static_assert(FRAME_DMA_READABLE == TRANSPORT_DMA_READ, "prot is .flags");
static_assert(FRAME_DMA_WRITEABLE == TRANSPORT_DMA_WRITE, "prot is .flags");

static int check(const struct serve_memory *memory, const struct frame_dma_map *map, int fd)
{
	struct stat status;

	if ((map->address | map->size | map->offset) & PAGE_MASK || map->offset > INT64_MAX)
		return -EINVAL;
	if (mock_dma_live(&memory->dma) >= SERVE_REGIONS_MAX)
		return -ENOSPC;
	if (fstat(fd, &status))
		return -errno;
	if (map->offset > (uint64_t)status.st_size ||
	    map->size > (uint64_t)status.st_size - map->offset)
		return -EINVAL;
	return 0;
}

static void unmap(void *vaddr, uint64_t len)
{
	sigbus_release(vaddr);
	(void)munmap(vaddr, len);
}

int serve_memory_map(struct serve_memory *memory, const struct frame_dma_map *map, int fd)
{
	int prot = (map->flags & FRAME_DMA_READABLE ? PROT_READ : 0) |
		   (map->flags & FRAME_DMA_WRITEABLE ? PROT_WRITE : 0);
	int ret = fd < 0 ? 0 : check(memory, map, fd);
	void *vaddr;

	if (ret || fd < 0)
		return ret;
	vaddr = mmap(NULL, map->size, prot, MAP_SHARED | MAP_NORESERVE, fd, (off_t)map->offset);
	if (vaddr == MAP_FAILED)
		return -errno;
	ret = sigbus_guard_shared(vaddr, map->size, &memory->lost);
	if (ret) {
		(void)munmap(vaddr, map->size);
		return ret;
	}
	ret = mock_dma_insert(&memory->dma, map->address, vaddr, map->size, map->flags);
	if (ret)
		unmap(vaddr, map->size);
	return ret;
}

/* A region across the address: some of it lies before it. */
static bool is_across(const struct mock_map *map, uint64_t address)
{
	return map->len && map->iova < address && address - map->iova < map->len;
}

static int check_ends(const struct mock_dma *dma, uint64_t first, uint64_t last)
{
	for (uint32_t idx = 0; idx < dma->count; idx++)
		if (is_across(&dma->maps[idx], first) ||
		    (last != UINT64_MAX && is_across(&dma->maps[idx], last + 1)))
			return -EINVAL;
	return 0;
}

int serve_memory_unmap(struct nvu_mock *mock, struct serve_memory *memory, uint64_t first,
		       uint64_t last)
{
	struct mock_dma *dma = &memory->dma;
	int ret = check_ends(dma, first, last);

	for (uint32_t idx = 0; !ret && idx < dma->count;) {
		const struct mock_map map = dma->maps[idx];

		if (!map.len || map.iova < first || map.iova > last) {
			idx++;
			continue;
		}
		/* Removing may move those behind it here. */
		ret = mock_dma_remove(dma, map.iova, map.len);
		idx = dma->removed ? idx : 0;
		mock_queue_unmap(mock, map.iova, map.len);
		unmap(map.vaddr, map.len);
	}
	return ret;
}

void serve_memory_clear(struct serve_memory *memory)
{
	for (uint32_t idx = 0; idx < memory->dma.count; idx++)
		if (memory->dma.maps[idx].len)
			unmap(memory->dma.maps[idx].vaddr, memory->dma.maps[idx].len);
	mock_dma_fini(&memory->dma);
	memory->dma.lost = &memory->lost;
	memory->lost = 0;
}
