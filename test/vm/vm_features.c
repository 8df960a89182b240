/* SPDX-License-Identifier: MIT */
/*
 * vm_features.c: vm_tool's "features": what was set by nvu_admin() is still set after resets, which are
 * reported by events. QEMU's controller forgets its timestamp in each reset.
 */
#include "covers.h"
#include "vm_tool.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

COVERS(ADMIN, SET_FEATURES);
COVERS(ADMIN, GET_FEATURES);
COVERS(FEATURE, TEMPERATURE);
COVERS(FEATURE, TIMESTAMP);
COVERS(FEATURE, VOLATILE_WRITE_CACHE);
COVERS(FEATURE, HOST_BEHAVIOR);

enum { RESETS = 3, PAUSE_MS = 300, SLACK_MS = 2000, UNDER_TEMPERATURE = 0x100000, KELVIN = 200 };
enum { BEHAVIOR_BYTES = 512, TIMESTAMP_BYTES = 8 };

#define BEGAN_MS 1600000000000ull

static int feature(struct nvu_ctrl *ctrl, uint8_t opcode, uint32_t fid, uint32_t cdw11, void *data,
		   size_t len, uint64_t *ret_value)
{
	const struct nvu_sqe cmd = { .opcode = opcode,
				     .cdw10 = nvu_le32_put(fid),
				     .cdw11 = nvu_le32_put(cdw11) };

	return nvu_admin(ctrl, &cmd, data, len, 0, ret_value);
}

static int set(struct nvu_ctrl *ctrl, uint32_t fid, uint32_t cdw11, void *data, size_t len)
{
	return feature(ctrl, NVU_ADMIN_SET_FEATURES, fid, cdw11, data, len, NULL);
}

static uint64_t get(struct nvu_ctrl *ctrl, uint32_t fid, uint32_t cdw11, void *data, size_t len)
{
	uint64_t value = 0;

	must(feature(ctrl, NVU_ADMIN_GET_FEATURES, fid, cdw11, data, len, &value), "Get Features");
	return value;
}

static uint64_t timestamp(struct nvu_ctrl *ctrl)
{
	uint8_t data[TIMESTAMP_BYTES] = { 0 };
	uint64_t ms = 0;

	(void)get(ctrl, NVU_FEAT_TIMESTAMP, 0, data, sizeof(data));
	for (int i = 5; i >= 0; i--)
		ms = ms << 8 | data[i];
	return ms;
}

/* True when the controller takes Host Behavior Support: advanced command retry. */
static bool set_all(struct nvu_ctrl *ctrl)
{
	uint8_t behavior[BEHAVIOR_BYTES] = { 1 }, time[TIMESTAMP_BYTES];
	bool behaves;

	for (int i = 0; i < TIMESTAMP_BYTES; i++)
		time[i] = (uint8_t)(i < 6 ? BEGAN_MS >> 8 * i : 0);
	must(set(ctrl, NVU_FEAT_VOLATILE_WRITE_CACHE, 0, NULL, 0), "the write cache off");
	must(set(ctrl, NVU_FEAT_TEMPERATURE, UNDER_TEMPERATURE | KELVIN, NULL, 0), "a threshold");
	must(set(ctrl, NVU_FEAT_TIMESTAMP, 0, time, sizeof(time)), "the timestamp");
	behaves = !set(ctrl, NVU_FEAT_HOST_BEHAVIOR, 0, behavior, sizeof(behavior));
	printf("# Host Behavior Support is %s\n", behaves ? "set" : "not offered");
	return behaves;
}

static void look_at_all(struct nvu_ctrl *ctrl, uint64_t begin_ms, bool behaves)
{
	uint64_t passed = now_ms() - begin_ms, is = timestamp(ctrl);
	uint8_t behavior[BEHAVIOR_BYTES] = { 0 };

	if (get(ctrl, NVU_FEAT_VOLATILE_WRITE_CACHE, 0, NULL, 0) & 1)
		die("the write cache is on");
	if ((get(ctrl, NVU_FEAT_TEMPERATURE, UNDER_TEMPERATURE, NULL, 0) & 0xffff) != KELVIN)
		die("the threshold is another one");
	if (is < BEGAN_MS + passed - PAUSE_MS || is > BEGAN_MS + passed + SLACK_MS)
		die("the timestamp is %llu after %llu ms", (unsigned long long)is,
		    (unsigned long long)passed);
	if (!behaves)
		return;
	(void)get(ctrl, NVU_FEAT_HOST_BEHAVIOR, 0, behavior, sizeof(behavior));
	if (!behavior[0])
		die("the host's behavior is forgotten");
}

static void pause_ms(uint64_t ms)
{
	const uint64_t begin_ms = now_ms();

	while (now_ms() - begin_ms < ms)
		;
}

int cmd_features(int argc, char **argv)
{
	struct nvu_event event = { 0 };
	struct nvu_ctrl *ctrl;
	uint64_t begin_ms;
	bool behaves;

	(void)argc;
	must(nvu_ctrl_open(argv[0], NULL, &ctrl), argv[0]);
	begin_ms = now_ms();
	behaves = set_all(ctrl);
	look_at_all(ctrl, begin_ms, behaves);
	for (int i = 0; i < RESETS; i++) {
		pause_ms(PAUSE_MS);
		must(nvu_ctrl_reset(ctrl), "a reset");
		look_at_all(ctrl, begin_ms, behaves);
	}
	if (nvu_ctrl_service(ctrl, &event) != 1 || event.type != NVU_EVENT_RESET ||
	    event.info != NVU_RESET_CALLER || event.value != RESETS)
		die("event type %#x, info %u, value %d", event.type, event.info, event.value);
	printf("# one event of %d resets\n", event.value);
	if (nvu_ctrl_service(ctrl, &event))
		die("event type %#x, info %u, value %d", event.type, event.info, event.value);
	if (nvu_ctrl_info(ctrl)->resets != RESETS)
		die("%u resets are counted", nvu_ctrl_info(ctrl)->resets);
	(void)fflush(stdout);
	nvu_ctrl_close(ctrl);
	return 0;
}
