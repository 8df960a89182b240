/* SPDX-License-Identifier: MIT */
/*
 * pci.c: PCI devices in sysfs. It is a file system like any other to this code: names and contents
 * are bounded, numbers are checked, nothing is followed but the links named here.
 */
#include "transport/vfio/pci.h"

#include "base/error.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *pci_sysfs_root = "/sys";
const char *pci_dev_root = "/dev";

/* Reads one hexadecimal field of 1 to max_digits digits; NULL when there is none. */
static const char *parse_hex(const char *at, int max_digits, unsigned long *ret_value)
{
	char digits[9];
	int n = 0;

	while (n < max_digits && n < 8 && isxdigit((unsigned char)at[n])) {
		digits[n] = at[n];
		n++;
	}
	digits[n] = '\0';
	*ret_value = strtoul(digits, NULL, 16);
	return n ? at + n : NULL;
}

/* "bb:dd.f" at the end of an address. */
static bool parse_slot(const char *at, unsigned long *ret_bus, unsigned long *ret_device,
		       unsigned long *ret_function)
{
	if (!(at = parse_hex(at, 2, ret_bus)) || *at++ != ':')
		return false;
	if (!(at = parse_hex(at, 2, ret_device)) || *at++ != '.')
		return false;
	if (!(at = parse_hex(at, 1, ret_function)) || *at)
		return false;
	return *ret_device <= 0x1f && *ret_function <= 7;
}

int pci_parse_address(const char *target, char ret_bdf[PCI_BDF_BYTES])
{
	unsigned long domain = 0, bus = 0, device = 0, function = 0;
	const char *colon = strchr(target, ':');
	const char *slot = target;

	/* Two colons: the first field is the domain (more than four digits behind Intel VMD). */
	if (colon && strchr(colon + 1, ':')) {
		const char *end = parse_hex(target, 8, &domain);

		slot = end == colon ? colon + 1 : "";
	}
	if (!parse_slot(slot, &bus, &device, &function))
		return error_set(-EINVAL,
				 "\"%.64s\" is not a PCI address: expected 0000:01:00.0 or "
				 "01:00.0 (domain, bus, device and function in hexadecimal)",
				 target);
	(void)snprintf(ret_bdf, PCI_BDF_BYTES, "%04lx:%02lx:%02lx.%lx", domain & 0xffffffff,
		       bus & 0xff, device & 0x1f, function & 7);
	return 0;
}

/* The first bytes of a device's attribute, without the newline; -errno. */
static int read_attribute(const char *bdf, const char *name, char *ret_text, size_t bytes)
{
	char path[PATH_MAX];
	ssize_t len;
	int fd, ret;

	(void)snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s", pci_sysfs_root, bdf, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	len = read(fd, ret_text, bytes - 1);
	ret = len < 0 ? -errno : 0;
	(void)close(fd);
	if (ret)
		return ret;
	ret_text[len] = '\0';
	ret_text[strcspn(ret_text, "\n")] = '\0';
	return 0;
}

/* A whole attribute as a number in [min, max]; false when it is anything else. */
static bool read_number(const char *bdf, const char *name, long long min, long long max,
			long long *ret_value)
{
	char text[32], *end;
	long long value;

	if (read_attribute(bdf, name, text, sizeof(text)))
		return false;
	errno = 0;
	value = strtoll(text, &end, 0);
	if (errno || end == text || *end || value < min || value > max)
		return false;
	*ret_value = value;
	return true;
}

/* The last part of a device's link target; empty if there is none, or it is too long or not printable. */
static void read_link_name(const char *bdf, const char *link, char *ret_name, size_t bytes)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *name;
	ssize_t len;

	ret_name[0] = '\0';
	(void)snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s", pci_sysfs_root, bdf, link);
	len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return;
	target[len] = '\0';
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) >= bytes)
		return;
	for (const char *c = name; *c; c++)
		if (!isgraph((unsigned char)*c))
			return;
	(void)snprintf(ret_name, bytes, "%s", name);
}

/* The device's IOMMU group, or -1. */
static int32_t read_group(const char *bdf)
{
	char name[16], *end;
	unsigned long group;

	read_link_name(bdf, "iommu_group", name, sizeof(name));
	if (!isdigit((unsigned char)name[0]))
		return -1;
	group = strtoul(name, &end, 10);
	return *end || group > INT32_MAX ? -1 : (int32_t)group;
}

/* Appends to a text that has room for `bytes`; what does not fit is cut. */
static void append(char *text, size_t bytes, const char *more)
{
	size_t used = strlen(text);

	(void)snprintf(text + used, bytes - used, "%s", more);
}

bool pci_is_controller(const char *name)
{
	long long class_code;

	return strlen(name) < PCI_BDF_BYTES &&
	       read_number(name, "class", 0, 0xffffff, &class_code) && class_code == PCI_CLASS_NVME;
}

/* " 0000:01:00.0 (nvme), 0000:02:00.0 (no driver)": the NVMe devices, as many as fit. */
static void list_controllers(char *ret_text, size_t bytes)
{
	char path[PATH_MAX], driver[PCI_DRIVER_BYTES], entry[64], bdf[PCI_BDF_BYTES];
	struct dirent *dirent;
	DIR *dir;

	ret_text[0] = '\0';
	(void)snprintf(path, sizeof(path), "%s/bus/pci/devices", pci_sysfs_root);
	dir = opendir(path);
	while (dir && (dirent = readdir(dir))) {
		if (!pci_is_controller(dirent->d_name))
			continue;
		(void)snprintf(bdf, sizeof(bdf), "%.16s", dirent->d_name);
		read_link_name(bdf, "driver", driver, sizeof(driver));
		(void)snprintf(entry, sizeof(entry), "%s %s (%s)", ret_text[0] ? "," : "", bdf,
			       driver[0] ? driver : "no driver");
		if (strlen(ret_text) + strlen(entry) + sizeof(", ...") > bytes) {
			append(ret_text, bytes, ", ...");
			break;
		}
		append(ret_text, bytes, entry);
	}
	if (dir)
		(void)closedir(dir);
}

