// SPDX-License-Identifier: MIT
/*
 * regs.c: CSTS follows CC at once, unless a fault keeps it from doing so. What a driver must not
 * do (write read-only registers, enable with invalid settings) is a violation. Enabling with unusable admin
 * queues sets CSTS.CFS.
 */
#include "mock/registers/regs.h"

#include "base/clock.h"
#include "mock/admin/change.h"
#include "mock/admin/feature.h"
#include "mock/faults/drive.h"
#include "mock/faults/fault.h"
#include "mock/faults/violation.h"
#include "mock/halves.h"
#include "mock/queues/doorbell.h"
#include "mock/queues/former.h"
#include "mock/queues/queue.h"
#include "mock/state.h"

#include <assert.h>

enum { SHN_NORMAL = 1 };
enum { SHST_NONE = 0, SHST_OCCURRING = 1, SHST_COMPLETE = 2 };

#define CC_FIXED (NVU_CC_CSS | NVU_CC_MPS | NVU_CC_AMS | NVU_CC_CRIME) /* not while enabled */
#define CC_KNOWN (NVU_CC_EN | CC_FIXED | NVU_CC_SHN | NVU_CC_IOSQES | NVU_CC_IOCQES)

uint64_t mock_regs_cap(const struct nvu_mock_opts *opts)
{
	return NVU_PUT(NVU_CAP_MQES, opts->max_entries - 1) | NVU_CAP_CQR |
	       NVU_PUT(NVU_CAP_TO, opts->ready_timeout_ms / 500) |
	       NVU_PUT(NVU_CAP_DSTRD, opts->dstrd) | NVU_CAP_CSS_NVM | NVU_CAP_CSS_CSI |
	       NVU_PUT(NVU_CAP_MPSMAX, MOCK_MPS_MAX) |
	       NVU_PUT(NVU_CAP_CRWMS | NVU_CAP_CRIMS, opts->crms);
}

static uint64_t value_of(const struct nvu_mock *mock, uint32_t offset)
{
	if (mock->config.opts.flags & NVU_MOCK_OFFLINE)
		return 0;
	switch (offset) {
	case NVU_REG_CAP:
		return mock->cap;
	case NVU_REG_VS:
		return mock_version(mock);
	case NVU_REG_INTMS:
	case NVU_REG_INTMC:
		return mock->intm;
	case NVU_REG_CC:
		return mock->cc;
	case NVU_REG_CSTS:
		return mock->csts | NVU_PUT(NVU_CSTS_PP, mock->paused_until != 0);
	case NVU_REG_AQA:
		return mock->aqa;
	case NVU_REG_ASQ:
		return mock->asq;
	case NVU_REG_ACQ:
		return mock->acq;
	case NVU_REG_CRTO:
		return mock->config.opts.crms ? mock->config.opts.crto : 0;
	default:
		return 0;
	}
}

static uint32_t read_half(const struct nvu_mock *mock, uint32_t offset)
{
	if (offset >= 4 && mock_half_is_upper(offset - 4, offset))
		return (uint32_t)(value_of(mock, offset - 4) >> 32);
	return (uint32_t)value_of(mock, offset);
}

uint64_t mock_regs_read(struct nvu_mock *mock, uint32_t offset, uint32_t bytes)
{
	uint64_t value;

	assert(bytes == 4 || bytes == 8);
	mock_regs_advance(mock);
	if (mock->gone || (mock->fault_count && mock_fault_ones(mock, false)))
		return bytes == 8 ? UINT64_MAX : UINT32_MAX;
	if (mock->quirks)
		mock_drive_register(mock, offset);
	value = read_half(mock, offset);
	if (bytes == 8)
		value = mock_half_replace(value, read_half(mock, offset + 4), true);
	if (mock->fault_count)
		mock_fault_patch_register(mock, offset, bytes, &value);
	return value;
}

static void clear_admin(struct nvu_mock *mock)
{
	mock_queue_clear(mock);
	if (mock_change_limits(mock))
		mock->cap = mock_regs_cap(&mock->config.opts);
	mock_feature_reset(mock);
	mock->aer_count = 0;
	mock->event_count = 0;
	for (uint32_t type = 0; type < MOCK_EVENT_TYPES; type++)
		mock->masked_by[type].masked = false;
	mock->shadow_page = NULL;
	mock->event_idx_page = NULL;
}

/* Base 3.7.2, controller level reset: all but AQA, ASQ and ACQ. */
static void reset_controller(struct nvu_mock *mock)
{
	uint64_t delay = mock_fault_slowness(mock);
	bool keeps_ready = delay || (mock->fault_count &&
				     mock_fault_take(mock, NVU_MOCK_FAULT_NEVER_DISABLED));

	assert(!(mock->cc & NVU_CC_EN));
	if (keeps_ready)
		mock_former_keep(mock);
	mock->ready_due = delay ? mock_state_due(mock, delay) : 0;
	mock->shut_due = 0;
	mock_doorbell_sweep(mock);
	if (mock->csts & NVU_CSTS_SHST)
		mock_doorbell_check_shut(mock);
	clear_admin(mock);
	mock->stopped_ns = clock_ns();
	mock->paused_until = 0;
	mock->fatal = false;
	mock->csts = keeps_ready ? (uint32_t)NVU_CSTS_RDY : 0;
	mock->intm = 0;
	mock->stats.resets++;
}

