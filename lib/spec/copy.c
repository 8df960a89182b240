/* SPDX-License-Identifier: MIT */
/*
 * copy.c: see copy.h.
 */
#include "spec/copy.h"

#include <assert.h>
#include <string.h>

enum { WIDE = 1, OTHER_NS = 2, FORMAT_SHIFT = 8 };

#define PRACT_READ (1u << 15) /* PRINFOR, 15:12, as PRINFOW in 29:26 */

uint32_t copy_format(bool wide_guard, bool other_ns)
{
	return (wide_guard ? WIDE : 0) | (other_ns ? OTHER_NS : 0);
}

uint32_t copy_entry_bytes(uint32_t format)
{
	assert(format < COPY_FORMATS_MAX);
	return format & WIDE ? sizeof(struct nvu_copy_entry_wide) : sizeof(struct nvu_copy_entry);
}

struct nvu_sqe encode_copy(uint32_t nsid, uint64_t lba, uint32_t ranges, uint32_t format,
			   uint32_t flags, uint32_t ref_tag)
{
	uint32_t cdw12 = flags | format << FORMAT_SHIFT | (ranges - 1);

	assert(ranges && ranges <= COPY_RANGES_MAX && format < COPY_FORMATS_MAX);
	assert(!(flags & 0x3ffffff));
	if (flags & NVU_RW_PRACT)
		cdw12 |= PRACT_READ;
	return (struct nvu_sqe){
		.opcode = NVU_CMD_COPY,
		.nsid = nvu_le32_put(nsid),
		.cdw10 = nvu_le32_put((uint32_t)lba),
		.cdw11 = nvu_le32_put((uint32_t)(lba >> 32)),
		.cdw12 = nvu_le32_put(cdw12),
		.cdw14 = nvu_le32_put(ref_tag),
	};
}

/* Both entries begin with the same fields. */
void encode_copy_range(uint32_t format, uint32_t nsid, uint64_t lba, uint32_t blocks, void *to)
{
	const struct nvu_copy_entry_wide entry = {
		.snsid = nvu_le32_put(format & OTHER_NS ? nsid : 0),
		.slba = nvu_le64_put(lba),
		.nlb = nvu_le16_put((uint16_t)(blocks - 1)),
	};

	static_assert(offsetof(struct nvu_copy_entry, nlb) ==
			      offsetof(struct nvu_copy_entry_wide, nlb),
		      "the same fields");
	assert(blocks && blocks <= COPY_RANGE_BLOCKS_MAX);
	memcpy(to, &entry, copy_entry_bytes(format));
}
