/* SPDX-License-Identifier: MIT */
/*
 * test_copy.c: nvu_copy(): what it moves, within a namespace and between two, with protection information; its limits;
 * what it refuses to send.
 */
#include "covers.h"
#include "harness.h"

COVERS(NVM, COPY);

enum { BLOCK = 512, NS_BLOCKS = (64 << 20) / BLOCK, RANGE_MAX = 2048, ALL_MAX = 8192 };

static int copy(struct rig *rig, uint64_t lba, const struct nvu_copy_range *ranges, uint32_t count)
{
	int ret = nvu_copy(rig->qpair, rig->ns, lba, ranges, count, 0, 0);

	return ret ? ret : rig_status(rig);
}

static int copy_one(struct rig *rig, uint64_t lba, uint64_t from, uint32_t blocks)
{
	const struct nvu_copy_range range = { .lba = from, .blocks = blocks };

	return copy(rig, lba, &range, 1);
}

static void copy_puts_ranges_one_behind_the_other(void **state)
{
	const struct nvu_copy_range ranges[] = { { .lba = 4, .blocks = 2 },
						 { .lba = 0, .blocks = 1 },
						 { .lba = 4, .blocks = 4 } };
	struct rig *rig = *state;
	uint8_t *in;

	rig_start(rig, NULL, NULL, NULL);
	in = rig->data + PAGE;
	rig_fill(rig->data, PAGE, 5);
	assert_int_equal(rig_write(rig, 0, 8, 0), 0);

	assert_int_equal(copy(rig, 100, ranges, 3), 0);

	assert_int_equal(rig_read(rig, 100, 8, PAGE), 0);
	assert_memory_equal(in, rig->data + 4ul * BLOCK, 2ul * BLOCK);
	assert_memory_equal(in + 2ul * BLOCK, rig->data, BLOCK);
	assert_memory_equal(in + 3ul * BLOCK, rig->data + 4ul * BLOCK, 4ul * BLOCK);
	assert_true(!in[7 * BLOCK] && !memcmp(in + 7ul * BLOCK, in + 7ul * BLOCK + 1, BLOCK - 1));
}

static void start_two(struct rig *rig, const struct nvu_ns **ret_other)
{
	rig_start(rig,
		  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 1 << 20, .namespaces = 2),
		  NULL, NULL);
	assert_int_equal(nvu_ns_get(rig->ctrl, 2, ret_other), 0);
}

