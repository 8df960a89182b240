/* SPDX-License-Identifier: MIT */
/*
 * address.c: "scheme:target", or a bare PCI address, which means vfio.
 */
#include "address/address.h"

#include "base/error.h"
#include "mock/transport/transport.h"
#include "transport/vfio/pci.h"
#include "transport/vfio/vfio.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct transport_ops *const transports[] = {
	&vfio_transport_ops,
	&mock_transport_ops,
};

#define EXPECTED "expected vfio:0000:01:00.0, 0000:01:00.0 or mock:size=1G,lba=4096"

/* "0000:01:00.0" and "01:00.0": digits where a scheme has a letter outside a to f. */
static int is_pci_address(const char *address)
{
	return address[0] && strspn(address, "0123456789abcdefABCDEF:.") == strlen(address);
}

int address_open(const char *address, const struct transport_open_opts *opts,
		 struct transport **ret_transport)
{
	const char *colon;

	if (!address || !address[0])
		return error_set(-EINVAL, "the address is empty: " EXPECTED);
	if (is_pci_address(address))
		return vfio_transport_ops.open(address, opts, ret_transport);
	colon = strchr(address, ':');
	for (size_t i = 0; colon && i < sizeof(transports) / sizeof(transports[0]); i++) {
		const char *scheme = transports[i]->scheme;
		size_t len = (size_t)(colon - address);

		if (strlen(scheme) == len && !strncmp(scheme, address, len))
			return transports[i]->open(colon + 1, opts, ret_transport);
	}
	return error_set(-EINVAL, "'%.64s' is not an address of a controller: " EXPECTED, address);
}

int address_open_fds(const struct transport_fds *fds, const struct transport_open_opts *opts,
		     struct transport **ret_transport)
{
	return vfio_transport_ops.open_fds(fds, opts, ret_transport);
}

/* vfio's part behind the scheme; NULL: the address is of another transport. */
static const char *pci_part(const char *address)
{
	if (is_pci_address(address))
		return address;
	return strncmp(address, "vfio:", 5) ? NULL : address + 5;
}

int address_copy(const char *address, size_t len, char **ret_copy)
{
	char *copy = strndup(address, len), bdf[PCI_BDF_BYTES];
	const char *pci = copy ? pci_part(copy) : NULL;
	int ret = pci ? pci_parse_address(pci, bdf) : 0;

	if (!copy)
		return error_set(-ENOMEM, "no memory for an address");
	if (ret) {
		free(copy);
		return ret;
	}
	if (pci) {
		free(copy);
		copy = strdup(bdf);
		if (!copy)
			return error_set(-ENOMEM, "no memory for an address");
	}
	*ret_copy = copy;
	return 0;
}
