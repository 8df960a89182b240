/* SPDX-License-Identifier: MIT */
/*
 * serve.c: a software NVMe controller for other processes, over the vfio-user protocol. It serves until SIGINT or
 * SIGTERM, then says what its drivers did wrong.
 */
#include <nvu/nvu.h>

#include <nvu/mock.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"usage: serve [mock:KEYS] SOCKET\n"
	"\n"
	"Serves a software NVMe controller on a socket, over the vfio-user protocol, until SIGINT "
	"or\n"
	"SIGTERM. nvu_mock(7) has the keys, such as mock:size=1G,lba=4096, and those that inject "
	"faults.\n"
	"QEMU 10.1 or newer attaches it to a virtual machine, whose memory has to be shared:\n"
	"\n"
	"  qemu-system-x86_64 -machine q35,memory-backend=mem \\\n"
	"    -object memory-backend-memfd,id=mem,size=1G,share=on \\\n"
	"    -device "
	"'{\"driver\":\"vfio-user-pci\",\"socket\":{\"path\":\"SOCKET\",\"type\":\"unix\"}}' ...\n"
	"\n"
	"Then prints each rule that a driver has broken. Exit status: 0; 1 after an error; 2 for "
	"wrong\n"
	"usage; 3 if a driver has broken rules.\n";

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

int main(int argc, char **argv)
{
	struct nvu_mock *mock = NULL;
	uint32_t violations = 0;
	int ret;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		(void)fputs(usage, stdout);
		return 0;
	}
	if (argc < 2 || argc > 3 || argv[1][0] == '-') {
		(void)fputs(usage, stderr);
		return 2;
	}
	ret = nvu_mock_create_by_address(argc == 3 ? argv[1] : "mock:", &mock);
	if (!ret)
		ret = serve(mock, argv[argc - 1]);
	if (ret)
		(void)fprintf(stderr, "serve: %s: %s\n", nvu_strerror(ret), nvu_last_error());
	else
		violations = report(mock);
	nvu_mock_destroy(mock);
	return ret ? 1 : violations ? 3 : 0;
}
