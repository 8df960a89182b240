// SPDX-License-Identifier: MIT
/*
 * test_hostile.c: a controller that lies about itself. Whatever stands in its registers, Identify
 * data and lists, opening ends with success or a sentence, what is offered can be used without
 * harm, and what cannot be used is refused.
 */
#include "harness.h"

#include "clock.h"

#include <stdlib.h>

enum { SHORT_MS = 5, NSZE = 0, FLBAS = 26, NLBAF = 25, LBAF0 = 128, MDTS = 77, SQES = 512 };

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint32_t random_below(uint64_t *state, uint32_t limit)
{
	return (uint32_t)(random_next(state) % limit);
}

static int open_briefly(struct rig *rig)
{
	return nvu_ctrl_open(rig_address(rig),
			     NVU_CTRL_OPTS(.ready_timeout_ms = SHORT_MS,
					   .admin_timeout_ms = SHORT_MS, .io_timeout_ms = SHORT_MS,
					   .shutdown_timeout_ms = SHORT_MS),
			     &rig->ctrl);
}

/* Overwrites bytes of the data that Identify with this CNS returns. */
static void patch(struct rig *rig, uint32_t cns, uint32_t offset, const void *bytes, uint32_t len)
{
	struct nvu_mock_fault fault = {
		.size = sizeof(fault),
		.kind = NVU_MOCK_FAULT_PATCH,
		.qid = NVU_MOCK_ADMIN_QUEUE,
		.opcode = NVU_ADMIN_IDENTIFY,
		.cns = cns,
		.offset = offset,
		.len = len,
	};

	memcpy(fault.bytes, bytes, len);
	rig_inject(rig, &fault);
}

/* Opens with these bytes in the namespace's Identify data. Its info; NULL: there is no namespace. */
static const struct nvu_ns_info *open_patched_ns(struct rig *rig, uint32_t offset,
						 const void *bytes, uint32_t len)
{
	rig_create(rig, NULL);
	patch(rig, NVU_MOCK_CNS_ZERO, offset, bytes, len);
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	if (nvu_ns_get(rig->ctrl, 1, &rig->ns))
		return NULL;
	return nvu_ns_info(rig->ns);
}

static void block_size_of_any_value_is_usable_or_refused(void **state)
{
	struct rig *rig = *state;

	for (unsigned lbads = 0; lbads <= 255; lbads++) {
		uint8_t byte = (uint8_t)lbads;
		const struct nvu_ns_info *info = open_patched_ns(rig, LBAF0 + 2, &byte, 1);
		int ret;

		assert_non_null(info);
		rig->inconsistent = lbads != 9; /* it moves blocks of 512 bytes, whatever it says */
		rig_equip(rig, NULL);
		ret = nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0);
		if (lbads >= 9 && lbads <= 16) {
			assert_int_equal(info->block_bytes, 1u << lbads);
			assert_int_equal(info->max_transfer_blocks, (1 << 20) >> lbads);
			assert_int_equal(ret, 0);
			assert_int_equal(rig_status(rig), 0);
		} else {
			assert_int_equal(info->max_transfer_blocks, 0);
			assert_int_equal(ret, -ENOTSUP);
			rig_assert_sentence("format");
		}
		rig_again(rig);
	}
}

static void format_index_of_any_value_stays_in_the_table(void **state)
{
	struct rig *rig = *state;

	for (unsigned flbas = 0; flbas <= 255; flbas++) {
		uint8_t bytes[2] = { (uint8_t)(flbas * 7), (uint8_t)flbas };
		const struct nvu_ns_info *info = open_patched_ns(rig, NLBAF, bytes, 2);

		assert_non_null(info);
		assert_true(info->lbaf < 64);
		rig_equip(rig, NULL);
		if (!nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0))
			assert_int_equal(rig_status(rig), 0);
		rig_again(rig);
	}
}

static void format_with_metadata_is_refused(void **state)
{
	struct rig *rig = *state;
	const uint8_t bytes[2] = { 8, 0 };
	const struct nvu_ns_info *info = open_patched_ns(rig, LBAF0, bytes, 2);

	assert_int_equal(info->metadata_bytes, 8);
	assert_int_equal(info->max_transfer_blocks, 0);
	rig_equip(rig, NULL);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), -ENOTSUP);
	rig_assert_sentence("8 bytes of metadata");
}

