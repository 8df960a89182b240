// SPDX-License-Identifier: MIT
/*
 * reservation.c: see reservation.h.
 */
#include "mock/reservation.h"

#include <assert.h>
#include <nvu/reservation.h>
#include <stdlib.h>
#include <string.h>

#define CONFLICT MOCK_DNR(NVU_SC_RESERVATION_CONFLICT)
#define INVALID MOCK_DNR(NVU_SC_INVALID_FIELD)

enum { CPTPL_SHIFT = 30, CPTPL_CLEAR = 2, CPTPL_SET = 3 };

struct registrant {
	struct mock_host host;
	uint64_t key;
};

struct mock_reservation {
	uint32_t generation;
	uint32_t count;
	uint32_t holder; /* in .registrants; of a type that all of them hold: any */
	uint8_t type;	 /* 0: there is no reservation */
	bool persists;
	struct registrant registrants[MOCK_REGISTRANTS_MAX];
};

static bool has_id(const struct mock_host *host)
{
	static const struct mock_host none;

	return memcmp(host->id, none.id, sizeof(none.id)) != 0;
}

/* Two controllers without a host identifier are two hosts. */
static bool is_same(const struct mock_host *one, const struct mock_host *other)
{
	if (!has_id(one) && one->cntlid != other->cntlid)
		return false;
	return !memcmp(one->id, other->id, sizeof(one->id));
}

static struct registrant *find(struct mock_reservation *reservation, const struct mock_host *host)
{
	for (uint32_t idx = 0; idx < reservation->count; idx++)
		if (is_same(&reservation->registrants[idx].host, host))
			return &reservation->registrants[idx];
	return NULL;
}

static bool is_of_all(uint8_t type)
{
	return type >= NVU_RESERVATION_WRITE_EXCLUSIVE_ALL;
}

static bool is_holder(const struct mock_reservation *reservation,
		      const struct registrant *registrant)
{
	if (!reservation->type)
		return false;
	return is_of_all(reservation->type) ||
	       registrant == &reservation->registrants[reservation->holder];
}

/* The reservation that it alone holds ends with it. */
static void unregister(struct mock_reservation *reservation, struct registrant *registrant)
{
	uint32_t idx = (uint32_t)(registrant - reservation->registrants);

	assert(idx < reservation->count);
	reservation->count--;
	if (!reservation->count ||
	    (is_holder(reservation, registrant) && !is_of_all(reservation->type)))
		reservation->type = NVU_RESERVATION_NONE;
	memmove(registrant, registrant + 1, (reservation->count - idx) * sizeof(*registrant));
	if (reservation->holder > idx)
		reservation->holder--;
}

static uint16_t add(struct mock_reservation *reservation, const struct mock_host *host,
		    uint64_t key)
{
	if (reservation->count == MOCK_REGISTRANTS_MAX)
		return NVU_SC_INSUFFICIENT_RESOURCES;
	reservation->registrants[reservation->count++] = (struct registrant){ *host, key };
	return 0;
}

/* Base 7.3. */
static uint16_t do_register(struct mock_reservation *reservation, const struct mock_host *host,
			    const struct mock_reserve *reserve)
{
	struct registrant *registrant = find(reservation, host);
	bool ignores = reserve->cdw10 & NVU_RESERVATION_IGNORE_KEY;
	uint32_t action = reserve->cdw10 & 7, cptpl = reserve->cdw10 >> CPTPL_SHIFT;
	uint16_t status = 0;

	if (action > NVU_RESERVATION_REPLACE || cptpl == 1)
		return INVALID;
	if (action == NVU_RESERVATION_REGISTER) {
		if (registrant && registrant->key != reserve->other)
			return CONFLICT;
		status = registrant ? 0 : add(reservation, host, reserve->other);
	} else if (!registrant || (!ignores && registrant->key != reserve->crkey)) {
		return CONFLICT;
	} else if (action == NVU_RESERVATION_REPLACE) {
		registrant->key = reserve->other;
	} else {
		unregister(reservation, registrant);
	}
	if (status)
		return status;
	if (cptpl)
		reservation->persists = cptpl == CPTPL_SET;
	reservation->generation++;
	return 0;
}

static void hold(struct mock_reservation *reservation, const struct registrant *registrant,
		 uint8_t type)
{
	reservation->holder = (uint32_t)(registrant - reservation->registrants);
	reservation->type = type;
}

/* All others that have this key, or any; returns whether there were some. */
static bool unregister_others(struct mock_reservation *reservation, const struct mock_host *host,
			      const uint64_t *key)
{
	bool any = false;

	for (uint32_t idx = reservation->count; idx--;) {
		struct registrant *registrant = &reservation->registrants[idx];

		if (is_same(&registrant->host, host) || (key && registrant->key != *key))
			continue;
		unregister(reservation, registrant);
		any = true;
	}
	return any;
}

/* The reservation of the hosts with this key becomes this host's. */
static void take_over(struct mock_reservation *reservation, const struct mock_host *host,
		      const uint64_t *key, uint8_t type)
{
	(void)unregister_others(reservation, host, key);
	hold(reservation, find(reservation, host), type);
	reservation->generation++;
}

static uint16_t preempt(struct mock_reservation *reservation, const struct mock_host *host,
			const struct mock_reserve *reserve, uint8_t type)
{
	const uint64_t *key = &reserve->other;

	if (is_of_all(reservation->type) && !*key) {
		take_over(reservation, host, NULL, type);
		return 0;
	}
	if (reservation->type && !is_of_all(reservation->type) &&
	    reservation->registrants[reservation->holder].key == *key) {
		take_over(reservation, host, key, type);
		return 0;
	}
	if (!*key)
		return INVALID;
	if (!unregister_others(reservation, host, key))
		return CONFLICT;
	reservation->generation++;
	return 0;
}

