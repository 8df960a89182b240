/* SPDX-License-Identifier: MIT */
/*
 * data_pointer.c: see data_pointer.h.
 */
#include "qpair/data_pointer.h"

#include "qpair/gather.h"
#include "qpair/prp.h"

void data_pointer_list(struct nvu_qpair *qpair, struct nvu_sqe *slot, uint32_t cid, size_t len)
{
	size_t start = (size_t)(cid & qpair->inflight.mask) * qpair->list_bytes;
	nvu_le64 *list = (nvu_le64 *)(void *)((char *)qpair->list_memory->addr + start);

	slot->prp2 = nvu_le64_put(prp_build(nvu_le64_get(slot->prp1), len, qpair->page_shift, list,
					    qpair->list_memory->iova + start, qpair->list_bytes));
}

void data_pointer_buffer(struct nvu_qpair *qpair, struct nvu_sqe *slot, uint32_t cid,
			 const struct nvu_dma *buf, size_t offset, size_t len)
{
	slot->flags = (uint8_t)(slot->flags & ~NVU_PSDT);
	if (!data_pointer_prp(qpair, slot, buf, offset, data_pointer_span(offset, len)))
		data_pointer_list(qpair, slot, cid, len);
}

/* Base 3.3.3.1, figure 87: where a command with an SGL has its metadata. list: the last descriptor is theirs. */
static void point_to_metadata(struct nvu_sqe *slot, const struct gather *gather, uint64_t bytes,
			      nvu_le64 *list, uint64_t list_iova)
{
	uint32_t last = gather_descriptors(gather);

	slot->flags |= gather->metadata_bytes ? NVU_PSDT_SGL_METADATA : NVU_PSDT_SGL;
	if (!gather->metadata_bytes)
		return;
	gather_descriptor(&list[2ul * last], NVU_SGL_DATA_BLOCK, nvu_le64_get(slot->mptr),
			  bytes / gather->unit * gather->metadata_bytes);
	slot->mptr = nvu_le64_put(list_iova + last * (uint64_t)GATHER_DESCRIPTOR_BYTES);
}

/* NULL: there is no memory for lists. */
static nvu_le64 *list_at(const struct nvu_qpair *qpair, size_t start)
{
	if (qpair->piece_bytes == GATHER_LIST_MIN)
		return NULL;
	return (nvu_le64 *)(void *)((char *)qpair->sq_memory->addr + start);
}

void data_pointer_pieces(struct nvu_qpair *qpair, struct nvu_sqe *slot, uint32_t cid,
			 const struct gather *gather, struct gather_place *place, uint64_t bytes)
{
	size_t start = data_pointer_pieces_start(qpair->entries) +
		       (size_t)(cid & qpair->inflight.mask) * qpair->piece_bytes;
	nvu_le64 *list = list_at(qpair, start);
	uint64_t list_iova = qpair->sq_memory->iova + start, fits;
	const struct nvu_piece *piece;
	nvu_le64 pointer[2];
	size_t offset;

	switch (gather_choose(gather, place, bytes, &fits)) {
	case GATHER_BUFFER:
		piece = gather_buffer(gather, place, bytes, &offset);
		data_pointer_buffer(qpair, slot, cid, piece->buf, offset, bytes);
		return;
	case GATHER_SGL:
		gather_sgl(gather, place, bytes, list, list_iova, pointer);
		point_to_metadata(slot, gather, bytes, list, list_iova);
		break;
	default:
		gather_prp(gather, place, bytes, list, list_iova, pointer);
		break;
	}
	assert(fits == bytes);
	slot->prp1 = pointer[0];
	slot->prp2 = pointer[1];
}
