/* SPDX-License-Identifier: MIT */
/*
 * registers.h: nvu_ctrl_registers(): what the controller's registers are, for a person.
 */
#ifndef NVU_ADMIN_REGISTERS_H
#define NVU_ADMIN_REGISTERS_H

#include "ctrl/ctrl.h"

/* Little-endian, from CAP on. -EINVAL, -ENODEV with the sentence; the transport's error. The caller holds the lock. */
int registers_read(struct nvu_ctrl *ctrl, void *data, size_t len);

#endif
