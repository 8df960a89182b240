/* SPDX-License-Identifier: MIT */
/*
 * hold.c: nvu take BDF -- COMMAND: the drive is taken while COMMAND runs.
 *
 * Three processes, so that the drive is given back whichever of them is killed:
 *
 *	nvu		waits for the guardian, and passes its exit status on
 *	  guardian	in a process group of its own; waits for COMMAND, and gives the drive back
 *	    COMMAND	in nvu's process group: signals of the terminal are its own
 *
 * COMMAND killed: the guardian gives the drive back. nvu killed: the guardian sees the end of a pipe, ends COMMAND, and
 * gives the drive back. The guardian killed: COMMAND dies with it (PR_SET_PDEATHSIG), and nvu gives the drive back.
 * Both at once killed: `nvu give` gives it back.
 */
#include "machine.h"
#include "take.h"
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_MS = 5000, END_MS = 10000, LOOK_MS = 20, NOT_STARTED = 127, SIGNAL_BASE = 128 };

struct hold {
	const struct args *args;
	const struct nvu_found *found;
	pid_t group;   /* nvu's process group */
	pid_t command; /* 0: it has ended */
	int status;    /* of waitpid() */
	int alive;     /* ends when nvu does */
	int signals;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void nap(void)
{
	static const struct timespec time = { 0, LOOK_MS * 1000000 };

	(void)nanosleep(&time, NULL);
}

static int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : SIGNAL_BASE + WTERMSIG(status);
}

/* Whether a process is a child of this one, or of one of its descendants. */
static bool descends(int32_t pid)
{
	char path[64], text[256];

	for (int depth = 0; pid > 1 && depth < 64; depth++) {
		const char *end;
		int32_t parent;

		if (pid == getpid())
			return true;
		(void)snprintf(path, sizeof(path), "%" PRId32 "/stat", pid);
		if (!machine_read("/proc", path, text, sizeof(text)))
			return false;
		end = strrchr(text, ')');
		if (!end || sscanf(end, ") %*c %" SCNd32, &parent) != 1)
			return false;
		pid = parent;
	}
	return false;
}

/*
 * Processes that COMMAND has left behind and that have the drive open: they are ended, because the kernel would wait
 * for them. Others' are not: false, with the complaint made.
 */
static bool end_users(const struct args *args, const char *bdf)
{
	uint64_t limit = now_ms() + END_MS;
	struct nvu_found found;

	while (machine_find(bdf, &found) == 1 && found.user) {
		if (now_ms() > limit || !descends(found.user)) {
			(void)cli_complain(args->subcommand, EXIT_FAILED,
					   "%s is in use by process %" PRId32
					   " (%s): end it, then run `nvu give %s`",
					   bdf, found.user, found.user_name, bdf);
			return false;
		}
		(void)kill(found.user, SIGKILL);
		nap();
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	return true;
}

static int give_back(const struct args *args, const char *bdf)
{
	return end_users(args, bdf) ? give_drive(args, bdf) : EXIT_FAILED;
}

/* Becomes COMMAND; the guardian has blocked signals. */
static void become_command(const struct hold *hold, pid_t guardian)
{
	const struct args *args = hold->args;
	const char *user = args->text[OPTION_USER_ID];
	sigset_t none;

	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	(void)signal(SIGTTOU, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setpgid(0, hold->group);
	if (user && user_become(args, hold->found, user))
		_exit(NOT_STARTED);
	/* After the change of user, which ends it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != guardian)
		_exit(NOT_STARTED);
	(void)execvp(args->command[0], args->command);
	(void)cli_complain(args->subcommand, EXIT_FAILED, "%s: %s", args->command[0],
			   strerror(errno));
	_exit(NOT_STARTED);
}

/* Processes that COMMAND has left behind come to the guardian, too. */
static void reap(struct hold *hold)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != hold->command)
			continue;
		hold->command = 0;
		hold->status = status;
	}
}

/* nvu has gone: COMMAND is asked to end, then made to. */
static void end_command(struct hold *hold)
{
	uint64_t limit = now_ms() + GRACE_MS;

	(void)kill(hold->command, SIGTERM);
	while (hold->command) {
		if (now_ms() > limit)
			(void)kill(hold->command, SIGKILL);
		nap();
		reap(hold);
	}
}

static void take_signal(struct hold *hold)
{
	struct signalfd_siginfo info;

	if (read(hold->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD)
		reap(hold);
	else if (hold->command)
		(void)kill(hold->command, (int)info.ssi_signo);
}

static void wait_for_command(struct hold *hold)
{
	struct pollfd polled[] = { { hold->signals, POLLIN, 0 }, { hold->alive, POLLIN, 0 } };

	reap(hold);
	while (hold->command) {
		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			return;
		if (polled[0].revents)
			take_signal(hold);
		else if (polled[1].revents)
			end_command(hold);
	}
}

/* The guardian's signals: what it waits for it reads, and the terminal's are COMMAND's. */
static int guard_signals(void)
{
	sigset_t signals;

	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	(void)signal(SIGTTOU, SIG_IGN);
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGCHLD);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

static int guard(struct hold *hold)
{
	const char *bdf = hold->found->address;
	pid_t guardian = getpid();
	int status;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	hold->signals = guard_signals();
	status = hold->signals < 0 ? EXIT_FAILED : take_drive(hold->args, hold->found);
	if (status)
		return status;
	hold->command = fork();
	if (hold->command == 0)
		become_command(hold, guardian);
	if (hold->command < 0) {
		hold->command = 0;
		hold->status = NOT_STARTED << 8;
		(void)cli_complain(hold->args->subcommand, EXIT_FAILED, "fork: %s",
				   strerror(errno));
	}
	wait_for_command(hold);
	status = give_back(hold->args, bdf);
	return exit_status(hold->status) ? exit_status(hold->status) : status;
}

static volatile sig_atomic_t guardian_pid;

static void pass_on(int signal)
{
	if (guardian_pid)
		(void)kill((pid_t)guardian_pid, signal);
}

/* nvu's part: waits for the guardian, and does its work if it was killed. */
static int wait_for_guardian(const struct args *args, const char *bdf, pid_t guardian)
{
	int status;

	while (waitpid(guardian, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_FAILED;
	guardian_pid = 0;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	/* COMMAND is this process's child now, and dies; what it has left behind is, too. */
	(void)give_back(args, bdf);
	return cli_complain(
		args->subcommand, EXIT_FAILED,
		"the process that held %s was killed by signal %d; the drive is given back", bdf,
		WTERMSIG(status));
}

int hold_drive(const struct args *args, const struct nvu_found *found)
{
	struct hold hold = { .args = args, .found = found, .group = getpgrp() };
	struct sigaction action = { .sa_handler = pass_on };
	pid_t guardian;
	int ends[2];

	if (found->flags & NVU_FOUND_VFIO)
		return cli_complain(
			args->subcommand, EXIT_FAILED,
			"%s is bound to %s already: run the command by itself, or `nvu give "
			"%s` first",
			found->address, found->driver, found->address);
	if (pipe2(ends, O_CLOEXEC))
		return cli_complain(args->subcommand, EXIT_FAILED, "pipe: %s", strerror(errno));
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)fflush(stdout);
	guardian = fork();
	if (!guardian) {
		(void)close(ends[1]);
		hold.alive = ends[0];
		_exit(guard(&hold));
	}
	(void)close(ends[0]);
	if (guardian < 0)
		return cli_complain(args->subcommand, EXIT_FAILED, "fork: %s", strerror(errno));
	guardian_pid = guardian;
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	return wait_for_guardian(args, found->address, guardian);
}
