/* SPDX-License-Identifier: MIT */
/*
 * window.h: doorbells that the driver has mapped for one queue pair: the operations doorbells_...() of
 * struct transport_ops on a mock. The mock looks at that memory until it is buried.
 */
#ifndef NVU_MOCK_QUEUES_WINDOW_H
#define NVU_MOCK_QUEUES_WINDOW_H

#include "mock/model.h"
#include "transport/transport.h"

/* The lock is held. first: from the beginning of BAR0. */
int mock_window_map(struct nvu_mock *mock, size_t first, size_t end,
		    struct transport_doorbells *ret_doorbells);
int mock_window_bury(struct nvu_mock *mock, struct transport_doorbells *doorbells);
int mock_window_renew(struct nvu_mock *mock, struct transport_doorbells *doorbells);

/* Without the lock; the mock may be gone. */
void mock_window_unmap(struct transport_doorbells *doorbells);

#endif
