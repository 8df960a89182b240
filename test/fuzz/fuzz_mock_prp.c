// SPDX-License-Identifier: MIT
/*
 * fuzz_mock_prp.c: the mock's walk over PRPs that a driver wrote, with several mappings around, of
 * which some may only be read. What a walk accepts lies inside mapped memory and has the length that
 * was asked for. The input: page size, length, PRP 1, PRP 2, then the memory that lists lie in.
 */
#include "input.h"
#include "mock/memory/prp.h"
#include "transport/transport.h"

#include <nvu/types.h>

enum { PAGE = 4096, PAGES = 24, MAPS = 3, LEN_MAX = 1 << 20 };

/* Neighbours in I/O addresses, not in memory. */
static const uint64_t iovas[MAPS] = { 0x10000, 0x10000 + PAGES *PAGE,
				      UINT64_MAX - PAGES *PAGE + 1 };

static bool is_mapped(uint8_t *const memory[MAPS], const struct mock_seg *seg)
{
	for (int i = 0; i < MAPS; i++)
		if (seg->base >= memory[i] && seg->len <= PAGES * PAGE &&
		    (size_t)(seg->base - memory[i]) <= PAGES * PAGE - seg->len)
			return true;
	return false;
}

static void check(uint8_t *const memory[MAPS], const struct mock_xfer *xfer, uint64_t len)
{
	uint8_t buffer[64];
	uint64_t sum = 0;

	PROMISE(xfer->count <= xfer->max && xfer->len == len);
	for (uint32_t i = 0; i < xfer->count; i++) {
		PROMISE(is_mapped(memory, &xfer->segs[i]));
		sum += xfer->segs[i].len;
	}
	PROMISE(sum == len);
	mock_xfer_get(xfer, len / 2, buffer, sizeof(buffer));
	mock_xfer_put(xfer, len - 1, buffer, sizeof(buffer));
	mock_xfer_put(xfer, len, buffer, sizeof(buffer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	uint32_t how = input_u8(&input), hints[2] = { input_u8(&input), input_u8(&input) };
	struct mock_prp prp = { .page_bytes = (uint32_t)PAGE << how % 3 };
	static uint8_t *memory[MAPS]; /* made once: zeroing it is most of the work */
	struct mock_dma dma = { 0 };
	struct mock_xfer xfer;

	prp.prot = how & 0x80 ? TRANSPORT_DMA_WRITE : TRANSPORT_DMA_READ;
	prp.len = input_u32(&input) % LEN_MAX + 1;
	prp.prp1 = iovas[how >> 2 & 1] + input_u32(&input);
	prp.prp2 = iovas[how >> 3 & 1] + input_u32(&input);
	PROMISE(!mock_xfer_init(&xfer, LEN_MAX));
	for (int i = 0; i < MAPS; i++) {
		memory[i] = memory[i] ? memory[i] : calloc(PAGES, PAGE);
		PROMISE(memory[i]);
		if (i == 0)
			memset(memory[i], 0, PAGES * PAGE);
		/* Lists in the first: entries point near the mappings. */
		for (uint32_t at = 0; i == 0 && at < PAGES * PAGE && input_left(&input); at += 8) {
			uint8_t which = input_u8(&input);
			uint64_t to = iovas[which % MAPS] + input_u8(&input) * 2048ull;
			/* The last entry of a page now and then. */
			nvu_le64 entry = nvu_le64_put(which & 0x80 ? to + PAGE / 2 - 8 : to);

			memcpy(memory[i] + (how & 0x40 ? PAGES * PAGE - 8 - at : at), &entry, 8);
		}
		PROMISE(!mock_dma_insert(&dma, iovas[i], memory[i], PAGES * PAGE,
					 i == 1 ? TRANSPORT_DMA_READ
						: TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE));
	}
	if (!mock_prp_walk(&dma, &prp, hints, &xfer))
		check(memory, &xfer, prp.len);
	mock_xfer_fini(&xfer);
	mock_dma_fini(&dma);
	return 0;
}
