/* SPDX-License-Identifier: MIT */
/*
 * device_tree.h: a tree in a temporary folder that stands for /sys and /dev, with PCI devices in it. Set up and torn down by
 * make_tree() and drop_tree().
 */
#ifndef DEVICE_TREE_H
#define DEVICE_TREE_H

#include "device_folder.h"
#include "transport/vfio/pci_list.h"

/* A device entry; driver and group may be NULL. */
static void add_device(const char *bdf, const char *class_code, const char *driver,
		       const char *group)
{
	run("mkdir -p %s/bus/pci/devices/%s && echo %s > %s/bus/pci/devices/%s/class", root, bdf,
	    class_code, root, bdf);
	if (driver)
		run("ln -sfn ../../../../bus/pci/drivers/%s %s/bus/pci/devices/%s/driver", driver,
		    root, bdf);
	if (group)
		run("ln -sfn ../../../kernel/iommu_groups/%s %s/bus/pci/devices/%s/iommu_group && "
		    "mkdir -p %s/kernel/iommu_groups/%s/devices/%s",
		    group, root, bdf, root, group, bdf);
}

static int make_tree(void **state)
{
	(void)state;
	(void)snprintf(root, sizeof(root), "%s", "/tmp/nvu-pci-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	run("mkdir -p %s/bus/pci/devices %s/vfio", root, root);
	pci_sysfs_root = root;
	pci_dev_root = root;
	return 0;
}

static int drop_tree(void **state)
{
	(void)state;
	pci_sysfs_root = "/sys";
	pci_dev_root = "/dev";
	pci_proc_root = "/proc";
	run("rm -rf '%s'", root);
	return 0;
}

#endif