static void copy_takes_blocks_of_another_namespace(void **state)
{
	struct rig *rig = *state;
	const struct nvu_ns *other;
	struct nvu_copy_range ranges[2] = { { .lba = 8, .blocks = 4 }, { .lba = 0, .blocks = 4 } };

	start_two(rig, &other);
	rig_fill(rig->data, PAGE, 5);
	assert_int_equal(rig_write(rig, 0, 4, 0), 0);
	assert_int_equal(nvu_write(rig->qpair, other, 8, 4, rig->buf, PAGE / 2, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	ranges[0].ns = other;

	for (int life = 0; life < 2; life++) {
		assert_int_equal(copy(rig, 16ul * (unsigned int)(life + 1), ranges, 2), 0);
		assert_int_equal(rig_read(rig, 16ul * (unsigned int)(life + 1), 8, PAGE), 0);
		assert_memory_equal(rig->data + PAGE, rig->data + PAGE / 2, PAGE / 2);
		assert_memory_equal(rig->data + PAGE + PAGE / 2, rig->data, PAGE / 2);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		rig_settle(rig);
	}
}

/* Host Behavior Support was refused, or Identify Controller has fewer formats: OCFS, byte 534. */
static void format_that_the_controller_does_not_take_is_not_sent(void **state)
{
	static const struct {
		struct nvu_mock_fault fault;
		int ret, ret_other;
	} rows[] = {
		{ { .kind = NVU_MOCK_FAULT_STATUS,
		    .qid = NVU_MOCK_ADMIN_QUEUE,
		    .opcode = NVU_ADMIN_SET_FEATURES,
		    .skip = 1,
		    .count = 1,
		    .status = NVU_SC_INVALID_FIELD },
		  0,
		  -ENOTSUP },
		{ { .kind = NVU_MOCK_FAULT_PATCH,
		    .cns = NVU_CNS_CTRL,
		    .offset = 534,
		    .len = 1,
		    .bytes = { 0x3 } },
		  0,
		  -ENOTSUP },
		{ { .kind = NVU_MOCK_FAULT_PATCH,
		    .cns = NVU_CNS_CTRL,
		    .offset = 534,
		    .len = 1,
		    .bytes = { 0xc } },
		  -ENOTSUP,
		  0 },
	};
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		struct nvu_mock_fault fault = rows[row].fault;
		struct nvu_copy_range range = { .lba = 0, .blocks = 1 };

		fault.size = sizeof(fault);
		rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 1 << 20,
					      .namespaces = 2));
		rig_inject(rig, &fault);
		assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		rig_equip(rig, NULL);
		assert_int_equal(copy(rig, 8, &range, 1), rows[row].ret);
		assert_int_equal(nvu_ns_get(rig->ctrl, 2, &range.ns), 0);
		assert_int_equal(copy(rig, 8, &range, 1), rows[row].ret_other);
		if (rows[row].ret_other) {
			assert_int_equal(copy(rig, 8, &range, 1), -ENOTSUP);
			rig_assert_sentence("which name another namespace");
		}
		rig_again(rig);
	}
}

static void copy_stays_within_its_limits(void **state)
{
	static struct nvu_copy_range ranges[129];
	struct rig *rig = *state;
	const struct nvu_ns_info *info;

	rig_start(rig, NULL, NULL, NULL);
	info = nvu_ns_info(rig->ns);
	assert_int_equal(info->max_copy_range_blocks, RANGE_MAX);
	assert_int_equal(info->max_copy_blocks, ALL_MAX);
	assert_int_equal(info->max_copy_ranges, 128);
	for (uint32_t i = 0; i < COUNT(ranges); i++)
		ranges[i] = (struct nvu_copy_range){ .lba = i, .blocks = 1 };
	assert_int_equal(copy(rig, 1000, ranges, 129), -EINVAL);
	rig_assert_sentence("1 to 128 ranges");
	assert_int_equal(copy(rig, 1000, ranges, 0), -EINVAL);
	assert_int_equal(copy(rig, 1000, NULL, 1), -EINVAL);
	rig_assert_sentence("ranges NULL");
	assert_int_equal(copy(rig, 1000, ranges, 128), 0);

	assert_int_equal(copy_one(rig, 10000, 0, RANGE_MAX + 1), -EINVAL);
	rig_assert_sentence("MSSRL");
	assert_int_equal(copy_one(rig, 10000, 0, RANGE_MAX), 0);
	for (uint32_t i = 0; i < 5; i++)
		ranges[i] = (struct nvu_copy_range){ .lba = 0, .blocks = i < 4 ? RANGE_MAX : 1 };
	assert_int_equal(copy(rig, 10000, ranges, 5), -EINVAL);
	rig_assert_sentence("at most 8192 in one command (MCL)");
	assert_int_equal(copy(rig, 10000, ranges, 4), 0);
}

