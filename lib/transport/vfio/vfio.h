/* SPDX-License-Identifier: MIT */
/*
 * vfio.h: the transport for PCI devices bound to vfio-pci, through VFIO's type1 interface.
 *
 * Inside, each file calls only those before it: caps, info, memlock, pci, container_explain, container, group, claim,
 * sigbus, device, doorbells, type1, open_path, open_fds, vfio.
 */
#ifndef NVU_TRANSPORT_VFIO_H
#define NVU_TRANSPORT_VFIO_H

#include "transport/transport.h"

/* Scheme "vfio"; target "0000:01:00.0", or "01:00.0" in domain 0000. */
extern const struct transport_ops vfio_transport_ops;

#endif
