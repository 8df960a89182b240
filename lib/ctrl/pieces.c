/* SPDX-License-Identifier: MIT */
/*
 * pieces.c: Get Log Page (Base 5.16) and Firmware Image Download (Base 5.12): their offsets and
 * lengths in the command.
 */
#include "ctrl/pieces.h"

#include <assert.h>

#define LPA_OFFSETS (1u << 2)	/* Identify Controller: NUMDU, LPOL and LPOU are looked at */
#define RETAIN_EVENT (1u << 15) /* CDW10 of Get Log Page */
#define OFFSET_TYPE (1u << 23)	/* CDW14: the offset is an index */
#define FWUG_UNIT 4096u		/* Identify Controller FWUG; 0: not reported, FFh: any dword */

/* NUMD, 0's based, of both halves. */
static uint64_t log_bytes(const struct nvu_sqe *cmd)
{
	uint32_t low = nvu_le32_get(cmd->cdw10) >> 16, high = nvu_le32_get(cmd->cdw11) & 0xffff;

	return (((uint64_t)high << 16 | low) + 1) * 4;
}

bool pieces_allowed(const struct nvu_id_ctrl *id, const struct nvu_sqe *cmd, size_t len,
		    size_t piece_bytes)
{
	switch (cmd->opcode) {
	case NVU_ADMIN_GET_LOG_PAGE:
		return (id->lpa & LPA_OFFSETS) && !(nvu_le32_get(cmd->cdw14) & OFFSET_TYPE) &&
		       log_bytes(cmd) == len;
	case NVU_ADMIN_FW_DOWNLOAD:
		return (id->fwug == 0xff || id->fwug * FWUG_UNIT <= piece_bytes) &&
		       ((uint64_t)nvu_le32_get(cmd->cdw10) + 1) * 4 == len;
	default:
		return false;
	}
}

/* The events that a log page tells of stay until its last piece is read. */
static void cut_log(struct nvu_sqe *cmd, size_t at, size_t len, bool last)
{
	uint32_t dwords = (uint32_t)(len / 4 - 1);
	uint64_t offset = nvu_le32_get(cmd->cdw12) | (uint64_t)nvu_le32_get(cmd->cdw13) << 32;
	uint32_t cdw10 = nvu_le32_get(cmd->cdw10) & 0xffff;

	assert(len && len % 4 == 0 && at % 4 == 0);
	offset += at;
	cmd->cdw10 = nvu_le32_put(cdw10 | dwords << 16 | (last ? 0 : RETAIN_EVENT));
	cmd->cdw11 = nvu_le32_put((nvu_le32_get(cmd->cdw11) & 0xffff0000) | dwords >> 16);
	cmd->cdw12 = nvu_le32_put((uint32_t)offset);
	cmd->cdw13 = nvu_le32_put((uint32_t)(offset >> 32));
}

struct nvu_sqe pieces_cut(const struct nvu_sqe *cmd, size_t at, size_t len, bool last)
{
	struct nvu_sqe piece = *cmd;

	if (cmd->opcode == NVU_ADMIN_GET_LOG_PAGE) {
		cut_log(&piece, at, len, last);
	} else {
		piece.cdw10 = nvu_le32_put((uint32_t)(len / 4 - 1));
		piece.cdw11 = nvu_le32_put(nvu_le32_get(cmd->cdw11) + (uint32_t)(at / 4));
	}
	return piece;
}
