/* SPDX-License-Identifier: MIT */
/*
 * ioas.h: I/O address spaces of iommufd, each an IOMMU domain. One is shared by all devices of a context, so that
 * one buffer serves them all; a device that cannot come into it gets one of its own.
 *
 * Any thread; locked inside.
 */
#ifndef NVU_TRANSPORT_IOMMUFD_IOAS_H
#define NVU_TRANSPORT_IOMMUFD_IOAS_H

#include "transport/iommufd/context.h"
#include "transport/transport.h"

struct ioas;

/*
 * Puts a device that is bound to the context into an I/O address space: into the caller's own `id`, which
 * stays the caller's; 0: into one of nvu's. name is the device's, for sentences. The context lives until the device has
 * left.
 */
int ioas_attach(const struct context *context, uint32_t id, int device_fd, const char *name,
		struct ioas **ret_ioas);

/*
 * Takes the device out again. With its last device an I/O address space loses all mappings and can map no more; its
 * domain stays until the last reference goes.
 */
void ioas_detach(struct ioas *ioas, int device_fd);

struct transport_domain *ioas_domain(struct ioas *ioas);

#endif
