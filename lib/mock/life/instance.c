// SPDX-License-Identifier: MIT
/*
 * instance.c: allocates a mock, counts its holders, frees it.
 */
#include "mock/life/instance.h"

#include "base/drives.h"
#include "base/error.h"
#include "mock/admin/feature.h"
#include "mock/faults/fault.h"
#include "mock/faults/violation.h"
#include "mock/io/ns.h"
#include "mock/life/domain.h"
#include "mock/life/lock.h"
#include "mock/life/registry.h"
#include "mock/life/thread.h"
#include "mock/queues/complete.h"
#include "mock/queues/doorbell.h"
#include "mock/queues/former.h"
#include "mock/queues/interrupt.h"
#include "mock/queues/queue.h"
#include "mock/registers/pci.h"
#include "mock/registers/regs.h"
#include "mock/state.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096 };

/* Frees a mock, whole or not; it has no queues any more. */
static void free_mock(struct nvu_mock *mock)
{
	if (!mock)
		return;
	assert(!mock->live_count && !mock->thread_runs);
	mock_former_forget(mock);
	mock_complete_fini(mock);
	mock_xfer_fini(&mock->xfer);
	if (mock->bar)
		(void)munmap(mock->bar, mock->bar_bytes);
	mock_ns_close(mock);
	if (mock->request_fd >= 0)
		(void)close(mock->request_fd);
	free(mock->sqs);
	free(mock->cqs);
	free(mock->live);
	free(mock->windows);
	if (mock->vector_fds)
		mock_interrupt_disable(mock);
	free(mock->vector_fds);
	(void)pthread_cond_destroy(&mock->kick);
	(void)pthread_mutex_destroy(&mock->lock);
	free(mock);
}

static bool reports(const struct nvu_mock *mock)
{
	const char *value = secure_getenv("NVU_MOCK_REPORT");

	return mock->config.opts.flags & NVU_MOCK_REPORT ||
	       (value && value[0] && strcmp(value, "0") != 0);
}

/* The end of a mock that was used. */
static void finish(struct nvu_mock *mock)
{
	uint32_t kept = mock->violation_count < MOCK_VIOLATIONS_KEPT ? mock->violation_count
								     : MOCK_VIOLATIONS_KEPT;

	if (kept && reports(mock)) {
		for (uint32_t idx = 0; idx < kept; idx++)
			(void)dprintf(2, "nvu: %s: violation: %s\n", mock->address,
				      mock->violations[idx]);
		if (mock->violation_count > kept)
			(void)dprintf(2, "nvu: %s: %u more violations\n", mock->address,
				      mock->violation_count - kept);
	}
	free_mock(mock);
}

