// SPDX-License-Identifier: MIT
/*
 * test_mock_sgl.c: walking SGLs. The memory is one array; I/O address BASE + n is byte n, so that a piece's place
 * tells its address. Base 4.1.2.
 */
#include "mock/memory/sgl.h"

#include "transport/transport.h"

#include <nvu/identify.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PAGE = 4096, PAGES = 16, READ = TRANSPORT_DMA_READ, WRITE = TRANSPORT_DMA_WRITE };
enum { BLOCK = NVU_SGL_DATA_BLOCK, BUCKET = NVU_SGL_BIT_BUCKET };
enum { SEGMENT = NVU_SGL_SEGMENT, LAST = NVU_SGL_LAST_SEGMENT };

#define BASE 0x10000000ull
#define DATA (BASE + (uint64_t)PAGES * PAGE) /* may be written to */
#define ALL (NVU_SGLS_BYTES | NVU_SGLS_BIT_BUCKET)

struct rig {
	uint8_t *memory;
	struct mock_dma dma;
	struct mock_xfer xfer;
	uint32_t hints[2];
};

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	rig->memory = calloc(2, (size_t)PAGES * PAGE);
	*state = rig;
	if (mock_xfer_init(&rig->xfer, 1 << 20) ||
	    mock_dma_insert(&rig->dma, BASE, rig->memory, (uint64_t)PAGES * PAGE, READ))
		return -1;
	return mock_dma_insert(&rig->dma, DATA, rig->memory + (size_t)PAGES * PAGE,
			       (uint64_t)PAGES * PAGE, READ | WRITE);
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	mock_xfer_fini(&rig->xfer);
	mock_dma_fini(&rig->dma);
	free(rig->memory);
	free(rig);
	return 0;
}

static struct nvu_sgl make(uint8_t type, uint64_t address, uint32_t len)
{
	return (struct nvu_sgl){
		.address = nvu_le64_put(address),
		.length = nvu_le32_put(len),
		.type = type,
	};
}

/* Descriptor `idx` of the segment at this address. */
static void put(struct rig *rig, uint64_t segment, uint32_t idx, struct nvu_sgl descriptor)
{
	memcpy(rig->memory + (segment - BASE) + idx * sizeof(descriptor), &descriptor,
	       sizeof(descriptor));
}

static uint16_t walk(struct rig *rig, struct nvu_sgl first, uint64_t len, uint32_t sgls,
		     uint32_t prot)
{
	const struct mock_sgl sgl = { first, len, sgls, prot };

	return mock_sgl_walk(&rig->dma, &sgl, rig->hints, &rig->xfer);
}

static void assert_piece(const struct rig *rig, uint32_t idx, uint64_t iova, size_t len)
{
	assert_true(idx < rig->xfer.count);
	assert_ptr_equal(rig->xfer.segs[idx].base, iova ? rig->memory + (iova - BASE) : NULL);
	assert_int_equal(rig->xfer.segs[idx].len, len);
}

static void walk_takes_one_descriptor(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(walk(rig, make(BLOCK, BASE + 3, 1000), 1000, ALL, READ), 0);
	assert_int_equal(rig->xfer.count, 1);
	assert_piece(rig, 0, BASE + 3, 1000);
	assert_int_equal(walk(rig, make(BUCKET, 0, 512), 512, ALL, WRITE), 0);
	assert_piece(rig, 0, 0, 512);
}

