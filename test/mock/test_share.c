// SPDX-License-Identifier: MIT
/*
 * test_share.c: one address opens a controller and a namespace; parts of a program that use the same address share the
 * controller; and a piece of memory finds its buffer.
 */
#include "harness.h"

#include "clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* The rig's mock, with the namespace of `suffix`, such as "#2". */
static const char *address_of(const struct rig *rig, const char *suffix)
{
	static char address[64];

	(void)snprintf(address, sizeof(address), "%s%s", rig_address(rig), suffix);
	return address;
}

static void create_two_namespaces(struct rig *rig)
{
	rig_create(rig,
		   NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .namespaces = 2, .ns_bytes = 1 << 20));
}

static void open_takes_the_namespace_of_the_address(void **state)
{
	static const struct {
		const char *suffix;
		uint32_t nsid;
	} rows[] = { { "", 1 }, { "#1", 1 }, { "#2", 2 }, { "#0002", 2 } };
	struct rig *rig = *state;

	create_two_namespaces(rig);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
			nvu_open(address_of(rig, rows[i].suffix), NULL, &rig->ctrl, &rig->ns), 0);
		assert_int_equal(nvu_ns_info(rig->ns)->nsid, rows[i].nsid);
		nvu_ctrl_close(rig->ctrl);
	}
	rig->ctrl = NULL;
}

static void open_without_such_a_namespace_leaves_nothing_open(void **state)
{
	static const struct {
		const char *suffix;
		int ret;
		const char *word;
	} rows[] = {
		{ "#3", -ENODEV, "namespace 3 is not active" },
		{ "#4294967294", -ENODEV, "not active" },
		{ "#4294967295", -EINVAL, "from 1 to 4294967294" },
		{ "#18446744073709551617", -EINVAL, "from 1 to 4294967294" },
		{ "#0", -EINVAL, "behind the #" },
		{ "#", -EINVAL, "behind the #" },
		{ "#2x", -EINVAL, "behind the #" },
		{ "# 2", -EINVAL, "behind the #" },
		{ "#-1", -EINVAL, "behind the #" },
		{ "#1#2", -EINVAL, "#1" },
	};
	struct rig *rig = *state;
	const struct nvu_ns *ns = NULL;

	create_two_namespaces(rig);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int ret = nvu_open(address_of(rig, rows[i].suffix), NULL, &rig->ctrl, &ns);

		if (ret != rows[i].ret || !strstr(nvu_last_error(), rows[i].word) || rig->ctrl ||
		    ns)
			fail_msg("%s: %d: %s", rows[i].suffix, ret, nvu_last_error());
	}
	assert_int_equal(nvu_open(NULL, NULL, &rig->ctrl, &ns), -EINVAL);
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
}

/* A file's name may have a #: the last one begins the namespace. */
static void open_of_a_file_whose_name_has_the_separator(void **state)
{
	struct rig *rig = *state;
	char path[] = "/tmp/nvu-share#1-XXXXXX", address[96];
	int fd = mkstemp(path);

	assert_true(fd >= 0 && !ftruncate(fd, 1 << 20) && !close(fd));
	clock_stop(); /* the mock has a thread */
	(void)snprintf(address, sizeof(address), "mock:file=%s", path);
	assert_int_equal(nvu_open(address, NULL, &rig->ctrl, &rig->ns), -EINVAL);
	(void)snprintf(address, sizeof(address), "mock:file=%s#1", path);

	assert_int_equal(nvu_open(address, NULL, &rig->ctrl, &rig->ns), 0);

	assert_int_equal(nvu_ns_info(rig->ns)->blocks, 2048);
	assert_int_equal(unlink(path), 0);
}

static void controller_alone_has_no_namespace_in_its_address(void **state)
{
	struct rig *rig = *state;

	create_two_namespaces(rig);

	assert_int_equal(nvu_ctrl_open(address_of(rig, "#2"), NULL, &rig->ctrl), -EINVAL);
	rig_assert_sentence("nvu_open()");
	assert_int_equal(nvu_ctrl_open("0000:01:00.0#1", NULL, &rig->ctrl), -EINVAL);
	rig_assert_sentence("nvu_open()");
}

