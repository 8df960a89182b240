/* SPDX-License-Identifier: MIT */
/*
 * sigbus.c: see sigbus.h. The handler only reads the table and calls mmap(), so it may interrupt
 * anything. Entries are published by their length: 0 means unused.
 */
#include "transport/vfio/sigbus.h"

#include "base/error.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { WINDOWS_MAX = 256 };

static struct {
	uintptr_t first;
	size_t len; /* atomic */
} windows[WINDOWS_MAX];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the writers of windows, and below */
static uint32_t in_use;
static struct sigaction before;

/* Memory of all ones in the window's place; false when the address is in none. */
static int replace(uintptr_t addr)
{
	for (int i = 0; i < WINDOWS_MAX; i++) {
		size_t len = __atomic_load_n(&windows[i].len, __ATOMIC_ACQUIRE);
		void *map;

		if (!len || addr < windows[i].first || addr - windows[i].first >= len)
			continue;
		map = mmap((void *)windows[i].first, len, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		if (map == MAP_FAILED)
			return 0;
		memset(map, 0xff, len);
		return 1;
	}
	return 0;
}

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	int saved = errno;
	int replaced = replace((uintptr_t)info->si_addr);

	errno = saved;
	if (replaced)
		return;
	if (before.sa_flags & SA_SIGINFO)
		before.sa_sigaction(signal, info, context);
	else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
		before.sa_handler(signal);
	else
		/* Returning repeats the access, which then ends the program as it would have. */
		(void)sigaction(SIGBUS, &before, NULL);
}

static int install(void)
{
	struct sigaction action = { .sa_sigaction = on_sigbus,
				    .sa_flags = SA_SIGINFO | SA_NODEFER };

	(void)sigemptyset(&action.sa_mask);
	return sigaction(SIGBUS, &action, &before)
		       ? error_set(-errno, "no handler for SIGBUS: %s", error_errno_words(errno))
		       : 0;
}

static void uninstall(void)
{
	struct sigaction now;

	if (!sigaction(SIGBUS, NULL, &now) && (now.sa_flags & SA_SIGINFO) &&
	    now.sa_sigaction == on_sigbus)
		(void)sigaction(SIGBUS, &before, NULL);
}

static int take_window(void *map, size_t len)
{
	for (int i = 0; i < WINDOWS_MAX; i++) {
		if (windows[i].len)
			continue;
		windows[i].first = (uintptr_t)map;
		__atomic_store_n(&windows[i].len, len, __ATOMIC_RELEASE);
		in_use++;
		return 0;
	}
	return error_set(-ENOSPC, "more than %d devices are open", WINDOWS_MAX);
}

int sigbus_guard(void *map, size_t len)
{
	int ret;

	pthread_mutex_lock(&lock);
	ret = in_use ? 0 : install();
	if (!ret)
		ret = take_window(map, len);
	pthread_mutex_unlock(&lock);
	return ret;
}

void sigbus_release(void *map)
{
	pthread_mutex_lock(&lock);
	for (int i = 0; i < WINDOWS_MAX; i++) {
		if (!windows[i].len || windows[i].first != (uintptr_t)map)
			continue;
		__atomic_store_n(&windows[i].len, 0, __ATOMIC_RELEASE);
		if (!--in_use)
			uninstall();
		break;
	}
	pthread_mutex_unlock(&lock);
}
