/* SPDX-License-Identifier: MIT */
/*
 * ioqueue.c: the admin commands around I/O queues.
 */
#include "ctrl/ioqueue.h"

#include "base/error.h"
#include "base/log.h"
#include "ctrl/admin.h"
#include "ctrl/bringup.h"
#include "qpair/slow_path.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum {
	QUEUES_DEFAULT = 128,
	PHYSICALLY_CONTIGUOUS = 1,
	INTERRUPTS_ENABLED = 1 << 1, /* of a completion queue */
	QPRIO_MEDIUM = 2 << 1,	     /* of a submission queue */
};

int ioqueue_negotiate_step(struct nvu_ctrl *ctrl, uint32_t *ret_granted)
{
	uint32_t want = ctrl->opts.io_queues ? ctrl->opts.io_queues : QUEUES_DEFAULT;
	uint32_t pairs = caps_doorbell_pairs(&ctrl->caps, ctrl->transport->reg_bytes);
	uint32_t sqs, cqs, granted;
	uint64_t result;
	int ret;

	assert(lock_is_held(&ctrl->lock));
	if (ctrl->quirks & NVU_QUIRK_SHARED_IDENTIFIERS)
		want = 1;
	/* Base 5.27.1.5: 65,535 queues (0's based: FFFEh) at most. */
	if (want > 65535)
		want = 65535;
	ret = admin_set_feature_step(ctrl, NVU_FEAT_NUM_QUEUES, (want - 1) << 16 | (want - 1),
				     &result);
	if (ret)
		return ret;
	sqs = (uint32_t)(result & 0xffff) + 1;
	cqs = (uint32_t)(result >> 16 & 0xffff) + 1;
	granted = sqs < cqs ? sqs : cqs;
	/* The controller may grant more than was asked; the doorbells may hold less than it grants. */
	if (granted > want)
		granted = want;
	if (granted > pairs - 1)
		granted = pairs - 1;
	if (!granted)
		return error_set(-ENOTSUP,
				 "%s: the controller has no room for the doorbells of an "
				 "I/O queue",
				 ctrl_name(ctrl));
	*ret_granted = granted;
	return 0;
}

/* One memory page of shadow doorbells, laid out like the registers, and one of event indices. */
static uint32_t shadow_queues(const struct nvu_ctrl *ctrl)
{
	return ctrl->info.page_bytes / (2 * ctrl->caps.doorbell_stride);
}

/*
 * Annex B.5: the admin queue has entries there too, and for it the register is always written as
 * well, whatever the event index says. The controller chooses which of the two it reads.
 */
static void mirror_doorbell(const struct nvu_ctrl *ctrl, struct doorbell *doorbell, uint32_t index,
			    uint32_t value)
{
	char *page = ctrl->shadow->addr;

	assert(index < 2);
	doorbell->shadow = (uint32_t *)(void *)(page + index * ctrl->caps.doorbell_stride);
	doorbell->event_idx = NULL;
	__atomic_store_n(doorbell->shadow, MMIO_LE32(value), __ATOMIC_RELEASE);
}

static void mirror_admin_doorbells(struct nvu_ctrl *ctrl)
{
	struct nvu_qpair *admin = ctrl->admin;

	qpair_force_slow(admin, SLOW_SHADOW);
	mirror_doorbell(ctrl, &admin->sq_doorbell, 0, sq_ring_index(&admin->sq, admin->sq.slot));
	mirror_doorbell(ctrl, &admin->cq_doorbell, 1, cq_ring_head(&admin->cq));
}

/* Queue pairs of other threads, which have not noticed a reset yet, may write here meanwhile. */
static void clear_shadow(const struct nvu_ctrl *ctrl)
{
	uint32_t *words = ctrl->shadow->addr;

	for (uint32_t i = 0; i < 2 * ctrl->info.page_bytes / sizeof(*words); i++)
		__atomic_store_n(&words[i], 0, __ATOMIC_RELAXED);
}

static int make_shadow(struct nvu_ctrl *ctrl)
{
	uint32_t page = ctrl->info.page_bytes;
	const struct dma_alloc want = {
		.len = 2ull * page,
		.align = page,
		.node = ctrl->transport->numa_node,
		.prot = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE,
	};
	int ret = ctrl->shadow ? 0 : dma_alloc(ctrl->domain, &want, &ctrl->shadow);

	if (!ret)
		clear_shadow(ctrl);
	return ret;
}

