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

/* The same without checks, for a driver in another process: MSI-X is on from now on; fd becomes the mock's. */
void mock_interrupt_give(struct nvu_mock *mock, uint32_t vector, int fd);

/* The driver raises an interrupt itself. */
void mock_interrupt_signal(struct nvu_mock *mock, uint32_t vector);

/*
 * The pin interrupt, INTx: fd becomes the mock's; -1: none. While the driver has entries to return it interrupts, and
 * masks itself each time until the driver unmasks it.
 */
void mock_interrupt_pin_give(struct nvu_mock *mock, int fd);
void mock_interrupt_pin_mask(struct nvu_mock *mock, bool masked);

/* Interrupts by the pin, if there is something to report. */
void mock_interrupt_pin_update(struct nvu_mock *mock);

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
