// SPDX-License-Identifier: MIT
/*
 * device_transport.c: the ops of lib/transport/transport.h on the hostile device: registers with
 * overrides, an IOMMU that is a list of mappings, and calls that fail when the input says so. The
 * kernel is trusted, so what it has mapped can be unmapped.
 */
#include "base/error.h"
#include "device.h"
#include "input.h"
#include "transport/iommufd/choice.h"
#include "transport/iommufd/iommufd.h"
#include "transport/vfio/vfio.h"
#include "transport/vfio_user/vfio_user.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { CALLS_MAX = 1 << 20, PCI_COMMAND = 4, PCI_COMMAND_MASTER = 4, JUMPS_MAX = 22 };

/* Counts a call: 0, or the error that it is to fail with. */
static int call(void)
{
	/* However the device behaves, every function of the library ends. */
	PROMISE(device.calls++ < CALLS_MAX);
	if (!device.fail_call || --device.fail_call)
		return 0;
	return error_set(device.fail_error, "a call failed because the input says so");
}

static int open_device(const char *target, const struct transport_open_opts *opts,
		       struct transport **ret_transport)
{
	int ret = call();

	(void)target;
	if (ret)
		return ret;
	PROMISE(!device.open);
	if (opts->reset)
		device_reset();
	device.open = device.master = true;
	device.bar = calloc(1, device.transport.reg_bytes);
	PROMISE(device.bar);
	device.transport.ops = &vfio_transport_ops;
	device.transport.domain = &device.domain;
	device.transport.numa_node = -1;
	(void)snprintf(device.transport.name, sizeof(device.transport.name), DEVICE_ADDRESS);
	device.transport.mapped = NULL;
	if (device.map_doorbells) {
		device.transport.mapped = device.bar;
		device.transport.mapped_first = NVU_REG_DOORBELLS;
		device.transport.mapped_end = device.transport.reg_bytes;
	}
	device.domain.ops->get(&device.domain);
	*ret_transport = &device.transport;
	return 0;
}

static void close_device(struct transport *transport)
{
	(void)transport;
	PROMISE(device.open && !device.windows);
	device.open = device.master = false;
	device.ends++;
	free(device.bar);
	device.bar = NULL;
	device.domain.ops->put(&device.domain);
}

static uint64_t plain_register(uint32_t offset)
{
	switch (offset) {
	case NVU_REG_CAP:
		return device.cap;
	case NVU_REG_CAP + 4:
		return device.cap >> 32;
	case NVU_REG_VS:
		return device.vs;
	case NVU_REG_CC:
		return device.cc;
	case NVU_REG_CSTS:
		return device_read_csts();
	default:
		return 0;
	}
}

static uint64_t read_register(uint32_t offset)
{
	uint64_t value = plain_register(offset);

	for (uint32_t i = 0; i < device.override_count; i++) {
		struct device_override *override = &device.overrides[i];

		if (override->offset != offset || !override->count)
			continue;
		override->count--;
		value = (value & override->and) ^ override->xor ;
	}
	return device.gone ? UINT64_MAX : value;
}

static int read32(struct transport *transport, uint32_t offset, uint32_t *ret_value)
{
	int ret = call();

	PROMISE(offset % 4 == 0 && offset + 4ull <= transport->reg_bytes);
	if (ret)
		return ret;
	*ret_value = (uint32_t)read_register(offset);
	if (offset == NVU_REG_CC)
		device.stopping = !(*ret_value & NVU_CC_EN);
	/* A controller whose CC.EN was cleared, or reads as cleared, and that says it has stopped. */
	if (offset == NVU_REG_CSTS && device.stopping && !(*ret_value & NVU_CSTS_RDY))
		device.ends++;
	return 0;
}

static int read64(struct transport *transport, uint32_t offset, uint64_t *ret_value)
{
	int ret = call();

	PROMISE(offset % 8 == 0 && offset + 8ull <= transport->reg_bytes);
	if (!ret)
		*ret_value = read_register(offset);
	return ret;
}

