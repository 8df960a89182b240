/* SPDX-License-Identifier: MIT */
/*
 * features.c: see features.h. The list is in the order in which the values were set.
 */
#include "ctrl/features.h"

#include "base/clock.h"
#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	SAVE = 1
}; /* bit 31 of CDW10: what was saved is the controller's to restore, again or not */

static struct feature_setting setting(const struct feature *feature)
{
	return (struct feature_setting){ &feature->cmd, feature->data, feature->len };
}

static bool is_same(const struct feature *earlier, const struct feature *later)
{
	const struct feature_setting one = setting(earlier), other = setting(later);

	return feature_same(&one, &other);
}

static uint32_t count_unknown(const struct feature *list, const struct nvu_sqe *cmd)
{
	uint32_t count = 0;

	for (; list; list = list->next)
		count += feature_same_unknown(&list->cmd, cmd);
	return count;
}

/* Takes it out of its list. */
static struct feature *take(struct feature **link)
{
	struct feature *feature = *link;

	assert(*link);
	*link = feature->next;
	feature->next = NULL;
	return feature;
}

/* The place of what a new value replaces: the value before it, or the oldest of too many. Or none. */
static struct feature **find_replaced(struct nvu_ctrl *ctrl, const struct feature *now)
{
	bool full = count_unknown(ctrl->features, &now->cmd) >= FEATURES_UNKNOWN_MAX;
	struct feature **oldest = NULL;

	for (struct feature **link = &ctrl->features; *link; link = &(*link)->next) {
		if (is_same(*link, now))
			return link;
		if (!oldest && full && feature_same_unknown(&(*link)->cmd, &now->cmd))
			oldest = link;
	}
	return oldest;
}

static uint32_t count(const struct feature *list)
{
	uint32_t n = 0;

	for (; list; list = list->next)
		n++;
	return n;
}

static struct feature *make(const struct nvu_sqe *cmd, const void *data, size_t len)
{
	bool too_long = len > FEATURES_DATA_MAX;
	uint32_t kept = too_long ? 0 : (uint32_t)len;
	struct feature *feature = calloc(1, sizeof(*feature) + kept);

	assert(cmd->opcode == NVU_ADMIN_SET_FEATURES);
	if (!feature)
		return NULL;
	feature->cmd = *cmd;
	feature->cmd.cid = nvu_le16_put(0);
	feature->cmd.mptr = feature->cmd.prp1 = feature->cmd.prp2 = nvu_le64_put(0);
	feature->cmd.cdw10 = nvu_le32_put(nvu_le32_get(cmd->cdw10) & ~((uint32_t)SAVE << 31));
	feature->fate = too_long ? FEATURE_LOST : feature_fate(cmd);
	feature->len = kept;
	if (kept)
		memcpy(feature->data, data, kept);
	return feature;
}

int features_prepare(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, const void *data, size_t len,
		     struct feature **ret_feature)
{
	struct feature *feature;

	assert(lock_is_held(&ctrl->lock));
	*ret_feature = NULL;
	if (cmd->opcode != NVU_ADMIN_SET_FEATURES || feature_fate(cmd) == FEATURE_LEFT)
		return 0;
	feature = make(cmd, data, len);
	if (!feature)
		return error_set(-ENOMEM, "%s: feature %02xh was not set: no memory to remember it",
				 ctrl_name(ctrl), feature_id(cmd));
	if (count(ctrl->features) + ctrl->features_pending >= FEATURES_MAX &&
	    !find_replaced(ctrl, feature)) {
		free(feature);
		return error_set(-ENOSPC,
				 "%s: feature %02xh was not set: nvu remembers at most %d settings "
				 "for resets",
				 ctrl_name(ctrl), feature_id(cmd), FEATURES_MAX);
	}
	ctrl->features_pending++;
	*ret_feature = feature;
	return 0;
}

/* The value that counts from now on: the last in the list. */
void features_keep(struct nvu_ctrl *ctrl, struct feature *feature)
{
	struct feature **replaced = find_replaced(ctrl, feature), **end = &ctrl->features;

	assert(ctrl->features_pending && !feature->next);
	if (replaced)
		free(take(replaced));
	ctrl->features_pending--;
	while (*end)
		end = &(*end)->next;
	feature->set_ns = clock_ns();
	*end = feature;
}

void features_drop(struct nvu_ctrl *ctrl, struct feature *feature)
{
	if (!feature)
		return;
	ctrl->features_pending--;
	free(feature);
}

void features_drop_namespace(struct nvu_ctrl *ctrl, uint32_t nsid)
{
	struct feature **link = &ctrl->features;

	assert(lock_is_held(&ctrl->lock));
	while (*link)
		if (feature_is_of_namespace(&(*link)->cmd, nsid))
			free(take(link));
		else
			link = &(*link)->next;
}

bool features_event(struct nvu_ctrl *ctrl, struct nvu_event *ret_event)
{
	struct feature *feature = ctrl->features;

	assert(lock_is_held(&ctrl->lock));
	while (feature && !feature->untold)
		feature = feature->next;
	if (!feature)
		return false;
	feature->untold = false;
	*ret_event = (struct nvu_event){
		.type = NVU_EVENT_FEATURE,
		.info = feature_id(&feature->cmd),
		.value = feature->error,
	};
	return true;
}

void features_free(struct nvu_ctrl *ctrl)
{
	while (ctrl->features)
		free(take(&ctrl->features));
}
