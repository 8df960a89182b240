/* SPDX-License-Identifier: MIT */
/*
 * open_path.h: finds a device in sysfs and opens it by the files of its group and container.
 */
#ifndef NVU_TRANSPORT_VFIO_OPEN_PATH_H
#define NVU_TRANSPORT_VFIO_OPEN_PATH_H

#include "transport/transport.h"

/* For open() of struct transport_ops: the transport gets these ops. */
int open_path(const struct transport_ops *ops, const char *target,
	      const struct transport_open_opts *opts, struct transport **ret_transport);

#endif