static void write_register(uint32_t offset, uint32_t value)
{
	device.jumps = 0;
	if (offset == NVU_REG_CC)
		device.stopping = !(value & NVU_CC_EN);
	if (device.gone)
		return;
	if (offset >= NVU_REG_DOORBELLS)
		device_ring(offset - NVU_REG_DOORBELLS, value);
	else if (offset == NVU_REG_CC)
		device_write_cc(value);
	else if (offset == NVU_REG_AQA)
		device.aqa = value;
}

static int write32(struct transport *transport, uint32_t offset, uint32_t value)
{
	int ret = call();

	PROMISE(offset % 4 == 0 && offset + 4ull <= transport->reg_bytes);
	if (!ret)
		write_register(offset, value);
	return ret;
}

static int write64(struct transport *transport, uint32_t offset, uint64_t value)
{
	int ret = call();

	PROMISE(offset % 8 == 0 && offset + 8ull <= transport->reg_bytes);
	if (!ret && offset == NVU_REG_ASQ)
		device.asq = value;
	if (!ret && offset == NVU_REG_ACQ)
		device.acq = value;
	return ret;
}

static int config_read(struct transport *transport, uint32_t offset, void *ret_data, uint32_t len)
{
	uint16_t command = device.master ? PCI_COMMAND_MASTER : 0;
	int ret = call();

	(void)transport;
	if (ret) {
		device.ends++; /* then there is no means left */
		return ret;
	}
	memset(ret_data, device.silent ? 0xff : 0, len);
	if (device.silent)
		return 0;
	if (offset == PCI_COMMAND && len <= sizeof(command))
		memcpy(ret_data, &command, len);
	return 0;
}

static int config_write(struct transport *transport, uint32_t offset, const void *data,
			uint32_t len)
{
	uint16_t command = 0; /* its low byte has all that is looked at */
	int ret = call();

	(void)transport;
	PROMISE(offset == PCI_COMMAND && len > 0 && len <= sizeof(command));
	memcpy(&command, data, len);
	if (!(command & PCI_COMMAND_MASTER))
		device.ends++;
	if (!ret)
		device.master = command & PCI_COMMAND_MASTER;
	return ret;
}

static int reset(struct transport *transport)
{
	int ret = call();

	if (!ret && device.no_reset)
		ret = error_set(-ENOTSUP, "%s: no function level reset", transport->name);
	if (!ret)
		device_reset();
	return ret;
}

/* Waits get longer and longer: whatever the deadline, it passes within a few turns. */
static void relax(struct transport *transport)
{
	(void)transport;
	PROMISE(device.calls++ < CALLS_MAX);
	clock_advance_ms(1u << (device.jumps < JUMPS_MAX ? device.jumps++ : JUMPS_MAX));
	device_step(UINT32_MAX);
}

static int doorbells_map(struct transport *transport, size_t first, size_t end,
			 struct transport_doorbells *ret_doorbells)
{
	PROMISE(first >= NVU_REG_DOORBELLS && first < end && end <= transport->reg_bytes);
	if (!device.map_doorbells)
		return error_set(-ENOTSUP, "%s: no doorbells are mapped", transport->name);
	*ret_doorbells = (struct transport_doorbells){
		.ops = transport->ops,
		.at = (volatile char *)device.bar + first,
		.first = first,
		.end = end,
	};
	device.windows++;
	return 0;
}

static int doorbells_bury(struct transport *transport, struct transport_doorbells *doorbells)
{
	(void)transport;
	PROMISE(device.open && !doorbells->buried && device.windows-- > 0);
	doorbells->buried = true;
	return 0;
}

static int doorbells_renew(struct transport *transport, struct transport_doorbells *doorbells)
{
	(void)transport;
	PROMISE(device.open && doorbells->buried);
	doorbells->buried = false;
	device.windows++;
	return 0;
}

static void doorbells_unmap(struct transport_doorbells *doorbells)
{
	PROMISE(doorbells->buried);
}

