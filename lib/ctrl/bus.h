/* SPDX-License-Identifier: MIT */
/*
 * bus.h: whether the controller may reach memory, and be reached, by its PCI command register.
 * The caller holds the lock.
 */
#ifndef NVU_CTRL_BUS_H
#define NVU_CTRL_BUS_H

#include "ctrl/ctrl.h"

/* Ends the device's access to memory by every means that need no answer. */
void bus_cut_off(struct nvu_ctrl *ctrl);

/*
 * Before a reset: memory space and bus mastering are on again, if somebody else has switched them off
 * (setpci, a hook of the system's power management). Without them no reset can bring the controller back.
 */
void bus_connect(struct nvu_ctrl *ctrl);

#endif
