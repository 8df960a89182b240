/* SPDX-License-Identifier: MIT */
/*
 * device.c: one PCI device through its VFIO descriptor. Registers go through the mapping of BAR0
 * where the kernel allows one, else through pread and pwrite.
 *
 * The kernel takes the mapping away while a device is being reset or removed, and then an access
 * raises SIGBUS, which sigbus.c survives. It is rare: vfio-pci waits for this process to let go
 * before it removes the device, which request_fd announces; a function level reset happens only
 * through reset(), whose caller does not touch registers meanwhile. Registers of a device that fell
 * off the bus with its mapping intact read as all ones.
 */
#include "transport/vfio/device.h"

#include "base/error.h"
#include "base/log.h"
#include "base/mmio.h"
#include "transport/registers.h"
#include "transport/sigbus.h"
#include "transport/vfio/caps.h"
#include "transport/vfio/info.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/*
 * What a controller of this class has in BAR0 is the upper layers' business, but for this: its
 * registers fill the first 4 KiB, and what is written for each command begins behind them. So the
 * window that holds byte 0x1000 is the one to map.
 */
enum { HOT_AT = 0x1000, BAR0_BYTES_MIN = HOT_AT + 8 };

/*
 * How large a BAR is, the device says; when it vanishes, memory as large as the mapping takes its
 * place. This holds all doorbells at 64 bytes apart; those behind it are written with pwrite.
 */
enum { MAP_BYTES_MAX = 16 << 20 };

enum { RELAX_NS = 10 * 1000 };

#define REG_BYTES_MAX ((size_t)UINT32_MAX + 1 - 4096)

static struct device *of_transport(struct transport *transport)
{
	return (struct device *)(void *)transport;
}

/* --- registers ---------------------------------------------------------------------------- */

static volatile void *mapped_at(const struct transport *transport, uint32_t offset, uint32_t bytes)
{
	if (!transport->mapped || offset < transport->mapped_first ||
	    (size_t)offset + bytes > transport->mapped_end)
		return NULL;
	return (volatile char *)(uintptr_t)transport->mapped + offset;
}

int device_reg_read32(struct transport *transport, uint32_t offset, uint32_t *ret_value)
{
	struct device *device = of_transport(transport);
	volatile void *at = mapped_at(transport, offset, 4);
	int ret = transport_check_register(transport, offset, 4);
	uint32_t value;

	if (ret)
		return ret;
	if (at) {
		*ret_value = mmio_read32(at);
		return 0;
	}
	/* The bus answers for a device that has gone; where the kernel answers, do the same. */
	if (pread(device->fd, &value, 4, (off_t)(device->bar0_at + offset)) != 4)
		value = UINT32_MAX;
	*ret_value = le32toh(value);
	return 0;
}

int device_reg_write32(struct transport *transport, uint32_t offset, uint32_t value)
{
	struct device *device = of_transport(transport);
	volatile void *at = mapped_at(transport, offset, 4);
	int ret = transport_check_register(transport, offset, 4);
	uint32_t wire = htole32(value);

	if (ret)
		return ret;
	if (at) {
		mmio_write32(at, value);
		return 0;
	}
	dma_wmb();
	if (pwrite(device->fd, &wire, 4, (off_t)(device->bar0_at + offset)) != 4)
		return error_set(-EIO, "%s: register 0x%x cannot be written", transport->name,
				 offset);
	return 0;
}

/* Two halves, low first, as the seam allows: not every bridge passes 64-bit accesses. */
int device_reg_read64(struct transport *transport, uint32_t offset, uint64_t *ret_value)
{
	int ret = transport_check_register(transport, offset, 8);
	uint32_t low = 0, high = 0;

	if (!ret)
		ret = device_reg_read32(transport, offset, &low);
	if (!ret)
		ret = device_reg_read32(transport, offset + 4, &high);
	if (!ret)
		*ret_value = low | (uint64_t)high << 32;
	return ret;
}

/* --- configuration space ------------------------------------------------------------------ */

static int check_config(const struct device *device, uint32_t offset, uint32_t len)
{
	if (offset > device->config_bytes || len > device->config_bytes - offset)
		return error_set(-EINVAL, "%s: configuration space has %llu bytes, not %u at 0x%x",
				 device->transport.name, (unsigned long long)device->config_bytes,
				 len, offset);
	return 0;
}

