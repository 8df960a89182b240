/* SPDX-License-Identifier: MIT */
/*
 * vfio_kernel.h: VFIO as a test plays it: ioctl() is wrapped, sysfs and /dev are a temporary folder,
 * a device is a file there, with its registers at the beginning and its configuration space behind
 * them. Included by programs that are linked with --wrap=ioctl.
 */
#ifndef VFIO_KERNEL_H
#define VFIO_KERNEL_H

#include "transport/vfio/pci.h"
#include "transport/vfio/vfio.h"

#include "base/error.h"
#include "device_folder.h"

#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define STRANGER "0000:02:00.0" /* in a group of its own */

enum {
	GROUP = 7,
	BAR_BYTES = 0x4000,
	CONFIG_AT = 0x10000,
	CONFIG_BYTES = 4096,
	MAPS = 16,
	PAGE = 4096,
	FIRST_COMMAND = PCI_COMMAND_MEMORY, /* as the kernel hands a device over */
	AVAILABLE = 5,
	CALLS_MAX = 100,
	VECTORS_MAX = 64,
};

/* The kernel. */
static struct {
	bool viable, small_bar, unmaps_less, no_reset, no_mmap;
	bool group_is_in; /* a container, before nvu puts it into one */
	bool no_iommu;	  /* the container has none until it is set */
	uint32_t left;	  /* mappings that were live when a group left its container */
	int fail_call;	  /* the n-th ioctl from now on fails; 0: none */
	int busy;	  /* how often a device is being reset when it is asked for */
	uint32_t groups, iommus, resets, calls, map_count;
	struct vfio_iommu_type1_dma_map maps[MAPS];
	struct {
		uint32_t flags, index, count;
	} irq;				     /* the last one that was set */
	uint32_t vectors, vectors_available; /* of MSI-X: the device's, and what can be allocated */
	uint32_t vectors_on;		     /* enabled; 0: MSI-X is off */
	int vector_fds[VECTORS_MAX];
	/* What else answers requests, before the rest: true if it has. */
	bool (*other)(int fd, unsigned long request, void *arg, int *ret_result);
} kernel;

static void add_device(const char *bdf, int group)
{
	run("cd %s && mkdir -p bus/pci/devices/%s && echo 0x010802 > bus/pci/devices/%s/class && "
	    "ln -sfn ../../../../bus/pci/drivers/vfio-pci bus/pci/devices/%s/driver && "
	    "ln -sfn ../../../kernel/iommu_groups/%d bus/pci/devices/%s/iommu_group && "
	    "head -c %d /dev/zero > %s",
	    root, bdf, bdf, bdf, group, bdf, CONFIG_AT + CONFIG_BYTES, bdf);
}

static int open_device_file(const char *bdf)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", root, bdf);
	return open(path, O_RDWR | O_CLOEXEC);
}

static inline uint16_t command_of(const char *bdf)
{
	int fd = open_device_file(bdf);
	uint16_t command = 0;

	assert_int_equal(pread(fd, &command, 2, CONFIG_AT + PCI_COMMAND), 2);
	(void)close(fd);
	return command;
}

static int make_kernel(void **state)
{
	uint16_t command = FIRST_COMMAND;
	int fd;

	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	kernel.viable = true;
	(void)snprintf(root, sizeof(root), "%s", "/tmp/nvu-vfio-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	run("mkdir -p %s/vfio && touch %s/vfio/vfio %s/vfio/%d %s/vfio/%d", root, root, root, GROUP,
	    root, GROUP + 1);
	add_device(BDF, GROUP);
	add_device(OTHER, GROUP);
	add_device(STRANGER, GROUP + 1);
	pci_sysfs_root = root;
	pci_dev_root = root;
	fd = open_device_file(BDF);
	assert_int_equal(pwrite(fd, &command, 2, CONFIG_AT + PCI_COMMAND), 2);
	(void)close(fd);
	return 0;
}

static int drop_kernel(void **state)
{
	(void)state;
	pci_sysfs_root = "/sys";
	pci_dev_root = "/dev";
	run("rm -rf '%s'", root);
	return 0;
}

static int fails(int err)
{
	errno = err;
	return -1;
}

/* Appends to what the kernel tells of the IOMMU, as a chain of capabilities is laid out. */
static void append(char *all, uint32_t *used, const void *part, size_t bytes)
{
	memcpy(all + *used, part, bytes);
	*used += (uint32_t)bytes;
}

/* Two ranges around the window of message interrupts, and how many mappings there may be. */
static int get_iommu_info(struct vfio_iommu_type1_info *info)
{
	const struct vfio_iova_range ranges[] = { { 0, 0xfedfffff }, { 0xfef00000, UINT32_MAX } };
	struct vfio_iommu_type1_info head = { .flags = VFIO_IOMMU_INFO_PGSIZES |
						       VFIO_IOMMU_INFO_CAPS,
					      .iova_pgsizes = PAGE,
					      .cap_offset = sizeof(head) };
	struct vfio_iommu_type1_info_cap_iova_range cap = {
		.header = { .id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
			    .version = 1,
			    .next = (uint32_t)(sizeof(head) + sizeof(cap) + sizeof(ranges)) },
		.nr_iovas = COUNT(ranges)
	};
	const struct vfio_iommu_type1_info_dma_avail avail = {
		.header = { .id = VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, .version = 1 },
		.avail = AVAILABLE - kernel.map_count
	};
	uint32_t room = info->argsz, used = 0;
	char all[256];

	append(all, &used, &head, sizeof(head));
	append(all, &used, &cap, sizeof(cap));
	append(all, &used, ranges, sizeof(ranges));
	append(all, &used, &avail, sizeof(avail));
	memcpy(all, &used, sizeof(used)); /* argsz */
	memcpy(info, all, room < used ? sizeof(used) : used);
	return 0;
}

