/* SPDX-License-Identifier: MIT */
/*
 * window.h: the operations doorbells_...() of struct transport_ops: doorbells that the driver maps for one
 * queue pair. The mock reads that memory until the driver buries it.
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
