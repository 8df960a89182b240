/* SPDX-License-Identifier: MIT */
/*
 * drain.c: polling until no command is outstanding.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/mmio.h"
#include "qpair/misuse.h"

#include <errno.h>
#include <nvu/qpair.h>
#include <sched.h>

enum { EMPTY_POLLS_SPUN = 1024 }; /* then the processor is offered to others, who may be the mock */

static bool is_over(uint64_t began_ns, int timeout_ms)
{
	return timeout_ms >= 0 && clock_ns() - began_ns >= (uint64_t)timeout_ms * 1000000;
}

static int report_late(const struct nvu_qpair *qpair, int timeout_ms)
{
	return error_set(-ETIMEDOUT,
			 "queue pair %u: %u commands are still outstanding after %d ms: drain it "
			 "again; each "
			 "command is answered within its own deadline (%u ms)",
			 qpair->id, qpair_outstanding(qpair), timeout_ms, qpair->timeout_ms);
}

static void pause_after(uint32_t empty_polls)
{
	if (empty_polls % EMPTY_POLLS_SPUN)
		cpu_relax();
	else
		(void)sched_yield();
}

int nvu_qpair_drain(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max, int timeout_ms)
{
	uint64_t began_ns = clock_ns();
	uint32_t done = 0, empty_polls = 0;

	if (misuse_is_closed(qpair, __func__))
		return -EINVAL;
	if (!max)
		return error_set(-EINVAL, "max is 0: expected room for at least one completion");
	while (done < max && qpair_outstanding(qpair)) {
		int count = nvu_poll(qpair, cpls + done, max - done);

		if (count < 0)
			return done ? (int)done : count;
		done += (uint32_t)count;
		if (!qpair_outstanding(qpair))
			break;
		if (is_over(began_ns, timeout_ms))
			return done ? (int)done : report_late(qpair, timeout_ms);
		if (!count)
			pause_after(++empty_polls);
	}
	return (int)done;
}
