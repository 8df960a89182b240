/* SPDX-License-Identifier: MIT */
/*
 * fault.h: the faults that are armed, and what they do to a command, a register or a change of
 * state. The mock's lock is held.
 */
#ifndef NVU_MOCK_FAULTS_FAULT_H
#define NVU_MOCK_FAULTS_FAULT_H

#include "mock/model.h"

/* -EINVAL with a sentence; -ENOSPC. A fault of a kind NOW takes effect here and is not kept. */
int mock_fault_add(struct nvu_mock *mock, const struct nvu_mock_fault *fault);

void mock_fault_clear(struct nvu_mock *mock);

/* Uses the faults that match a fetched command, and fills in cmd->effects. */
void mock_fault_match(struct nvu_mock *mock, struct mock_cmd *cmd);

/* Whether there is a fault of a kind that needs no command; uses it once. */
bool mock_fault_take(struct nvu_mock *mock, enum nvu_mock_fault_kind kind);

/* How long CSTS.RDY takes to follow CC.EN now; 0: not at all. */
uint64_t mock_fault_slowness(struct nvu_mock *mock);

/* Whether a read of a register, or of configuration space, finds all ones. */
bool mock_fault_ones(struct nvu_mock *mock, bool config);

/* The function was reset: ends what that ends. */
void mock_fault_function_reset(struct nvu_mock *mock);

/* Whether a write of the register at offset has no effect. */
bool mock_fault_ignores(struct nvu_mock *mock, uint32_t offset);

/* Changes what a register reads as. bytes: 4 or 8. */
void mock_fault_patch_register(struct nvu_mock *mock, uint32_t offset, uint32_t bytes,
			       uint64_t *value);

/* Changes data returned for a command, in the driver's memory, before the completion is written. */
void mock_fault_patch_data(struct nvu_mock *mock, const struct mock_cmd *cmd);

#endif
