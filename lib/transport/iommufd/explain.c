/* SPDX-License-Identifier: MIT */
/*
 * explain.c: see explain.h.
 */
#include "transport/iommufd/explain.h"

#include "base/error.h"
#include "transport/vfio/memlock.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* No file: the kernel has no iommufd, or a container has not got the file. */
static int explain_no_iommu(const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/class/misc/iommu", pci_sysfs_root);
	if (access(path, F_OK))
		return error_set(-ENOTSUP,
				 "%s: there is no %s/iommu: run `modprobe iommufd`; a kernel built "
				 "without CONFIG_IOMMUFD has no such module, there vfio:%s opens "
				 "the device through its IOMMU group",
				 name, pci_dev_root, name);
	return error_set(-ENODEV,
			 "%s: the kernel has iommufd, but there is no %s/iommu here: a container "
			 "gets it by `--device /dev/iommu`, besides the drive's own file",
			 name, pci_dev_root);
}

int explain_open_iommu(int err, const char *name)
{
	switch (err) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return explain_no_iommu(name);
	case EACCES:
		return error_set(-EACCES,
				 "%s: no permission for %s/iommu: run `chown $USER %s/iommu` as "
				 "root, or add a udev rule for KERNEL==\"iommu\"",
				 name, pci_dev_root, pci_dev_root);
	case EPERM:
		return error_set(-EPERM,
				 "%s: %s/iommu is forbidden by the device cgroup, whatever its "
				 "mode: a container gets it by `--device /dev/iommu`, a service by "
				 "`DeviceAllow=/dev/iommu rw`",
				 name, pci_dev_root);
	default:
		return error_set(-err, "%s: %s/iommu cannot be opened: %s", name, pci_dev_root,
				 error_errno_words(err));
	}
}

int explain_open_device(int err, const struct pci_info *info, const char *file)
{
	if (!file)
		return error_set(
			-ENOTSUP,
			"%s has no file of its own in %s/vfio/devices, which iommufd needs: the "
			"kernel is older than Linux 6.6, or was built without "
			"CONFIG_VFIO_DEVICE_CDEV; vfio:%s opens it through its IOMMU group",
			info->bdf, pci_dev_root, info->bdf);
	switch (err) {
	case ENOENT:
		return error_set(-ENODEV,
				 "%s: its file %s/vfio/devices/%s is not here: a container gets it "
				 "by `--device /dev/vfio/devices/%s`; elsewhere udev makes it when "
				 "the drive is bound",
				 info->bdf, pci_dev_root, file, file);
	case EACCES:
		return error_set(-EACCES,
				 "no permission for %s/vfio/devices/%s, the file of %s: run "
				 "`chown $USER %s/vfio/devices/%s` as root, or add a udev rule for "
				 "SUBSYSTEM==\"vfio-dev\"",
				 pci_dev_root, file, info->bdf, pci_dev_root, file);
	case EPERM:
		return error_set(-EPERM,
				 "%s/vfio/devices/%s, the file of %s, is forbidden by the device "
				 "cgroup, whatever its mode: a container gets it by `--device "
				 "/dev/vfio/devices/%s`, a service by "
				 "`DeviceAllow=/dev/vfio/devices/%s rw`",
				 pci_dev_root, file, info->bdf, file, file);
	default:
		return error_set(-err, "%s/vfio/devices/%s, the file of %s, cannot be opened: %s",
				 pci_dev_root, file, info->bdf, error_errno_words(err));
	}
}

/* Who else has the group: the kernel gives one number for all of them. */
static int explain_owned(const char *name, const struct pci_info *info)
{
	char obstacle[96] = "";

	if (info)
		pci_describe_obstacle(info, obstacle, sizeof(obstacle));
	if (obstacle[0])
		return error_set(-EBUSY,
				 "IOMMU group %d of %s is not viable: %s; unbind it, or bind it to "
				 "vfio-pci too",
				 info->group, name, obstacle);
	return error_set(-EPERM,
			 "%s: the kernel refuses its IOMMU group: the host or another process has "
			 "a device of it, or the platform cannot remap interrupts "
			 "(iommufd.allow_unsafe_interrupts=1 overrides)",
			 name);
}

int explain_bind(int err, const char *name, const struct pci_info *info)
{
	switch (err) {
	case EAGAIN:
		return error_set(-EBUSY,
				 "%s cannot be opened: it is being reset or bound to a driver; try "
				 "again shortly",
				 name);
	case EBUSY:
		return error_set(-EBUSY,
				 "%s is busy: its IOMMU group is open through /dev/vfio/GROUP, in "
				 "this or another process: close that, or open this one so too, as "
				 "vfio:%s",
				 name, name);
	case EINVAL:
		return error_set(-EBUSY,
				 "%s is busy: another process has it open (`fuser "
				 "/dev/vfio/devices/*` tells which), or its IOMMU does not keep "
				 "caches coherent",
				 name);
	case EPERM:
		return explain_owned(name, info);
	case EBADF:
	case EBADFD:
		return error_set(-EINVAL,
				 "%s: a descriptor that was given is not that of /dev/iommu", name);
	case ENOTTY:
		return error_set(-EINVAL,
				 "%s: a descriptor that was given is not that of the device's own "
				 "file in /dev/vfio/devices",
				 name);
	default:
		return error_set(-err, "%s cannot be opened through iommufd: %s", name,
				 error_errno_words(err));
	}
}

int explain_attach(int err, const char *name, uint32_t id)
{
	if (err == ENOTTY)
		return explain_bind(err, name, NULL);
	if (err == ENOENT && id)
		return error_set(-EINVAL,
				 "%s: iommufd has no I/O address space %" PRIu32
				 ": give one that it has, or 0",
				 name, id);
	return error_set(-err, "%s: its IOMMU cannot use the I/O address space: %s", name,
			 error_errno_words(err));
}

int explain_map(int err, uint64_t iova, size_t len)
{
	switch (err) {
	case ENOMEM:
		return memlock_explain_of_user(len);
	case EEXIST:
		return error_set(-EEXIST, "I/O address 0x%" PRIx64 " is already mapped", iova);
	case EFAULT:
		return error_set(-EFAULT, "the kernel cannot lock the memory to map: it is not "
					  "mapped in this process, or not writable");
	case EINVAL:
	case EOVERFLOW:
		return error_set(-EINVAL,
				 "%zu bytes at I/O address 0x%" PRIx64
				 " are not in the ranges that the IOMMU allows",
				 len, iova);
	default:
		return error_set(-err, "mapping %zu bytes at I/O address 0x%" PRIx64 " failed: %s",
				 len, iova, error_errno_words(err));
	}
}
