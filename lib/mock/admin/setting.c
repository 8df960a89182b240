/* SPDX-License-Identifier: MIT */
/*
 * setting.c: see setting.h.
 */
#include "mock/admin/setting.h"

#include "base/clock.h"
#include "mock/io/ns.h"
#include "mock/queues/data.h"
#include "mock/reservation.h"
#include "transport/transport.h"

#include <assert.h>
#include <string.h>

/* Bytes of a feature's data. */
#define FEATURE(symbol, fid, name, scope, bytes, ...) symbol##_BYTES = (bytes),
enum {
#include "spec/features.def"
};
#undef FEATURE

static_assert(AUTO_PST_BYTES == sizeof(((struct nvu_mock *)0)->transitions), "the whole table");

enum { HOST_BEHAVIOR_ACRE = 0, HOST_BEHAVIOR_LBAFEE = 2, HOST_BEHAVIOR_CDFE = 4 };
enum { TIMESTAMP_MS_BYTES = 6, ORIGIN_HOST = 1 << 1 };
enum { ONE_RANGE_BYTES = 64 };
enum { SENSORS = 16, ALL_SENSORS = 15, THRESHOLDS = 2 };

bool mock_setting_has(uint8_t fid)
{
	return fid == NVU_FEAT_LBA_RANGE || fid == NVU_FEAT_TEMPERATURE ||
	       fid == NVU_FEAT_ERROR_RECOVERY || fid == NVU_FEAT_AUTO_PST ||
	       fid == NVU_FEAT_TIMESTAMP || fid == NVU_FEAT_HOST_BEHAVIOR ||
	       fid == NVU_FEAT_HOST_ID;
}

void mock_setting_reset(struct nvu_mock *mock)
{
	memset(mock->temperatures, 0, sizeof(mock->temperatures));
	mock->temperatures[0][0] = MOCK_TEMPERATURE_THRESHOLD;
	mock->timestamp_ms = 0;
	mock->timestamp_ns = clock_ns();
	memset(mock->transitions, 0, sizeof(mock->transitions));
	mock->copy_enabled = 0;
	mock->delays_enabled = false;
	mock->host = (struct mock_host){ .cntlid = MOCK_CNTLID };
	for (uint32_t i = 0; mock->ns && i < mock->config.opts.ns_max; i++) {
		mock->ns[i].error_recovery = 0;
		mock_reservation_reset(mock->ns[i].reservation, MOCK_CNTLID);
		memset(mock->ns[i].lba_ranges, 0, sizeof(mock->ns[i].lba_ranges));
	}
}

/* Reads the data of a command. */
static uint16_t take(struct nvu_mock *mock, const struct mock_cmd *cmd, void *data, size_t len)
{
	uint16_t status = mock_data_map(mock, cmd, len, TRANSPORT_DMA_READ);

	if (!status)
		mock_xfer_get(&mock->xfer, 0, data, len);
	return status;
}

/* NVM 4.1.7: 512 bytes, of which ACRE, byte 0, LBAFEE, byte 2, and CDFE, bytes 5:4, are kept; CDFE has formats 2 and 3. */
static uint16_t set_host_behavior(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint8_t data[HOST_BEHAVIOR_BYTES];
	uint16_t status = take(mock, cmd, data, sizeof(data));

	if (status)
		return status;
	mock->features[NVU_FEAT_HOST_BEHAVIOR] = data[HOST_BEHAVIOR_LBAFEE];
	mock->copy_enabled = data[HOST_BEHAVIOR_CDFE] & 0xcu;
	mock->delays_enabled = data[HOST_BEHAVIOR_ACRE] == 1;
	return 0;
}

