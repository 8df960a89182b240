/* SPDX-License-Identifier: MIT */
/*
 * Proved: what gather_reach() says that a command has of any pieces, gather_prp() or gather_sgl() says to a controller that
 * reads it as Base 4.1.1 and 4.1.2 tell: each byte of the pieces, in their order, and no other. PRPs but the first are
 * pages; a data block is in dwords where the controller wants that; bit buckets are where pieces have no buffer, and
 * only where the controller has them. Nothing is written beyond the list's memory, and the last slot of a page list is
 * left free. The place is behind the bytes of the command. Of one piece, gather_choose() takes whole units, no more than was asked
 * for, no form says more, and its buffer's own list comes first.
 *
 * Bounds: pages of 8 bytes, 2 pieces of up to 15 bytes that begin anywhere in the first 16
 * bytes of one of two buffers, which follow on; lists of 3 pages, and of 1 or 2 descriptors. Units of 8 bytes.
 *
 * @sources qpair/gather.c
 * @large-only 30 s of processor time
 * @options --unwind 3 --unwindset gather_prp.0:6,gather_prp.1:4,gather_choose.0:4
 */
#include "dma/dma.h"
#include "proof.h"
#include "qpair/gather.h"

#include <nvu/identify.h>
#include <nvu/spec.h>

enum { SHIFT = 3, PAGE = 1 << SHIFT, UNIT = 8, PIECES = 2, MASK = 15 };
enum { LIST_BYTES = 32, PAGES = 3, DESCRIPTOR = 16 };

#define LIST_IOVA 0xfedcba00ull

static struct nvu_dma bufs[2];
static struct nvu_piece pieces[PIECES];
static struct gather gather;
static struct gather_place place;
static nvu_le64 list[LIST_BYTES / 8], pointer[2];

static void make(uint32_t sgls)
{
	bufs[0].iova = 0x1000;
	bufs[1].iova = 0x1010; /* follows on */
	for (uint32_t i = 0; i < PIECES; i++) {
		pieces[i].len = nondet_u8() & MASK;
		pieces[i].offset = nondet_u8() & MASK;
		pieces[i].buf = nondet_bool() ? &bufs[nondet_bool()] : NULL;
	}
	gather = (struct gather){
		.pieces = pieces,
		.count = PIECES,
		.unit = UNIT,
		.page_shift = SHIFT,
		.list_bytes = LIST_BYTES,
		.sgls = sgls,
	};
	place = (struct gather_place){ 0 };
}

/* Where byte number `at` of the pieces is; 0: it has no buffer. */
static uint64_t byte_at(uint8_t at)
{
	for (uint32_t i = 0; i < PIECES; i++) {
		if (at < pieces[i].len)
			return pieces[i].buf ? pieces[i].buf->iova + pieces[i].offset + at : 0;
		at = (uint8_t)(at - pieces[i].len);
	}
	prove(false, "a byte of the pieces");
	return 0;
}

static void check_place(uint64_t bytes)
{
	uint64_t after = place.done;

	for (uint32_t i = 0; i < PIECES && i < place.index; i++)
		after += pieces[i].len;
	prove(after == bytes, "the place is behind it");
}

/* PRP number i, where the controller looks for it. */
static uint64_t prp(uint64_t i, uint64_t pages)
{
	if (i == 0 || pages == 2)
		return nvu_le64_get(pointer[i & 1]);
	prove(nvu_le64_get(pointer[1]) == LIST_IOVA, "PRP 2 is the list");
	prove(i - 1 < PAGES - 1, "the list's last slot is free");
	assume(i - 1 < PAGES - 1);
	return nvu_le64_get(list[i - 1]);
}

