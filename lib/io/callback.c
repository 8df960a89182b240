/* SPDX-License-Identifier: MIT */
/*
 * callback.c: the public function of nvu/callback.h.
 */
#include <nvu/callback.h>

enum { BATCH = 32 };

int nvu_poll_callbacks(struct nvu_qpair *qpair, uint32_t max)
{
	struct nvu_cpl cpls[BATCH];
	int total = 0;

	while (max) {
		uint32_t want = max < BATCH ? max : BATCH;
		int count = nvu_poll(qpair, cpls, want);

		if (count < 0)
			return total ? total : count;
		for (int i = 0; i < count; i++) {
			struct nvu_callback *cb =
				(struct nvu_callback *)(uintptr_t)cpls[i].user_data;

			cb->fn(cb, &cpls[i]);
		}
		total += count;
		if ((uint32_t)count < want)
			break;
		max -= want;
	}
	return total;
}
