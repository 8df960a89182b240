/* SPDX-License-Identifier: MIT */
/*
 * sigbus.c: see sigbus.h. The handler only reads the table and calls the kernel, so it may
 * interrupt anything. Entries are published by their length: 0 means unused.
 */
#include "transport/sigbus.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BLOCK_WINDOWS = 256 };

/* Blocks are never freed: a handler may be reading them. */
struct block {
	struct window {
		uintptr_t first;
		int *lost;  /* NULL: all ones replace it */
		size_t len; /* atomic */
	} windows[BLOCK_WINDOWS];
	struct block *next; /* atomic */
};

static struct block first_block;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the writers of windows, and below */
static uint32_t in_use;
static struct sigaction before;
static bool buried; /* under a handler of the program's when the last window went */
static bool spent;  /* atomic: `before` was to be called once, and was */

/*
 * Memory of all ones in the window's place. It is filled before it is put there: another thread must never
 * read a zero, which CSTS says when the controller is disabled and its DMA over.
 */
static bool replace_window(const struct window *window, size_t len)
{
	void *ones = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (ones == MAP_FAILED)
		return false;
	memset(ones, 0xff, len);
	return mremap(ones, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)window->first) !=
	       MAP_FAILED;
}

/* Memory that takes no room before it is written: another process may have shared more than there is here. */
static bool replace_shared(const struct window *window, size_t len)
{
	void *zeroes = mmap((void *)window->first, len, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	__atomic_store_n(window->lost, 1, __ATOMIC_RELEASE);
	return zeroes != MAP_FAILED;
}

static struct block *next_block(const struct block *block)
{
	return __atomic_load_n(&block->next, __ATOMIC_ACQUIRE);
}

/* Of the window with the address; false when it is in none. */
static bool replace(uintptr_t addr)
{
	for (const struct block *block = &first_block; block; block = next_block(block)) {
		for (int i = 0; i < BLOCK_WINDOWS; i++) {
			const struct window *window = &block->windows[i];
			size_t len = __atomic_load_n(&window->len, __ATOMIC_ACQUIRE);

			if (len && addr >= window->first && addr - window->first < len)
				return window->lost ? replace_shared(window, len)
						    : replace_window(window, len);
		}
	}
	return false;
}

/* Not caused by an access of this thread: kill(), or a memory-failure notice. */
static bool is_sent(const siginfo_t *info)
{
	return info->si_code <= 0 || info->si_code == BUS_MCEERR_AO;
}

/* What the kernel would do without this handler. */
static void act_by_default(const siginfo_t *info)
{
	bool sent = is_sent(info);

	if (sent && before.sa_handler == SIG_IGN)
		return;
	(void)signal(SIGBUS, SIG_DFL);
	/* An access is repeated on return, and ends the program then. */
	if (sent)
		(void)raise(SIGBUS);
}

/* As the kernel would have called it: with its mask, and once only if it asked for that. */
static void call_handler_before(int signal, siginfo_t *info, void *context)
{
	sigset_t mask = before.sa_mask, old;

	if (!(before.sa_flags & SA_NODEFER))
		(void)sigaddset(&mask, SIGBUS);
	if ((unsigned int)before.sa_flags & SA_RESETHAND)
		__atomic_store_n(&spent, true, __ATOMIC_RELAXED);
	(void)pthread_sigmask(SIG_BLOCK, &mask, &old);
	if (before.sa_flags & SA_SIGINFO)
		before.sa_sigaction(signal, info, context);
	else
		before.sa_handler(signal);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	int saved = errno;

	if (is_sent(info) || !replace((uintptr_t)info->si_addr)) {
		if (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN ||
		    __atomic_load_n(&spent, __ATOMIC_RELAXED))
			act_by_default(info);
		else
			call_handler_before(signal, info, context);
	}
	errno = saved;
}

static bool is_ours(const struct sigaction *action)
{
	return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_sigbus;
}

/*
 * A handler that the program put over this one may call it, so that `before` stays what it is, and
 * this one is not installed over that again: they would call each other without an end.
 */
static bool is_buried(void)
{
	struct sigaction now;

	return buried && !sigaction(SIGBUS, NULL, &now) && now.sa_handler != SIG_DFL &&
	       now.sa_handler != SIG_IGN;
}

static int install(void)
{
	/* On the alternate stack of a thread that has one: its own may be too small. */
	struct sigaction action = { .sa_sigaction = on_sigbus,
				    .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK };

	if (is_buried())
		return 0;
	(void)sigemptyset(&action.sa_mask);
	spent = false;
	return sigaction(SIGBUS, &action, &before)
		       ? error_set(-errno, "no handler for SIGBUS: %s", error_errno_words(errno))
		       : 0;
}

static void uninstall(void)
{
	const struct sigaction by_default = { .sa_handler = SIG_DFL };
	struct sigaction now;

	assert(!in_use);
	buried = !sigaction(SIGBUS, NULL, &now) && !is_ours(&now);
	if (!buried)
		(void)sigaction(SIGBUS, spent ? &by_default : &before, NULL);
}

/* The window that begins at `first`; with 0, an unused one. NULL: there is none. */
static struct window *find(uintptr_t first)
{
	for (struct block *block = &first_block; block; block = block->next)
		for (int i = 0; i < BLOCK_WINDOWS; i++) {
			struct window *window = &block->windows[i];

			if (first ? window->len && window->first == first : !window->len)
				return window;
		}
	return NULL;
}

static struct window *add_block(void)
{
	struct block *block = calloc(1, sizeof(*block));

	if (!block)
		return NULL;
	block->next = first_block.next;
	__atomic_store_n(&first_block.next, block, __ATOMIC_RELEASE);
	return block->windows;
}

static int take_window(void *map, size_t len, int *lost)
{
	struct window *window = find(0);

	if (!window)
		window = add_block();
	if (!window)
		return error_set(-ENOMEM, "no memory for the guard of a mapping");
	assert(len && !window->len);
	window->first = (uintptr_t)map;
	window->lost = lost;
	__atomic_store_n(&window->len, len, __ATOMIC_RELEASE);
	in_use++;
	return 0;
}

static int guard(void *map, size_t len, int *lost)
{
	int ret;

	pthread_mutex_lock(&lock);
	ret = in_use ? 0 : install();
	if (!ret)
		ret = take_window(map, len, lost);
	pthread_mutex_unlock(&lock);
	return ret;
}

int sigbus_guard(void *map, size_t len)
{
	return guard(map, len, NULL);
}

int sigbus_guard_shared(void *map, size_t len, int *lost)
{
	assert(lost);
	return guard(map, len, lost);
}

void sigbus_release(void *map)
{
	struct window *window;

	pthread_mutex_lock(&lock);
	window = find((uintptr_t)map);
	if (window) {
		__atomic_store_n(&window->len, 0, __ATOMIC_RELEASE);
		if (!--in_use)
			uninstall();
	}
	pthread_mutex_unlock(&lock);
}
