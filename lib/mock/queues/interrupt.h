/* SPDX-License-Identifier: MIT */
/*
 * interrupt.h: the vectors of MSI-X, and when a completion queue interrupts: when an entry is written to a queue of
 * which the driver has returned all others, and when the driver returns some and leaves some. So a driver that sleeps
 * with entries that it has taken and not returned is not woken: a controller need not interrupt for each entry.
 */
#ifndef NVU_MOCK_QUEUES_INTERRUPT_H
#define NVU_MOCK_QUEUES_INTERRUPT_H

#include "mock/model.h"

/* The operations of struct transport_ops. The descriptor is duplicated. */
int mock_interrupt_enable(struct nvu_mock *mock, uint32_t *ret_count);
int mock_interrupt_set(struct nvu_mock *mock, uint32_t vector, int fd);

/* MSI-X is off, as after power-on, and no descriptor is kept. */
void mock_interrupt_disable(struct nvu_mock *mock);

/* MSI-X is enabled, and the vector has a descriptor. */
bool mock_interrupt_is_handled(const struct nvu_mock *mock, uint32_t vector);

/* The completion queue's vector interrupts now. */
void mock_interrupt_raise(struct nvu_mock *mock, const struct mock_cq *cq);

/* The driver has returned every entry of the queue, as far as the mock has seen. */
static inline bool mock_interrupt_is_rearmed(const struct mock_cq *cq)
{
	return cq->interrupts && cq->head == cq->tail;
}

#endif