int device_config_read(struct transport *transport, uint32_t offset, void *ret_data, uint32_t len)
{
	struct device *device = of_transport(transport);
	int ret = check_config(device, offset, len);

	if (ret)
		return ret;
	if (pread(device->fd, ret_data, len, (off_t)(device->config_at + offset)) != (ssize_t)len)
		return error_set(-EIO, "%s: configuration space cannot be read", transport->name);
	return 0;
}

int device_config_write(struct transport *transport, uint32_t offset, const void *data,
			uint32_t len)
{
	struct device *device = of_transport(transport);
	int ret = check_config(device, offset, len);

	if (ret)
		return ret;
	if (pwrite(device->fd, data, len, (off_t)(device->config_at + offset)) != (ssize_t)len)
		return error_set(-EIO, "%s: configuration space cannot be written",
				 transport->name);
	return 0;
}

/* Sets and clears bits of the PCI command register. */
static int change_command(struct device *device, uint16_t set, uint16_t clear)
{
	struct transport *transport = &device->transport;
	uint16_t wire, command;
	int ret = device_config_read(transport, PCI_COMMAND, &wire, sizeof(wire));

	assert(!(set & clear));
	if (ret)
		return ret;
	command = le16toh(wire);
	if (command == UINT16_MAX)
		return error_set(-ENODEV, "%s has gone: its configuration space reads as all ones",
				 transport->name);
	wire = htole16((uint16_t)((command | set) & ~clear));
	return device_config_write(transport, PCI_COMMAND, &wire, sizeof(wire));
}

/* --- reset and device requests -------------------------------------------------------------- */

int device_reset(struct transport *transport)
{
	struct device *device = of_transport(transport);

	if (!device->resettable)
		return error_set(-ENOTSUP, "%s does not support a function reset", transport->name);
	if (ioctl(device->fd, VFIO_DEVICE_RESET) < 0)
		return error_set(-errno, "%s: the function reset failed: %s", transport->name,
				 error_errno_words(errno));
	return 0;
}

void device_reset_at_open(struct device *device, const struct transport_open_opts *opts)
{
	int ret = opts && opts->reset ? device_reset(&device->transport) : 0;

	if (ret)
		log_line(LOG_INFO, "%s: not reset at open (%s)", device->transport.name,
			 error_errno_words(-ret));
}

/* Sleeps: what is waited for here takes 10 us (an admin command) to seconds (CSTS.RDY). */
void device_relax(struct transport *transport)
{
	const struct timespec pause = { .tv_nsec = RELAX_NS };

	(void)transport;
	(void)nanosleep(&pause, NULL);
}

/* Makes the kernel signal `fd` when it requests the device. */
static int set_request_irq(struct device *device, int fd)
{
	struct vfio_irq_info irq = { .argsz = sizeof(irq), .index = VFIO_PCI_REQ_IRQ_INDEX };
	struct vfio_irq_set set = {
		.argsz = sizeof(set) + sizeof(fd),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = VFIO_PCI_REQ_IRQ_INDEX,
		.count = 1,
	};
	char request[sizeof(set) + sizeof(fd)];

	memcpy(request, &set, sizeof(set));
	memcpy(request + sizeof(set), &fd, sizeof(fd));
	if (ioctl(device->fd, VFIO_DEVICE_GET_IRQ_INFO, &irq) < 0 || !irq.count ||
	    !(irq.flags & VFIO_IRQ_INFO_EVENTFD))
		return -ENOTSUP;
	return ioctl(device->fd, VFIO_DEVICE_SET_IRQS, request) < 0 ? -errno : 0;
}

int device_request_fd(struct transport *transport)
{
	struct device *device = of_transport(transport);
	int fd, ret;

	if (device->request_fd >= 0)
		return device->request_fd;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return error_set(-errno, "%s: no eventfd: %s", transport->name,
				 error_errno_words(errno));
	ret = set_request_irq(device, fd);
	if (ret) {
		(void)close(fd);
		return error_set(ret, "%s: the kernel does not report device requests",
				 transport->name);
	}
	device->request_fd = fd;
	return fd;
}

/* --- opening and closing -------------------------------------------------------------------- */

static int fetch_region(struct device *device, uint32_t index, void **ret_info, size_t *ret_len)
{
	struct vfio_region_info head = { .argsz = sizeof(head), .index = index };
	int ret = info_fetch(device->fd, VFIO_DEVICE_GET_REGION_INFO, &head, sizeof(head), ret_info,
			     ret_len);

	if (ret)
		return error_set(ret, "%s: VFIO does not describe region %u: %s",
				 device->transport.name, index, error_errno_words(-ret));
	return 0;
}

