/* SPDX-License-Identifier: MIT */
/*
 * discover.c: nvu_discover(), the public function: what there is to open on this machine.
 */
#include "base/error.h"
#include "transport/vfio/pci.h"
#include "transport/vfio/pci_list.h"

#include <errno.h>
#include <nvu/discover.h>
#include <stdio.h>
#include <string.h>

enum { CONTROLLERS_MAX = 256 };

static struct nvu_found describe(const struct pci_info *info, const struct pci_user *user)
{
	struct nvu_found found = {
		.size = sizeof(found),
		.group = info->group,
		.numa_node = info->numa_node,
		.pci_vendor = info->vendor,
		.pci_device = info->device,
		.flags = (pci_is_vfio_driver(info->driver) ? NVU_FOUND_VFIO : 0) |
			 (info->is_virtual_function ? NVU_FOUND_VIRTUAL : 0),
		.user = user->pid,
	};

	(void)snprintf(found.address, sizeof(found.address), "%.16s", info->bdf);
	(void)snprintf(found.driver, sizeof(found.driver), "%.31s", info->driver);
	(void)snprintf(found.user_name, sizeof(found.user_name), "%.19s", user->name);
	if (info->group >= 0)
		pci_describe_obstacle(info, found.obstacle, sizeof(found.obstacle));
	return found;
}

int nvu_discover(struct nvu_found *found, uint32_t max)
{
	struct pci_info infos[CONTROLLERS_MAX];
	struct pci_user users[CONTROLLERS_MAX];
	uint32_t filled;
	int count;

	if (max && (!found || found[0].size != sizeof(struct nvu_found)))
		return error_set(-EINVAL,
				 "found[0].size is %zu, expected sizeof(struct nvu_found), %zu",
				 found ? found[0].size : 0, sizeof(struct nvu_found));
	if (max > CONTROLLERS_MAX)
		max = CONTROLLERS_MAX;
	count = pci_list(infos, max);
	if (count < 0)
		return count;
	filled = (uint32_t)count < max ? (uint32_t)count : max;
	for (uint32_t i = 0; i < filled; i++)
		users[i] = (struct pci_user){ .group = infos[i].group };
	pci_find_users(users, filled);
	for (uint32_t i = 0; i < filled; i++)
		found[i] = describe(&infos[i], &users[i]);
	return count;
}
