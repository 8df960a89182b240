/* SPDX-License-Identifier: MIT */
/*
 * serve.h: a mock that another process drives, over the vfio-user protocol: one client at a time. What a client sends
 * is hostile; what it does to the controller is recorded as another driver's doings are.
 */
#ifndef NVU_MOCK_SERVE_SERVE_H
#define NVU_MOCK_SERVE_SERVE_H

#include "mock/model.h"

/*
 * Listens. From now on the mock's memory is that of its client. Registry's and mock's lock are held. 0 or -errno, with
 * a sentence.
 */
int mock_serve_open(struct nvu_mock *mock, const char *path);

/* The client loses its device, and the socket is removed. Registry's and mock's lock are held. */
void mock_serve_close(struct nvu_mock *mock);

/* Carries out what the client has sent, or takes the next client. Returns how many messages. Mock's lock held. */
uint32_t mock_serve_work(struct nvu_mock *mock);

/* Waits for messages, up to the time. The device's thread, without the mock's lock. */
void mock_serve_wait(struct nvu_mock *mock, long ns);

#endif
