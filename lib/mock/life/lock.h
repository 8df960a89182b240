/* SPDX-License-Identifier: MIT */
/*
 * lock.h: the lock of a mock. The device's thread holds it from scan to scan and reads one counter;
 * every other thread increments that counter first. So the model's I/O path needs no lock operation while no
 * other thread waits.
 */
#ifndef NVU_MOCK_LIFE_LOCK_H
#define NVU_MOCK_LIFE_LOCK_H

#include "base/mmio.h"
#include "mock/model.h"

enum { MOCK_LOCK_TRIES = 200 };

static inline void mock_lock(struct nvu_mock *mock)
{
	__atomic_fetch_add(&mock->waiters, 1, __ATOMIC_RELAXED);
	for (int tries = 0; tries < MOCK_LOCK_TRIES; tries++) {
		if (pthread_mutex_trylock(&mock->lock) == 0)
			goto taken;
		cpu_relax();
	}
	(void)pthread_mutex_lock(&mock->lock);
taken:
	__atomic_fetch_sub(&mock->waiters, 1, __ATOMIC_RELAXED);
}

static inline void mock_unlock(struct nvu_mock *mock)
{
	(void)pthread_mutex_unlock(&mock->lock);
}

static inline bool mock_lock_wanted(const struct nvu_mock *mock)
{
	return __atomic_load_n(&mock->waiters, __ATOMIC_RELAXED) != 0;
}

#endif
