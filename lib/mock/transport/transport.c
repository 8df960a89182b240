// SPDX-License-Identifier: MIT
/*
 * transport.c: the ops of lib/transport/transport.h on a mock. Each takes the mock's lock,
 * counts the call and calls the model.
 */
#include "mock/transport/transport.h"

#include "base/clock.h"
#include "base/error.h"
#include "mock/engine/engine.h"
#include "mock/faults/call.h"
#include "mock/faults/fault.h"
#include "mock/faults/violation.h"
#include "mock/life/config.h"
#include "mock/life/domain.h"
#include "mock/life/instance.h"
#include "mock/life/lock.h"
#include "mock/life/registry.h"
#include "mock/life/thread.h"
#include "mock/queues/doorbell.h"
#include "mock/queues/interrupt.h"
#include "mock/queues/window.h"
#include "mock/registers/pci.h"
#include "mock/registers/regs.h"
#include "transport/registers.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

enum { TURN_NS = 100000 }; /* of a wait in virtual time */

struct mock_transport {
	struct transport base;
	struct nvu_mock *mock;
};

static struct nvu_mock *mock_of(struct transport *transport)
{
	return ((struct mock_transport *)transport)->mock;
}

static void fill_base(struct transport *base, struct nvu_mock *mock)
{
	base->ops = &mock_transport_ops;
	base->reg_bytes = mock->bar_bytes;
	base->numa_node = -1;
	base->is_stepped = mock->stepped;
	base->is_virtual_function = mock->config.opts.flags & NVU_MOCK_OFFLINE;
	if (!(mock->config.opts.flags & NVU_MOCK_TRAP_DOORBELLS)) {
		base->mapped = mock->bar;
		base->mapped_first = NVU_REG_DOORBELLS;
		base->mapped_end = mock->bar_bytes;
	}
	(void)snprintf(base->name, sizeof(base->name), "%s", mock->address);
	mock_registry_lock();
	base->domain = mock_domain_get();
	mock_registry_unlock();
}

/* Counts the call as the other operations do. */
static int begin(struct nvu_mock *mock, const struct transport_open_opts *opts)
{
	int ret;

	mock_lock(mock);
	mock->call_failed = false;
	ret = mock_call_count(mock, "open");
	if (!ret && opts && opts->reset) {
		mock_regs_power_on(mock);
		mock->stats.resets++;
	}
	mock_unlock(mock);
	return ret;
}

static int open_mock(const char *target, const struct transport_open_opts *opts,
		     struct transport **ret_transport)
{
	struct mock_transport *transport = calloc(1, sizeof(*transport));
	struct mock_config config;
	int ret = mock_config_parse(target, &config);

	if (!ret && !transport)
		ret = error_set(-ENOMEM, "mock: no memory for the transport");
	if (!ret)
		ret = config.id ? mock_instance_attach(config.id, &transport->mock)
				: mock_instance_create(&config, false, &transport->mock);
	if (ret)
		goto free_transport;
	ret = begin(transport->mock, opts);
	if (ret)
		goto detach;
	fill_base(&transport->base, transport->mock);
	transport->mock->transport = &transport->base;
	*ret_transport = &transport->base;
	return 0;
detach:
	mock_instance_detach(transport->mock);
free_transport:
	free(transport);
	return ret;
}

static void close_mock(struct transport *transport)
{
	mock_of(transport)->transport = NULL;
	mock_instance_detach(mock_of(transport));
	free(transport);
	mock_registry_lock();
	mock_domain_put();
	mock_registry_unlock();
}

static int check_register(struct transport *transport, uint32_t offset, uint32_t bytes)
{
	int ret = transport_check_register(transport, offset, bytes);

	if (ret)
		mock_violation_add(
			mock_of(transport),
			"register access of %u bytes at 0x%x: misaligned or past the end", bytes,
			offset);
	return ret;
}

static int read_register(struct transport *transport, uint32_t offset, uint32_t bytes,
			 uint64_t *ret_value)
{
	struct nvu_mock *mock = mock_of(transport);
	int ret = mock_call_count(mock, "reading a register");

	if (!ret)
		ret = check_register(transport, offset, bytes);
	if (ret)
		return ret;
	if (!mock_pci_has_memory(mock)) {
		*ret_value = UINT64_MAX;
		return 0;
	}
	if (offset >= NVU_REG_DOORBELLS && !mock->gone)
		mock_violation_add(mock, "doorbell 0x%x is read: doorbells are for writing only",
				   offset);
	*ret_value = mock_regs_read(mock, offset, bytes);
	return 0;
}

static int write_register(struct transport *transport, uint32_t offset, uint32_t value)
{
	struct nvu_mock *mock = mock_of(transport);
	int ret = mock_call_count(mock, "writing a register");

	if (!ret)
		ret = check_register(transport, offset, sizeof(value));
	if (ret || !mock_pci_has_memory(mock))
		return ret;
	if (offset < NVU_REG_DOORBELLS)
		mock_regs_write32(mock, offset, value);
	else if (!mock->gone)
		mock_doorbell_write(mock, offset - NVU_REG_DOORBELLS, value);
	return 0;
}

static int reg_read32(struct transport *transport, uint32_t offset, uint32_t *ret_value)
{
	struct nvu_mock *mock = mock_of(transport);
	uint64_t value = 0;
	int ret;

	mock_lock(mock);
	ret = read_register(transport, offset, sizeof(*ret_value), &value);
	mock_unlock(mock);
	if (!ret)
		*ret_value = (uint32_t)value;
	return ret;
}

