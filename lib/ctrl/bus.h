/* SPDX-License-Identifier: MIT */
/*
 * bus.h: whether the controller may reach memory, and be reached, by its PCI command register.
 * The caller holds the lock.
 */
#ifndef NVU_CTRL_BUS_H
#define NVU_CTRL_BUS_H

#include "ctrl/ctrl.h"

/* Whether configuration space answers: a device that is off the bus reads as all ones there too. */
bool bus_answers(const struct nvu_ctrl *ctrl);

/*
 * A register has read as all ones: while a link is trained again, single reads are lost. STEP_AGAIN: read it again
 * later, for as long as a change of CSTS.RDY may take; for at most a second if configuration space does not answer
 * either. Then -ENODEV with the sentence set, at once until bus_has_answered().
 */
int bus_silence_step(struct nvu_ctrl *ctrl);

/* Registers read as all ones, and are to be read again: bus_silence_step() has returned STEP_AGAIN last. */
static inline bool bus_is_silent(const struct nvu_ctrl *ctrl)
{
	return ctrl->silence_end_ns != 0;
}

/* A register has another value. */
void bus_has_answered(struct nvu_ctrl *ctrl);

/* Reads a register that cannot be all ones. 0; STEP_AGAIN or -ENODEV: it is; or the transport's error. */
int bus_read_step(struct nvu_ctrl *ctrl, uint32_t offset, uint32_t *ret_value);

/* Ends the device's access to memory by every means that do not require it to respond. */
void bus_cut_off(struct nvu_ctrl *ctrl);

/*
 * Call it in a reset: it switches on what another program has switched off (setpci, a hook of power management).
 * Memory space first, because the controller cannot be stopped without it; bus mastering when the controller has
 * stopped, because it might still write to memory until then.
 */
void bus_connect(struct nvu_ctrl *ctrl, bool stopped);

#endif
