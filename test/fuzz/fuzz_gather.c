// SPDX-License-Identifier: MIT
/*
 * fuzz_gather.c: lib/qpair/gather.c: whatever the pieces, what it says that commands have of them, the mock's walks over
 * PRPs and SGLs find, in order, byte by byte; and all commands together have all bytes, or a reason is known.
 * The input: the rule, then the pieces.
 */
#include "dma/dma.h"
#include "input.h"
#include "mock/memory/sgl.h"
#include "qpair/gather.h"
#include "transport/transport.h"

#include <nvu/identify.h>

enum { PIECES = 64, BUFFERS = 3, BYTES = 64 << 10, LIST_IOVA = 0x7000, UNIT = 512 };

/* The second follows on behind the first. */
static const uint64_t iovas[BUFFERS] = { 0x100000, 0x100000 + BYTES, 0x900000 };

static uint8_t memory[BUFFERS][BYTES];
static nvu_le64 list[GATHER_LIST_MAX / 8];
static struct nvu_dma bufs[BUFFERS];
static struct nvu_piece pieces[PIECES];

static void take_pieces(struct input *input, struct gather *gather)
{
	while (gather->count < PIECES && input_left(input)) {
		uint8_t how = input_u8(input);
		size_t len = how & 4 ? input_u8(input) : (input_u8(input) & 15u) * 1024;
		size_t offset = how & 8 ? input_u16(input) : (input_u8(input) & 15u) * 4096;

		offset %= BYTES;
		if (how & 16)
			len &= ~(size_t)3;
		if (len > BYTES - offset)
			len = BYTES - offset;
		pieces[gather->count++] = (struct nvu_piece){
			.buf = how % 4 ? &bufs[how % 4 - 1] : NULL,
			.offset = how % 4 ? offset : 0,
			.len = len,
		};
	}
}

/* Where the byte of a place is; the place goes on. */
static uint8_t *next_byte(const struct gather *gather, struct gather_place *place)
{
	const struct nvu_piece *piece = &gather->pieces[place->index];
	uint8_t *at;

	while (piece->len == place->done)
		*place = (struct gather_place){ .index = (uint32_t)(++piece - gather->pieces) };
	at = piece->buf ? &memory[piece->buf - bufs][piece->offset + place->done] : NULL;
	place->done++;
	return at;
}

static void check_bytes(const struct gather *gather, struct gather_place place, uint64_t bytes,
			const struct mock_xfer *xfer)
{
	PROMISE(xfer->len == bytes);
	for (uint32_t i = 0; i < xfer->count; i++)
		for (size_t at = 0; at < xfer->segs[i].len; at++)
			PROMISE(next_byte(gather, &place) ==
				(xfer->segs[i].base ? xfer->segs[i].base + at : NULL));
}

/* One command, as the mock sees it. */
static void check_command(const struct gather *gather, enum gather_form form,
			  struct gather_place *place, uint64_t bytes, const struct mock_dma *dma)
{
	const struct gather_place from = *place;
	uint32_t hints[2] = { 0, 0 };
	struct mock_sgl sgl = { .len = bytes, .sgls = gather->sgls, .prot = TRANSPORT_DMA_WRITE };
	struct mock_prp prp = { .len = bytes, .prot = TRANSPORT_DMA_WRITE };
	struct mock_xfer xfer;
	nvu_le64 pointer[2];
	uint16_t status;

	PROMISE(!mock_xfer_init(&xfer, BYTES * (uint64_t)PIECES));
	if (form == GATHER_SGL) {
		gather_sgl(gather, place, bytes, list, LIST_IOVA, pointer);
		memcpy(&sgl.first, pointer, sizeof(sgl.first));
		status = mock_sgl_walk(dma, &sgl, hints, &xfer);
	} else {
		gather_prp(gather, place, bytes, list, LIST_IOVA, pointer);
		prp.prp1 = nvu_le64_get(pointer[0]);
		prp.prp2 = nvu_le64_get(pointer[1]);
		prp.page_bytes = 1u << gather->page_shift;
		status = mock_prp_walk(dma, &prp, hints, &xfer);
	}
	PROMISE(!status && !xfer.list_writable);
	check_bytes(gather, from, bytes, &xfer);
	mock_xfer_fini(&xfer);
}

static void check_buffer(const struct gather *gather, struct gather_place *place, uint64_t bytes)
{
	struct gather_place from = *place;
	size_t offset;
	const struct nvu_piece *piece = gather_buffer(gather, place, bytes, &offset);

	PROMISE(offset + bytes <= BYTES && offset % 4 == 0);
	PROMISE(next_byte(gather, &from) == &memory[piece->buf - bufs][offset]);
}

/* All commands of a request, or where they end. */
static void check(const struct gather *gather, uint64_t total, const struct mock_dma *dma)
{
	struct gather_place place = { 0 }, skipped = { 0 };
	uint64_t left = total - total % UNIT;

	while (left) {
		uint64_t fits;
		enum gather_form form = gather_choose(gather, &place, left, &fits);

		PROMISE(fits <= left && fits % UNIT == 0 && (fits != 0) == (form != GATHER_NONE));
		if (form == GATHER_NONE) {
			PROMISE(gather_reach(gather, gather->sgls ? GATHER_SGL : GATHER_PRP, place,
					     UNIT)
					.stop != GATHER_WHOLE);
			return;
		}
		gather_skip(gather, &skipped, fits);
		if (form == GATHER_BUFFER)
			check_buffer(gather, &place, fits);
		else
			check_command(gather, form, &place, fits, dma);
		PROMISE(place.index == skipped.index && place.done == skipped.done);
		left -= fits;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	uint8_t how = input_u8(&input);
	struct gather gather = {
		.pieces = pieces,
		.unit = UNIT,
		.page_shift = 12 + how % 4 / 3,
		.list_bytes = (uint32_t)GATHER_LIST_MIN << input_u8(&input) % 8,
		.sgls = how & 4 ? NVU_SGLS_BYTES : NVU_SGLS_DWORDS,
		.metadata_bytes = how & 32 ? 8 : 0,
	};
	struct mock_dma dma = { 0 };
	uint64_t total = 0;

	gather.sgls |= how & 8 ? NVU_SGLS_BIT_BUCKET : 0;
	gather.sgls = how & 16 ? gather.sgls : 0;
	for (int i = 0; i < BUFFERS; i++) {
		bufs[i] = (struct nvu_dma){ .iova = iovas[i], .len = BYTES };
		PROMISE(!mock_dma_insert(&dma, iovas[i], memory[i], BYTES, TRANSPORT_DMA_WRITE));
	}
	PROMISE(!mock_dma_insert(&dma, LIST_IOVA, (uint8_t *)list, sizeof(list),
				 TRANSPORT_DMA_READ));
	take_pieces(&input, &gather);
	for (uint32_t i = 0; i < gather.count; i++)
		total += pieces[i].len;
	check(&gather, total, &dma);
	mock_dma_fini(&dma);
	return 0;
}
