/* SPDX-License-Identifier: MIT */
/*
 * transport.h: the mock controller as a transport: addresses "mock:...".
 */
#ifndef NVU_MOCK_TRANSPORT_TRANSPORT_H
#define NVU_MOCK_TRANSPORT_TRANSPORT_H

#include "transport/transport.h"

extern const struct transport_ops mock_transport_ops;

#endif
