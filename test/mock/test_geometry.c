/* SPDX-License-Identifier: MIT */
/*
 * test_geometry.c: what nvu knows of namespaces becomes old: a format, a resize, an attachment, by the
 * program's own command or by another host. A handle that would encode a wrong command is refused from
 * then on, and nvu_ns_get() returns a new one at once.
 */
#include "geometry.h"

/* --- by the program's own command ------------------------------------------------------------------- */

/* Sixteen blocks of 512 bytes fit in two pages; sixteen of 4096 go through a "list" in the second one. */
static void format_makes_the_handle_stale_and_no_memory_is_overwritten(void **state)
{
	struct rig *rig = *state;
	const struct nvu_ns *old;
	uint64_t list[16];

	start(rig, 2, 0);
	old = rig->ns;
	memset(rig->data, 0xee, RIG_DATA_BYTES);
	for (size_t idx = 0; idx < COUNT(list); idx++)
		list[idx] = nvu_dma_iova(rig->buf) + (1 << 20) + idx * PAGE;
	memcpy(rig->data + PAGE, list, sizeof(list));
	assert_int_equal(format(rig, 1, FORMAT_4096), 0);

	assert_int_equal(nvu_read(rig->qpair, old, 0, 16, rig->buf, 0, 1), -ESTALE);
	assert_stale(rig, old, "block size");
	for (size_t at = 1 << 20; at < RIG_DATA_BYTES; at++)
		assert_int_equal(rig->data[at], 0xee);

	rig->ns = get(rig, 1);
	assert_ptr_not_equal(rig->ns, old);
	assert_int_equal(nvu_ns_info(old)->block_bytes, 512);
	assert_int_equal(nvu_ns_info(rig->ns)->block_bytes, 4096);
	rig_fill(rig->data, 8 * PAGE, 7);
	assert_int_equal(rig_write(rig, 3, 8, 0), 0);
	assert_int_equal(rig_read(rig, 3, 8, 1 << 20), 0);
	assert_true(rig_is_filled(rig->data + (1 << 20), 8 * PAGE, 7));
	assert_int_equal(read_one(rig, get(rig, 2)), 0); /* the other one has not changed */
}

static void format_back_makes_the_handle_stale_too(void **state)
{
	struct rig *rig = *state;

	start(rig, 1, 0);
	assert_int_equal(format(rig, 1, FORMAT_4096), 0);
	rig->ns = get(rig, 1);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	assert_int_equal(format(rig, UINT32_MAX, FORMAT_512), 0);
	assert_stale(rig, rig->ns, "block size");
	assert_int_equal(read_one(rig, get(rig, 1)), 0);
}

static void format_that_changes_nothing_or_fails_keeps_the_handle(void **state)
{
	struct rig *rig = *state;

	start(rig, 1, 0);
	assert_int_equal(format(rig, 1, FORMAT_512), 0);
	assert_ptr_equal(get(rig, 1), rig->ns);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	assert_int_equal(format(rig, 1, 9), NVU_SC_INVALID_FORMAT);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

static void namespaces_appear_and_disappear_without_reopening(void **state)
{
	struct nvu_id_ns id = { .nsze = nvu_le64_put(64), .ncap = nvu_le64_put(64) };
	const struct nvu_ns *ns = NULL, *again;
	struct rig *rig = *state;

	start(rig, 1, 0);
	assert_int_equal(command(rig, NVU_ADMIN_NS_MANAGEMENT, 0, 0, &id), 0);
	assert_int_equal(nvu_ns_next(rig->ctrl, 1), 0);
	assert_int_equal(attach(rig, 2, 0), 0);
	assert_int_equal(nvu_ns_next(rig->ctrl, 1), 2);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->namespaces, 2);
	ns = get(rig, 2);
	assert_int_equal(nvu_ns_info(ns)->blocks, 64);
	assert_int_equal(read_one(rig, ns), 0);

	assert_int_equal(attach(rig, 2, 1), 0);
	assert_int_equal(nvu_ns_next(rig->ctrl, 1), 0);
	assert_int_equal(nvu_read(rig->qpair, ns, 0, 1, rig->buf, 0, 0), -ESTALE);
	rig_assert_sentence("detached or deleted");
	assert_int_equal(nvu_ns_get(rig->ctrl, 2, &again), -ENODEV);
	rig_assert_sentence("namespace 2 is not active any more: it was detached or deleted");
	assert_int_equal(attach(rig, 2, 0), 0);
	again = get(rig, 2);
	assert_int_equal(nvu_read(rig->qpair, ns, 0, 1, rig->buf, 0, 0), -ESTALE); /* for good */
	assert_int_equal(read_one(rig, again), 0);
	assert_int_equal(read_one(rig, rig->ns), 0);

	assert_int_equal(command(rig, NVU_ADMIN_NS_MANAGEMENT, 1, 1, NULL), 0);
	assert_stale(rig, rig->ns, "detached or deleted");
	assert_int_equal(nvu_ns_next(rig->ctrl, 0), 2);
}

