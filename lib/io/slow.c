/* SPDX-License-Identifier: MIT */
/*
 * slow.c: see slow.h.
 */
#include "io/slow.h"

#include "base/error.h"
#include "ctrl/snapshot.h"
#include "io/explain.h"
#include "ns/follow.h"
#include "qpair/after.h"
#include "qpair/misuse.h"
#include "qpair/split.h"
#include "qpair/submit.h"

#include <errno.h>

/* No free record: the queue is full, or its controller has failed. */
static int report_full(struct nvu_qpair *qpair)
{
	if (qpair->error)
		return qpair_report_end(qpair);
	qpair->full++;
	return -EAGAIN;
}

/* A call that queues commands. Free records of a checked queue pair come in sight. */
static int enter(struct nvu_qpair *qpair, const char *function)
{
	int ret = misuse_enter(qpair, function);

	if (!ret && qpair->misuse)
		misuse_show(qpair);
	return ret;
}

static int leave(struct nvu_qpair *qpair, bool queued)
{
	int ret = queued ? 0 : report_full(qpair);

	misuse_leave(qpair);
	return ret;
}

/*
 * Nothing is wrong with the command itself: the queue is full; or it is guarded, or has just followed a
 * change of the namespaces, and takes the command.
 */
int slow_queue(struct nvu_qpair *qpair, const char *function, const struct nvu_sqe *cmd,
	       const struct nvu_dma *buf, size_t offset, size_t len, uint64_t user_data)
{
	int ret = enter(qpair, function);

	if (ret)
		return ret;
	ret = qpair_queue(qpair, cmd, buf, offset, len, user_data);
	if (!ret)
		misuse_use(qpair, buf);
	return leave(qpair, !ret);
}

/* False: there is no room for it. */
static bool queue_plan(struct nvu_qpair *qpair, const struct rw_plan *plan, uint64_t user_data)
{
	struct gather_place place = { 0 };
	uint32_t blocks = rw_plan_cut(plan, 0, &place);

	if (blocks != plan->blocks)
		return split_begin(qpair, plan, user_data);
	if (!qpair->inflight.free)
		return false;
	qpair_queue_plan(qpair, plan, 0, blocks, &place, user_data);
	return true;
}

int slow_queue_plan(struct nvu_qpair *qpair, const char *function, const struct rw_plan *plan,
		    uint64_t user_data)
{
	int ret = enter(qpair, function);

	return ret ? ret : leave(qpair, queue_plan(qpair, plan, user_data));
}

int slow_queue_ranges(struct nvu_qpair *qpair, const char *function, const struct nvu_sqe *cmd,
		      const struct split_list *list, uint64_t blocks, uint64_t user_data)
{
	int ret = enter(qpair, function);

	return ret ? ret : leave(qpair, split_begin_ranges(qpair, cmd, list, blocks, user_data));
}

int slow_queue_after(struct nvu_qpair *qpair, const char *function, uint32_t nsid,
		     uint64_t user_data)
{
	int ret = enter(qpair, function);

	return ret ? ret : leave(qpair, after_flush(qpair, nsid, user_data));
}

static int slow_rw(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode, uint64_t lba,
		   uint32_t blocks, const struct nvu_dma *buf, size_t offset, uint64_t user_data)
{
	const char *function = opcode == NVU_CMD_READ ? "nvu_read" : "nvu_write";
	struct nvu_sqe cmd = { 0 };
	size_t len;
	int ret;

	if (misuse_is_closed(qpair, function))
		return -EINVAL;
	/* A closed controller's namespaces are not looked into. */
	if (qpair->error)
		return report_full(qpair);
	ret = follow_handle(qpair, ns, function);
	if (ret)
		return ret;
	if (!ns_holds(ns, lba, blocks - 1))
		return explain_range(ns, lba, blocks);
	len = (size_t)blocks * ns->block_bytes;
	ret = explain_buffer(qpair, function, buf, offset, len, opcode == NVU_CMD_READ);
	if (ret)
		return ret;
	submit_head(&cmd, ns->nsid_qword | opcode, 0);
	submit_tail(&cmd, lba, blocks - 1);
	return slow_queue(qpair, function, &cmd, buf, offset, len, user_data);
}

int slow_read(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba, uint32_t blocks,
	      const struct nvu_dma *buf, size_t offset, uint64_t user_data)
{
	return slow_rw(qpair, ns, NVU_CMD_READ, lba, blocks, buf, offset, user_data);
}

int slow_write(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba, uint32_t blocks,
	       const struct nvu_dma *buf, size_t offset, uint64_t user_data)
{
	return slow_rw(qpair, ns, NVU_CMD_WRITE, lba, blocks, buf, offset, user_data);
}

int slow_flush(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t user_data)
{
	const struct nvu_sqe cmd = {
		.opcode = NVU_CMD_FLUSH,
		.nsid = nvu_le32_put((uint32_t)(ns->nsid_qword >> 32)),
	};
	int ret;

	if (misuse_is_closed(qpair, "nvu_flush"))
		return -EINVAL;
	if (qpair->error)
		return report_full(qpair);
	ret = follow_handle(qpair, ns, "nvu_flush");
	return ret ? ret : slow_queue(qpair, "nvu_flush", &cmd, NULL, 0, 0, user_data);
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

int slow_io(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
	    size_t offset, size_t len, uint64_t user_data)
{
	uint32_t max = transfer_max(qpair);
	int ret;

	if (misuse_is_closed(qpair, "nvu_io"))
		return -EINVAL;
	if (!qpair->inflight.free && !qpair->misuse)
		return report_full(qpair);
	ret = follow_raw(qpair, nvu_le32_get(cmd->nsid));
	if (ret)
		return ret;
	if (buf || len) {
		if (len == 0 || len > max || len % 4)
			return error_set(-EINVAL,
					 "len is %zu: it must be a multiple of 4 between 4 and %u",
					 len, max);
		ret = explain_buffer(qpair, "nvu_io", buf, offset, len,
				     cmd->opcode & NVU_XFER_FROM_CTRL);
		if (ret)
			return ret;
	}
	return slow_queue(qpair, "nvu_io", cmd, buf, offset, len, user_data);
}
