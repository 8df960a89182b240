/* SPDX-License-Identifier: MIT */
/*
 * msix.c: interrupts by VFIO_DEVICE_SET_IRQS. The kernel allocates what it is asked for when MSI-X is switched on,
 * and before Linux 6.5 cannot add to it: all vectors are asked for at once, with no descriptor, which costs
 * nothing until a queue interrupts there. Then each gets its descriptor by itself.
 */
#include "transport/vfio/msix.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum { VECTORS_MAX = 2048 }; /* the table size of MSI-X has 11 bits */

/* The same descriptor for `count` vectors. Returns what the kernel does, or -errno; without a sentence. */
static int set_irqs(const struct device *device, uint32_t start, uint32_t count, int32_t fd)
{
	size_t bytes = sizeof(struct vfio_irq_set) + count * sizeof(fd);
	struct vfio_irq_set *set = calloc(1, bytes);
	int ret;

	if (!set)
		return -ENOMEM;
	set->argsz = (uint32_t)bytes;
	set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	set->index = VFIO_PCI_MSIX_IRQ_INDEX;
	set->start = start;
	set->count = count;
	for (uint32_t i = 0; i < count; i++)
		memcpy(set->data + i * sizeof(fd), &fd, sizeof(fd));
	ret = ioctl(device->fd, VFIO_DEVICE_SET_IRQS, set);
	ret = ret < 0 ? -errno : ret;
	free(set);
	return ret;
}

/* 0, or why there are none. The kernel answers with a number when it has fewer vectors than are asked for. */
static int enable_all(struct device *device, uint32_t count)
{
	int ret = set_irqs(device, 0, count, -1);

	while (ret > 0 && (uint32_t)ret < count) {
		count = (uint32_t)ret;
		ret = set_irqs(device, 0, count, -1);
	}
	if (ret)
		return error_set(ret < 0 ? ret : -EIO,
				 "%s: the kernel does not enable its %u interrupt vectors: %s",
				 device->transport.name, count,
				 error_errno_words(ret < 0 ? -ret : EIO));
	device->vectors = count;
	return 0;
}

int msix_enable(struct transport *transport, uint32_t *ret_count)
{
	struct device *device = (struct device *)(void *)transport;
	struct vfio_irq_info irq = { .argsz = sizeof(irq), .index = VFIO_PCI_MSIX_IRQ_INDEX };
	int ret = 0;

	if (!device->vectors) {
		if (ioctl(device->fd, VFIO_DEVICE_GET_IRQ_INFO, &irq) < 0 || !irq.count ||
		    !(irq.flags & VFIO_IRQ_INFO_EVENTFD))
			return error_set(-ENOTSUP, "%s has no interrupts of its own (MSI-X)",
					 transport->name);
		ret = enable_all(device, irq.count < VECTORS_MAX ? irq.count : VECTORS_MAX);
	}
	if (!ret)
		*ret_count = device->vectors;
	return ret;
}

int msix_set(struct transport *transport, uint32_t vector, int fd)
{
	struct device *device = (struct device *)(void *)transport;
	int ret;

	if (vector >= device->vectors)
		return error_set(-EINVAL, "%s: interrupt vector %u: %u are enabled",
				 transport->name, vector, device->vectors);
	ret = set_irqs(device, vector, 1, fd);
	if (ret)
		return error_set(ret < 0 ? ret : -EIO,
				 "%s: interrupt vector %u does not take descriptor %d: %s",
				 transport->name, vector, fd,
				 error_errno_words(ret < 0 ? -ret : EIO));
	return 0;
}

void msix_disable(struct device *device)
{
	struct vfio_irq_set none = {
		.argsz = sizeof(none),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = VFIO_PCI_MSIX_IRQ_INDEX,
	};

	if (!device->vectors)
		return;
	(void)ioctl(device->fd, VFIO_DEVICE_SET_IRQS, &none);
	device->vectors = 0;
}
