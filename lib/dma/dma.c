/* SPDX-License-Identifier: MIT */
/*
 * dma.c: making and ending buffers: memory, mapping, page list, and the record of which memory is
 * mapped, so that nothing is mapped twice.
 */
#include "dma/dma.h"

#include "base/check.h"
#include "base/error.h"
#include "dma/buffer_pool.h"
#include "dma/huge_pool.h"
#include "dma/map.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <search.h>

struct range {
	const char *first;
	size_t len;
};

/* Two ranges that share a byte compare as equal: a lookup finds any overlap. */
static int compare_range(const void *left, const void *right)
{
	const struct range *range = left;
	const struct nvu_dma *region = right;
	const char *first = region->addr;

	if (range->first + range->len <= first)
		return -1;
	return first + region->mapped_len <= range->first;
}

static int compare_regions(const void *left, const void *right)
{
	const struct nvu_dma *region = left;
	const struct range range = { region->addr, region->mapped_len };

	return compare_range(&range, right);
}

/* Controllers of one domain share it: memory that is mapped for one of them, all of them reach. */
static int refuse_mapped(const struct nvu_dma *buf, const struct nvu_dma *found)
{
	const char *addr = buf->addr, *found_addr = found->addr;
	bool inside =
		addr >= found_addr && addr + buf->mapped_len <= found_addr + found->mapped_len;

	return error_set(-EEXIST,
			 "the memory overlaps the buffer of %zu bytes at %p%s: use that buffer, "
			 "which serves "
			 "every controller in this IOMMU domain, or free it first",
			 found->mapped_len, found->addr, inside ? ", which holds all of it" : "");
}

static int record(struct dma_domain *domain, struct nvu_dma *buf)
{
	struct nvu_dma **found = tfind(buf, &domain->regions, compare_regions);

	if (found)
		return refuse_mapped(buf, *found);
	if (!tsearch(buf, &domain->regions, compare_regions))
		return error_set(-ENOMEM, "no memory to record a buffer");
	return 0;
}

static void forget(struct dma_domain *domain, struct nvu_dma *buf)
{
	(void)tdelete(buf, &domain->regions, compare_regions);
}

/* All steps but the memory: record, map, list. Undoes them on failure. */
static int attach(struct dma_domain *domain, struct nvu_dma *buf, const struct dma_source *source,
		  const struct dma_alloc *want)
{
	int ret = record(domain, buf);

	if (ret)
		return ret;
	ret = dma_map(domain, source, want->align, want->prot, &buf->iova);
	if (ret)
		goto forget;
	if (!want->pooled)
		ret = pagelist_take(domain->pagelists, domain, buf->iova, buf->mapped_len,
				    &buf->list);
	if (ret)
		goto unmap;
	buf->list_iova = buf->list.iova;
	return 0;
unmap:
	(void)dma_unmap(domain, buf->iova, buf->mapped_len);
forget:
	forget(domain, buf);
	return ret;
}

/* The length is set last: it makes the buffer live. */
static void set_live(struct dma_domain *domain, struct nvu_dma *buf, const struct dma_alloc *want)
{
	buf->domain = domain;
	buf->owner_id = domain->owner_id;
	buf->write_len = want->prot & TRANSPORT_DMA_WRITE ? want->len : 0;
	buf->len = want->len;
}

/* A handle for memory that exists. */
static int make_buffer(struct dma_domain *domain, const struct dma_source *source, bool owns_memory,
		       const struct dma_alloc *want, struct nvu_dma **ret_buf)
{
	struct nvu_dma *buf;
	int ret;

	pthread_mutex_lock(&domain->lock);
	buf = buffer_pool_take();
	if (!buf) {
		ret = error_set(-ENOMEM, "no memory for a buffer's handle");
		goto unlock;
	}
	assert(!buf->len && !buf->domain);
	buf->addr = source->vaddr;
	buf->mapped_len = source->len;
	buf->owns_memory = owns_memory;
	ret = attach(domain, buf, source, want);
	if (ret) {
		buffer_pool_give(buf);
		goto unlock;
	}
	set_live(domain, buf, want);
	*ret_buf = buf;
unlock:
	pthread_mutex_unlock(&domain->lock);
	if (!ret)
		dma_domain_ref(domain);
	return ret;
}

static int take_pooled(struct dma_domain *domain, const struct dma_alloc *want, struct nvu_dma *buf)
{
	const struct huge_want piece_want = {
		.len = want->len,
		.align = want->align,
		.prot = want->prot,
		.node = want->node,
	};
	struct huge_piece piece;
	int ret = huge_pool_take(domain, &piece_want, &piece);

	if (ret)
		return ret;
	buf->addr = piece.addr;
	buf->mapped_len = piece.len;
	ret = record(domain, buf);
	if (ret) {
		(void)huge_pool_give(domain, &piece, true);
		return ret;
	}
	buf->home = piece.page;
	buf->iova = piece.iova;
	return 0;
}

