/* SPDX-License-Identifier: MIT */
/*
 * container_explain.c: see container_explain.h.
 */
#include "transport/vfio/container_explain.h"

#include "base/error.h"
#include "transport/vfio/memlock.h"
#include "transport/vfio/pci.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

int container_explain_open(int err)
{
	char path[PATH_MAX];

	switch (err) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		(void)snprintf(path, sizeof(path), "%s/module/vfio", pci_sysfs_root);
		if (access(path, F_OK))
			return error_set(-ENOTSUP,
					 "VFIO is not loaded: there is no %s/vfio/vfio; run "
					 "`modprobe vfio-pci`",
					 pci_dev_root);
		return error_set(
			-ENODEV,
			"VFIO is loaded, but there is no %s/vfio/vfio here: a container gets "
			"it by `--device /dev/vfio/vfio`, besides the file of the drive's "
			"IOMMU group",
			pci_dev_root);
	case EPERM:
		return error_set(
			-EPERM,
			"%s/vfio/vfio is forbidden by the device cgroup, whatever its mode: a "
			"container gets it by `--device /dev/vfio/vfio`, a service by "
			"`DeviceAllow=/dev/vfio/vfio rw`",
			pci_dev_root);
	case EACCES:
		return error_set(-EACCES,
				 "no permission for %s/vfio/vfio: it should have mode "
				 "0666 (`chmod 666 %s/vfio/vfio`, or a udev rule)",
				 pci_dev_root, pci_dev_root);
	default:
		return error_set(-err, "%s/vfio/vfio cannot be opened: %s", pci_dev_root,
				 error_errno_words(err));
	}
}

int container_explain_join(int err, const char *name)
{
	if (err == EPERM)
		return error_set(
			-EPERM,
			"%s: the kernel refuses its IOMMU group: the platform cannot remap "
			"interrupts (vfio_iommu_type1.allow_unsafe_interrupts=1 overrides), "
			"or the host uses the group",
			name);
	if (err == EBUSY)
		return error_set(-EBUSY,
				 "%s: its IOMMU group is in use by the host or by another "
				 "process",
				 name);
	return error_set(-err, "%s: its IOMMU group cannot join a VFIO container: %s", name,
			 error_errno_words(err));
}

int container_explain_map(int err, uint64_t iova, size_t len)
{
	switch (err) {
	case ENOMEM:
		return memlock_explain(len);
	case ENOSPC:
		return error_set(-ENOSPC,
				 "all IOMMU mappings of this process are in use: use fewer, larger "
				 "buffers, or raise the parameter dma_entry_limit of the module "
				 "vfio_iommu_type1");
	case EEXIST:
		return error_set(-EEXIST, "I/O address 0x%" PRIx64 " is already mapped", iova);
	case EFAULT:
		return error_set(-EFAULT, "the kernel cannot lock the memory to map: it is not "
					  "mapped in this process, or not writable");
	default:
		return error_set(-err, "mapping %zu bytes at I/O address 0x%" PRIx64 " failed: %s",
				 len, iova, error_errno_words(err));
	}
}