void harness_prp(void)
{
	uint8_t asked = (nondet_u8() & 3) * UNIT, at = nondet_u8() & 31;
	uint64_t first, offset, pages, i, entry;
	struct gather_reach reach;

	make(0);
	gather.list_bytes = PAGES * 8;
	reach = gather_reach(&gather, GATHER_PRP, place, asked);
	prove(reach.bytes <= asked, "no more than asked for");
	assume(at < reach.bytes);
	gather_prp(&gather, &place, reach.bytes, list, LIST_IOVA, pointer);
	first = nvu_le64_get(pointer[0]);
	offset = first & (PAGE - 1);
	pages = (offset + reach.bytes + PAGE - 1) >> SHIFT;
	i = (offset + at) >> SHIFT;
	entry = prp(i, pages);
	prove((first & 3) == 0, "PRP 1 is in dwords");
	prove(i == 0 || (entry & (PAGE - 1)) == 0, "the others are pages");
	prove(pages > 1 || nvu_le64_get(pointer[1]) == 0, "within a page there is no PRP 2");
	prove(byte_at(at), "no holes");
	prove((i ? entry + ((offset + at) & (PAGE - 1)) : entry + at) == byte_at(at),
	      "the byte's address");
	check_place(reach.bytes);
	reached();
}

/* A descriptor of the data from byte `sum` of the command on. Returns its length. */
static uint64_t check_block(const nvu_le64 words[2], uint64_t sum, uint8_t at)
{
	uint64_t address = nvu_le64_get(words[0]), word = nvu_le64_get(words[1]);
	uint64_t len = word & UINT32_MAX, type = word >> 56;

	prove((word >> 32 & 0xffffff) == 0, "reserved bytes are 0");
	prove(type == NVU_SGL_DATA_BLOCK || (type == NVU_SGL_BIT_BUCKET && address == 0 &&
					     (gather.sgls & NVU_SGLS_BIT_BUCKET)),
	      "a type that the controller has");
	prove((gather.sgls & NVU_SGLS_BYTES) || ((address | len) & 3) == 0, "in dwords");
	if (at >= sum && at - sum < len)
		prove(byte_at(at) == (type == NVU_SGL_DATA_BLOCK ? address + (at - sum) : 0),
		      "the byte's address");
	return len;
}

void harness_sgl(void)
{
	uint8_t asked = (nondet_u8() & 3) * UNIT, at = nondet_u8() & 31;
	uint64_t word, sum = 0;
	struct gather_reach reach;

	make((nondet_bool() ? NVU_SGLS_BYTES : NVU_SGLS_DWORDS) |
	     (nondet_bool() ? NVU_SGLS_BIT_BUCKET : 0));
	if (nondet_bool())
		gather.list_bytes = DESCRIPTOR; /* one, without a list */
	reach = gather_reach(&gather, GATHER_SGL, place, asked);
	prove(reach.bytes <= asked, "no more than asked for");
	assume(at < reach.bytes);
	gather_sgl(&gather, &place, reach.bytes, list, LIST_IOVA, pointer);
	word = nvu_le64_get(pointer[1]);
	if (word >> 56 == NVU_SGL_LAST_SEGMENT) {
		prove(nvu_le64_get(pointer[0]) == LIST_IOVA, "the list");
		prove(word == ((uint64_t)NVU_SGL_LAST_SEGMENT << 56 | 2 * 16),
		      "of both descriptors");
		sum = check_block(&list[0], 0, at);
		sum += check_block(&list[2], sum, at);
	} else {
		sum = check_block(pointer, 0, at);
	}
	prove(sum == reach.bytes, "all of the data");
	check_place(reach.bytes);
	reached();
}

/* Of one piece: which form has it. */
void harness_choose(void)
{
	uint64_t asked = ((nondet_u8() & 1) + 1u) * UNIT, fits;
	enum gather_form form;
	struct gather_reach reach;

	make(nondet_bool() ? NVU_SGLS_BYTES : 0);
	gather.count = 1;
	form = gather_choose(&gather, &place, asked, &fits);
	prove((form == GATHER_NONE) == (fits == 0), "a form, or nothing");
	prove(fits <= asked && (fits & (UNIT - 1)) == 0, "whole units");
	reach = gather_reach(&gather, gather.sgls ? GATHER_SGL : GATHER_PRP, place, asked);
	prove((reach.bytes & ~(uint64_t)(UNIT - 1)) <= fits, "no form says more");
	prove(IMPLIES(pieces[0].buf && (pieces[0].offset & 3) == 0 && fits, form == GATHER_BUFFER),
	      "the form without a list");
	reached();
}