void mock_regs_power_on(struct nvu_mock *mock)
{
	clear_admin(mock);
	mock->cc = 0;
	mock->csts = 0;
	mock->intm = 0;
	mock->aqa = 0;
	mock->asq = 0;
	mock->acq = 0;
	mock->gone = false;
	mock->fatal = false;
	mock->paused_until = 0;
	mock->page_bytes = 4096;
	mock->ready_due = 0;
	mock->shut_due = 0;
	mock->cut_off = false;
	mock_former_forget(mock);
	mock_state_update(mock);
	assert(!mock->running);
}

/* Base 2.0 3.1.3.5: CC.CRIME is one of the modes that CAP.CRMS offers. */
static bool check_ready_mode(struct nvu_mock *mock)
{
	bool crime = mock->cc & NVU_CC_CRIME;

	if (crime ? mock->cap & NVU_CAP_CRIMS
		  : !(mock->cap & NVU_CAP_CRIMS) || mock->cap & NVU_CAP_CRWMS)
		return true;
	mock_violation_add(mock, "CC.CRIME is %d, which CAP.CRMS (%u) does not offer", crime,
			   mock->config.opts.crms);
	return false;
}

static bool check_config(struct nvu_mock *mock)
{
	uint64_t css = NVU_GET(NVU_CC_CSS, mock->cc);
	uint64_t mps = NVU_GET(NVU_CC_MPS, mock->cc);

	if (css != 0 && css != 6) {
		mock_violation_add(mock, "CC.CSS is %u, which CAP.CSS does not offer",
				   (unsigned)css);
		return false;
	}
	if (mps > MOCK_MPS_MAX) {
		mock_violation_add(mock, "CC.MPS is %u: expected CAP.MPSMIN 0 to CAP.MPSMAX %d",
				   (unsigned)mps, MOCK_MPS_MAX);
		return false;
	}
	if (!check_ready_mode(mock))
		return false;
	if (NVU_GET(NVU_CC_AMS, mock->cc) != 0) {
		mock_violation_add(mock, "CC.AMS is %u, which CAP.AMS does not offer",
				   (unsigned)NVU_GET(NVU_CC_AMS, mock->cc));
		return false;
	}
	return true;
}

/* Makes the admin queue of AQA, ASQ and ACQ. */
static bool make_admin_queue(struct nvu_mock *mock)
{
	struct mock_queue_attr sq = {
		.entries = (uint32_t)NVU_GET(NVU_AQA_ASQS, mock->aqa) + 1,
		.iova = mock->asq,
	};
	struct mock_queue_attr cq = {
		.entries = (uint32_t)NVU_GET(NVU_AQA_ACQS, mock->aqa) + 1,
		.iova = mock->acq,
		.interrupts = true, /* at vector 0, whenever the driver handles that one */
	};

	if (sq.entries < 2 || cq.entries < 2) {
		mock_violation_add(mock,
				   "AQA 0x%x: admin queues of %u and %u entries: expected at "
				   "least 2",
				   mock->aqa, sq.entries, cq.entries);
		return false;
	}
	return mock_queue_create_cq(mock, &cq) == 0 &&
	       mock_queue_create_sq(mock, &sq, mock->cqs[0]) == 0;
}

static void get_ready(struct nvu_mock *mock)
{
	assert(mock->cc & NVU_CC_EN);
	mock->csts |= (uint32_t)NVU_CSTS_RDY;
	mock_doorbell_check_early(mock);
}

static void set_shutdown(struct nvu_mock *mock, uint64_t shst)
{
	mock->csts &= (uint32_t)~NVU_CSTS_SHST;
	mock->csts |= (uint32_t)NVU_PUT(NVU_CSTS_SHST, shst);
}

void mock_regs_advance(struct nvu_mock *mock)
{
	if (mock->shut_due && mock_state_now(mock) >= mock->shut_due) {
		mock->shut_due = 0;
		set_shutdown(mock, SHST_COMPLETE);
	}
	if (!mock->ready_due || mock_state_now(mock) < mock->ready_due)
		return;
	mock->ready_due = 0;
	if (mock->cc & NVU_CC_EN) {
		get_ready(mock);
	} else {
		mock->csts &= (uint32_t)~NVU_CSTS_RDY;
		mock_former_forget(mock);
	}
	mock_state_update(mock);
}

static void enable(struct nvu_mock *mock)
{
	uint64_t delay;

	assert((mock->cc & NVU_CC_EN) && !mock->live_count);
	mock->page_bytes = 4096u << NVU_GET(NVU_CC_MPS, mock->cc);
	if (!check_config(mock) || !make_admin_queue(mock)) {
		mock_state_fail(mock);
		return;
	}
	if (mock->fault_count && mock_fault_take(mock, NVU_MOCK_FAULT_NEVER_READY))
		return;
	delay = mock_fault_slowness(mock);
	mock->ready_due = delay ? mock_state_due(mock, delay) : 0;
	if (!delay)
		get_ready(mock);
}

