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

static bool send(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, bool is_late, uint32_t *answer)
{
	struct admin_call call = { .cmd = cmd };
	struct ctrl_request *request;

	if (is_late ? admin_begin_internal(ctrl, NULL, &request)
		    : admin_begin_started(ctrl, &request))
		return false;
	if (admin_send(ctrl, request, &call)) {
		requests_finish(ctrl, request);
		return false;
	}
	request->kind = REQUEST_ABORT;
	request->answer = answer;
	return true;
}

bool aborts_send(struct nvu_ctrl *ctrl, uint32_t qid, uint32_t cid, bool is_late, uint32_t *answer)
{
	const struct nvu_sqe cmd = encode(qid, cid);
	bool is_sent;

	if (!aborts_have_room(ctrl))
		return false;
	error_enter();
	is_sent = send(ctrl, &cmd, is_late, answer);
	(void)error_leave(0);
	return is_sent;
}

void aborts_forget(struct nvu_ctrl *ctrl, const void *memory, size_t len)
{
	for (uint32_t i = 0; i < REQUESTS_MAX; i++)
		if ((uintptr_t)ctrl->requests[i].answer - (uintptr_t)memory < len)
			ctrl->requests[i].answer = NULL;
}