/* Commands of which the library does not know what they change, and those that only a reset completes. */
static void other_commands_that_may_change_namespaces_are_followed_up(void **state)
{
	static const struct {
		uint8_t opcode;
		uint16_t status;
		bool followed;
	} rows[] = {
		{ NVU_ADMIN_SANITIZE, 0, true },
		{ NVU_ADMIN_FW_COMMIT, 0, true },
		{ NVU_ADMIN_FW_COMMIT, 0x10b, true },
		{ NVU_ADMIN_SANITIZE, NVU_SC_INVALID_FIELD, false },
		{ 0xc1, 0, true },  /* a vendor's */
		{ 0xc2, 0, false }, /* that only reads */
		{ NVU_ADMIN_FW_DOWNLOAD, 0, false },
	};
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		start(rig, 1, 0);
		rig_inject(rig,
			   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS,
					  .qid = NVU_MOCK_ADMIN_QUEUE, .opcode = rows[row].opcode,
					  .status = rows[row].status));
		CHANGE(rig, .nsid = 1, .lba_bytes = 4096, .flags = NVU_MOCK_CHANGE_SILENT);
		assert_int_equal(command(rig, rows[row].opcode, 0, 0, NULL), rows[row].status);
		if (rows[row].followed)
			assert_stale(rig, rig->ns, "block size");
		assert_int_equal(nvu_ns_info(get(rig, 1))->block_bytes,
				 rows[row].followed ? 4096 : 512);
		rig_again(rig);
	}
}

/* --- by another host -------------------------------------------------------------------------------- */

static void change_of_another_host_is_learnt_by_a_program_that_only_polls(void **state)
{
	struct rig *rig = *state;

	start(rig, 1, 0);
	only_poll(rig);
	CHANGE(rig, .nsid = 1, .lba_bytes = 4096);
	only_poll(rig);
	assert_stale(rig, rig->ns, "block size");
	assert_int_equal(read_one(rig, get(rig, 1)), 0);
}

/* More often than there is room for events that the program does not take. */
static void program_that_only_polls_learns_of_every_change(void **state)
{
	struct rig *rig = *state;

	start(rig, 1, 0);
	for (uint32_t turn = 0; turn < 100; turn++) {
		CHANGE(rig, .nsid = 1, .lba_bytes = turn % 2 ? 512 : 4096);
		only_poll(rig);
		assert_stale(rig, rig->ns, "block size");
		rig->ns = get(rig, 1);
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	}
}

