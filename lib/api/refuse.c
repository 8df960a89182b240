/* SPDX-License-Identifier: MIT */
/*
 * refuse.c: the sentences for commands that are not taken.
 */
#include "api/refuse.h"

#include "base/error.h"

#include <errno.h>
#include <inttypes.h>

/* No free record: the queue is full, or its controller has failed. */
static int refuse_full(struct nvu_qpair *qpair)
{
	if (qpair->error)
		return error_set(qpair->error, "the queue pair cannot be used any more: its "
					       "controller has failed or was closed");
	qpair->full++;
	return -EAGAIN;
}

static int refuse_range(const struct nvu_ns *ns, uint64_t lba, uint32_t blocks)
{
	const struct nvu_ns_info *info = &ns->info;

	if (!info->block_bytes)
		return error_set(-ENOTSUP, "namespace %u has a format that cannot be used",
				 info->nsid);
	if (info->metadata_bytes)
		return error_set(-ENOTSUP,
				 "namespace %u has %u bytes of metadata per block: use "
				 "nvu_io()",
				 info->nsid, info->metadata_bytes);
	if (!ns->max_blocks)
		return error_set(-ENOTSUP, "namespace %u cannot be read and written by blocks",
				 info->nsid);
	if (blocks == 0 || blocks > ns->max_blocks)
		return error_set(-EINVAL,
				 "a transfer of %u blocks is not possible: 1 to %u of %u "
				 "bytes",
				 blocks, info->max_transfer_blocks, info->block_bytes);
	return error_set(-EINVAL,
			 "blocks %" PRIu64 " to %" PRIu64 " go past the end of namespace "
			 "%u, which has %" PRIu64,
			 lba, lba + (blocks - 1), info->nsid, ns->blocks);
}

static int check_buffer(const struct nvu_qpair *qpair, const struct nvu_dma *buf, size_t offset,
			size_t len)
{
	if (!buf)
		return error_set(-EINVAL,
				 "there is no buffer: allocate one with nvu_dma_alloc(), or "
				 "register memory with nvu_dma_register()");
	if (!buf->len)
		return error_set(-EINVAL, "the buffer is not a live one: it has been freed");
	if (buf->key != (qpair->key & ~(uint64_t)UINT32_MAX))
		return error_set(-EINVAL,
				 "the buffer belongs to another IOMMU domain: register its "
				 "memory for this controller");
	if (!dma_holds(buf, offset, len))
		return error_set(-EINVAL, "bytes %zu to %zu are not inside the buffer of %" PRIu64,
				 offset, offset + len, buf->len);
	if (offset % 4)
		return error_set(-EINVAL,
				 "the offset into the buffer is %zu: it must be a multiple "
				 "of 4",
				 offset);
	return 0;
}

static int refuse_foreign(const struct nvu_ns *ns)
{
	return error_set(-EINVAL, "namespace %u belongs to another controller than the queue pair",
			 ns->info.nsid);
}

int refuse_rw(struct nvu_qpair *qpair, const struct nvu_ns *ns, const struct nvu_dma *buf,
	      size_t offset)
{
	/* What was asked for stands in the ring slot already. */
	uint64_t lba = nvu_le32_get(qpair->sq.slot->cdw10) |
		       (uint64_t)nvu_le32_get(qpair->sq.slot->cdw11) << 32;
	uint32_t last = nvu_le32_get(qpair->sq.slot->cdw12);
	int ret;

	/* A closed controller's namespaces are not looked into. */
	if (qpair->error)
		return refuse_full(qpair);
	if (ns->key != (qpair->key & UINT32_MAX))
		return refuse_foreign(ns);
	if (!ns_holds(ns, lba, last))
		return refuse_range(ns, lba, last + 1);
	ret = check_buffer(qpair, buf, offset, (last + 1) * ns->block_bytes);
	return ret ? ret : refuse_full(qpair);
}

int refuse_flush(struct nvu_qpair *qpair, const struct nvu_ns *ns)
{
	if (qpair->error)
		return refuse_full(qpair);
	return ns->key != (qpair->key & UINT32_MAX) ? refuse_foreign(ns) : refuse_full(qpair);
}

int refuse_io(struct nvu_qpair *qpair, const struct nvu_dma *buf, size_t offset, size_t len)
{
	uint32_t max = qpair->transfer_max_bytes;
	int ret;

	if (!qpair->inflight.free)
		return refuse_full(qpair);
	if (!buf && !len)
		return 0;
	if (len == 0 || len > max || len % 4)
		return error_set(-EINVAL, "%zu bytes of data: it must be a multiple of 4, 4 to %u",
				 len, max);
	ret = check_buffer(qpair, buf, offset, len);
	return ret;
}