static void copy_stays_inside_the_namespaces(void **state)
{
	struct rig *rig = *state;
	struct nvu_copy_range range = { .lba = NS_BLOCKS - 2, .blocks = 2 };
	struct nvu_copy_range small = { .lba = 0, .blocks = 1, .rsvd = 1 };

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(copy(rig, 0, &range, 1), 0);
	assert_int_equal(copy_one(rig, NS_BLOCKS - 2, 0, 2), 0);
	range.lba++;
	assert_int_equal(copy(rig, 0, &range, 1), -EINVAL);
	rig_assert_sentence("inside namespace 1");
	range.lba = UINT64_MAX;
	assert_int_equal(copy(rig, 0, &range, 1), -EINVAL);
	assert_int_equal(copy_one(rig, NS_BLOCKS - 1, 0, 2), -EINVAL);
	rig_assert_sentence("past the end");
	assert_int_equal(copy_one(rig, UINT64_MAX, 0, 2), -EINVAL);
	assert_int_equal(copy_one(rig, 0, 0, 0), -EINVAL);
	assert_int_equal(copy(rig, 8, &small, 1), -EINVAL);
	rig_assert_sentence("rsvd");
	assert_int_equal(nvu_copy(rig->qpair, rig->ns, 8, &range, 1, NVU_RW_DEAC, 0), -EINVAL);
	assert_int_equal(nvu_copy(rig->qpair, rig->ns, 8, &range, 1, NVU_RW_PRACT, 0), -EINVAL);
	rig_assert_sentence("no protection information");
}

static void copy_to_where_it_comes_from_is_refused_by_the_controller(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(copy_one(rig, 4, 0, 8), NVU_SC_OVERLAPPING_IO_RANGE);
	assert_int_equal(copy_one(rig, 0, 7, 8), NVU_SC_OVERLAPPING_IO_RANGE);
	assert_int_equal(copy_one(rig, 8, 0, 8), 0);
	assert_int_equal(nvu_write_uncorrectable(rig->qpair, rig->ns, 3, 1, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(copy_one(rig, 8, 0, 4), NVU_SC_UNRECOVERED_READ);
	assert_int_equal(copy_one(rig, 3, 8, 1), 0);
	assert_int_equal(copy_one(rig, 8, 0, 4), 0);
}

static void copy_between_formats_is_refused(void **state)
{
	struct rig *rig = *state;
	struct nvu_copy_range range = { .lba = 0, .blocks = 1 };
	const struct nvu_ns *other;

	start_two(rig, &other);
	range.ns = other;
	assert_int_equal(nvu_mock_change(rig->mock, NVU_MOCK_CHANGE(.nsid = 2, .lba_bytes = 4096)),
			 0);
	(void)nvu_mock_step(rig->mock, 8);
	assert_int_equal(nvu_ns_get(rig->ctrl, 2, &other), 0);
	assert_int_equal(copy(rig, 8, &range, 1), -ESTALE);
	range.ns = other;
	assert_int_equal(copy(rig, 8, &range, 1), -EINVAL);
	rig_assert_sentence("only blocks of one format");
}

static void copy_that_is_not_supported_is_not_sent(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_CTRL,
				       .offset = 521, .len = 1, .bytes = { 0 }));
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
	assert_int_equal(copy_one(rig, 8, 0, 1), -ENOTSUP);
	rig_assert_sentence("does not support Copy");
	assert_int_equal(rig_mock_stats(rig).io_commands, 0);
}