/* What an event tells of is known when the program gets it. */
static void event_is_handed_on_after_the_new_geometry(void **state)
{
	struct nvu_event event = { 0 };
	struct rig *rig = *state;
	int ret;

	start(rig, 1, 0);
	CHANGE(rig, .nsid = 1, .lba_bytes = 4096);
	do {
		assert_int_equal(rig_read(rig, 0, 1, 0), 0); /* not reported yet */
		(void)nvu_mock_step(rig->mock, 10);
		ret = nvu_ctrl_service(rig->ctrl, &event);
	} while (!ret);
	assert_int_equal(ret, 1);
	assert_int_equal(event.type, 2);
	assert_int_equal(event.log_page, NVU_LOG_CHANGED_NS);
	assert_stale(rig, rig->ns, "block size");
	assert_int_equal(nvu_ns_info(get(rig, 1))->block_bytes, 4096);
}

/* One that neither polls nor takes events, and looks. */
static void namespace_of_another_host_is_found_by_looking(void **state)
{
	struct rig *rig = *state;

	start(rig, 1, 0);
	CHANGE(rig, .nsid = 3, .ns_bytes = 8192, .flags = NVU_MOCK_CHANGE_ATTACH);
	(void)nvu_mock_step(rig->mock, 10);
	assert_int_equal(nvu_ns_next(rig->ctrl, 0), 1);
	assert_int_equal(nvu_ns_next(rig->ctrl, 1), 3);
	CHANGE(rig, .nsid = 3, .flags = NVU_MOCK_CHANGE_DELETE);
	(void)nvu_mock_step(rig->mock, 10);
	assert_int_equal(nvu_ns_get(rig->ctrl, 3, &rig->ns), -ENODEV);
	rig_assert_sentence("any more");
}

/* A fault of the address: another host formats before the third read is carried out. */
static void reformat_as_a_fault_is_detected(void **state)
{
	struct rig *rig = *state;

	start(rig, 1, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_REFORMAT, .value = 4096, .skip = 2,
				       .count = 1));
	for (int turn = 0; turn < 3; turn++)
		assert_int_equal(rig_read(rig, 0, 1, 0), 0); /* one block fits in its page */
	only_poll(rig);
	assert_stale(rig, rig->ns, "block size");
}

/* --- what makes a handle stale ---------------------------------------------------------------------- */

static void patch(struct rig *rig, uint32_t cns, uint32_t offset, uint8_t byte)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = cns, .offset = offset,
				       .len = 1, .bytes = { byte }));
}

static void each_difference_makes_a_handle_stale(void **state)
{
	static const struct {
		const char *why;
		uint32_t cns, offset;
		uint8_t byte;
	} rows[] = {
		{ "block size", NVU_MOCK_CNS_ZERO, 128 + 2, 12 },
		{ "metadata", NVU_MOCK_CNS_ZERO, 128, 8 },
		{ "protection", NVU_MOCK_CNS_ZERO, 29, 1 },
		{ "another namespace", NVU_CNS_NS_DESC_LIST, 4, 0x77 },	 /* EUI64 */
		{ "another namespace", NVU_CNS_NS_DESC_LIST, 16, 0x77 }, /* NGUID */
		{ "another namespace", NVU_CNS_NS_DESC_LIST, 36, 0x77 }, /* UUID */
		{ "another namespace", NVU_CNS_NS_DESC_LIST, 56, 2 },	 /* command set */
		{ "fewer blocks", NVU_MOCK_CNS_ZERO, 1, 1 },
		{ "transfer limit", NVU_CNS_CTRL, 77, 3 },
	};
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		start(rig, 1, 0);
		patch(rig, rows[row].cns, rows[row].offset, rows[row].byte);
		assert_int_equal(format(rig, 1, FORMAT_512), 0);
		assert_stale(rig, rig->ns, rows[row].why);
		assert_ptr_not_equal(get(rig, 1), rig->ns);
		rig_again(rig);
	}
}

