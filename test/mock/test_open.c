// SPDX-License-Identifier: MIT
/*
 * test_open.c: opening a controller and closing it: what is learnt of it, and the sentence for each
 * way in which a caller can ask for the wrong thing.
 */
#include "harness.h"

#include "clock.h"

static void open_default_mock_reports_what_it_is(void **state)
{
	struct rig *rig = *state;
	const struct nvu_ctrl_info *info;

	rig_open(rig, NVU_MOCK_OPTS(.serial = "serial 7"), NULL);
	info = nvu_ctrl_info(rig->ctrl);

	assert_string_equal(info->serial, "serial 7");
	assert_string_equal(info->model, "nvu mock controller");
	assert_string_equal(info->firmware, "1.0");
	assert_int_equal(info->version, NVU_VS(1, 4, 0));
	assert_int_equal(info->page_bytes, 4096);
	assert_int_equal(info->max_queue_entries, 65536);
	assert_int_equal(info->max_transfer_bytes, 1 << 20);
	assert_int_equal(info->io_queues, 128);
	assert_int_equal(info->namespaces, 1);
	assert_int_equal(info->aerl, 8);
	assert_int_equal(info->numa_node, -1);
	assert_int_equal(info->shadow_doorbells, 0);
	assert_int_equal(nvu_le16_get(nvu_ctrl_identify(rig->ctrl)->vid), info->vid);
}

static void open_unprintable_serial_is_made_readable(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, NULL);
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_CTRL, .offset = 4,
				  .len = 20, .bytes = { 27, '[', '2', 'J', ' ', 0xff, '\n', 'x' }));

	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);

	assert_string_equal(nvu_ctrl_info(rig->ctrl)->serial, "?[2J ??x");
}

static void open_text_filling_its_field_is_terminated(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_CTRL,
				       .offset = 4, .len = 20, .bytes = "aaaaaaaaaaaaaaaaaaaa"));

	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);

	assert_string_equal(nvu_ctrl_info(rig->ctrl)->serial, "aaaaaaaaaaaaaaaaaaaa");
}

static void open_twice_is_refused_until_closed(void **state)
{
	struct rig *rig = *state;
	struct nvu_ctrl *second = NULL;

	rig_open(rig, NULL, NULL);

	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &second), -EBUSY);
	rig_assert_sentence("open already");
	assert_null(second);
	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
}

static void open_by_address_alone_needs_no_mock_object(void **state)
{
	struct rig *rig = *state;

	clock_stop(); /* the mock has a thread */
	assert_int_equal(nvu_ctrl_open("mock:size=8M,lba=4096,ns=2", NULL, &rig->ctrl), 0);

	assert_int_equal(nvu_ctrl_info(rig->ctrl)->namespaces, 2);
	assert_int_equal(nvu_ns_get(rig->ctrl, 2, &rig->ns), 0);
	assert_int_equal(nvu_ns_info(rig->ns)->block_bytes, 4096);
	assert_int_equal(nvu_ns_info(rig->ns)->blocks, 2048);
}

static void close_of_nothing_does_nothing(void **state)
{
	(void)state;

	nvu_ctrl_close(NULL);
	nvu_qpair_destroy(NULL);
	assert_int_equal(nvu_dma_free(NULL), 0);
	nvu_mock_destroy(NULL);
}

static void close_shuts_the_controller_down_in_order(void **state)
{
	struct rig *rig = *state;
	uint8_t smart[512];
	struct nvu_sqe cmd = { .opcode = NVU_ADMIN_GET_LOG_PAGE,
			       .nsid = nvu_le32_put(UINT32_MAX),
			       .cdw10 = nvu_le32_put(127u << 16 | NVU_LOG_SMART) };

	rig_open(rig, NULL, NULL);
	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);

	assert_int_equal(nvu_admin(rig->ctrl, &cmd, smart, sizeof(smart), 0, NULL), 0);

	/* Base figure 207: unsafe shutdowns, bytes 144 to 159. */
	assert_int_equal(smart[144], 0);
}

static void ns_many_are_found_in_ascending_order(void **state)
{
	struct rig *rig = *state;
	uint32_t nsid = 0, seen = 0;

	rig_open(rig,
		 NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .namespaces = 1024, .ns_bytes = 1 << 20),
		 NULL);

	assert_int_equal(nvu_ctrl_info(rig->ctrl)->namespaces, 1024);
	while ((nsid = nvu_ns_next(rig->ctrl, nsid))) {
		assert_int_equal(nsid, ++seen);
		assert_int_equal(nvu_ns_get(rig->ctrl, nsid, &rig->ns), 0);
		assert_int_equal(nvu_ns_info(rig->ns)->nsid, nsid);
	}
	assert_int_equal(seen, 1024);
}

