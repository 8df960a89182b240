/* SPDX-License-Identifier: MIT */
/*
 * irqs.h: interrupts of a server's device, as eventfds that it is sent: MSI-X, and its request for the device.
 */
#ifndef NVU_TRANSPORT_VFIO_USER_IRQS_H
#define NVU_TRANSPORT_VFIO_USER_IRQS_H

#include "transport/vfio_user/device.h"

/* The operations of struct transport_ops. */
int irqs_request_fd(struct transport *transport);
int irqs_enable(struct transport *transport, uint32_t *ret_count);
int irqs_set(struct transport *transport, uint32_t vector, int fd);

/* Before the transport is closed. */
void irqs_end(struct remote *remote);

#endif
