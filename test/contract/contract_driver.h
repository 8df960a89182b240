/* SPDX-License-Identifier: MIT */
/*
 * contract_driver.h: a driver of the admin queue alone, which is all that tells what reaches a controller.
 */
#ifndef NVU_TEST_CONTRACT_DRIVER_H
#define NVU_TEST_CONTRACT_DRIVER_H

#include "contract.h"

#include <nvu/nvu.h>
#include <nvu/regs.h>
#include <nvu/spec.h>

struct driver {
	struct transport *transport;
	char *arena;
	uint64_t iova;
	uint32_t stride;
	uint32_t tail, head; /* never more than ENTRIES commands: no wrapping */
	struct transport_doorbells doorbells;
};

static inline size_t driver_doorbell_at(const struct driver *driver, uint32_t number)
{
	return NVU_REG_DOORBELLS + (size_t)number * driver->stride;
}

/* An enabled controller with an admin queue. */
struct driver driver_begin(void **state);
void driver_disable(struct driver *driver);
void driver_end(struct driver *driver);

/* Queues Identify Controller; its doorbell is the case's to write. */
void driver_identify(struct driver *driver);

/* Whether the next completion comes within `ms` milliseconds. */
bool driver_is_answered(struct driver *driver, uint32_t ms);
void driver_must_be_answered(struct driver *driver);

#endif
