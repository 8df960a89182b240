// SPDX-License-Identifier: MIT
/*
 * test_transfer.c: data transfers of every length, at every kind of offset, over every kind of page
 * list; block sizes, page sizes and doorbell strides. The data is verified in both directions, and
 * the bytes around it.
 */
#include "harness.h"

#include <stdlib.h>

enum { GUARD = 64, POISON = 0xa5 };

static bool is_poisoned(const uint8_t *bytes, size_t len)
{
	for (size_t idx = 0; idx < len; idx++)
		if (bytes[idx] != POISON)
			return false;
	return true;
}

/* Writes blocks from offset, looks at what is stored, reads them back to the same place. */
static void check_transfer(struct rig *rig, uint32_t blocks, size_t offset, uint8_t *stored)
{
	size_t len = (size_t)blocks * nvu_ns_info(rig->ns)->block_bytes;
	uint64_t lba = blocks * 3ull % 1000;
	uint8_t *data = rig->data + offset;

	memset(data - GUARD, POISON, len + 2 * GUARD);
	rig_fill(data, len, blocks);
	assert_int_equal(rig_write(rig, lba, blocks, offset), 0);
	assert_int_equal(nvu_mock_data(rig->mock, 1, lba * nvu_ns_info(rig->ns)->block_bytes,
				       stored, len, 0),
			 0);
	if (memcmp(stored, data, len))
		fail_msg("%u blocks at offset %zu: stored wrongly", blocks, offset);
	memset(data, POISON, len);
	assert_int_equal(rig_read(rig, lba, blocks, offset), 0);
	if (memcmp(stored, data, len))
		fail_msg("%u blocks at offset %zu: read wrongly", blocks, offset);
	if (!is_poisoned(data - GUARD, GUARD) || !is_poisoned(data + len, GUARD))
		fail_msg("%u blocks at offset %zu: written around it", blocks, offset);
}

/* A rig whose buffer holds a transfer of this length, wherever in a page it begins. */
static void start(struct rig *rig, const struct nvu_mock_opts *mock_opts,
		  const struct nvu_ctrl_opts *ctrl_opts)
{
	size_t len;

	rig_start(rig, mock_opts, ctrl_opts, NULL);
	len = nvu_ctrl_info(rig->ctrl)->max_transfer_bytes + (size_t)4 * PAGE;
	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	assert_int_equal(nvu_dma_alloc(rig->ctrl, len, &rig->buf), 0);
	rig->data = nvu_dma_addr(rig->buf);
}

/* Every length up to the limit, each at another multiple of 4 in the page. */
static void check_every_length(struct rig *rig, const struct nvu_mock_opts *opts)
{
	uint32_t max;
	uint8_t *stored;

	start(rig, opts, NULL);
	max = nvu_ns_info(rig->ns)->max_transfer_blocks;
	assert_int_equal(max, nvu_ctrl_info(rig->ctrl)->max_transfer_bytes /
				      nvu_ns_info(rig->ns)->block_bytes);
	stored = malloc(nvu_ctrl_info(rig->ctrl)->max_transfer_bytes);
	assert_non_null(stored);
	for (uint32_t blocks = 1; blocks <= max; blocks++)
		check_transfer(rig, blocks, PAGE + blocks * 2644ull % PAGE, stored);
	check_transfer(rig, max, PAGE, stored);
	check_transfer(rig, max, 2 * PAGE - 4, stored);
	free(stored);
}

static void transfer_of_every_length_with_512_byte_blocks(void **state)
{
	check_every_length(*state, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .mdts = 5));
}

static void transfer_of_every_length_with_4096_byte_blocks(void **state)
{
	check_every_length(*state, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .lba_bytes = 4096));
}

static void transfer_of_every_length_with_2048_byte_blocks(void **state)
{
	check_every_length(*state,
			   NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .lba_bytes = 2048, .mdts = 6));
}

