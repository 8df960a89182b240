// SPDX-License-Identifier: MIT
/*
 * fuzz_mock_sgl.c: the mock's walk over SGLs that a driver wrote, with several mappings around, of which some may only
 * be read. What a walk accepts lies inside mapped memory, or in no memory, and has the length that was asked for.
 * The input: what is announced, length, the first descriptor, then the memory that segments lie in.
 */
#include "input.h"
#include "mock/memory/sgl.h"
#include "transport/transport.h"

#include <nvu/identify.h>
#include <nvu/types.h>

enum { PAGE = 4096, PAGES = 4, MAPS = 3, LEN_MAX = 1 << 16, ROOM = (PAGES + 1) * PAGE };

/* Neighbours in I/O addresses, not in memory. */
static const uint64_t iovas[MAPS] = { 0x10000, 0x10000 + PAGES *PAGE,
				      UINT64_MAX - PAGES *PAGE + 1 };

static bool is_mapped(uint8_t memory[MAPS][ROOM], const struct mock_seg *seg)
{
	for (int i = 0; i < MAPS; i++)
		if (seg->base >= memory[i] && seg->len <= PAGES * PAGE &&
		    (size_t)(seg->base - memory[i]) <= PAGES * PAGE - seg->len)
			return true;
	return false;
}

static void check(uint8_t memory[MAPS][ROOM], const struct mock_xfer *xfer, uint64_t len)
{
	uint8_t buffer[64] = { 0 };
	uint64_t sum = 0;

	PROMISE(xfer->count <= xfer->max && xfer->len == len);
	for (uint32_t i = 0; i < xfer->count; i++) {
		PROMISE(!xfer->segs[i].base || is_mapped(memory, &xfer->segs[i]));
		sum += xfer->segs[i].len;
	}
	PROMISE(sum == len);
	mock_xfer_get(xfer, len / 2, buffer, sizeof(buffer));
	mock_xfer_put(xfer, len - 1, buffer, sizeof(buffer));
	mock_xfer_put(xfer, len, buffer, sizeof(buffer));
}

/* Mostly of a type that is known, and somewhere in a mapping, or near its end. */
static struct nvu_sgl descriptor(struct input *input)
{
	uint8_t how = input_u8(input);
	struct nvu_sgl sgl = {
		.address = nvu_le64_put(iovas[how & 3 ? (how & 3) - 1 : 0] + input_u16(input)),
		.length = nvu_le32_put(how & 4 ? input_u32(input) : input_u8(input) * 16u),
		.type = how & 8 ? input_u8(input) : (uint8_t)(how & 0x30),
	};

	if (how & 0x40)
		sgl.address = nvu_le64_put(0);
	if (how & 0x80)
		sgl.rsvd12[how % 3] = input_u8(input);
	return sgl;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t memory[MAPS][ROOM];
	struct input input = { data, data + size };
	uint32_t how = input_u8(&input), hints[2] = { input_u8(&input), input_u8(&input) };
	struct mock_sgl sgl = { .len = (how & 2 ? input_u8(&input) * 16u : input_u16(&input)) + 1 };
	struct mock_dma dma = { 0 };
	struct mock_xfer xfer;

	sgl.len = how & 2 ? sgl.len - 1 + 16 : sgl.len;
	sgl.prot = how & 1 ? TRANSPORT_DMA_WRITE : TRANSPORT_DMA_READ;
	sgl.sgls = how & 4 ? NVU_SGLS_BYTES : NVU_SGLS_DWORDS;
	sgl.sgls |= (how & 8 ? NVU_SGLS_BIT_BUCKET : 0) | (how & 16 ? NVU_SGLS_LONGER : 0);
	sgl.first = descriptor(&input);
	PROMISE(!mock_xfer_init(&xfer, LEN_MAX + 1));
	if (how & 0x80)
		xfer.max = 1 + how / 32 % 4;
	memset(memory[0], 0, sizeof(memory[0]));
	for (size_t at = 0; at < sizeof(memory[0]) && input_left(&input); at += 16) {
		const struct nvu_sgl next = descriptor(&input);

		memcpy(&memory[0][at], &next, sizeof(next));
	}
	for (int i = 0; i < MAPS; i++)
		PROMISE(!mock_dma_insert(&dma, iovas[i], memory[i], PAGES * PAGE,
					 i == 1 ? TRANSPORT_DMA_READ
						: TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE));
	if (!mock_sgl_walk(&dma, &sgl, hints, &xfer))
		check(memory, &xfer, sgl.len);
	mock_xfer_fini(&xfer);
	mock_dma_fini(&dma);
	return 0;
}
