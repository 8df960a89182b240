/* SPDX-License-Identifier: MIT */
/*
 * ranges.c: see ranges.h.
 */
#include "qpair/ranges.h"

enum { NO_COMMAND = UINT32_MAX }; /* an identifier has 16 bits */

static bool is_in_flight(const struct nvu_qpair *qpair, uint32_t cid)
{
	return cid != NO_COMMAND && inflight_waits_for(inflight_at(&qpair->inflight, cid), cid);
}

void ranges_init(struct nvu_qpair *qpair)
{
	for (uint32_t page = 0; page < RANGES_PAGES; page++)
		qpair->range_cids[page] = NO_COMMAND;
}

bool ranges_find(const struct nvu_qpair *qpair, uint32_t *ret_page)
{
	for (uint32_t page = 0; page < RANGES_PAGES; page++) {
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

		if (*cid != NO_COMMAND)
			*cid = inflight_cid(inflight_at(&qpair->inflight, *cid));
	}
}
