/* SPDX-License-Identifier: MIT */
/*
 * latency_text.h: distributions of latencies as text: "80", "uniform:50-200", "exp:80", "tail:80:5000:0.1%". Pure.
 */
#ifndef NVU_MOCK_LIFE_LATENCY_TEXT_H
#define NVU_MOCK_LIFE_LATENCY_TEXT_H

#include "mock/latency.h"

/* 0; -EINVAL with a sentence. "": none. */
int mock_latency_parse(const char *text, struct mock_latency *ret_latency);

#endif
