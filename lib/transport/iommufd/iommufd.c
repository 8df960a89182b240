/* SPDX-License-Identifier: MIT */
/*
 * iommufd.c: the table of operations of the iommufd transport: those of a VFIO device, but for opening and closing.
 */
#include "transport/iommufd/iommufd.h"

#include "transport/iommufd/bound.h"
#include "transport/iommufd/open.h"
#include "transport/registers.h"
#include "transport/vfio/device.h"
#include "transport/vfio/doorbells.h"
#include "transport/vfio/msix.h"

static int open_by_path(const char *target, const struct transport_open_opts *opts,
			struct transport **ret_transport)
{
	return iommufd_open_path(&iommufd_transport_ops, target, opts, ret_transport);
}

static int open_by_fds(const struct transport_fds *fds, const struct transport_open_opts *opts,
		       struct transport **ret_transport)
{
	return iommufd_open_fds(&iommufd_transport_ops, fds, opts, ret_transport);
}

const struct transport_ops iommufd_transport_ops = {
	.scheme = "iommufd",
	.open = open_by_path,
	.open_fds = open_by_fds,
	.give_fds_back = bound_give_fds_back,
	.close = bound_close,
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