static int request_fd(struct transport *transport)
{
	static int fd = -1;
	int ret = call();

	if (!ret && device.no_request_fd)
		ret = error_set(-ENOTSUP, "%s: no request", transport->name);
	if (ret)
		return ret;
	if (fd < 0)
		fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	PROMISE(fd >= 0);
	return fd;
}

static int map(struct transport_domain *domain, uint64_t iova, const struct dma_source *source,
	       uint32_t prot)
{
	void *vaddr = source->vaddr;
	size_t len = source->len;
	int ret = call();

	if (!ret && device.map_count == DEVICE_MAPS)
		ret = error_set(-ENOSPC, "no more mappings");
	if (ret)
		return ret;
	PROMISE(len && iova % domain->page_bytes == 0 && len % domain->page_bytes == 0);
	PROMISE((uintptr_t)vaddr % domain->page_bytes == 0 && iova + len > iova);
	for (uint32_t i = 0; i < device.map_count; i++)
		PROMISE(iova >= device.maps[i].iova + device.maps[i].len ||
			iova + len <= device.maps[i].iova);
	device.maps[device.map_count++] =
		(struct device_map){ .iova = iova, .len = len, .addr = vaddr, .prot = prot };
	return 0;
}

/* Exactly what was mapped. */
static int unmap(struct transport_domain *domain, uint64_t iova, size_t len)
{
	struct device_map *map = device.maps;

	(void)domain;
	while (map < device.maps + device.map_count && map->iova != iova)
		map++;
	PROMISE(map < device.maps + device.map_count && map->len == len);
	*map = device.maps[--device.map_count];
	return 0;
}

static uint32_t ranges(struct transport_domain *domain, struct transport_range *ret_ranges)
{
	(void)domain;
	ret_ranges[0] = (struct transport_range){ 0, 0xfedfffff };
	ret_ranges[1] = (struct transport_range){ 0xfef00000, (1ull << 48) - 1 };
	return 2;
}

static void get_domain(struct transport_domain *domain)
{
	(void)domain;
	device.domain_refs++;
}

static void put_domain(struct transport_domain *domain)
{
	(void)domain;
	PROMISE(device.domain_refs-- > 0);
}

const struct transport_domain_ops device_domain_ops = {
	.map = map,
	.unmap = unmap,
	.ranges = ranges,
	.get = get_domain,
	.put = put_domain,
};

/* The program polls: no thread reads the descriptors. */
static int vectors_enable(struct transport *transport, uint32_t *ret_count)
{
	int ret = call();

	if (ret)
		return ret;
	if (!device.vectors)
		return error_set(-ENOTSUP, "%s has no interrupts", transport->name);
	*ret_count = device.vectors;
	return 0;
}

static int vector_set(struct transport *transport, uint32_t vector, int fd)
{
	(void)transport;
	PROMISE(vector < device.vectors && fd >= -1);
	return call();
}

const struct transport_ops vfio_transport_ops = {
	.scheme = "vfio",
	.open = open_device,
	.close = close_device,
	.reg_read32 = read32,
	.reg_write32 = write32,
	.reg_read64 = read64,
	.reg_write64 = write64,
	.config_read = config_read,
	.config_write = config_write,
	.reset = reset,
	.relax = relax,
	.doorbells_map = doorbells_map,
	.doorbells_bury = doorbells_bury,
	.doorbells_renew = doorbells_renew,
	.doorbells_unmap = doorbells_unmap,
	.request_fd = request_fd,
	.vectors_enable = vectors_enable,
	.vector_set = vector_set,
};

/* Nothing opens these: the hostile device is behind vfio_transport_ops. */
const struct transport_ops iommufd_transport_ops = { .scheme = "iommufd", .open = open_device };
const struct transport_ops vfio_user_transport_ops = { .scheme = "vfio-user", .open = open_device };

bool choice_is_iommufd(const char *target)
{
	(void)target;
	return false;
}