static uint16_t get_host_behavior(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint8_t data[HOST_BEHAVIOR_BYTES] = { 0 };

	data[HOST_BEHAVIOR_ACRE] = mock->delays_enabled;
	data[HOST_BEHAVIOR_LBAFEE] = (uint8_t)mock->features[NVU_FEAT_HOST_BEHAVIOR];
	data[HOST_BEHAVIOR_CDFE] = (uint8_t)mock->copy_enabled;
	return mock_data_reply(mock, cmd, data, sizeof(data));
}

/* Base 5.27.1.10: milliseconds in 48 bits; it goes on by itself. */
static uint16_t set_timestamp(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint8_t data[TIMESTAMP_BYTES];
	uint16_t status = take(mock, cmd, data, sizeof(data));

	if (status)
		return status;
	mock->timestamp_ms = 0;
	for (int i = TIMESTAMP_MS_BYTES - 1; i >= 0; i--)
		mock->timestamp_ms = mock->timestamp_ms << 8 | data[i];
	mock->timestamp_ns = clock_ns();
	return 0;
}

static uint16_t get_timestamp(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint64_t now = mock->timestamp_ms + (clock_ns() - mock->timestamp_ns) / 1000000;
	uint8_t data[TIMESTAMP_BYTES] = { 0 };

	for (int i = 0; i < TIMESTAMP_MS_BYTES; i++)
		data[i] = (uint8_t)(now >> 8 * i);
	data[TIMESTAMP_MS_BYTES] = mock->timestamp_ms ? ORIGIN_HOST : 0;
	return mock_data_reply(mock, cmd, data, sizeof(data));
}

static uint32_t host_id_bytes(const struct mock_cmd *cmd)
{
	return nvu_le32_get(cmd->sqe.cdw11) & 1 ? HOST_ID_BYTES : HOST_ID_BYTES / 2;
}

/* Base 5.27.1.25: a host keeps its first identifier until the controller is reset. */
static uint16_t set_host_id(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	struct mock_host host = {
		.cntlid = MOCK_CNTLID,
		.extended = host_id_bytes(cmd) == HOST_ID_BYTES,
	};
	static const uint8_t none[HOST_ID_BYTES];
	uint16_t status = take(mock, cmd, host.id, host_id_bytes(cmd));

	static_assert(HOST_ID_BYTES == sizeof(host.id), "all of it");
	if (status)
		return status;
	if (memcmp(mock->host.id, none, sizeof(none)) &&
	    memcmp(mock->host.id, host.id, sizeof(host.id)))
		return MOCK_DNR(NVU_SC_SEQUENCE);
	mock->host = host;
	return 0;
}

static uint16_t set_transitions(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint16_t status = take(mock, cmd, mock->transitions, sizeof(mock->transitions));

	if (!status)
		mock->features[NVU_FEAT_AUTO_PST] = nvu_le32_get(cmd->sqe.cdw11) & 1;
	return status;
}

/* Base 5.27.1.3: TMPTH 15:0, TMPSEL 19:16, THSEL 21:20. */
static uint16_t set_temperature(struct nvu_mock *mock, uint32_t cdw11)
{
	uint32_t sensor = cdw11 >> 16 & 0xf, threshold = cdw11 >> 20 & 3;

	if (threshold >= THRESHOLDS)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	for (uint32_t i = 0; i < SENSORS; i++)
		if (i == sensor || sensor == ALL_SENSORS)
			mock->temperatures[threshold][i] = cdw11 & 0xffff;
	return 0;
}

/* NVM 4.1.3.1: the 0's based number of ranges is in CDW11, 5:0; the mock keeps the first one. */
static uint16_t set_ranges(struct nvu_mock *mock, const struct mock_cmd *cmd, struct mock_ns *ns)
{
	uint8_t data[ONE_RANGE_BYTES];
	uint16_t status = mock_data_map(mock, cmd, LBA_RANGE_BYTES, TRANSPORT_DMA_READ);

	assert(ns->attached);
	if (status)
		return status;
	mock_xfer_get(&mock->xfer, 0, data, sizeof(data));
	memcpy(ns->lba_ranges, data, sizeof(data));
	ns->lba_ranges[ONE_RANGE_BYTES] = nvu_le32_get(cmd->sqe.cdw11) & 0x3f;
	return 0;
}