static int get_region_info(struct vfio_region_info *info)
{
	bool config = info->index == VFIO_PCI_CONFIG_REGION_INDEX;

	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		      (config || kernel.no_mmap ? 0 : VFIO_REGION_INFO_FLAG_MMAP);
	info->size = config ? CONFIG_BYTES : kernel.small_bar ? 0x1004 : BAR_BYTES;
	info->offset = config ? CONFIG_AT : 0;
	return 0;
}

static int map(const struct vfio_iommu_type1_dma_map *request)
{
	if (kernel.map_count == AVAILABLE)
		return fails(ENOSPC);
	kernel.maps[kernel.map_count++] = *request;
	return 0;
}

static int unmap(struct vfio_iommu_type1_dma_unmap *request)
{
	uint64_t first = request->iova, last = first + request->size - 1, sum = 0;

	for (uint32_t idx = kernel.map_count; idx-- > 0;) {
		const struct vfio_iommu_type1_dma_map *map = &kernel.maps[idx];

		if (map->iova < first || map->iova + map->size - 1 > last)
			continue;
		sum += map->size;
		kernel.maps[idx] = kernel.maps[--kernel.map_count];
	}
	request->size = kernel.unmaps_less ? sum / 2 : sum;
	return 0;
}

static int ioctl_of_group(unsigned long request, void *arg)
{
	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		((struct vfio_group_status *)arg)->flags =
			(kernel.viable ? VFIO_GROUP_FLAGS_VIABLE : 0) |
			(kernel.group_is_in ? VFIO_GROUP_FLAGS_CONTAINER_SET : 0);
		return 0;
	case VFIO_GROUP_SET_CONTAINER:
		kernel.groups++;
		return 0;
	case VFIO_GROUP_UNSET_CONTAINER:
		kernel.left += kernel.map_count;
		if (--kernel.groups == 0)
			kernel.map_count = 0;
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		return kernel.busy && kernel.busy-- ? fails(EAGAIN) : open_device_file(arg);
	default:
		return fails(ENOTTY);
	}
}

/* As Linux does before 6.5: nothing is added to what MSI-X was switched on with. */
static int set_irqs(const struct vfio_irq_set *set)
{
	kernel.irq.flags = set->flags;
	kernel.irq.index = set->index;
	kernel.irq.count = set->count;
	if (set->index != VFIO_PCI_MSIX_IRQ_INDEX)
		return 0;
	if (!set->count) {
		kernel.vectors_on = 0;
		return 0;
	}
	if (set->start + set->count > (kernel.vectors_on ? kernel.vectors_on : kernel.vectors))
		return fails(EINVAL);
	if (!kernel.vectors_on && set->start + set->count > kernel.vectors_available)
		return (int)kernel.vectors_available;
	if (!kernel.vectors_on)
		kernel.vectors_on = set->start + set->count;
	memcpy(kernel.vector_fds + set->start, set->data, set->count * sizeof(int));
	return 0;
}

static int ioctl_of_device(unsigned long request, void *arg)
{
	struct vfio_device_info *info = arg;
	struct vfio_irq_info *irq = arg;

	switch (request) {
	case VFIO_DEVICE_GET_INFO:
		info->flags =
			VFIO_DEVICE_FLAGS_PCI | (kernel.no_reset ? 0 : VFIO_DEVICE_FLAGS_RESET);
		info->num_regions = VFIO_PCI_NUM_REGIONS;
		return 0;
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region_info(arg);
	case VFIO_DEVICE_RESET:
		kernel.resets++;
		return 0;
	case VFIO_DEVICE_GET_IRQ_INFO:
		irq->count = irq->index == VFIO_PCI_MSIX_IRQ_INDEX ? kernel.vectors : 1;
		irq->flags = VFIO_IRQ_INFO_EVENTFD;
		return 0;
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(arg);
	default:
		return ioctl_of_group(request, arg);
	}
}

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;
	int ret;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	kernel.calls++;
	if (kernel.fail_call && --kernel.fail_call == 0)
		return fails(EIO);
	if (kernel.other && kernel.other(fd, request, arg, &ret))
		return ret;
	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return 1;
	case VFIO_SET_IOMMU:
		kernel.iommus++;
		return 0;
	case VFIO_IOMMU_GET_INFO:
		return kernel.no_iommu && !kernel.iommus ? fails(EINVAL) : get_iommu_info(arg);
	case VFIO_IOMMU_MAP_DMA:
		return map(arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return unmap(arg);
	default:
		return ioctl_of_device(request, arg);
	}
}

#endif
