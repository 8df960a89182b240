// SPDX-License-Identifier: MIT
/*
 * irqs.c: see irqs.h. A client masks single vectors of MSI-X by itself.
 */
#include "mock/serve/irqs.h"

#include "mock/queues/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static uint32_t count_of(const struct nvu_mock *mock, uint32_t index)
{
	if (index == FRAME_MSIX)
		return mock_config_vectors(&mock->config);
	return index != FRAME_MSI;
}

void serve_irqs_describe(const struct nvu_mock *mock, struct frame_irq_info *info)
{
	info->argsz = sizeof(*info);
	info->count = count_of(mock, info->index);
	info->flags = info->count ? FRAME_IRQ_EVENTFD : 0;
	if (info->index == FRAME_INTX)
		info->flags |= FRAME_IRQ_MASKABLE | FRAME_IRQ_AUTOMASKED;
}

/* One that never blocks: the device's thread writes to it. */
static int take_eventfd(struct wire_fds *fds, uint32_t idx)
{
	int fd = wire_fds_take(fds, idx);
	int flags = fd >= 0 ? fcntl(fd, F_GETFL) : 0;

	if (fd >= 0 && (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void give(struct nvu_mock *mock, uint32_t index, uint32_t vector, int fd)
{
	if (index == FRAME_MSIX) {
		mock_interrupt_give(mock, vector, fd);
		return;
	}
	if (index == FRAME_INTX) {
		mock_interrupt_pin_give(mock, fd);
		return;
	}
	if (index == FRAME_REQ) {
		if (mock->request_fd >= 0)
			(void)close(mock->request_fd);
		mock->request_fd = fd;
		return;
	}
	if (fd >= 0) /* of errors on the bus, which the mock does not have */
		(void)close(fd);
}

/* All of a kind: count and start are 0. */
static void disable(struct nvu_mock *mock, uint32_t index)
{
	if (index == FRAME_MSIX)
		mock_interrupt_disable(mock);
	else
		give(mock, index, 0, -1);
}

static int set_eventfds(struct nvu_mock *mock, const struct frame_irq_set *set,
			struct wire_fds *fds)
{
	if (fds->count && fds->count != set->count)
		return -EINVAL;
	for (uint32_t idx = 0; idx < set->count; idx++)
		give(mock, set->index, set->start + idx, take_eventfd(fds, idx));
	return 0;
}

/* The client raises interrupts, or masks INTx. */
static int act(struct nvu_mock *mock, const struct frame_request *request)
{
	const struct frame_irq_set *set = &request->set;

	if (!(set->flags & FRAME_IRQ_TRIGGER) && set->index != FRAME_INTX)
		return -ENOTSUP;
	for (uint32_t idx = 0; idx < set->count; idx++) {
		if (set->flags & FRAME_IRQ_BOOL && !request->data[idx])
			continue;
		if (set->index == FRAME_INTX && !(set->flags & FRAME_IRQ_TRIGGER))
			mock_interrupt_pin_mask(mock, set->flags & FRAME_IRQ_MASK);
		else if (set->index == FRAME_MSIX)
			mock_interrupt_signal(mock, set->start + idx);
	}
	return 0;
}

int serve_irqs_set(struct nvu_mock *mock, const struct frame_request *request, struct wire_fds *fds)
{
	const struct frame_irq_set *set = &request->set;

	if (set->index >= FRAME_IRQS || !frame_has_irqs(set, count_of(mock, set->index)))
		return -EINVAL;
	if (set->flags & FRAME_IRQ_FDS)
		return set->flags & FRAME_IRQ_TRIGGER ? set_eventfds(mock, set, fds) : -ENOTSUP;
	if (set->flags & FRAME_IRQ_TRIGGER && !set->count && set->flags & FRAME_IRQ_NONE) {
		disable(mock, set->index);
		return 0;
	}
	return act(mock, request);
}

void serve_irqs_clear(struct nvu_mock *mock)
{
	mock_interrupt_disable(mock);
	mock_interrupt_pin_give(mock, -1);
	if (mock->request_fd >= 0)
		(void)close(mock->request_fd);
	mock->request_fd = -1;
}
