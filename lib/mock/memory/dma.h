/* SPDX-License-Identifier: MIT */
/*
 * dma.h: the table of an IOMMU: which memory each I/O address maps to. It knows nothing of
 * controllers and takes no lock: a reader holds one mock's lock, a writer holds every mock's.
 */
#ifndef NVU_MOCK_MEMORY_DMA_H
#define NVU_MOCK_MEMORY_DMA_H

#include <stdbool.h>
#include <stdint.h>

struct mock_map {
	uint64_t iova;
	uint64_t len; /* 0: removed, the slot keeps the order until it is taken again */
	uint8_t *vaddr;
	uint32_t prot; /* TRANSPORT_DMA_... */
};

/* Sorted by iova; removed slots are squeezed out when they are the majority. */
struct mock_dma {
	struct mock_map *maps;
	uint32_t count;
	uint32_t capacity;
	uint32_t removed;
	uint64_t bytes;
	int *lost; /* of another process's memory: becomes 1 when some disappears; NULL: this process's */
};

/* Makes the table end empty. */
void mock_dma_fini(struct mock_dma *dma);

/* -EEXIST: overlaps what is mapped; -ENOMEM. */
int mock_dma_insert(struct mock_dma *dma, uint64_t iova, uint8_t *vaddr, uint64_t len,
		    uint32_t prot);

/* -ENOENT: no mapping has exactly this range. */
int mock_dma_remove(struct mock_dma *dma, uint64_t iova, uint64_t len);

/*
 * The memory behind iova: *ret_len bytes, up to len, lie in one piece. NULL when it is not mapped
 * for prot. *hint is the caller's memory of where it was last: any value is fine.
 */
uint8_t *mock_dma_translate(const struct mock_dma *dma, uint64_t iova, uint64_t len, uint32_t prot,
			    uint32_t *hint, uint64_t *ret_len);

static inline uint32_t mock_dma_live(const struct mock_dma *dma)
{
	return dma->count - dma->removed;
}

#endif