/* Of each kind of guard: format 0 or 1, metadata as they are; with PRACT tuples of the new place. */
static void copy_of_protected_blocks_keeps_or_renews_their_tuples(void **state)
{
	static const struct {
		uint32_t pif, ms;
	} rows[] = { { NVU_PIF_16B, 8 }, { NVU_PIF_64B, 16 } };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		const struct nvu_copy_range range = { .lba = 0, .blocks = 2 };
		struct nvu_rw_args args = { .size = sizeof(args), .blocks = 2 };

		rig_start(rig,
			  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 1 << 20,
					.metadata_bytes = rows[row].ms, .protection = 1,
					.pif = rows[row].pif),
			  NULL, NULL);
		rig_fill(rig->data, PAGE, 5);
		args.ns = rig->ns;
		args.buf = rig->buf;
		args.opcode = NVU_CMD_WRITE;
		args.flags = NVU_RW_PRACT;
		assert_int_equal(nvu_rw(rig->qpair, &args), 0);
		assert_int_equal(rig_status(rig), 0);

		assert_int_equal(nvu_copy(rig->qpair, rig->ns, 8, &range, 1, 0, 0), 0);
		assert_int_equal(rig_status(rig), 0);
		args.opcode = NVU_CMD_READ;
		args.flags = NVU_RW_PRACT | NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_REF;
		args.lba = 8;
		args.offset = PAGE;
		assert_int_equal(nvu_rw(rig->qpair, &args), 0);
		assert_int_equal(rig_status(rig), NVU_SC_REF_TAG_CHECK);

		if (rows[row].pif == NVU_PIF_16B) {
			assert_int_equal(
				nvu_copy(rig->qpair, rig->ns, 8, &range, 1, NVU_RW_PRACT, 0), 0);
			assert_int_equal(rig_status(rig), 0);
		} else {
			assert_int_equal(
				nvu_copy(rig->qpair, rig->ns, 8, &range, 1, NVU_RW_PRACT, 0),
				-ENOTSUP);
			args.flags &= ~NVU_RW_PRCHK_REF;
		}
		assert_int_equal(nvu_rw(rig->qpair, &args), 0);
		assert_int_equal(rig_status(rig), 0);
		assert_memory_equal(rig->data, rig->data + PAGE, 2ul * BLOCK);
		rig_again(rig);
	}
}

static void copies_have_pages_of_their_own(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[4];

	rig_start(rig, NULL, NULL, NULL);
	rig_fill(rig->data, PAGE, 5);
	assert_int_equal(rig_write(rig, 0, 8, 0), 0);
	for (uint64_t i = 0; i < 4; i++) {
		const struct nvu_copy_range range = { .lba = i, .blocks = 1 };

		assert_int_equal(nvu_copy(rig->qpair, rig->ns, 100 + i, &range, 1, 0, i), 0);
	}
	assert_int_equal(copy_one(rig, 200, 0, 1), -EAGAIN);
	rig_reap(rig, cpls, 4);
	assert_int_equal(rig_read(rig, 100, 4, PAGE), 0);
	assert_memory_equal(rig->data, rig->data + PAGE, 4ul * BLOCK);
	assert_int_equal(copy_one(rig, 200, 0, 1), 0);
}

/* Another host's reservation of the namespace that is read. */
static void copy_reads_as_reservations_permit(void **state)
{
	struct rig *rig = *state;
	struct nvu_copy_range range = { .lba = 0, .blocks = 1 };

	start_two(rig, &range.ns);
	assert_int_equal(nvu_mock_reserve(rig->mock,
					  NVU_MOCK_RESERVE(.nsid = 2, .other_key = 7,
							   .opcode = NVU_CMD_RESERVATION_REGISTER)),
			 0);
	assert_int_equal(nvu_mock_reserve(rig->mock,
					  NVU_MOCK_RESERVE(.nsid = 2, .key = 7, .type = 2,
							   .opcode = NVU_CMD_RESERVATION_ACQUIRE)),
			 0);
	assert_int_equal(copy(rig, 8, &range, 1), NVU_SC_RESERVATION_CONFLICT);
	range.ns = NULL;
	assert_int_equal(copy(rig, 8, &range, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(copy_puts_ranges_one_behind_the_other),
		RIG_TEST(copy_takes_blocks_of_another_namespace),
		RIG_TEST(format_that_the_controller_does_not_take_is_not_sent),
		RIG_TEST(copy_stays_within_its_limits),
		RIG_TEST(copy_stays_inside_the_namespaces),
		RIG_TEST(copy_to_where_it_comes_from_is_refused_by_the_controller),
		RIG_TEST(copy_between_formats_is_refused),
		RIG_TEST(copy_that_is_not_supported_is_not_sent),
		RIG_TEST(copy_of_protected_blocks_keeps_or_renews_their_tuples),
		RIG_TEST(copies_have_pages_of_their_own),
		RIG_TEST(copy_reads_as_reservations_permit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
