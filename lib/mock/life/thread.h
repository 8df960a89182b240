/* SPDX-License-Identifier: MIT */
/*
 * thread.h: the thread that acts as the device while a mock is open.
 */
#ifndef NVU_MOCK_LIFE_THREAD_H
#define NVU_MOCK_LIFE_THREAD_H

#include "mock/model.h"

int mock_thread_start(struct nvu_mock *mock);

/* Returns when the thread has ended. Without the mock's lock. */
void mock_thread_stop(struct nvu_mock *mock);

/* Wakes the thread if it sleeps for long, since a thread waits for the device. Any thread, no lock. */
void mock_thread_kick(struct nvu_mock *mock);

#endif
