// SPDX-License-Identifier: MIT
/*
 * registry.c: see registry.h.
 */
#include "mock/life/registry.h"

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct nvu_mock *mocks;
static uint64_t last_id;

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
	mock->id = ++last_id;
	mock->next = mocks;
	mocks = mock;
}

void mock_registry_remove(struct nvu_mock *mock)
{
	struct nvu_mock **link = &mocks;

	while (*link && *link != mock)
		link = &(*link)->next;
	if (*link)
		*link = mock->next;
}

struct nvu_mock *mock_registry_first(void)
{
	return mocks;
}

struct nvu_mock *mock_registry_find(uint64_t id)
{
	struct nvu_mock *mock = mocks;

	while (mock && mock->id != id)
		mock = mock->next;
	return mock;
}
