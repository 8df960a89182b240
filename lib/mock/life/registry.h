/* SPDX-License-Identifier: MIT */
/*
 * registry.h: the list of all mocks of the process, and the lock that protects it.
 * Lock order: this one, then mocks' own in the order of the list.
 */
#ifndef NVU_MOCK_LIFE_REGISTRY_H
#define NVU_MOCK_LIFE_REGISTRY_H

#include "mock/model.h"

void mock_registry_lock(void);
void mock_registry_unlock(void);

/* All below: with the lock held. */
void mock_registry_add(struct nvu_mock *mock); /* gives it its id */
void mock_registry_remove(struct nvu_mock *mock);
struct nvu_mock *mock_registry_first(void);
struct nvu_mock *mock_registry_find(uint64_t id);

#endif
