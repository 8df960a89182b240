/* SPDX-License-Identifier: MIT */
/*
 * vfio.c: the VFIO transport's operations, and the order of opening and closing: address, sysfs,
 * claim, group (with its container), device, reset; undone backwards.
 */
#include "transport/vfio/vfio.h"
#include "transport/registers.h"

#include "base/error.h"
#include "base/log.h"
#include "transport/vfio/container.h"
#include "transport/vfio/device.h"
#include "transport/vfio/doorbells.h"
#include "transport/vfio/group.h"
#include "transport/vfio/pci.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RELAX_NS = 10 * 1000 };

static pthread_mutex_t claims_lock = PTHREAD_MUTEX_INITIALIZER;
static struct device *claims; /* devices that this process has open, or is opening */

/* A second open in one process would share the registers unseen: the kernel allows it. */
static int claim(struct device *device)
{
	struct device *other;

	(void)pthread_mutex_lock(&claims_lock);
	for (other = claims; other; other = other->next)
		if (!strcmp(other->transport.name, device->transport.name))
			break;
	if (!other) {
		device->next = claims;
		claims = device;
	}
	(void)pthread_mutex_unlock(&claims_lock);
	if (other)
		return error_set(-EBUSY,
				 "%s is already open in this process: close it first, or "
				 "share its handle",
				 device->transport.name);
	return 0;
}

static void unclaim(struct device *device)
{
	struct device **link = &claims;

	(void)pthread_mutex_lock(&claims_lock);
	while (*link != device)
		link = &(*link)->next;
	*link = device->next;
	(void)pthread_mutex_unlock(&claims_lock);
}

/* Resets the function if it can be. If not, bring-up's disabling of the controller must do. */
static void reset_at_open(struct device *device)
{
	int ret = device_reset(&device->transport);

	if (ret)
		log_line(LOG_INFO, "%s: not reset at open (%s)", device->transport.name,
			 error_errno_words(-ret));
}

static int open_claimed(struct device *device, const struct pci_info *info,
			const struct transport_open_opts *opts)
{
	int ret = group_acquire(info, &device->group);

	if (ret)
		return ret;
	ret = device_init(device, device->group, info);
	if (ret) {
		group_release(device->group);
		return ret;
	}
	device->transport.domain = container_domain(group_container(device->group));
	if (opts && opts->reset)
		reset_at_open(device);
	return 0;
}

static int vfio_open(const char *target, const struct transport_open_opts *opts,
		     struct transport **ret_transport)
{
	char bdf[PCI_BDF_BYTES];
	struct device *device;
	struct pci_info info;
	int ret;

	if ((ret = pci_parse_address(target, bdf)) || (ret = pci_read_info(bdf, &info)) ||
	    (ret = pci_check_usable(&info)))
		return ret;
	device = calloc(1, sizeof(*device));
	if (!device)
		return error_set(-ENOMEM, "no memory for a VFIO device");
	device->transport.ops = &vfio_transport_ops;
	device->transport.numa_node = info.numa_node;
	device->transport.is_virtual_function = info.is_virtual_function;
	(void)snprintf(device->transport.name, sizeof(device->transport.name), "%s", info.bdf);

	ret = claim(device);
	if (ret)
		goto free_device;
	ret = open_claimed(device, &info, opts);
	if (ret)
		goto unclaim_device;
	*ret_transport = &device->transport;
	return 0;

unclaim_device:
	unclaim(device);
free_device:
	free(device);
	return ret;
}

static void vfio_close(struct transport *transport)
{
	struct device *device = (struct device *)(void *)transport;

	device_fini(device);
	group_release(device->group);
	unclaim(device);
	free(device);
}

/* Sleeps: what is waited for here takes 10 us (an admin command) to seconds (CSTS.RDY). */
static void vfio_relax(struct transport *transport)
{
	const struct timespec pause = { .tv_nsec = RELAX_NS };

	(void)transport;
	(void)nanosleep(&pause, NULL);
}

const struct transport_ops vfio_transport_ops = {
	.scheme = "vfio",
	.open = vfio_open,
	.close = vfio_close,
	.reg_read32 = device_reg_read32,
	.reg_write32 = device_reg_write32,
	.reg_read64 = device_reg_read64,
	.reg_write64 = transport_write_halves,
	.config_read = device_config_read,
	.config_write = device_config_write,
	.reset = device_reset,
	.relax = vfio_relax,
	.doorbells_map = doorbells_map,
	.doorbells_bury = doorbells_bury,
	.doorbells_renew = doorbells_renew,
	.doorbells_unmap = doorbells_unmap,
	.request_fd = device_request_fd,
};