static void same_address_is_one_controller_until_the_last_close(void **state)
{
	struct rig *rig = *state;
	struct nvu_ctrl *second = NULL, *third = NULL;
	const struct nvu_ns *other;

	create_two_namespaces(rig);
	assert_int_equal(nvu_open(address_of(rig, "#1"), NULL, &rig->ctrl, &rig->ns), 0);
	assert_int_equal(nvu_open(address_of(rig, "#2"), NULL, &second, &other), 0);
	assert_ptr_equal(rig->ctrl, second);
	assert_int_equal(nvu_ns_info(other)->nsid, 2);
	rig_equip(rig, NULL);

	nvu_ctrl_close(second);

	assert_int_equal(rig_write(rig, 0, 8, 0), 0); /* it works for the first still */
	assert_int_equal(nvu_open(address_of(rig, ""), NULL, &third, &other), 0);
	assert_ptr_equal(rig->ctrl, third);
	nvu_ctrl_close(third);
	rig_close(rig);
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
}

static void controller_of_ctrl_open_is_not_shared(void **state)
{
	struct rig *rig = *state;
	struct nvu_ctrl *second = NULL;
	const struct nvu_ns *ns;

	create_two_namespaces(rig);
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);

	assert_int_equal(nvu_open(address_of(rig, "#1"), NULL, &second, &ns), -EBUSY);

	rig_assert_sentence("open already");
	nvu_ctrl_close(rig->ctrl);
	assert_int_equal(nvu_open(address_of(rig, "#1"), NULL, &rig->ctrl, &ns), 0);
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &second), -EBUSY);
}

static void options_of_one_that_joins_say_what_has_to_be(void **state)
{
	static const struct {
		struct nvu_ctrl_opts opts;
		const char *refused; /* NULL: it joins */
	} rows[] = {
		{ { .io_queues = 4 }, NULL },
		{ { .io_queues = 2 }, NULL },
		{ { .io_queues = 9 }, NULL }, /* what the first has asked for */
		{ { .io_queues = 5 }, "io_queues" },
		{ { .io_timeout_ms = 30000 }, NULL },
		{ { .io_timeout_ms = 29999 }, "io_timeout_ms" },
		{ { .admin_timeout_ms = 1234 }, NULL },
		{ { .admin_timeout_ms = 10000 }, "admin_timeout_ms" },
		{ { .ready_timeout_ms = 1 }, "ready_timeout_ms" },
		{ { .shutdown_timeout_ms = 1 }, "shutdown_timeout_ms" },
		{ { .max_transfer_bytes = 1 << 20 }, NULL },
		{ { .max_transfer_bytes = 8192 }, "max_transfer_bytes" },
		{ { .flags = NVU_CTRL_NO_DEVICE_RESET }, NULL },
		{ { .flags = NVU_CTRL_NO_SHADOW_DOORBELLS }, "flags" },
		{ { .quirks = NVU_QUIRK_SLOW_STOP }, "quirks" },
		{ { .quirks = NVU_QUIRK_NO_LOG_PAGES }, NULL },
		{ { .quirks_off = NVU_QUIRK_SLOW_STOP }, NULL },
		{ { .quirks_off = NVU_QUIRK_NO_LOG_PAGES }, "quirks_off" },
	};
	struct rig *rig = *state;
	struct nvu_ctrl *second;

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_SHADOW_DOORBELLS,
				      .ns_bytes = 1 << 20, .io_queues = 4));
	assert_int_equal(nvu_open(address_of(rig, ""),
				  NVU_CTRL_OPTS(.io_queues = 9, .admin_timeout_ms = 1234,
						.quirks = NVU_QUIRK_NO_LOG_PAGES),
				  &rig->ctrl, &rig->ns),
			 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nvu_ctrl_opts opts = rows[i].opts;
		int ret;

		opts.size = sizeof(opts);
		ret = nvu_open(address_of(rig, "#1"), &opts, &second, &rig->ns);
		if (ret != (rows[i].refused ? -EBUSY : 0))
			fail_msg("row %zu: %d: %s", i, ret, nvu_last_error());
		if (ret)
			rig_assert_sentence(rows[i].refused);
		else
			nvu_ctrl_close(second);
	}
	assert_int_equal(
		nvu_open(address_of(rig, ""), NVU_CTRL_OPTS(.flags = 1u << 31), &second, &rig->ns),
		-EINVAL);
}

static void failed_controller_is_not_joined(void **state)
{
	struct rig *rig = *state;
	struct nvu_ctrl *second = NULL;

	create_two_namespaces(rig);
	rig->inconsistent = true;
	assert_int_equal(nvu_open(address_of(rig, ""), NULL, &rig->ctrl, &rig->ns), 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), -ENODEV);

	assert_true(nvu_open(address_of(rig, ""), NULL, &second, &rig->ns) < 0);

	rig_assert_sentence("close it and open it again");
	assert_null(second);
}

