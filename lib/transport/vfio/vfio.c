/* SPDX-License-Identifier: MIT */
/*
 * vfio.c: the table of operations of the VFIO transport.
 */
#include "transport/vfio/vfio.h"

#include "transport/registers.h"
#include "transport/vfio/device.h"
#include "transport/vfio/doorbells.h"
#include "transport/vfio/msix.h"
#include "transport/vfio/open_fds.h"
#include "transport/vfio/open_path.h"
#include "transport/vfio/type1.h"

static int vfio_open(const char *target, const struct transport_open_opts *opts,
		     struct transport **ret_transport)
{
	return open_path(&vfio_transport_ops, target, opts, ret_transport);
}

static int vfio_open_fds(const struct transport_fds *fds, const struct transport_open_opts *opts,
			 struct transport **ret_transport)
{
	return open_fds(&vfio_transport_ops, fds, opts, ret_transport);
}

const struct transport_ops vfio_transport_ops = {
	.scheme = "vfio",
	.open = vfio_open,
	.open_fds = vfio_open_fds,
	.give_fds_back = type1_give_fds_back,
	.close = type1_close,
	.reg_read32 = device_reg_read32,
	.reg_write32 = device_reg_write32,
	.reg_read64 = device_reg_read64,
	.reg_write64 = transport_write_halves,
	.config_read = device_config_read,
	.config_write = device_config_write,
	.reset = device_reset,
	.relax = device_relax,
	.doorbells_map = doorbells_map,
	.doorbells_bury = doorbells_bury,
	.doorbells_renew = doorbells_renew,
	.doorbells_unmap = doorbells_unmap,
	.request_fd = device_request_fd,
	.vectors_enable = msix_enable,
	.vector_set = msix_set,
};
