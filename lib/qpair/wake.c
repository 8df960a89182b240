/* SPDX-License-Identifier: MIT */
/*
 * wake.c: see wake.h.
 */
#include "qpair/wake.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NS_PER_S = 1000000000 };

/* Since Linux 5.1 on 64-bit processors struct timespec is the kernel's. */
static long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, timeout, NULL, 0);
}

void wake_up(struct nvu_qpair *qpair, enum wake_reason reason)
{
	struct qpair_wait *wait = &qpair->wait;
	int kept = errno;

	__atomic_or_fetch(&wait->word, reason, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&wait->is_asleep, __ATOMIC_SEQ_CST))
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

bool wake_sleep(struct nvu_qpair *qpair, uint64_t ns)
{
	const struct timespec timeout = { (time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S) };
	struct qpair_wait *wait = &qpair->wait;
	bool interrupted;

	__atomic_store_n(&wait->is_asleep, true, __ATOMIC_SEQ_CST);
	interrupted = futex(&wait->word, FUTEX_WAIT, 0, &timeout) && errno == EINTR;
	__atomic_store_n(&wait->is_asleep, false, __ATOMIC_RELAXED);
	return !interrupted;
}