static int reg_read64(struct transport *transport, uint32_t offset, uint64_t *ret_value)
{
	struct nvu_mock *mock = mock_of(transport);
	int ret;

	mock_lock(mock);
	ret = read_register(transport, offset, sizeof(*ret_value), ret_value);
	mock_unlock(mock);
	return ret;
}

static int reg_write32(struct transport *transport, uint32_t offset, uint32_t value)
{
	struct nvu_mock *mock = mock_of(transport);
	int ret;

	mock_lock(mock);
	ret = write_register(transport, offset, value);
	mock_unlock(mock);
	return ret;
}

static int check_config(struct nvu_mock *mock, uint32_t offset, uint32_t len)
{
	if ((uint64_t)offset + len <= MOCK_CONFIG_SPACE_BYTES)
		return 0;
	return error_set(-EINVAL, "%s: %u bytes at 0x%x are outside the configuration space",
			 mock->address, len, offset);
}

static int config_read(struct transport *transport, uint32_t offset, void *ret_data, uint32_t len)
{
	struct nvu_mock *mock = mock_of(transport);
	int ret;

	mock_lock(mock);
	ret = mock_call_count(mock, "reading configuration space");
	if (!ret)
		ret = check_config(mock, offset, len);
	if (!ret)
		mock_pci_read(mock, offset, ret_data, len);
	mock_unlock(mock);
	return ret;
}

static int config_write(struct transport *transport, uint32_t offset, const void *data,
			uint32_t len)
{
	struct nvu_mock *mock = mock_of(transport);
	int ret;

	mock_lock(mock);
	ret = mock_call_count(mock, "writing configuration space");
	if (!ret)
		ret = check_config(mock, offset, len);
	if (!ret)
		mock_pci_write(mock, offset, data, len);
	mock_unlock(mock);
	return ret;
}

static int reset_function(struct transport *transport)
{
	struct nvu_mock *mock = mock_of(transport);
	int ret;

	mock_lock(mock);
	ret = mock_call_count(mock, "function level reset");
	if (!ret && mock->gone)
		ret = error_set(-ENODEV, "%s: the controller has gone", mock->address);
	if (!ret) {
		mock_doorbell_sweep(mock);
		mock_regs_power_on(mock);
		mock_fault_function_reset(mock);
		mock->stats.resets++;
	}
	mock_unlock(mock);
	return ret;
}

/*
 * One command only: the admin queue comes first, and I/O that a test holds back stays queued. In virtual time a wait
 * reaches its deadline without waiting.
 */
static void relax(struct transport *transport)
{
	struct nvu_mock *mock = mock_of(transport);

	if (!mock->stepped) {
		mock_thread_kick(mock);
		(void)sched_yield();
		return;
	}
	mock_lock(mock);
	(void)mock_engine_step(mock, 1);
	if (mock->virtual_time)
		clock_advance(TURN_NS);
	mock_unlock(mock);
}

static int doorbells_map(struct transport *transport, size_t first, size_t end,
			 struct transport_doorbells *ret_doorbells)
{
	struct nvu_mock *mock = mock_of(transport);
	int ret;

	mock_lock(mock);
	ret = mock_window_map(mock, first, end, ret_doorbells);
	mock_unlock(mock);
	if (!ret)
		ret_doorbells->ops = &mock_transport_ops;
	return ret;
}

static int doorbells_bury(struct transport *transport, struct transport_doorbells *doorbells)
{
	struct nvu_mock *mock = mock_of(transport);
	int ret;

	mock_lock(mock);
	ret = mock_window_bury(mock, doorbells);
	mock_unlock(mock);
	return ret;
}

static int doorbells_renew(struct transport *transport, struct transport_doorbells *doorbells)
{
	struct nvu_mock *mock = mock_of(transport);
	int ret;

	mock_lock(mock);
	ret = mock_window_renew(mock, doorbells);
	mock_unlock(mock);
	return ret;
}

static int request_fd(struct transport *transport)
{
	struct nvu_mock *mock = mock_of(transport);
	int ret;

	mock_lock(mock);
	if (mock->request_fd < 0 && mock->config.opts.flags & NVU_MOCK_RELEASE)
		mock->request_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = mock->request_fd;
	mock_unlock(mock);
	return ret >= 0 ? ret
			: error_set(-ENOTSUP, "%s: this mock has no release request",
				    transport->name);
}

static int vectors_enable(struct transport *transport, uint32_t *ret_count)
{
	struct nvu_mock *mock = mock_of(transport);
	int ret;

	mock_lock(mock);
	ret = mock_call_count(mock, "enabling interrupts");
	if (!ret)
		ret = mock_interrupt_enable(mock, ret_count);
	mock_unlock(mock);
	return ret;
}

static int vector_set(struct transport *transport, uint32_t vector, int fd)
{
	struct nvu_mock *mock = mock_of(transport);
	int ret;

	mock_lock(mock);
	ret = mock_call_count(mock, "setting an interrupt");
	if (!ret)
		ret = mock_interrupt_set(mock, vector, fd);
	mock_unlock(mock);
	return ret;
}

const struct transport_ops mock_transport_ops = {
	.scheme = "mock",
	.open = open_mock,
	.close = close_mock,
	.reg_read32 = reg_read32,
	.reg_write32 = reg_write32,
	.reg_read64 = reg_read64,
	.reg_write64 = transport_write_halves,
	.config_read = config_read,
	.config_write = config_write,
	.reset = reset_function,
	.relax = relax,
	.doorbells_map = doorbells_map,
	.doorbells_bury = doorbells_bury,
	.doorbells_renew = doorbells_renew,
	.doorbells_unmap = mock_window_unmap,
	.request_fd = request_fd,
	.vectors_enable = vectors_enable,
	.vector_set = vector_set,
};