/* One block at each multiple of 4 in a page. */
static void transfer_at_every_offset(void **state)
{
	struct rig *rig = *state;
	uint8_t stored[9 * 512];

	start(rig, NULL, NULL);
	for (size_t offset = PAGE; offset < 2 * PAGE; offset += 4) {
		check_transfer(rig, 1, offset, stored);
		check_transfer(rig, 9, offset, stored);
	}
}

/* A list that begins at any page of the buffer, and crosses any border of its list pages. */
static void transfer_from_every_page_of_a_large_buffer(void **state)
{
	struct rig *rig = *state;
	uint32_t pages = 1100;
	uint8_t *stored = malloc(1 << 20);

	assert_non_null(stored);
	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .lba_bytes = 4096), NULL, NULL);
	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	assert_int_equal(nvu_dma_alloc(rig->ctrl, (pages + 260) * (size_t)PAGE, &rig->buf), 0);
	rig->data = nvu_dma_addr(rig->buf);
	for (uint32_t page = 1; page < pages; page++)
		check_transfer(rig, 3 + page % 3, page * (size_t)PAGE + page % 1024 * 4, stored);
	for (uint32_t page = 240; page < 272; page++)
		check_transfer(rig, 256, page * (size_t)PAGE + 4092, stored);
	free(stored);
}

/* Over 1 MiB: lists of more than one page, made for each command. */
static void transfer_of_more_than_a_mebibyte(void **state)
{
	struct rig *rig = *state;
	const uint32_t lengths[] = { 1 << 20,	      (1 << 20) + 512,	(2 << 20) - 512,
				     2 << 20,	      (2 << 20) + PAGE, 3 << 20,
				     (4 << 20) - 512, 4 << 20,		(4 << 20) + 3 * 512,
				     (8 << 20) - 512, 8 << 20 };
	uint8_t *stored = malloc(8 << 20);

	assert_non_null(stored);
	start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .mdts = 12),
	      NVU_CTRL_OPTS(.max_transfer_bytes = 8 << 20));
	for (size_t idx = 0; idx < COUNT(lengths); idx++) {
		check_transfer(rig, lengths[idx] / 512, PAGE, stored);
		check_transfer(rig, lengths[idx] / 512, PAGE + 4, stored);
		check_transfer(rig, lengths[idx] / 512, 2 * PAGE - 4, stored);
	}
	free(stored);
}

/* All slots of a queue have such a list at the same time. */
static void transfer_of_more_than_a_mebibyte_at_full_depth(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[8];
	uint32_t blocks = (2 << 20) / 512;

	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .mdts = 12),
		  NVU_CTRL_OPTS(.max_transfer_bytes = 8 << 20), NVU_QPAIR_OPTS(.depth = 8));
	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	assert_int_equal(nvu_dma_alloc(rig->ctrl, 7 * (size_t)(2 << 20) + PAGE, &rig->buf), 0);
	rig->data = nvu_dma_addr(rig->buf);
	rig_fill(rig->data + 8, 7 * (size_t)(2 << 20), 5);

	for (uint32_t idx = 0; idx < 7; idx++)
		assert_int_equal(nvu_write(rig->qpair, rig->ns, idx * blocks, blocks, rig->buf,
					   idx * (size_t)(2 << 20) + 8, idx),
				 0);
	rig_reap(rig, cpls, 7);
	memset(rig->data, 0, 7 * (size_t)(2 << 20));
	for (uint32_t idx = 0; idx < 7; idx++)
		assert_int_equal(nvu_read(rig->qpair, rig->ns, idx * blocks, blocks, rig->buf,
					  idx * (size_t)(2 << 20) + 8, idx),
				 0);
	rig_reap(rig, cpls, 7);
	assert_true(rig_is_filled(rig->data + 8, 7 * (size_t)(2 << 20), 5));
}

