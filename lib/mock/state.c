// SPDX-License-Identifier: MIT
/*
 * state.c: see state.h.
 */
#include "mock/state.h"

#include "base/clock.h"
#include "mock/reservation.h"

#include <assert.h>
#include <unistd.h>

enum { PCI_COMMAND = 4, PCI_COMMAND_BUS_MASTER = 4, NS_PER_US = 1000, WCE = 1 };

#define CC_OF_FIRMWARE \
	((uint32_t)(NVU_CC_EN | NVU_PUT(NVU_CC_IOSQES, 6) | NVU_PUT(NVU_CC_IOCQES, 4)))

uint64_t mock_state_now(const struct nvu_mock *mock)
{
	return mock->stepped ? mock->step : clock_ns();
}

uint64_t mock_state_due(const struct nvu_mock *mock, uint64_t delay)
{
	return mock_state_now(mock) + (mock->stepped ? delay : delay * NS_PER_US);
}

void mock_state_left_enabled(struct nvu_mock *mock, uint64_t delay)
{
	mock->cc = CC_OF_FIRMWARE;
	mock->csts = 0;
	mock->ready_due = mock_state_due(mock, delay);
}

void mock_state_update(struct nvu_mock *mock)
{
	mock->running = !mock->gone && !mock->paused_until && !mock->fatal &&
			(mock->cc & NVU_CC_EN) && (mock->csts & NVU_CSTS_RDY) &&
			!(mock->csts & NVU_CSTS_SHST) &&
			(mock->config_space[PCI_COMMAND] & PCI_COMMAND_BUS_MASTER);
}

void mock_state_fail(struct nvu_mock *mock)
{
	mock->fatal = true;
	mock->csts |= (uint32_t)NVU_CSTS_CFS;
	mock_state_update(mock);
	assert(!mock->running);
}

void mock_state_vanish(struct nvu_mock *mock)
{
	mock->gone = true;
	mock_state_update(mock);
	assert(!mock->running);
}

void mock_state_lose_power(struct nvu_mock *mock)
{
	/* A backing file that fails holds some of the old data and some of the new, as after a power loss. */
	(void)mock_cache_lose(&mock->cache);
	for (uint32_t idx = 0; idx < mock->config.opts.ns_max; idx++)
		mock_reservation_lose_power(mock->ns[idx].reservation);
	if (!(mock->csts & NVU_CSTS_SHST))
		mock->unsafe_shutdowns++;
	mock_state_vanish(mock);
}

bool mock_state_caches(const struct nvu_mock *mock)
{
	return mock->cache.capacity && (mock->features[NVU_FEAT_VOLATILE_WRITE_CACHE] & WCE);
}

void mock_state_flush(struct nvu_mock *mock)
{
	mock_cache_flush(&mock->cache, NULL);
}

void mock_state_pause(struct nvu_mock *mock, uint64_t delay)
{
	mock->paused_until = mock_state_due(mock, delay);
	mock_state_update(mock);
}

bool mock_state_is_paused(struct nvu_mock *mock)
{
	if (mock->paused_until && mock_state_now(mock) >= mock->paused_until) {
		mock->paused_until = 0;
		mock_state_update(mock);
	}
	return mock->paused_until;
}

void mock_state_ask_back(struct nvu_mock *mock)
{
	const uint64_t one = 1;

	if (mock->request_fd >= 0)
		(void)!write(mock->request_fd, &one, sizeof(one));
}
