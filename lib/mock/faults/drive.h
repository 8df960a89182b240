/* SPDX-License-Identifier: MIT */
/*
 * drive.h: a mock with the identity of a known drive (base/drives.def) has the limits of that drive: a
 * command or register access that the drive cannot take is a violation. The mock's lock is held.
 */
#ifndef NVU_MOCK_FAULTS_DRIVE_H
#define NVU_MOCK_FAULTS_DRIVE_H

#include "mock/model.h"

/* A command just fetched. */
void mock_drive_command(struct nvu_mock *mock, struct mock_cmd *cmd);

/* A register is about to be read. */
void mock_drive_register(struct nvu_mock *mock, uint32_t offset);

#endif
