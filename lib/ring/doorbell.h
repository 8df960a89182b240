/* SPDX-License-Identifier: MIT */
/*
 * doorbell.h: telling the controller a new tail or head. Mostly one register write; else, beside
 * the fast path, shadow doorbells (Doorbell Buffer Config, Base 5.8) or a transport that cannot map
 * its doorbells.
 */
#ifndef NVU_RING_DOORBELL_H
#define NVU_RING_DOORBELL_H

#include "base/mmio.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transport;

/*
 * Whether the doorbells of a queue may be written. A thread that resets the controller closes the gate of
 * every queue pair; the queue pair's own thread opens it when its queues exist again.
 */
struct doorbell_gate {
	pthread_mutex_t
		lock; /* keeps a reset waiting while a doorbell is written through the transport */
	bool closed;  /* atomic */
	struct transport *transport; /* when the register is not mapped */
};

struct doorbell {
	/* Where a plain write does it; NULL: doorbell_write_other(). Atomic: a reset takes it away. */
	volatile void *reg;
	uint32_t value;	 /* written last; kept only by doorbell_write_other() */
	uint32_t offset; /* of the register */

	volatile void *mapped;	   /* the register; NULL: it is not mapped */
	uint32_t *shadow;	   /* little-endian; NULL: no shadow doorbells */
	const uint32_t *event_idx; /* NULL: the register is written each time as well */
	struct doorbell_gate *gate;
	uint64_t spared; /* writes that needed no register write, thanks to the shadow */
};

void doorbell_write_other(struct doorbell *doorbell, uint32_t value);

/* From now on every write goes through doorbell_write_other(). */
static inline void doorbell_hide(struct doorbell *doorbell)
{
	__atomic_store_n(&doorbell->reg, NULL, __ATOMIC_RELAXED);
}

/* Where a plain write does it, or NULL. */
static inline volatile void *doorbell_register(const struct doorbell *doorbell)
{
	return __atomic_load_n(&doorbell->reg, __ATOMIC_RELAXED);
}

static inline bool doorbell_gate_is_closed(const struct doorbell_gate *gate)
{
	return __atomic_load_n(&gate->closed, __ATOMIC_ACQUIRE);
}

/*
 * After this no doorbell behind the gate is written through the transport; writes of mapped registers that
 * have begun may still go on. Returns whether it was open. Any thread.
 */
bool doorbell_gate_close(struct doorbell_gate *gate);

/* The queue exists. Its thread; nobody closes the gate meanwhile. */
void doorbell_gate_open(struct doorbell_gate *gate);

/* mmio_write32() orders the entries written before ahead of the register write. */
static inline void doorbell_write(struct doorbell *doorbell, uint32_t value)
{
	volatile void *reg = doorbell_register(doorbell);

	if (__builtin_expect(reg != NULL, 1))
		mmio_write32(reg, value);
	else
		doorbell_write_other(doorbell, value);
}

#endif
