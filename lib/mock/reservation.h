/* SPDX-License-Identifier: MIT */
/*
 * reservation.h: which hosts are registered with a namespace, which of them holds the reservation, and what it lets
 * others do (Base 8.19). The mock's lock is held.
 */
#ifndef NVU_MOCK_RESERVATION_H
#define NVU_MOCK_RESERVATION_H

#include "mock/model.h"

enum { MOCK_REGISTRANTS_MAX = 16, MOCK_REPORT_BYTES = 64 + MOCK_REGISTRANTS_MAX * 64 };

/* Reservation Register, Acquire or Release. */
struct mock_reserve {
	uint8_t opcode;
	uint32_t cdw10;
	uint64_t crkey;
	uint64_t other; /* NRKEY, PRKEY */
};

/* Carries the command of a host out. *reservation: of the namespace; NULL while no host has registered. */
uint16_t mock_reservation_change(struct mock_reservation **reservation,
				 const struct mock_host *host, const struct mock_reserve *reserve);

/* Whether a command of this host that writes, or only reads, is a conflict. */
bool mock_reservation_conflicts(const struct mock_reservation *reservation,
				const struct mock_host *host, bool writes);

/* The data of a report, MOCK_REPORT_BYTES at most. Returns how many. */
uint32_t mock_reservation_report(const struct mock_reservation *reservation, bool extended,
				 uint8_t *page);

/* A reset: what a host without an identifier has registered by this controller is gone. */
void mock_reservation_reset(struct mock_reservation *reservation, uint16_t cntlid);

/* A power loss: all of it is gone, unless it persists. */
void mock_reservation_lose_power(struct mock_reservation *reservation);

#endif
