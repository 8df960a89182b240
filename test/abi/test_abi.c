/* SPDX-License-Identifier: MIT */
/*
 * test_abi.c: the public structs are as large as the released ones, their fields where they were.
 * A failure here means: programs built against the last release would break. Options, info and
 * statistics structs may grow at their end (then correct the number here); nothing may move.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <nvu/mock.h>
#include <nvu/nvu.h>

#define SIZE(type) "sizeof " #type, sizeof(struct type)
#define FIELD(type, field) #type "." #field, offsetof(struct type, field)

/* For 64-bit pointers. */
static const struct {
	const char *what;
	size_t bytes;
	size_t expected;
} rows[] = {
	{ SIZE(nvu_ctrl_opts), 48 },
	{ SIZE(nvu_qpair_opts), 48 },
	{ SIZE(nvu_dma_opts), 32 },
	{ SIZE(nvu_mock_opts), 176 },
	{ SIZE(nvu_mock_fault), 128 },
	{ SIZE(nvu_mock_changes), 48 },
	{ SIZE(nvu_ctrl_info), 400 },
	{ SIZE(nvu_ns_info), 208 },
	{ SIZE(nvu_block_opts), 32 },
	{ SIZE(nvu_event), 8 },
	{ SIZE(nvu_cpl), 24 },
	{ SIZE(nvu_found), 224 },
	{ FIELD(nvu_found, group), 64 },
	{ FIELD(nvu_found, obstacle), 104 },
	{ SIZE(nvu_range), 16 },
	{ SIZE(nvu_piece), 24 },
	{ SIZE(nvu_rw_args), 120 },
	{ SIZE(nvu_dsm_range), 16 },
	{ SIZE(nvu_qpair_stats), 104 },
	{ SIZE(nvu_callback), 8 },
	{ SIZE(nvu_mock_stats), 112 },
	{ SIZE(nvu_sgl), 16 },
	{ SIZE(nvu_sqe), 64 },
	{ SIZE(nvu_cqe), 16 },
	{ SIZE(nvu_smart_log), 512 },
	{ SIZE(nvu_psd), 32 },
	{ SIZE(nvu_id_ctrl), 4096 },
	{ SIZE(nvu_id_ns), 4096 },
	{ SIZE(nvu_id_ns_nvm), 4096 },
	{ SIZE(nvu_id_ctrl_nvm), 4096 },
	{ SIZE(nvu_protection_format), 32 },
	{ SIZE(nvu_protection_args), 32 },
	{ SIZE(nvu_protection_error), 32 },
	{ SIZE(nvu_lbaf), 4 },
	{ SIZE(nvu_ns_desc), 4 },
	{ FIELD(nvu_ctrl_opts, max_transfer_bytes), 32 },
	{ FIELD(nvu_ctrl_opts, rsvd), 36 },
	{ FIELD(nvu_ctrl_opts, quirks), 40 },
	{ FIELD(nvu_qpair_opts, flags), 16 },
	{ FIELD(nvu_qpair_opts, rsvd), 20 },
	{ FIELD(nvu_qpair_opts, commands), 24 },
	{ FIELD(nvu_qpair_opts, splits), 28 },
	{ FIELD(nvu_qpair_opts, spin_us), 32 },
	{ FIELD(nvu_qpair_opts, pieces), 36 },
	{ FIELD(nvu_qpair_opts, status_retries), 40 },
	{ FIELD(nvu_dma_opts, numa_node), 12 },
	{ FIELD(nvu_dma_opts, fd_offset), 24 },
	{ FIELD(nvu_mock_opts, ns_max), 52 },
	{ FIELD(nvu_mock_opts, serial), 64 },
	{ FIELD(nvu_mock_opts, dma_bytes), 80 },
	{ FIELD(nvu_mock_opts, did), 100 },
	{ FIELD(nvu_mock_opts, csi), 104 },
	{ FIELD(nvu_mock_opts, cache_bytes), 112 },
	{ FIELD(nvu_mock_opts, seed), 120 },
	{ FIELD(nvu_mock_opts, latency), 128 },
	{ FIELD(nvu_mock_opts, vectors), 160 },
	{ FIELD(nvu_mock_opts, sgls), 168 },
	{ FIELD(nvu_mock_changes, firmware), 40 },
	{ FIELD(nvu_mock_fault, kind), 8 },
	{ FIELD(nvu_mock_fault, status), 36 },
	{ FIELD(nvu_mock_fault, delay), 40 },
	{ FIELD(nvu_mock_fault, bytes), 64 },
	{ FIELD(nvu_ctrl_info, cap), 336 },
	{ FIELD(nvu_ctrl_info, aerl), 380 },
	{ FIELD(nvu_ctrl_info, quirks), 388 },
	{ FIELD(nvu_ctrl_info, resets), 392 },
	{ FIELD(nvu_ctrl_info, sgls), 396 },
	{ FIELD(nvu_event, value), 4 },
	{ FIELD(nvu_ns_info, blocks), 8 },
	{ FIELD(nvu_ns_info, uuid), 74 },
	{ FIELD(nvu_ns_info, storage_tag_mask), 96 },
	{ FIELD(nvu_ns_info, commands), 104 },
	{ FIELD(nvu_ns_info, max_deallocate_blocks), 192 },
	{ FIELD(nvu_ns_info, reservation_types), 200 },
	{ FIELD(nvu_reservation, type), 8 },
	{ FIELD(nvu_copy_range, blocks), 16 },
	{ FIELD(nvu_registrant, cntlid), 24 },
	{ FIELD(nvu_mock_reserve_args, key), 32 },
	{ FIELD(nvu_protection_format, type), 16 },
	{ FIELD(nvu_protection_format, storage_tag_unchecked), 24 },
	{ FIELD(nvu_protection_args, checks), 28 },
	{ FIELD(nvu_protection_error, status), 24 },
	{ FIELD(nvu_cpl, status), 16 },
	{ FIELD(nvu_rw_args, pieces), 56 },
	{ FIELD(nvu_rw_args, metadata), 80 },
	{ FIELD(nvu_rw_args, rsvd), 118 },
	{ FIELD(nvu_qpair_stats, timeouts), 72 },
	{ FIELD(nvu_qpair_stats, doorbell_registers), 88 },
	{ FIELD(nvu_qpair_stats, status_retries), 96 },
	{ FIELD(nvu_mock_stats, resets), 88 },
	{ FIELD(nvu_mock_stats, cq_full), 96 },
	{ FIELD(nvu_mock_stats, interrupts), 104 },
};

