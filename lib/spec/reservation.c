/* SPDX-License-Identifier: MIT */
/*
 * reservation.c: see reservation.h.
 */
#include "spec/reservation.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { EXTENDED_HEAD_BYTES = 64 };

uint32_t reservation_head_bytes(uint32_t flags)
{
	return flags & NVU_RESERVATION_EXTENDED ? EXTENDED_HEAD_BYTES
						: sizeof(struct nvu_reservation_head);
}

/* Action: bits 2:0 of CDW10; type: bits 15:8. */
static struct nvu_sqe encode(uint8_t opcode, uint32_t nsid, uint32_t cdw10)
{
	return (struct nvu_sqe){
		.opcode = opcode,
		.nsid = nvu_le32_put(nsid),
		.cdw10 = nvu_le32_put(cdw10),
	};
}

struct nvu_sqe encode_reservation_register(uint32_t nsid, uint32_t action, uint32_t flags)
{
	assert(action <= NVU_RESERVATION_REPLACE);
	assert(!(flags & ~(NVU_RESERVATION_IGNORE_KEY | NVU_RESERVATION_PERSIST)));
	return encode(NVU_CMD_RESERVATION_REGISTER, nsid, flags | action);
}

struct nvu_sqe encode_reservation_acquire(uint32_t nsid, uint32_t action, uint32_t type)
{
	assert(action <= NVU_RESERVATION_PREEMPT_ABORT && type && type < RESERVATION_TYPES);
	return encode(NVU_CMD_RESERVATION_ACQUIRE, nsid, type << 8 | action);
}

struct nvu_sqe encode_reservation_release(uint32_t nsid, uint32_t action, uint32_t type)
{
	assert(action <= NVU_RESERVATION_CLEAR && type < RESERVATION_TYPES);
	return encode(NVU_CMD_RESERVATION_RELEASE, nsid, type << 8 | action);
}

struct nvu_sqe encode_reservation_report(uint32_t nsid, uint64_t bytes, uint32_t flags)
{
	struct nvu_sqe cmd =
		encode(NVU_CMD_RESERVATION_REPORT, nsid, (uint32_t)(bytes / 4 - 1)); /* 0's based */

	assert(bytes && bytes % 4 == 0 && bytes / 4 - 1 <= UINT32_MAX);
	cmd.cdw11 = nvu_le32_put(flags & NVU_RESERVATION_EXTENDED);
	return cmd;
}

/* The two kinds of entries begin alike, and then have the identifier and the key in either order. */
static struct nvu_registrant decode_entry(const uint8_t *from, bool extended)
{
	struct nvu_reservation_entry_extended entry;
	struct nvu_reservation_entry shorter;
	struct nvu_registrant registrant = { .is_holder = 0 };

	memcpy(&shorter, from, sizeof(shorter));
	registrant.cntlid = nvu_le16_get(shorter.cntlid);
	registrant.is_holder = shorter.rcsts & 1;
	if (!extended) {
		memcpy(registrant.host_id, shorter.hostid, sizeof(shorter.hostid));
		registrant.key = nvu_le64_get(shorter.rkey);
		return registrant;
	}
	memcpy(&entry, from, sizeof(entry));
	memcpy(registrant.host_id, entry.hostid, sizeof(entry.hostid));
	registrant.key = nvu_le64_get(entry.rkey);
	return registrant;
}

int reservation_decode(const void *data, size_t len, uint32_t flags,
		       struct nvu_reservation *ret_reservation,
		       struct nvu_registrant *ret_registrants, uint32_t max)
{
	bool extended = flags & NVU_RESERVATION_EXTENDED;
	size_t entry_bytes = extended ? sizeof(struct nvu_reservation_entry_extended)
				      : sizeof(struct nvu_reservation_entry);
	size_t at = reservation_head_bytes(flags);
	struct nvu_reservation_head head;
	uint32_t registrants, count = 0;

	assert(len >= at);
	memcpy(&head, data, sizeof(head));
	if (head.rtype >= RESERVATION_TYPES)
		return -EPROTO;
	registrants = head.regctl[0] | (uint32_t)head.regctl[1] << 8;
	for (; count < max && count < registrants && len - at >= entry_bytes; at += entry_bytes) {
		const uint8_t *entry = (const uint8_t *)data + at;

		ret_registrants[count++] = decode_entry(entry, extended);
	}
	*ret_reservation = (struct nvu_reservation){
		.generation = nvu_le32_get(head.gen),
		.registrants = registrants,
		.type = head.rtype,
		.persists = head.ptpls & 1,
	};
	return (int)count;
}
