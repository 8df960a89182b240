/* SPDX-License-Identifier: MIT */
/*
 * reservation.h: commands of reservations (Base 7.2 to 7.5), and the data of a report. Pure.
 */
#ifndef NVU_SPEC_RESERVATION_H
#define NVU_SPEC_RESERVATION_H

#include <nvu/reservation.h>
#include <stdbool.h>

enum { RESERVATION_TYPES = 7 }; /* with that of none */

/* Bytes before the first registrant. */
uint32_t reservation_head_bytes(uint32_t flags);

/* Reservation Register: flags of CDW10. Acquire, Release: action and type. The data pointer is left to the caller. */
struct nvu_sqe encode_reservation_register(uint32_t nsid, uint32_t action, uint32_t flags);
struct nvu_sqe encode_reservation_acquire(uint32_t nsid, uint32_t action, uint32_t type);
struct nvu_sqe encode_reservation_release(uint32_t nsid, uint32_t action, uint32_t type);

/* Reservation Report of `bytes` bytes, a multiple of 4: flags of CDW11. */
struct nvu_sqe encode_reservation_report(uint32_t nsid, uint64_t bytes, uint32_t flags);

/*
 * The data of a report: `len` bytes, at least the head. What the controller says is not trusted: at most `max`
 * registrants are written, and nothing beyond `len` is read. Returns how many; -EPROTO: no known type.
 */
int reservation_decode(const void *data, size_t len, uint32_t flags,
		       struct nvu_reservation *ret_reservation,
		       struct nvu_registrant *ret_registrants, uint32_t max);

#endif
