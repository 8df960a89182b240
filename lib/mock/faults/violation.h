/* SPDX-License-Identifier: MIT */
/*
 * violation.h: records each breach of the rules by the driver, in a sentence. The mock's lock is held.
 */
#ifndef NVU_MOCK_FAULTS_VIOLATION_H
#define NVU_MOCK_FAULTS_VIOLATION_H

#include "mock/model.h"

void mock_violation_add(struct nvu_mock *mock, const char *format, ...)
	__attribute__((format(printf, 2, 3), cold));

/* The same, introduced by the command: "queue 1: Read, CID 7: ...". */
void mock_violation_add_cmd(struct nvu_mock *mock, const struct mock_cmd *cmd, const char *format,
			    ...) __attribute__((format(printf, 3, 4), cold));

#endif
