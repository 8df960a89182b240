/* SPDX-License-Identifier: MIT */
/*
 * reserved.h: the fields of a command that its opcode does not use. A driver clears them,
 * because a later version of the specification may give them a meaning. The mock's lock is held.
 */
#ifndef NVU_MOCK_FAULTS_RESERVED_H
#define NVU_MOCK_FAULTS_RESERVED_H

#include "mock/model.h"

/* Records a violation for each such field that is not zero. Opcodes the mock does not know pass. */
void mock_reserved_check(struct nvu_mock *mock, const struct mock_cmd *cmd);

#endif
