/* SPDX-License-Identifier: MIT */
/*
 * encode.c: see encode.h.
 */
#include "spec/encode.h"

#include <assert.h>

struct nvu_sqe encode_rw(uint8_t opcode, uint32_t nsid, uint32_t flags, uint32_t cdw13)
{
	assert(!(flags & 0xffff));
	return (struct nvu_sqe){
		.opcode = opcode,
		.nsid = nvu_le32_put(nsid),
		.cdw12 = nvu_le32_put(flags),
		.cdw13 = nvu_le32_put(cdw13),
	};
}

void encode_set_blocks(struct nvu_sqe *cmd, uint64_t lba, uint32_t blocks)
{
	const uint32_t flags = nvu_le32_get(cmd->cdw12) & 0xffff0000;

	assert(blocks && blocks <= ENCODE_BLOCKS_MAX);
	cmd->cdw10 = nvu_le32_put((uint32_t)lba);
	cmd->cdw11 = nvu_le32_put((uint32_t)(lba >> 32));
	cmd->cdw12 = nvu_le32_put(flags | (blocks - 1));
}

struct nvu_sqe encode_write_uncorrectable(uint32_t nsid, uint64_t lba, uint32_t blocks)
{
	struct nvu_sqe cmd = encode_rw(NVU_CMD_WRITE_UNCORRECTABLE, nsid, 0, 0);

	encode_set_blocks(&cmd, lba, blocks);
	return cmd;
}

struct nvu_sqe encode_deallocate(uint32_t nsid, uint32_t ranges)
{
	assert(ranges && ranges <= ENCODE_RANGES_MAX);
	return (struct nvu_sqe){
		.opcode = NVU_CMD_DSM,
		.nsid = nvu_le32_put(nsid),
		.cdw10 = nvu_le32_put(ranges - 1),
		.cdw11 = nvu_le32_put(NVU_DSM_DEALLOCATE),
	};
}

struct nvu_dsm_range encode_range(uint64_t lba, uint32_t blocks)
{
	return (struct nvu_dsm_range){
		.blocks = nvu_le32_put(blocks),
		.lba = nvu_le64_put(lba),
	};
}
