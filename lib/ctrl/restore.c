/* SPDX-License-Identifier: MIT */
/*
 * restore.c: see restore.h.
 */
#include "ctrl/restore.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "ctrl/admin.h"
#include "ctrl/features.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* After this many commands without an answer nvu sends no further one: each may take an admin time-out. */
enum { LATE_MAX = 2 };

enum { TIMESTAMP_BYTES = 6 };

/* Base 5.27.1.10: milliseconds, 48 bits, little-endian. Adds the time that has passed. */
static void advance(uint8_t *timestamp, uint64_t ms)
{
	uint64_t carry = ms;

	for (size_t i = 0; i < TIMESTAMP_BYTES; i++) {
		carry += timestamp[i];
		timestamp[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

static int send_again(struct nvu_ctrl *ctrl, const struct feature *feature, uint32_t late)
{
	uint8_t data[FEATURES_DATA_MAX];

	assert(feature->len <= FEATURES_DATA_MAX);
	if (late == LATE_MAX)
		return error_set(-ETIMEDOUT,
				 "%s: not sent, since the controller did not answer %d others",
				 ctrl_name(ctrl), LATE_MAX);
	if (feature->fate == FEATURE_LOST)
		return error_set(-ENOTSUP,
				 "%s: nvu does not keep the memory or data of this feature",
				 ctrl_name(ctrl));
	if (feature->is_dangerous)
		return error_set(feature->error,
				 "%s: not sent, since the controller failed on it before",
				 ctrl_name(ctrl));
	memcpy(data, feature->data, feature->len);
	if (feature->fate == FEATURE_CLOCK && feature->len >= TIMESTAMP_BYTES)
		advance(data, (clock_ns() - feature->set_ns) / 1000000);
	return admin_set_data_step(ctrl, &feature->cmd, data, feature->len);
}

static void report(const struct nvu_ctrl *ctrl, struct feature *feature, int error)
{
	feature->error = error;
	feature->untold = error != 0;
	if (error)
		log_line(LOG_INFO, "%s: cannot set feature %02xh of namespace %#x again: %s",
			 ctrl_name(ctrl), feature_id(&feature->cmd),
			 nvu_le32_get(feature->cmd.nsid), error_get());
}

/* The features that the program has set do not change meanwhile: no command of it is outstanding. */
static struct feature *next_feature(const struct nvu_ctrl *ctrl)
{
	struct feature *feature = ctrl->features;

	for (uint32_t i = 0; feature && i < ctrl->restoring.done; i++)
		feature = feature->next;
	return feature;
}

int restore_features_step(struct nvu_ctrl *ctrl)
{
	struct ctrl_restoring *restoring = &ctrl->restoring;
	struct feature *feature;

	assert(lock_is_held(&ctrl->lock));
	while ((feature = next_feature(ctrl))) {
		int ret = send_again(ctrl, feature, restoring->late);
		bool failed = !feature->is_dangerous && (ret == -EIO || ret == -ENODEV);

		if (ret == STEP_AGAIN)
			return ret;
		restoring->late += ret == -ETIMEDOUT && restoring->late < LATE_MAX;
		report(ctrl, feature, ret);
		feature->is_dangerous = failed;
		if (failed)
			return ret;
		restoring->done++;
	}
	return 0;
}
