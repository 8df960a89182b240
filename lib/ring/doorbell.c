/* SPDX-License-Identifier: MIT */
/*
 * doorbell.c: the doorbells that are more than a register write.
 */
#include "ring/doorbell.h"

#include "transport/transport.h"

#include <stdbool.h>

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
	if (doorbell->mapped)
		mmio_write32(doorbell->mapped, value);
	else
		/* A doorbell that cannot be written leaves its commands to their deadline. */
		(void)doorbell->transport->ops->reg_write32(doorbell->transport, doorbell->offset,
							    value);
}

void doorbell_write_other(struct doorbell *doorbell, uint32_t value)
{
	uint32_t old_value = doorbell->value;

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
