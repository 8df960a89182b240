/* SPDX-License-Identifier: MIT */
/*
 * ranges.c: see ranges.h.
 */
#include "qpair/ranges.h"

/* An identifier has 16 bits. */
enum { NO_COMMAND = UINT32_MAX, HELD = UINT32_MAX - 1 };

static bool is_in_flight(const struct nvu_qpair *qpair, uint32_t cid)
{
	if (cid == NO_COMMAND || cid == HELD)
		return cid == HELD;
	return inflight_waits_for(inflight_at(&qpair->inflight, cid), cid);
}

void ranges_init(struct nvu_qpair *qpair)
{
	for (uint32_t page = 0; page < RANGES_PAGES; page++)
		qpair->range_cids[page] = NO_COMMAND;
}

bool ranges_find(const struct nvu_qpair *qpair, uint32_t from, uint32_t *ret_page)
{
	for (uint32_t page = from; page < RANGES_PAGES; page++) {
		if (is_in_flight(qpair, qpair->range_cids[page]))
			continue;
		*ret_page = page;
		return true;
	}
	return false;
}

void ranges_take(struct nvu_qpair *qpair, uint32_t page, uint32_t cid)
{
	assert(page < RANGES_PAGES && is_in_flight(qpair, cid));
	qpair->range_cids[page] = cid;
}

void ranges_hold(struct nvu_qpair *qpair, uint32_t page)
{
	assert(page < RANGES_PAGES);
	qpair->range_cids[page] = HELD;
}

void ranges_release(struct nvu_qpair *qpair, uint32_t page)
{
	assert(page < RANGES_PAGES && qpair->range_cids[page] == HELD);
	qpair->range_cids[page] = NO_COMMAND;
}

void ranges_settle(struct nvu_qpair *qpair)
{
	for (uint32_t page = 0; page < RANGES_PAGES; page++)
		if (!is_in_flight(qpair, qpair->range_cids[page]))
			qpair->range_cids[page] = NO_COMMAND;
}

void ranges_renew(struct nvu_qpair *qpair)
{
	for (uint32_t page = 0; page < RANGES_PAGES; page++) {
		uint32_t *cid = &qpair->range_cids[page];

		if (*cid != NO_COMMAND && *cid != HELD)
			*cid = inflight_cid(inflight_at(&qpair->inflight, *cid));
	}
}

void ranges_rename(struct nvu_qpair *qpair, uint32_t old, uint32_t cid)
{
	for (uint32_t page = 0; page < RANGES_PAGES; page++)
		if (qpair->range_cids[page] == old)
			qpair->range_cids[page] = cid;
}