/* Base 7.2. */
static uint16_t acquire(struct mock_reservation *reservation, const struct mock_host *host,
			const struct mock_reserve *reserve)
{
	const struct registrant *registrant = find(reservation, host);
	uint32_t action = reserve->cdw10 & 7;
	uint8_t type = (uint8_t)(reserve->cdw10 >> 8);

	if (reserve->cdw10 & NVU_RESERVATION_IGNORE_KEY || action > NVU_RESERVATION_PREEMPT_ABORT ||
	    !type || type > NVU_RESERVATION_EXCLUSIVE_ACCESS_ALL)
		return INVALID;
	if (!registrant || registrant->key != reserve->crkey)
		return CONFLICT;
	if (action != NVU_RESERVATION_ACQUIRE)
		return preempt(reservation, host, reserve, type);
	if (!reservation->type)
		hold(reservation, registrant, type);
	return is_holder(reservation, registrant) && reservation->type == type ? 0 : CONFLICT;
}

/* Base 7.4. */
static uint16_t release(struct mock_reservation *reservation, const struct mock_host *host,
			const struct mock_reserve *reserve)
{
	const struct registrant *registrant = find(reservation, host);
	uint32_t action = reserve->cdw10 & 7;
	uint8_t type = (uint8_t)(reserve->cdw10 >> 8);

	if (reserve->cdw10 & NVU_RESERVATION_IGNORE_KEY || action > NVU_RESERVATION_CLEAR)
		return INVALID;
	if (!registrant || registrant->key != reserve->crkey)
		return CONFLICT;
	if (action == NVU_RESERVATION_CLEAR) {
		reservation->type = NVU_RESERVATION_NONE;
		reservation->count = 0;
		reservation->generation++;
		return 0;
	}
	if (!is_holder(reservation, registrant))
		return 0;
	if (type != reservation->type)
		return INVALID;
	reservation->type = NVU_RESERVATION_NONE;
	return 0;
}

uint16_t mock_reservation_change(struct mock_reservation **reservation,
				 const struct mock_host *host, const struct mock_reserve *reserve)
{
	if (!*reservation)
		*reservation = calloc(1, sizeof(**reservation));
	if (!*reservation)
		return NVU_SC_INTERNAL;
	switch (reserve->opcode) {
	case NVU_CMD_RESERVATION_REGISTER:
		return do_register(*reservation, host, reserve);
	case NVU_CMD_RESERVATION_ACQUIRE:
		return acquire(*reservation, host, reserve);
	default:
		assert(reserve->opcode == NVU_CMD_RESERVATION_RELEASE);
		return release(*reservation, host, reserve);
	}
}

/* Base figure 541: by the type, what the holder, registered hosts and others may do. */
bool mock_reservation_conflicts(const struct mock_reservation *reservation,
				const struct mock_host *host, bool writes)
{
	const struct registrant *registrant;
	uint8_t type = reservation ? reservation->type : NVU_RESERVATION_NONE;

	if (!type)
		return false;
	registrant = find((struct mock_reservation *)reservation, host);
	if (registrant && (is_holder(reservation, registrant) ||
			   type >= NVU_RESERVATION_WRITE_EXCLUSIVE_REGISTRANTS))
		return false;
	/* Types 1, 3 and 5 are about writes alone. */
	return writes || type % 2 == 0;
}

uint32_t mock_reservation_report(const struct mock_reservation *reservation, bool extended,
				 uint8_t *page)
{
	static const struct mock_reservation none;
	uint32_t at = extended ? 64 : sizeof(struct nvu_reservation_head);
	struct nvu_reservation_head head;

	reservation = reservation ? reservation : &none;
	head = (struct nvu_reservation_head){
		.gen = nvu_le32_put(reservation->generation),
		.rtype = reservation->type,
		.regctl = { (uint8_t)reservation->count },
		.ptpls = reservation->persists,
	};
	memset(page, 0, MOCK_REPORT_BYTES);
	memcpy(page, &head, sizeof(head));
	for (uint32_t idx = 0; idx < reservation->count; idx++) {
		const struct registrant *registrant = &reservation->registrants[idx];
		struct nvu_reservation_entry_extended wide = {
			.cntlid = nvu_le16_put(registrant->host.cntlid),
			.rcsts = is_holder(reservation, registrant),
			.rkey = nvu_le64_put(registrant->key),
		};
		struct nvu_reservation_entry entry = {
			.cntlid = wide.cntlid,
			.rcsts = wide.rcsts,
			.rkey = wide.rkey,
		};

		memcpy(wide.hostid, registrant->host.id, sizeof(wide.hostid));
		memcpy(entry.hostid, registrant->host.id, sizeof(entry.hostid));
		memcpy(page + at, extended ? (const void *)&wide : &entry,
		       extended ? sizeof(wide) : sizeof(entry));
		at += (uint32_t)(extended ? sizeof(wide) : sizeof(entry));
	}
	return at;
}

void mock_reservation_reset(struct mock_reservation *reservation, uint16_t cntlid)
{
	const struct mock_host unnamed = { .cntlid = cntlid };
	struct registrant *registrant = reservation ? find(reservation, &unnamed) : NULL;

	if (registrant)
		unregister(reservation, registrant);
}

void mock_reservation_lose_power(struct mock_reservation *reservation)
{
	if (reservation && !reservation->persists)
		*reservation = (struct mock_reservation){ 0 };
}
