/* SPDX-License-Identifier: MIT */
/*
 * test_check.c: wrong use of the library is named in one line on standard error when NVU_CHECK=1,
 * and right use is not.
 */
#ifdef NDEBUG
#error "tests need their assertions: build without NDEBUG"
#endif

#include <nvu/mock.h>
#include <nvu/nvu.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	struct nvu_mock *mock;
	struct nvu_ctrl *ctrl;
	struct nvu_qpair *qpair;
	const struct nvu_ns *ns;
	struct nvu_dma *buf;
	int saved_stderr;
	int captured;
	char text[4096];
};

static int begin(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	assert_int_equal(nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED), &f.mock), 0);
	assert_int_equal(nvu_ctrl_open(nvu_mock_address(f.mock), NULL, &f.ctrl), 0);
	assert_int_equal(nvu_ns_get(f.ctrl, 1, &f.ns), 0);
	assert_int_equal(nvu_qpair_create(f.ctrl, NVU_QPAIR_OPTS(.depth = 8), &f.qpair), 0);
	assert_int_equal(nvu_dma_alloc(f.ctrl, 65536, &f.buf), 0);
	f.saved_stderr = dup(2);
	f.captured = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	assert_true(f.captured >= 0);
	dup2(f.captured, 2);
	*state = &f;
	return 0;
}

static const char *printed(struct fixture *f)
{
	ssize_t len = pread(f->captured, f->text, sizeof(f->text) - 1, 0);

	f->text[len > 0 ? len : 0] = '\0';
	return f->text;
}

static int end(void **state)
{
	struct fixture *f = *state;

	nvu_qpair_destroy(f->qpair);
	nvu_dma_free(f->buf);
	nvu_ctrl_close(f->ctrl);
	nvu_mock_destroy(f->mock);
	dup2(f->saved_stderr, 2);
	close(f->saved_stderr);
	close(f->captured);
	return 0;
}

/* One line that says both. */
static void assert_says(struct fixture *f, const char *what, const char *more)
{
	const char *text = printed(f);
	const char *line_end = strchr(text, '\n');

	if (!strstr(text, what) || !strstr(text, more) || !line_end || line_end[1])
		fail_msg("expected one line with '%s' and '%s', got: %s", what, more, text);
	assert_ptr_equal(strstr(text, "nvu: check: "), text);
}

static uint32_t reap(struct fixture *f, uint32_t want)
{
	struct nvu_cpl cpls[8];
	uint32_t got = 0;

	for (int turn = 0; turn < 1000 && got < want; turn++) {
		int count;

		nvu_mock_step(f->mock, 8);
		count = nvu_poll(f->qpair, cpls, 8);
		assert_true(count >= 0);
		for (int i = 0; i < count; i++)
			assert_int_equal(cpls[i].status, 0);
		got += (uint32_t)count;
	}
	return got;
}

static void right_use_prints_nothing_and_moves_data(void **state)
{
	struct fixture *f = *state;
	char *data = nvu_dma_addr(f->buf);
	const struct nvu_sqe raw = { .opcode = NVU_CMD_FLUSH, .nsid = nvu_le32_put(1) };

	memset(data, 0x5a, 4096);
	for (int round = 0; round < 100; round++) {
		assert_int_equal(nvu_write(f->qpair, f->ns, 8, 8, f->buf, 0, 1), 0);
		assert_int_equal(nvu_submit(f->qpair), 0);
		assert_int_equal(reap(f, 1), 1);
		assert_int_equal(nvu_read(f->qpair, f->ns, 8, 8, f->buf, 4096, 2), 0);
		assert_int_equal(nvu_flush(f->qpair, f->ns, 3), 0);
		assert_int_equal(nvu_io(f->qpair, &raw, NULL, 0, 0, 4), 0);
		assert_int_equal(reap(f, 3), 3);
		assert_memory_equal(data, data + 4096, 4096);
		memset(data + 4096, 0, 4096);
	}

	assert_string_equal(printed(f), "");
	assert_int_equal(nvu_mock_violations(f->mock), 0);
}

static void full_queue_is_not_wrong_use(void **state)
{
	struct fixture *f = *state;

	for (uint64_t i = 0; i < 7; i++)
		assert_int_equal(nvu_read(f->qpair, f->ns, 0, 1, f->buf, 0, i), 0);
	assert_int_equal(nvu_read(f->qpair, f->ns, 0, 1, f->buf, 0, 9), -EAGAIN);

	assert_int_equal(reap(f, 7), 7);
	assert_string_equal(printed(f), "");
}

