/* SPDX-License-Identifier: MIT */
/*
 * user.c: see user.h.
 */
#include "user.h"

#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char fd_names[] = "nvu-group:nvu-container";

/* Opens a file at a number, for the program that this process becomes: not closed by its start. */
static int open_at(const struct args *args, const char *path, int number)
{
	int fd = open(path, O_RDWR);

	if (fd < 0 || (fd != number && dup2(fd, number) < 0))
		return cli_complain(args->subcommand, EXIT_FAILED, "%s: %s", path, strerror(errno));
	if (fd != number)
		(void)close(fd);
	return 0;
}

static int open_fds(const struct args *args, const struct nvu_found *found)
{
	char path[PATH_MAX];
	int status;

	/* Numbers that other files have here become theirs: those close with the start anyway. */
	(void)close(USER_FD_GROUP);
	(void)close(USER_FD_CONTAINER);
	(void)snprintf(path, sizeof(path), "%s/vfio/%" PRId32, machine_dev, found->group);
	status = open_at(args, path, USER_FD_GROUP);
	(void)snprintf(path, sizeof(path), "%s/vfio/vfio", machine_dev);
	return status ? status : open_at(args, path, USER_FD_CONTAINER);
}

static void set_environment(const struct nvu_found *found, const struct passwd *entry)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%d", USER_FDS);
	(void)setenv("LISTEN_FDS", text, 1);
	(void)snprintf(text, sizeof(text), "%ld", (long)getpid());
	(void)setenv("LISTEN_PID", text, 1);
	(void)setenv("LISTEN_FDNAMES", fd_names, 1);
	(void)setenv("NVU_DRIVE", found->address, 1);
	(void)setenv("USER", entry->pw_name, 1);
	(void)setenv("LOGNAME", entry->pw_name, 1);
	(void)setenv("HOME", entry->pw_dir, 1);
}

/* The memory that the drive reaches is locked, and counted for the process: no limit, or the highest that there is. */
static void raise_memlock(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (!setrlimit(RLIMIT_MEMLOCK, &limit) || getrlimit(RLIMIT_MEMLOCK, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_MEMLOCK, &limit);
}

int user_become(const struct args *args, const struct nvu_found *found, const char *user)
{
	const struct passwd *entry = getpwnam(user);
	int status;

	if (!entry)
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "--user %s: there is no such user", user);
	status = open_fds(args, found);
	if (status)
		return status;
	raise_memlock();
	set_environment(found, entry);
	if (initgroups(entry->pw_name, entry->pw_gid) || setgid(entry->pw_gid) ||
	    setuid(entry->pw_uid))
		return cli_complain(args->subcommand, EXIT_FAILED, "becoming %s: %s", user,
				    strerror(errno));
	return 0;
}

bool user_has_fds(const char *address)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	const char *names = getenv("LISTEN_FDNAMES"), *drive = getenv("NVU_DRIVE");

	if (!fds || !pid || !names || !drive)
		return false;
	if (!strncmp(address, "vfio:", 5))
		address += 5;
	return atoi(fds) == USER_FDS && atol(pid) == (long)getpid() && !strcmp(names, fd_names) &&
	       !strcmp(drive, address);
}