static const uint64_t sizes[] = {
	1,
	2,
	7,
	UINT32_MAX,
	1ull << 32,
	(1ull << 54) - 1,
	1ull << 54,
	1ull << 55,
	(1ull << 55) - 1,
	(1ull << 55) + 1,
	1ull << 62,
	1ull << 63,
	(1ull << 63) + 1,
	UINT64_MAX - 1,
	UINT64_MAX,
};

static void namespace_of_any_size_has_an_end(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(sizes); row++) {
		uint64_t blocks = sizes[row];
		const struct nvu_ns_info *info =
			open_patched_ns(rig, NSZE, &blocks, sizeof(blocks));

		assert_non_null(info);
		rig_equip(rig, NULL);
		if (info->max_transfer_blocks == 0) {
			assert_true(blocks > UINT64_MAX >> 9);
			assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0),
					 -ENOTSUP);
		} else {
			assert_int_equal(nvu_read(rig->qpair, rig->ns, blocks, 1, rig->buf, 0, 0),
					 -EINVAL);
			assert_int_equal(
				nvu_read(rig->qpair, rig->ns, blocks - 1, 1, rig->buf, 0, 0), 0);
			(void)rig_status(rig);
		}
		rig_again(rig);
	}
}

static void namespace_without_blocks_is_not_there(void **state)
{
	struct rig *rig = *state;
	const uint64_t none = 0;

	assert_null(open_patched_ns(rig, NSZE, &none, sizeof(none)));
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->namespaces, 0);
	assert_int_equal(nvu_ns_next(rig->ctrl, 0), 0);
}

static void transfer_limit_of_any_value_is_bounded(void **state)
{
	struct rig *rig = *state;

	for (unsigned mdts = 0; mdts <= 255; mdts += mdts < 40 ? 1 : 5) {
		uint8_t byte = (uint8_t)mdts;
		uint32_t max;

		rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .mdts = UINT32_MAX));
		patch(rig, NVU_CNS_CTRL, MDTS, &byte, 1);
		assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
		max = nvu_ctrl_info(rig->ctrl)->max_transfer_bytes;
		assert_in_range(max, 4096, 4 << 20);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		rig_equip(rig, NULL);
		if (max <= RIG_DATA_BYTES)
			assert_int_equal(rig_read(rig, 0, max / 512, 0), 0);
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, max / 512 + 1, rig->buf, 0, 0),
				 -EINVAL);
		rig_again(rig);
	}
}

static void queue_entry_sizes_of_any_value(void **state)
{
	struct rig *rig = *state;

	for (unsigned value = 0; value <= 255; value++) {
		const uint8_t bytes[2] = { (uint8_t)value, (uint8_t)(value * 3) };
		bool fits = (bytes[0] & 15) <= 6 && (bytes[1] & 15) <= 4;
		int ret;

		rig_create(rig, NULL);
		patch(rig, NVU_CNS_CTRL, SQES, bytes, 2);
		ret = nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl);
		assert_int_equal(ret, fits ? 0 : -ENOTSUP);
		if (ret)
			rig_assert_sentence("queue entries");
		rig_again(rig);
	}
}

/* Beginnings of the list of active namespaces on a controller with 1024 of them. */
static const struct {
	const char *name;
	uint32_t ids[4];
	bool broken;
} lists[] = {
	{ "a gap", { 1, 2, 4, 5 }, true }, /* 5 follows in the unpatched rest */
	{ "the same twice", { 1, 1, 2, 3 }, true },
	{ "descending", { 2, 1, 3, 4 }, true },
	{ "all namespaces", { UINT32_MAX, 2, 3, 4 }, true },
	{ "reserved", { UINT32_MAX - 1, 2, 3, 4 }, true },
	{ "zero in between", { 1, 0, 3, 4 }, false },
	{ "empty", { 0, 2, 3, 4 }, false },
};

static void namespace_list_that_does_not_ascend_is_refused(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(lists); row++) {
		int ret;

		rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .namespaces = 1024,
					      .ns_bytes = 1 << 20));
		patch(rig, NVU_CNS_ACTIVE_NS_LIST, 0, lists[row].ids, sizeof(lists[row].ids));
		ret = nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl);
		if (ret != (lists[row].broken ? -EPROTO : 0))
			fail_msg("%s: %d: %s", lists[row].name, ret, nvu_last_error());
		if (ret)
			rig_assert_sentence("list of active namespaces");
		rig_again(rig);
	}
}

