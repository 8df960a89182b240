/* SPDX-License-Identifier: MIT */
/*
 * instance.h: creates and ends mocks. A mock has up to two holders: the caller of nvu_mock_create() and the
 * transport that is open on it. It ends with the last of them.
 */
#ifndef NVU_MOCK_LIFE_INSTANCE_H
#define NVU_MOCK_LIFE_INSTANCE_H

#include "mock/model.h"

/* Creates a mock, for its creator (owned) or for a transport (not): then it is open already. */
int mock_instance_create(const struct mock_config *config, bool owned, struct nvu_mock **ret_mock);

/* Opens one that was created. -ENODEV, -EBUSY. */
int mock_instance_attach(uint64_t id, struct nvu_mock **ret_mock);

/* The transport's end; the creator's end. */
void mock_instance_detach(struct nvu_mock *mock);
void mock_instance_disown(struct nvu_mock *mock);

#endif
