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

/* The same for a PCI device whose descriptors the caller has: struct transport_fds. */
int address_open_fds(const struct transport_fds *fds, const struct transport_open_opts *opts,
		     struct transport **ret_transport);

/*
 * A copy of the first len bytes, to be freed; an address of a PCI device in one form, so that all addresses of
 * one device are the same: "0000:01:00.0". -EINVAL: no address of a device; -ENOMEM. Sets the sentence.
 */
int address_copy(const char *address, size_t len, char **ret_copy);

#endif
