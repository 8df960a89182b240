/* SPDX-License-Identifier: MIT */
/*
 * encode.c: see encode.h.
 */
#include "spec/encode.h"

#include <assert.h>

struct nvu_sqe encode_write_uncorrectable(uint32_t nsid, uint64_t lba, uint32_t blocks)
{
	assert(blocks && blocks <= ENCODE_BLOCKS_MAX);
	return (struct nvu_sqe){
		.opcode = NVU_CMD_WRITE_UNCORRECTABLE,
		.nsid = nvu_le32_put(nsid),
		.cdw10 = nvu_le32_put((uint32_t)lba),
		.cdw11 = nvu_le32_put((uint32_t)(lba >> 32)),
		.cdw12 = nvu_le32_put(blocks - 1),
	};
}
