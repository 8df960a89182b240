/* SPDX-License-Identifier: MIT */
/*
 * doorbell.h: telling the controller a new tail or head. Mostly one register write; else, beside
 * the fast path, shadow doorbells (Doorbell Buffer Config, Base 5.8) or a transport that cannot map
 * its doorbells.
 */
#ifndef NVU_RING_DOORBELL_H
#define NVU_RING_DOORBELL_H

#include "base/mmio.h"
#include "transport/transport.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether the doorbells of a queue may be written. No doorbell write reaches the controller from the moment
 * when CC.EN is about to be cleared until the queue exists again, whichever thread writes it:
 *
 *	resets (any thread, holds the controller's lock)	owns the queue pair
 *	1 closes the gate: .closed, under .lock
 *	2 buries the mapped doorbells
 *	3 reads CC, clears CC.EN, waits, enables
 *	4 raises the epoch, gives the lock back
 *								5 takes the lock, maps the doorbells again
 *								6 creates the queues
 *								7 opens the gate, gives the lock back
 *
 * A doorbell write of the owner takes one of three ways, each of which may be interrupted anywhere:
 * - The plain store to a mapped register (doorbell_write()) looks at nothing. Whatever address it has read,
 *   from 2 to 5 that is plain memory. One that was carried out before 2 is ahead of the reading of CC.
 * - Through the transport, when the register is not mapped: under .lock, with a look at .closed.
 * - To the shadow doorbell, after a look at .closed: the store may come after 1, also when the controller
 *   has got the shadow's address again. It goes to the owner's own entry, of a queue that does not exist; the
 *   owner clears that entry between 5 and 6.
 * The owner itself is between 5 and 7 in no doorbell write. The admin queue's gate is never closed: who resets
 * holds the lock that its doorbells are written under.
 */
struct doorbell_gate {
	pthread_mutex_t
		lock; /* keeps a reset waiting while a doorbell is written through the transport */
	bool closed;  /* atomic */
	struct transport *transport;	      /* NULL: closed */
	struct transport_doorbells doorbells; /* both of an I/O queue pair; buried: as closed */
};

struct doorbell {
	/* Where a plain write does it; NULL: doorbell_write_slow(). Atomic: a reset takes it away. */
	volatile void *reg;
	uint32_t value;	 /* written last; kept only by doorbell_write_slow() */
	uint32_t offset; /* of the register */

	volatile void *mapped;	   /* the register; NULL: it is not mapped */
	uint32_t *shadow;	   /* little-endian; NULL: no shadow doorbells */
	const uint32_t *event_idx; /* NULL: the register is written each time as well */
	struct doorbell_gate *gate;
	uint64_t spared; /* writes that needed no register write, thanks to the shadow */
};

/* Returns whether it was written: not behind the closed gate. */
bool doorbell_write_slow(struct doorbell *doorbell, uint32_t value);

/* From now on every write goes through doorbell_write_slow(). */
static inline void doorbell_hide(struct doorbell *doorbell)
{
	__atomic_store_n(&doorbell->reg, NULL, __ATOMIC_RELAXED);
}

/* From now on a plain write does it, if the register is mapped. */
static inline void doorbell_show(struct doorbell *doorbell)
{
	__atomic_store_n(&doorbell->reg, doorbell->mapped, __ATOMIC_RELAXED);
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
 * After this, and a register that is read, no write to a doorbell behind the gate reaches the controller, nor
 * does one that has begun. Returns whether it was open. Any thread.
 */
bool doorbell_gate_close(struct doorbell_gate *gate);

/* The queue exists. Its thread; no thread closes the gate meanwhile. */
void doorbell_gate_open(struct doorbell_gate *gate);

/*
 * Memory that reaches BAR0's bytes [first, end), for the doorbells behind this gate; NULL: they are written
 * through the transport. The queue pair's thread; no thread closes the gate meanwhile.
 */
volatile char *doorbell_gate_map(struct doorbell_gate *gate, size_t first, size_t end);

/* Before the queue pair is freed. A gate without mapped doorbells is fine. */
void doorbell_gate_unmap(struct doorbell_gate *gate);

/* mmio_write32() orders the entries written before ahead of the register write. Whether it was written. */
static inline bool doorbell_write(struct doorbell *doorbell, uint32_t value)
{
	volatile void *reg = doorbell_register(doorbell);

	if (__builtin_expect(!reg, 0))
		return doorbell_write_slow(doorbell, value);
	mmio_write32(reg, value);
	return true;
}

#endif
