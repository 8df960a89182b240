/* SPDX-License-Identifier: MIT */
/*
 * refuse.c: the sentences for commands that are not taken.
 */
#include "io/slow.h"

#include "base/check.h"
#include "base/error.h"
#include "ctrl/snapshot.h"
#include "ns/follow.h"
#include "qpair/misuse.h"
#include "qpair/submit.h"

#include <errno.h>
#include <inttypes.h>

/* No free record: the queue is full, or its controller has failed. */
static int refuse_full(struct nvu_qpair *qpair)
{
	if (qpair->error)
		return qpair_report_end(qpair);
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

static int check_buffer(const struct nvu_qpair *qpair, const char *function,
			const struct nvu_dma *buf, size_t offset, size_t len, bool into)
{
	if (!buf)
		return error_set(-EINVAL,
				 "there is no buffer: allocate one with nvu_dma_alloc(), or "
				 "register memory with nvu_dma_register()");
	if (!buf->len)
		return check_report(-EINVAL, "%s: the buffer was freed before", function);
	if (buf->owner_id != (qpair->owners & ~(uint64_t)UINT32_MAX))
		return error_set(-EINVAL,
				 "the buffer belongs to another IOMMU domain: register its "
				 "memory for this controller");
	if (!dma_holds(buf, offset, len))
		return error_set(-EINVAL, "bytes %zu to %zu are not inside the buffer of %" PRIu64,
				 offset, offset + len, buf->len);
	if (into && !dma_takes(buf, offset, len))
		return error_set(
			-EINVAL,
			"%s: the device may only read this buffer: data from the drive need "
			"one made without NVU_DMA_DEVICE_READS_ONLY",
			function);
	if (offset % 4)
		return error_set(-EINVAL,
				 "the offset into the buffer is %zu: it must be a multiple "
				 "of 4",
				 offset);
	return 0;
}

/*
 * Nothing is wrong with the command itself: the queue is full; or it is guarded, or has just followed a
 * change of the namespaces, and takes the command.
 */
static int queue_checked(struct nvu_qpair *qpair, const char *function, const struct nvu_sqe *cmd,
			 const struct nvu_dma *buf, size_t offset, size_t len, uint64_t user_data)
{
	int ret;

	if (!qpair->misuse)
		return qpair->inflight.free ? qpair_queue(qpair, cmd, buf, offset, len, user_data)
					    : refuse_full(qpair);
	ret = misuse_enter(qpair, function);
	if (ret)
		return ret;
	misuse_show(qpair);
	ret = qpair_queue(qpair, cmd, buf, offset, len, user_data);
	if (ret)
		ret = refuse_full(qpair);
	else
		misuse_use(qpair, buf);
	misuse_leave(qpair);
	return ret;
}

int refuse_rw(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t opcode,
	      const struct nvu_sqe *slot, const struct nvu_dma *buf, size_t offset,
	      uint64_t user_data)
{
	const char *function = opcode == NVU_CMD_READ ? "nvu_read" : "nvu_write";
	struct nvu_sqe cmd = *slot;
	uint64_t lba = nvu_le32_get(cmd.cdw10) | (uint64_t)nvu_le32_get(cmd.cdw11) << 32;
	uint32_t last = nvu_le32_get(cmd.cdw12);
	size_t len;
	int ret;

	if (misuse_is_closed(qpair, function))
		return -EINVAL;
	/* A closed controller's namespaces are not looked into. */
	if (qpair->error)
		return refuse_full(qpair);
	ret = follow_handle(qpair, ns, function);
	if (ret)
		return ret;
	if (!ns_holds(ns, lba, last))
		return refuse_range(ns, lba, last + 1);
	len = (last + 1) * ns->block_bytes;
	ret = check_buffer(qpair, function, buf, offset, len, opcode == NVU_CMD_READ);
	if (ret)
		return ret;
	submit_head(&cmd, opcode, 0, ns->nsid_qword);
	return queue_checked(qpair, function, &cmd, buf, offset, len, user_data);
}

int refuse_flush(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t user_data)
{
	const struct nvu_sqe cmd = {
		.opcode = NVU_CMD_FLUSH,
		.nsid = nvu_le32_put((uint32_t)(ns->nsid_qword >> 32)),
	};
	int ret;

	if (misuse_is_closed(qpair, "nvu_flush"))
		return -EINVAL;
	if (qpair->error)
		return refuse_full(qpair);
	ret = follow_handle(qpair, ns, "nvu_flush");
	return ret ? ret : queue_checked(qpair, "nvu_flush", &cmd, NULL, 0, 0, user_data);
}

/* The controller may take less since a reset than the queue pair has room for. */
static uint32_t transfer_max(const struct nvu_qpair *qpair)
{
	uint32_t max = qpair->transfer_max_bytes, now;

	if (!qpair->ctrl)
		return max;
	now = snapshot_get(qpair->ctrl)->info.max_transfer_bytes;
	return now < max ? now : max;
}

int refuse_io(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
	      size_t offset, size_t len, uint64_t user_data)
{
	uint32_t max = transfer_max(qpair);
	int ret;

	if (misuse_is_closed(qpair, "nvu_io"))
		return -EINVAL;
	if (!qpair->inflight.free && !qpair->misuse)
		return refuse_full(qpair);
	ret = follow_raw(qpair, nvu_le32_get(cmd->nsid));
	if (ret)
		return ret;
	if (buf || len) {
		if (len == 0 || len > max || len % 4)
			return error_set(-EINVAL,
					 "%zu bytes of data: it must be a multiple of 4, 4 to %u",
					 len, max);
		ret = check_buffer(qpair, "nvu_io", buf, offset, len,
				   cmd->opcode & NVU_XFER_FROM_CTRL);
		if (ret)
			return ret;
	}
	return qpair->misuse ? queue_checked(qpair, "nvu_io", cmd, buf, offset, len, user_data) : 1;
}
