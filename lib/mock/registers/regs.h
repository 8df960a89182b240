/* SPDX-License-Identifier: MIT */
/*
 * regs.h: the controller registers and what writing them causes, Base 3.1.3 and 3.5. The
 * mock's lock is held.
 */
#ifndef NVU_MOCK_REGISTERS_REGS_H
#define NVU_MOCK_REGISTERS_REGS_H

#include "mock/model.h"

/* CSTS.RDY follows CC.EN when the time of a slow controller has come. */
void mock_regs_advance(struct nvu_mock *mock);

/* bytes: 4 or 8; offset is aligned and below the doorbells. */
uint64_t mock_regs_read(struct nvu_mock *mock, uint32_t offset, uint32_t bytes);
void mock_regs_write32(struct nvu_mock *mock, uint32_t offset, uint32_t value);

/* The state after power-on or a function level reset. */
void mock_regs_power_on(struct nvu_mock *mock);

/* CAP from the options. */
uint64_t mock_regs_cap(const struct nvu_mock_opts *opts);

#endif
