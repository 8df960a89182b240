/* SPDX-License-Identifier: MIT */
/*
 * wake.c: see wake.h.
 */
#include "qpair/wake.h"

#include "qpair/retry.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	NS_PER_S = 1000000000,
	NS_PER_MS = 1000000,
	NS_PER_US = 1000,
	SPIN_DEFAULT_US = 20,
	IDLE_MORE_MS = 200,
};

void wake_init(struct nvu_qpair *qpair, uint32_t spin_us)
{
	struct qpair_wait *wait = &qpair->wait;

	wait->spin_max_ns = (spin_us ? spin_us : SPIN_DEFAULT_US) * NS_PER_US;
	wait->spin_ns = wait->spin_max_ns;
	wait->fd = wait->sleep_fd = -1;
}

static void end_descriptor(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void wake_fini(struct nvu_qpair *qpair)
{
	end_descriptor(&qpair->wait.fd);
	end_descriptor(&qpair->wait.sleep_fd);
}

int wake_use_interrupt(struct nvu_qpair *qpair, uint32_t vector, int fd)
{
	struct epoll_event every = { .events = EPOLLIN | EPOLLET };
	struct qpair_wait *wait = &qpair->wait;
	int err;

	wait->vector = vector;
	wait->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	wait->sleep_fd = epoll_create1(EPOLL_CLOEXEC);
	if (wait->fd >= 0 && wait->sleep_fd >= 0 &&
	    !epoll_ctl(wait->sleep_fd, EPOLL_CTL_ADD, wait->fd, &every))
		return 0;
	err = errno;
	wake_fini(qpair);
	return error_set(-err, "queue pair %u: no descriptors for its interrupts: %s", qpair->id,
			 error_errno_words(err));
}

/* Since Linux 5.1 on 64-bit processors struct timespec is the kernel's. */
static long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, timeout, NULL, 0);
}

/* The eventfd has no room for another one only if it holds very many that are not needed. */
static void signal_fd(int fd)
{
	const uint64_t once = 1;
	ssize_t ignored = write(fd, &once, sizeof(once));

	(void)ignored;
}

void wake_up(struct nvu_qpair *qpair, enum wake_reason reason)
{
	struct qpair_wait *wait = &qpair->wait;
	int kept = errno;

	__atomic_or_fetch(&wait->word, reason, __ATOMIC_SEQ_CST);
	if (wait->fd >= 0)
		signal_fd(wait->fd);
	else if (__atomic_load_n(&wait->is_asleep, __ATOMIC_SEQ_CST))
		(void)futex(&wait->word, FUTEX_WAKE, 1, NULL);
	errno = kept;
}

uint32_t wake_take(struct nvu_qpair *qpair)
{
	uint32_t *word = &qpair->wait.word;

	if (!__atomic_load_n(word, __ATOMIC_RELAXED))
		return 0;
	return __atomic_exchange_n(word, 0, __ATOMIC_ACQUIRE);
}

bool wake_arm(struct nvu_qpair *qpair)
{
	if (qpair->wait.fd < 0 || qpair->state != QPAIR_LIVE || !cq_ring_owes(&qpair->cq))
		return false;
	qpair_return_owed(qpair);
	return true;
}

void wake_be_eager(struct nvu_qpair *qpair)
{
	if (qpair->wait.is_eager)
		return;
	(void)wake_arm(qpair);
	qpair->wait.is_eager = true;
	cq_ring_be_eager(&qpair->cq);
}

uint64_t wake_next_look_ns(const struct nvu_qpair *qpair)
{
	const struct qpair_recovery *recovery = &qpair->recovery;
	uint64_t due_ms = recovery->due_ms;

	/* No interrupt tells of an Abort's answer. */
	if (qpair->own_count || qpair->abort_count)
		return 0;
	if (qpair->retry && qpair->retry->delayed && qpair->retry->next_ms < due_ms)
		return qpair->retry->next_ms * NS_PER_MS;
	if (qpair->wait.fd >= 0 && due_ms == recovery->health_ms &&
	    qpair_is_settled(qpair, cq_ring_head_bytes(&qpair->cq)))
		due_ms += IDLE_MORE_MS;
	return due_ms * NS_PER_MS;
}

static bool sleep_on_descriptor(int fd, const struct timespec *timeout)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	struct epoll_event edge;
	int ret = ppoll(&one, 1, timeout, NULL);

	if (ret > 0)
		(void)epoll_wait(fd, &edge, 1, 0);
	return ret >= 0 || errno != EINTR;
}

static bool sleep_on_word(struct qpair_wait *wait, const struct timespec *timeout)
{
	bool interrupted;

	__atomic_store_n(&wait->is_asleep, true, __ATOMIC_SEQ_CST);
	interrupted = futex(&wait->word, FUTEX_WAIT, 0, timeout) && errno == EINTR;
	__atomic_store_n(&wait->is_asleep, false, __ATOMIC_RELAXED);
	return !interrupted;
}

bool wake_sleep(struct nvu_qpair *qpair, uint64_t ns)
{
	const struct timespec timeout = { (time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S) };
	struct qpair_wait *wait = &qpair->wait;

	return wait->fd >= 0 ? sleep_on_descriptor(wait->sleep_fd, &timeout)
			     : sleep_on_word(wait, &timeout);
}
