/* SPDX-License-Identifier: MIT */
/*
 * reserve.h: the commands of reservations on a queue of the driver (Base 7.2 to 7.5). Each returns 0 or an NVMe
 * status; the namespace is attached.
 */
#ifndef NVU_MOCK_IO_RESERVE_H
#define NVU_MOCK_IO_RESERVE_H

#include "mock/model.h"

struct spec_command;

/* Reservation Register, Acquire and Release. */
uint16_t reserve_change(struct nvu_mock *mock, struct mock_cmd *cmd);
uint16_t reserve_report(struct nvu_mock *mock, struct mock_cmd *cmd);

/* Whether another host's reservation forbids a command of this row. */
bool reserve_forbids(const struct nvu_mock *mock, const struct spec_command *row, uint32_t nsid);

#endif