static void public_structs_have_the_released_layout(void **state)
{
	size_t wrong = 0;

	(void)state;
	if (sizeof(void *) != 8)
		skip();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].bytes == rows[i].expected)
			continue;
		print_error("%s: %zu, was %zu\n", rows[i].what, rows[i].bytes, rows[i].expected);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* What fills the padding of older programs, whatever they leave there. */
static void reserved_members_are_never_read(void **state)
{
	const struct nvu_mock_opts mock_opts = { .size = sizeof(mock_opts),
						 .rsvd = UINT32_MAX,
						 .rsvd2 = UINT32_MAX,
						 .rsvd3 = UINT32_MAX,
						 .rsvd4 = UINT32_MAX };
	const struct nvu_ctrl_opts ctrl_opts = { .size = sizeof(ctrl_opts), .rsvd = 0xdeadbeef };
	const struct nvu_qpair_opts qpair_opts = { .size = sizeof(qpair_opts), .rsvd = 1 };
	const struct nvu_dma_opts dma_opts = { .size = sizeof(dma_opts), .rsvd = UINT32_MAX };
	struct nvu_qpair *qpair;
	struct nvu_mock *mock;
	struct nvu_ctrl *ctrl;
	struct nvu_dma *buf;

	(void)state;
	assert_int_equal(nvu_mock_create(&mock_opts, &mock), 0);
	assert_int_equal(nvu_ctrl_open(nvu_mock_address(mock), &ctrl_opts, &ctrl), 0);
	assert_int_equal(nvu_ctrl_info(ctrl)->io_queues, 128);
	assert_int_equal(nvu_ctrl_info(ctrl)->max_transfer_bytes, 1 << 20);
	assert_int_equal(nvu_qpair_create(ctrl, &qpair_opts, &qpair), 0);
	assert_int_equal(nvu_qpair_depth(qpair), 127);
	assert_int_equal(nvu_dma_alloc_opts(ctrl, 4096, &dma_opts, &buf), 0);
	nvu_qpair_destroy(qpair);
	assert_int_equal(nvu_dma_free(buf), 0);
	nvu_ctrl_close(ctrl);
	nvu_mock_destroy(mock);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(public_structs_have_the_released_layout),
		cmocka_unit_test(reserved_members_are_never_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
