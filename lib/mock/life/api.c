// SPDX-License-Identifier: MIT
/*
 * api.c: the functions of nvu/mock.h: each checks its arguments, takes the lock and calls the model.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/opts.h"
#include "mock/admin/change.h"
#include "mock/engine/engine.h"
#include "mock/event.h"
#include "mock/faults/fault.h"
#include "mock/io/ns.h"
#include "mock/life/config.h"
#include "mock/life/instance.h"
#include "mock/life/lock.h"
#include "mock/life/serving.h"
#include "mock/memory/store.h"
#include "mock/queues/doorbell.h"
#include "mock/registers/regs.h"
#include "mock/reservation.h"
#include "mock/serve/serve.h"
#include "transport/transport.h"

#include <errno.h>
#include <nvu/mock.h>
#include <string.h>

int nvu_mock_create(const struct nvu_mock_opts *opts, struct nvu_mock **ret_mock)
{
	struct mock_config config;
	int ret = mock_config_from_opts(opts, &config);

	return ret ? ret : mock_instance_create(&config, true, ret_mock);
}

int nvu_mock_create_by_address(const char *address, struct nvu_mock **ret_mock)
{
	static const char scheme[] = "mock:";
	struct mock_config config;
	int ret;

	if (!address || strncmp(address, scheme, sizeof(scheme) - 1))
		return error_set(-EINVAL, "%s is not the address of a mock: it begins with mock:",
				 address ? address : "NULL");
	ret = mock_config_parse(address + sizeof(scheme) - 1, &config);
	if (!ret && config.id)
		ret = error_set(-EINVAL, "%s names a mock that exists: leave id= out", address);
	return ret ? ret : mock_instance_create(&config, true, ret_mock);
}

int nvu_mock_serve(struct nvu_mock *mock, const char *socket_path)
{
	return mock_serving_start(mock, socket_path);
}

int nvu_mock_serve_stop(struct nvu_mock *mock)
{
	return mock_serving_stop(mock);
}

void nvu_mock_destroy(struct nvu_mock *mock)
{
	if (!mock)
		return;
	if (mock->serve)
		(void)mock_serving_stop(mock);
	mock_instance_disown(mock);
}

const char *nvu_mock_address(const struct nvu_mock *mock)
{
	return mock->address;
}

uint32_t nvu_mock_step(struct nvu_mock *mock, uint32_t max_commands)
{
	uint32_t done;

	if (!mock->stepped)
		return 0;
	mock_lock(mock);
	if (mock->serve)
		(void)mock_serve_work(mock);
	done = mock_engine_step(mock, max_commands);
	mock_unlock(mock);
	return done;
}

int nvu_mock_advance(struct nvu_mock *mock, uint32_t ms)
{
	if (!mock->stepped)
		return error_set(
			-EINVAL,
			"%s has a thread, which works in real time: only a stepped mock can "
			"advance the time",
			mock->address);
	mock_lock(mock);
	mock->virtual_time = true;
	mock_unlock(mock);
	clock_advance(ms * 1000000ull);
	if (mock->transport && mock->transport->time_passed)
		mock->transport->time_passed(mock->transport->time_passed_arg);
	return 0;
}

int nvu_mock_inject(struct nvu_mock *mock, const struct nvu_mock_fault *fault)
{
	int ret;

	mock_lock(mock);
	ret = mock_fault_add(mock, fault);
	mock_unlock(mock);
	return ret;
}

void nvu_mock_clear_faults(struct nvu_mock *mock)
{
	mock_lock(mock);
	mock_fault_clear(mock);
	if (mock->gone)
		mock_regs_power_on(mock);
	mock_unlock(mock);
}

void nvu_mock_fail_call(struct nvu_mock *mock, uint64_t nth, int error)
{
	mock_lock(mock);
	mock->fail_call = nth;
	mock->fail_error = error;
	mock_unlock(mock);
}

int nvu_mock_event(struct nvu_mock *mock, uint8_t type, uint8_t info, uint8_t log_page)
{
	int ret;

	mock_lock(mock);
	ret = mock_event_push(mock, type, info, log_page);
	mock_unlock(mock);
	if (ret)
		return error_set(ret, "%s: %d events wait already", mock->address, MOCK_EVENTS_MAX);
	return 0;
}

int nvu_mock_change(struct nvu_mock *mock, const struct nvu_mock_changes *change)
{
	int ret;

	mock_lock(mock);
	ret = mock_change(mock, change);
	mock_unlock(mock);
	return ret;
}

/* The mock is const to its user; looking at it takes the lock all the same. */
static struct nvu_mock *mutable(const struct nvu_mock *mock)
{
	return (struct nvu_mock *)(uintptr_t)mock;
}

