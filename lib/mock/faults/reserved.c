// SPDX-License-Identifier: MIT
/*
 * reserved.c: a row for each command, Base 5 and NVM 3. Of MPTR and the fields of protection
 * information, the format of the command's namespace decides.
 */
#include "mock/faults/reserved.h"

#include "mock/faults/violation.h"

enum { PRP1 = 1, PRP2 = 2, DATA = PRP1 | PRP2, CDW10_FIRST = 10, CDWS = 6, CDWS_BEFORE_TAGS = 4 };

#define ALL UINT32_MAX

struct rule {
	bool known;
	uint32_t used[CDWS]; /* bits of CDW10 to CDW15 */
};

static const struct rule admin_rules[256] = {
	[NVU_ADMIN_DELETE_SQ] = { true, { 0xffff } },
	[NVU_ADMIN_CREATE_SQ] = { true, { ALL, 0xffff0007, 0xffff } },
	[NVU_ADMIN_GET_LOG_PAGE] = { true, { ALL, ALL, ALL, ALL, 0xff80007f } },
	[NVU_ADMIN_DELETE_CQ] = { true, { 0xffff } },
	[NVU_ADMIN_CREATE_CQ] = { true, { ALL, 0xffff0003 } },
	[NVU_ADMIN_IDENTIFY] = { true, { 0xffff00ff, 0xff00ffff, 0, 0, 0x7f } },
	[NVU_ADMIN_ABORT] = { true, { ALL } },
	[NVU_ADMIN_SET_FEATURES] = { true, { 0x800000ff, ALL, ALL, ALL, ALL, ALL } },
	[NVU_ADMIN_GET_FEATURES] = { true, { 0x7ff, ALL, 0, 0, 0x7f } },
	[NVU_ADMIN_ASYNC_EVENT] = { true, { 0 } },
	[NVU_ADMIN_DOORBELL_BUFFER] = { true, { 0 } },
};

static const struct rule io_rules[256] = {
	[NVU_CMD_FLUSH] = { true, { 0 } },
	[NVU_CMD_WRITE] = { true, { ALL, ALL, 0xfd00ffff, 0xff } }, /* it has no directives */
	[NVU_CMD_READ] = { true, { ALL, ALL, 0xfd00ffff, 0xff } },
	[NVU_CMD_COMPARE] = { true, { ALL, ALL, 0xfd00ffff } },
	[NVU_CMD_WRITE_ZEROES] = { true, { ALL, ALL, 0xff00ffff } },
	[NVU_CMD_DSM] = { true, { 0xff, 0x7 } },
	[NVU_CMD_VERIFY] = { true, { ALL, ALL, 0xfd00ffff } },
	[NVU_CMD_COPY] = { true, { ALL, ALL, 0xfd00ffff } }, /* it has no directives */
	[NVU_CMD_RESERVATION_REGISTER] = { true, { 0xc000000f } },
	[NVU_CMD_RESERVATION_ACQUIRE] = { true, { 0xff07 } }, /* IEKEY must be 0 since 1.3 */
	[NVU_CMD_RESERVATION_RELEASE] = { true, { 0xff07 } },
	[NVU_CMD_RESERVATION_REPORT] = { true, { ALL, 1 } },
};