/* The first of them fails, and does not leave an entry behind at which the next would wait. */
static void open_that_fails_can_be_tried_again(void **state)
{
	struct rig *rig = *state;

	create_two_namespaces(rig);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .status = 6,
				       .qid = NVU_MOCK_ADMIN_QUEUE, .opcode = NVU_ADMIN_IDENTIFY,
				       .count = 1));
	assert_true(nvu_open(address_of(rig, ""), NULL, &rig->ctrl, &rig->ns) != 0);
	assert_null(rig->ctrl);

	assert_int_equal(nvu_open(address_of(rig, ""), NULL, &rig->ctrl, &rig->ns), 0);
}

enum { OPENERS = 4, ROUNDS = 25 };

static void *open_and_close(void *address)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct nvu_ctrl *ctrl;
		struct nvu_dma *buf = NULL;
		const struct nvu_ns *ns;

		if (nvu_open(address, NULL, &ctrl, &ns) || nvu_dma_alloc(ctrl, PAGE, &buf) ||
		    nvu_ns_info(ns)->nsid != 1 || nvu_dma_free(buf))
			return (void *)nvu_last_error();
		nvu_ctrl_close(ctrl);
	}
	return NULL;
}

static void threads_open_and_close_one_address_at_any_time(void **state)
{
	struct rig *rig = *state;
	pthread_t threads[OPENERS];
	char address[64];

	rig_create(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20));
	(void)snprintf(address, sizeof(address), "%s#1", rig_address(rig));
	for (int i = 0; i < OPENERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, open_and_close, address), 0);
	for (int i = 0; i < OPENERS; i++) {
		void *why = address;

		assert_int_equal(pthread_join(threads[i], &why), 0);
		assert_null(why);
	}
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
}

static void memory_finds_its_buffer(void **state)
{
	struct rig *rig = *state;
	const struct nvu_dma *found = NULL;
	struct nvu_dma *other;
	char *data, *memory = NULL;
	size_t offset = 0;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_dma_alloc(rig->ctrl, 3 * PAGE - 100, &other), 0);
	data = nvu_dma_addr(other);

	assert_int_equal(nvu_dma_find(rig->ctrl, rig->data, RIG_DATA_BYTES, &found, &offset), 0);
	assert_true(found == rig->buf && offset == 0);
	assert_int_equal(nvu_dma_find(rig->ctrl, data + 4097, 1, &found, &offset), 0);
	assert_true(found == other && offset == 4097);
	assert_int_equal(nvu_dma_find(rig->ctrl, data + 5, 3 * PAGE - 105, &found, &offset), 0);
	assert_true(found == other && offset == 5);
	found = NULL;
	/* One byte more than the buffer has, one before it, one in no buffer; none; and more than there can be. */
	assert_int_equal(nvu_dma_find(rig->ctrl, data + 5, 3 * PAGE - 104, &found, &offset),
			 -ENOENT);
	rig_assert_sentence("no buffer holds all");
	assert_int_equal(nvu_dma_find(rig->ctrl, data - 1, 2, &found, &offset), -ENOENT);
	assert_int_equal(nvu_dma_find(rig->ctrl, &memory, 1, &found, &offset), -ENOENT);
	assert_int_equal(nvu_dma_find(rig->ctrl, data, 0, &found, &offset), -EINVAL);
	assert_int_equal(nvu_dma_find(rig->ctrl, data, SIZE_MAX, &found, &offset), -EINVAL);
	assert_int_equal(nvu_dma_find(rig->ctrl, NULL, 1, &found, &offset), -EINVAL);
	assert_true(!found && offset == 5);
	assert_int_equal(nvu_dma_free(other), 0);
	assert_int_equal(nvu_dma_find(rig->ctrl, data, 1, &found, &offset), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(open_takes_the_namespace_of_the_address),
		RIG_TEST(open_without_such_a_namespace_leaves_nothing_open),
		RIG_TEST(open_of_a_file_whose_name_has_the_separator),
		RIG_TEST(controller_alone_has_no_namespace_in_its_address),
		RIG_TEST(same_address_is_one_controller_until_the_last_close),
		RIG_TEST(controller_of_ctrl_open_is_not_shared),
		RIG_TEST(options_of_one_that_joins_say_what_has_to_be),
		RIG_TEST(failed_controller_is_not_joined),
		RIG_TEST(open_that_fails_can_be_tried_again),
		RIG_TEST(threads_open_and_close_one_address_at_any_time),
		RIG_TEST(memory_finds_its_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
