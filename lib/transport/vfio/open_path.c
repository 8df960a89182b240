/* SPDX-License-Identifier: MIT */
/*
 * open_path.c: the order of opening: address, sysfs, claim, group (with its container), device; undone
 * backwards.
 */
#include "transport/vfio/open_path.h"

#include "transport/vfio/find.h"
#include "transport/vfio/type1.h"

#include <unistd.h>

static int open_claimed(struct type1 *type1, const struct pci_info *info,
			const struct transport_open_opts *opts)
{
	struct group *group;
	int fd, ret = group_acquire(info, &group);

	if (ret)
		return ret;
	ret = group_open_device(group, info->bdf, &fd);
	if (ret)
		goto release_group;
	ret = type1_take_over(type1, group, fd, opts);
	if (ret)
		goto close_fd;
	return 0;

close_fd:
	(void)close(fd);
release_group:
	group_release(group);
	return ret;
}

int open_path(const struct transport_ops *ops, const char *target,
	      const struct transport_open_opts *opts, struct transport **ret_transport)
{
	struct device_identity identity;
	struct pci_info info;
	struct type1 *type1;
	int ret = find_device(ops, target, &info, &identity);

	if (!ret)
		ret = type1_claim(&identity, &type1);
	if (ret)
		return ret;
	ret = open_claimed(type1, &info, opts);
	if (ret) {
		type1_drop(type1);
		return ret;
	}
	*ret_transport = &type1->device.transport;
	return 0;
}
