/* SPDX-License-Identifier: MIT */
/*
 * paged.c: see paged.h.
 */
#include "io/paged.h"

#include "io/slow.h"
#include "qpair/ranges.h"

#include <errno.h>

int paged_find(struct nvu_qpair *qpair, uint32_t from, uint32_t *ret_page)
{
	if (ranges_find(qpair, from, ret_page))
		return 0;
	qpair->full++;
	return -EAGAIN;
}

int paged_queue(struct nvu_qpair *qpair, const char *function, struct nvu_sqe *cmd, uint32_t page,
		uint64_t user_data)
{
	const struct nvu_sqe *slot = qpair->sq.slot;
	int ret;

	cmd->prp1 = nvu_le64_put(ranges_iova(qpair, page));
	ret = slow_queue(qpair, function, cmd, NULL, 0, 0, user_data);
	if (!ret)
		ranges_take(qpair, page, nvu_le16_get(slot->cid));
	return ret;
}