static void ns_that_does_not_exist_is_enodev(void **state)
{
	struct rig *rig = *state;
	const uint32_t wrong[] = { 0, 3, 1025, UINT32_MAX - 1, UINT32_MAX };
	const struct nvu_ns *ns = NULL;

	rig_open(rig,
		 NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .namespaces = 2, .ns_bytes = 1 << 20),
		 NULL);

	for (size_t idx = 0; idx < COUNT(wrong); idx++) {
		assert_int_equal(nvu_ns_get(rig->ctrl, wrong[idx], &ns), -ENODEV);
		rig_assert_sentence("namespace");
		assert_null(ns);
	}
	assert_int_equal(nvu_ns_next(rig->ctrl, 2), 0);
	assert_int_equal(nvu_ns_next(rig->ctrl, UINT32_MAX), 0);
}

static void ns_info_describes_format_and_identifiers(void **state)
{
	struct rig *rig = *state;
	const struct nvu_ns_info *info;

	rig_open(rig, NVU_MOCK_OPTS(.lba_bytes = 4096, .ns_bytes = 8 << 20), NULL);
	info = nvu_ns_info(rig->ns);

	assert_int_equal(info->block_bytes, 4096);
	assert_int_equal(info->blocks, 2048);
	assert_int_equal(info->capacity_blocks, 2048);
	assert_int_equal(info->metadata_bytes, 0);
	assert_int_equal(info->max_transfer_blocks, 256);
	assert_int_equal(info->csi, 0);
	assert_int_equal(nvu_le64_get(nvu_ns_identify(rig->ns)->nsze), 2048);
}

/* Addresses that cannot be opened: the error, and a word that tells the reader what is wrong. */
static const struct {
	const char *address;
	int error;
	const char *word;
} wrong_addresses[] = {
	{ NULL, -EINVAL, "empty" },
	{ "", -EINVAL, "empty" },
	{ "banana", -EINVAL, "banana" },
	{ "nvme:0", -EINVAL, "expected vfio:" },
	{ ":", -EINVAL, "" },
	{ "MOCK:", -EINVAL, "MOCK" },
	{ "mock", -EINVAL, "mock:size" },
	{ "mock:size=banana", -EINVAL, "size=banana" },
	{ "mock:size=", -EINVAL, "size" },
	{ "mock:size=1G1", -EINVAL, "size=1G1" },
	{ "mock:size=99999999999999999999", -EINVAL, "size" },
	{ "mock:size=511", -EINVAL, "size" },
	{ "mock:size=1000", -EINVAL, "multiple" },
	{ "mock:size=-1", -EINVAL, "size" },
	{ "mock:size=1G,size=2G", -EINVAL, "twice" },
	{ "mock:size=1G,", -EINVAL, "unknown key" },
	{ "mock:lba=513", -EINVAL, "lba" },
	{ "mock:lba=768", -EINVAL, "lba" },
	{ "mock:lba=8192", -EINVAL, "lba" },
	{ "mock:ns=0", -EINVAL, "ns" },
	{ "mock:ns=131073", -EINVAL, "ns" },
	{ "mock:queues=65536", -EINVAL, "queues" },
	{ "mock:entries=1", -EINVAL, "entries" },
	{ "mock:entries=65537", -EINVAL, "entries" },
	{ "mock:dstrd=16", -EINVAL, "dstrd" },
	{ "mock:null=1", -EINVAL, "flag" },
	{ "mock:colour=red", -EINVAL, "known are" },
	{ "mock:id=4000000000", -ENODEV, "does not exist" },
	{ "mock:id=1,size=1G", -EINVAL, "no other key" },
	{ "mock:file=/nonexistent/disk", -ENOENT, "/nonexistent/disk" },
	{ "vfio:", -EINVAL, "" },
	{ "vfio:banana", -EINVAL, "banana" },
	{ "ffff:ff:1f.7", -ENODEV, "ffff:ff:1f.7" },
};

static void open_wrong_address_names_what_is_wrong(void **state)
{
	(void)state;

	for (size_t idx = 0; idx < COUNT(wrong_addresses); idx++) {
		const char *address = wrong_addresses[idx].address;
		struct nvu_ctrl *ctrl = NULL;
		int ret = nvu_ctrl_open(address, NULL, &ctrl);

		if (ret != wrong_addresses[idx].error)
			fail_msg("%s: %d: %s", address ? address : "NULL", ret, nvu_last_error());
		assert_null(ctrl);
		assert_string_not_equal(nvu_last_error(), "");
		rig_assert_sentence(wrong_addresses[idx].word);
	}
}

struct newer_opts {
	struct nvu_ctrl_opts known;
	uint64_t newer;
};

static void open_options_of_a_newer_program_are_taken_when_unused(void **state)
{
	struct rig *rig = *state;
	struct newer_opts opts = { .known = { .size = sizeof(opts), .io_queues = 3 } };

	rig_open(rig, NULL, &opts.known);

	assert_int_equal(nvu_ctrl_info(rig->ctrl)->io_queues, 3);
}

