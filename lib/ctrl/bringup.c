/* SPDX-License-Identifier: MIT */
/*
 * bringup.c: CC and CSTS.
 */
#include "ctrl/bringup.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/step.h"
#include "ctrl/bus.h"
#include "qpair/slow_path.h"

#include <assert.h>
#include <errno.h>
#include <nvu/regs.h>

enum { SHN_NORMAL = 1, SHST_COMPLETE = 2, IOSQES_64_BYTES = 6, IOCQES_16_BYTES = 4 };
enum { SLOW_STOP_MS = 2300 };

/* All ones cannot be a status: SHST = 3 is reserved. It is what a vanished device reads as. */
static int read_status(struct nvu_ctrl *ctrl, uint32_t *ret_csts)
{
	assert(lock_is_held(&ctrl->lock));
	return bus_read_step(ctrl, NVU_REG_CSTS, ret_csts);
}

/* Base 3.1.3.6: CSTS.PP is 1 while commands wait for firmware to be activated. */
static void note_pause(struct nvu_ctrl *ctrl, uint32_t csts)
{
	bool paused = csts & NVU_CSTS_PP;

	if (paused == !!ctrl->paused_ns)
		return;
	ctrl->paused_ns = paused ? clock_ns() : 0;
	if (!paused)
		ctrl->resumed_ms = clock_coarse_ms();
	log_line(LOG_INFO, "%s: command processing %s (CSTS.PP)", ctrl_name(ctrl),
		 paused ? "is paused" : "has resumed");
}

bool bringup_is_paused(const struct nvu_ctrl *ctrl)
{
	/* Base figure 275: in 100 ms; 0 says nothing. */
	uint64_t most_ms = nvu_le16_get(ctrl->id.mtfa) * 100ull;

	if (!most_ms)
		most_ms = ctrl->opts.admin_timeout_ms;
	return ctrl->paused_ns && clock_ns() - ctrl->paused_ns < most_ms * 1000000;
}

static int write_cc(struct nvu_ctrl *ctrl, uint32_t cc)
{
	assert(lock_is_held(&ctrl->lock));
	ctrl->cc = cc;
	return ctrl_write32(ctrl, NVU_REG_CC, cc);
}

/* A virtual function that is offline has no registers but CSTS (Base 8.2.6.4); it reads as zero. */
static int check_online(struct nvu_ctrl *ctrl)
{
	uint32_t cap = 1;
	int ret = 0;

	if (ctrl->transport->is_virtual_function)
		ret = ctrl_read32(ctrl, NVU_REG_CAP, &cap);
	if (ret || cap)
		return ret;
	return bringup_report_offline(ctrl);
}

int bringup_report_offline(const struct nvu_ctrl *ctrl)
{
	return error_set(-ENODEV,
			 "%s: this SR-IOV virtual function is offline: give it queues and "
			 "interrupts and bring it online by its physical function (Virtualization "
			 "Management), for instance with `nvme virt-mgmt`",
			 ctrl_name(ctrl));
}

static int report_fatal(const struct nvu_ctrl *ctrl)
{
	return error_set(
		-EIO,
		"%s: the controller reports a fatal error (CSTS.CFS); only a reset recovers it",
		ctrl_name(ctrl));
}

int bringup_check_step(struct nvu_ctrl *ctrl)
{
	uint32_t csts;
	int ret = read_status(ctrl, &csts);

	if (ret)
		return ret;
	note_pause(ctrl, csts);
	if (csts & NVU_CSTS_CFS)
		return report_fatal(ctrl);
	if (!(csts & NVU_CSTS_RDY))
		return error_set(
			-EIO,
			"%s: the controller has stopped by itself (CSTS.RDY is 0); only a reset "
			"recovers it",
			ctrl_name(ctrl));
	return 0;
}

struct wait {
	uint32_t mask;
	uint32_t value;
	uint32_t timeout_ms;
	bool fatal_ends; /* CSTS.CFS ends the wait */
	const char *what;
};

