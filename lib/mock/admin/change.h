/* SPDX-License-Identifier: MIT */
/*
 * change.h: changes that the driver does not make: nvu_mock_change(), and faults that act as another host. The mock's lock is held.
 */
#ifndef NVU_MOCK_ADMIN_CHANGE_H
#define NVU_MOCK_ADMIN_CHANGE_H

#include "mock/model.h"

/* 0 or -errno with a sentence. */
int mock_change(struct nvu_mock *mock, const struct nvu_mock_changes *change);

/* The same as a fault does it to the namespace of a command. What cannot be is left undone. */
void mock_change_by_fault(struct nvu_mock *mock, const struct mock_cmd *cmd);

/* A controller reset: the limits that were waiting for it hold now. True when there were any. */
bool mock_change_limits(struct nvu_mock *mock);

#endif
