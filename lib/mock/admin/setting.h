/* SPDX-License-Identifier: MIT */
/*
 * setting.h: the current values of features that are more than one dword: with data, or with a value for
 * each namespace or sensor. None can be saved.
 */
#ifndef NVU_MOCK_ADMIN_SETTING_H
#define NVU_MOCK_ADMIN_SETTING_H

#include "mock/model.h"

enum { MOCK_TEMPERATURE_THRESHOLD = 343 }; /* kelvin: over temperature, of the composite */

bool mock_setting_has(uint8_t fid);

/* Back to the defaults: a reset. */
void mock_setting_reset(struct nvu_mock *mock);

uint16_t mock_setting_set(struct nvu_mock *mock, const struct mock_cmd *cmd);
uint16_t mock_setting_get(struct nvu_mock *mock, struct mock_cmd *cmd);

#endif