static void open_options_of_a_newer_program_are_refused_when_used(void **state)
{
	struct nvu_ctrl *ctrl = NULL;
	struct newer_opts opts = { .known = { .size = sizeof(opts) }, .newer = 1 };
	(void)state;

	assert_int_equal(nvu_ctrl_open("mock:", &opts.known, &ctrl), -EINVAL);
	rig_assert_sentence("newer");
	assert_null(ctrl);
}

static void open_options_of_an_older_program_are_taken(void **state)
{
	struct rig *rig = *state;
	/* Behind .size is what the library must not read. */
	struct nvu_ctrl_opts opts = { .size = offsetof(struct nvu_ctrl_opts, ready_timeout_ms),
				      .io_queues = 5,
				      .ready_timeout_ms = 1,
				      .max_transfer_bytes = 1 };

	rig_open(rig, NULL, &opts);

	assert_int_equal(nvu_ctrl_info(rig->ctrl)->io_queues, 5);
}

static const struct {
	struct nvu_ctrl_opts opts;
	const char *word;
} wrong_opts[] = {
	{ { .size = 0 }, "size is 0" },
	{ { .size = 7 }, "size is 7" },
	{ { .size = 1 << 20 }, "size is 1048576" },
	{ { .size = sizeof(struct nvu_ctrl_opts), .flags = 1u << 31 }, "flags" },
	{ { .size = sizeof(struct nvu_ctrl_opts), .max_transfer_bytes = 4095 }, "4096" },
	{ { .size = sizeof(struct nvu_ctrl_opts), .io_timeout_ms = UINT32_MAX }, "too long" },
};

static void open_wrong_options_are_refused(void **state)
{
	struct nvu_ctrl *ctrl = NULL;
	(void)state;

	for (size_t idx = 0; idx < COUNT(wrong_opts); idx++) {
		assert_int_equal(nvu_ctrl_open("mock:", &wrong_opts[idx].opts, &ctrl), -EINVAL);
		rig_assert_sentence(wrong_opts[idx].word);
		assert_null(ctrl);
	}
}

static void open_asks_for_no_more_queues_than_granted(void **state)
{
	struct rig *rig = *state;

	rig_open(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .io_queues = 2),
		 NVU_CTRL_OPTS(.io_queues = 100000));

	assert_int_equal(nvu_ctrl_info(rig->ctrl)->io_queues, 2);
}

/* MDTS, the wish, and what comes of them. */
static const struct {
	uint32_t mdts, wish, expected;
} transfer_limits[] = {
	{ 1, 0, 8192 },
	{ 5, 0, 128 << 10 },
	{ 5, 64 << 10, 64 << 10 },
	{ 5, 1 << 20, 128 << 10 },
	{ 10, 0, 4 << 20 },
	{ 14, 0, 4 << 20 },
	{ 14, 8 << 20, 8 << 20 },
	{ 20, UINT32_MAX, 64 << 20 },
	{ UINT32_MAX, 0, 1 << 20 },
	{ UINT32_MAX, 16 << 20, 16 << 20 },
};

static void open_transfer_limit_is_the_smaller_of_mdts_and_wish(void **state)
{
	struct rig *rig = *state;

	for (size_t idx = 0; idx < COUNT(transfer_limits); idx++) {
		rig_open(
			rig,
			NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .mdts = transfer_limits[idx].mdts),
			NVU_CTRL_OPTS(.max_transfer_bytes = transfer_limits[idx].wish));
		assert_int_equal(nvu_ctrl_info(rig->ctrl)->max_transfer_bytes,
				 transfer_limits[idx].expected);
		rig_again(rig);
	}
}

static void open_and_close_many_times_leaves_nothing(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	rig_create(rig, NULL);
	before = rig_mock_stats(rig).dma_mappings;
	for (int turn = 0; turn < 100; turn++) {
		assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		rig_equip(rig, NULL);
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		rig_close(rig);
		assert_int_equal(rig_mock_stats(rig).dma_mappings, before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(open_default_mock_reports_what_it_is),
		RIG_TEST(open_unprintable_serial_is_made_readable),
		RIG_TEST(open_text_filling_its_field_is_terminated),
		RIG_TEST(open_twice_is_refused_until_closed),
		RIG_TEST(open_by_address_alone_needs_no_mock_object),
		RIG_TEST(close_of_nothing_does_nothing),
		RIG_TEST(close_shuts_the_controller_down_in_order),
		RIG_TEST(ns_many_are_found_in_ascending_order),
		RIG_TEST(ns_that_does_not_exist_is_enodev),
		RIG_TEST(ns_info_describes_format_and_identifiers),
		RIG_TEST(open_wrong_address_names_what_is_wrong),
		RIG_TEST(open_options_of_a_newer_program_are_taken_when_unused),
		RIG_TEST(open_options_of_a_newer_program_are_refused_when_used),
		RIG_TEST(open_options_of_an_older_program_are_taken),
		RIG_TEST(open_wrong_options_are_refused),
		RIG_TEST(open_asks_for_no_more_queues_than_granted),
		RIG_TEST(open_transfer_limit_is_the_smaller_of_mdts_and_wish),
		RIG_TEST(open_and_close_many_times_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
