/* SPDX-License-Identifier: MIT */
/*
 * pin.h: threads to processors. A thread that is created goes where its creator is, so a mock's
 * thread is placed by pinning the one that opens it.
 */
#ifndef BENCH_PIN_H
#define BENCH_PIN_H

#include <stdint.h>

/* How many processors this process may use. Called first, before anything is pinned. */
uint32_t pin_count(void);

/* Pins the calling thread to the idx-th of them, counted around. */
void pin_to(uint32_t idx);

#endif
