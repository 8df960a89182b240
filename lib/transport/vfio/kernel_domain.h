/* SPDX-License-Identifier: MIT */
/*
 * kernel_domain.h: what a type1 container and an I/O address space of iommufd have alike as transport domains: references,
 * the count of live mappings, the allowed ranges, and that none is mapped any more once the last device has left. How the
 * kernel maps and unmaps is theirs.
 *
 * Any thread may map, unmap and ask for ranges, also while a device enters or leaves. A thread that changes other members
 * holds .lock.
 */
#ifndef NVU_TRANSPORT_VFIO_KERNEL_DOMAIN_H
#define NVU_TRANSPORT_VFIO_KERNEL_DOMAIN_H

#include "transport/transport.h"

#include <pthread.h>
#include <stdatomic.h>

struct kernel_domain;

/* Under .lock, with a descriptor. */
struct kernel_domain_ops {
	/* 0 or -errno, with a sentence. */
	int (*map)(struct kernel_domain *domain, uint64_t iova, const struct dma_source *source,
		   uint32_t prot);
	/* 0 or -errno; how many bytes the kernel has unmapped. */
	int (*unmap)(struct kernel_domain *domain, uint64_t iova, uint64_t len, uint64_t *ret_len);
};

struct kernel_domain {
	struct transport_domain base; /* first: the ops get its address */
	const struct kernel_domain_ops *ops;
	pthread_mutex_t lock; /* protects all below but refs */
	int fd;		      /* to map with; -1 after the last device has left */
	uint32_t members;     /* groups, or devices: each has a reference */
	uint32_t mappings;    /* live ones */
	uint32_t range_count;
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	atomic_uint refs;
};

/* In zeroed memory; the caller has the only reference. */
void kernel_domain_init(struct kernel_domain *domain, const struct transport_domain_ops *base_ops,
			const struct kernel_domain_ops *ops, int fd);

/* Drops a reference. Whether it was the last one: then nothing is left in it, and the caller frees what it is part of. */
bool kernel_domain_drop(struct kernel_domain *domain);

static inline struct kernel_domain *kernel_domain_of(struct transport_domain *base)
{
	return (struct kernel_domain *)(void *)base;
}

/* For struct transport_domain_ops. */
int kernel_domain_map(struct transport_domain *base, uint64_t iova, const struct dma_source *source,
		      uint32_t prot);
int kernel_domain_unmap(struct transport_domain *base, uint64_t iova, size_t len);
uint32_t kernel_domain_ranges(struct transport_domain *base, struct transport_range *ret_ranges);
void kernel_domain_get(struct transport_domain *base);

#endif
