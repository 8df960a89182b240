/* SPDX-License-Identifier: MIT */
/*
 * msix.h: the vectors of a VFIO device's MSI-X: the operations vectors_enable() and vector_set() of struct
 * transport_ops.
 */
#ifndef NVU_TRANSPORT_VFIO_MSIX_H
#define NVU_TRANSPORT_VFIO_MSIX_H

#include "transport/vfio/device.h"

int msix_enable(struct transport *transport, uint32_t *ret_count);
int msix_set(struct transport *transport, uint32_t vector, int fd);

/* No vector interrupts any more; for a device that is closed, also one without MSI-X. */
void msix_disable(struct device *device);

#endif
