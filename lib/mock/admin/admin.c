// SPDX-License-Identifier: MIT
/*
 * admin.c: the admin queue's command set.
 */
#include "mock/admin/admin.h"

#include "mock/admin/aer.h"
#include "mock/admin/feature.h"
#include "mock/admin/identify.h"
#include "mock/admin/io_queues.h"
#include "mock/admin/log.h"
#include "mock/admin/manage.h"
#include "mock/command.h"
#include "mock/faults/violation.h"
#include "mock/io/ns.h"
#include "mock/queues/complete.h"
#include "mock/queues/data.h"

#include <assert.h>
#include <string.h>

/* A list that goes on with the identifiers that follow, whether there are such namespaces or not. */
static void fill_ns_list(uint32_t nsid, uint8_t *page)
{
	for (uint32_t idx = 0; idx < 4096 / sizeof(nvu_le32); idx++) {
		nvu_le32 entry = nvu_le32_put(nsid + 1 + idx);

		memcpy(page + idx * sizeof(entry), &entry, sizeof(entry));
	}
}

static uint16_t identify(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint8_t cns = (uint8_t)nvu_le32_get(cmd->sqe.cdw10);
	uint8_t csi = (uint8_t)(nvu_le32_get(cmd->sqe.cdw11) >> 24);
	uint32_t nsid = nvu_le32_get(cmd->sqe.nsid);
	uint16_t status = mock_identify_build(mock, cns, csi, nsid, mock->page);

	if (!status && cmd->effects.endless && cns == NVU_CNS_ACTIVE_NS_LIST)
		fill_ns_list(nsid, mock->page);
	return status ? status
		      : mock_data_reply(mock, cmd, mock->page, mock_command_bytes(mock, cmd));
}

static bool is_abort(const struct nvu_sqe *sqe)
{
	return sqe->opcode == NVU_ADMIN_ABORT;
}

/* Those that wait to be carried out, in the queue or for their time. */
static uint32_t count_aborts(const struct nvu_mock *mock, const struct mock_sq *sq)
{
	uint32_t count = 0;

	for (uint32_t slot = sq->head; slot != sq->tail;
	     slot = slot + 1 == sq->entries ? 0 : slot + 1)
		count += is_abort(&sq->ring[slot]);
	for (const struct mock_pending *pending = mock->pending; pending; pending = pending->next)
		count += pending->execute && pending->cmd.sq == sq && is_abort(&pending->cmd.sqe);
	return count;
}

/* Base 5.1: bit 0 of the result says that the command was not aborted. */
static uint16_t abort_command(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint16_t sqid = (uint16_t)nvu_le32_get(cmd->sqe.cdw10);
	uint16_t cid = (uint16_t)(nvu_le32_get(cmd->sqe.cdw10) >> 16);
	struct mock_pending *pending = mock_complete_find(mock, sqid, cid);

	if (count_aborts(mock, cmd->sq) >= MOCK_ABORTS)
		mock_violation_add_cmd(mock, cmd,
				       "more than %d Abort commands are outstanding (ACL)",
				       MOCK_ABORTS);
	if (pending) {
		assert(pending->execute);
		mock_complete_cmd(mock, &pending->cmd, NVU_SC_ABORT_REQUESTED);
		if (pending->paired)
			mock_complete_cmd(mock, &pending->second, NVU_SC_ABORT_FUSED_FAILED);
		mock_complete_release(mock, pending);
		return 0;
	}
	cmd->result = sqid != 0 || !mock_aer_abort(mock, cid);
	return 0;
}

/* Of each row that says MOCK. */
#define EXECUTE_DELETE_SQ mock_admin_queue_delete_sq
#define EXECUTE_CREATE_SQ mock_admin_queue_create_sq
#define EXECUTE_GET_LOG_PAGE mock_log_get
#define EXECUTE_DELETE_CQ mock_admin_queue_delete_cq
#define EXECUTE_CREATE_CQ mock_admin_queue_create_cq
#define EXECUTE_IDENTIFY identify
#define EXECUTE_ABORT abort_command
#define EXECUTE_SET_FEATURES mock_feature_set
#define EXECUTE_GET_FEATURES mock_feature_get
#define EXECUTE_ASYNC_EVENT mock_aer_request
#define EXECUTE_NS_MANAGEMENT mock_manage_namespace
#define EXECUTE_NS_ATTACHMENT mock_manage_attachment
#define EXECUTE_FORMAT_NVM mock_manage_format
#define EXECUTE_DOORBELL_BUFFER mock_admin_queue_doorbell_buffer

#define FOR_ADMIN(...) __VA_ARGS__
#define FOR_IO(...)
static mock_command_fn *const commands[256] = {
#include "mock/execute.def"
};

uint16_t mock_admin_execute(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	const struct spec_command *row = mock_command_offered(mock, 0, cmd->sqe.opcode);
	uint32_t nsid = nvu_le32_get(cmd->sqe.nsid);
	bool identifies = cmd->sqe.opcode == NVU_ADMIN_IDENTIFY; /* has rules of its own */

	assert(mock_is_locked(mock));
	assert(cmd->sq->qid == 0);
	if (!row)
		return MOCK_DNR(NVU_SC_INVALID_OPCODE);
	if (row->nsid == COMMAND_NO_NS && nsid) {
		mock_violation_add_cmd(mock, cmd, "NSID is %u in a command that has none", nsid);
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	}
	if (!identifies && nsid && !mock_ns_is_valid(mock, nsid) && nsid != UINT32_MAX)
		return MOCK_DNR(NVU_SC_INVALID_NS);
	assert(commands[row->opcode]);
	return commands[row->opcode](mock, cmd);
}
