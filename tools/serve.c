/* SPDX-License-Identifier: MIT */
/*
 * serve.c: a mock for other processes, over vfio-user, until SIGINT or SIGTERM; then says what its drivers did wrong.
 */
#include "subcommands.h"

#include <nvu/mock.h>
#include <nvu/nvu.h>
#include <signal.h>
#include <stdio.h>

static uint32_t report(const struct nvu_mock *mock)
{
	uint32_t count = nvu_mock_violations(mock);
	const char *violation;

	for (uint32_t idx = 0; (violation = nvu_mock_violation(mock, idx)); idx++)
		printf("violation: %s\n", violation);
	if (count)
		printf("%u violations\n", count);
	return count;
}

static int serve(struct nvu_mock *mock, const char *path)
{
	sigset_t ends;
	int signal, ret;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL);
	ret = nvu_mock_serve(mock, path);
	if (ret)
		return ret;
	printf("serving on %s\n", path);
	(void)fflush(stdout);
	(void)sigwait(&ends, &signal);
	return nvu_mock_serve_stop(mock);
}

int run_serve(const struct args *args, struct drive *drive)
{
	struct nvu_mock *mock = NULL;
	uint32_t violations = 0;
	int ret = nvu_mock_create_by_address(args->operands[0], &mock), status = 0;

	(void)drive;
	if (!ret)
		ret = serve(mock, args->operands[1]);
	if (ret)
		status = cli_complain_nvu(args, ret);
	else
		violations = report(mock);
	nvu_mock_destroy(mock);
	return violations ? EXIT_VIOLATIONS : status;
}
