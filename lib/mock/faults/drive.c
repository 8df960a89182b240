// SPDX-License-Identifier: MIT
/*
 * drive.c: see drive.h.
 */
#include "mock/faults/drive.h"

#include "base/clock.h"
#include "mock/faults/violation.h"

#include <assert.h>

#define STOP_NS 2300000000ull

enum { ADDRESS_BITS = 48, QPRIO_MEDIUM = 2 };

static bool is_busy(const struct mock_sq *sq, uint16_t cid)
{
	return sq && sq->cid_busy[cid / 64] >> (cid & 63) & 1;
}

/* Another queue has a command with this identifier in flight. */
static bool is_shared(const struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	for (uint32_t idx = 0; idx < mock->live_count; idx++)
		if (mock->live[idx] != cmd->sq && is_busy(mock->live[idx], cmd->cid))
			return true;
	return false;
}

static const char *identifier_fault(const struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	if (mock->quirks & NVU_QUIRK_PLAIN_IDENTIFIERS && cmd->cid >= cmd->sq->entries)
		return "its identifier is not below the queue's entries";
	if (mock->quirks & NVU_QUIRK_SHARED_IDENTIFIERS && is_shared(mock, cmd))
		return "another queue has a command with its identifier in flight";
	if (mock->quirks & NVU_QUIRK_DMA_48 &&
	    (nvu_le64_get(cmd->sqe.prp1) | nvu_le64_get(cmd->sqe.prp2)) >> ADDRESS_BITS)
		return "its data are above 48 bits";
	return NULL;
}

static const char *queue_fault(const struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint8_t opcode = cmd->sqe.opcode;
	uint32_t cdw10 = nvu_le32_get(cmd->sqe.cdw10), cdw11 = nvu_le32_get(cmd->sqe.cdw11);

	if (opcode != NVU_ADMIN_CREATE_SQ && opcode != NVU_ADMIN_CREATE_CQ)
		return NULL;
	if (mock->quirks & NVU_QUIRK_ONE_COMMAND && cdw10 >> 16 > 1)
		return "the queue holds more than one command";
	if (mock->quirks & NVU_QUIRK_MEDIUM_PRIORITY && opcode == NVU_ADMIN_CREATE_SQ &&
	    (cdw11 >> 1 & 3) != QPRIO_MEDIUM)
		return "the queue's priority is not medium";
	if (mock->quirks & NVU_QUIRK_SHARED_IDENTIFIERS && (cdw10 & 0xffff) > 1)
		return "a second I/O queue";
	return NULL;
}

static const char *admin_fault(const struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint8_t cns = (uint8_t)nvu_le32_get(cmd->sqe.cdw10);

	if (cmd->sqe.opcode == NVU_ADMIN_GET_LOG_PAGE)
		return mock->quirks & NVU_QUIRK_NO_LOG_PAGES ? "it has no log pages" : NULL;
	if (cmd->sqe.opcode != NVU_ADMIN_IDENTIFY)
		return queue_fault(mock, cmd);
	if (mock->quirks & NVU_QUIRK_NO_DESCRIPTORS && cns == NVU_CNS_NS_DESC_LIST)
		return "it has no namespace identification descriptors";
	if (mock->quirks & NVU_QUIRK_NO_LISTS && cns > NVU_CNS_CTRL)
		return "it has no lists";
	return NULL;
}

void mock_drive_command(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	const char *why = identifier_fault(mock, cmd);

	assert(mock->quirks);
	if (!why && cmd->sq->qid == 0)
		why = admin_fault(mock, cmd);
	if (why)
		mock_violation_add_cmd(mock, cmd, "this drive (%04x:%04x) cannot take it: %s",
				       mock->config.opts.vid, mock->config.opts.did, why);
}

void mock_drive_register(struct nvu_mock *mock, uint32_t offset)
{
	if (mock->quirks & NVU_QUIRK_SLOW_STOP && offset == NVU_REG_CSTS && mock->stopped_ns &&
	    !(mock->cc & NVU_CC_EN) && clock_ns() - mock->stopped_ns < STOP_NS)
		mock_violation_add(mock, "CSTS is read within 2.3 s after CC.EN was cleared");
}
