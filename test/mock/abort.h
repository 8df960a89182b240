/* SPDX-License-Identifier: MIT */
/*
 * abort.h: what the tests of nvu_abort() share.
 */
#ifndef NVU_TEST_ABORT_H
#define NVU_TEST_ABORT_H

#include "small_commands.h"

enum { LONG = 1000000 };

/* The next reads take longer than any test, but can be aborted. */
static inline void delay_reads(struct rig *rig, uint32_t count)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .count = count,
				       .opcode = NVU_CMD_READ, .delay = LONG));
}

static inline void queue_large(struct rig *rig, uint32_t opcode, uint32_t parts, uint64_t user_data)
{
	assert_int_equal(
		nvu_rw(rig->qpair,
		       NVU_RW_ARGS(.ns = rig->ns, .opcode = opcode, .buf = rig->buf,
				   .blocks = (uint64_t)parts * PART, .user_data = user_data)),
		0);
}

/* The mock has all that is queued. */
static inline void publish(struct rig *rig)
{
	assert_int_equal(nvu_submit(rig->qpair), 0);
	(void)nvu_mock_step(rig->mock, UINT32_MAX);
}

/* Nothing is outstanding, and polls are quick again. */
static inline void expect_rest(struct rig *rig)
{
	struct nvu_cpl cpl;

	for (int i = 0; i < 3; i++)
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
	assert_int_equal(outstanding(rig), 0);
	queue_read(rig, 99);
	expect(rig, 99, 0);
}

#endif