/* A full list page each time, however often one asks: the same, or with ever higher identifiers. */
static void namespace_list_that_never_ends_is_refused(void **state)
{
	struct rig *rig = *state;
	const uint32_t first = 1;

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .namespaces = 1024,
				      .ns_bytes = 1 << 20));
	/* The page behind the last one is empty but for this: it begins again. */
	patch(rig, NVU_CNS_ACTIVE_NS_LIST, 0, &first, sizeof(first));

	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), -EPROTO);

	rig_assert_sentence("1 follows 1024");
}

/* Before 1.1 there was no list but a number of namespaces, which may be absurd. */
static void number_of_namespaces_of_any_value_is_bounded(void **state)
{
	struct rig *rig = *state;
	const uint32_t number = UINT32_MAX;

	rig_create(rig, NULL);
	rig->inconsistent = true; /* says that it has more namespaces than it lets one ask for */
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_REGISTER, .offset = NVU_REG_VS,
				       .value = NVU_VS(1, 0, 0)));
	patch(rig, NVU_CNS_CTRL, 516, &number, sizeof(number));

	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);

	assert_int_equal(nvu_ctrl_info(rig->ctrl)->namespaces, 1);
}

/* Uses what was opened, whatever it says it is. */
static void use(struct rig *rig)
{
	const struct nvu_ctrl_info *info = nvu_ctrl_info(rig->ctrl);
	struct nvu_cpl cpl;

	assert_in_range(info->max_queue_entries, 2, 65536);
	assert_true(strlen(info->serial) <= 20 && strlen(info->model) <= 40);
	for (uint32_t nsid = 0; (nsid = nvu_ns_next(rig->ctrl, nsid));)
		assert_int_equal(nvu_ns_get(rig->ctrl, nsid, &rig->ns), 0);
	if (nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.depth = 2), &rig->qpair) || !rig->ns ||
	    nvu_dma_alloc(rig->ctrl, 1 << 16, &rig->buf))
		return;
	(void)nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0);
	for (int turn = 0; turn < 10; turn++)
		(void)rig_poll(rig, &cpl, 1);
}

static void capabilities_of_any_value_do_no_harm(void **state)
{
	struct rig *rig = *state;
	uint64_t random = 0x2545f4914f6cdd1d;
	int opened = 0;

	for (int turn = 0; turn < 1500; turn++) {
		uint64_t cap = random_next(&random);

		/* Some of the fields as they are, so that not all are refused at once. */
		if (turn % 2)
			cap = (cap & ~(NVU_CAP_DSTRD | NVU_CAP_MPSMIN)) | NVU_CAP_CSS_NVM;
		rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .io_queues = 2,
					      .ns_bytes = 1 << 20));
		rig->inconsistent = true;
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_REGISTER,
					       .offset = NVU_REG_CAP, .value = cap));
		if (open_briefly(rig)) {
			assert_string_not_equal(nvu_last_error(), "");
		} else {
			opened++;
			use(rig);
		}
		rig_again(rig);
	}
	assert_true(opened > 100);
}

/* Random bytes in everything that Identify returns. */
static void identify_data_of_any_content_does_no_harm(void **state)
{
	struct rig *rig = *state;
	uint64_t random = 0x9e3779b97f4a7c15;
	const uint32_t structures[] = { NVU_CNS_CTRL, NVU_MOCK_CNS_ZERO, NVU_CNS_NS_DESC_LIST };

	for (int turn = 0; turn < 1500; turn++) {
		rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .io_queues = 2,
					      .ns_bytes = 1 << 20));
		rig->inconsistent = true;
		for (int piece = 0; piece < 4; piece++) {
			uint64_t words[8];
			uint32_t at = random_below(&random, turn % 3 ? 256 : 4096);

			for (size_t idx = 0; idx < COUNT(words); idx++)
				words[idx] = random_next(&random);
			patch(rig, structures[turn % 3], at, words, random_below(&random, 64) + 1);
		}
		if (open_briefly(rig))
			assert_string_not_equal(nvu_last_error(), "");
		else
			use(rig);
		rig_again(rig);
	}
}