static int check_reserve(const struct nvu_mock *mock, const struct nvu_mock_reserve_args *args)
{
	if (args->opcode != NVU_CMD_RESERVATION_REGISTER &&
	    args->opcode != NVU_CMD_RESERVATION_ACQUIRE &&
	    args->opcode != NVU_CMD_RESERVATION_RELEASE)
		return error_set(-EINVAL,
				 "opcode is %#x: expected NVU_CMD_RESERVATION_REGISTER, _ACQUIRE "
				 "or _RELEASE",
				 args->opcode);
	if (args->cntlid == MOCK_CNTLID || args->cntlid > UINT16_MAX)
		return error_set(-EINVAL,
				 "cntlid is %u: expected that of another controller, 2 to 65535",
				 args->cntlid);
	if (!mock_ns_find(mock, args->nsid))
		return error_set(-EINVAL, "%s has no namespace %u", mock->address, args->nsid);
	return 0;
}

static int reserve(struct nvu_mock *mock, const struct nvu_mock_reserve_args *args)
{
	struct mock_host host = { .cntlid = (uint16_t)args->cntlid };
	const struct mock_reserve command = {
		.opcode = (uint8_t)args->opcode,
		.cdw10 = args->action | args->type << 8 | args->flags,
		.crkey = args->key,
		.other = args->other_key,
	};
	int ret = check_reserve(mock, args), status;

	if (ret)
		return ret;
	memcpy(host.id, args->host_id, sizeof(host.id));
	status = mock_reservation_change(&mock_ns_find(mock, args->nsid)->reservation, &host,
					 &command);
	return status & ~(int)NVU_MOCK_DNR;
}

int nvu_mock_reserve(struct nvu_mock *mock, const struct nvu_mock_reserve_args *args)
{
	struct nvu_mock_reserve_args copy;
	int ret = opts_copy(&copy, sizeof(copy), args);

	if (ret)
		return ret;
	copy.nsid = copy.nsid ? copy.nsid : 1;
	copy.cntlid = copy.cntlid ? copy.cntlid : MOCK_CNTLID + 1;
	mock_lock(mock);
	ret = reserve(mock, &copy);
	mock_unlock(mock);
	return ret;
}

uint32_t nvu_mock_violations(const struct nvu_mock *mock)
{
	struct nvu_mock *own = mutable(mock);
	uint32_t count;

	mock_lock(own);
	mock_doorbell_sweep(own);
	count = own->violation_count;
	mock_unlock(own);
	return count;
}

const char *nvu_mock_violation(const struct nvu_mock *mock, uint32_t idx)
{
	struct nvu_mock *own = mutable(mock);
	bool exists;

	mock_lock(own);
	exists = idx < own->violation_count && idx < MOCK_VIOLATIONS_KEPT;
	mock_unlock(own);
	return exists ? own->violations[idx] : NULL;
}

void nvu_mock_stats(struct nvu_mock *mock, struct nvu_mock_stats *ret_stats, size_t size)
{
	struct nvu_mock_stats stats;

	mock_lock(mock);
	stats = mock->stats;
	stats.dma_mappings = mock_dma_live(mock->dma);
	stats.dma_bytes = mock->dma->bytes;
	mock_unlock(mock);
	memcpy(ret_stats, &stats, size < sizeof(stats) ? size : sizeof(stats));
}

int nvu_mock_data(struct nvu_mock *mock, uint32_t nsid, uint64_t offset, void *buf, size_t len,
		  int write)
{
	const struct mock_ns *ns;
	uint64_t ns_bytes;
	bool inside;
	int ret = 0;

	mock_lock(mock);
	ns = mock_ns_find(mock, nsid);
	ns_bytes = ns ? mock_ns_stored_bytes(ns->bytes, &ns->format) : 0;
	inside = ns && offset <= ns_bytes && len <= ns_bytes - offset;
	if (inside)
		ret = write ? mock_store_write(&ns->store, offset, buf, len)
			    : mock_store_read(&ns->store, offset, buf, len);
	if (inside && write && !ret)
		ret = mock_cache_settle(&mock->cache, &ns->store, offset, len);
	mock_unlock(mock);
	if (!inside)
		return error_set(-EINVAL,
				 "%s: %zu bytes at %llu of namespace %u are outside its %llu bytes",
				 mock->address, len, (unsigned long long)offset, nsid,
				 (unsigned long long)ns_bytes);
	if (ret)
		return error_set(ret, "%s: the backing file failed: %s", mock->address,
				 error_errno_words(-ret));
	return 0;
}
