/* SPDX-License-Identifier: MIT */
/*
 * flush_after.h: what the tests of nvu_flush_after() share.
 */
#ifndef NVU_TEST_FLUSH_AFTER_H
#define NVU_TEST_FLUSH_AFTER_H

#include "small_commands.h"

enum { FLUSH = 1000 };

static inline int flush(struct rig *rig, uint64_t user_data)
{
	return nvu_flush_after(rig->qpair, rig->ns, user_data);
}

static inline void queue_flush(struct rig *rig, uint64_t user_data)
{
	assert_int_equal(flush(rig, user_data), 0);
}

static inline void queue_write(struct rig *rig, uint64_t user_data)
{
	assert_int_equal(nvu_write(rig->qpair, rig->ns, user_data, 1, rig->buf, 0, user_data), 0);
}

static inline uint64_t carried_out(struct rig *rig)
{
	return rig_mock_stats(rig).io_commands;
}

#endif
