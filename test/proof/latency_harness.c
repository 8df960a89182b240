/* SPDX-License-Identifier: MIT */
/*
 * Proved: measuring latencies reads and writes inside its tables, whatever the entries say and whatever
 * the device makes of them meanwhile (device.h); it counts no more than asked for, and as many as are
 * there.
 *
 * Bounds: a ring of 4 entries, a table of 2 slots in any state, any time, up to 2 entries
 * from the ring's last on.
 * Wrap-around and narrowing are meant: identifiers, time.
 *
 * @sources qpair/inflight.c
 * @without unsigned-overflow-check conversion-check
 * @options --unwind 9
 */
#include "device.h"

#include "qpair/latency.c"

#include <string.h>

enum { SLOTS = 2, MAX = 2 };

uint64_t clock_kernel_ns(void)
{
	return nondet_u64();
}

void harness(void)
{
	uint32_t max = nondet_u32(), bucket = nondet_u32(), head = DEVICE_ENTRIES - 1, count;
	uint64_t stamp_ns;

	assume(max <= MAX && bucket < LATENCY_BUCKETS);
	device_qpair(head, DEVICE_ENTRIES, SLOTS);
	qpair.latency =
		malloc(sizeof(*qpair.latency) + (qpair.inflight.mask + 1ul) * sizeof(uint64_t));
	memset(qpair.latency->buckets, 0, sizeof(qpair.latency->buckets));
	stamp_ns = qpair.latency->stamps_ns[0];
	count = latency_measure(&qpair, max);
	prove(count <= max, "no more than asked for");
	prove(cq_ring_head(&qpair.cq) == head, "looking takes nothing away");
	prove(qpair.latency->buckets[bucket] <= count, "at most one each");
	prove(qpair.latency->stamps_ns[0] == stamp_ns,
	      "what lies behind the buckets is left alone");
	reached();
}
