// SPDX-License-Identifier: MIT
/*
 * fault.c: the list of injected faults, in order. Every fault that matches a command applies to it; where
 * two faults contradict each other, the one injected first wins.
 */
#include "mock/faults/fault.h"

#include "base/error.h"
#include "base/opts.h"
#include "mock/faults/kind.h"
#include "mock/halves.h"
#include "mock/memory/prp.h"
#include "mock/state.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { FLOOD_MAX = 1 << 20 };

static int check(const struct nvu_mock *mock, const struct nvu_mock_fault *fault)
{
	assert(mock->fault_count <= MOCK_FAULTS_MAX);
	if (!mock_fault_kind(fault->kind))
		return error_set(-EINVAL, "mock: fault kind %d is unknown", (int)fault->kind);
	if (fault->len > sizeof(fault->bytes))
		return error_set(-EINVAL, "mock: a patch of %u bytes: expected up to %zu",
				 fault->len, sizeof(fault->bytes));
	if (fault->status & ~(NVU_MOCK_DNR | NVU_MOCK_CRD(3) | 0x7ffu))
		return error_set(-EINVAL, "mock: status 0x%x is not SCT << 8 | SC", fault->status);
	if (fault->qid < NVU_MOCK_ANY_QUEUE)
		return error_set(-EINVAL, "mock: no queue is called %d", fault->qid);
	if (fault->kind == NVU_MOCK_FAULT_FLOOD && fault->value > FLOOD_MAX)
		return error_set(-EINVAL, "mock: a flood of more than %d completions", FLOOD_MAX);
	if (mock->fault_count == MOCK_FAULTS_MAX)
		return error_set(-ENOSPC, "mock: %d faults are armed already", MOCK_FAULTS_MAX);
	return 0;
}

static bool applies(const struct nvu_mock_fault *fault, enum fault_applies when)
{
	assert(mock_fault_kind(fault->kind));
	return mock_fault_kind(fault->kind)->applies == when;
}

/* A kind of FAULT_APPLIES_NOW. */
static void apply_now(struct nvu_mock *mock, const struct nvu_mock_fault *fault)
{
	assert(applies(fault, FAULT_APPLIES_NOW));
	if (fault->kind == NVU_MOCK_FAULT_CFS_NOW)
		mock_state_fail(mock);
	else if (fault->kind == NVU_MOCK_FAULT_GONE_NOW)
		mock_state_vanish(mock);
	else if (fault->kind == NVU_MOCK_FAULT_POWER_LOSS_NOW)
		mock_state_lose_power(mock);
	else if (fault->kind == NVU_MOCK_FAULT_ENABLED_NOW)
		mock_state_left_enabled(mock, fault->delay);
	else if (fault->kind == NVU_MOCK_FAULT_PAUSE_NOW)
		mock_state_pause(mock, fault->delay);
	else
		mock_state_ask_back(mock);
	mock->stats.faults_injected++;
}

int mock_fault_add(struct nvu_mock *mock, const struct nvu_mock_fault *fault)
{
	struct nvu_mock_fault copy;
	struct mock_patch *patch;
	int ret;

	ret = opts_copy(&copy, sizeof(copy), fault);
	if (!ret)
		ret = check(mock, &copy);
	if (ret)
		return ret;
	if (applies(&copy, FAULT_APPLIES_NOW)) {
		apply_now(mock, &copy);
		return 0;
	}
	if (copy.kind == NVU_MOCK_FAULT_PATCH) {
		patch = &mock->patches[mock->patch_next % MOCK_FAULTS_MAX];
		patch->offset = copy.offset;
		patch->len = copy.len;
		memcpy(patch->bytes, copy.bytes, copy.len);
		copy.value = mock->patch_next++ % MOCK_FAULTS_MAX;
	}
	assert(mock->fault_count < MOCK_FAULTS_MAX);
	mock->faults[mock->fault_count++] = copy;
	return 0;
}

void mock_fault_clear(struct nvu_mock *mock)
{
	assert(mock_is_locked(mock));
	mock->fault_count = 0;
}

/* Uses a fault that matches once; false: .skip lets this match pass. *idx becomes the next fault. */
static bool use(struct nvu_mock *mock, uint32_t *idx)
{
	struct nvu_mock_fault *fault = &mock->faults[*idx];

	assert(*idx < mock->fault_count);
	if (fault->skip) {
		fault->skip--;
		(*idx)++;
		return false;
	}
	mock->stats.faults_injected++;
	if (fault->count != 1) {
		fault->count -= fault->count != 0;
		(*idx)++;
		return true;
	}
	mock->fault_count--;
	memmove(fault, fault + 1, (mock->fault_count - *idx) * sizeof(*fault));
	return true;
}