static int configure_shadow(struct nvu_ctrl *ctrl)
{
	struct nvu_sqe cmd = { .opcode = NVU_ADMIN_DOORBELL_BUFFER };
	int ret = ctrl->own.begun ? 0 : make_shadow(ctrl);

	assert(!ctrl->shadowed);
	if (ret)
		return ret;
	cmd.prp1 = nvu_le64_put(ctrl->shadow->iova);
	cmd.prp2 = nvu_le64_put(ctrl->shadow->iova + ctrl->info.page_bytes);
	ret = admin_own_step(ctrl, &cmd, NULL, 0, NULL);
	if (ret < 0 && ret != -ETIMEDOUT)
		return ret;
	/* A controller that offers them and then refuses is driven without them. */
	if (ret)
		log_line(LOG_INFO, "%s: no shadow doorbells: %s", ctrl_name(ctrl), error_get());
	if (ret > 0)
		return 0;
	mirror_admin_doorbells(ctrl);
	ctrl->shadowed = true;
	/* No answer: the controller may read the shadow now, later, or never, so nvu writes both. */
	ctrl->mirrored = ret == -ETIMEDOUT;
	return 0;
}

int ioqueue_shadow_step(struct nvu_ctrl *ctrl)
{
	int ret = 0;

	assert(lock_is_held(&ctrl->lock));
	ctrl->shadowed = ctrl->mirrored = false;
	if ((ctrl->info.oacs & NVU_OACS_DOORBELL_BUFFER) && shadow_queues(ctrl) >= 2 &&
	    !(ctrl->opts.flags & NVU_CTRL_NO_SHADOW_DOORBELLS))
		ret = configure_shadow(ctrl);
	if (ret == STEP_AGAIN)
		return ret;
	/* Other threads may read it, so write it only when it changes. */
	if (ctrl->info.shadow_doorbells != (ctrl->shadowed && !ctrl->mirrored))
		ctrl->info.shadow_doorbells = ctrl->shadowed && !ctrl->mirrored;
	return ret;
}

static void shadow_doorbell(const struct nvu_ctrl *ctrl, struct doorbell *doorbell, uint32_t index)
{
	uint32_t at = index * ctrl->caps.doorbell_stride;
	char *page = ctrl->shadow->addr;

	assert(index < 2 * shadow_queues(ctrl));
	doorbell->shadow = (uint32_t *)(void *)(page + at);
	doorbell->event_idx =
		ctrl->mirrored ? NULL
			       : (const uint32_t *)(void *)(page + ctrl->info.page_bytes + at);
	__atomic_store_n(doorbell->shadow, 0, __ATOMIC_RELAXED);
	__atomic_store_n((uint32_t *)(void *)(page + ctrl->info.page_bytes + at), 0,
			 __ATOMIC_RELAXED);
}

static void set_doorbells(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	bringup_doorbells(ctrl, qpair);
	if (!ctrl->shadowed || qpair->id >= shadow_queues(ctrl))
		return;
	qpair_force_slow(qpair, SLOW_SHADOW);
	shadow_doorbell(ctrl, &qpair->sq_doorbell, 2 * qpair->id);
	shadow_doorbell(ctrl, &qpair->cq_doorbell, 2 * qpair->id + 1);
}

/* Base 5.4, figure 150 and 5.5, figure 154: identifier and 0's based size. */
static struct nvu_sqe encode_create(uint8_t opcode, uint32_t id, uint32_t entries,
				    const struct nvu_dma *memory, uint32_t cdw11)
{
	assert(id && entries >= 2 && entries <= 65536);
	return (struct nvu_sqe){
		.opcode = opcode,
		.prp1 = nvu_le64_put(memory->iova),
		.cdw10 = nvu_le32_put((entries - 1) << 16 | id),
		.cdw11 = nvu_le32_put(cdw11 | PHYSICALLY_CONTIGUOUS),
	};
}

static struct nvu_sqe encode_delete(uint8_t opcode, uint32_t id)
{
	assert(id);
	return (struct nvu_sqe){ .opcode = opcode, .cdw10 = nvu_le32_put(id) };
}

static struct nvu_sqe encode_stage(const struct nvu_ctrl *ctrl, const struct nvu_qpair *qpair)
{
	/* Base 5.4, figure 151: the vector in the upper half. */
	uint32_t interrupts =
		qpair->wait.fd < 0 ? 0 : qpair->wait.vector << 16 | INTERRUPTS_ENABLED;
	uint32_t priority = ctrl->quirks & NVU_QUIRK_MEDIUM_PRIORITY ? QPRIO_MEDIUM : 0;

	switch (qpair->queues.stage) {
	case IOQUEUE_CREATE_CQ:
		return encode_create(NVU_ADMIN_CREATE_CQ, qpair->id, qpair->cq_entries,
				     qpair->cq_memory, interrupts);
	case IOQUEUE_CREATE_SQ:
		return encode_create(NVU_ADMIN_CREATE_SQ, qpair->id, qpair->entries,
				     qpair->sq_memory, qpair->id << 16 | priority);
	case IOQUEUE_DELETE_SQ:
		return encode_delete(NVU_ADMIN_DELETE_SQ, qpair->id);
	default:
		return encode_delete(NVU_ADMIN_DELETE_CQ, qpair->id);
	}
}

