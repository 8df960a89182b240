/* SPDX-License-Identifier: MIT */
/*
 * own.c: see own.h.
 */
#include "qpair/own.h"

uint32_t own_take(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	uint32_t count = 0, cursor = 0;
	struct inflight *record;

	while (qpair->own_count && count < max &&
	       (record = inflight_next(&qpair->inflight, &cursor))) {
		if (!inflight_has_reason(record, SPECIAL_OWN))
			continue;
		cpls[count] = (struct nvu_cpl){ .user_data = record->user_data,
						.status = aside_of(qpair, record)->status };
		count += special_answer(qpair, record, &cpls[count]);
	}
	qpair->completed += count;
	return count;
}
