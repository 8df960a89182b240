/* SPDX-License-Identifier: MIT */
/*
 * address.c: "scheme:target", or a bare PCI address, for which the way to the device is chosen.
 */
#include "address/address.h"

#include "base/error.h"
#include "mock/transport/transport.h"
#include "transport/iommufd/choice.h"
#include "transport/iommufd/iommufd.h"
#include "transport/vfio/pci.h"
#include "transport/vfio/vfio.h"
#include "transport/vfio_user/vfio_user.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static const struct transport_ops *const transports[] = {
	&vfio_transport_ops,
	&iommufd_transport_ops,
	&vfio_user_transport_ops,
	&mock_transport_ops,
};

#define EXPECTED                                                           \
	"expected vfio:0000:01:00.0, 0000:01:00.0, iommufd:0000:01:00.0, " \
	"vfio-user:/run/nvme.sock or mock:size=1G,lba=4096"

/* "0000:01:00.0" and "01:00.0": digits where a scheme has a letter outside a to f. */
static int is_pci_address(const char *address)
{
	return address[0] && strspn(address, "0123456789abcdefABCDEF:.") == strlen(address);
}

static int open_pci(const char *address, const struct transport_open_opts *opts,
		    struct transport **ret_transport)
{
	const struct transport_ops *ops =
		choice_is_iommufd(address) ? &iommufd_transport_ops : &vfio_transport_ops;

	return ops->open(address, opts, ret_transport);
}

int address_open(const char *address, const struct transport_open_opts *opts,
		 struct transport **ret_transport)
{
	const char *colon;

	if (!address || !address[0])
		return error_set(-EINVAL, "the address is empty: " EXPECTED);
	if (is_pci_address(address))
		return open_pci(address, opts, ret_transport);
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
	const struct transport_ops *ops =
		fds->iommufd >= 0 ? &iommufd_transport_ops : &vfio_transport_ops;

	return ops->open_fds(fds, opts, ret_transport);
}

/* What is behind the scheme of a PCI device; NULL: the address is of another transport. */
static const char *pci_part(const char *address)
{
	if (is_pci_address(address))
		return address;
	if (!strncmp(address, "vfio:", 5))
		return address + 5;
	return strncmp(address, "iommufd:", 8) ? NULL : address + 8;
}

int address_identify(const char *address, char **ret_identity)
{
	const char *pci = pci_part(address);
	char bdf[PCI_BDF_BYTES], *identity;
	int ret = pci ? pci_parse_address(pci, bdf) : 0;

	if (ret)
		return ret;
	identity = strdup(pci ? bdf : address);
	if (!identity)
		return error_set(-ENOMEM, "no memory for an address");
	*ret_identity = identity;
	return 0;
}
