/* SPDX-License-Identifier: MIT */
/*
 * mock_thread.h: the thread that plays the device while a mock is open.
 */
#ifndef NVU_MOCK_THREAD_H
#define NVU_MOCK_THREAD_H

#include "mock/mock_model.h"

int mock_thread_start(struct nvu_mock *mock);

/* Returns when the thread has ended. Without the mock's lock. */
void mock_thread_stop(struct nvu_mock *mock);

#endif
