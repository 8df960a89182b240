// SPDX-License-Identifier: MIT
/*
 * mock_admin.c: the admin queue's command set.
 */
#include "mock/mock_admin.h"

#include "mock/mock_admin_queue.h"
#include "mock/mock_aer.h"
#include "mock/mock_complete.h"
#include "mock/mock_data.h"
#include "mock/mock_feature.h"
#include "mock/mock_identify.h"
#include "mock/mock_log.h"
#include "mock/mock_manage.h"
#include "mock/mock_ns.h"
#include "mock/mock_violation.h"

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

	if (!status && cmd->strike.endless && cns == NVU_CNS_ACTIVE_NS_LIST)
		fill_ns_list(nsid, mock->page);
	return status ? status : mock_data_reply(mock, cmd, mock->page, sizeof(mock->page));
}

/* Base 5.1: bit 0 of the result says that the command was not aborted. */
static uint16_t abort_command(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint16_t sqid = (uint16_t)nvu_le32_get(cmd->sqe.cdw10);
	uint16_t cid = (uint16_t)(nvu_le32_get(cmd->sqe.cdw10) >> 16);
	struct mock_pending *pending = mock_complete_find(mock, sqid, cid);

	if (pending) {
		mock_complete_cmd(mock, &pending->cmd, NVU_SC_ABORT_REQUESTED);
		mock_complete_release(mock, pending);
		return 0;
	}
	cmd->result = sqid != 0 || !mock_aer_abort(mock, cid);
	return 0;
}

struct command {
	uint16_t (*execute)(struct nvu_mock *mock, struct mock_cmd *cmd);
	bool has_nsid;
};

static const struct command commands[256] = {
	[NVU_ADMIN_DELETE_SQ] = { mock_admin_queue_delete_sq, false },
	[NVU_ADMIN_CREATE_SQ] = { mock_admin_queue_create_sq, false },
	[NVU_ADMIN_GET_LOG_PAGE] = { mock_log_get, true },
	[NVU_ADMIN_DELETE_CQ] = { mock_admin_queue_delete_cq, false },
	[NVU_ADMIN_CREATE_CQ] = { mock_admin_queue_create_cq, false },
	[NVU_ADMIN_IDENTIFY] = { identify, true },
	[NVU_ADMIN_ABORT] = { abort_command, false },
	[NVU_ADMIN_SET_FEATURES] = { mock_feature_set, true },
	[NVU_ADMIN_GET_FEATURES] = { mock_feature_get, true },
	[NVU_ADMIN_ASYNC_EVENT] = { mock_aer_request, false },
	[NVU_ADMIN_NS_MANAGEMENT] = { mock_manage_namespace, true },
	[NVU_ADMIN_NS_ATTACHMENT] = { mock_manage_attachment, true },
	[NVU_ADMIN_FORMAT_NVM] = { mock_manage_format, true },
	[NVU_ADMIN_DOORBELL_BUFFER] = { mock_admin_queue_doorbell_buffer, false },
};

uint16_t mock_admin_execute(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	const struct command *command = &commands[cmd->sqe.opcode];
	uint32_t nsid = nvu_le32_get(cmd->sqe.nsid);
	bool identifies = cmd->sqe.opcode == NVU_ADMIN_IDENTIFY; /* has rules of its own */

	if (!command->execute)
		return MOCK_DNR(NVU_SC_INVALID_OPCODE);
	if (!command->has_nsid && nsid) {
		mock_violation_add_cmd(mock, cmd, "NSID is %u in a command that has none", nsid);
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	}
	if (!identifies && nsid && !mock_ns_is_valid(mock, nsid) && nsid != UINT32_MAX)
		return MOCK_DNR(NVU_SC_INVALID_NS);
	return command->execute(mock, cmd);
}
