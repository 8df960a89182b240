// SPDX-License-Identifier: MIT
/*
 * violation.c: keeps the first sentences and counts all.
 */
#include "mock/faults/violation.h"

#include "mock/command.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static const char *name_of(const struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	const struct spec_command *row = mock_command_row(mock, cmd->sq->qid, cmd->sqe.opcode);

	assert(cmd->sq);
	return row ? row->name : "a command the mock does not know";
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
	mock_violation_add(mock, "queue %u: %s, CID %u: %s", cmd->sq->qid, name_of(mock, cmd),
			   cmd->cid, text);
}
