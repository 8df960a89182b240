/* SPDX-License-Identifier: MIT */
/*
 * transport.h: the seam between nvu and the bus of a controller. A transport opens a device,
 * reads and writes its registers, and belongs to an IOMMU domain that maps memory for it. It knows
 * nothing of queues or commands.
 *
 * Every call returns 0 or -errno; on failure it has set the sentence (error_set()), and its
 * out-parameters are untouched. test/contract asserts what this header states, on every transport.
 *
 * Thread rules. Each operation names one of:
 *	any		any thread, beside any other call
 *	control		one such call at a time on a transport: the caller holds the controller's lock, or
 *			is alone with the transport because it opens or closes the controller
 *	alone		no other call on the transport is in progress, nor begins later
 * Where the rule of an operation has an exception, it follows the name. The members of struct transport are
 * constant from open() to close(): any thread reads them.
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

/*
 * Memory to map. A device in another process reaches it through its file: fd, in which it begins at fd_offset.
 * The descriptor stays the caller's: map() duplicates or sends it, and does not keep it.
 */
struct dma_source {
	void *vaddr;
	size_t len;
	int fd; /* -1: the memory has none, or none is known */
	uint64_t fd_offset;
};

/*
 * The operations of a domain. Those of one domain run beside every call on its transports, their
 * opening and closing too.
 */
struct transport_domain_ops {
	/*
	 * Map memory; iova, vaddr and len are multiples of page_bytes. Memory that is mapped without
	 * TRANSPORT_DMA_WRITE has been written to before: see lib/dma/pages.c. -EEXIST: some of the
	 * addresses are mapped already; -EINVAL: they are not in whole pages or outside the ranges, or prot is
	 * neither of the two; -ENOSPC: there are no more mappings; -ENOMEM: no more memory may be
	 * locked; -EFAULT: the memory is not mapped in this process, or not to be written to; -ENODEV: every
	 * transport of the domain is closed. Thread: one map() or unmap() at a time in a domain (the
	 * dma layer's lock).
	 */
	int (*map)(struct transport_domain *domain, uint64_t iova, const struct dma_source *source,
		   uint32_t prot);
	/*
	 * Unmap exactly what one map() mapped. When it returns, the device cannot reach it; after a failure it
	 * may. -ENOENT: nothing is mapped there. 0 after the domain's last transport is closed, which has
	 * unmapped everything. Thread: as map().
	 */
	int (*unmap)(struct transport_domain *domain, uint64_t iova, size_t len);
	/*
	 * The allowed windows of I/O addresses, ascending, as they are now: another device's joining may take
	 * some away. A copy, since that may happen on another thread. Returns how many, up to
	 * TRANSPORT_RANGES_MAX. Thread: any.
	 */
	uint32_t (*ranges)(struct transport_domain *domain, struct transport_range *ret_ranges);
	/* A domain lives as long as a transport or a reference uses it. Thread: any. */
	void (*get)(struct transport_domain *domain);
	void (*put)(struct transport_domain *domain);
};

struct transport_domain {
	const struct transport_domain_ops *ops;
	void *upper;	     /* the dma layer's, under its registry's lock; NULL until it has one */
	uint32_t page_bytes; /* granularity of map(); constant */
	/*
	 * How many map() calls may be live; UINT32_MAX: no limit known. Atomic: another device's joining
	 * may change it.
	 */
	uint32_t max_mappings;
	/* map() takes only memory with a descriptor: the device is in another process. Constant. */
	bool needs_descriptor;
};

struct transport_open_opts {
	bool reset; /* reset the function at open, where the device can */
};

/*
 * A device whose descriptors the caller has, because another program opened them. When open_fds() succeeds they
 * become the transport's, and its close() closes them; after a failure they are the caller's, and open. A number
 * that an open transport has already is shared: two devices of one group, two groups of one container, two devices
 * of one iommufd.
 */
struct transport_fds {
	const char *name; /* the device's, as open() takes it: "0000:01:00.0" */
	int group;	  /* /dev/vfio/N */
	int container; /* /dev/vfio/vfio, in which no other code maps memory; -1: as open() does it */
	int device; /* of VFIO_GROUP_GET_DEVICE_FD, or -1: got from group; /dev/vfio/devices/vfioN */
	int iommufd;   /* /dev/iommu, in place of a group and a container; -1: of those */
	uint32_t ioas; /* of iommufd, in which no other code maps memory; 0: nvu makes one */
	int numa_node; /* -1: unknown */
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

	/*
	 * target is the address behind the colon; opts NULL: all zeroes. The function is on the bus
	 * then: memory space and bus mastering on, the pin interrupt off. A failure leaves nothing open.
	 * -EBUSY: the device is open, in this process or elsewhere. Thread: any.
	 */
	int (*open)(const char *target, const struct transport_open_opts *opts,
		    struct transport **ret_transport);
	/*
	 * The same for a device that is open already. NULL: the devices of this transport have no
	 * descriptors. -EINVAL: some are missing, or do not belong together. Thread: any.
	 */
	int (*open_fds)(const struct transport_fds *fds, const struct transport_open_opts *opts,
			struct transport **ret_transport);
	/*
	 * The descriptors that open_fds() took from this transport's caller are the caller's again: its close()
	 * leaves them open, but for those that another transport has too. NULL where open_fds is. Thread: control.
	 */
	void (*give_fds_back)(struct transport *transport);
	/*
	 * Ends the device's DMA (bus mastering off), gives the device back. No doorbells are mapped that are not
	 * buried. Never fails. Thread: alone; but doorbells_unmap() may follow.
	 */
	void (*close)(struct transport *transport);