static int map_bar(struct nvu_mock *mock)
{
	size_t doorbells = ((size_t)mock->config.opts.io_queues + 1) * 2 * mock->stride;
	void *bar;

	assert(mock->stride >= sizeof(uint32_t));
	mock->bar_bytes =
		NVU_REG_DOORBELLS + (doorbells + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	bar = mmap(NULL, mock->bar_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	if (bar == MAP_FAILED)
		return error_set(-ENOMEM, "mock: no memory for the doorbells");
	mock->bar = bar;
	mock->doorbells = mock->bar + NVU_REG_DOORBELLS;
	if (mprotect(mock->doorbells, mock->bar_bytes - NVU_REG_DOORBELLS, PROT_READ | PROT_WRITE) <
	    0)
		return error_set(-ENOMEM, "mock: no memory for the doorbells");
	return 0;
}

static int alloc_parts(struct nvu_mock *mock)
{
	size_t queues = (size_t)mock->config.opts.io_queues + 1;

	mock->sqs = calloc(queues, sizeof(*mock->sqs));
	mock->cqs = calloc(queues, sizeof(*mock->cqs));
	mock->live = calloc(queues, sizeof(*mock->live));
	mock->windows = calloc(queues, sizeof(*mock->windows));
	mock->vector_fds = malloc((mock_config_vectors(&mock->config) + 1) * sizeof(int));
	if (mock->vector_fds)
		memset(mock->vector_fds, 0xff,
		       (mock_config_vectors(&mock->config) + 1) * sizeof(int));
	if (!mock->vector_fds || !mock->sqs || !mock->cqs || !mock->live || !mock->windows ||
	    mock_xfer_init(&mock->xfer, mock->max_transfer_bytes))
		return error_set(-ENOMEM, "mock: no memory for the controller");
	mock->xfer.last_slot_links = mock->quirks & NVU_QUIRK_LAST_SLOT;
	return map_bar(mock);
}

static void set_limits(struct nvu_mock *mock)
{
	const struct nvu_mock_opts *opts = &mock->config.opts;

	mock->max_transfer_bytes = mock_config_transfer_bytes(opts->mdts);
	mock->queues_max = opts->io_queues;
	memcpy(mock->firmware, "1.0", sizeof("1.0"));
	mock->stride = 4u << opts->dstrd;
	mock->cap = mock_regs_cap(opts);
	mock->null = opts->flags & NVU_MOCK_NULL;
	mock->stepped = opts->flags & NVU_MOCK_STEPPED;
}

/* A file that exists says how large the namespaces are, unless the caller did. */
static int open_store(struct nvu_mock *mock)
{
	struct nvu_mock_opts *opts = &mock->config.opts;
	const char *path = opts->backing;
	uint64_t bytes = 0;
	int ret;

	if (path && !mock->config.sized) {
		ret = mock_store_file_bytes(path, &bytes);
		if (ret)
			return ret;
		bytes = bytes / opts->namespaces / opts->lba_bytes * opts->lba_bytes;
		if (bytes)
			opts->ns_bytes = bytes;
	}
	mock_feature_open(mock);
	return mock_ns_open(mock);
}

static void init_lock(struct nvu_mock *mock)
{
	pthread_condattr_t monotonic;

	(void)pthread_mutex_init(&mock->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&mock->kick, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
}

static int alloc_mock(const struct mock_config *config, struct nvu_mock **ret_mock)
{
	struct nvu_mock *mock = calloc(1, sizeof(*mock));
	int ret;

	if (!mock)
		return error_set(-ENOMEM, "mock: no memory for the controller");
	init_lock(mock);
	mock->config = *config;
	mock->config.opts.serial = mock->config.serial;
	mock->config.opts.latency = mock->config.latency_text;
	mock->latency_random = config->opts.seed;
	mock->config.opts.backing = mock->config.backing[0] ? mock->config.backing : NULL;
	mock->file.fd = -1;
	mock->request_fd = -1;
	mock->pin_fd = -1;
	mock->quirks = drives_quirks((uint16_t)config->opts.vid, (uint16_t)config->opts.did);
	set_limits(mock);
	ret = open_store(mock);
	if (!ret)
		ret = alloc_parts(mock);
	for (uint32_t idx = 0; !ret && idx < config->fault_count; idx++)
		ret = mock_fault_add(mock, &config->faults[idx]);
	if (ret) {
		free_mock(mock);
		return ret;
	}
	mock_pci_init(mock);
	mock_regs_power_on(mock);
	*ret_mock = mock;
	return 0;
}

static int start(struct nvu_mock *mock)
{
	return mock->stepped ? 0 : mock_thread_start(mock);
}

/* Registry's lock held. */
static void end(struct nvu_mock *mock)
{
	mock_registry_remove(mock);
	mock_queue_clear(mock);
	mock_domain_leave();
}

int mock_instance_create(const struct mock_config *config, bool owned, struct nvu_mock **ret_mock)
{
	struct nvu_mock *mock = NULL;
	int ret = alloc_mock(config, &mock);

	if (ret)
		return ret;
	mock_registry_lock();
	mock->dma = mock_domain_join();
	mock_registry_add(mock);
	(void)snprintf(mock->address, sizeof(mock->address), "mock:id=%llu",
		       (unsigned long long)mock->id);
	mock->owned = owned;
	mock->opened = !owned;
	ret = owned ? 0 : start(mock);
	if (ret)
		end(mock);
	mock_registry_unlock();
	if (ret) {
		free_mock(mock);
		return ret;
	}
	*ret_mock = mock;
	return 0;
}

static int attach(uint64_t id, struct nvu_mock **ret_mock)
{
	struct nvu_mock *mock = mock_registry_find(id);
	int ret;

	if (!mock)
		return error_set(-ENODEV, "mock:id=%llu: this mock controller does not exist",
				 (unsigned long long)id);
	if (mock->serve)
		return error_set(-EBUSY,
				 "mock:id=%llu is served to other processes: call "
				 "nvu_mock_serve_stop() first",
				 (unsigned long long)id);
	if (mock->opened)
		return error_set(-EBUSY, "mock:id=%llu is open already: one controller at a time",
				 (unsigned long long)id);
	ret = start(mock);
	if (ret)
		return ret;
	mock->opened = true;
	*ret_mock = mock;
	return 0;
}

int mock_instance_attach(uint64_t id, struct nvu_mock **ret_mock)
{
	int ret;

	mock_registry_lock();
	ret = attach(id, ret_mock);
	mock_registry_unlock();
	return ret;
}

/* Returns the device to the state that the next driver finds. */
static void leave_driver(struct nvu_mock *mock)
{
	bool alive = !mock->gone && !mock->fatal && (mock->csts & NVU_CSTS_RDY);

	if (alive && (mock->cc & NVU_CC_EN) && !(mock->cc & NVU_CC_SHN)) {
		mock->unsafe_shutdowns++;
		if (!mock->call_failed)
			mock_violation_add(mock, "closed while enabled, without a shutdown");
	}
	mock_former_close(mock);
	mock_doorbell_leave(mock);
	mock_doorbell_sweep(mock);
	mock_pci_init(mock);
	mock_regs_power_on(mock);
	mock_interrupt_disable(mock);
}

void mock_instance_detach(struct nvu_mock *mock)
{
	bool last;

	assert(mock->opened);
	mock_thread_stop(mock);
	mock_registry_lock();
	mock_lock(mock);
	leave_driver(mock);
	mock_unlock(mock);
	mock->opened = false;
	last = !mock->owned;
	if (last)
		end(mock);
	mock_registry_unlock();
	if (last)
		finish(mock);
}

void mock_instance_disown(struct nvu_mock *mock)
{
	bool last;

	mock_registry_lock();
	mock_lock(mock);
	mock_state_vanish(mock);
	mock_unlock(mock);
	mock->owned = false;
	last = !mock->opened;
	if (last)
		end(mock);
	mock_registry_unlock();
	if (last)
		finish(mock);
}
