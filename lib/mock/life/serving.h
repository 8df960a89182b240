/* SPDX-License-Identifier: MIT */
/*
 * serving.h: the beginning and the end of serving a mock. Meanwhile it counts as open.
 */
#ifndef NVU_MOCK_LIFE_SERVING_H
#define NVU_MOCK_LIFE_SERVING_H

#include "mock/model.h"

/* As nvu_mock_serve(). */
int mock_serving_start(struct nvu_mock *mock, const char *path);

/* As nvu_mock_serve_stop(). */
int mock_serving_stop(struct nvu_mock *mock);

#endif