static bool matches_queue(const struct nvu_mock_fault *fault, uint16_t qid)
{
	switch (fault->qid) {
	case NVU_MOCK_ANY_QUEUE:
		return true;
	case NVU_MOCK_ADMIN_QUEUE:
		return qid == 0;
	case 0:
		return fault->cns ? qid == 0 : qid != 0;
	default:
		return fault->qid == qid;
	}
}

static bool matches_cns(const struct nvu_mock_fault *fault, const struct mock_cmd *cmd)
{
	bool selects = cmd->sq->qid == 0 && (cmd->sqe.opcode == NVU_ADMIN_IDENTIFY ||
					     cmd->sqe.opcode == NVU_ADMIN_GET_LOG_PAGE);

	return selects && (nvu_le32_get(cmd->sqe.cdw10) & 0xff) == (fault->cns & 0xff);
}

static bool matches(const struct nvu_mock_fault *fault, const struct mock_cmd *cmd)
{
	if (!applies(fault, FAULT_APPLIES_COMMAND) || !matches_queue(fault, cmd->sq->qid))
		return false;
	if (fault->opcode && (fault->opcode & 0xff) != cmd->sqe.opcode)
		return false;
	if (fault->nsid && fault->nsid != nvu_le32_get(cmd->sqe.nsid))
		return false;
	return !fault->cns || matches_cns(fault, cmd);
}

static void set_once(bool *has, uint16_t *field, uint64_t value)
{
	if (!*has)
		*field = (uint16_t)value;
	*has = true;
}

static void apply_to_completion(struct mock_effects *effects, const struct nvu_mock_fault *fault)
{
	switch (fault->kind) {
	case NVU_MOCK_FAULT_UNKNOWN_CID:
		set_once(&effects->has_cid, &effects->cid, fault->value);
		break;
	case NVU_MOCK_FAULT_WRONG_SQID:
		set_once(&effects->has_sqid, &effects->sqid, fault->value);
		break;
	case NVU_MOCK_FAULT_WRONG_SQHD:
		set_once(&effects->has_sqhd, &effects->sqhd, fault->value);
		break;
	case NVU_MOCK_FAULT_WRONG_PHASE:
		effects->phase_inverted = true;
		break;
	case NVU_MOCK_FAULT_RESULT:
		effects->result = effects->has_result ? effects->result : fault->value;
		effects->has_result = true;
		break;
	case NVU_MOCK_FAULT_FLOOD:
		effects->flood = effects->flood ? effects->flood : fault->value;
		break;
	default:
		assert(fault->kind == NVU_MOCK_FAULT_DUPLICATE_CID);
		effects->duplicated = true;
		break;
	}
}

static void apply_to_data(struct mock_effects *effects, const struct nvu_mock_fault *fault)
{
	switch (fault->kind) {
	case NVU_MOCK_FAULT_CORRUPT:
		effects->corrupted = true;
		effects->corrupt_offset = fault->offset;
		break;
	case NVU_MOCK_FAULT_LENGTH:
		effects->length = effects->has_length ? effects->length : fault->value;
		effects->has_length = true;
		break;
	case NVU_MOCK_FAULT_ENDLESS:
		effects->endless = true;
		break;
	default:
		assert(fault->kind == NVU_MOCK_FAULT_PATCH && fault->value < MOCK_FAULTS_MAX);
		if (effects->patch_count < sizeof(effects->patch_idx))
			effects->patch_idx[effects->patch_count++] = (uint8_t)fault->value;
		break;
	}
}

static void apply(struct mock_effects *effects, const struct nvu_mock_fault *fault)
{
	switch (fault->kind) {
	case NVU_MOCK_FAULT_STATUS:
		set_once(&effects->has_status, &effects->status, fault->status);
		break;
	case NVU_MOCK_FAULT_DROP:
		effects->dropped = true;
		break;
	case NVU_MOCK_FAULT_DELAY:
		effects->delay = effects->delay ? effects->delay : fault->delay;
		break;
	case NVU_MOCK_FAULT_CORRUPT:
	case NVU_MOCK_FAULT_PATCH:
	case NVU_MOCK_FAULT_LENGTH:
	case NVU_MOCK_FAULT_ENDLESS:
		apply_to_data(effects, fault);
		break;
	case NVU_MOCK_FAULT_RESIZE:
		effects->resize_bytes =
			effects->resize_bytes ? effects->resize_bytes : fault->value;
		break;
	case NVU_MOCK_FAULT_REFORMAT:
		effects->reformat_bytes =
			effects->reformat_bytes ? effects->reformat_bytes : fault->value;
		break;
	case NVU_MOCK_FAULT_CFS:
		effects->fatal = true;
		break;
	case NVU_MOCK_FAULT_GONE:
		effects->gone = true;
		break;
	case NVU_MOCK_FAULT_POWER_LOSS:
		effects->power_lost = true;
		break;
	default:
		apply_to_completion(effects, fault);
		break;
	}
}

