// SPDX-License-Identifier: MIT
/*
 * clock.c: see clock.h.
 */
#include "base/clock.h"

uint64_t clock_ahead_ns;
