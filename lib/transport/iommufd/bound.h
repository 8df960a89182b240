/* SPDX-License-Identifier: MIT */
/*
 * bound.h: a device that is bound to iommufd, from its taking over to its close. How it was found and opened is the
 * affair of open.c.
 */
#ifndef NVU_TRANSPORT_IOMMUFD_BOUND_H
#define NVU_TRANSPORT_IOMMUFD_BOUND_H

#include "transport/iommufd/context.h"
#include "transport/iommufd/ioas.h"
#include "transport/vfio/claim.h"
#include "transport/vfio/device.h"
#include "transport/vfio/pci.h"

struct bound {
	struct device device; /* first: the ops get its transport's address */
	struct claim claim;
	struct context *context;
	struct ioas *ioas;
	int32_t group;	    /* IOMMU group; -1: unknown */
	bool given;	    /* the device's descriptor was the caller's */
	bool borrowed;	    /* and is so again */
	struct bound *next; /* in the list of open ones */
};

/* Claims the device by its name; to be ended with bound_drop(), or by bound_take_over() and bound_close(). */
int bound_claim(const struct device_identity *identity, struct bound **ret_bound);
void bound_drop(struct bound *bound);

/*
 * Binds the device to the context, puts it into the I/O address space `id` (0: nvu's), takes over its descriptor and
 * the reference to the context, and resets the function if that is wanted. info NULL: sysfs was not asked.
 * After a failure both are the caller's still, and the device is in no I/O address space.
 */
int bound_take_over(struct bound *bound, struct context *context, uint32_t id, int fd,
		    const struct pci_info *info, const struct transport_open_opts *opts);

/* Whether a device of the IOMMU group is open so in this process. Any thread. */
bool bound_has_group(int32_t group);

/* Operations of struct transport_ops. */
void bound_give_fds_back(struct transport *transport);
void bound_close(struct transport *transport);

#endif
