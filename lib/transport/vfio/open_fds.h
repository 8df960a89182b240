/* SPDX-License-Identifier: MIT */
/*
 * open_fds.h: takes over a device whose descriptors the caller has.
 */
#ifndef NVU_TRANSPORT_VFIO_OPEN_FDS_H
#define NVU_TRANSPORT_VFIO_OPEN_FDS_H

#include "transport/transport.h"

/* For open_fds() of struct transport_ops: the transport gets these ops. */
int open_fds(const struct transport_ops *ops, const struct transport_fds *fds,
	     const struct transport_open_opts *opts, struct transport **ret_transport);

#endif
