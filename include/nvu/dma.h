/* SPDX-License-Identifier: MIT */
/*
 * nvu/dma.h: memory that the device may reach.
 *
 * A device reads and writes memory by I/O addresses, which the IOMMU translates; it cannot access what is
 * not mapped there. A buffer is a range of memory with one contiguous range of I/O addresses. It belongs to the
 * IOMMU domain of the controller it was made for, and serves every controller in that domain: all
 * VFIO controllers of a process share one domain if the hardware allows it, all mock controllers
 * another.
 *
 * The kernel locks the pages of the memory when nvu maps it, and the device goes on using these
 * pages. So until nvu_dma_free(), the program must not unmap registered memory, move it with
 * mremap(), map over it, or empty it with madvise(MADV_DONTNEED, MADV_FREE, MADV_REMOVE) or with
 * fallocate() or ftruncate() of its file: the program would see other pages than the device. After
 * fork() a page belongs to both processes until one of them writes to it; the process that writes gets
 * a copy. If that is the parent, the device keeps the old page. A child does not inherit memory that nvu
 * allocates; for registered memory, call madvise(MADV_DONTFORK) before the program forks. A child must
 * not call a function of nvu on a handle that it inherits: only the parent may use the controller.
 *
 * Allocate and register at the start: each buffer costs system calls and one of the IOMMU mappings, of which
 * the kernel grants a process a limited number (65,535 by default: the parameter dma_entry_limit of the
 * module vfio_iommu_type1).
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
#define NVU_DMA_ANY_NODE (1u << 3)	    /* on a node that the kernel chooses */
#define NVU_DMA_SHARED (1u << 4) /* registration: .fd and .fd_offset name the memory too */

/* How to allocate or register. Zero means the default everywhere; fill with NVU_DMA_OPTS(). */
struct nvu_dma_opts {
	size_t size;	    /* sizeof(struct nvu_dma_opts) */
	uint32_t flags;	    /* NVU_DMA_... */
	int32_t numa_node;  /* with NVU_DMA_ON_NODE */
	int32_t fd;	    /* with NVU_DMA_SHARED: of the file that is mapped at the address */
	uint32_t rsvd;	    /* nvu does not read it */
	uint64_t fd_offset; /* where in the file the memory begins: a multiple of the page size */
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
 * Uses huge pages of 2 MiB if @len fills at least one, of 1 GiB if @len is a multiple of that, provided
 * that this process may have them (a cgroup may limit them too); else ordinary pages. All pages are present and locked by the IOMMU
 * mapping, on the controller's NUMA node if that has memory for this process. The memory is page aligned.
 * A child of fork() does not inherit it.
 *
 * Return: 0; -EINVAL; -ENOMEM memory or the locked-memory limit (ulimit -l): nvu_last_error() says how
 * much is needed and how much there is;
 * -ENOSPC no I/O addresses or no IOMMU mappings left. Any thread. Since 0.1.
 */
NVU_API int nvu_dma_alloc(struct nvu_ctrl *ctrl, size_t len, struct nvu_dma **ret_buf);

/**
 * nvu_dma_alloc_opts() - nvu_dma_alloc() with options
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
 * nvu_dma_register() - let the device access memory that the caller owns
 * @ctrl: an open controller
 * @addr: a multiple of the page size
 * @len: bytes, a multiple of the page size, more than 0
 * @ret_buf: to be freed with nvu_dma_free() before the memory is; untouched on failure
 *
 * The memory must be mapped and writable; the kernel locks all of it.
 *
 * Return: 0; -EINVAL alignment; -EEXIST overlaps memory that is already registered or allocated, for
 * any controller of the domain: use that buffer; -EFAULT not mapped, or not writable; -ENOMEM, -ENOSPC as
 * for nvu_dma_alloc(); -ENOTSUP the controller is in another process: see NVU_DMA_SHARED. Any thread. Since 0.1.
 */
NVU_API int nvu_dma_register(struct nvu_ctrl *ctrl, void *addr, size_t len,
			     struct nvu_dma **ret_buf);

/**
 * nvu_dma_register_opts() - nvu_dma_register() with options
 * @ctrl: an open controller
 * @addr: a multiple of the page size
 * @len: bytes, a multiple of the page size, more than 0
 * @opts: NULL for defaults
 * @ret_buf: as for nvu_dma_register()
 *
 * With NVU_DMA_DEVICE_READS_ONLY the memory may be read-only; nvu refuses a command that would make the
 * device write to it with -EINVAL. Before Linux 5.14, write to each page of such memory first: the kernel
 * would lock its page of zeroes instead of a page that was never written to.
 *
 * A controller in another process (vfio-user:PATH) reaches memory through its file only. With NVU_DMA_SHARED, @opts names
 * the file, a memfd or one in a tmpfs such as /dev/shm, that the program has mapped at @addr with MAP_SHARED: .fd, open
 * for reading and writing, and .fd_offset. The descriptor stays the program's, which may close it. All controllers
 * take the flag; those that need no file map @addr as usual.
 *
 * Return: as nvu_dma_register(); -EINVAL a flag of allocation, a descriptor or offset that cannot be; -EFAULT the
 * file is shorter, or not open for what the device is to do; -ENOTSUP private memory for a controller in another
 * process. Any thread. Since 0.1.
 */
NVU_API int nvu_dma_register_opts(struct nvu_ctrl *ctrl, void *addr, size_t len,
				  const struct nvu_dma_opts *opts, struct nvu_dma **ret_buf);

/**
 * nvu_dma_find() - the buffer that holds a piece of memory
 * @ctrl: an open controller
 * @p: the first byte
 * @len: bytes, more than 0
 * @ret_buf: borrowed: the buffer of its owner; untouched on failure
 * @ret_offset: where in it @p is, in bytes; untouched on failure
 *
 * For code that gets a pointer into memory that another part of the program has allocated with nvu or registered, for any
 * controller in the IOMMU domain of @ctrl. It takes a lock and searches a tree: keep what it returns instead of
 * asking before each I/O. The buffer must not be freed while the caller uses it.
 *
 * Return: 0; -ENOENT no buffer holds all of these bytes; -EINVAL. Any thread. Since 0.1.
 */
NVU_API int nvu_dma_find(struct nvu_ctrl *ctrl, const void *p, size_t len,
			 const struct nvu_dma **ret_buf, size_t *ret_offset);

/**
 * nvu_dma_free() - end the device's access; free allocated memory
 * @buf: may be NULL
 *
 * No command may use the buffer: reap its completions, or destroy the queue pair, first. Its controllers may have been closed. If the
 * program frees the buffer twice, or uses it in a command afterwards, nvu refuses that until it gives out
 * the handle again.
 *
 * Return: 0; -EINVAL @buf is not a live buffer; -ENOMEM it is freed, but the kernel has not taken its
 * memory back; otherwise the error of unmapping, and @buf is still live. Any thread. Since 0.1.
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
 * Return: bytes, as requested. Any thread. Since 0.1.
 */
NVU_API size_t nvu_dma_len(const struct nvu_dma *buf);

/**
 * nvu_dma_iova() - the I/O address of a buffer, for hand-made data pointers
 * @buf: a buffer
 *
 * Return: the I/O virtual address of its first byte; the range is contiguous. Any thread. Since 0.1.
 */
NVU_API uint64_t nvu_dma_iova(const struct nvu_dma *buf);

NVU_END_DECLS

#endif /* NVU_DMA_H */