	/*
	 * Registers of BAR0. offset is a multiple of the size. -EINVAL: it is not, or the register is beyond
	 * reg_bytes; nothing is accessed. A device that has gone reads as all ones, which is no failure.
	 * 64-bit accesses may be done as two 32-bit ones, low half first. Thread: control; but
	 * reg_write32() of doorbells behind an open gate (lib/ring/doorbell.h) comes from the thread of
	 * their queue pair, beside any call but reset() and close(), before which all gates are closed.
	 */
	int (*reg_read32)(struct transport *transport, uint32_t offset, uint32_t *ret_value);
	int (*reg_write32)(struct transport *transport, uint32_t offset, uint32_t value);
	int (*reg_read64)(struct transport *transport, uint32_t offset, uint64_t *ret_value);
	int (*reg_write64)(struct transport *transport, uint32_t offset, uint64_t value);

	/* PCI configuration space. -EINVAL: some of the bytes are beyond its end. Thread: control. */
	int (*config_read)(struct transport *transport, uint32_t offset, void *ret_data,
			   uint32_t len);
	int (*config_write)(struct transport *transport, uint32_t offset, const void *data,
			    uint32_t len);

	/*
	 * Function level reset; what open() has set in configuration space is as it was. -ENOTSUP: the
	 * device has none. Thread: control; and no doorbell that is not buried is stored to.
	 */
	int (*reset)(struct transport *transport);

	/*
	 * Called in every turn of a loop that waits for the device; yields or sleeps a little. Thread: any,
	 * until close(): a caller that waits for an admin command has given the controller's lock back.
	 */
	void (*relax)(struct transport *transport);

	/*
	 * A mapping of BAR0's bytes [first, end) for these doorbells alone. -ENOTSUP: there is none;
	 * -ENOMEM or other errors: not now. They are then written with reg_write32(). An earlier mapping
	 * of the same doorbells, to which no thread stores any more, may be buried later. Thread: control.
	 */
	int (*doorbells_map)(struct transport *transport, size_t first, size_t end,
			     struct transport_doorbells *ret_doorbells);
	/*
	 * When it returns, no store to them reaches the device any more: one that another thread has begun
	 * either has left the processor, or lands in plain memory. A register that is read next pushes
	 * those which have left ahead of the answer. After a failure they may still reach it. Thread: any,
	 * until close(): a queue pair that is no longer the controller's buries its own without the
	 * controller's lock. One call at a time on the same doorbells, which their thread may store to meanwhile.
	 */
	int (*doorbells_bury)(struct transport *transport, struct transport_doorbells *doorbells);
	/*
	 * At the same address they reach the device again; after a failure they are still buried. Thread:
	 * control; no thread stores to them meanwhile.
	 */
	int (*doorbells_renew)(struct transport *transport, struct transport_doorbells *doorbells);
	/*
	 * No thread stores to them any more. Only for buried ones, or those of a closed transport. Thread:
	 * any, after close() too.
	 */
	void (*doorbells_unmap)(struct transport_doorbells *doorbells);

	/*
	 * The eventfd that becomes readable when the kernel wants the device back: the same one at each
	 * call; the transport closes it. -ENOTSUP: there is none. Thread: control. Any thread may poll the
	 * descriptor until close().
	 */
	int (*request_fd)(struct transport *transport);

	/*
	 * Enables MSI-X, all vectors at once and none with a descriptor: some kernels cannot add vectors later. An
	 * interrupt of a vector without a descriptor is lost. Further calls change nothing. *ret_count: the
	 * vectors, 1 and up, the same at each call. -ENOTSUP: the device has no MSI-X. Thread: control.
	 */
	int (*vectors_enable)(struct transport *transport, uint32_t *ret_count);
	/*
	 * From now on an interrupt of this vector adds 1 to fd, an eventfd that does not block; -1: none. The descriptor
	 * stays the caller's, who may close it: the transport keeps what is behind it. Interrupts go on through
	 * resets, and end with close(). -EINVAL: there is no such vector, or vectors are not enabled. Thread:
	 * control.
	 */
	int (*vector_set)(struct transport *transport, uint32_t vector, int fd);
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
	bool is_stepped; /* the device works in relax() alone: who waits for it calls that */
	char name[64];	 /* for messages: "0000:01:00.0" */
	/* Set by the transport's user, NULL: none. Who has called clock_advance() calls it, without locks. */
	void (*time_passed)(void *arg);
	void *time_passed_arg;
};

#endif /* NVU_TRANSPORT_H */