/* Takes a step of the command of this stage. */
static int step(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, uint32_t timeout_ms)
{
	const struct nvu_sqe cmd = encode_stage(ctrl, qpair);

	return admin_step(ctrl, &qpair->queues.request, &cmd, timeout_ms);
}

static void begin(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, enum ioqueue_stage stage)
{
	assert(!qpair->queues.request);
	qpair->queues = (struct qpair_queues){ .stage = stage, .epoch = ctrl->epoch };
}

/* Nothing is under way any more, unless a command could not be sent for lack of room: then it may be later. */
static int end(struct nvu_qpair *qpair, int ret)
{
	if (ret != -EAGAIN)
		qpair->queues.stage = IOQUEUE_SETTLED;
	return ret;
}

void ioqueue_drop(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	struct qpair_queues *queues = &qpair->queues;

	assert(lock_is_held(&ctrl->lock));
	if (queues->request)
		requests_finish(ctrl, queues->request);
	*queues = (struct qpair_queues){ .stage = IOQUEUE_SETTLED };
}

bool ioqueue_is_creating(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	if (qpair->queues.epoch != ctrl->epoch)
		ioqueue_drop(ctrl, qpair);
	return qpair->queues.stage >= IOQUEUE_CREATE_CQ;
}

int ioqueue_create_step(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	struct qpair_queues *queues = &qpair->queues;
	int ret;

	assert(lock_is_held(&ctrl->lock) && qpair->state != QPAIR_DEAD);
	if (!ioqueue_is_creating(ctrl, qpair)) {
		begin(ctrl, qpair, IOQUEUE_CREATE_CQ);
		/* Behind the closed gate: the shadow's entries begin as the queues do. */
		set_doorbells(ctrl, qpair);
	}
	while (queues->stage < IOQUEUE_CREATED) {
		ret = step(ctrl, qpair, 0);
		if (ret == STEP_AGAIN)
			return ret;
		if (queues->stage == IOQUEUE_TAKE_BACK)
			return end(qpair, ret ? -EIO
					      : admin_report_refused(ctrl, NVU_ADMIN_CREATE_SQ,
								     queues->refused));
		if (ret > 0 && queues->stage == IOQUEUE_CREATE_SQ) {
			queues->refused = ret;
			queues->stage = IOQUEUE_TAKE_BACK;
			continue;
		}
		if (ret)
			return end(qpair, ret);
		queues->stage =
			queues->stage == IOQUEUE_CREATE_CQ ? IOQUEUE_CREATE_SQ : IOQUEUE_CREATED;
	}
	return 0;
}

void ioqueue_open(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	assert(lock_is_held(&ctrl->lock) && qpair->queues.stage == IOQUEUE_CREATED);
	qpair->queues.stage = IOQUEUE_SETTLED;
	qpair->recovery.epoch = ctrl->epoch;
	doorbell_gate_open(&qpair->gate);
	qpair_allow_fast(qpair, SLOW_BARRED);
}

static void pause_between_looks(struct nvu_ctrl *ctrl)
{
	ctrl->transport->ops->relax(ctrl->transport);
}

int ioqueue_create(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	int ret;

	while ((ret = ioqueue_create_step(ctrl, qpair)) == STEP_AGAIN)
		pause_between_looks(ctrl);
	if (ret)
		ioqueue_drop(ctrl, qpair);
	else
		ioqueue_open(ctrl, qpair);
	return ret;
}

int ioqueue_delete_step(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, uint32_t timeout_ms)
{
	struct qpair_queues *queues = &qpair->queues;
	int ret;

	assert(lock_is_held(&ctrl->lock) && queues->stage <= IOQUEUE_DELETE_CQ);
	if (queues->stage == IOQUEUE_SETTLED)
		begin(ctrl, qpair, IOQUEUE_DELETE_SQ);
	ret = step(ctrl, qpair, timeout_ms);
	if (!ret && queues->stage == IOQUEUE_DELETE_SQ) {
		queues->stage = IOQUEUE_DELETE_CQ;
		ret = step(ctrl, qpair, timeout_ms);
	}
	return ret == STEP_AGAIN ? ret : end(qpair, ret);
}

int ioqueue_delete(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, uint32_t timeout_ms)
{
	int ret;

	while ((ret = ioqueue_delete_step(ctrl, qpair, timeout_ms)) == STEP_AGAIN)
		pause_between_looks(ctrl);
	ioqueue_drop(ctrl, qpair);
	return ret;
}
