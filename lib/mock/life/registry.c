// SPDX-License-Identifier: MIT
/*
 * registry.c: see registry.h.
 */
#include "mock/life/registry.h"

#include <assert.h>
#include <errno.h>

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct nvu_mock *mocks;
static uint64_t last_id;

/* For asserts: some thread holds the lock. */
static inline bool is_locked(void)
{
	return pthread_mutex_trylock(&registry_lock) == EBUSY;
}

void mock_registry_lock(void)
{
	(void)pthread_mutex_lock(&registry_lock);
}

void mock_registry_unlock(void)
{
	(void)pthread_mutex_unlock(&registry_lock);
}

void mock_registry_add(struct nvu_mock *mock)
{
	assert(is_locked());
	mock->id = ++last_id;
	mock->next = mocks;
	mocks = mock;
}

void mock_registry_remove(struct nvu_mock *mock)
{
	struct nvu_mock **link = &mocks;

	assert(is_locked());
	while (*link && *link != mock)
		link = &(*link)->next;
	assert(*link == mock);
	*link = mock->next;
}

struct nvu_mock *mock_registry_first(void)
{
	assert(is_locked());
	return mocks;
}

struct nvu_mock *mock_registry_find(uint64_t id)
{
	struct nvu_mock *mock = mocks;

	assert(is_locked());
	while (mock && mock->id != id)
		mock = mock->next;
	return mock;
}
