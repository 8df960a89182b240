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
#include <time.h>
#include <unistd.h>

enum {
	TEXT_BYTES = 8192,
	ARGS_MAX = 24,
	SOON_S = 120, /* "in time" on a busy machine; runs that nothing ends would take 600 s */
};

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

/* perf fails, in time, and each of the words, separated by |, is in what it says. */
static void assert_fails_with(struct fixture *fixture, const char *arguments, const char *words)
{
	char copy[512], *rest = copy, *word;
	struct timespec begin, end;

	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	assert_int_equal(run_perf(fixture, arguments), 1);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(end.tv_sec - begin.tv_sec < SOON_S);
	(void)snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strtok_r(rest, "|", &rest)))
		if (!strstr(fixture->err, word))
			fail_msg("no '%s' in: %s", word, fixture->err);
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

/*
 * Where a command must be late, the first one is: nothing before it can be late as well because
 * the machine is busy. Where none must be, none is.
 */
#define BRIEFLY "-t 600 -q 8 --timeout-ms 200"
#define PATIENTLY "-t 600 -q 8 --timeout-ms 60000"
#define ESCALATION "what nvu did: queue 1: a command is late: abort; queue 1: deleting the queues"

static void perf_main_lost_command_ends_the_run(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP,
						      .opcode = NVU_CMD_READ, .count = 1));

	assert_fails_with(fixture, "-t 600 -q 1 --timeout-ms 200",
			  " 1 read got no answer within 200 ms|" ESCALATION);
}

/* Commands before it may be late as well, when the machine is busy: how many is not asserted. */
static void perf_main_command_lost_in_full_flow_ends_the_run(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock,
			NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ,
				       .skip = 100, .count = 1));

	assert_fails_with(fixture, BRIEFLY, "no answer within 200 ms|a command is late: abort");
}

static void perf_main_all_commands_lost_ends_the_run(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = 1));

	assert_fails_with(
		fixture, "-t 600 -q 4 -j 2 --timeout-ms 200",
		"no answer within 200 ms|what nvu did: |queue 1: a command is late: abort|"
		"queue 1: deleting the queues");
}

static void perf_main_controller_fatal_status_ends_the_run(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS, .qid = 1,
						      .skip = 100, .count = 1));

	assert_fails_with(
		fixture, PATIENTLY,
		"failed, the first at block |ended before it was answered|what nvu did: "
		"resetting: the controller reports a fatal error (CSTS.CFS)|reset, and up "
		"again");
}

static void perf_main_controller_gone_ends_the_run(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE, .qid = 1,
						      .skip = 100, .count = 1));

	assert_fails_with(fixture, PATIENTLY,
			  "failed, the first at block |ended before it was answered|what nvu did: "
			  "giving up: the controller has gone: its registers read as all ones");
}

static void perf_main_controller_that_cannot_be_reset_ends_the_run(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS, .qid = 1,
						      .skip = 100, .count = 1));
	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_DISABLED));
	nvu_mock_inject(fixture->mock,
			NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY, .skip = 1));

	assert_fails_with(fixture, PATIENTLY,
			  "ended before it was answered|resetting: the controller reports a fatal|"
			  "function level reset: the controller did not stop|"
			  "giving up: the controller did not become ready");
}

static void perf_main_controller_that_does_not_start_is_reported(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY));

	assert_fails_with(fixture, BRIEFLY,
			  "did not become ready after it was enabled within 500 ms");
	assert_string_equal(fixture->out, "");
}

static void perf_main_unknown_cid_does_not_hang(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_UNKNOWN_CID, .qid = 1,
						      .value = 0x7fff, .count = 1));

	assert_fails_with(
		fixture, BRIEFLY,
		"no answer within 200 ms|1 completion belonged to no command in flight and "
		"was dropped|" ESCALATION);
}

static void perf_main_wrong_phase_does_not_hang(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock,
			NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_WRONG_PHASE, .qid = 1, .count = 1));

	assert_fails_with(fixture, BRIEFLY, "no answer within 200 ms|" ESCALATION);
}

static void perf_main_repeated_completion_is_reported(void **state)
{
	struct fixture *fixture = *state;

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DUPLICATE_CID,
						      .qid = 1, .skip = 100, .count = 1));

	assert_int_equal(run_perf(fixture, "-c 1000 -q 8"), 1);

	assert_one_line_with(fixture->err, "1 completion belonged to no command in flight and "
					   "was dropped");
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
		CASE(perf_main_command_lost_in_full_flow_ends_the_run),
		CASE(perf_main_all_commands_lost_ends_the_run),
		CASE(perf_main_controller_fatal_status_ends_the_run),
		CASE(perf_main_controller_gone_ends_the_run),
		CASE(perf_main_controller_that_cannot_be_reset_ends_the_run),
		CASE(perf_main_controller_that_does_not_start_is_reported),
		CASE(perf_main_unknown_cid_does_not_hang),
		CASE(perf_main_wrong_phase_does_not_hang),
		CASE(perf_main_repeated_completion_is_reported),
		CASE(perf_main_verify_finds_a_corrupted_byte),
		CASE(perf_main_verify_after_a_failed_write_goes_on),
		CASE(perf_main_interrupted_still_shows_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
