/* SPDX-License-Identifier: MIT */
/*
 * doorbell.c: the doorbells that are more than a register write.
 */
#include "ring/doorbell.h"

#include "transport/transport.h"

/*
 * Base 5.8 (and annex B.5): the controller asks to be told when the value passes event_idx. True
 * when it does on the way from the old value to the new one. The arithmetic is modulo 65,536.
 */
static bool passes_event(uint32_t event_idx, uint32_t new_value, uint32_t old_value)
{
	return (uint16_t)(new_value - event_idx - 1) < (uint16_t)(new_value - old_value);
}

static void write_register(const struct doorbell *doorbell, uint32_t value)
{
	struct doorbell_gate *gate = doorbell->gate;

	if (doorbell->mapped) {
		mmio_write32(doorbell->mapped, value);
		return;
	}
	pthread_mutex_lock(&gate->lock);
	/* A doorbell that cannot be written leaves its commands to their deadline. */
	if (!gate->closed)
		(void)gate->transport->ops->reg_write32(gate->transport, doorbell->offset, value);
	pthread_mutex_unlock(&gate->lock);
}

bool doorbell_gate_close(struct doorbell_gate *gate)
{
	bool was_open;

	pthread_mutex_lock(&gate->lock);
	was_open = !gate->closed;
	__atomic_store_n(&gate->closed, true, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&gate->lock);
	return was_open;
}

void doorbell_gate_open(struct doorbell_gate *gate)
{
	__atomic_store_n(&gate->closed, false, __ATOMIC_RELAXED);
}

void doorbell_write_other(struct doorbell *doorbell, uint32_t value)
{
	uint32_t old_value = doorbell->value;

	if (doorbell_gate_is_closed(doorbell->gate))
		return;
	doorbell->value = value;
	if (!doorbell->shadow) {
		write_register(doorbell, value);
		return;
	}
	/* The entries before the shadow value that announces them. */
	dma_wmb();
	__atomic_store_n(doorbell->shadow, MMIO_LE32(value), __ATOMIC_RELEASE);
	/*
	 * The shadow value before the look at event_idx: the controller does the reverse (writes
	 * event_idx, then looks at the shadow value), so one of the two sees the other's write.
	 */
	dma_mb();
	if (!doorbell->event_idx ||
	    passes_event(MMIO_LE32(__atomic_load_n(doorbell->event_idx, __ATOMIC_ACQUIRE)), value,
			 old_value))
		write_register(doorbell, value);
	else
		doorbell->spared++;
}