/* Sets the value of one namespace, or of all. */
static uint16_t set_of_namespaces(struct nvu_mock *mock, const struct mock_cmd *cmd, bool ranges)
{
	uint32_t nsid = nvu_le32_get(cmd->sqe.nsid);
	uint16_t status = 0;

	assert(nsid == UINT32_MAX || mock_ns_attached(mock, nsid)); /* by the feature's scope */
	for (uint32_t id = 1; !status && id <= mock->config.opts.ns_max; id++) {
		struct mock_ns *ns = mock_ns_attached(mock, id);

		if (!ns || (nsid != UINT32_MAX && nsid != id))
			continue;
		if (ranges)
			status = set_ranges(mock, cmd, ns);
		else
			ns->error_recovery = nvu_le32_get(cmd->sqe.cdw11);
	}
	return status;
}

uint16_t mock_setting_set(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint8_t fid = (uint8_t)nvu_le32_get(cmd->sqe.cdw10);

	assert(mock_setting_has(fid));
	switch (fid) {
	case NVU_FEAT_TIMESTAMP:
		return set_timestamp(mock, cmd);
	case NVU_FEAT_HOST_BEHAVIOR:
		return set_host_behavior(mock, cmd);
	case NVU_FEAT_HOST_ID:
		return set_host_id(mock, cmd);
	case NVU_FEAT_AUTO_PST:
		return set_transitions(mock, cmd);
	case NVU_FEAT_TEMPERATURE:
		return set_temperature(mock, nvu_le32_get(cmd->sqe.cdw11));
	default:
		return set_of_namespaces(mock, cmd, fid == NVU_FEAT_LBA_RANGE);
	}
}

static uint16_t get_ranges(struct nvu_mock *mock, struct mock_cmd *cmd, const struct mock_ns *ns)
{
	memset(mock->page, 0, sizeof(mock->page));
	memcpy(mock->page, ns->lba_ranges, ONE_RANGE_BYTES);
	cmd->result = ns->lba_ranges[ONE_RANGE_BYTES];
	return mock_data_reply(mock, cmd, mock->page, LBA_RANGE_BYTES);
}

static uint16_t get_of_namespace(struct nvu_mock *mock, struct mock_cmd *cmd, uint8_t fid)
{
	const struct mock_ns *ns = mock_ns_attached(mock, nvu_le32_get(cmd->sqe.nsid));

	if (!ns)
		return MOCK_DNR(NVU_SC_INVALID_NS);
	if (fid == NVU_FEAT_LBA_RANGE)
		return get_ranges(mock, cmd, ns);
	cmd->result = ns->error_recovery;
	return 0;
}

uint16_t mock_setting_get(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint8_t fid = (uint8_t)nvu_le32_get(cmd->sqe.cdw10);
	uint32_t cdw11 = nvu_le32_get(cmd->sqe.cdw11);

	assert(mock_setting_has(fid));
	switch (fid) {
	case NVU_FEAT_TIMESTAMP:
		return get_timestamp(mock, cmd);
	case NVU_FEAT_HOST_BEHAVIOR:
		return get_host_behavior(mock, cmd);
	case NVU_FEAT_HOST_ID:
		return mock_data_reply(mock, cmd, mock->host.id, host_id_bytes(cmd));
	case NVU_FEAT_AUTO_PST:
		cmd->result = mock->features[fid];
		return mock_data_reply(mock, cmd, mock->transitions, sizeof(mock->transitions));
	case NVU_FEAT_TEMPERATURE:
		cmd->result = mock->temperatures[cdw11 >> 20 & 3][cdw11 >> 16 & 0xf];
		return 0;
	default:
		return get_of_namespace(mock, cmd, fid);
	}
}
