/* SPDX-License-Identifier: MIT */
/*
 * small_commands.h: what tests share whose controller takes 16 blocks at once, so that larger requests are split.
 */
#ifndef NVU_TEST_SMALL_COMMANDS_H
#define NVU_TEST_SMALL_COMMANDS_H

#include "harness.h"

#include <nvu/io.h>
#include <nvu/nvm.h>

enum { DEPTH = 16, DEADLINE_MS = 200, PART = 16 };

/* Commands of 16 blocks at most. */
static inline void start(struct rig *rig, const struct nvu_qpair_opts *opts)
{
	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 64 << 20, .mdts = 1),
		  NULL, opts ? opts : NVU_QPAIR_OPTS(.depth = DEPTH, .io_timeout_ms = DEADLINE_MS));
}

static inline void queue_read(struct rig *rig, uint64_t user_data)
{
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, user_data), 0);
}

static inline uint32_t outstanding(struct rig *rig)
{
	return nvu_qpair_depth(rig->qpair) - nvu_qpair_room(rig->qpair);
}

/* The next completion is this one. */
static inline struct nvu_cpl expect(struct rig *rig, uint64_t user_data, int status)
{
	struct nvu_cpl cpl;

	rig_reap(rig, &cpl, 1);
	assert_int_equal(cpl.user_data, user_data);
	assert_int_equal(cpl.status, status);
	return cpl;
}

#endif