int pci_read_info(const char *bdf, struct pci_info *ret_info)
{
	struct pci_info info = { .numa_node = -1 };
	char path[PATH_MAX], list[256], physical[PCI_BDF_BYTES];
	long long value;

	(void)snprintf(path, sizeof(path), "%s/bus/pci", pci_sysfs_root);
	if (access(path, F_OK))
		return error_set(
			-ENODEV,
			"%s: %s does not exist, which names the driver and the IOMMU group of "
			"a device: mount sysfs (`mount -t sysfs sysfs /sys`); a container needs "
			"the host's, read-only is enough",
			bdf, path);
	(void)snprintf(path, sizeof(path), "%s/bus/pci/devices/%s", pci_sysfs_root, bdf);
	if (access(path, F_OK)) {
		list_controllers(list, sizeof(list));
		return error_set(-ENODEV, "PCI device %s does not exist; NVMe controllers here:%s",
				 bdf, list[0] ? list : " none");
	}
	(void)snprintf(info.bdf, sizeof(info.bdf), "%s", bdf);
	if (!read_number(bdf, "class", 0, 0xffffff, &value))
		return error_set(-EIO, "%s: its class cannot be read in %.128s", bdf, path);
	info.class_code = (uint32_t)value;
	if (read_number(bdf, "vendor", 0, 0xffff, &value))
		info.vendor = (uint16_t)value;
	if (read_number(bdf, "device", 0, 0xffff, &value))
		info.device = (uint16_t)value;
	read_link_name(bdf, "driver", info.driver, sizeof(info.driver));
	info.group = read_group(bdf);
	read_link_name(bdf, "physfn", physical, sizeof(physical));
	info.is_virtual_function = physical[0];
	if (read_number(bdf, "numa_node", -1, 4095, &value))
		info.numa_node = (int)value;
	*ret_info = info;
	return 0;
}

bool pci_is_vfio_driver(const char *driver)
{
	size_t len = strlen(driver);

	return len >= 8 &&
	       (!strcmp(driver + len - 8, "vfio-pci") || !strcmp(driver + len - 8, "vfio_pci"));
}

/* The commands that bind a device to vfio-pci, short enough for a sentence. */
#define BIND_COMMANDS                                                                             \
	"`D=%s; cd /sys/bus/pci; modprobe vfio-pci; echo vfio-pci > devices/$D/driver_override; " \
	"echo $D > devices/$D/driver/unbind; echo $D > drivers_probe`"
#define PROBE_COMMANDS                                                                            \
	"`D=%s; cd /sys/bus/pci; modprobe vfio-pci; echo vfio-pci > devices/$D/driver_override; " \
	"echo $D > drivers_probe`"

int pci_check_usable(const struct pci_info *info)
{
	const char *bdf = info->bdf;

	if (info->class_code != PCI_CLASS_NVME)
		return error_set(
			-ENODEV,
			"%s is not an NVMe controller: its PCI class is 0x%06x, not 0x%06x", bdf,
			info->class_code, (unsigned int)PCI_CLASS_NVME);
	if (info->group < 0)
		return error_set(-ENOTSUP,
				 "%s has no IOMMU group, so the IOMMU is off: switch it on in the "
				 "firmware (VT-d, AMD-Vi) and boot with intel_iommu=on or "
				 "amd_iommu=on",
				 bdf);
	if (!info->driver[0])
		return error_set(
			-ENODEV,
			"%s is bound to no driver; bind it to vfio-pci, as root: " PROBE_COMMANDS,
			bdf, bdf);
	if (!pci_is_vfio_driver(info->driver))
		return error_set(
			-EBUSY,
			"%s is bound to the driver %s; unmount its file systems, then bind it "
			"to vfio-pci, as root: " BIND_COMMANDS,
			bdf, info->driver, bdf);
	return 0;
}

/* Drivers that leave DMA to the group's owner (the kernel's driver_managed_dma) or do none. */
static bool is_harmless_driver(const char *driver)
{
	return !driver[0] || pci_is_vfio_driver(driver) || !strcmp(driver, "pcieport") ||
	       !strcmp(driver, "pci-stub");
}

void pci_describe_obstacle(const struct pci_info *info, char *ret_text, size_t bytes)
{
	char path[PATH_MAX], driver[PCI_DRIVER_BYTES], bdf[PCI_BDF_BYTES];
	struct dirent *dirent;
	DIR *dir;

	ret_text[0] = '\0';
	(void)snprintf(path, sizeof(path), "%s/kernel/iommu_groups/%d/devices", pci_sysfs_root,
		       info->group);
	dir = opendir(path);
	while (dir && !ret_text[0] && (dirent = readdir(dir))) {
		if (dirent->d_name[0] == '.' || strlen(dirent->d_name) >= sizeof(bdf))
			continue;
		(void)snprintf(bdf, sizeof(bdf), "%.16s", dirent->d_name);
		if (!strcmp(bdf, info->bdf))
			continue;
		read_link_name(bdf, "driver", driver, sizeof(driver));
		if (!is_harmless_driver(driver))
			(void)snprintf(ret_text, bytes, "%s is bound to the driver %s", bdf,
				       driver);
	}
	if (dir)
		(void)closedir(dir);
}
