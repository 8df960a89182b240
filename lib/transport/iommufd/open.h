/* SPDX-License-Identifier: MIT */
/*
 * open.h: opens a device by its own file, or takes over one whose descriptors the caller has. For the operations of
 * struct transport_ops: the transport gets these ops.
 */
#ifndef NVU_TRANSPORT_IOMMUFD_OPEN_H
#define NVU_TRANSPORT_IOMMUFD_OPEN_H

#include "transport/transport.h"

int iommufd_open_path(const struct transport_ops *ops, const char *target,
		      const struct transport_open_opts *opts, struct transport **ret_transport);

int iommufd_open_fds(const struct transport_ops *ops, const struct transport_fds *fds,
		     const struct transport_open_opts *opts, struct transport **ret_transport);

#endif
