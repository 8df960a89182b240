// SPDX-License-Identifier: MIT
/*
 * complete.c: writes completion entries, and keeps a list by time of what waits: delayed commands, and
 * completions for which the queue has no room.
 */
#include "mock/queues/complete.h"

#include "mock/queues/doorbell.h"
#include "mock/queues/queue.h"

#include <assert.h>
#include <stdlib.h>

static struct mock_pending *acquire(struct nvu_mock *mock)
{
	struct mock_pending *pending = mock->pending_free;

	if (!pending)
		return malloc(sizeof(*pending));
	mock->pending_free = pending->next;
	return pending;
}

void mock_complete_release(struct nvu_mock *mock, struct mock_pending *pending)
{
	pending->next = mock->pending_free;
	mock->pending_free = pending;
}

void mock_complete_fini(struct nvu_mock *mock)
{
	assert(!mock->pending);
	while (mock->pending_free) {
		struct mock_pending *pending = mock->pending_free;

		mock->pending_free = pending->next;
		free(pending);
	}
}

/* Inserts by time, behind entries of the same time. Most belong at the end: the search begins there. */
static void insert(struct nvu_mock *mock, struct mock_pending *pending)
{
	struct mock_pending **link = &mock->pending;

	assert(!mock->pending == !mock->pending_last);
	if (mock->pending_last && mock->pending_last->due <= pending->due)
		link = &mock->pending_last->next;
	while (*link && (*link)->due <= pending->due)
		link = &(*link)->next;
	pending->next = *link;
	*link = pending;
	if (!pending->next)
		mock->pending_last = pending;
}

static void take_out(struct nvu_mock *mock, struct mock_pending **link, struct mock_pending *before)
{
	struct mock_pending *pending = *link;

	assert(pending);
	*link = pending->next;
	if (mock->pending_last == pending)
		mock->pending_last = before;
}

bool mock_complete_defer(struct nvu_mock *mock, const struct mock_cmd *cmd, uint64_t due)
{
	struct mock_pending *pending = acquire(mock);

	if (!pending)
		return false;
	*pending = (struct mock_pending){
		.due = due, .execute = true, .cmd = *cmd, .cq = cmd->sq->cq, .sqid = cmd->sq->qid
	};
	insert(mock, pending);
	return true;
}

bool mock_complete_defer_pair(struct nvu_mock *mock, const struct mock_cmd *first,
			      const struct mock_cmd *second, uint64_t due)
{
	struct mock_pending *pending = acquire(mock);

	if (!pending)
		return false;
	*pending = (struct mock_pending){ .due = due,
					  .execute = true,
					  .cmd = *first,
					  .paired = true,
					  .second = *second,
					  .cq = first->sq->cq,
					  .sqid = first->sq->qid };
	insert(mock, pending);
	return true;
}

/* Writes a completion, or keeps it until the driver makes room, as a controller does. */
static void post(struct nvu_mock *mock, const struct mock_cmd *cmd, const struct nvu_cqe *cqe)
{
	struct mock_cq *cq = cmd->sq->cq;
	struct mock_pending *pending;

	if (mock_doorbell_room(mock, cq, 1)) {
		mock_queue_post(mock, cq, cqe, cmd->effects.phase_inverted);
		return;
	}
	pending = acquire(mock);
	if (!pending)
		return; /* without memory the completion is lost, as the driver must expect of a device */
	*pending = (struct mock_pending){ .cq = cq,
					  .sqid = cmd->sq->qid,
					  .cqe = *cqe,
					  .phase_inverted = cmd->effects.phase_inverted };
	insert(mock, pending);
}

static void note_error(struct nvu_mock *mock, const struct mock_cmd *cmd, uint16_t status)
{
	struct mock_error_entry *entry = &mock->errors[mock->error_number++ % (MOCK_ELPE + 1)];

	assert(status);
	*entry = (struct mock_error_entry){
		.number = mock->error_number,
		.lba = cmd->sq->qid ? nvu_le32_get(cmd->sqe.cdw10) |
					      (uint64_t)nvu_le32_get(cmd->sqe.cdw11) << 32
				    : 0,
		.nsid = nvu_le32_get(cmd->sqe.nsid),
		.sqid = cmd->sq->qid,
		.cid = cmd->cid,
		.status = (uint16_t)(status << 1),
	};
}

static void free_cid(struct mock_sq *sq, uint16_t cid)
{
	sq->cid_busy[cid / 64] &= ~(1ull << (cid & 63));
}

void mock_complete_cmd(struct nvu_mock *mock, const struct mock_cmd *cmd, uint16_t status)
{
	const struct mock_effects *effects = &cmd->effects;
	const uint16_t crd = NVU_MOCK_CRD(3);
	uint64_t result = effects->has_result ? effects->result : cmd->result;
	struct nvu_cqe cqe = {
		.dw0 = nvu_le32_put((uint32_t)result),
		.dw1 = nvu_le32_put((uint32_t)(result >> 32)),
		.sqhd = nvu_le16_put(effects->has_sqhd ? effects->sqhd : (uint16_t)cmd->sq->head),
		.sqid = nvu_le16_put(effects->has_sqid ? effects->sqid : cmd->sq->qid),
		.cid = nvu_le16_put(effects->has_cid ? effects->cid : cmd->cid),
		.status = nvu_le16_put(
			(uint16_t)((mock->delays_enabled ? status : status & ~crd) << 1)),
	};
	bool answered = !effects->has_cid && !effects->phase_inverted && !cmd->refused;

	if (answered)
		free_cid(cmd->sq, cmd->cid);
	if (status)
		note_error(mock, cmd, status);
	post(mock, cmd, &cqe);
	if (effects->duplicated)
		post(mock, cmd, &cqe);
	for (uint64_t more = 0; more < effects->flood; more++)
		mock_queue_post(mock, cmd->sq->cq, &cqe, false);
}

struct mock_pending *mock_complete_due(struct nvu_mock *mock, uint64_t now)
{
	struct mock_pending **link = &mock->pending;
	struct mock_pending *before = NULL;

	while (*link && (*link)->due <= now) {
		struct mock_pending *pending = *link;

		if (mock_doorbell_room(mock, pending->cq, 1u + pending->paired) > pending->paired) {
			take_out(mock, link, before);
			return pending;
		}
		before = pending;
		link = &pending->next;
	}
	return NULL;
}

struct mock_pending *mock_complete_find(struct nvu_mock *mock, uint16_t sqid, uint16_t cid)
{
	struct mock_pending **link = &mock->pending;
	struct mock_pending *before = NULL;

	for (; *link; before = *link, link = &(*link)->next) {
		struct mock_pending *pending = *link;

		if (!pending->execute || pending->sqid != sqid ||
		    (pending->cmd.cid != cid && !(pending->paired && pending->second.cid == cid)))
			continue;
		take_out(mock, link, before);
		return pending;
	}
	return NULL;
}
