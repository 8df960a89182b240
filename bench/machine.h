/* SPDX-License-Identifier: MIT */
/*
 * machine.h: on what a measurement was made.
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <json-c/json.h>

/* Processor, cores, governor, kernel, load: a new object. */
struct json_object *machine_describe(void);

#endif