static void transfer_to_registered_memory(void **state)
{
	struct rig *rig = *state;
	uint8_t *memory = aligned_alloc(PAGE, 64 * PAGE);
	uint8_t stored[8 * PAGE];

	assert_non_null(memory);
	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	assert_int_equal(nvu_dma_register(rig->ctrl, memory, 64 * PAGE, &rig->buf), 0);
	rig->data = memory;
	assert_ptr_equal(nvu_dma_addr(rig->buf), memory);

	for (uint32_t blocks = 1; blocks <= 64; blocks++)
		check_transfer(rig, blocks, PAGE + blocks * 324ull % PAGE, stored);

	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	free(memory);
}

static uint64_t cap_of(uint64_t mpsmin)
{
	return NVU_PUT(NVU_CAP_MQES, 65535) | NVU_CAP_CQR | NVU_PUT(NVU_CAP_TO, 1) |
	       NVU_CAP_CSS_NVM | NVU_PUT(NVU_CAP_MPSMIN, mpsmin) | NVU_PUT(NVU_CAP_MPSMAX, 4);
}

/* A controller whose smallest memory page is larger than 4 KiB, Base 3.1.3.1. */
static void transfer_with_larger_memory_pages(void **state)
{
	struct rig *rig = *state;
	uint8_t *stored = malloc(1 << 20);

	assert_non_null(stored);
	for (uint64_t shift = 1; shift <= 4; shift++) {
		rig_create(rig, NULL);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_REGISTER,
					       .offset = NVU_REG_CAP, .value = cap_of(shift)));
		assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
		assert_int_equal(nvu_ctrl_info(rig->ctrl)->page_bytes, 4096 << shift);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		rig_equip(rig, NVU_QPAIR_OPTS(.depth = 8));
		for (uint32_t blocks = 1; blocks <= 2048; blocks += 31)
			check_transfer(rig, blocks, PAGE + blocks * 2644ull % (4 * PAGE), stored);
		rig_again(rig);
	}
	free(stored);
}

static void transfer_with_any_doorbell_stride(void **state)
{
	struct rig *rig = *state;
	const uint32_t ways[] = { 0, NVU_MOCK_TRAP_DOORBELLS, NVU_MOCK_SHADOW_DOORBELLS,
				  NVU_MOCK_TRAP_DOORBELLS | NVU_MOCK_SHADOW_DOORBELLS };
	uint8_t stored[PAGE];

	for (uint32_t dstrd = 0; dstrd <= 15; dstrd++) {
		rig_start(rig,
			  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | ways[dstrd % COUNT(ways)],
					.dstrd = dstrd, .io_queues = 4),
			  NULL, NULL);
		for (uint32_t blocks = 1; blocks <= 8; blocks++)
			check_transfer(rig, blocks, PAGE, stored);
		rig_again(rig);
	}
}

static void transfer_of_data_the_device_may_only_read(void **state)
{
	struct rig *rig = *state;
	struct nvu_dma *buf;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_dma_alloc_opts(rig->ctrl, PAGE,
					    NVU_DMA_OPTS(.flags = NVU_DMA_DEVICE_READS_ONLY), &buf),
			 0);
	assert_int_equal(nvu_write(rig->qpair, rig->ns, 0, 8, buf, 0, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(nvu_dma_free(buf), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(transfer_of_every_length_with_512_byte_blocks),
		RIG_TEST(transfer_of_every_length_with_4096_byte_blocks),
		RIG_TEST(transfer_of_every_length_with_2048_byte_blocks),
		RIG_TEST(transfer_at_every_offset),
		RIG_TEST(transfer_from_every_page_of_a_large_buffer),
		RIG_TEST(transfer_of_more_than_a_mebibyte),
		RIG_TEST(transfer_of_more_than_a_mebibyte_at_full_depth),
		RIG_TEST(transfer_to_registered_memory),
		RIG_TEST(transfer_with_larger_memory_pages),
		RIG_TEST(transfer_with_any_doorbell_stride),
		RIG_TEST(transfer_of_data_the_device_may_only_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
