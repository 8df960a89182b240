// SPDX-License-Identifier: MIT
/*
 * test_known.c: the drives of lib/base/drives.def. A mock with the identity of one cannot take what that
 * drive cannot take, and counts it as a violation.
 */
#include "harness.h"

/* One drive for each thing that is known of drives; the mock notices what it cannot take. */
static const struct {
	uint32_t vid, did, quirk;
	int error;
} drives[] = {
	{ 0x1217, 0x8760, NVU_QUIRK_LAST_SLOT, 0 },
	{ 0x126f, 0x2263, NVU_QUIRK_NO_DESCRIPTORS, 0 },
	{ 0x1d0f, 0xcd00, NVU_QUIRK_DMA_48, 0 },
	{ 0x106b, 0x2001, NVU_QUIRK_ONE_COMMAND, 0 },
	{ 0x106b, 0x2005, NVU_QUIRK_WIDE_ENTRIES, -ENOTSUP },
	{ 0x8086, 0xf1a5, NVU_QUIRK_MEDIUM_PRIORITY, 0 },
	{ 0x8086, 0x5845, NVU_QUIRK_NO_LISTS, 0 },
	{ 0x1987, 0x5019, NVU_QUIRK_NO_WRITE_ZEROES, 0 },
};

/* Reads of all lengths that a list can have around its ends, and many commands one after another. */
static void use(struct rig *rig)
{
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
	for (uint32_t pages = 1; pages <= 256; pages *= 2)
		for (uint32_t first = 0; first < 3; first++)
			assert_int_equal(rig_read(rig, 0, pages * 8, first * 512), 0);
	for (uint32_t turn = 0; turn < 1000; turn++)
		assert_int_equal(rig_write(rig, turn, 1, 0), 0);
}

static void known_drive_is_driven_as_it_needs(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(drives); row++) {
		const struct nvu_ctrl_info *info;
		int ret;

		print_message("%04x:%04x\n", drives[row].vid, drives[row].did);
		rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 64 << 20,
					      .vid = drives[row].vid, .did = drives[row].did));
		ret = nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl);
		assert_int_equal(ret, drives[row].error);
		if (!ret) {
			info = nvu_ctrl_info(rig->ctrl);
			assert_int_equal(info->pci_vendor, drives[row].vid);
			assert_int_equal(info->pci_device, drives[row].did);
			assert_true(info->quirks & drives[row].quirk);
			assert_int_equal(!(info->oncs & NVU_ONCS_WRITE_ZEROES),
					 !!(info->quirks & NVU_QUIRK_NO_WRITE_ZEROES));
			use(rig);
		} else {
			rig_assert_sentence("128 bytes");
		}
		rig_again(rig);
	}
}

/* Its row is found although configuration space could not be read at first, and kept when that is reset. */
static void known_drive_is_recognised_once_it_answers(void **state)
{
	struct rig *rig = *state;
	const struct nvu_mock_fault ones = { .size = sizeof(ones),
					     .kind = NVU_MOCK_FAULT_ALL_ONES,
					     .value = NVU_MOCK_ONES_CONFIG,
					     .count = 3 };

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 64 << 20,
				      .vid = 0x126f, .did = 0x2263));
	rig_inject(rig, &ones);
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->quirks, NVU_QUIRK_NO_DESCRIPTORS);
	rig_inject(rig, &ones);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->quirks, NVU_QUIRK_NO_DESCRIPTORS);
}

/* Without its row the same drive breaks: the mock sees it. */
static void known_drive_without_its_row_is_driven_wrongly(void **state)
{
	struct rig *rig = *state;
	static const size_t rows[] = { 1, 5, 6 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t row = rows[i];

		rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 64 << 20,
					      .vid = drives[row].vid, .did = drives[row].did));
		assert_int_equal(nvu_ctrl_open(rig_address(rig),
					       NVU_CTRL_OPTS(.quirks_off = drives[row].quirk),
					       &rig->ctrl),
				 0);
		assert_int_equal(nvu_ctrl_info(rig->ctrl)->quirks & drives[row].quirk, 0);
		use(rig);
		assert_true(nvu_mock_violations(rig->mock) > 0);
		rig->inconsistent = true;
		rig_again(rig);
		rig->inconsistent = false;
	}
}

/* 2.3 s of virtual time. */
static void drive_that_stops_slowly_is_not_read_meanwhile(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 64 << 20,
				      .vid = 0x1c58, .did = 0x23));
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->quirks, NVU_QUIRK_SLOW_STOP);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_mock_violations(rig->mock), 0);
	rig_close(rig);

	assert_int_equal(nvu_ctrl_open(rig_address(rig),
				       NVU_CTRL_OPTS(.quirks_off = NVU_QUIRK_SLOW_STOP),
				       &rig->ctrl),
			 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_true(nvu_mock_violations(rig->mock) > 0);
	rig->inconsistent = true;
}

/* The identifiers of both queues are slot numbers, and none is in both. */
static void shared_identifiers_never_collide(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *second = NULL;

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 64 << 20,
				      .vid = 0x106b, .did = 0x2005));
	assert_int_equal(nvu_ctrl_open(rig_address(rig),
				       NVU_CTRL_OPTS(.quirks_off = NVU_QUIRK_WIDE_ENTRIES),
				       &rig->ctrl),
			 -ENOTSUP); /* it says itself that its entries are wide */
	rig_again(rig);

	rig_start(rig, NULL, NVU_CTRL_OPTS(.quirks = NVU_QUIRK_SHARED_IDENTIFIERS),
		  NVU_QPAIR_OPTS(.depth = 64));
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->io_queues, 1);
	assert_true(nvu_ctrl_info(rig->ctrl)->quirks & NVU_QUIRK_PLAIN_IDENTIFIERS);
	assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &second), -ENOSPC);
	rig_queue_reads(rig, 31, 0);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), -EAGAIN);
	rig_reap(rig, (struct nvu_cpl[31]){ 0 }, 31);
	nvu_qpair_destroy(rig->qpair);
	rig->qpair = NULL;
	assert_int_equal(nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.depth = 33), &second),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(known_drive_is_driven_as_it_needs),
		RIG_TEST(known_drive_is_recognised_once_it_answers),
		RIG_TEST(known_drive_without_its_row_is_driven_wrongly),
		RIG_TEST(drive_that_stops_slowly_is_not_read_meanwhile),
		RIG_TEST(shared_identifiers_never_collide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
