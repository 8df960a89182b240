/* SPDX-License-Identifier: MIT */
/*
 * feature_rig.h: what the tests of features share: setting them, reading them back, resets.
 */
#ifndef NVU_TEST_FEATURE_RIG_H
#define NVU_TEST_FEATURE_RIG_H

#include "harness.h"

enum { SHORT_MS = 50, VENDOR = 0xc0, SAVE = 1 };
enum { WRITE_CACHE = NVU_FEAT_VOLATILE_WRITE_CACHE, RECOVERY = NVU_FEAT_ERROR_RECOVERY };

static inline void start(struct rig *rig)
{
	rig_start(rig, NULL, NVU_CTRL_OPTS(.admin_timeout_ms = SHORT_MS, .ready_timeout_ms = 500),
		  NULL);
}

static inline struct nvu_sqe feature_command(uint8_t opcode, uint32_t nsid, uint32_t cdw10,
					     uint32_t cdw11)
{
	return (struct nvu_sqe){ .opcode = opcode,
				 .nsid = nvu_le32_put(nsid),
				 .cdw10 = nvu_le32_put(cdw10),
				 .cdw11 = nvu_le32_put(cdw11) };
}

static inline int set_with(struct rig *rig, uint32_t nsid, uint32_t cdw10, uint32_t cdw11,
			   void *data, size_t len)
{
	const struct nvu_sqe cmd = feature_command(NVU_ADMIN_SET_FEATURES, nsid, cdw10, cdw11);

	return nvu_admin(rig->ctrl, &cmd, data, len, 0, NULL);
}

static inline void set(struct rig *rig, uint32_t cdw10, uint32_t cdw11)
{
	assert_int_equal(set_with(rig, 0, cdw10, cdw11, NULL, 0), 0);
}

static inline uint32_t get_with(struct rig *rig, uint32_t nsid, uint32_t fid, uint32_t cdw11,
				void *data, size_t len)
{
	const struct nvu_sqe cmd = feature_command(NVU_ADMIN_GET_FEATURES, nsid, fid, cdw11);
	uint64_t value = 0;

	assert_int_equal(nvu_admin(rig->ctrl, &cmd, data, len, 0, &value), 0);
	return (uint32_t)value;
}

static inline uint32_t get(struct rig *rig, uint32_t fid)
{
	return get_with(rig, 0, fid, 0, NULL, 0);
}

static inline void reset(struct rig *rig)
{
	struct nvu_event event;

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 1);
	assert_int_equal(event.type, NVU_EVENT_RESET);
}

/* What else it tells does not matter. */
static inline void assert_nothing_lost(struct rig *rig)
{
	struct nvu_event event;

	while (nvu_ctrl_service(rig->ctrl, &event) == 1)
		assert_int_not_equal(event.type, NVU_EVENT_FEATURE);
}

static inline void assert_no_event(struct rig *rig)
{
	struct nvu_event event;

	assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 0);
}

static inline void assert_lost(struct rig *rig, uint8_t fid, int error)
{
	struct nvu_event event = { 0 };

	assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 1);
	assert_int_equal(event.type, NVU_EVENT_FEATURE);
	assert_int_equal(event.info, fid);
	assert_int_equal(event.value, error);
}

/* Injects a fault into `count` commands Set Features, after the next `skip`. */
static inline void inject_into_sets(struct rig *rig, enum nvu_mock_fault_kind kind, uint32_t skip,
				    uint32_t count)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = kind, .qid = NVU_MOCK_ADMIN_QUEUE, .skip = skip,
				       .opcode = NVU_ADMIN_SET_FEATURES, .count = count,
				       .status = NVU_SC_INVALID_FIELD | NVU_MOCK_DNR));
}

/* Commands of a reset, besides those of one in which no feature was set. */
static inline uint64_t count_commands(struct rig *rig)
{
	uint64_t before = rig_mock_stats(rig).admin_commands;

	reset(rig);
	return rig_mock_stats(rig).admin_commands - before;
}

#define SENSOR(threshold, sensor) ((uint32_t)(threshold) << 20 | (uint32_t)(sensor) << 16)

#endif
