/* SPDX-License-Identifier: MIT */
/*
 * explain.c: see explain.h.
 */
#include "io/explain.h"

#include "base/check.h"
#include "base/error.h"

#include <errno.h>
#include <inttypes.h>

int explain_range(const struct nvu_ns *ns, uint64_t lba, uint32_t blocks)
{
	const struct nvu_ns_info *info = &ns->info;

	if (!info->block_bytes)
		return error_set(-ENOTSUP, "nvu does not support the format of namespace %u",
				 info->nsid);
	if (info->metadata_bytes)
		return error_set(-ENOTSUP,
				 "namespace %u has %u bytes of metadata per block: use nvu_rw(), "
				 "which moves them too",
				 info->nsid, info->metadata_bytes);
	if (!ns->max_blocks)
		return error_set(-ENOTSUP,
				 "namespace %u has a command set without reads and writes of "
				 "blocks: use nvu_io()",
				 info->nsid);
	if (blocks == 0 || blocks > ns->max_blocks)
		return error_set(-EINVAL, "blocks is %u: a transfer has 1 to %u blocks of %u bytes",
				 blocks, info->max_transfer_blocks, info->block_bytes);
	return error_set(-EINVAL,
			 "blocks %" PRIu64 " to %" PRIu64 " go past the end of namespace "
			 "%u, which has %" PRIu64,
			 lba, lba + (blocks - 1), info->nsid, ns->blocks);
}

int explain_memory(const struct nvu_qpair *qpair, const char *function, const struct nvu_dma *buf,
		   size_t offset, size_t len, bool into)
{
	if (!buf)
		return error_set(-EINVAL,
				 "the buffer is NULL: allocate one with nvu_dma_alloc(), or "
				 "register memory with nvu_dma_register()");
	if (!buf->len)
		return check_report(-EINVAL, "%s: the buffer was freed before", function);
	if (buf->owner_id != (qpair->owners & ~(uint64_t)UINT32_MAX))
		return error_set(-EINVAL,
				 "the buffer belongs to another IOMMU domain: register its "
				 "memory for this controller");
	if (!dma_holds(buf, offset, len))
		return error_set(-EINVAL,
				 "offset %zu + %zu bytes exceeds the buffer of %" PRIu64 " bytes",
				 offset, len, buf->len);
	if (into && !dma_takes(buf, offset, len))
		return error_set(
			-EINVAL,
			"%s: the device may only read this buffer: data from the drive need "
			"one made without NVU_DMA_DEVICE_READS_ONLY",
			function);
	return 0;
}

int explain_buffer(const struct nvu_qpair *qpair, const char *function, const struct nvu_dma *buf,
		   size_t offset, size_t len, bool into)
{
	int ret = explain_memory(qpair, function, buf, offset, len, into);

	if (ret)
		return ret;
	if (offset % 4)
		return error_set(-EINVAL,
				 "the offset into the buffer is %zu: it must be a multiple "
				 "of 4",
				 offset);
	return 0;
}