static int read_device_info(struct device *device)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (ioctl(device->fd, VFIO_DEVICE_GET_INFO, &info) < 0)
		return error_set(-errno, "%s: VFIO does not describe it: %s",
				 device->transport.name, error_errno_words(errno));
	if (!(info.flags & VFIO_DEVICE_FLAGS_PCI) ||
	    info.num_regions <= VFIO_PCI_CONFIG_REGION_INDEX)
		return error_set(-ENODEV, "%s: VFIO does not report it as a PCI device",
				 device->transport.name);
	device->resettable = info.flags & VFIO_DEVICE_FLAGS_RESET;
	return 0;
}

static int find_config(struct device *device)
{
	struct vfio_region_info *region;
	void *info;
	size_t len;
	int ret = fetch_region(device, VFIO_PCI_CONFIG_REGION_INDEX, &info, &len);

	if (ret)
		return ret;
	region = info;
	device->config_at = region->offset;
	device->config_bytes = region->size;
	free(info);
	return 0;
}

/*
 * Maps the window of BAR0 with byte HOT_AT, if there is one. Failure is not an error: pread and pwrite
 * reach every register.
 */
void device_map_window(struct device *device, const void *info, size_t len)
{
	struct transport *transport = &device->transport;
	struct caps_window window;
	void *map;

	if (caps_mappable_window(info, len, HOT_AT, (uint32_t)sysconf(_SC_PAGESIZE), &window))
		return;
	if (window.end - window.first > MAP_BYTES_MAX)
		window.end = window.first + MAP_BYTES_MAX;
	map = mmap(NULL, window.end - window.first, PROT_READ | PROT_WRITE, MAP_SHARED, device->fd,
		   (off_t)(device->bar0_at + window.first));
	if (map == MAP_FAILED)
		return;
	/* A child of fork() must not drive the controller of its parent. */
	(void)madvise(map, window.end - window.first, MADV_DONTFORK);
	/* An unguarded mapping would end the program when the device is pulled out. */
	if (sigbus_guard(map, window.end - window.first)) {
		(void)munmap(map, window.end - window.first);
		return;
	}
	device->map = map;
	device->map_bytes = window.end - window.first;
	transport->mapped = (volatile void *)((uintptr_t)map - window.first);
	transport->mapped_first = window.first;
	transport->mapped_end = window.end;
}

void device_unmap_window(struct device *device)
{
	if (device->map) {
		sigbus_release(device->map);
		(void)munmap(device->map, device->map_bytes);
	}
	if (device->plain_fd >= 0)
		(void)close(device->plain_fd);
}

static int find_bar0(struct device *device)
{
	struct transport *transport = &device->transport;
	struct vfio_region_info region;
	void *info;
	size_t len;
	int ret = fetch_region(device, VFIO_PCI_BAR0_REGION_INDEX, &info, &len);

	if (ret)
		return ret;
	memcpy(&region, info, sizeof(region));
	if (region.size < BAR0_BYTES_MIN) {
		free(info);
		return error_set(-ENODEV, "%s: its BAR0 of %llu bytes is too small",
				 transport->name, (unsigned long long)region.size);
	}
	device->bar0_at = region.offset;
	/* Offsets have 32 bits: what is behind 4 GiB is not used. */
	transport->reg_bytes = region.size > REG_BYTES_MAX ? REG_BYTES_MAX : (size_t)region.size;
	device_map_window(device, info, len);
	free(info);
	return 0;
}

void device_identify(struct device *device, const struct device_identity *identity)
{
	struct transport *transport = &device->transport;

	transport->ops = identity->ops;
	transport->numa_node = identity->numa_node;
	transport->is_virtual_function = identity->is_virtual_function;
	(void)snprintf(transport->name, sizeof(transport->name), "%s", identity->name);
}

int device_init(struct device *device, int fd)
{
	int ret;

	assert(fd >= 0 && device->transport.ops && !device->map);
	device->fd = fd;
	device->request_fd = -1;
	device->plain_fd = -1;
	ret = read_device_info(device);
	if (!ret)
		ret = find_config(device);
	if (!ret)
		ret = find_bar0(device);
	/* nvu polls, so it disables the pin interrupt: it would not answer one, and the line may be shared. */
	if (!ret)
		ret = change_command(
			device, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE,
			0);
	if (ret)
		device_fini(device);
	return ret;
}

void device_fini(struct device *device)
{
	if (device->config_bytes)
		(void)change_command(device, 0, PCI_COMMAND_MASTER);
	device_unmap_window(device);
	if (device->request_fd >= 0)
		(void)close(device->request_fd);
}