static void dma_free_with_a_command_in_flight_is_named_and_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(nvu_read(f->qpair, f->ns, 0, 8, f->buf, 0, 0), 0);
	assert_int_equal(nvu_dma_free(f->buf), -EBUSY);

	assert_says(f, "nvu_dma_free", "in flight");
	assert_int_equal(reap(f, 1), 1);
	assert_int_equal(nvu_dma_free(f->buf), 0);
	f->buf = NULL;
}

/* Each piece of a request, also of one of several commands. */
static void dma_free_of_a_piece_in_flight_is_refused(void **state)
{
	struct fixture *f = *state;
	struct nvu_dma *bufs[3];
	struct nvu_piece pieces[6];

	for (int i = 0; i < 3; i++)
		assert_int_equal(nvu_dma_alloc(f->ctrl, 8192, &bufs[i]), 0);
	for (int i = 0; i < 6; i++)
		pieces[i] = (struct nvu_piece){ bufs[i % 3], 4096ul * (i > 2), 4096 };
	for (uint32_t flags = 0; flags < 2; flags++) {
		assert_int_equal(nvu_rw(f->qpair, NVU_RW_ARGS(.ns = f->ns, .opcode = NVU_CMD_READ,
							      .blocks = 48, .pieces = pieces,
							      .piece_count = 6, .flags = flags)),
				 0);
		for (int i = 0; i < 3; i++)
			assert_int_equal(nvu_dma_free(bufs[i]), -EBUSY);
		assert_int_equal(reap(f, 1), 1);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(nvu_dma_free(bufs[i]), 0);
}

static void dma_free_twice_is_named(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(nvu_dma_free(f->buf), 0);
	assert_int_equal(nvu_dma_free(f->buf), -EINVAL);

	assert_says(f, "nvu_dma_free", "freed before");
	f->buf = NULL;
}

static void poll_without_room_is_named(void **state)
{
	struct fixture *f = *state;
	struct nvu_cpl cpl;

	assert_int_equal(nvu_poll(f->qpair, &cpl, 0), 0);

	assert_says(f, "nvu_poll", "no room");
}

static void destroyed_queue_pair_in_use_is_named(void **state)
{
	struct fixture *f = *state;
	struct nvu_qpair *gone = f->qpair;
	struct nvu_qpair_stats stats;
	struct nvu_cpl cpl;
	uint64_t bucket;

	f->qpair = NULL;
	nvu_qpair_destroy(gone);
	assert_string_equal(printed(f), "");

	assert_int_equal(nvu_read(gone, f->ns, 0, 1, f->buf, 0, 0), -EINVAL);
	assert_says(f, "nvu_read", "destroyed before");
	assert_int_equal(nvu_submit(gone), -EINVAL);
	for (int turn = 0; turn < 3; turn++)
		assert_int_equal(nvu_poll(gone, &cpl, 1), -EINVAL);
	nvu_qpair_set_timeout(gone, 1);
	nvu_qpair_stats(gone, &stats, sizeof(stats));
	assert_int_equal(nvu_qpair_latency(gone, &bucket, 1), -EINVAL);
	assert_int_equal(nvu_qpair_depth(gone), 7);
	assert_int_equal(nvu_qpair_id(gone), 1);
	nvu_qpair_destroy(gone);
	assert_non_null(strstr(printed(f), "nvu_submit: queue pair 1 was destroyed"));
	assert_non_null(strstr(f->text, "nvu_qpair_set_timeout: queue pair 1 was destroyed"));
	assert_non_null(strstr(f->text, "nvu_qpair_stats: queue pair 1 was destroyed"));
	assert_non_null(strstr(f->text, "nvu_qpair_latency: queue pair 1 was destroyed"));
	assert_non_null(strstr(f->text, "nvu_qpair_depth: queue pair 1 was destroyed"));
	assert_non_null(strstr(f->text, "nvu_qpair_id: queue pair 1 was destroyed"));
	assert_non_null(strstr(f->text, "nvu_poll: queue pair 1 was destroyed"));
	assert_non_null(strstr(f->text, "nvu_qpair_destroy: queue pair 1 was destroyed"));
}

static void destroying_with_commands_in_flight_is_named(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(nvu_read(f->qpair, f->ns, 0, 1, f->buf, 0, 0), 0);
	assert_int_equal(nvu_read(f->qpair, f->ns, 0, 1, f->buf, 0, 0), 0);
	nvu_qpair_destroy(f->qpair);

	assert_says(f, "nvu_qpair_destroy", "2 commands in flight");
	f->qpair = NULL;
}

static void closing_before_destroying_is_named(void **state)
{
	struct fixture *f = *state;

	nvu_ctrl_close(f->ctrl);

	assert_says(f, "nvu_ctrl_close", "queue pair 1 is still open");
	f->ctrl = NULL;
}

/* It has been said that the order is wrong; after that everything ends in peace. */
static void buffer_of_an_orphaned_queue_pair_is_freed(void **state)
{
	struct fixture *f = *state;
	struct nvu_cpl cpls[8];

	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(nvu_read(f->qpair, f->ns, 0, 1, f->buf, 0, i), 0);
	nvu_ctrl_close(f->ctrl);
	f->ctrl = NULL;

	assert_int_equal(nvu_dma_free(f->buf), 0);
	f->buf = NULL;
	assert_int_equal(nvu_poll(f->qpair, cpls, 8), 3);
	assert_int_equal(cpls[0].status, -ECANCELED);
	assert_int_equal(nvu_poll(f->qpair, cpls, 8), -ENODEV);
	nvu_qpair_destroy(f->qpair);
	f->qpair = NULL;

	assert_says(f, "nvu_ctrl_close", "queue pair 1 is still open");
}

/* A buffer belongs to the IOMMU domain, not to the controller. */
static void buffer_freed_after_its_controller_is_not_wrong_use(void **state)
{
	struct fixture *f = *state;

	nvu_qpair_destroy(f->qpair);
	nvu_ctrl_close(f->ctrl);
	f->qpair = NULL;
	f->ctrl = NULL;

	assert_int_equal(nvu_dma_free(f->buf), 0);
	f->buf = NULL;

	assert_string_equal(printed(f), "");
}

static void freed_buffer_in_use_is_named(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(nvu_dma_free(f->buf), 0);

	assert_int_equal(nvu_read(f->qpair, f->ns, 0, 1, f->buf, 0, 0), -EINVAL);
	assert_says(f, "nvu_read", "the buffer was freed before");
	assert_null(nvu_dma_addr(f->buf));
	assert_int_equal(nvu_dma_len(f->buf), 0);
	assert_int_equal(nvu_dma_iova(f->buf), 0);
	assert_non_null(strstr(printed(f), "nvu_dma_addr: the buffer was freed before"));
	assert_non_null(strstr(f->text, "nvu_dma_len: the buffer was freed before"));
	assert_non_null(strstr(f->text, "nvu_dma_iova: the buffer was freed before"));
	f->buf = NULL;
}

static void namespace_of_a_closed_controller_in_use_is_named(void **state)
{
	struct fixture *f = *state;
	const struct nvu_ns *gone = f->ns;

	nvu_qpair_destroy(f->qpair);
	nvu_ctrl_close(f->ctrl);
	assert_int_equal(nvu_ctrl_open(nvu_mock_address(f->mock), NULL, &f->ctrl), 0);
	assert_int_equal(nvu_qpair_create(f->ctrl, NULL, &f->qpair), 0);

	assert_int_equal(nvu_read(f->qpair, gone, 0, 1, f->buf, 0, 0), -EINVAL);
	assert_says(f, "nvu_read", "the controller of namespace 1 was closed before");
	assert_int_equal(nvu_flush(f->qpair, gone, 0), -EINVAL);
	assert_int_equal(nvu_ns_info(gone)->nsid, 1);
	(void)nvu_ns_identify(gone);
	assert_non_null(strstr(printed(f), "nvu_flush: the controller of namespace 1"));
	assert_non_null(strstr(f->text, "nvu_ns_info: the controller of namespace 1"));
	assert_non_null(strstr(f->text, "nvu_ns_identify: the controller of namespace 1"));
}

static void closed_controller_in_use_is_named(void **state)
{
	struct fixture *f = *state;
	struct nvu_ctrl *gone = f->ctrl;
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_GET_FEATURES };
	static const char *const functions[] = {
		"nvu_ctrl_service", "nvu_ctrl_reset", "nvu_qpair_create",    "nvu_dma_alloc",
		"nvu_dma_register", "nvu_admin",      "nvu_ctrl_release_fd", "nvu_ns_get",
		"nvu_ns_next",	    "nvu_ctrl_info",  "nvu_ctrl_identify",   "nvu_ctrl_close",
		"nvu_admin_start",  "nvu_admin_poll",
	};
	struct nvu_dma *buf;
	struct nvu_cpl cpl;

	nvu_qpair_destroy(f->qpair);
	nvu_ctrl_close(gone);
	f->qpair = NULL;
	f->ctrl = NULL;

	assert_int_equal(nvu_ctrl_service(gone, NULL), -EINVAL);
	assert_says(f, "nvu_ctrl_service", "closed before");
	assert_int_equal(nvu_ctrl_reset(gone), -EINVAL);
	assert_int_equal(nvu_qpair_create(gone, NULL, &f->qpair), -EINVAL);
	assert_int_equal(nvu_dma_alloc(gone, 4096, &buf), -EINVAL);
	assert_int_equal(nvu_dma_register(gone, f, 4096, &buf), -EINVAL);
	assert_int_equal(nvu_admin(gone, &cmd, NULL, 0, 0, NULL), -EINVAL);
	assert_int_equal(nvu_admin_start(gone, &cmd, NULL, 0, 0, 0), -EINVAL);
	assert_int_equal(nvu_admin_poll(gone, &cpl, 1), -EINVAL);
	assert_int_equal(nvu_ctrl_release_fd(gone), -EINVAL);
	assert_int_equal(nvu_ns_get(gone, 1, &f->ns), -EINVAL);
	assert_int_equal(nvu_ns_next(gone, 0), 0);
	(void)nvu_ctrl_info(gone);
	(void)nvu_ctrl_identify(gone);
	nvu_ctrl_close(gone);
	(void)printed(f);
	for (size_t idx = 0; idx < sizeof(functions) / sizeof(functions[0]); idx++) {
		char line[80];

		(void)snprintf(line, sizeof(line),
			       "nvu: check: %s: the controller was closed before\n",
			       functions[idx]);
		if (!strstr(f->text, line))
			fail_msg("%s is not named: %s", functions[idx], f->text);
	}
}

