/* SPDX-License-Identifier: MIT */
/*
 * interrupts.h: what the tests of queue pairs with interrupts share.
 */
#ifndef NVU_TEST_INTERRUPTS_H
#define NVU_TEST_INTERRUPTS_H

#include "harness.h"

#define INTERRUPT(...) NVU_QPAIR_OPTS(.flags = NVU_QPAIR_INTERRUPT, __VA_ARGS__)

static inline int fd_of(struct nvu_qpair *qpair)
{
	int fd = nvu_qpair_fd(qpair);

	assert_true(fd >= 0);
	return fd;
}

static inline void submit_read(struct rig *rig, struct nvu_qpair *qpair, uint64_t user_data)
{
	assert_int_equal(nvu_read(qpair, rig->ns, 0, 1, rig->buf, 0, user_data), 0);
	assert_int_equal(nvu_submit(qpair), 0);
}

static inline void must_poll(struct nvu_qpair *qpair, int count, uint64_t user_data)
{
	struct nvu_cpl cpl;

	assert_int_equal(nvu_poll(qpair, &cpl, 1), count);
	if (count)
		assert_int_equal(cpl.user_data, user_data);
	if (count)
		assert_int_equal(cpl.status, 0);
}

#endif
