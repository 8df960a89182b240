/* SPDX-License-Identifier: MIT */
/*
 * reservations.h: what the tests of reservations share: each command queued, and its status.
 */
#ifndef NVU_TEST_RESERVATIONS_H
#define NVU_TEST_RESERVATIONS_H

#include "harness.h"

static const uint8_t id[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static inline int status_of(struct rig *rig, int ret)
{
	return ret ? ret : rig_status(rig);
}

static inline int do_register(struct rig *rig, uint32_t action, uint32_t flags, uint64_t key,
			      uint64_t fresh)
{
	return status_of(
		rig, nvu_reservation_register(rig->qpair, rig->ns, action, flags, key, fresh, 0));
}

static inline int acquire(struct rig *rig, uint32_t action, uint32_t type, uint64_t key,
			  uint64_t preempted)
{
	return status_of(
		rig, nvu_reservation_acquire(rig->qpair, rig->ns, action, type, key, preempted, 0));
}

static inline int release(struct rig *rig, uint32_t action, uint32_t type, uint64_t key)
{
	return status_of(rig, nvu_reservation_release(rig->qpair, rig->ns, action, type, key, 0));
}

#endif
