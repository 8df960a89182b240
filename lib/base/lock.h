/* SPDX-License-Identifier: MIT */
/*
 * lock.h: a mutex of the control plane that knows which thread holds it, so that a function can assert what its
 * comment says: assert(lock_is_held(&ctrl->lock)). The owner is a word beside the mutex, for assertions alone: only
 * the thread that holds the lock writes its own identity there, so a thread that does not hold it never reads it.
 */
#ifndef NVU_BASE_LOCK_H
#define NVU_BASE_LOCK_H

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct lock {
	pthread_mutex_t mutex;
	uintptr_t owner; /* atomic: pthread_self() of the thread that holds it; 0: no thread does */
};

/* The calling thread. */
static inline uintptr_t lock_self(void)
{
	return (uintptr_t)pthread_self();
}

/* Whether the calling thread holds it. */
static inline bool lock_is_held(const struct lock *lock)
{
	return __atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == lock_self();
}

static inline void lock_set_owner(struct lock *lock, uintptr_t owner)
{
	__atomic_store_n(&lock->owner, owner, __ATOMIC_RELAXED);
}

static inline void lock_init(struct lock *lock)
{
	pthread_mutex_init(&lock->mutex, NULL);
	lock_set_owner(lock, 0);
}

static inline void lock_destroy(struct lock *lock)
{
	assert(!lock_is_held(lock));
	pthread_mutex_destroy(&lock->mutex);
}

static inline void lock_take(struct lock *lock)
{
	assert(!lock_is_held(lock));
	pthread_mutex_lock(&lock->mutex);
	lock_set_owner(lock, lock_self());
}

/* True: the calling thread holds it now; false: another thread does. */
static inline bool lock_try(struct lock *lock)
{
	assert(!lock_is_held(lock));
	if (pthread_mutex_trylock(&lock->mutex))
		return false;
	lock_set_owner(lock, lock_self());
	return true;
}

static inline void lock_give(struct lock *lock)
{
	assert(lock_is_held(lock));
	lock_set_owner(lock, 0);
	pthread_mutex_unlock(&lock->mutex);
}

#endif
