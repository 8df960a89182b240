/* SPDX-License-Identifier: MIT */
/*
 * bringup.c: CC and CSTS.
 */
#include "ctrl/bringup.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
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
	int ret = ctrl_read32(ctrl, NVU_REG_CSTS, ret_csts);

	assert(lock_is_held(&ctrl->lock));
	if (!ret && *ret_csts == UINT32_MAX)
		ret = bus_ask_again(ctrl, NVU_REG_CSTS, ret_csts);
	if (!ret)
		ctrl->silent = false;
	return ret;
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

/* CSTS is not to be read meanwhile. */
static void wait_unread(struct nvu_ctrl *ctrl, uint32_t ms)
{
	uint64_t deadline_ns = clock_ns() + ms * 1000000ull;

	while (clock_ns() < deadline_ns)
		ctrl->transport->ops->relax(ctrl->transport);
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

int bringup_check(struct nvu_ctrl *ctrl)
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

static int wait_status(struct nvu_ctrl *ctrl, const struct wait *wait)
{
	uint64_t deadline_ns = clock_ns() + wait->timeout_ms * 1000000ull;
	bool late = false;

	assert(!(wait->value & ~wait->mask));
	for (;;) {
		uint32_t csts;
		int ret = read_status(ctrl, &csts);

		if (ret)
			return ret;
		if ((csts & wait->mask) == wait->value)
			return 0;
		if (wait->fatal_ends && (csts & NVU_CSTS_CFS))
			return report_fatal(ctrl);
		/* One more look after the deadline: this thread may have been asleep. */
		if (late)
			return error_set(-ETIMEDOUT,
					 "%s: the controller did not %s within %u ms "
					 "(CSTS is %#x)",
					 ctrl_name(ctrl), wait->what, wait->timeout_ms, csts);
		late = clock_ns() >= deadline_ns;
		ctrl->transport->ops->relax(ctrl->transport);
	}
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

int bringup_disable(struct nvu_ctrl *ctrl)
{
	uint32_t cc, csts;
	int ret = ctrl_read32(ctrl, NVU_REG_CC, &cc);

	if (!ret)
		ret = read_status(ctrl, &csts);
	if (ret)
		return ret;
	if (cc == UINT32_MAX)
		cc = ctrl->cc | NVU_CC_EN; /* it reads as nothing: disabled all the same */
	/* A controller that we have enabled is disabled whatever its CC reads as. */
	if ((cc & NVU_CC_EN) || ctrl->enabled) {
		/* Base 3.1.3.5: EN must not be cleared while the controller is still starting. */
		if ((cc & NVU_CC_EN) && !(csts & (NVU_CSTS_RDY | NVU_CSTS_CFS)))
			(void)wait_ready(ctrl, true);
		ret = write_cc(ctrl, cc & ~(uint32_t)(NVU_CC_EN | NVU_CC_SHN));
		if (ret)
			return ret;
		if (ctrl->quirks & NVU_QUIRK_SLOW_STOP)
			wait_unread(ctrl, SLOW_STOP_MS);
	}
	ret = wait_ready(ctrl, false);
	if (!ret)
		ctrl->enabled = false;
	return ret;
}

static int write64(struct nvu_ctrl *ctrl, uint32_t offset, uint64_t value)
{
	return ctrl->transport->ops->reg_write64(ctrl->transport, offset, value);
}

int bringup_enable(struct nvu_ctrl *ctrl)
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
	ret = write_cc(ctrl, (uint32_t)cc);
	return ret ? ret : wait_ready(ctrl, true);
}

int bringup_shutdown(struct nvu_ctrl *ctrl)
{
	const struct wait wait = {
		.mask = NVU_CSTS_SHST,
		.value = NVU_PUT(NVU_CSTS_SHST, SHST_COMPLETE),
		.timeout_ms = ctrl->opts.shutdown_timeout_ms,
		.fatal_ends = true,
		.what = "complete its shutdown",
	};
	/* What was written, not what is read, which may be all ones. */
	uint32_t cc =
		(ctrl->cc & ~(uint32_t)NVU_CC_SHN) | (uint32_t)NVU_PUT(NVU_CC_SHN, SHN_NORMAL);
	int ret = write_cc(ctrl, cc);

	assert(ctrl->enabled);
	return ret ? ret : wait_status(ctrl, &wait);
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