static struct {
	struct fixture *target;
	intptr_t ret;
} meddler;

static void *call_from_elsewhere(void *arg)
{
	struct fixture *f = arg;

	meddler.ret = nvu_read(f->qpair, f->ns, 0, 1, f->buf, 0, 0);
	nvu_qpair_destroy(f->qpair);
	return NULL;
}

/* No assertion in here: leaving nvu_poll() by a jump would leave its locks taken. */
static void meddle(void *arg, int level, const char *line)
{
	struct fixture *target = meddler.target;
	pthread_t thread;
	(void)arg;
	(void)level;
	(void)line;

	meddler.target = NULL;
	if (target && !pthread_create(&thread, NULL, call_from_elsewhere, target))
		(void)pthread_join(thread, NULL);
}

/* The log function runs inside nvu_poll() of this thread: at that time another thread reads. */
static void two_threads_at_once_are_named(void **state)
{
	struct fixture *f = *state;
	struct nvu_cpl cpl;
	int ret = 0;

	assert_int_equal(nvu_mock_inject(f->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW)),
			 0);
	meddler.target = f;
	meddler.ret = 0;
	nvu_set_log(NVU_LOG_LEVEL_DEBUG, meddle, NULL);
	for (int i = 0; i < 10000 && ret >= 0; i++) {
		const struct timespec pause = { .tv_nsec = 1000000 };

		ret = nvu_poll(f->qpair, &cpl, 1);
		(void)nanosleep(&pause, NULL);
	}
	nvu_set_log(NVU_LOG_LEVEL_OFF, NULL, NULL);

	assert_null(meddler.target);
	assert_int_equal(meddler.ret, -EINVAL);
	assert_non_null(strstr(printed(f), "nvu_read: queue pair 1 is in use by thread"));
	assert_non_null(strstr(f->text, "nvu_qpair_destroy: queue pair 1 is in use by thread"));
	assert_non_null(strstr(f->text, "one thread at a time"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(right_use_prints_nothing_and_moves_data),
		CASE(full_queue_is_not_wrong_use),
		CASE(dma_free_with_a_command_in_flight_is_named_and_refused),
		CASE(dma_free_of_a_piece_in_flight_is_refused),
		CASE(dma_free_twice_is_named),
		CASE(poll_without_room_is_named),
		CASE(destroyed_queue_pair_in_use_is_named),
		CASE(destroying_with_commands_in_flight_is_named),
		CASE(closing_before_destroying_is_named),
		CASE(buffer_of_an_orphaned_queue_pair_is_freed),
		CASE(buffer_freed_after_its_controller_is_not_wrong_use),
		CASE(freed_buffer_in_use_is_named),
		CASE(namespace_of_a_closed_controller_in_use_is_named),
		CASE(closed_controller_in_use_is_named),
		CASE(two_threads_at_once_are_named),
	};

	setenv("NVU_CHECK", "1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
