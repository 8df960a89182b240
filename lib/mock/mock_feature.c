// SPDX-License-Identifier: MIT
/*
 * mock_feature.c: features are one dword each, kept in a table; Number of Queues and the write
 * cache have rules of their own.
 */
#include "mock/mock_feature.h"

#include "mock/mock_data.h"
#include "mock/mock_violation.h"
#include "transport/transport.h"

enum { SELECT_CURRENT = 0, SELECT_DEFAULT = 1, SELECT_SAVED = 2, SELECT_CAPABILITIES = 3 };
enum { CAPABILITY_CHANGEABLE = 1u << 2 };
enum { SC_NOT_SAVEABLE = 0x10d };
enum { HOST_BEHAVIOR_BYTES = 512, HOST_BEHAVIOR_LBAFEE = 2 };

struct feature {
	bool known;
	uint32_t preset;
};

static const struct feature table[MOCK_FEATURES] = {
	[NVU_FEAT_ARBITRATION] = { true, 0x7 }, /* no burst limit */
	[NVU_FEAT_POWER_MANAGEMENT] = { true, 0 },   [NVU_FEAT_TEMPERATURE] = { true, 343 },
	[NVU_FEAT_ERROR_RECOVERY] = { true, 0 },     [NVU_FEAT_VOLATILE_WRITE_CACHE] = { true, 1 },
	[NVU_FEAT_NUM_QUEUES] = { true, 0 },	     [NVU_FEAT_INTERRUPT_COALESCING] = { true, 0 },
	[NVU_FEAT_INTERRUPT_VECTOR] = { true, 0 },   [NVU_FEAT_WRITE_ATOMICITY] = { true, 0 },
	[NVU_FEAT_ASYNC_EVENT_CONFIG] = { true, 0 }, [NVU_FEAT_HOST_BEHAVIOR] = { true, 0 },
};

void mock_feature_reset(struct nvu_mock *mock)
{
	for (uint32_t fid = 0; fid < MOCK_FEATURES; fid++)
		mock->features[fid] = table[fid].preset;
	mock->granted_sqs = mock->queues_max;
	mock->granted_cqs = mock->queues_max;
}

static uint32_t num_queues_value(const struct nvu_mock *mock)
{
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

/* NVM 4.1.7: 512 bytes, of which LBAFEE, byte 2, is kept. */
static uint16_t set_host_behavior(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint8_t data[HOST_BEHAVIOR_BYTES];
	uint16_t status = mock_data_map(mock, cmd, sizeof(data), TRANSPORT_DMA_READ);

	if (status)
		return status;
	mock_xfer_get(&mock->xfer, 0, data, sizeof(data));
	mock->features[NVU_FEAT_HOST_BEHAVIOR] = data[HOST_BEHAVIOR_LBAFEE];
	return 0;
}

uint16_t mock_feature_set(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint32_t cdw10 = nvu_le32_get(cmd->sqe.cdw10);
	uint32_t value = nvu_le32_get(cmd->sqe.cdw11);
	uint8_t fid = (uint8_t)cdw10;

	if (!table[fid].known)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	if (cdw10 >> 31)
		return MOCK_DNR(SC_NOT_SAVEABLE);
	if (fid == NVU_FEAT_NUM_QUEUES)
		return set_num_queues(mock, cmd, value);
	if (fid == NVU_FEAT_HOST_BEHAVIOR)
		return set_host_behavior(mock, cmd);
	if (fid == NVU_FEAT_POWER_MANAGEMENT && (value & 0x1f))
		return MOCK_DNR(NVU_SC_INVALID_FIELD); /* one power state only */
	mock->features[fid] = value;
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
		cmd->result =
			fid == NVU_FEAT_NUM_QUEUES ? num_queues_value(mock) : mock->features[fid];
		return 0;
	case SELECT_DEFAULT:
	case SELECT_SAVED:
		cmd->result = table[fid].preset;
		return 0;
	case SELECT_CAPABILITIES:
		cmd->result = CAPABILITY_CHANGEABLE;
		return 0;
	default:
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	}
}
