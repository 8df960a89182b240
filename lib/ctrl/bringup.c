/* SPDX-License-Identifier: MIT */
/*
 * bringup.c: CC and CSTS.
 */
#include "ctrl/bringup.h"

#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <nvu/regs.h>

enum { SHN_NORMAL = 1, SHST_COMPLETE = 2, IOSQES_64_BYTES = 6, IOCQES_16_BYTES = 4 };

/* All ones cannot be a status: SHST = 3 is reserved. It is what a vanished device reads as. */
static int read_status(struct nvu_ctrl *ctrl, uint32_t *ret_csts)
{
	int ret = ctrl_read32(ctrl, NVU_REG_CSTS, ret_csts);

	if (ret)
		return ret;
	if (*ret_csts == UINT32_MAX)
		return error_set(-ENODEV,
				 "%s: the controller has gone: its registers read as all ones",
				 ctrl_name(ctrl));
	return 0;
}

static int report_fatal(const struct nvu_ctrl *ctrl)
{
	return error_set(-EIO,
			 "%s: the controller reports a fatal error (CSTS.CFS); only a reset "
			 "can bring it back",
			 ctrl_name(ctrl));
}

int bringup_check(struct nvu_ctrl *ctrl)
{
	uint32_t csts;
	int ret = read_status(ctrl, &csts);

	if (ret)
		return ret;
	if (csts & NVU_CSTS_CFS)
		return report_fatal(ctrl);
	if (!(csts & NVU_CSTS_RDY))
		return error_set(-EIO,
				 "%s: the controller has stopped by itself (CSTS.RDY is 0); only a "
				 "reset can bring it back",
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
	/* A controller that we have enabled is disabled whatever its CC reads as. */
	if ((cc & NVU_CC_EN) || ctrl->enabled) {
		/* Base 3.1.3.5: EN must not be cleared while the controller is still starting. */
		if ((cc & NVU_CC_EN) && !(csts & (NVU_CSTS_RDY | NVU_CSTS_CFS)))
			(void)wait_ready(ctrl, true);
		ret = ctrl_write32(ctrl, NVU_REG_CC, cc & ~(uint32_t)(NVU_CC_EN | NVU_CC_SHN));
		if (ret)
			return ret;
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
		      NVU_PUT(NVU_CC_IOCQES, IOCQES_16_BYTES) | NVU_CC_EN;
	int ret;

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
	ret = ctrl_write32(ctrl, NVU_REG_CC, (uint32_t)cc);
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
	uint32_t cc;
	int ret = ctrl_read32(ctrl, NVU_REG_CC, &cc);

	if (ret)
		return ret;
	cc = (cc & ~(uint32_t)NVU_CC_SHN) | (uint32_t)NVU_PUT(NVU_CC_SHN, SHN_NORMAL);
	ret = ctrl_write32(ctrl, NVU_REG_CC, cc);
	return ret ? ret : wait_status(ctrl, &wait);
}

static void set_doorbell(struct nvu_ctrl *ctrl, struct doorbell *doorbell, uint32_t index)
{
	struct transport *transport = ctrl->transport;
	uint32_t offset = NVU_REG_DOORBELLS + index * ctrl->caps.doorbell_stride;

	*doorbell = (struct doorbell){ .transport = transport,
				       .offset = offset,
				       .spared = doorbell->spared };
	if (transport->mapped && offset >= transport->mapped_first &&
	    offset + 4 <= transport->mapped_end)
		doorbell->reg = (volatile char *)transport->mapped + offset;
}

void bringup_doorbells(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	set_doorbell(ctrl, &qpair->sq_doorbell, 2 * qpair->id);
	set_doorbell(ctrl, &qpair->cq_doorbell, 2 * qpair->id + 1);
}
