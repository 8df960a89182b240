/* SPDX-License-Identifier: MIT */
/*
 * memlock.c: VFIO locks what it maps and charges it to RLIMIT_MEMLOCK. This file reports how much is
 * already charged and what the limit is, so that the user knows what to raise.
 */
#include "transport/vfio/memlock.h"

#include "base/error.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STATUS_BYTES = 8192 };

/* The value of a "Key:   123 kB" line in bytes. */
static uint64_t status_bytes(const char *text, const char *key)
{
	const char *line = strstr(text, key);
	unsigned long long kib;

	if (!line)
		return 0;
	line += strlen(key);
	while (*line == ' ' || *line == '\t')
		line++;
	if (!isdigit((unsigned char)*line))
		return 0;
	errno = 0;
	kib = strtoull(line, NULL, 10);
	return errno || kib > UINT64_MAX / 4096 ? 0 : kib * 1024;
}

uint64_t memlock_parse_status(const char *text)
{
	return status_bytes(text, "\nVmLck:") + status_bytes(text, "\nVmPin:");
}

static uint64_t locked_bytes(void)
{
	char text[STATUS_BYTES];
	ssize_t len;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	text[len > 0 ? len : 0] = '\0';
	return memlock_parse_status(text);
}

/* How the limit is raised. */
#define REMEDY                                                                         \
	"raise it with `ulimit -l`, with memlock in /etc/security/limits.conf, for a " \
	"service with LimitMEMLOCK=, for a container with `--ulimit memlock=`"

enum verdict { UNLIMITED, ENOUGH, TOO_LITTLE };

/* Whether this process's own account explains that `len` bytes were too many. */
static enum verdict judge(size_t len, uint64_t *ret_locked, uint64_t *ret_limit)
{
	uint64_t locked = locked_bytes();
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return UNLIMITED;
	*ret_locked = locked;
	*ret_limit = limit.rlim_cur;
	return locked <= limit.rlim_cur && len <= limit.rlim_cur - locked ? ENOUGH : TOO_LITTLE;
}

static int blame_memory(size_t len)
{
	return error_set(-ENOMEM, "no memory to map %zu KiB for the device", len / 1024);
}

static int blame_limit(size_t len, uint64_t locked, uint64_t limit)
{
	return error_set(-ENOMEM,
			 "locked-memory limit too low: %zu KiB more are needed, %" PRIu64
			 " KiB are locked already and the limit is %" PRIu64 " KiB: " REMEDY,
			 len / 1024, locked / 1024, limit / 1024);
}

int memlock_explain(size_t len)
{
	uint64_t locked = 0, limit = 0;

	return judge(len, &locked, &limit) == TOO_LITTLE ? blame_limit(len, locked, limit)
							 : blame_memory(len);
}

int memlock_explain_of_user(size_t len)
{
	uint64_t locked = 0, limit = 0;

	switch (judge(len, &locked, &limit)) {
	case UNLIMITED:
		return blame_memory(len);
	case TOO_LITTLE:
		return blame_limit(len, locked, limit);
	default:
		return error_set(-ENOMEM,
				 "no memory to map %zu KiB for the device, or the locked-memory "
				 "limit of %" PRIu64
				 " KiB is reached: iommufd counts what all processes of this user "
				 "have locked, of which this one has %" PRIu64 " KiB; " REMEDY,
				 len / 1024, limit / 1024, locked / 1024);
	}
}
