/* SPDX-License-Identifier: MIT */
/*
 * bus.c: see bus.h.
 */
#include "ctrl/bus.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/step.h"

#include <assert.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <nvu/regs.h>

enum { WANTED = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER };

/* PCI Express 6.6.1: a function answers within a second after its link has come up. */
enum { LOST_MS = 1000 };

/* Reads the register's lower byte. False: configuration space does not answer. */
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

bool bus_answers(const struct nvu_ctrl *ctrl)
{
	struct transport *transport = ctrl->transport;
	uint16_t vendor;

	return !transport->ops->config_read(transport, PCI_VENDOR_ID, &vendor, sizeof(vendor)) &&
	       vendor != UINT16_MAX;
}

static int report_silence(const struct nvu_ctrl *ctrl, bool answers)
{
	return error_set(-ENODEV, "%s: the controller has gone: its registers read as all ones, %s",
			 ctrl_name(ctrl),
			 answers ? "although its configuration space answers"
				 : "and so does its configuration space; is it powered and still "
				   "plugged in?");
}

/* How long registers may read as all ones. */
static uint32_t silence_ms(const struct nvu_ctrl *ctrl)
{
	uint32_t timeout_ms = ctrl->opts.ready_timeout_ms;

	return !timeout_ms || (timeout_ms > LOST_MS && !bus_answers(ctrl)) ? LOST_MS : timeout_ms;
}

int bus_silence_step(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock));
	if (!ctrl->silent && !ctrl->silence_end_ns)
		ctrl->silence_end_ns = clock_ns() + silence_ms(ctrl) * 1000000ull;
	if (!ctrl->silent && clock_ns() < ctrl->silence_end_ns)
		return STEP_AGAIN;
	ctrl->silent = true;
	ctrl->silence_end_ns = 0;
	return report_silence(ctrl, bus_answers(ctrl));
}

void bus_has_answered(struct nvu_ctrl *ctrl)
{
	ctrl->silent = false;
	ctrl->silence_end_ns = 0;
}

int bus_read_step(struct nvu_ctrl *ctrl, uint32_t offset, uint32_t *ret_value)
{
	int ret = ctrl_read32(ctrl, offset, ret_value);

	if (ret)
		return ret;
	if (*ret_value == UINT32_MAX)
		return bus_silence_step(ctrl);
	bus_has_answered(ctrl);
	return 0;
}

void bus_cut_off(struct nvu_ctrl *ctrl)
{
	uint8_t command;

	assert(lock_is_held(&ctrl->lock));
	/* Disable it, if it still responds. Do not wait: its time is over. */
	(void)ctrl_write32(ctrl, NVU_REG_CC, 0);
	/* Without bus mastering the controller reaches no memory. */
	if (!read_command(ctrl, &command))
		command = PCI_COMMAND_MEMORY; /* its registers stay mapped */
	write_command(ctrl, command & (uint8_t)~PCI_COMMAND_MASTER);
}

void bus_connect(struct nvu_ctrl *ctrl, bool stopped)
{
	const uint8_t wanted = stopped ? WANTED : PCI_COMMAND_MEMORY;
	uint8_t command;

	assert(lock_is_held(&ctrl->lock));
	if (!read_command(ctrl, &command) || (command & wanted) == wanted)
		return;
	log_line(LOG_INFO, "%s: its PCI command register was 0x%02x: %s switched on again",
		 ctrl_name(ctrl), command, stopped ? "bus mastering" : "memory space");
	write_command(ctrl, command | wanted);
}