/* The PRP entries that a command uses, by the length of its data in spec/commands.def. */
#define PRPS_NO_DATA 0
#define PRPS_BYTES(bytes) DATA
#define PRPS_BLOCKS DATA
#define PRPS_DWORDS(word) DATA
#define PRPS_SIZE(word) DATA
#define PRPS_RANGES(bytes) DATA
#define PRPS_LOG DATA
#define PRPS_QUEUE PRP1
#define PRPS_BY_FIELD DATA
#define COMMAND(set, symbol, opcode, name, direction, length, ...) \
	[SET_##set][opcode] = PRPS_##length,
enum { SET_ADMIN, SET_IO, SET_NVM = SET_IO, SET_ZONED, SET_KV, SETS };
static const uint8_t prps[SETS][256] = {
#include "spec/commands.def"
};
#undef COMMAND

/* Doorbell Buffer Config moves no data, but names two pages. */
static uint8_t prps_of(const struct mock_cmd *cmd)
{
	if (cmd->sq->qid == 0 && cmd->sqe.opcode == NVU_ADMIN_DOORBELL_BUFFER)
		return DATA;
	return prps[cmd->sq->qid ? SET_IO : SET_ADMIN][cmd->sqe.opcode];
}

/* NULL: the command has no namespace, or one that does not exist. */
static const struct mock_format *format_of(const struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint32_t nsid = nvu_le32_get(cmd->sqe.nsid);

	if (cmd->sq->qid == 0 || !nsid || nsid > mock->config.opts.ns_max)
		return NULL;
	return &mock->ns[nsid - 1].format;
}

/* NVM 3.2: commands whose CDW2, CDW3, CDW14 and CDW15 have the tags of protection information. */
static bool has_tags(const struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	const struct mock_format *format = format_of(mock, cmd);

	switch (cmd->sqe.opcode) {
	case NVU_CMD_WRITE:
	case NVU_CMD_READ:
	case NVU_CMD_COMPARE:
	case NVU_CMD_WRITE_ZEROES:
	case NVU_CMD_VERIFY:
	case NVU_CMD_COPY:
		return format && format->type;
	default:
		return false;
	}
}

/* Only these move metadata; where the data have them behind each block, MPTR is not used. */
static bool has_metadata(const struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	const struct mock_format *format = format_of(mock, cmd);

	switch (cmd->sqe.opcode) {
	case NVU_CMD_WRITE:
	case NVU_CMD_READ:
	case NVU_CMD_COMPARE:
		return format && format->metadata_bytes && !format->interleaved;
	default:
		return false;
	}
}

static void check_cdws(struct nvu_mock *mock, const struct mock_cmd *cmd, const struct rule *rule)
{
	const nvu_le32 cdws[CDWS] = { cmd->sqe.cdw10, cmd->sqe.cdw11, cmd->sqe.cdw12,
				      cmd->sqe.cdw13, cmd->sqe.cdw14, cmd->sqe.cdw15 };

	for (uint32_t idx = 0; idx < (has_tags(mock, cmd) ? CDWS_BEFORE_TAGS : CDWS); idx++) {
		uint32_t value = nvu_le32_get(cdws[idx]);

		if (value & ~rule->used[idx])
			mock_violation_add_cmd(mock, cmd, "CDW%u is 0x%x: bits 0x%x are reserved",
					       CDW10_FIRST + idx, value, value & ~rule->used[idx]);
	}
}

static void check_pointers(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	const struct nvu_sqe *sqe = &cmd->sqe;
	const uint8_t used = prps_of(cmd);

	if (!(used & PRP1) && nvu_le64_get(sqe->prp1))
		mock_violation_add_cmd(mock, cmd, "PRP1 is 0x%llx in a command without data",
				       (unsigned long long)nvu_le64_get(sqe->prp1));
	if (!(used & PRP2) && nvu_le64_get(sqe->prp2))
		mock_violation_add_cmd(mock, cmd, "PRP2 is 0x%llx in a command that has none",
				       (unsigned long long)nvu_le64_get(sqe->prp2));
	if (nvu_le64_get(sqe->mptr) && !has_metadata(mock, cmd))
		mock_violation_add_cmd(mock, cmd, "MPTR is 0x%llx, but there is no metadata",
				       (unsigned long long)nvu_le64_get(sqe->mptr));
	if ((nvu_le32_get(sqe->cdw2) || nvu_le32_get(sqe->cdw3)) && !has_tags(mock, cmd))
		mock_violation_add_cmd(mock, cmd, "CDW2 and CDW3 are 0x%x and 0x%x: reserved",
				       nvu_le32_get(sqe->cdw2), nvu_le32_get(sqe->cdw3));
}

void mock_reserved_check(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	const struct rule *rule =
		cmd->sq->qid ? &io_rules[cmd->sqe.opcode] : &admin_rules[cmd->sqe.opcode];

	if (!rule->known)
		return;
	check_cdws(mock, cmd, rule);
	check_pointers(mock, cmd);
}
