/* SPDX-License-Identifier: MIT */
/*
 * flush_after.h: what the tests of nvu_flush_after() share.
 */
#ifndef NVU_TEST_FLUSH_AFTER_H
#define NVU_TEST_FLUSH_AFTER_H

#include "harness.h"

#include <nvu/io.h>
#include <nvu/nvm.h>

enum { DEPTH = 16, DEADLINE_MS = 200, FLUSH = 1000, PART = 16 };

/* Commands of 16 blocks at most. */
static inline void start(struct rig *rig, const struct nvu_qpair_opts *opts)
{
	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 64 << 20, .mdts = 1),
		  NULL, opts ? opts : NVU_QPAIR_OPTS(.depth = DEPTH, .io_timeout_ms = DEADLINE_MS));
}

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

static inline uint32_t outstanding(struct rig *rig)
{
	return nvu_qpair_depth(rig->qpair) - nvu_qpair_room(rig->qpair);
}

/* The next completion is this one. */
static inline void expect(struct rig *rig, uint64_t user_data, int status)
{
	struct nvu_cpl cpl;

	rig_reap(rig, &cpl, 1);
	assert_int_equal(cpl.user_data, user_data);
	assert_int_equal(cpl.status, status);
}

#endif