/* STEP_AGAIN: not yet. */
static int look_at_status(struct nvu_ctrl *ctrl, const struct wait *wait)
{
	struct ctrl_steps *steps = &ctrl->steps;
	uint32_t csts;
	int ret = read_status(ctrl, &csts);

	if (ret)
		return ret;
	if ((csts & wait->mask) == wait->value)
		return 0;
	if (wait->fatal_ends && (csts & NVU_CSTS_CFS))
		return report_fatal(ctrl);
	/* One more look after the deadline: this thread may have been asleep. */
	if (steps->late)
		return error_set(-ETIMEDOUT,
				 "%s: the controller did not %s within %u ms (CSTS is %#x)",
				 ctrl_name(ctrl), wait->what, wait->timeout_ms, csts);
	steps->late = clock_ns() >= steps->end_ns;
	return STEP_AGAIN;
}

static int wait_status(struct nvu_ctrl *ctrl, const struct wait *wait)
{
	struct ctrl_steps *steps = &ctrl->steps;
	int ret;

	assert(!(wait->value & ~wait->mask));
	if (!steps->end_ns)
		steps->end_ns = clock_ns() + wait->timeout_ms * 1000000ull;
	ret = look_at_status(ctrl, wait);
	if (ret == STEP_AGAIN)
		return ret;
	steps->end_ns = 0;
	steps->late = false;
	return ret;
}

static int wait_ready(struct nvu_ctrl *ctrl, bool ready)
{
	const struct wait wait = {
		.mask = NVU_CSTS_RDY,
		.value = ready ? NVU_CSTS_RDY : 0,
		.timeout_ms = ctrl->opts.ready_timeout_ms,
		.fatal_ends = ready,
		.what = ready ? "become ready after it was enabled" : "stop after it was disabled",
	};

	return wait_status(ctrl, &wait);
}

static int wait_enabled(struct nvu_ctrl *ctrl)
{
	return wait_ready(ctrl, true);
}

static int begin_disable(struct nvu_ctrl *ctrl)
{
	struct ctrl_steps *steps = &ctrl->steps;
	uint32_t csts;
	int ret = ctrl_read32(ctrl, NVU_REG_CC, &steps->cc);

	if (!ret)
		ret = read_status(ctrl, &csts);
	if (ret)
		return ret;
	if (steps->cc == UINT32_MAX)
		steps->cc = ctrl->cc | NVU_CC_EN; /* it reads as nothing: disabled all the same */
	/* A controller that we have enabled is disabled whatever its CC reads as. */
	steps->is_on = (steps->cc & NVU_CC_EN) || ctrl->enabled;
	steps->is_starting = (steps->cc & NVU_CC_EN) && !(csts & (NVU_CSTS_RDY | NVU_CSTS_CFS));
	return 0;
}

/* Base 3.1.3.5: EN must not be cleared while the controller is still starting. */
static int let_start(struct nvu_ctrl *ctrl)
{
	if (!ctrl->steps.is_starting)
		return 0;
	return wait_ready(ctrl, true) == STEP_AGAIN ? STEP_AGAIN : 0;
}

static int clear_enable(struct nvu_ctrl *ctrl)
{
	if (!ctrl->steps.is_on)
		return 0;
	return write_cc(ctrl, ctrl->steps.cc & ~(uint32_t)(NVU_CC_EN | NVU_CC_SHN));
}

/* CSTS is not to be read meanwhile. */
static int wait_unread(struct nvu_ctrl *ctrl)
{
	struct ctrl_steps *steps = &ctrl->steps;
	uint64_t now_ns;

	if (!steps->is_on || !(ctrl->quirks & NVU_QUIRK_SLOW_STOP))
		return 0;
	now_ns = clock_ns();
	if (!steps->end_ns)
		steps->end_ns = now_ns + SLOW_STOP_MS * 1000000ull;
	if (now_ns < steps->end_ns)
		return STEP_AGAIN;
	steps->end_ns = 0;
	return 0;
}

static int wait_stopped(struct nvu_ctrl *ctrl)
{
	int ret = wait_ready(ctrl, false);

	if (!ret)
		ctrl->enabled = false;
	return ret;
}

int bringup_disable_step(struct nvu_ctrl *ctrl)
{
	static const ctrl_step stages[] = {
		begin_disable, let_start, clear_enable, wait_unread, wait_stopped,
	};

	return steps_run(ctrl, stages, sizeof(stages) / sizeof(stages[0]));
}

static int write64(struct nvu_ctrl *ctrl, uint32_t offset, uint64_t value)
{
	return ctrl->transport->ops->reg_write64(ctrl->transport, offset, value);
}

