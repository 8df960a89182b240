// SPDX-License-Identifier: MIT
/*
 * mock_violation.c: keeps the first sentences and counts all.
 */
#include "mock/mock_violation.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const admin_names[256] = {
	[NVU_ADMIN_DELETE_SQ] = "Delete I/O SQ",
	[NVU_ADMIN_CREATE_SQ] = "Create I/O SQ",
	[NVU_ADMIN_GET_LOG_PAGE] = "Get Log Page",
	[NVU_ADMIN_DELETE_CQ] = "Delete I/O CQ",
	[NVU_ADMIN_CREATE_CQ] = "Create I/O CQ",
	[NVU_ADMIN_IDENTIFY] = "Identify",
	[NVU_ADMIN_ABORT] = "Abort",
	[NVU_ADMIN_SET_FEATURES] = "Set Features",
	[NVU_ADMIN_GET_FEATURES] = "Get Features",
	[NVU_ADMIN_ASYNC_EVENT] = "Async Event Request",
	[NVU_ADMIN_NS_MANAGEMENT] = "Namespace Management",
	[NVU_ADMIN_NS_ATTACHMENT] = "Namespace Attachment",
	[NVU_ADMIN_FORMAT_NVM] = "Format NVM",
	[NVU_ADMIN_DOORBELL_BUFFER] = "Doorbell Buffer Config",
};

static const char *const io_names[256] = {
	[NVU_CMD_FLUSH] = "flush",
	[NVU_CMD_WRITE] = "write",
	[NVU_CMD_READ] = "read",
	[NVU_CMD_COMPARE] = "compare",
	[NVU_CMD_WRITE_ZEROES] = "write zeroes",
	[NVU_CMD_DSM] = "dataset management",
	[NVU_CMD_VERIFY] = "verify",
};

const char *mock_violation_opcode(uint16_t qid, uint8_t opcode)
{
	const char *name = qid ? io_names[opcode] : admin_names[opcode];

	return name ? name : "a command the mock does not know";
}

static void keep(struct nvu_mock *mock, const char *format, va_list args)
{
	uint32_t idx = mock->violation_count++;

	if (idx < MOCK_VIOLATIONS_KEPT)
		(void)vsnprintf(mock->violations[idx], MOCK_VIOLATION_BYTES, format, args);
}

void mock_violation_add(struct nvu_mock *mock, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	keep(mock, format, args);
	va_end(args);
}

void mock_violation_add_cmd(struct nvu_mock *mock, const struct mock_cmd *cmd, const char *format,
			    ...)
{
	char text[MOCK_VIOLATION_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	mock_violation_add(mock, "queue %u: %s, CID %u: %s", cmd->sq->qid,
			   mock_violation_opcode(cmd->sq->qid, cmd->sqe.opcode), cmd->cid, text);
}
