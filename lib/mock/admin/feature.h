/* SPDX-License-Identifier: MIT */
/*
 * feature.h: Set Features and Get Features, Base 5.15 and 5.27.
 */
#ifndef NVU_MOCK_ADMIN_FEATURE_H
#define NVU_MOCK_ADMIN_FEATURE_H

#include "mock/model.h"

/* A new controller: nothing has been saved. */
void mock_feature_open(struct nvu_mock *mock);

/* Back to the defaults, or to what was saved: a reset. */
void mock_feature_reset(struct nvu_mock *mock);

uint16_t mock_feature_set(struct nvu_mock *mock, struct mock_cmd *cmd);
uint16_t mock_feature_get(struct nvu_mock *mock, struct mock_cmd *cmd);

#endif
