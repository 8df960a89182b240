/* SPDX-License-Identifier: MIT */
/*
 * doorbell.h: telling the controller a new tail or head. Mostly one register write; else, beside
 * the fast path, shadow doorbells (Doorbell Buffer Config, Base 5.8) or a transport that cannot map
 * its doorbells.
 */
#ifndef NVU_RING_DOORBELL_H
#define NVU_RING_DOORBELL_H

#include "base/mmio.h"

#include <stdint.h>

struct transport;

struct doorbell {
	volatile void *reg; /* where a plain write does it; NULL: doorbell_write_other() */
	uint32_t value;	    /* written last; kept only by doorbell_write_other() */
	uint32_t offset;    /* of the register */

	volatile void *mapped;	     /* the register, if it is mapped but not written plainly */
	uint32_t *shadow;	     /* little-endian; NULL: no shadow doorbells */
	const uint32_t *event_idx;   /* NULL: the register is written each time as well */
	struct transport *transport; /* when the register is not mapped */
	uint64_t spared; /* writes that needed no register write, thanks to the shadow */
};

void doorbell_write_other(struct doorbell *doorbell, uint32_t value);

/* From now on every write goes through doorbell_write_other(). */
static inline void doorbell_hide(struct doorbell *doorbell)
{
	if (!doorbell->reg)
		return;
	doorbell->mapped = doorbell->reg;
	doorbell->reg = 0;
}

/* mmio_write32() orders the entries written before ahead of the register write. */
static inline void doorbell_write(struct doorbell *doorbell, uint32_t value)
{
	if (__builtin_expect(doorbell->reg != 0, 1))
		mmio_write32(doorbell->reg, value);
	else
		doorbell_write_other(doorbell, value);
}

#endif