/* The descriptor list: types and lengths that lead to its end and beyond. */
static void descriptor_list_of_any_content_is_bounded(void **state)
{
	struct rig *rig = *state;
	const struct {
		uint8_t bytes[24];
		uint32_t offset;
		uint8_t nguid, eui64, uuid;
	} rows[] = {
		{ { 1, 8, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0 }, 0, 0, 1, 0 },
		{ { 2, 16, 0, 0, 9 }, 0, 1, 0, 0 },
		{ { 3, 16, 0, 0, 9 }, 0, 0, 0, 1 },
		{ { 1, 255, 0, 0 }, 0, 0, 0, 0 },
		{ { 3, 1, 0, 0 }, 0, 0, 0, 0 },
		{ { 0 }, 0, 0, 0, 0 },
	};

	for (size_t row = 0; row < COUNT(rows); row++) {
		rig_create(rig, NULL);
		patch(rig, NVU_CNS_NS_DESC_LIST, rows[row].offset, rows[row].bytes, 24);
		assert_int_equal(open_briefly(rig), 0);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		assert_true(!rows[row].uuid || nvu_ns_info(rig->ns)->has_uuid);
		assert_true(!rows[row].nguid || nvu_ns_info(rig->ns)->nguid[0] == 9);
		assert_true(!rows[row].eui64 || nvu_ns_info(rig->ns)->eui64[7] == 8);
		rig_again(rig);
	}
}

/* Random completions to admin commands: the wrong ones are dropped, nothing is believed twice. */
static void admin_completions_of_any_content_do_no_harm(void **state)
{
	struct rig *rig = *state;
	uint64_t random = 0xd1342543de82ef95;

	for (int turn = 0; turn < 300; turn++) {
		rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .io_queues = 2,
					      .ns_bytes = 1 << 20));
		for (int fault = 0; fault < 4; fault++)
			rig_inject(rig, NVU_MOCK_FAULT(.qid = NVU_MOCK_ADMIN_QUEUE,
						       .kind = NVU_MOCK_FAULT_UNKNOWN_CID +
							       random_below(&random, 4),
						       .value = random_below(&random, 128),
						       .skip = random_below(&random, 12),
						       .count = 1 + random_below(&random, 3)));
		if (open_briefly(rig))
			assert_string_not_equal(nvu_last_error(), "");
		else
			use(rig);
		rig_again(rig);
	}
}

/* Ever higher identifiers, of namespaces that can be identified, or cannot. */
static void namespace_list_that_ascends_without_an_end_is_refused(void **state)
{
	struct rig *rig = *state;

	for (int row = 0; row < 2; row++) {
		uint64_t begin_ms = clock_now_ms();

		rig_create(rig, NULL);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ENDLESS,
					       .qid = NVU_MOCK_ADMIN_QUEUE));
		if (row)
			rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS,
						       .cns = NVU_MOCK_CNS_ZERO,
						       .opcode = NVU_ADMIN_IDENTIFY));

		assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), -EPROTO);

		rig_assert_sentence("more than 65536 active namespaces");
		/* Nothing is waited for but answers that come. */
		assert_true(clock_now_ms() - begin_ms < 300);
		rig_again(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(namespace_list_that_ascends_without_an_end_is_refused),
		RIG_TEST(block_size_of_any_value_is_usable_or_refused),
		RIG_TEST(format_index_of_any_value_stays_in_the_table),
		RIG_TEST(format_with_metadata_is_refused),
		RIG_TEST(namespace_of_any_size_has_an_end),
		RIG_TEST(namespace_without_blocks_is_not_there),
		RIG_TEST(transfer_limit_of_any_value_is_bounded),
		RIG_TEST(queue_entry_sizes_of_any_value),
		RIG_TEST(namespace_list_that_does_not_ascend_is_refused),
		RIG_TEST(namespace_list_that_never_ends_is_refused),
		RIG_TEST(number_of_namespaces_of_any_value_is_bounded),
		RIG_TEST(capabilities_of_any_value_do_no_harm),
		RIG_TEST(identify_data_of_any_content_does_no_harm),
		RIG_TEST(descriptor_list_of_any_content_is_bounded),
		RIG_TEST(admin_completions_of_any_content_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
