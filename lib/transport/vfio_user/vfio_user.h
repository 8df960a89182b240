/* SPDX-License-Identifier: MIT */
/*
 * vfio_user.h: the transport "vfio-user:PATH": a controller that another process serves on a socket.
 */
#ifndef NVU_TRANSPORT_VFIO_USER_VFIO_USER_H
#define NVU_TRANSPORT_VFIO_USER_VFIO_USER_H

#include "transport/transport.h"

extern const struct transport_ops vfio_user_transport_ops;

#endif