/* A buffer in a huge page beside others. */
static int make_pooled(struct dma_domain *domain, const struct dma_alloc *want,
		       struct nvu_dma **ret_buf)
{
	struct nvu_dma *buf;
	int ret = -ENOMEM;

	pthread_mutex_lock(&domain->lock);
	buf = buffer_pool_take();
	if (buf)
		ret = take_pooled(domain, want, buf);
	if (!ret)
		set_live(domain, buf, want);
	else if (buf)
		buffer_pool_give(buf);
	pthread_mutex_unlock(&domain->lock);
	if (ret)
		return ret;
	dma_domain_ref(domain);
	*ret_buf = buf;
	return 0;
}

int dma_alloc(struct dma_domain *domain, const struct dma_alloc *want, struct nvu_dma **ret_buf)
{
	struct dma_source source;
	struct pages pages;
	int ret;

	if (want->pooled && !make_pooled(domain, want, ret_buf))
		return 0;
	ret = pages_alloc(want->len, domain->transport->page_bytes,
			  pages_kind(domain->transport) | (want->huge ? PAGES_HUGE : 0), want->node,
			  &pages);
	if (ret)
		return ret;
	source = pages_source(&pages);
	ret = make_buffer(domain, &source, true, want, ret_buf);
	pages_close_file(&pages);
	if (ret)
		(void)pages_free(&pages);
	return ret;
}

int dma_register(struct dma_domain *domain, const struct dma_source *source, uint32_t prot,
		 struct nvu_dma **ret_buf)
{
	void *addr = source->vaddr;
	size_t len = source->len, page = domain->transport->page_bytes;
	const struct pages pages = { .addr = addr, .len = len };
	const struct dma_alloc want = { .len = len, .prot = prot };

	if (!addr || !len || (uintptr_t)addr % page || len % page || (uintptr_t)addr + len < len)
		return error_set(-EINVAL,
				 "cannot register %zu bytes at %p: address and length must be "
				 "multiples of %zu and not zero",
				 len, addr, page);
	if (!(prot & TRANSPORT_DMA_WRITE))
		pages_own(&pages);
	return make_buffer(domain, source, false, &want, ret_buf);
}

struct nvu_dma *dma_find(struct dma_domain *domain, const void *addr, size_t len)
{
	const struct range range = { addr, len };
	struct nvu_dma **found, *buf;

	assert(len && (uintptr_t)addr + len > (uintptr_t)addr);
	pthread_mutex_lock(&domain->lock);
	found = tfind(&range, &domain->regions, compare_range);
	/* Some buffer with which it shares a byte: if it lies in two, neither holds all of it. */
	buf = found ? *found : NULL;
	if (buf && ((uintptr_t)addr < (uintptr_t)buf->addr ||
		    !dma_holds(buf, (uintptr_t)addr - (uintptr_t)buf->addr, len)))
		buf = NULL;
	pthread_mutex_unlock(&domain->lock);
	return buf;
}

/* Ends the device's access, or its right to it: see huge_pool_give(). */
static int detach(struct dma_domain *domain, const struct nvu_dma *buf, bool confirmed)
{
	const struct huge_piece piece = { buf->home, buf->addr, buf->mapped_len, buf->iova };

	return buf->home ? huge_pool_give(domain, &piece, confirmed)
			 : dma_unmap(domain, buf->iova, buf->mapped_len);
}

static int free_buffer(struct nvu_dma *buf, bool confirmed)
{
	struct dma_domain *domain;
	struct pages pages = { .addr = NULL };
	int ret;

	if (!buf)
		return 0;
	domain = buf->domain;
	if (!domain || !buf->len)
		return check_report(-EINVAL, "nvu_dma_free: the buffer was freed before");
	if (__atomic_load_n(&buf->in_flight, __ATOMIC_RELAXED))
		return check_report(-EBUSY,
				    "nvu_dma_free: a command in flight uses the buffer of %" PRIu64
				    " bytes: reap its completion first",
				    buf->len);
	pthread_mutex_lock(&domain->lock);
	ret = detach(domain, buf, confirmed);
	/* The memory may be used for another purpose only once the device has lost its access. */
	if (!ret) {
		pagelist_give(domain->pagelists, domain, &buf->list);
		forget(domain, buf);
		if (buf->owns_memory)
			pages = (struct pages){ .addr = buf->addr, .len = buf->mapped_len };
		buffer_pool_give(buf);
	}
	pthread_mutex_unlock(&domain->lock);
	if (ret)
		return ret;
	ret = pages_free(&pages);
	dma_domain_put(domain);
	return ret;
}

int dma_free(struct nvu_dma *buf)
{
	return free_buffer(buf, true);
}

int dma_free_unconfirmed(struct nvu_dma *buf)
{
	return free_buffer(buf, false);
}
