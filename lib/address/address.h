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

/* The same for a PCI device whose descriptors the caller has: struct transport_fds, whose iommufd chooses. */
int address_open_fds(const struct transport_fds *fds, const struct transport_open_opts *opts,
		     struct transport **ret_transport);

/*
 * What an address is of, to be freed: all addresses of one PCI device are the same, "0000:01:00.0", whichever way they
 * open it. -EINVAL: no address of a device; -ENOMEM. Sets the sentence.
 */
int address_identify(const char *address, char **ret_identity);

#endif
