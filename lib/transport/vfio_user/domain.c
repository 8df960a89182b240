// SPDX-License-Identifier: MIT
/*
 * domain.c: see domain.h. A server is not trusted to notice what contradicts earlier mappings: they are recorded here.
 *
 * The server has what is mapped until a message ends that, or it has noticed that the connection is over. Memory that it
 * still has mapped then is the file's, which lives as long as it does: memory of the library is never used again for
 * another purpose before the server lets go.
 */
#include "transport/vfio_user/domain.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CAPACITY_FIRST = 64 };

/* Addresses of 48 bits, as IOMMUs have them; the first page is left out, as everywhere. */
#define IOVA_LAST ((1ull << 48) - 1)

struct mapping {
	uint64_t iova;
	uint64_t len;
};

static_assert(FRAME_DMA_READABLE == TRANSPORT_DMA_READ, "prot is .flags");
static_assert(FRAME_DMA_WRITEABLE == TRANSPORT_DMA_WRITE, "prot is .flags");

static struct domain *of_base(struct transport_domain *base)
{
	return (struct domain *)(void *)base;
}

/* The first mapping that ends behind the address; .count: none does. */
static uint32_t find(const struct domain *domain, uint64_t iova)
{
	uint32_t first = 0, end = domain->count;

	while (first < end) {
		uint32_t middle = first + (end - first) / 2;
		const struct mapping *mapping = &domain->mappings[middle];

		if (mapping->iova + mapping->len <= iova)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

static int reserve(struct domain *domain)
{
	uint32_t capacity = domain->capacity ? 2 * domain->capacity : CAPACITY_FIRST;
	struct mapping *more;

	if (domain->count < domain->capacity)
		return 0;
	more = realloc(domain->mappings, capacity * sizeof(*more));
	if (!more)
		return error_set(-ENOMEM, "%s: no memory to record a mapping",
				 domain->session.name);
	domain->mappings = more;
	domain->capacity = capacity;
	return 0;
}

static void insert(struct domain *domain, uint32_t at, uint64_t iova, uint64_t len)
{
	assert(domain->count < domain->capacity && at <= domain->count);
	memmove(domain->mappings + at + 1, domain->mappings + at,
		(domain->count - at) * sizeof(*domain->mappings));
	domain->mappings[at] = (struct mapping){ iova, len };
	domain->count++;
}

static void discard(struct domain *domain, uint32_t at)
{
	domain->count--;
	memmove(domain->mappings + at, domain->mappings + at + 1,
		(domain->count - at) * sizeof(*domain->mappings));
}

static int check_range(const struct domain *domain, uint64_t iova, const struct dma_source *source,
		       uint32_t prot)
{
	const uint64_t mask = domain->base.page_bytes - 1;

	if (!source->len || (iova | (uintptr_t)source->vaddr | source->len) & mask ||
	    !(prot & (TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE)) || iova > IOVA_LAST ||
	    source->len - 1 > IOVA_LAST - iova)
		return error_set(-EINVAL,
				 "%s: cannot map %zu bytes at %p to I/O address 0x%llx: expected "
				 "whole pages of %u bytes below 0x%llx",
				 domain->session.name, source->len, source->vaddr,
				 (unsigned long long)iova, domain->base.page_bytes, IOVA_LAST);
	return 0;
}

/* A mapping beyond the end of the file would kill the server, or a later access of the program. */
static int check_file(const struct domain *domain, const struct dma_source *source, uint32_t prot)
{
	const char *name = domain->session.name;
	int mode = fcntl(source->fd, F_GETFL);
	struct stat status;

	if (mode < 0 || fstat(source->fd, &status))
		return error_set(-EFAULT, "%s: descriptor %d of the memory at %p: %s", name,
				 source->fd, source->vaddr, error_errno_words(errno));
	mode &= O_ACCMODE;
	if (mode == O_WRONLY || (prot & TRANSPORT_DMA_WRITE && mode != O_RDWR))
		return error_set(-EFAULT,
				 "%s: descriptor %d of the memory at %p does not allow what the "
				 "device is to do: open the file for reading and writing",
				 name, source->fd, source->vaddr);
	if (S_ISREG(status.st_mode) && (source->fd_offset > (uint64_t)status.st_size ||
					source->len > (uint64_t)status.st_size - source->fd_offset))
		return error_set(-EFAULT,
				 "%s: the file of descriptor %d has %lld bytes, not %zu at %llu",
				 name, source->fd, (long long)status.st_size, source->len,
				 (unsigned long long)source->fd_offset);
	return 0;
}

/*
 * Servers map a file as the message says, and some write zeroes to a submission queue that they take over. Where the
 * descriptor allows it, they may: read-only is no promise that a device in another process could be held to.
 */
static uint32_t flags_for(const struct dma_source *source)
{
	int mode = fcntl(source->fd, F_GETFL) & O_ACCMODE;

	return FRAME_DMA_READABLE | (mode == O_RDWR ? FRAME_DMA_WRITEABLE : 0);
}

/* Some servers say of their limit of mappings only that the request is wrong. */
static int send_map(struct domain *domain, uint64_t iova, const struct dma_source *source)
{
	const struct frame_dma_map map = { .argsz = sizeof(map),
					   .flags = flags_for(source),
					   .offset = source->fd_offset,
					   .address = iova,
					   .size = source->len };
	const struct session_request request = {
		.command = FRAME_DMA_MAP, .head = &map, .head_len = sizeof(map), .fd = source->fd
	};
	int ret = session_ask(&domain->session, &request, NULL, NULL);

	if (ret == -ENOSPC || (ret == -EINVAL && domain->count))
		return error_set(-ENOSPC,
				 "%s: the server takes no more memory than the %u mappings it has "
				 "(%s): register fewer, larger buffers",
				 domain->session.name, domain->count, error_errno_words(-ret));
	return ret ? session_explain(&domain->session, ret, "map memory") : 0;
}

static int domain_map(struct transport_domain *base, uint64_t iova, const struct dma_source *source,
		      uint32_t prot)
{
	struct domain *domain = of_base(base);
	uint32_t at = find(domain, iova);
	int ret = check_range(domain, iova, source, prot);

	if (!ret)
		ret = check_file(domain, source, prot);
	if (ret)
		return ret;
	if (at < domain->count && domain->mappings[at].iova <= iova + (source->len - 1))
		return error_set(-EEXIST, "%s: I/O address 0x%llx is mapped already",
				 domain->session.name,
				 (unsigned long long)domain->mappings[at].iova);
	if (domain->count >= base->max_mappings)
		return error_set(-ENOSPC, "%s: all %u mappings of the server are in use",
				 domain->session.name, base->max_mappings);
	ret = reserve(domain);
	if (!ret)
		ret = send_map(domain, iova, source);
	if (!ret)
		insert(domain, at, iova, source->len);
	return ret;
}

static int send_unmap(struct domain *domain, uint64_t iova, uint64_t len)
{
	const struct frame_dma_unmap unmap = { .argsz = sizeof(unmap),
					       .address = iova,
					       .size = len };
	const struct session_request request = {
		.command = FRAME_DMA_UNMAP, .head = &unmap, .head_len = sizeof(unmap), .fd = -1
	};
	int ret = session_ask(&domain->session, &request, NULL, NULL);

	if (ret && session_is_gone(&domain->session))
		return 0;
	return ret ? session_explain(&domain->session, ret, "unmap memory") : 0;
}

static int domain_unmap(struct transport_domain *base, uint64_t iova, size_t len)
{
	struct domain *domain = of_base(base);
	uint32_t at = find(domain, iova);
	int ret;

	if (at == domain->count || domain->mappings[at].iova != iova ||
	    domain->mappings[at].len != len)
		return error_set(-ENOENT, "%s: %zu bytes at I/O address 0x%llx are not mapped",
				 domain->session.name, len, (unsigned long long)iova);
	ret = send_unmap(domain, iova, len);
	if (!ret)
		discard(domain, at);
	return ret;
}

static uint32_t domain_ranges(struct transport_domain *base, struct transport_range *ret_ranges)
{
	ret_ranges[0] = (struct transport_range){ .first = base->page_bytes, .last = IOVA_LAST };
	return 1;
}

static void domain_get(struct transport_domain *base)
{
	(void)__atomic_add_fetch(&of_base(base)->refs, 1, __ATOMIC_RELAXED);
}

static void domain_put(struct transport_domain *base)
{
	struct domain *domain = of_base(base);

	if (__atomic_sub_fetch(&domain->refs, 1, __ATOMIC_ACQ_REL))
		return;
	session_free(&domain->session);
	free(domain->mappings);
	free(domain);
}

static const struct transport_domain_ops domain_ops = {
	.map = domain_map,
	.unmap = domain_unmap,
	.ranges = domain_ranges,
	.get = domain_get,
	.put = domain_put,
};

int domain_open(const char *path, uint32_t patience_ms, struct domain **ret_domain)
{
	struct domain *domain = calloc(1, sizeof(*domain));
	const uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);
	int ret;

	if (!domain)
		return error_set(-ENOMEM, "no memory for a connection to a server");
	ret = session_open(&domain->session, path, patience_ms);
	if (ret) {
		free(domain);
		return ret;
	}
	domain->base.ops = &domain_ops;
	domain->base.page_bytes = domain->session.limits.page_bytes;
	if (domain->base.page_bytes < page)
		domain->base.page_bytes = page;
	domain->base.max_mappings = domain->session.limits.maps_max;
	domain->base.needs_descriptor = true;
	domain->refs = 1;
	*ret_domain = domain;
	return 0;
}

void domain_close(struct domain *domain)
{
	session_close(&domain->session);
	domain_put(&domain->base);
}
