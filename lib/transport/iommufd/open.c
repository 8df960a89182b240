/* SPDX-License-Identifier: MIT */
/*
 * open.c: the order of opening: address, sysfs, claim, the device's file, /dev/iommu, I/O address space; undone
 * backwards. Of descriptors that were the caller's, nothing is closed until all of it has succeeded.
 */
#include "transport/iommufd/open.h"

#include "base/error.h"
#include "transport/iommufd/bound.h"
#include "transport/iommufd/cdev.h"
#include "transport/vfio/find.h"

#include <errno.h>
#include <unistd.h>

static int open_claimed(struct bound *bound, const struct pci_info *info,
			const struct transport_open_opts *opts)
{
	struct context *context;
	int fd, ret = cdev_open(info, &fd);

	if (ret)
		return ret;
	ret = context_acquire(info->bdf, &context);
	if (ret)
		goto close_fd;
	ret = bound_take_over(bound, context, 0, fd, info, opts);
	if (ret)
		goto release_context;
	return 0;

release_context:
	context_release(context);
close_fd:
	(void)close(fd);
	return ret;
}

int iommufd_open_path(const struct transport_ops *ops, const char *target,
		      const struct transport_open_opts *opts, struct transport **ret_transport)
{
	struct device_identity identity;
	struct pci_info info;
	struct bound *bound;
	int ret = find_device(ops, target, &info, &identity);

	if (!ret)
		ret = bound_claim(&identity, &bound);
	if (ret)
		return ret;
	ret = open_claimed(bound, &info, opts);
	if (ret) {
		bound_drop(bound);
		return ret;
	}
	*ret_transport = &bound->device.transport;
	return 0;
}

static int check(const struct transport_fds *fds, char bdf[PCI_BDF_BYTES])
{
	if (!fds->name || !fds->name[0])
		return error_set(-EINVAL, "descriptors of a device without its name: expected "
					  "0000:01:00.0");
	if (fds->iommufd < 0)
		return error_set(-EINVAL, "%s: there is no descriptor of /dev/iommu", fds->name);
	if (fds->device < 0)
		return error_set(-EINVAL,
				 "%s: there is no descriptor of its own file, /dev/vfio/devices/"
				 "vfioN, which iommufd needs",
				 fds->name);
	if (fds->group >= 0 || fds->container >= 0)
		return error_set(
			-EINVAL,
			"%s: give the descriptors of its own file and /dev/iommu, or those "
			"of its IOMMU group and a container, not both",
			fds->name);
	return pci_parse_address(fds->name, bdf);
}

static int take_over(struct bound *bound, const struct transport_fds *fds,
		     const struct transport_open_opts *opts)
{
	struct context *context;
	int ret = context_adopt(fds->iommufd, &context);

	if (ret)
		return ret;
	ret = bound_take_over(bound, context, fds->ioas, fds->device, NULL, opts);
	if (ret) {
		context_release(context);
		return ret;
	}
	bound->given = true;
	context_keep(context);
	return 0;
}

int iommufd_open_fds(const struct transport_ops *ops, const struct transport_fds *fds,
		     const struct transport_open_opts *opts, struct transport **ret_transport)
{
	char bdf[PCI_BDF_BYTES];
	const struct device_identity identity = {
		.ops = ops,
		.name = bdf,
		.numa_node = fds->numa_node,
	};
	struct bound *bound;
	int ret = check(fds, bdf);

	if (!ret)
		ret = bound_claim(&identity, &bound);
	if (ret)
		return ret;
	ret = take_over(bound, fds, opts);
	if (ret) {
		bound_drop(bound);
		return ret;
	}
	*ret_transport = &bound->device.transport;
	return 0;
}
