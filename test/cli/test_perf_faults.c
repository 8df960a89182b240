/* SPDX-License-Identifier: MIT */
/*
 * test_perf_faults.c: perf on a controller that misbehaves. It runs in this process, so that the
 * test can reach the mock; what it prints goes to files. Whatever happens it must end, say what
 * happened in a line, and exit with 1.
 */
#include "perf.h"

#include <nvu/mock.h>
#include <nvu/nvu.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_BYTES = 8192, ARGS_MAX = 24 };

struct fixture {
	struct nvu_mock *mock;
	char out[TEXT_BYTES];
	char err[TEXT_BYTES];
};

static int set_up(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	*state = &fixture;
	return nvu_mock_create(NVU_MOCK_OPTS(.ns_bytes = 4 << 20), &fixture.mock);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	uint32_t violations = nvu_mock_violations(fixture->mock);

	if (violations)
		print_error("%s\n", nvu_mock_violation(fixture->mock, 0));
	nvu_mock_destroy(fixture->mock);
	return violations ? -1 : 0;
}

/* Redirect @fd to a file without a name; returns what it was. */
static int divert(int fd, FILE *file)
{
	int saved = dup(fd);

	assert_true(saved >= 0);
	assert_true(dup2(fileno(file), fd) >= 0);
	return saved;
}

static void restore(int fd, int saved, FILE *file, char *ret_text)
{
	size_t len;

	assert_true(dup2(saved, fd) >= 0);
	close(saved);
	rewind(file);
	len = fread(ret_text, 1, TEXT_BYTES - 1, file);
	ret_text[len] = 0;
	(void)fclose(file);
}

/* perf with @arguments, separated by blanks, on the fixture's mock. */
static int run_perf(struct fixture *fixture, const char *arguments)
{
	char line[512], *argv[ARGS_MAX], *rest = line;
	FILE *out = tmpfile(), *err = tmpfile();
	int argc = 0, saved_out, saved_err, status;

	assert_non_null(out);
	assert_non_null(err);
	(void)snprintf(line, sizeof(line), "perf %s %s", arguments,
		       nvu_mock_address(fixture->mock));
	while (argc < ARGS_MAX - 1 && (argv[argc] = strtok_r(rest, " ", &rest)))
		argc++;
	argv[argc] = NULL;

	fflush(stdout);
	saved_out = divert(STDOUT_FILENO, out);
	saved_err = divert(STDERR_FILENO, err);
	status = perf_main(argc, argv);
	fflush(stdout);
	restore(STDOUT_FILENO, saved_out, out, fixture->out);
	restore(STDERR_FILENO, saved_err, err, fixture->err);
	return status;
}

static void assert_one_line_with(const char *text, const char *words)
{
	const char *newline = strchr(text, '\n');

	if (!strstr(text, words) || !newline || newline[1])
		fail_msg("not one line with '%s': %s", words, text);
}

static void perf_main_healthy_controller_returns_0(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(run_perf(fixture, "-c 1000 -q 8"), 0);

	assert_string_equal(fixture->err, "");
	assert_non_null(strstr(fixture->out, "IOPS"));
}

static void perf_main_media_errors_are_counted_and_the_run_goes_on(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock,
			NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .opcode = NVU_CMD_READ,
				       .status = NVU_SC_UNRECOVERED_READ, .skip = 10, .count = 3));

	assert_int_equal(run_perf(fixture, "-c 1000 -q 8"), 1);

	assert_one_line_with(fixture->err, ": 3 reads failed, the first at block ");
	assert_non_null(strstr(fixture->out, "  997 "));
}

static void perf_main_lost_command_ends_the_run(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock,
			NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ,
				       .skip = 100, .count = 1));

	assert_int_equal(run_perf(fixture, "-t 60 -q 8 --timeout-ms 200"), 1);

	assert_non_null(strstr(fixture->err, " got no answer within 200 ms"));
}

