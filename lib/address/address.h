/* SPDX-License-Identifier: MIT */
/*
 * address.h: from an address string to an open transport. The one place that knows every transport.
 */
#ifndef NVU_ADDRESS_ADDRESS_H
#define NVU_ADDRESS_ADDRESS_H

#include "transport/transport.h"

/* 0; -EINVAL: no transport takes this form of address; or the transport's error. Sets the sentence. */
int address_open(const char *address, const struct transport_open_opts *opts,
		 struct transport **ret_transport);

#endif
