// SPDX-License-Identifier: MIT
/*
 * test_sentences.c: every public call that fails sets a sentence of its own, -EAGAIN excepted; every
 * one that succeeds leaves the last one alone. A public function without a row fails the test, which
 * gets the library's symbol map as its argument.
 */
#include "sentences.h"

static const char *map_path;

static const struct sentence_row *const tables[] = { sentence_ctrl_rows, sentence_io_rows,
						     sentence_nvm_rows,	 sentence_block_rows,
						     sentence_wait_rows, sentence_mock_rows };

void sentence_say_something(struct rig *rig)
{
	const struct nvu_ns *ns;

	assert_int_equal(nvu_ns_get(rig->ctrl, 4242, &ns), -ENODEV);
	rig_assert_sentence("4242");
}

void sentence_die(struct rig *rig)
{
	double end = rig_now() + RIG_PATIENCE_S;
	struct nvu_cpl cpl;

	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	while (rig_poll(rig, &cpl, 1) >= 0)
		assert_true(rig_now() < end);
	sentence_say_something(rig);
}

static void begin(struct rig *rig, uint32_t timeout_ms)
{
	rig_start(rig,
		  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 1 << 20, .io_queues = 4),
		  NVU_CTRL_OPTS(.ready_timeout_ms = timeout_ms, .admin_timeout_ms = timeout_ms),
		  NULL);
	rig->inconsistent = true; /* what a row does to the mock is no business of this test */
	sentence_say_something(rig);
}

static void fail_row(struct rig *rig, const struct sentence_row *row)
{
	int ret;

	begin(rig, 20);
	ret = row->fails(rig);
	if (ret == 0 || ret == -EAGAIN || !nvu_last_error()[0] || strstr(nvu_last_error(), "4242"))
		fail_msg("%s() returned %d; the sentence: %s", row->function, ret,
			 nvu_last_error());
	rig_again(rig);
}

static void failed_calls_set_their_own_sentence(void **state)
{
	for (size_t i = 0; i < COUNT(tables); i++)
		for (const struct sentence_row *row = tables[i]; row->function; row++)
			if (row->fails)
				fail_row(*state, row);
}

static void work_row(struct rig *rig, const struct sentence_row *row)
{
	int ret;

	begin(rig, 500);
	ret = row->works(rig);
	if (ret || !strstr(nvu_last_error(), "4242"))
		fail_msg("%s() returned %d; the sentence: %s", row->function, ret,
			 nvu_last_error());
	rig_again(rig);
}

static void successful_calls_leave_the_sentence_alone(void **state)
{
	for (size_t i = 0; i < COUNT(tables); i++)
		for (const struct sentence_row *row = tables[i]; row->function; row++)
			if (row->works)
				work_row(*state, row);
}

/* A queue pair that has outlived its controller. */
static void calls_of_an_orphan_set_their_own_sentence(void **state)
{
	const struct nvu_sqe cmd = { .opcode = NVU_CMD_READ };
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;
	while (nvu_poll(rig->qpair, &cpl, 1) >= 0)
		;
	for (int i = 0; i < 5; i++) {
		int ret;

		assert_int_equal(nvu_ctrl_open("mock:colour=red", NULL, &rig->ctrl), -EINVAL);
		ret = i == 0   ? nvu_submit(rig->qpair)
		      : i == 1 ? nvu_poll(rig->qpair, &cpl, 1)
		      : i == 2 ? nvu_io(rig->qpair, &cmd, NULL, 0, 0, 0)
		      : i == 3 ? nvu_poll_callbacks(rig->qpair, 1)
			       : nvu_qpair_latency(rig->qpair, &cpl.user_data, 1);
		assert_true(ret < 0 && ret != -EAGAIN);
		assert_null(strstr(nvu_last_error(), "colour"));
	}
}

/* A completion is no failed call: its status is all that there is. */
static void late_and_cancelled_commands_are_explained(void **state)
{
	static const int statuses[] = { -ETIMEDOUT, -ECANCELED, -EIO, -ENODEV, 0x281, 0x80 };
	struct nvu_cpl cpl;

	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++) {
		cpl.status = (int16_t)statuses[i];
		assert_non_null(strchr(nvu_strerror(cpl.status), ' '));
		assert_null(strstr(nvu_strerror(cpl.status), "unknown"));
	}
	assert_non_null(strstr(nvu_strerror(-ETIMEDOUT), "deadline"));
	assert_non_null(strstr(nvu_strerror(-ECANCELED), "reset"));
}

static bool has_row(const char *function)
{
	for (size_t i = 0; i < COUNT(tables); i++)
		for (const struct sentence_row *row = tables[i]; row->function; row++)
			if (!strcmp(row->function, function))
				return true;
	return false;
}

static void every_public_function_has_a_row(void **state)
{
	FILE *map = fopen(map_path, "r");
	char line[128], function[64];
	size_t functions = 0;

	(void)state;
	assert_non_null(map);
	while (fgets(line, sizeof(line), map)) {
		if (sscanf(line, " %63[a-z0-9_];", function) != 1 || strncmp(function, "nvu_", 4))
			continue;
		functions++;
		if (!has_row(function))
			fail_msg("%s() has no row in test/mock/sentences_*.c", function);
	}
	(void)fclose(map);
	assert_true(functions > 40);
}
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(failed_calls_set_their_own_sentence),
		RIG_TEST(successful_calls_leave_the_sentence_alone),
		RIG_TEST(calls_of_an_orphan_set_their_own_sentence),
		cmocka_unit_test(late_and_cancelled_commands_are_explained),
		cmocka_unit_test(every_public_function_has_a_row),
	};

	if (argc != 2)
		return 2;
	map_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