static void perf_main_all_commands_lost_ends_the_run(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = 1));

	assert_int_equal(run_perf(fixture, "-t 60 -q 4 -j 2 --timeout-ms 200"), 1);

	assert_non_null(strstr(fixture->err, "no answer within 200 ms"));
}

static void perf_main_controller_fatal_status_ends_the_run(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS, .qid = 1,
						      .skip = 100, .count = 1));

	assert_int_equal(run_perf(fixture, "-t 60 -q 8 --timeout-ms 200"), 1);

	assert_non_null(strstr(fixture->err, "perf"));
}

static void perf_main_controller_gone_ends_the_run(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE, .qid = 1,
						      .skip = 100, .count = 1));

	assert_int_equal(run_perf(fixture, "-t 60 -q 8 --timeout-ms 200"), 1);

	assert_true(strlen(fixture->err) > 0);
}

static void perf_main_unknown_cid_does_not_hang(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_UNKNOWN_CID, .qid = 1,
						      .value = 0x7fff, .skip = 100, .count = 1));

	assert_int_equal(run_perf(fixture, "-t 60 -q 8 --timeout-ms 200"), 1);

	assert_non_null(strstr(fixture->err, "no answer"));
}

static void perf_main_repeated_completion_is_reported(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DUPLICATE_CID,
						      .qid = 1, .skip = 100, .count = 1));

	assert_int_equal(run_perf(fixture, "-c 1000 -q 8"), 1);

	assert_one_line_with(fixture->err, "1 completion belonged to no command in flight");
	assert_non_null(strstr(fixture->out, "1,000 "));
}

static void perf_main_verify_finds_a_corrupted_byte(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock,
			NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CORRUPT, .opcode = NVU_CMD_READ,
				       .offset = 1000, .skip = 50, .count = 1));

	assert_int_equal(run_perf(fixture, "-c 500 -q 8 -w randwrite --verify"), 1);

	assert_one_line_with(fixture->err, "1 read returned wrong data");
	assert_non_null(strstr(fixture->err, "wrong from byte 488"));
}

static void perf_main_verify_after_a_failed_write_goes_on(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock,
			NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .opcode = NVU_CMD_WRITE,
				       .status = NVU_SC_WRITE_FAULT, .skip = 50, .count = 1));

	assert_int_equal(run_perf(fixture, "-c 5000 -q 8 -w randrw --verify"), 1);

	assert_one_line_with(fixture->err, "1 write failed");
}

/* Commands only flow once the handler is in place, so this cannot hit too early. */
static void *interrupt_when_busy(void *arg)
{
	struct nvu_mock_stats stats;

	do
		nvu_mock_stats(arg, &stats, sizeof(stats));
	while (!stats.io_commands);
	(void)kill(getpid(), SIGINT);
	return NULL;
}

static void perf_main_interrupted_still_shows_the_table(void **state)
{
	struct fixture *fixture = *state;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, interrupt_when_busy, fixture->mock), 0);
	assert_int_equal(run_perf(fixture, "-t 600"), 0);
	pthread_join(thread, NULL);

	assert_string_equal(fixture->err, "");
	assert_non_null(strstr(fixture->out, "interrupted"));
	assert_non_null(strstr(fixture->out, "IOPS"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(perf_main_healthy_controller_returns_0),
		CASE(perf_main_media_errors_are_counted_and_the_run_goes_on),
		CASE(perf_main_lost_command_ends_the_run),
		CASE(perf_main_all_commands_lost_ends_the_run),
		CASE(perf_main_controller_fatal_status_ends_the_run),
		CASE(perf_main_controller_gone_ends_the_run),
		CASE(perf_main_unknown_cid_does_not_hang),
		CASE(perf_main_repeated_completion_is_reported),
		CASE(perf_main_verify_finds_a_corrupted_byte),
		CASE(perf_main_verify_after_a_failed_write_goes_on),
		CASE(perf_main_interrupted_still_shows_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