/* Two segments, of which the first leads to the last. */
static void walk_follows_segments(void **state)
{
	const uint64_t first = BASE + 8, last = BASE + PAGE;
	struct rig *rig = *state;
	uint8_t out[600], in[600];

	put(rig, first, 0, make(BLOCK, DATA + 100, 100));
	put(rig, first, 1, make(BLOCK, DATA + 200, 60)); /* follows on */
	put(rig, first, 2, make(BUCKET, 0, 40));
	put(rig, first, 3, make(LAST, last, 3 * 16));
	put(rig, last, 0, make(BLOCK, DATA, 1));
	put(rig, last, 1, make(BLOCK, 0, 0));
	put(rig, last, 2, make(BLOCK, DATA + PAGE, 399));
	assert_int_equal(walk(rig, make(SEGMENT, first, 4 * 16), 600, ALL, WRITE), 0);
	assert_int_equal(rig->xfer.count, 4);
	assert_piece(rig, 0, DATA + 100, 160);
	assert_piece(rig, 1, 0, 40);
	assert_piece(rig, 2, DATA, 1);
	assert_piece(rig, 3, DATA + PAGE, 399);
	assert_false(rig->xfer.list_writable);

	for (uint32_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 + 1);
	memset(in, 0xee, sizeof(in));
	mock_xfer_put(&rig->xfer, 0, out, sizeof(out));
	mock_xfer_get(&rig->xfer, 0, in, sizeof(in));
	memset(out + 160, 0xee, 40);
	assert_memory_equal(in, out, sizeof(in));
}

/* For data from the driver, a bit bucket has no length. */
static void walk_leaves_bit_buckets_of_a_write_out(void **state)
{
	struct rig *rig = *state;

	put(rig, BASE, 0, make(BLOCK, DATA, 512));
	put(rig, BASE, 1, make(BUCKET, 0, 512));
	assert_int_equal(walk(rig, make(LAST, BASE, 32), 512, ALL, READ), 0);
	assert_int_equal(walk(rig, make(LAST, BASE, 32), 1024, ALL, READ), NVU_SC_DATA_SGL_LENGTH);
	assert_int_equal(walk(rig, make(LAST, BASE, 32), 1024, ALL, WRITE), 0);
}

struct bad_row {
	struct nvu_sgl first, second, third; /* second and third in a segment */
	uint32_t sgls;
	uint16_t status;
	const char *reason;
};

static void check_rows(struct rig *rig, const struct bad_row *rows, size_t count)
{
	for (size_t row = 0; row < count; row++) {
		put(rig, BASE + PAGE, 0, rows[row].second);
		put(rig, BASE + PAGE, 1, rows[row].third);
		assert_int_equal(walk(rig, rows[row].first, 512, rows[row].sgls, WRITE),
				 rows[row].status);
		assert_non_null(strstr(rig->xfer.reason, rows[row].reason));
	}
}

static void walk_refuses_what_is_not_allowed(void **state)
{
	const struct nvu_sgl none = { 0 };
	const struct bad_row rows[] = {
		{ make(BLOCK, DATA, 511), none, none, ALL, NVU_SC_DATA_SGL_LENGTH,
		  "1 bytes short" },
		{ make(BLOCK, DATA, 513), none, none, ALL, NVU_SC_DATA_SGL_LENGTH, "longer" },
		{ make(BLOCK, DATA, 513), none, none, ALL | NVU_SGLS_LONGER, 0, "" },
		{ make(BUCKET, 0, 513), none, none, ALL | NVU_SGLS_LONGER, 0, "" },
		{ make(BLOCK, DATA + 2, 512), none, none, NVU_SGLS_DWORDS, NVU_SC_SGL_GRANULARITY,
		  "not in dwords" },
		{ make(BLOCK, 0x1000, 512), none, none, ALL, NVU_SC_DATA_TRANSFER_ERROR, "0x1000" },
		{ make(0x40, DATA, 512), none, none, ALL, NVU_SC_SGL_TYPE, "type 0x40" },
		{ make(0x01, DATA, 512), none, none, ALL, NVU_SC_SGL_TYPE, "type 0x1" },
		{ make(BUCKET, 0, 512), none, none, NVU_SGLS_BYTES, NVU_SC_SGL_TYPE, "type 0x10" },
		{ make(BUCKET, 8, 512), none, none, ALL, NVU_SC_INVALID_FIELD, "reserved" },
	};

	check_rows(*state, rows, sizeof(rows) / sizeof(rows[0]));
}

