/* SPDX-License-Identifier: MIT */
/*
 * doorbell.c: the doorbells that are more than a register write.
 */
#include "ring/doorbell.h"

/*
 * Base 5.8 (and annex B.5): the controller asks for a write of the register when the value passes
 * event_idx. True when it does on the way from the old value to the new one. The arithmetic is modulo 65,536.
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

/*
 * When that fails, the kernel being out of memory, the closed gate has to do: who resets cannot wait for a
 * thread that may never run again. The transport says so in the log.
 */
static void bury(struct doorbell_gate *gate)
{
	if (gate->doorbells.ops && !gate->doorbells.buried)
		(void)gate->doorbells.ops->doorbells_bury(gate->transport, &gate->doorbells);
}

bool doorbell_gate_close(struct doorbell_gate *gate)
{
	bool was_open;

	pthread_mutex_lock(&gate->lock);
	was_open = !gate->closed;
	__atomic_store_n(&gate->closed, true, __ATOMIC_RELEASE);
	bury(gate);
	pthread_mutex_unlock(&gate->lock);
	return was_open;
}

void doorbell_gate_open(struct doorbell_gate *gate)
{
	__atomic_store_n(&gate->closed, false, __ATOMIC_RELAXED);
}

volatile char *doorbell_gate_map(struct doorbell_gate *gate, size_t first, size_t end)
{
	const struct transport_ops *ops = gate->transport->ops;
	struct transport_doorbells *doorbells = &gate->doorbells;
	int ret = 0;

	/* New firmware may have another stride. */
	if (doorbells->ops && (doorbells->first != first || doorbells->end != end))
		doorbell_gate_unmap(gate);
	if (!doorbells->ops)
		ret = ops->doorbells_map(gate->transport, first, end, doorbells);
	else if (doorbells->buried)
		ret = ops->doorbells_renew(gate->transport, doorbells);
	return ret ? NULL : doorbells->at;
}

void doorbell_gate_unmap(struct doorbell_gate *gate)
{
	struct transport_doorbells *doorbells = &gate->doorbells;

	if (gate->transport)
		bury(gate);
	/* Those that are not buried stay where they are, out of use. */
	if (doorbells->ops && (doorbells->buried || !gate->transport))
		doorbells->ops->doorbells_unmap(doorbells);
	*doorbells = (struct transport_doorbells){ .ops = NULL };
}

bool doorbell_write_slow(struct doorbell *doorbell, uint32_t value)
{
	uint32_t old_value = doorbell->value;

	if (doorbell_gate_is_closed(doorbell->gate))
		return false;
	doorbell->value = value;
	if (!doorbell->shadow) {
		write_register(doorbell, value);
		return true;
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
	return true;
}
