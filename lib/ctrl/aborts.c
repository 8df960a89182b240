/* SPDX-License-Identifier: MIT */
/*
 * aborts.c: see aborts.h.
 */
#include "ctrl/aborts.h"

#include "base/error.h"
#include "ctrl/admin.h"

/* Base 5.1, figure 139. */
static struct nvu_sqe encode(uint32_t qid, uint32_t cid)
{
	return (struct nvu_sqe){ .opcode = NVU_ADMIN_ABORT,
				 .cdw10 = nvu_le32_put(cid << 16 | qid) };
}

bool aborts_have_room(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock));
	if (ctrl->dead)
		return false;
	admin_reap(ctrl);
	return requests_count(ctrl, REQUEST_ABORT) <= ctrl->id.acl; /* 0's based */
}

int aborts_run(struct nvu_ctrl *ctrl, uint32_t qid, uint32_t cid, uint32_t timeout_ms,
	       bool *ret_aborted)
{
	const struct nvu_sqe cmd = encode(qid, cid);
	uint64_t result = 1; /* bit 0: not aborted */
	int ret = admin_command(ctrl, &cmd, NULL, 0, timeout_ms, &result);

	*ret_aborted = !(result & 1);
	return ret;
}

static bool send(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, bool *answered)
{
	struct admin_call call = { .cmd = cmd };
	struct ctrl_request *request;

	if (admin_begin_started(ctrl, &request))
		return false;
	if (admin_send(ctrl, request, &call)) {
		requests_finish(ctrl, request);
		return false;
	}
	request->kind = REQUEST_ABORT;
	request->answered = answered;
	return true;
}

bool aborts_send(struct nvu_ctrl *ctrl, uint32_t qid, uint32_t cid, bool *answered)
{
	const struct nvu_sqe cmd = encode(qid, cid);
	bool is_sent;

	if (!aborts_have_room(ctrl))
		return false;
	error_enter();
	is_sent = send(ctrl, &cmd, answered);
	(void)error_leave(0);
	return is_sent;
}

void aborts_forget(struct nvu_ctrl *ctrl, const void *memory, size_t len)
{
	for (uint32_t i = 0; i < REQUESTS_MAX; i++)
		if ((uintptr_t)ctrl->requests[i].answered - (uintptr_t)memory < len)
			ctrl->requests[i].answered = NULL;
}
