/* SPDX-License-Identifier: MIT */
/*
 * bus.c: see bus.h.
 */
#include "ctrl/bus.h"

#include "base/log.h"

#include <linux/pci_regs.h>
#include <nvu/regs.h>

enum { WANTED = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER };

/* The register's lower byte. False: it does not say, or has gone. */
static bool read_command(const struct nvu_ctrl *ctrl, uint8_t *ret_command)
{
	struct transport *transport = ctrl->transport;

	return !transport->ops->config_read(transport, PCI_COMMAND, ret_command, 1) &&
	       *ret_command != UINT8_MAX;
}

static void write_command(const struct nvu_ctrl *ctrl, uint8_t command)
{
	struct transport *transport = ctrl->transport;

	(void)transport->ops->config_write(transport, PCI_COMMAND, &command, sizeof(command));
}

void bus_cut_off(struct nvu_ctrl *ctrl)
{
	uint8_t command;

	/* Disabled, if it listens, and without waiting: it has had its time. */
	(void)ctrl_write32(ctrl, NVU_REG_CC, 0);
	/* Off the bus: without bus mastering nothing that it still does reaches memory. */
	if (!read_command(ctrl, &command))
		command = PCI_COMMAND_MEMORY; /* its registers stay mapped */
	write_command(ctrl, command & (uint8_t)~PCI_COMMAND_MASTER);
}

void bus_connect(struct nvu_ctrl *ctrl)
{
	uint8_t command;

	if (!read_command(ctrl, &command) || (command & WANTED) == WANTED)
		return;
	log_line(LOG_INFO, "%s: its PCI command register was 0x%02x: %s switched on again",
		 ctrl_name(ctrl), command,
		 command & PCI_COMMAND_MEMORY ? "bus mastering" : "memory space and bus mastering");
	write_command(ctrl, command | WANTED);
}