static void walk_refuses_segments_that_are_not_allowed(void **state)
{
	const uint64_t at = BASE + PAGE;
	const struct nvu_sgl none = { 0 }, half = make(BLOCK, DATA, 256);
	const struct bad_row rows[] = {
		{ make(LAST, at, 0), none, none, ALL, NVU_SC_INVALID_SGL_SEGMENT, "0 bytes" },
		{ make(LAST, at, 24), none, none, ALL, NVU_SC_INVALID_SGL_SEGMENT, "24 bytes" },
		{ make(LAST, at + 4, 16), none, none, ALL, NVU_SC_INVALID_SGL_SEGMENT, "aligned" },
		{ make(LAST, 0x1000, 16), none, none, ALL, NVU_SC_DATA_TRANSFER_ERROR, "0x1000" },
		{ make(LAST, UINT64_MAX - 15, 32), none, none, ALL, NVU_SC_DATA_TRANSFER_ERROR,
		  "not mapped" },
		{ make(LAST, at, 32), make(BLOCK, DATA, 257), half, ALL, NVU_SC_DATA_SGL_LENGTH,
		  "longer" },
		{ make(LAST, at, 32), make(LAST, at, 16), half, ALL, NVU_SC_INVALID_SGL_COUNT,
		  "number 0 of 2 of a last segment" },
		{ make(LAST, at, 32), half, make(LAST, at, 16), ALL, NVU_SC_INVALID_SGL_COUNT,
		  "number 1 of 2" },
		{ make(SEGMENT, at, 32), half, half, ALL, NVU_SC_INVALID_SGL_SEGMENT,
		  "number 1 of 2 of a segment" },
		{ make(SEGMENT, at, 32), make(BUCKET, 0, 0), make(SEGMENT, at, 32), ALL,
		  NVU_SC_INVALID_SGL_COUNT, "more than 1024" },
		{ make(SEGMENT, at, 32), make(0x33, 0, 0), make(LAST, at, 32), ALL, NVU_SC_SGL_TYPE,
		  "0x33" },
	};

	check_rows(*state, rows, sizeof(rows) / sizeof(rows[0]));
}

static void walk_looks_at_reserved_bytes(void **state)
{
	struct nvu_sgl block = make(BLOCK, DATA, 512), segment = make(LAST, BASE, 16);
	struct rig *rig = *state;

	block.rsvd12[2] = 1;
	assert_int_equal(walk(rig, block, 512, ALL, WRITE), NVU_SC_INVALID_FIELD);
	put(rig, BASE, 0, make(BLOCK, DATA, 512));
	segment.rsvd12[0] = 1;
	assert_int_equal(walk(rig, segment, 512, ALL, WRITE), NVU_SC_INVALID_FIELD);
}

static void walk_notes_segments_that_the_device_may_write_to(void **state)
{
	struct rig *rig = *state;

	put(rig, DATA, 0, make(BLOCK, DATA + PAGE, 512));
	assert_int_equal(walk(rig, make(LAST, DATA, 16), 512, ALL, WRITE), 0);
	assert_true(rig->xfer.list_writable);
}

static void walk_refuses_more_pieces_than_it_has_room_for(void **state)
{
	struct rig *rig = *state;

	rig->xfer.max = 1;
	put(rig, BASE, 0, make(BLOCK, DATA, 500));
	put(rig, BASE, 1, make(BUCKET, 0, 12));
	assert_int_equal(walk(rig, make(LAST, BASE, 32), 512, ALL, WRITE), NVU_SC_INTERNAL);
	put(rig, BASE, 0, make(BLOCK, DATA, 500));
	put(rig, BASE, 1, make(BLOCK, DATA + PAGE, 12));
	assert_int_equal(walk(rig, make(LAST, BASE, 32), 512, ALL, WRITE), NVU_SC_INTERNAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(walk_takes_one_descriptor),
		TEST(walk_follows_segments),
		TEST(walk_leaves_bit_buckets_of_a_write_out),
		TEST(walk_refuses_what_is_not_allowed),
		TEST(walk_refuses_segments_that_are_not_allowed),
		TEST(walk_looks_at_reserved_bytes),
		TEST(walk_notes_segments_that_the_device_may_write_to),
		TEST(walk_refuses_more_pieces_than_it_has_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
