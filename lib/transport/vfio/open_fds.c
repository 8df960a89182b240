/* SPDX-License-Identifier: MIT */
/*
 * open_fds.c: the order of taking over: claim, group (with its container), device; undone backwards. Nothing
 * that was the caller's is closed until all of it has succeeded.
 */
#include "transport/vfio/open_fds.h"

#include "base/error.h"
#include "transport/vfio/pci.h"
#include "transport/vfio/type1.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

static int check(const struct transport_fds *fds, char bdf[PCI_BDF_BYTES])
{
	if (!fds->name || !fds->name[0])
		return error_set(-EINVAL, "descriptors of a device without its name: expected "
					  "0000:01:00.0");
	if (fds->group < 0)
		return error_set(-EINVAL, "%s: there is no descriptor of its IOMMU group",
				 fds->name);
	return pci_parse_address(fds->name, bdf);
}

static int take_over(struct type1 *type1, const struct transport_fds *fds, const char *bdf,
		     const struct transport_open_opts *opts)
{
	struct group *group;
	int fd = fds->device, ret = group_adopt(fds->group, fds->container, bdf, &group);

	if (ret)
		return ret;
	if (fd < 0)
		ret = group_open_device(group, bdf, &fd);
	if (ret)
		goto release_group;
	ret = type1_take_over(type1, group, fd, opts);
	if (ret)
		goto close_fd;
	assert(type1->group == group);
	type1->has_device = fds->device >= 0;
	group_keep(group);
	return 0;

close_fd:
	if (fds->device < 0)
		(void)close(fd);
release_group:
	group_release(group);
	return ret;
}

int open_fds(const struct transport_ops *ops, const struct transport_fds *fds,
	     const struct transport_open_opts *opts, struct transport **ret_transport)
{
	char bdf[PCI_BDF_BYTES];
	const struct device_identity identity = {
		.ops = ops,
		.name = bdf,
		.numa_node = fds->numa_node,
	};
	struct type1 *type1;
	int ret = check(fds, bdf);

	if (!ret)
		ret = type1_claim(&identity, &type1);
	if (ret)
		return ret;
	ret = take_over(type1, fds, bdf, opts);
	if (ret) {
		type1_drop(type1);
		return ret;
	}
	*ret_transport = &type1->device.transport;
	return 0;
}
