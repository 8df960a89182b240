// SPDX-License-Identifier: MIT
/*
 * interrupt.c: see interrupt.h.
 */
#include "mock/queues/interrupt.h"

#include "base/error.h"
#include "mock/faults/violation.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { PCI_COMMAND_HIGH = 5, INTX_DISABLE = 4 };

int mock_interrupt_enable(struct nvu_mock *mock, uint32_t *ret_count)
{
	uint32_t count = mock_config_vectors(&mock->config);

	if (!count)
		return error_set(-ENOTSUP, "%s has no interrupts (vectors=0)", mock->address);
	mock->has_msix = true;
	*ret_count = count;
	return 0;
}

/* A queue that interrupts at a vector without a descriptor waits for nothing. One that is cut off interrupts no more. */
static void check_users(struct nvu_mock *mock, uint32_t vector)
{
	if (mock->gone && (mock->cut_off || mock->call_failed))
		return;
	for (uint32_t qid = 1; qid <= mock->config.opts.io_queues; qid++) {
		const struct mock_cq *cq = mock->cqs[qid];

		if (cq && cq->interrupts && cq->vector == vector)
			mock_violation_add(mock,
					   "interrupt vector %u loses its descriptor, but "
					   "completion queue %u interrupts there",
					   vector, qid);
	}
}

int mock_interrupt_set(struct nvu_mock *mock, uint32_t vector, int fd)
{
	int copy = -1;

	if (!mock->has_msix || vector >= mock_config_vectors(&mock->config))
		return error_set(-EINVAL, "%s: interrupt vector %u: %u are enabled", mock->address,
				 vector, mock->has_msix ? mock_config_vectors(&mock->config) : 0);
	if (fd >= 0) {
		copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (copy < 0)
			return error_set(-errno, "%s: no descriptor for interrupt vector %u",
					 mock->address, vector);
	} else {
		check_users(mock, vector);
	}
	if (mock->vector_fds[vector] >= 0)
		(void)close(mock->vector_fds[vector]);
	mock->vector_fds[vector] = copy;
	return 0;
}

void mock_interrupt_disable(struct nvu_mock *mock)
{
	for (uint32_t vector = 0; vector < mock_config_vectors(&mock->config); vector++) {
		if (mock->vector_fds[vector] >= 0)
			(void)close(mock->vector_fds[vector]);
		mock->vector_fds[vector] = -1;
	}
	mock->has_msix = false;
}

bool mock_interrupt_is_handled(const struct nvu_mock *mock, uint32_t vector)
{
	assert(vector < mock_config_vectors(&mock->config));
	return mock->has_msix && mock->vector_fds[vector] >= 0;
}

static void signal_fd(struct nvu_mock *mock, int fd)
{
	const uint64_t once = 1;

	if (fd >= 0 && write(fd, &once, sizeof(once)) == sizeof(once))
		mock->stats.interrupts++;
}

void mock_interrupt_raise(struct nvu_mock *mock, const struct mock_cq *cq)
{
	assert(cq->interrupts);
	if (mock->has_msix)
		signal_fd(mock, mock->vector_fds[cq->vector]);
	else
		mock_interrupt_pin_update(mock);
}

/* A queue at this vector has entries that the driver has not returned. */
static bool has_news(const struct nvu_mock *mock, uint32_t vector)
{
	for (uint32_t qid = 0; qid <= mock->config.opts.io_queues; qid++) {
		const struct mock_cq *cq = mock->cqs[qid];

		if (cq && cq->interrupts && cq->vector == vector && cq->head != cq->tail)
			return true;
	}
	return false;
}

void mock_interrupt_give(struct nvu_mock *mock, uint32_t vector, int fd)
{
	assert(vector < mock_config_vectors(&mock->config));
	if (mock->vector_fds[vector] >= 0)
		(void)close(mock->vector_fds[vector]);
	mock->vector_fds[vector] = fd;
	mock->has_msix = true;
	/* What came while the vector had no descriptor. */
	if (fd >= 0 && has_news(mock, vector))
		signal_fd(mock, fd);
}

void mock_interrupt_signal(struct nvu_mock *mock, uint32_t vector)
{
	assert(vector < mock_config_vectors(&mock->config));
	if (mock->has_msix)
		signal_fd(mock, mock->vector_fds[vector]);
}

void mock_interrupt_pin_give(struct nvu_mock *mock, int fd)
{
	if (mock->pin_fd >= 0)
		(void)close(mock->pin_fd);
	mock->pin_fd = fd;
	mock->pin_masked = false;
	mock_interrupt_pin_update(mock);
}

void mock_interrupt_pin_mask(struct nvu_mock *mock, bool masked)
{
	mock->pin_masked = masked;
	mock_interrupt_pin_update(mock);
}

/* Base 3.1.3.3: INTMS masks vector 0, which is the pin's. PCI: the command register's bit 10 switches it off. */
void mock_interrupt_pin_update(struct nvu_mock *mock)
{
	bool off = mock->config_space[PCI_COMMAND_HIGH] & INTX_DISABLE || mock->intm & 1;

	if (mock->pin_fd < 0 || mock->has_msix || mock->pin_masked || off || !has_news(mock, 0))
		return;
	mock->pin_masked = true;
	signal_fd(mock, mock->pin_fd);
}