/* Base 3.1.3.5: the driver changes EN only after RDY has followed. A controller that never gets ready is excepted. */
static void check_order(struct nvu_mock *mock, uint32_t value)
{
	bool was = mock->cc & NVU_CC_EN, is = value & NVU_CC_EN;

	if (was && !is && mock->ready_due)
		mock_violation_add(mock, "CC.EN is cleared before CSTS.RDY is 1");
	if (!was && is && (mock->csts & NVU_CSTS_RDY))
		mock_violation_add(mock, "CC.EN is set before CSTS.RDY is 0");
	if (was && !is && mock->shut_due && !mock->fatal)
		mock_violation_add(mock, "CC.EN is cleared before CSTS.SHST says that the shutdown "
					 "is complete");
}

/* Base 3.6.1: CSTS.SHST follows CC.SHN. */
static void shut_down(struct nvu_mock *mock)
{
	uint64_t delay = mock_fault_slowness(mock);
	uint64_t shn = NVU_GET(NVU_CC_SHN, mock->cc);
	bool endless = mock->fault_count && mock_fault_take(mock, NVU_MOCK_FAULT_NO_SHUTDOWN);

	assert(mock->cc & NVU_CC_EN);
	for (uint32_t idx = 0; idx < mock->live_count; idx++)
		mock_doorbell_observe_sq(mock, mock->live[idx]);
	mock_state_flush(mock);
	if (shn != SHN_NORMAL)
		mock_violation_add(mock, "CC.SHN is %u: no normal shutdown", (unsigned)shn);
	mock->shut_due = delay && !endless ? mock_state_due(mock, delay) : 0;
	set_shutdown(mock, mock->shut_due || endless ? SHST_OCCURRING : SHST_COMPLETE);
}

static void write_cc(struct nvu_mock *mock, uint32_t value)
{
	uint32_t old = mock->cc;
	bool enabled = old & NVU_CC_EN;

	if (value & ~CC_KNOWN)
		mock_violation_add(mock, "CC is written with 0x%x: reserved bits are set", value);
	if (enabled && (value & NVU_CC_EN) && ((old ^ value) & CC_FIXED))
		mock_violation_add(mock,
				   "CC is changed from 0x%x to 0x%x while enabled: CSS, MPS and "
				   "AMS may not, nor CRIME",
				   old, value);
	mock_regs_advance(mock);
	check_order(mock, value);
	mock->cc = value;
	if (!enabled && (value & NVU_CC_EN))
		enable(mock);
	else if (enabled && !(value & NVU_CC_EN))
		reset_controller(mock);
	if ((value & NVU_CC_EN) && (value & NVU_CC_SHN) && !(old & NVU_CC_SHN))
		shut_down(mock);
	mock_state_update(mock);
}

/* Base 3.1.3.8 to 3.1.3.10: the low 12 bits of ASQ and ACQ are reserved. */
static void write_admin(struct nvu_mock *mock, uint32_t offset, uint32_t value)
{
	assert(offset >= NVU_REG_AQA && offset <= NVU_REG_ACQ + 4);
	if (mock->cc & NVU_CC_EN) {
		mock_violation_add(mock, "register 0x%x is written while CC.EN is 1", offset);
		return;
	}
	if (offset == NVU_REG_AQA && (value & ~(NVU_AQA_ASQS | NVU_AQA_ACQS)))
		mock_violation_add(mock, "AQA is written with 0x%x: reserved bits are set", value);
	if (offset == NVU_REG_AQA)
		mock->aqa = value;
	else if (offset < NVU_REG_ACQ)
		mock->asq = mock_half_replace(mock->asq, value, offset != NVU_REG_ASQ);
	else
		mock->acq = mock_half_replace(mock->acq, value, offset != NVU_REG_ACQ);
}

void mock_regs_write32(struct nvu_mock *mock, uint32_t offset, uint32_t value)
{
	assert(mock_is_locked(mock));
	if (mock->gone || (mock->fault_count && mock_fault_ignores(mock, offset)) ||
	    mock->config.opts.flags & NVU_MOCK_OFFLINE)
		return;
	switch (offset) {
	case NVU_REG_CC:
		write_cc(mock, value);
		break;
	case NVU_REG_INTMS:
		mock->intm |= value;
		break;
	case NVU_REG_INTMC:
		mock->intm &= ~value;
		break;
	case NVU_REG_AQA:
	case NVU_REG_ASQ:
	case NVU_REG_ASQ + 4:
	case NVU_REG_ACQ:
	case NVU_REG_ACQ + 4:
		write_admin(mock, offset, value);
		break;
	default:
		mock_violation_add(mock, "register 0x%x is written with 0x%x, but it is %s", offset,
				   value, offset <= NVU_REG_NSSR + 3 ? "read-only" : "reserved");
		break;
	}
}
