// SPDX-License-Identifier: MIT
/*
 * feature.c: Set and Get Features. Most features are one dword, kept in a table; those with rules
 * of their own are Number of Queues, and in admin/setting.c those with data or with several values.
 */
#include "mock/admin/feature.h"

#include "mock/admin/setting.h"
#include "mock/faults/violation.h"
#include "mock/io/ns.h"
#include "mock/state.h"

#include <assert.h>

enum { SELECT_CURRENT = 0, SELECT_DEFAULT = 1, SELECT_SAVED = 2, SELECT_CAPABILITIES = 3 };
enum { CAPABILITY_SAVEABLE = 1u << 0, CAPABILITY_CHANGEABLE = 1u << 2 };
enum { VENDOR_SPECIFIC = 0xc0 };

enum scope { SCOPE_CTRL, SCOPE_NS, SCOPE_SET, SCOPE_GROUP, SCOPE_DOMAIN };

struct feature {
	enum scope scope; /* what has a value of its own */
	bool known;
	bool saveable;
	uint32_t preset;
};

static_assert(MOCK_TEMPERATURE_THRESHOLD == 343, "features.def has the same");

#define MOCK(value) true, false, value
#define MOCK_SAVEABLE(value) true, true, value
#define NO_MOCK false, false, 0
#define FEATURE(symbol, fid, name, scope, bytes, mock, ...) [fid] = { SCOPE_##scope, mock },
static const struct feature table[MOCK_FEATURES] = {
#include "spec/features.def"
	[VENDOR_SPECIFIC] = { .known = true },
};
#undef FEATURE

void mock_feature_open(struct nvu_mock *mock)
{
	for (uint32_t fid = 0; fid < MOCK_FEATURES; fid++)
		mock->saved[fid] = table[fid].preset;
}

void mock_feature_reset(struct nvu_mock *mock)
{
	assert(mock->queues_max && mock->queues_max <= mock->config.opts.io_queues);
	for (uint32_t fid = 0; fid < MOCK_FEATURES; fid++)
		mock->features[fid] = mock->saved[fid];
	if (!mock_state_caches(mock))
		mock_state_flush(mock);
	mock->granted_sqs = mock->queues_max;
	mock->granted_cqs = mock->queues_max;
	mock_setting_reset(mock);
}

static uint32_t num_queues_value(const struct nvu_mock *mock)
{
	assert(mock->granted_cqs && mock->granted_sqs);
	return (mock->granted_cqs - 1) << 16 | (mock->granted_sqs - 1);
}

static bool has_io_queues(const struct nvu_mock *mock)
{
	for (uint32_t qid = 1; qid <= mock->config.opts.io_queues; qid++)
		if (mock->cqs[qid])
			return true;
	return false;
}

/* Base 5.27.1.5: 0's based counts; 65,535 is not allowed; not once I/O queues exist. */
static uint16_t set_num_queues(struct nvu_mock *mock, struct mock_cmd *cmd, uint32_t value)
{
	uint32_t sqs = (value & 0xffff) + 1;
	uint32_t cqs = (value >> 16) + 1;
	uint32_t limit = mock->queues_max;

	if (sqs == 65536 || cqs == 65536)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	if (has_io_queues(mock)) {
		mock_violation_add_cmd(mock, cmd, "Number of Queues is set while I/O queues exist");
		return MOCK_DNR(NVU_SC_SEQUENCE);
	}
	mock->granted_sqs = sqs < limit ? sqs : limit;
	mock->granted_cqs = cqs < limit ? cqs : limit;
	cmd->result = num_queues_value(mock);
	return 0;
}

/* Base 5.27: a feature of a namespace needs one, or FFFFFFFFh for all; any other takes 0 or FFFFFFFFh. */
static uint16_t check_scope(const struct nvu_mock *mock, uint8_t fid, uint32_t nsid)
{
	if (nsid == UINT32_MAX)
		return 0;
	if (table[fid].scope != SCOPE_NS)
		return nsid ? MOCK_DNR(NVU_SC_FEATURE_NOT_PER_NS) : 0;
	return mock_ns_attached(mock, nsid) ? 0 : MOCK_DNR(NVU_SC_INVALID_NS);
}

uint16_t mock_feature_set(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint32_t cdw10 = nvu_le32_get(cmd->sqe.cdw10);
	uint32_t value = nvu_le32_get(cmd->sqe.cdw11);
	uint8_t fid = (uint8_t)cdw10;
	bool save = cdw10 >> 31;
	uint16_t status;

	if (!table[fid].known)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	status = check_scope(mock, fid, nvu_le32_get(cmd->sqe.nsid));
	if (status)
		return status;
	if (save && !table[fid].saveable)
		return MOCK_DNR(NVU_SC_FEATURE_NOT_SAVEABLE);
	if (fid == NVU_FEAT_NUM_QUEUES)
		return set_num_queues(mock, cmd, value);
	if (mock_setting_has(fid))
		return mock_setting_set(mock, cmd);
	if (fid == NVU_FEAT_POWER_MANAGEMENT && (value & 0x1f))
		return MOCK_DNR(NVU_SC_INVALID_FIELD); /* one power state only */
	mock->features[fid] = value;
	if (save)
		mock->saved[fid] = value;
	if (!mock_state_caches(mock)) /* no write that completes from now on is in the cache */
		mock_state_flush(mock);
	return 0;
}

static uint16_t get_current(struct nvu_mock *mock, struct mock_cmd *cmd, uint8_t fid)
{
	if (mock_setting_has(fid))
		return mock_setting_get(mock, cmd);
	cmd->result = fid == NVU_FEAT_NUM_QUEUES ? num_queues_value(mock) : mock->features[fid];
	return 0;
}

uint16_t mock_feature_get(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint32_t cdw10 = nvu_le32_get(cmd->sqe.cdw10);
	uint8_t fid = (uint8_t)cdw10;

	if (!table[fid].known)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	switch (cdw10 >> 8 & 7) {
	case SELECT_CURRENT:
		return get_current(mock, cmd, fid);
	case SELECT_DEFAULT:
		cmd->result = table[fid].preset;
		return 0;
	case SELECT_SAVED:
		cmd->result = mock->saved[fid];
		return 0;
	case SELECT_CAPABILITIES:
		cmd->result = CAPABILITY_CHANGEABLE;
		if (table[fid].saveable)
			cmd->result |= CAPABILITY_SAVEABLE;
		return 0;
	default:
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	}
}
