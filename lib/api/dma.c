/* SPDX-License-Identifier: MIT */
/*
 * dma.c: the public functions of nvu/dma.h.
 */
#include "dma/dma.h"

#include "base/check.h"
#include "base/error.h"
#include "base/opts.h"
#include "ctrl/tombstone.h"

#include <errno.h>
#include <nvu/dma.h>

static int choose_node(const struct nvu_ctrl *ctrl, const struct nvu_dma_opts *opts, int *ret_node)
{
	const uint32_t known = NVU_DMA_NO_HUGE_PAGES | NVU_DMA_DEVICE_READS_ONLY | NVU_DMA_ON_NODE |
			       NVU_DMA_ANY_NODE;
	const uint32_t both = NVU_DMA_ON_NODE | NVU_DMA_ANY_NODE;

	if ((opts->flags & ~known) || (opts->flags & both) == both)
		return error_set(-EINVAL,
				 "buffer option flags %#x are not known, or contradict "
				 "each other",
				 opts->flags);
	if ((opts->flags & NVU_DMA_ON_NODE) &&
	    (opts->numa_node < 0 || !pages_node_exists(opts->numa_node)))
		return error_set(-EINVAL, "NUMA node %d does not exist", opts->numa_node);
	*ret_node = opts->flags & NVU_DMA_ON_NODE    ? opts->numa_node
		    : opts->flags & NVU_DMA_ANY_NODE ? PAGES_NODE_ANY
						     : ctrl->transport->numa_node;
	return 0;
}

static int alloc(struct nvu_ctrl *ctrl, size_t len, const struct nvu_dma_opts *opts,
		 struct nvu_dma **ret_buf)
{
	struct nvu_dma_opts copy;
	struct dma_alloc want = { .len = len };
	int ret = ctrl_is_open(ctrl, "nvu_dma_alloc");

	if (!ret)
		ret = opts_copy(&copy, sizeof(copy), opts);
	if (!ret)
		ret = choose_node(ctrl, &copy, &want.node);
	if (ret)
		return ret;
	want.huge = !(copy.flags & NVU_DMA_NO_HUGE_PAGES);
	want.prot = TRANSPORT_DMA_READ;
	if (!(copy.flags & NVU_DMA_DEVICE_READS_ONLY))
		want.prot |= TRANSPORT_DMA_WRITE;
	return dma_alloc(ctrl->domain, &want, ret_buf);
}

int nvu_dma_alloc_opts(struct nvu_ctrl *ctrl, size_t len, const struct nvu_dma_opts *opts,
		       struct nvu_dma **ret_buf)
{
	error_enter();
	return error_leave(alloc(ctrl, len, opts, ret_buf));
}

int nvu_dma_alloc(struct nvu_ctrl *ctrl, size_t len, struct nvu_dma **ret_buf)
{
	return nvu_dma_alloc_opts(ctrl, len, NULL, ret_buf);
}

/* The file of shared memory, which only a device in another process needs. */
static int take_file(const struct nvu_ctrl *ctrl, const struct nvu_dma_opts *opts,
		     struct dma_source *source)
{
	uint32_t page = ctrl->domain->transport->page_bytes;

	if (!(opts->flags & NVU_DMA_SHARED))
		return 0;
	if (opts->fd < 0 || opts->fd_offset % page || opts->fd_offset > INT64_MAX)
		return error_set(-EINVAL,
				 "%s: NVU_DMA_SHARED with descriptor %d at %llu: expected the "
				 "descriptor of the file that is mapped there, and an offset that "
				 "is a multiple of %u",
				 ctrl_name(ctrl), opts->fd, (unsigned long long)opts->fd_offset,
				 page);
	source->fd = opts->fd;
	source->fd_offset = opts->fd_offset;
	return 0;
}

static int register_memory(struct nvu_ctrl *ctrl, void *addr, size_t len,
			   const struct nvu_dma_opts *opts, struct nvu_dma **ret_buf)
{
	struct dma_source source = { .vaddr = addr, .len = len, .fd = -1 };
	uint32_t prot = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE;
	struct nvu_dma_opts copy;
	int ret = ctrl_is_open(ctrl, "nvu_dma_register");

	if (!ret)
		ret = opts_copy(&copy, sizeof(copy), opts);
	if (ret)
		return ret;
	if (copy.flags & ~(NVU_DMA_DEVICE_READS_ONLY | NVU_DMA_SHARED))
		return error_set(
			-EINVAL,
			"registration option flags %#x are not known, or apply only to memory "
			"that nvu allocates",
			copy.flags);
	ret = take_file(ctrl, &copy, &source);
	if (ret)
		return ret;
	if (copy.flags & NVU_DMA_DEVICE_READS_ONLY)
		prot = TRANSPORT_DMA_READ;
	return dma_register(ctrl->domain, &source, prot, ret_buf);
}

int nvu_dma_register_opts(struct nvu_ctrl *ctrl, void *addr, size_t len,
			  const struct nvu_dma_opts *opts, struct nvu_dma **ret_buf)
{
	error_enter();
	return error_leave(register_memory(ctrl, addr, len, opts, ret_buf));
}

int nvu_dma_register(struct nvu_ctrl *ctrl, void *addr, size_t len, struct nvu_dma **ret_buf)
{
	return nvu_dma_register_opts(ctrl, addr, len, NULL, ret_buf);
}

static int find(struct nvu_ctrl *ctrl, const void *p, size_t len, const struct nvu_dma **ret_buf,
		size_t *ret_offset)
{
	const struct nvu_dma *buf;
	int ret = ctrl_is_open(ctrl, "nvu_dma_find");

	if (ret)
		return ret;
	if (!p || !len || (uintptr_t)p + len < (uintptr_t)p)
		return error_set(-EINVAL, "%zu bytes at %p are no memory to find a buffer of", len,
				 p);
	buf = dma_find(ctrl->domain, p, len);
	if (!buf)
		return error_set(-ENOENT,
				 "%s: no buffer holds all of the %zu bytes at %p: allocate them "
				 "with nvu_dma_alloc(), or register them with nvu_dma_register()",
				 ctrl_name(ctrl), len, p);
	*ret_buf = buf;
	*ret_offset = (uintptr_t)p - (uintptr_t)buf->addr;
	return 0;
}

int nvu_dma_find(struct nvu_ctrl *ctrl, const void *p, size_t len, const struct nvu_dma **ret_buf,
		 size_t *ret_offset)
{
	error_enter();
	return error_leave(find(ctrl, p, len, ret_buf, ret_offset));
}

int nvu_dma_free(struct nvu_dma *buf)
{
	error_enter();
	return error_leave(dma_free(buf));
}

/* A freed handle has length 0. */
static void note_if_freed(const struct nvu_dma *buf, const char *function)
{
	if (!buf->len)
		(void)check_report(-EINVAL, "%s: the buffer was freed before", function);
}

void *nvu_dma_addr(const struct nvu_dma *buf)
{
	note_if_freed(buf, __func__);
	return buf->addr;
}

size_t nvu_dma_len(const struct nvu_dma *buf)
{
	note_if_freed(buf, __func__);
	return buf->len;
}

uint64_t nvu_dma_iova(const struct nvu_dma *buf)
{
	note_if_freed(buf, __func__);
	return buf->iova;
}
