/* SPDX-License-Identifier: MIT */
/*
 * hot_perf.c: perf, whole, on a stepped mock: its calls of nvu_poll() are led here by the linker
 * (--wrap), and the mock works before each of them. So nothing depends on how two threads meet, and
 * what is counted is perf's loop and the library's work, nothing of the device's.
 *
 *	hot_perf WARM-UP-I/Os I/Os PERF-OPTION...     the address is added
 */
#include "hot.h"
#include "perf.h"

#include <nvu/mock.h>
#include <nvu/nvu.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int __real_nvu_poll(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max);
int __wrap_nvu_poll(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max);

static struct nvu_mock *mock;
static uint64_t warmup, end, done;

/*
 * The library's clock moves by a microsecond a call, as in hot.c; perf's own are the real ones.
 */
int clock_gettime(clockid_t id, struct timespec *now)
{
	static uint64_t ns = 1000000000;

	if (id != CLOCK_MONOTONIC_COARSE)
		return (int)syscall(SYS_clock_gettime, id, now);
	ns += 1000;
	now->tv_sec = (time_t)(ns / 1000000000);
	now->tv_nsec = (long)(ns % 1000000000);
	return 0;
}

/* Collection is per thread: on, in the thread that polls. */
int __wrap_nvu_poll(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	uint64_t before = done;
	int reaped;

	(void)nvu_mock_step(mock, max);
	reaped = __real_nvu_poll(qpair, cpls, max);
	done += reaped > 0 ? (uint64_t)reaped : 0;
	if ((before < warmup && done >= warmup) || (before < end && done >= end))
		CALLGRIND_TOGGLE_COLLECT;
	return reaped;
}

int main(int argc, char **argv)
{
	char address[64];
	int status;

	if (argc < 3)
		return 2;
	warmup = strtoull(argv[1], NULL, 10);
	end = warmup + strtoull(argv[2], NULL, 10);
	check("mock",
	      nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_NULL), &mock));
	(void)snprintf(address, sizeof(address), "%s", nvu_mock_address(mock));
	for (int i = 3; i < argc; i++)
		argv[i - 2] = argv[i];
	argv[0] = (char[]){ "perf" };
	argv[argc - 2] = address;
	argv[argc - 1] = NULL;
	status = perf_main(argc - 1, argv);
	check("violations", (int)nvu_mock_violations(mock));
	return status;
}
