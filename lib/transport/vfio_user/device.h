/* SPDX-License-Identifier: MIT */
/*
 * device.h: a PCI device that a server of the vfio-user protocol has: its BAR0, its configuration space, reset.
 */
#ifndef NVU_TRANSPORT_VFIO_USER_DEVICE_H
#define NVU_TRANSPORT_VFIO_USER_DEVICE_H

#include "transport/vfio/claim.h"
#include "transport/vfio/device.h"
#include "transport/vfio_user/domain.h"

/* The device's descriptor is that of its doorbells, and its registers are not mapped: they are messages. */
struct remote {
	struct device device; /* first: the ops get the address of its transport */
	struct domain *domain;
	struct claim claim;
	char *path;	    /* of the socket, as the kernel names it */
	uint32_t irq_kinds; /* of struct frame_info */
	uint32_t msix_at; /* of its capability in configuration space; 0: none, or not looked for */
};

static inline struct remote *remote_of(struct transport *transport)
{
	return (struct remote *)(void *)transport;
}

static inline struct session *remote_session(struct remote *remote)
{
	return &remote->domain->session;
}

/* Asks the server what the device is, and puts the function on the bus. The domain is set, and the name. */
int remote_init(struct remote *remote);

/* Bus mastering off, if the server still answers; doorbells unmapped. */
void remote_fini(struct remote *remote);

/* The operations of struct transport_ops. */
int remote_reg_read32(struct transport *transport, uint32_t offset, uint32_t *ret_value);
int remote_reg_write32(struct transport *transport, uint32_t offset, uint32_t value);
int remote_reg_read64(struct transport *transport, uint32_t offset, uint64_t *ret_value);
int remote_config_read(struct transport *transport, uint32_t offset, void *ret_data, uint32_t len);
int remote_config_write(struct transport *transport, uint32_t offset, const void *data,
			uint32_t len);
int remote_reset(struct transport *transport);

#endif
