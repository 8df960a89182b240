/* SPDX-License-Identifier: MIT */
/*
 * gather.c: see gather.h.
 */
#include "qpair/gather.h"

#include "dma/dma.h"

#include <assert.h>
#include <nvu/identify.h>
#include <nvu/spec.h>

#define TYPE_SHIFT 56 /* in the second word of a descriptor */

/* Bytes that follow on in I/O address space, or a hole. */
struct run {
	uint64_t iova, len;
	uint32_t first, last; /* the pieces with its first and last byte */
	bool is_hole;
};

static uint64_t less(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool follows(const struct run *run, const struct nvu_piece *piece, uint64_t iova)
{
	if (run->is_hole || !piece->buf)
		return run->is_hole && !piece->buf;
	return run->iova + run->len == iova;
}

static uint64_t iova_at(const struct nvu_piece *piece, size_t done)
{
	return piece->buf ? piece->buf->iova + piece->offset + done : 0;
}

/* The next run, of up to max bytes. False: no bytes are left. */
static bool take_run(const struct gather *gather, struct gather_place *place, uint64_t max,
		     struct run *run)
{
	*run = (struct run){ 0 };
	while (run->len < max && place->index < gather->count) {
		const struct nvu_piece *piece = &gather->pieces[place->index];
		uint64_t len = less(piece->len - place->done, max - run->len);
		uint64_t iova = iova_at(piece, place->done);

		if (len && run->len && !follows(run, piece, iova))
			break;
		if (len && !run->len)
			*run = (struct run){
				.iova = iova,
				.first = place->index,
				.is_hole = !piece->buf,
			};
		if (len)
			run->last = place->index;
		run->len += len;
		place->done += len;
		if (place->done == piece->len)
			*place = (struct gather_place){ .index = place->index + 1 };
	}
	return run->len;
}

static void stop(struct gather_reach *reach, enum gather_stop why, uint32_t index)
{
	reach->stop = why;
	reach->index = index;
}

/* All in the piece of the next byte. */
static struct gather_reach reach_buffer(const struct gather *gather, struct gather_place place,
					uint64_t bytes)
{
	struct gather_reach reach = { 0 };
	const struct nvu_piece *piece;

	while (place.index < gather->count && gather->pieces[place.index].len == place.done)
		place = (struct gather_place){ .index = place.index + 1 };
	piece = &gather->pieces[place.index];
	if (place.index < gather->count && piece->buf && (iova_at(piece, place.done) & 3) == 0)
		reach.bytes = less(piece->len - place.done, bytes);
	return reach;
}

/* Whether a run can come behind `have` bytes of a command with PRPs. */
static enum gather_stop check_page(const struct run *run, uint64_t have, uint64_t page)
{
	if (run->is_hole)
		return GATHER_HOLE;
	if (have)
		return run->iova & (page - 1) ? GATHER_BEGIN : GATHER_WHOLE;
	return run->iova & 3 ? GATHER_DWORD : GATHER_WHOLE;
}

/* PRP 1, and a list whose last slot is left free, as some controllers take it for a link if it is its page's last. */
static struct gather_reach reach_prp(const struct gather *gather, struct gather_place place,
				     uint64_t bytes)
{
	const uint64_t page = 1ull << gather->page_shift;
	const uint64_t most = gather->list_bytes / sizeof(nvu_le64);
	struct gather_reach reach = { 0 };
	uint64_t pages = 0;
	struct run run;

	while (!reach.stop && reach.bytes < bytes &&
	       take_run(gather, &place, bytes - reach.bytes, &run)) {
		uint64_t offset = run.iova & (page - 1), room = (most - pages) * page - offset;

		stop(&reach, check_page(&run, reach.bytes, page), run.first);
		if (reach.stop)
			break;
		if (run.len > room)
			stop(&reach, GATHER_FULL, run.first);
		run.len = less(run.len, room);
		reach.bytes += run.len;
		pages += (offset + run.len + page - 1) >> gather->page_shift;
		if (!reach.stop && ((run.iova + run.len) & (page - 1)) && reach.bytes < bytes)
			stop(&reach, GATHER_END, run.last);
	}
	reach.cost = pages > 2 ? (uint32_t)((pages - 1) * sizeof(nvu_le64)) : 0;
	return reach;
}

/* Whether a run can be a descriptor. */
static enum gather_stop check_descriptor(const struct run *run, uint32_t sgls)
{
	if (run->is_hole && !(sgls & NVU_SGLS_BIT_BUCKET))
		return GATHER_HOLE;
	if ((sgls & NVU_SGLS_SUPPORT) != NVU_SGLS_BYTES && (run->iova & 3))
		return GATHER_DWORD;
	return GATHER_WHOLE;
}

static struct gather_reach reach_sgl(const struct gather *gather, struct gather_place place,
				     uint64_t bytes)
{
	struct gather_reach reach = { 0 };
	uint32_t count = 0;
	struct run run;

	while (!reach.stop && reach.bytes < bytes &&
	       take_run(gather, &place, bytes - reach.bytes, &run)) {
		uint64_t excess = 0;

		stop(&reach, check_descriptor(&run, gather->sgls), run.first);
		if (!reach.stop && count == gather_descriptors(gather))
			stop(&reach, GATHER_FULL, run.first);
		if (reach.stop)
			break;
		if ((gather->sgls & NVU_SGLS_SUPPORT) != NVU_SGLS_BYTES)
			excess = run.len & 3;
		if (excess)
			stop(&reach, GATHER_DWORD, run.last);
		reach.bytes += run.len - excess;
		count++;
	}
	reach.cost = count > 1 ? count * GATHER_DESCRIPTOR_BYTES : 0;
	return reach;
}

struct gather_reach gather_reach(const struct gather *gather, enum gather_form form,
				 struct gather_place place, uint64_t bytes)
{
	switch (form) {
	case GATHER_BUFFER:
		return reach_buffer(gather, place, bytes);
	case GATHER_PRP:
		return reach_prp(gather, place, bytes);
	default:
		return gather->sgls ? reach_sgl(gather, place, bytes) : (struct gather_reach){ 0 };
	}
}

enum gather_form gather_choose(const struct gather *gather, const struct gather_place *place,
			       uint64_t bytes, uint64_t *ret_bytes)
{
	enum gather_form best = GATHER_NONE;
	uint32_t cost = UINT32_MAX;

	*ret_bytes = 0;
	for (enum gather_form form = GATHER_BUFFER; form <= GATHER_SGL; form++) {
		struct gather_reach reach = gather_reach(gather, form, *place, bytes);
		uint64_t whole = reach.bytes - reach.bytes % gather->unit;

		if (!whole || whole < *ret_bytes)
			continue;
		if (whole != reach.bytes)
			reach = gather_reach(gather, form, *place, whole);
		if (whole == *ret_bytes && reach.cost >= cost)
			continue;
		best = form;
		cost = reach.cost;
		*ret_bytes = whole;
	}
	return best;
}

void gather_skip(const struct gather *gather, struct gather_place *place, uint64_t bytes)
{
	struct run run;

	for (; bytes && take_run(gather, place, bytes, &run); bytes -= run.len)
		;
}

const struct nvu_piece *gather_buffer(const struct gather *gather, struct gather_place *place,
				      uint64_t bytes, size_t *ret_offset)
{
	const struct nvu_piece *piece;
	struct run run = { 0 };
	bool found = take_run(gather, place, bytes, &run);

	piece = &gather->pieces[run.first];
	assert(found && run.len == bytes);
	(void)found;
	*ret_offset = run.iova - piece->buf->iova;
	return piece;
}

void gather_prp(const struct gather *gather, struct gather_place *place, uint64_t bytes,
		nvu_le64 *list, uint64_t list_iova, nvu_le64 ret_pointer[2])
{
	const uint64_t page = 1ull << gather->page_shift;
	uint32_t count = 0, most = gather->list_bytes / sizeof(*list);
	struct run run;

	ret_pointer[1] = nvu_le64_put(0);
	for (; bytes && count < most && take_run(gather, place, bytes, &run); bytes -= run.len) {
		uint64_t at = run.iova, end = run.iova + run.len;

		for (; at < end && count < most; at = (at & ~(page - 1)) + page, count++) {
			if (count < 2)
				ret_pointer[count] = nvu_le64_put(at);
			if (count && most > 2)
				list[count - 1] = nvu_le64_put(at);
		}
	}
	assert(count && !bytes);
	if (count > 2)
		ret_pointer[1] = nvu_le64_put(list_iova);
}

void gather_descriptor(nvu_le64 words[2], uint32_t type, uint64_t iova, uint64_t len)
{
	assert(len <= UINT32_MAX);
	words[0] = nvu_le64_put(iova);
	words[1] = nvu_le64_put(len | (uint64_t)type << TYPE_SHIFT);
}

void gather_sgl(const struct gather *gather, struct gather_place *place, uint64_t bytes,
		nvu_le64 *list, uint64_t list_iova, nvu_le64 ret_pointer[2])
{
	uint32_t count = 0, most = gather_descriptors(gather);
	nvu_le64 *to = most > 1 ? list : ret_pointer;
	struct run run;

	for (; bytes && count < most && take_run(gather, place, bytes, &run); bytes -= run.len)
		gather_descriptor(&to[2 * count++],
				  run.is_hole ? NVU_SGL_BIT_BUCKET : NVU_SGL_DATA_BLOCK, run.iova,
				  run.len);
	assert(count && !bytes);
	if (count > 1) {
		gather_descriptor(ret_pointer, NVU_SGL_LAST_SEGMENT, list_iova,
				  count * (uint64_t)GATHER_DESCRIPTOR_BYTES);
		return;
	}
	ret_pointer[0] = to[0];
	ret_pointer[1] = to[1];
}