/* LBA format 1 has blocks of 512 bytes too: the same size, but another format. */
static void other_format_of_the_same_block_size_makes_a_handle_stale(void **state)
{
	struct rig *rig = *state;

	start(rig, 1, 0);
	patch(rig, NVU_MOCK_CNS_ZERO, 128 + 4 + 2, 9);
	patch(rig, NVU_MOCK_CNS_ZERO, 26, 1);
	assert_int_equal(format(rig, 1, FORMAT_512), 0);
	assert_stale(rig, rig->ns, "format");
}

static void namespace_that_grew_keeps_old_handles_and_their_end(void **state)
{
	const uint64_t old_blocks = NS_BYTES / 512;
	const struct nvu_ns *old, *now;
	struct rig *rig = *state;

	start(rig, 1, 0);
	old = rig->ns;
	CHANGE(rig, .nsid = 1, .ns_bytes = 2 * NS_BYTES);
	only_poll(rig);
	now = get(rig, 1);
	assert_int_equal(nvu_ns_info(now)->blocks, 2 * old_blocks);
	assert_int_equal(nvu_ns_info(old)->blocks, old_blocks);
	assert_int_equal(read_one(rig, old), 0);
	assert_int_equal(nvu_read(rig->qpair, old, old_blocks, 1, rig->buf, 0, 0), -EINVAL);
	assert_int_equal(nvu_read(rig->qpair, now, old_blocks, 1, rig->buf, 0, 0), 0);
	assert_int_equal(rig_status(rig), 0);

	/* Back to what it was: the larger handle has shrunk, the older one has not. */
	CHANGE(rig, .nsid = 1, .ns_bytes = NS_BYTES);
	only_poll(rig);
	assert_stale(rig, now, "fewer blocks");
	assert_int_equal(read_one(rig, old), 0);
	CHANGE(rig, .nsid = 1, .ns_bytes = NS_BYTES / 2);
	only_poll(rig);
	assert_stale(rig, old, "fewer blocks");
}

/* --- raw commands ----------------------------------------------------------------------------------- */

/* They have no handle. A program without the new one has made them for what the namespace was. */
static void raw_command_waits_until_somebody_has_looked(void **state)
{
	const struct nvu_sqe read = { .opcode = NVU_CMD_READ,
				      .nsid = nvu_le32_put(1),
				      .cdw12 = nvu_le32_put(15) };
	struct nvu_sqe other = read;
	struct rig *rig = *state;

	start(rig, 2, 0);
	other.nsid = nvu_le32_put(2);
	assert_int_equal(format(rig, 1, FORMAT_4096), 0);
	assert_int_equal(nvu_io(rig->qpair, &read, rig->buf, 0, 8192, 0), -ESTALE);
	rig_assert_sentence("nvu_ns_get");
	assert_int_equal(nvu_io(rig->qpair, &other, rig->buf, 0, 8192, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	(void)get(rig, 1);
	assert_int_equal(nvu_io(rig->qpair, &read, rig->buf, 0, 16 * PAGE, 0), 0);
	assert_int_equal(rig_status(rig), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(format_makes_the_handle_stale_and_no_memory_is_overwritten),
		RIG_TEST(format_back_makes_the_handle_stale_too),
		RIG_TEST(format_that_changes_nothing_or_fails_keeps_the_handle),
		RIG_TEST(namespaces_appear_and_disappear_without_reopening),
		RIG_TEST(other_commands_that_may_change_namespaces_are_followed_up),
		RIG_TEST(change_of_another_host_is_learnt_by_a_program_that_only_polls),
		RIG_TEST(program_that_only_polls_learns_of_every_change),
		RIG_TEST(event_is_handed_on_after_the_new_geometry),
		RIG_TEST(namespace_of_another_host_is_found_by_looking),
		RIG_TEST(reformat_as_a_fault_is_detected),
		RIG_TEST(each_difference_makes_a_handle_stale),
		RIG_TEST(other_format_of_the_same_block_size_makes_a_handle_stale),
		RIG_TEST(namespace_that_grew_keeps_old_handles_and_their_end),
		RIG_TEST(raw_command_waits_until_somebody_has_looked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
