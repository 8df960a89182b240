/* SPDX-License-Identifier: MIT */
/*
 * config.h: reads what controller to model from an address ("size=1G,ns=2") or from the options of
 * nvu_mock_create(). Pure: no I/O, no allocation.
 */
#ifndef NVU_MOCK_LIFE_CONFIG_H
#define NVU_MOCK_LIFE_CONFIG_H

#include "mock/options.h"

/* Reads the address behind "mock:". -EINVAL with a sentence; *ret_config untouched then. */
int mock_config_parse(const char *target, struct mock_config *ret_config);

/* Takes the options of nvu_mock_create(), fills in defaults, checks. */
int mock_config_from_opts(const struct nvu_mock_opts *opts, struct mock_config *ret_config);

#endif
