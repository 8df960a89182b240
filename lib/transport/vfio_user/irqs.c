// SPDX-License-Identifier: MIT
/*
 * irqs.c: see irqs.h. A client plays the table of MSI-X itself, so that nothing has to be programmed but the switch in
 * configuration space, which some servers look at before they interrupt.
 */
#include "transport/vfio_user/irqs.h"

#include "base/error.h"

#include <endian.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { VECTORS_MAX = 2048 };	/* the table size of MSI-X has 11 bits */
enum { CAPABILITIES_MAX = 48 }; /* that fit behind the header */

struct irq {
	uint32_t index;
	struct frame_irq_info info;
};

static int use_irq(const struct answer *answer, struct wire_fds *fds, void *arg)
{
	struct irq *irq = arg;

	(void)fds;
	return answer_irq(answer, irq->index, &irq->info);
}

/* How many interrupts of a kind can be set to eventfds; 0: none. */
static uint32_t count_of(struct remote *remote, uint32_t index)
{
	const struct frame_irq_info head = { .argsz = sizeof(head), .index = index };
	const struct session_request request = {
		.command = FRAME_GET_IRQ_INFO, .head = &head, .head_len = sizeof(head), .fd = -1
	};
	struct irq irq = { .index = index };

	if (index >= remote->irq_kinds ||
	    session_ask(remote_session(remote), &request, use_irq, &irq) ||
	    !(irq.info.flags & FRAME_IRQ_EVENTFD))
		return 0;
	return irq.info.count;
}

/* Without a sentence. */
static int set_irqs(struct remote *remote, const struct frame_irq_set *set, int fd)
{
	const struct session_request request = {
		.command = FRAME_SET_IRQS, .head = set, .head_len = sizeof(*set), .fd = fd
	};

	return session_ask(remote_session(remote), &request, NULL, NULL);
}

/* Interrupt `start` of a kind adds to fd from now on; -1: it is lost. */
static int set_one(struct remote *remote, uint32_t index, uint32_t start, int fd)
{
	const struct frame_irq_set set = { .argsz = sizeof(set),
					   .flags = FRAME_IRQ_FDS | FRAME_IRQ_TRIGGER,
					   .index = index,
					   .start = start,
					   .count = 1 };

	return set_irqs(remote, &set, fd);
}

static void disable(struct remote *remote, uint32_t index)
{
	const struct frame_irq_set set = { .argsz = sizeof(set),
					   .flags = FRAME_IRQ_NONE | FRAME_IRQ_TRIGGER,
					   .index = index };

	(void)set_irqs(remote, &set, -1);
}

int irqs_request_fd(struct transport *transport)
{
	struct remote *remote = remote_of(transport);
	int fd, ret;

	if (remote->device.request_fd >= 0)
		return remote->device.request_fd;
	if (!count_of(remote, FRAME_REQ))
		return error_set(-ENOTSUP, "%s: the server does not report device requests",
				 transport->name);
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return error_set(-errno, "%s: no eventfd: %s", transport->name,
				 error_errno_words(errno));
	ret = set_one(remote, FRAME_REQ, 0, fd);
	if (ret) {
		(void)close(fd);
		return session_explain(remote_session(remote), ret, "report device requests");
	}
	remote->device.request_fd = fd;
	return fd;
}

/* The place of MSI-X in configuration space, the server's list of capabilities being what it is; 0: not there. */
static uint32_t find_msix(struct remote *remote)
{
	struct transport *transport = &remote->device.transport;
	uint8_t at = 0, head[2];

	if (remote_config_read(transport, PCI_CAPABILITY_LIST, &at, 1))
		return 0;
	for (uint32_t turn = 0; turn < CAPABILITIES_MAX && at >= PCI_STD_HEADER_SIZEOF; turn++) {
		at &= (uint8_t)~3u;
		if (remote_config_read(transport, at, head, sizeof(head)))
			return 0;
		if (head[0] == PCI_CAP_ID_MSIX)
			return at;
		at = head[1];
	}
	return 0;
}

static int switch_msix(struct remote *remote, bool on)
{
	struct transport *transport = &remote->device.transport;
	uint32_t at = remote->msix_at + PCI_MSIX_FLAGS;
	uint16_t wire;
	int ret = remote_config_read(transport, at, &wire, sizeof(wire));

	if (ret)
		return ret;
	wire = htole16(
		(uint16_t)((le16toh(wire) & ~(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL)) |
			   (on ? PCI_MSIX_FLAGS_ENABLE : 0)));
	return remote_config_write(transport, at, &wire, sizeof(wire));
}

int irqs_enable(struct transport *transport, uint32_t *ret_count)
{
	struct remote *remote = remote_of(transport);
	uint32_t count;
	int ret = 0;

	if (!remote->device.vectors) {
		count = count_of(remote, FRAME_MSIX);
		remote->msix_at = count ? find_msix(remote) : 0;
		if (!count)
			return error_set(-ENOTSUP, "%s has no interrupts of its own (MSI-X)",
					 transport->name);
		if (remote->msix_at)
			ret = switch_msix(remote, true);
		if (ret)
			return ret;
		remote->device.vectors = count < VECTORS_MAX ? count : VECTORS_MAX;
	}
	*ret_count = remote->device.vectors;
	return 0;
}

int irqs_set(struct transport *transport, uint32_t vector, int fd)
{
	struct remote *remote = remote_of(transport);
	int ret;

	if (vector >= remote->device.vectors)
		return error_set(-EINVAL, "%s: interrupt vector %u: %u are enabled",
				 transport->name, vector, remote->device.vectors);
	ret = set_one(remote, FRAME_MSIX, vector, fd);
	return ret ? session_explain(remote_session(remote), ret, "take an eventfd") : 0;
}

void irqs_end(struct remote *remote)
{
	if (remote->device.vectors) {
		disable(remote, FRAME_MSIX);
		if (remote->msix_at)
			(void)switch_msix(remote, false);
		remote->device.vectors = 0;
	}
	if (remote->device.request_fd >= 0) {
		disable(remote, FRAME_REQ);
		(void)close(remote->device.request_fd);
		remote->device.request_fd = -1;
	}
}
