/* SPDX-License-Identifier: MIT */
/*
 * data_pointer.c: see data_pointer.h.
 */
#include "qpair/data_pointer.h"

#include "qpair/prp.h"

void data_pointer_list(struct nvu_qpair *qpair, struct nvu_sqe *slot, uint32_t cid, size_t len)
{
	size_t start = (size_t)(cid & qpair->inflight.mask) * qpair->list_bytes;
	nvu_le64 *list = (nvu_le64 *)(void *)((char *)qpair->list_memory->addr + start);

	slot->prp2 = nvu_le64_put(prp_build(nvu_le64_get(slot->prp1), len, qpair->page_shift, list,
					    qpair->list_memory->iova + start, qpair->list_bytes));
}
