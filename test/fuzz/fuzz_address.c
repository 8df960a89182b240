// SPDX-License-Identifier: MIT
/*
 * fuzz_address.c: nvu_ctrl_open() and nvu_open() with any string. Behind it, in the place of the transports, stand
 * their parsers: what comes after "vfio:" or "iommufd:" goes to lib/transport/vfio/pci.c, what comes after "mock:"
 * to lib/mock/life/config.c; nothing is opened.
 */
#include "base/error.h"
#include "input.h"
#include "mock/life/config.h"
#include "mock/transport/transport.h"
#include "transport/iommufd/iommufd.h"
#include "transport/vfio/pci.h"
#include "transport/vfio/vfio.h"
#include "transport/vfio_user/vfio_user.h"

#include <errno.h>
#include <nvu/ctrl.h>
#include <nvu/error.h>

static int open_vfio(const char *target, const struct transport_open_opts *opts,
		     struct transport **ret_transport)
{
	char bdf[PCI_BDF_BYTES];
	int ret = pci_parse_address(target, bdf);

	(void)opts;
	(void)ret_transport;
	if (ret)
		return ret;
	PROMISE(memchr(bdf, 0, sizeof(bdf)));
	/* What it was understood as is understood as the same. */
	PROMISE(!pci_parse_address(bdf, bdf));
	return error_set(-ENODEV, "%s", bdf);
}

static int open_mock(const char *target, const struct transport_open_opts *opts,
		     struct transport **ret_transport)
{
	struct mock_config config;
	int ret = mock_config_parse(target, &config);

	(void)opts;
	(void)ret_transport;
	return ret ? ret : error_set(-ENODEV, "parsed");
}

/* A path is any text. */
static int open_socket(const char *target, const struct transport_open_opts *opts,
		       struct transport **ret_transport)
{
	(void)opts;
	(void)ret_transport;
	return error_set(-ENODEV, "no socket \"%s\"", target);
}

const struct transport_ops vfio_transport_ops = { .scheme = "vfio", .open = open_vfio };
const struct transport_ops iommufd_transport_ops = { .scheme = "iommufd", .open = open_vfio };
const struct transport_ops vfio_user_transport_ops = { .scheme = "vfio-user", .open = open_socket };
const struct transport_ops mock_transport_ops = { .scheme = "mock", .open = open_mock };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *address = malloc(size + 1);
	struct nvu_ctrl *ctrl = NULL;
	const struct nvu_ns *ns = NULL;
	int ret;

	PROMISE(address);
	memcpy(address, data, size);
	address[size] = '\0';
	ret = nvu_ctrl_open(address, NULL, &ctrl);
	PROMISE((ret == -EINVAL || ret == -ENODEV) && !ctrl && nvu_last_error()[0]);
	ret = nvu_open(address, NULL, &ctrl, &ns);
	PROMISE((ret == -EINVAL || ret == -ENODEV) && !ctrl && !ns && nvu_last_error()[0]);
	free(address);
	return 0;
}