void mock_fault_match(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint32_t idx = 0;

	assert(mock_is_locked(mock));
	while (idx < mock->fault_count) {
		const struct nvu_mock_fault fault = mock->faults[idx];

		if (!matches(&fault, cmd))
			idx++;
		else if (use(mock, &idx))
			apply(&cmd->effects, &fault);
	}
}

bool mock_fault_take(struct nvu_mock *mock, enum nvu_mock_fault_kind kind)
{
	bool used = false;
	uint32_t idx = 0;

	while (idx < mock->fault_count && !used) {
		if (mock->faults[idx].kind == kind)
			used = use(mock, &idx);
		else
			idx++;
	}
	return used;
}

uint64_t mock_fault_slowness(struct nvu_mock *mock)
{
	uint32_t idx = 0;

	while (idx < mock->fault_count) {
		uint64_t delay = mock->faults[idx].delay;

		if (mock->faults[idx].kind != NVU_MOCK_FAULT_SLOW_READY)
			idx++;
		else if (use(mock, &idx))
			return delay;
	}
	return 0;
}

bool mock_fault_ones(struct nvu_mock *mock, bool config)
{
	bool used = false;
	uint32_t idx = 0;

	while (idx < mock->fault_count && !used) {
		const struct nvu_mock_fault *fault = &mock->faults[idx];

		if (fault->kind != NVU_MOCK_FAULT_ALL_ONES)
			idx++;
		else if (!config)
			used = use(mock, &idx);
		else if (!fault->skip && fault->value & NVU_MOCK_ONES_CONFIG)
			used = true; /* register reads are what is counted */
		else
			idx++;
	}
	return used;
}

void mock_fault_function_reset(struct nvu_mock *mock)
{
	assert(mock->fault_count <= MOCK_FAULTS_MAX);
	for (uint32_t idx = mock->fault_count; idx-- > 0;) {
		const struct nvu_mock_fault *fault = &mock->faults[idx];

		if (fault->kind == NVU_MOCK_FAULT_ALL_ONES && fault->value & NVU_MOCK_ONES_RESET)
			memmove(&mock->faults[idx], &mock->faults[idx + 1],
				(--mock->fault_count - idx) * sizeof(*fault));
	}
}

bool mock_fault_ignores(struct nvu_mock *mock, uint32_t offset)
{
	bool ignored = false;
	uint32_t idx = 0;

	while (idx < mock->fault_count && !ignored) {
		const struct nvu_mock_fault *fault = &mock->faults[idx];
		bool here = fault->offset == offset || mock_half_is_upper(fault->offset, offset);

		if (fault->kind == NVU_MOCK_FAULT_IGNORE && here)
			ignored = use(mock, &idx);
		else
			idx++;
	}
	return ignored;
}

/* Where a fault for the register at first meets a read of bytes at offset. */
static bool patch_value(const struct nvu_mock_fault *fault, uint32_t offset, uint32_t bytes,
			uint64_t *value)
{
	if (fault->offset == offset)
		*value = bytes == 8 ? fault->value : (uint32_t)fault->value;
	else if (bytes == 4 && mock_half_is_upper(fault->offset, offset))
		*value = fault->value >> 32;
	else if (bytes == 8 && fault->offset == offset + 4)
		*value = mock_half_replace(*value, (uint32_t)fault->value, true);
	else
		return false;
	return true;
}

void mock_fault_patch_register(struct nvu_mock *mock, uint32_t offset, uint32_t bytes,
			       uint64_t *value)
{
	uint32_t idx = 0;

	assert(bytes == 4 || bytes == 8);
	while (idx < mock->fault_count) {
		const struct nvu_mock_fault fault = mock->faults[idx];
		uint64_t patched = *value;

		if (fault.kind != NVU_MOCK_FAULT_REGISTER ||
		    !patch_value(&fault, offset, bytes, &patched)) {
			idx++;
		} else if (use(mock, &idx)) {
			*value = patched;
			return;
		}
	}
}

void mock_fault_patch_data(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	const struct mock_effects *effects = &cmd->effects;
	uint8_t byte = 0;

	for (uint32_t idx = 0; idx < effects->patch_count; idx++) {
		const struct mock_patch *patch = &mock->patches[effects->patch_idx[idx]];

		mock_xfer_put(&mock->xfer, patch->offset, patch->bytes, patch->len);
	}
	if (!effects->corrupted)
		return;
	mock_xfer_get(&mock->xfer, effects->corrupt_offset, &byte, 1);
	byte = (uint8_t)~byte;
	mock_xfer_put(&mock->xfer, effects->corrupt_offset, &byte, 1);
}
