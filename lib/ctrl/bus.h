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
 * A register has read as all ones. One such read is a question: a link that is trained again loses some.
 * Reads it until it says something else, as long as a change of CSTS.RDY may take; at most for a second
 * when configuration space does not answer either. 0, or -ENODEV with the sentence set: then it does not
 * wait again before the register has said something.
 */
int bus_ask_again(struct nvu_ctrl *ctrl, uint32_t offset, uint32_t *ret_value);

/* Ends the device's access to memory by every means that need no answer. */
void bus_cut_off(struct nvu_ctrl *ctrl);

/*
 * In a reset: what somebody else has switched off (setpci, a hook of the system's power management) is on
 * again. Memory space at once, because without it the controller cannot be stopped; bus mastering only
 * when it has stopped: one that has not might still write to memory.
 */
void bus_connect(struct nvu_ctrl *ctrl, bool stopped);

#endif
