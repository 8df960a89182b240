/* SPDX-License-Identifier: MIT */
/*
 * device.h: an open VFIO PCI device: its BAR0, its configuration space, reset, device requests. It knows a
 * descriptor, not how that came to be.
 */
#ifndef NVU_TRANSPORT_VFIO_DEVICE_H
#define NVU_TRANSPORT_VFIO_DEVICE_H

#include "transport/transport.h"

struct device {
	struct transport transport; /* first: the ops get its address */
	int fd;			    /* not closed here */
	int request_fd;		    /* -1: not asked for yet */
	bool resettable;
	uint64_t bar0_at; /* where the regions are in fd */
	uint64_t config_at;
	uint64_t config_bytes;
	void *map; /* BAR0's window, or NULL */
	size_t map_bytes;
	int plain_fd; /* memory that lies over buried doorbells; -1: none yet */
	size_t plain_bytes;
	uint32_t vectors; /* of MSI-X, that are enabled; 0: none */
};

/* What is known of a device before it is open. */
struct device_identity {
	const struct transport_ops *ops;
	const char *name;
	int numa_node; /* -1: unknown */
	bool is_virtual_function;
};

/* Writes this into a device that is zeroed. */
void device_identify(struct device *device, const struct device_identity *identity);

/* Fills in a device that is zeroed but for its identity, up to bus mastering. */
int device_init(struct device *device, int fd);

/* Bus mastering off, everything closed but the device's descriptor. A half-made device is fine. */
void device_fini(struct device *device);

/* Resets the function if opts want that and it can be. If not, bring-up's disabling of the controller must do. */
void device_reset_at_open(struct device *device, const struct transport_open_opts *opts);

/*
 * Maps the window of BAR0 with the doorbells, if `info`, a struct vfio_region_info with what follows it, allows one. The
 * parts that doorbells.c needs are set: .transport with .reg_bytes, .fd, .bar0_at, .plain_fd -1. A failure is no error:
 * nothing is mapped then.
 */
void device_map_window(struct device *device, const void *info, size_t len);

/* With what lay over buried doorbells. */
void device_unmap_window(struct device *device);

/* The operations of struct transport_ops. */
int device_reg_read32(struct transport *transport, uint32_t offset, uint32_t *ret_value);
int device_reg_write32(struct transport *transport, uint32_t offset, uint32_t value);
int device_reg_read64(struct transport *transport, uint32_t offset, uint64_t *ret_value);
int device_config_read(struct transport *transport, uint32_t offset, void *ret_data, uint32_t len);
int device_config_write(struct transport *transport, uint32_t offset, const void *data,
			uint32_t len);
int device_reset(struct transport *transport);
int device_request_fd(struct transport *transport);
void device_relax(struct transport *transport);

#endif
