/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever bytes a controller returns for Reservation Report, reservation_decode() reads none beyond them,
 * writes no more registrants than there is room for and than the data have, and returns how many; what it returns is
 * of the data. A type that the specification does not have is -EPROTO, and then nothing is written.
 *
 * Bounds: data of 24, 60 and 88 bytes, extended of 64, 127 and 200; room for up to 3 registrants.
 *
 * @sources spec/reservation.c
 * @options --unwind 5 --object-bits 11
 */
#include "proof.h"
#include "spec/reservation.h"

#include <errno.h>
#include <stdlib.h>

enum { ROOM = 3 };

static void check(size_t len, uint32_t flags)
{
	size_t head = reservation_head_bytes(flags), entry = flags ? 64 : 24;
	uint8_t *data = malloc(len);
	uint32_t max = nondet_u32();
	struct nvu_registrant *registrants;
	struct nvu_reservation reservation = { .type = 77 };
	int ret;

	assume(max <= ROOM);
	registrants = malloc(max * sizeof(*registrants));
	ret = reservation_decode(data, len, flags, &reservation, registrants, max);
	if (ret < 0) {
		prove(ret == -EPROTO && data[4] > 6 && reservation.type == 77, "no known type");
		return;
	}
	prove(data[4] <= 6 && reservation.type == data[4], "the type");
	prove(reservation.registrants == (uint32_t)(data[5] | data[6] << 8), "the number");
	prove((uint32_t)ret <= max && (uint32_t)ret <= reservation.registrants, "room");
	prove(head + (size_t)ret * entry <= len, "they are in the data");
	prove((uint32_t)ret == max || (uint32_t)ret == reservation.registrants ||
		      head + ((size_t)ret + 1) * entry > len,
	      "none is left out");
	if (ret) {
		const uint8_t *last = data + head + ((size_t)ret - 1) * entry;

		prove(registrants[ret - 1].is_holder == (last[2] & 1), "the holder");
		prove(registrants[ret - 1].host_id[7] == last[flags ? 23 : 15], "the host");
		prove((registrants[ret - 1].key & 0xff) == last[flags ? 8 : 16], "the key");
	}
}

void harness(void)
{
	static const uint8_t sizes[] = { 24, 60, 88 };

	for (size_t i = 0; i < sizeof(sizes); i++)
		check(sizes[i], 0);
	reached();
}

void harness_extended(void)
{
	static const uint8_t sizes[] = { 64, 127, 200 };

	for (size_t i = 0; i < sizeof(sizes); i++)
		check(sizes[i], NVU_RESERVATION_EXTENDED);
	reached();
}
