/* SPDX-License-Identifier: MIT */
/*
 * transport.h: the seam between nvu and the bus of a controller. A transport opens a device,
 * reads and writes its registers, and belongs to an IOMMU domain that maps memory for it. It knows
 * nothing of queues or commands.
 *
 * Every call returns 0 or -errno; on failure it has set the sentence (error_set()). Calls on one
 * transport are serialised by the caller; calls on one domain too (dma layer's lock), but a
 * domain's calls may run beside a transport's.
 */
#ifndef NVU_TRANSPORT_H
#define NVU_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transport;
struct transport_domain;

enum { TRANSPORT_RANGES_MAX = 32 };

/* An allowed window of I/O addresses, both ends inclusive. */
struct transport_range {
	uint64_t first;
	uint64_t last;
};

/* prot of domain map(): what the device may do. */
#define TRANSPORT_DMA_READ (1u << 0)
#define TRANSPORT_DMA_WRITE (1u << 1)

struct transport_domain_ops {
	/*
	 * Map len bytes at vaddr; all three are multiples of page_bytes. Memory that is mapped
	 * without TRANSPORT_DMA_WRITE has been written to before: see lib/dma/pages.c. -ENOSPC: there
	 * are no more mappings; -ENOMEM: no more memory may be locked; -EFAULT: the memory is not mapped,
	 * or not to be written to.
	 */
	int (*map)(struct transport_domain *domain, uint64_t iova, void *vaddr, size_t len,
		   uint32_t prot);
	/* Unmap exactly what one map() mapped. When it returns, the device cannot reach it. */
	int (*unmap)(struct transport_domain *domain, uint64_t iova, size_t len);
	/*
	 * The allowed windows of I/O addresses, as they are now: another device's joining may take some
	 * away. A copy, since that may happen on another thread. Returns how many, up to
	 * TRANSPORT_RANGES_MAX.
	 */
	uint32_t (*ranges)(struct transport_domain *domain, struct transport_range *ret_ranges);
	/* A domain lives as long as a transport or a reference uses it. */
	void (*get)(struct transport_domain *domain);
	void (*put)(struct transport_domain *domain);
};

struct transport_domain {
	const struct transport_domain_ops *ops;
	void *upper;	     /* the dma layer's; NULL until it has one */
	uint32_t page_bytes; /* granularity of map() */
	/*
	 * How many map() calls may be live; UINT32_MAX: no limit known. Atomic: another device's joining
	 * may change it.
	 */
	uint32_t max_mappings;
};

struct transport_open_opts {
	bool reset; /* reset the function at open, where the device can */
};

/*
 * Doorbells as memory, for one queue pair. Zeroed: not mapped. A thread may be about to store there when
 * another one buries them: the address stays good until they are unmapped.
 */
struct transport_doorbells {
	const struct transport_ops *ops; /* NULL: not mapped */
	volatile char *at;		 /* BAR0's byte .first */
	size_t first, end;		 /* of BAR0's bytes */
	bool buried;			 /* what is stored there goes nowhere */
	void *map;			 /* the transport's: whole pages */
	size_t map_bytes;
};

struct transport_ops {
	const char *scheme; /* "vfio": what stands before the colon in an address */

	/* target is the address behind the colon. */
	int (*open)(const char *target, const struct transport_open_opts *opts,
		    struct transport **ret_transport);
	/* Ends the device's DMA (bus mastering off), gives the device back. Never fails. */
	void (*close)(struct transport *transport);

	/* Registers of BAR0. offset is aligned and below reg_bytes. A device that has gone reads as
	 * all ones. 64-bit accesses may be done as two 32-bit ones, low half first. */
	int (*reg_read32)(struct transport *transport, uint32_t offset, uint32_t *ret_value);
	int (*reg_write32)(struct transport *transport, uint32_t offset, uint32_t value);
	int (*reg_read64)(struct transport *transport, uint32_t offset, uint64_t *ret_value);
	int (*reg_write64)(struct transport *transport, uint32_t offset, uint64_t value);

	/* PCI configuration space. */
	int (*config_read)(struct transport *transport, uint32_t offset, void *ret_data,
			   uint32_t len);
	int (*config_write)(struct transport *transport, uint32_t offset, const void *data,
			    uint32_t len);

	/* Function level reset. -ENOTSUP: the device has none. */
	int (*reset)(struct transport *transport);

	/*
	 * Called in every turn of a loop that waits for the device; yields or sleeps a little. May run
	 * beside any other call.
	 */
	void (*relax)(struct transport *transport);

	/*
	 * A mapping of BAR0's bytes [first, end) for these doorbells alone. -ENOTSUP: there is none;
	 * -ENOMEM or other errors: not now. They are then written with reg_write32(). May run, as the three
	 * below, beside any other call.
	 */
	int (*doorbells_map)(struct transport *transport, size_t first, size_t end,
			     struct transport_doorbells *ret_doorbells);
	/*
	 * When it returns, no store to them reaches the device any more: one that another thread has begun
	 * either has left the processor, or lands in plain memory. A register that is read next pushes
	 * those which have left ahead of the answer. After a failure they may still reach it.
	 */
	int (*doorbells_bury)(struct transport *transport, struct transport_doorbells *doorbells);
	/* At the same address they reach the device again; after a failure they are still buried. */
	int (*doorbells_renew)(struct transport *transport, struct transport_doorbells *doorbells);
	/* No thread stores to them any more. Only for buried ones, or those of a closed transport. */
	void (*doorbells_unmap)(struct transport_doorbells *doorbells);

	/* The eventfd that becomes readable when the kernel wants the device back; -ENOTSUP. */
	int (*request_fd)(struct transport *transport);
};

/* What a transport's open() returns: embedded as the first member of the transport's own struct. */
struct transport {
	const struct transport_ops *ops;
	struct transport_domain *domain;
	size_t reg_bytes; /* size of BAR0 */
	volatile void
		*mapped; /* BAR0's bytes [mapped_first, mapped_end) at mapped + offset, or NULL: */
	size_t mapped_first; /* admin doorbells are then written with reg_write32() */
	size_t mapped_end;
	int numa_node;		  /* -1: unknown */
	bool is_virtual_function; /* of SR-IOV: a physical function brings it online */
	char name[64];		  /* for messages: "0000:01:00.0" */
};

#endif /* NVU_TRANSPORT_H */
