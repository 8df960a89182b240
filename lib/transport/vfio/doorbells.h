/* SPDX-License-Identifier: MIT */
/*
 * doorbells.h: mappings of a device's doorbells that can be buried: the operations doorbells_...() of struct
 * transport_ops.
 */
#ifndef NVU_TRANSPORT_VFIO_DOORBELLS_H
#define NVU_TRANSPORT_VFIO_DOORBELLS_H

#include "transport/vfio/device.h"

int doorbells_map(struct transport *transport, size_t first, size_t end,
		  struct transport_doorbells *ret_doorbells);
int doorbells_bury(struct transport *transport, struct transport_doorbells *doorbells);
int doorbells_renew(struct transport *transport, struct transport_doorbells *doorbells);
void doorbells_unmap(struct transport_doorbells *doorbells);

#endif
