/* SPDX-License-Identifier: MIT */
/*
 * type1.h: a device that is open in its group, from its taking over to its close. How it was found and opened is
 * the affair of open_path.c and open_fds.c.
 */
#ifndef NVU_TRANSPORT_VFIO_TYPE1_H
#define NVU_TRANSPORT_VFIO_TYPE1_H

#include "transport/vfio/claim.h"
#include "transport/vfio/device.h"
#include "transport/vfio/group.h"

struct type1 {
	struct device device; /* first: the ops get its transport's address */
	struct claim claim;
	struct group *group;
	bool has_device; /* the device's descriptor was the caller's */
	bool borrowed;	 /* and is so again */
};

/* Claims the device by its name; to be ended with type1_drop(), or by type1_take_over() and type1_close(). */
int type1_claim(const struct device_identity *identity, struct type1 **ret_type1);
void type1_drop(struct type1 *type1);

/*
 * Takes over the device's descriptor and the reference to its group, and resets the function if that is
 * wanted. After a failure both are the caller's still.
 */
int type1_take_over(struct type1 *type1, struct group *group, int fd,
		    const struct transport_open_opts *opts);

/* Operations of struct transport_ops. */
void type1_give_fds_back(struct transport *transport);
void type1_close(struct transport *transport);

#endif
