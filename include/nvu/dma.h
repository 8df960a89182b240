/* SPDX-License-Identifier: MIT */
/*
 * nvu/dma.h: memory that the device may reach.
 *
 * A buffer is a range of memory with one contiguous range of I/O addresses. It belongs to the
 * IOMMU domain of the controller it was made for, and serves every controller in that domain: all
 * VFIO controllers of a process share one domain where the hardware lets them, all mock
 * controllers another.
 *
 * Thread rule: any thread. A buffer must not be freed while a command uses it.
 */
#ifndef NVU_DMA_H
#define NVU_DMA_H

#include <nvu/types.h>

NVU_BEGIN_DECLS

/* Flags of struct nvu_dma_opts. */
#define NVU_DMA_NO_HUGE_PAGES (1u << 0)
#define NVU_DMA_DEVICE_READS_ONLY (1u << 1) /* the IOMMU refuses the device's writes */
#define NVU_DMA_ON_NODE (1u << 2)	    /* on .numa_node instead of the controller's own node */
#define NVU_DMA_ANY_NODE (1u << 3)	    /* wherever the kernel likes */

/* How to allocate. Zero means the default everywhere; fill with NVU_DMA_OPTS(). */
struct nvu_dma_opts {
	size_t size;	   /* sizeof(struct nvu_dma_opts) */
	uint32_t flags;	   /* NVU_DMA_... */
	int32_t numa_node; /* with NVU_DMA_ON_NODE */
};

/* `&opts` for nvu_dma_alloc_opts(): NVU_DMA_OPTS(.flags = NVU_DMA_ANY_NODE). C only. */
#define NVU_DMA_OPTS(...) \
	(&(struct nvu_dma_opts){ .size = sizeof(struct nvu_dma_opts), __VA_ARGS__ })

/**
 * nvu_dma_alloc() - allocate zeroed memory for the device's use
 * @ctrl: an open controller
 * @len: bytes, more than 0; rounded up to whole pages inside
 * @ret_buf: to be freed with nvu_dma_free(); untouched on failure
 *
 * Huge pages when there are free ones and @len fills at least one, else ordinary pages, locked by
 * the IOMMU mapping; on the controller's NUMA node. Page aligned. Not inherited by fork().
 *
 * Return: 0; -EINVAL; -ENOMEM memory or the locked-memory limit, which nvu_last_error() names;
 * -ENOSPC no I/O addresses or no IOMMU mappings left. Any thread. Since 0.1.
 */
NVU_API int nvu_dma_alloc(struct nvu_ctrl *ctrl, size_t len, struct nvu_dma **ret_buf);

/**
 * nvu_dma_alloc_opts() - nvu_dma_alloc() with a choice
 * @ctrl: an open controller
 * @len: bytes
 * @opts: NULL for defaults
 * @ret_buf: as for nvu_dma_alloc()
 *
 * Return: as nvu_dma_alloc(). Any thread. Since 0.1.
 */
NVU_API int nvu_dma_alloc_opts(struct nvu_ctrl *ctrl, size_t len, const struct nvu_dma_opts *opts,
			       struct nvu_dma **ret_buf);

/**
 * nvu_dma_register() - let the device reach memory that the caller owns
 * @ctrl: an open controller
 * @addr: a multiple of the page size
 * @len: bytes, a multiple of the page size, more than 0
 * @ret_buf: to be freed with nvu_dma_free() before the memory is; untouched on failure
 *
 * Return: 0; -EINVAL alignment; -EEXIST overlaps memory that is registered or allocated already;
 * -ENOMEM, -ENOSPC as for nvu_dma_alloc(). Any thread. Since 0.1.
 */
NVU_API int nvu_dma_register(struct nvu_ctrl *ctrl, void *addr, size_t len,
			     struct nvu_dma **ret_buf);

/**
 * nvu_dma_free() - end the device's access; give allocated memory back
 * @buf: may be NULL
 *
 * No command may be using it: reap its completions first. Its controllers may have been closed. A
 * buffer that is freed twice, or used in a command afterwards, is refused until its handle is given
 * out again.
 *
 * Return: 0; -EINVAL @buf is not a live buffer. Any thread. Since 0.1.
 */
NVU_API int nvu_dma_free(struct nvu_dma *buf);

/**
 * nvu_dma_addr() - the memory of a buffer
 * @buf: a buffer
 *
 * Return: its first byte. Any thread. Since 0.1.
 */
NVU_API void *nvu_dma_addr(const struct nvu_dma *buf);

/**
 * nvu_dma_len() - the usable length of a buffer
 * @buf: a buffer
 *
 * Return: bytes, what was asked for. Any thread. Since 0.1.
 */
NVU_API size_t nvu_dma_len(const struct nvu_dma *buf);

/**
 * nvu_dma_iova() - the I/O address of a buffer, for hand-made data pointers
 * @buf: a buffer
 *
 * Return: the I/O virtual address of its first byte; the rest follows on. Any thread. Since 0.1.
 */
NVU_API uint64_t nvu_dma_iova(const struct nvu_dma *buf);

NVU_END_DECLS

#endif /* NVU_DMA_H */
