// SPDX-License-Identifier: MIT
/*
 * aer.c: outstanding requests, answered oldest first.
 */
#include "mock/admin/aer.h"

#include "mock/event.h"
#include "mock/queues/complete.h"

#include <assert.h>
#include <string.h>

uint16_t mock_aer_request(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	assert(mock->aer_count <= MOCK_AERL + 1);
	if (mock->aer_count == MOCK_AERL + 1)
		return MOCK_DNR(NVU_SC_AER_LIMIT);
	mock->aers[mock->aer_count++] = *cmd;
	return MOCK_NO_ANSWER;
}

static struct mock_cmd take(struct nvu_mock *mock, uint32_t idx)
{
	struct mock_cmd cmd = mock->aers[idx];

	assert(idx < mock->aer_count);
	mock->aer_count--;
	memmove(&mock->aers[idx], &mock->aers[idx + 1],
		(mock->aer_count - idx) * sizeof(mock->aers[0]));
	return cmd;
}

void mock_aer_deliver(struct nvu_mock *mock)
{
	struct mock_event event;

	while (mock->aer_count && mock_event_take(mock, &event)) {
		struct mock_cmd cmd = take(mock, 0);

		/* Base figure 148: type 2:0, information 15:8, log page 23:16. */
		cmd.result =
			event.type | (uint32_t)event.info << 8 | (uint32_t)event.log_page << 16;
		mock_complete_cmd(mock, &cmd, 0);
	}
}

bool mock_aer_abort(struct nvu_mock *mock, uint16_t cid)
{
	for (uint32_t idx = 0; idx < mock->aer_count; idx++) {
		struct mock_cmd cmd;

		if (mock->aers[idx].cid != cid)
			continue;
		cmd = take(mock, idx);
		mock_complete_cmd(mock, &cmd, NVU_SC_ABORT_REQUESTED);
		return true;
	}
	return false;
}