static int set_enable(struct nvu_ctrl *ctrl)
{
	uint64_t entries = ctrl->admin->entries - 1; /* 0's based */
	uint64_t cc = NVU_PUT(NVU_CC_MPS, ctrl->caps.page_shift - 12) |
		      NVU_PUT(NVU_CC_CSS, ctrl->caps.css) |
		      NVU_PUT(NVU_CC_IOSQES, IOSQES_64_BYTES) |
		      NVU_PUT(NVU_CC_IOCQES, IOCQES_16_BYTES) |
		      NVU_PUT(NVU_CC_CRIME, ctrl->caps.crime) | NVU_CC_EN;
	int ret = check_online(ctrl);

	assert(!ctrl->enabled);
	if (ret)
		return ret;
	ctrl->paused_ns = ctrl->resumed_ms = 0;
	qpair_reset(ctrl->admin);
	bringup_doorbells(ctrl, ctrl->admin);
	ret = ctrl_write32(
		ctrl, NVU_REG_AQA,
		(uint32_t)(NVU_PUT(NVU_AQA_ASQS, entries) | NVU_PUT(NVU_AQA_ACQS, entries)));
	if (!ret)
		ret = write64(ctrl, NVU_REG_ASQ, ctrl->admin->sq_memory->iova);
	if (!ret)
		ret = write64(ctrl, NVU_REG_ACQ, ctrl->admin->cq_memory->iova);
	if (ret)
		return ret;
	/* Set before the write, which may have worked even when it reports failure. */
	ctrl->enabled = true;
	return write_cc(ctrl, (uint32_t)cc);
}

int bringup_enable_step(struct nvu_ctrl *ctrl)
{
	static const ctrl_step stages[] = { set_enable, wait_enabled };

	return steps_run(ctrl, stages, sizeof(stages) / sizeof(stages[0]));
}

static int announce_shutdown(struct nvu_ctrl *ctrl)
{
	/* What was written, not what is read, which may be all ones. */
	uint32_t cc =
		(ctrl->cc & ~(uint32_t)NVU_CC_SHN) | (uint32_t)NVU_PUT(NVU_CC_SHN, SHN_NORMAL);

	assert(ctrl->enabled);
	return write_cc(ctrl, cc);
}

static int wait_shut_down(struct nvu_ctrl *ctrl)
{
	const struct wait wait = {
		.mask = NVU_CSTS_SHST,
		.value = NVU_PUT(NVU_CSTS_SHST, SHST_COMPLETE),
		.timeout_ms = ctrl->opts.shutdown_timeout_ms,
		.fatal_ends = true,
		.what = "complete its shutdown",
	};

	return wait_status(ctrl, &wait);
}

int bringup_shutdown_step(struct nvu_ctrl *ctrl)
{
	static const ctrl_step stages[] = { announce_shutdown, wait_shut_down };

	return steps_run(ctrl, stages, sizeof(stages) / sizeof(stages[0]));
}

/* The register at `mapped`; NULL: it is not mapped. Not in use yet. */
static void set_doorbell(struct doorbell_gate *gate, struct doorbell *doorbell, size_t offset,
			 volatile void *mapped)
{
	*doorbell = (struct doorbell){
		.offset = (uint32_t)offset,
		.mapped = mapped,
		.gate = gate,
		.spared = doorbell->spared,
	};
}

/* Memory for the bytes [first, end), or NULL. */
static volatile char *map_doorbells(struct nvu_qpair *qpair, size_t first, size_t end)
{
	const struct transport *transport = qpair->gate.transport;

	assert(first < end);
	if (qpair->id)
		return doorbell_gate_map(&qpair->gate, first, end);
	/* The admin queue's are the caller's, who holds the lock and resets: they are never buried. */
	if (!transport->mapped || first < transport->mapped_first || end > transport->mapped_end)
		return NULL;
	return (volatile char *)transport->mapped + first;
}

void bringup_doorbells(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	size_t stride = ctrl->caps.doorbell_stride;
	size_t first = NVU_REG_DOORBELLS + 2ull * qpair->id * stride;
	volatile char *mapped;

	assert(lock_is_held(&ctrl->lock));
	qpair->gate.transport = ctrl->transport;
	mapped = map_doorbells(qpair, first, first + stride + sizeof(uint32_t));
	set_doorbell(&qpair->gate, &qpair->sq_doorbell, first, mapped);
	set_doorbell(&qpair->gate, &qpair->cq_doorbell, first + stride,
		     mapped ? mapped + stride : NULL);
	qpair_allow_fast(qpair, SLOW_SHADOW);
}
