/* SPDX-License-Identifier: MIT */
/*
 * refresh.c: see refresh.h. Publishing goes in one order: the table, the controller's owner id, the owner ids of
 * the handles. A thread that sees a later one sees the earlier ones.
 */
#include "ns/refresh.h"

#include "base/error.h"
#include "base/log.h"
#include "base/owner_id.h"
#include "ctrl/admin.h"
#include "ctrl/change.h"
#include "ctrl/enter.h"
#include "ctrl/features.h"
#include "ctrl/identify.h"
#include "ctrl/notices.h"
#include "ctrl/snapshot.h"
#include "ns/follow.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	REPLACED_MAX = 16384, /* pages kept for what has changed: 64 MiB */
	POINTERS_PER_PAGE = 512,
	ATTEMPTS = 2,
	FAILURES_MAX = 2,
};

/* How far nvu is with identifying again. */
struct refresh {
	size_t stage;
	int attempt;
	uint32_t unread; /* log pages, see notices_acknowledge_step() */
	struct ns_scan scan;
	struct ns_table *now; /* what the scan of this attempt has found */
};

static void show_owner_id(struct nvu_ns *ns, uint64_t owner_id)
{
	/* Release: a thread that sees the owner id also sees why, and the controller's id. */
	__atomic_store_n(&ns->owner_id, owner_id, __ATOMIC_RELEASE);
}

static void refuse(struct nvu_ns *ns, enum ns_change why)
{
	assert(why != NS_SAME);
	__atomic_store_n(&ns->why, why, __ATOMIC_RELAXED);
	show_owner_id(ns, NS_STALE);
}

/* Whether the handle from before stays in use: the controller returns the same data. */
static bool is_unchanged(const struct nvu_ns *old, const struct nvu_ns *now)
{
	return !old->stale && ns_compare(old, now) == NS_SAME && old->has_csi == now->has_csi &&
	       !memcmp(&old->info, &now->info, sizeof(now->info)) &&
	       !memcmp(&old->id, &now->id, sizeof(now->id));
}

/* Forgets the features that the program has set for namespaces that have gone. */
static void drop_features(struct nvu_ctrl *ctrl, const struct ns_table *now)
{
	const struct ns_table *old = ctrl->namespaces;

	assert(lock_is_held(&ctrl->lock));
	for (uint32_t i = 0; i < old->count; i++) {
		const struct nvu_ns *former = old->entries[i];
		const struct nvu_ns *ns = ns_find_exactly(now, former->info.nsid);

		/* A namespace that the controller refused to identify may still be there. */
		if (ns ? ns_compare(former, ns) == NS_IDENTITY : !now->refused)
			features_drop_namespace(ctrl, former->info.nsid);
	}
}

/* Compares the handles of one namespace, newest first, with its present data. True: one has become stale. */
static bool judge(struct nvu_ns *handle, const struct nvu_ns *now, enum ns_change otherwise)
{
	bool any = false;

	for (; handle; handle = handle->older) {
		enum ns_change why = now ? ns_compare(handle, now) : otherwise;

		if (handle->stale || why == NS_SAME)
			continue;
		handle->stale = true;
		refuse(handle, why);
		any = true;
	}
	return any;
}

/* Finds the handle from before of each entry of the new table. True: a handle has become stale. */
static bool compare_tables(struct ns_table *old, struct ns_table *now)
{
	bool any = false;

	for (uint32_t i = 0; i < now->count; i++) {
		struct nvu_ns *ns = now->entries[i], *former = ns_find_exactly(old, ns->info.nsid);

		if (former && is_unchanged(former, ns))
			now->entries[i] = former; /* the new one goes with its table */
		else
			ns->older = former ? former : ns_find_former(old->older, ns->info.nsid);
		any |= judge(former, ns, NS_SAME);
	}
	for (uint32_t i = 0; i < old->count; i++)
		if (!ns_find_exactly(now, old->entries[i]->info.nsid))
			any |= judge(old->entries[i], NULL, NS_GONE);
	return any;
}

/* Gives the owner id to the valid handles, also to those from before a namespace grew. */
static void show_owner_ids(const struct ns_table *table, uint64_t owner_id)
{
	for (uint32_t i = 0; i < table->count; i++)
		for (struct nvu_ns *ns = table->entries[i]; ns; ns = ns->older)
			show_owner_id(ns, ns->stale ? NS_STALE : owner_id);
}

/* From now on the owner id separates commands that were queued before this from later ones. */
static void publish_owner_id(struct nvu_ctrl *ctrl, uint64_t owner_id)
{
	assert(owner_id != NS_STALE);
	__atomic_store_n(&ctrl->owner_id, owner_id, __ATOMIC_RELEASE);
	show_owner_ids(ctrl->namespaces, owner_id);
}

static void set_wary(struct nvu_ctrl *ctrl)
{
	const struct ns_table *table = ctrl->namespaces;
	bool wary = ctrl->unknown;

	assert(lock_is_held(&ctrl->lock));
	for (uint32_t i = 0; !wary && i < table->count; i++)
		wary = __atomic_load_n(&table->entries[i]->unseen, __ATOMIC_RELAXED);
	__atomic_store_n(&ctrl->wary, wary, __ATOMIC_RELAXED);
}

/* Frees the handles in whose place the table has one of the older table. */
static void drop_doubles(struct ns_table *table)
{
	struct nvu_ns **link = &table->made;

	while (*link) {
		struct nvu_ns *ns = *link;

		if (ns_find_exactly(table, ns->info.nsid) == ns) {
			link = &ns->made;
			continue;
		}
		*link = ns->made;
		free(ns);
	}
}

/* What a table keeps until the controller closes, in pages of memory: handles, and pointers to them. */
static uint32_t count_pages(const struct ns_table *table)
{
	uint32_t pages = table->count / POINTERS_PER_PAGE;

	for (const struct nvu_ns *ns = table->made; ns; ns = ns->made)
		pages++;
	return pages;
}

/* Publishes the new table in place of the old one, unless they are the same. */
static void replace(struct nvu_ctrl *ctrl, struct ns_table *now)
{
	struct ns_table *old = ctrl->namespaces;
	bool any;
	uint64_t owner_id;

	assert(lock_is_held(&ctrl->lock));
	drop_features(ctrl, now); /* before the new table takes over entries of the old one */
	any = compare_tables(old, now) || ctrl->unknown;
	owner_id = any ? owner_id_ctrl() : ctrl->owner_id;
	for (uint32_t i = 0; i < now->count; i++) {
		struct nvu_ns *ns = now->entries[i];
		bool differs = ns->older && ns_compare(ns->older, ns) != NS_SAME;

		if (ns_find_exactly(old, ns->info.nsid) == ns)
			continue;
		ns->since = ns->older && !differs ? ns->older->since : (uint32_t)owner_id;
		ns->unseen = differs || (ns->older && ns->older->unseen);
		/* Leave out handles that are refused for good: their owner id does not change any more. */
		while (ns->older && ns->older->stale)
			ns->older = ns->older->older;
		show_owner_id(ns, owner_id);
	}
	drop_doubles(now);
	__atomic_store_n(&ctrl->unknown, false, __ATOMIC_RELAXED);
	if (!now->made && now->count == old->count) {
		ns_free(now);
	} else {
		now->older = old;
		ctrl->pages_kept += count_pages(now);
		__atomic_store_n(&ctrl->namespaces, now, __ATOMIC_RELEASE);
	}
	publish_owner_id(ctrl, owner_id);
	set_wary(ctrl);
}

/* The controller did not identify its namespaces: all handles become stale. */
static void distrust(struct nvu_ctrl *ctrl)
{
	struct ns_table *table = ctrl->namespaces;
	bool any = !ctrl->unknown;

	assert(lock_is_held(&ctrl->lock));
	for (uint32_t i = 0; i < table->count; i++)
		any |= judge(table->entries[i], NULL, NS_UNKNOWN);
	__atomic_store_n(&ctrl->outdated, true, __ATOMIC_RELAXED);
	__atomic_store_n(&ctrl->unknown, true, __ATOMIC_RELAXED);
	__atomic_store_n(&ctrl->wary, true, __ATOMIC_RELAXED);
	ctrl->refresh_failures++;
	if (any)
		publish_owner_id(ctrl, owner_id_ctrl());
}

/* Does not raise the number of event requests above what the controller has taken. */
static int identify_again(struct nvu_ctrl *ctrl)
{
	uint32_t events_max = ctrl->events_max;
	int ret = identify_ctrl_step(ctrl, true);

	assert(lock_is_held(&ctrl->lock));
	if (ctrl->events_max > events_max)
		ctrl->events_max = events_max;
	return ret;
}

static int scan_again(struct nvu_ctrl *ctrl)
{
	if (ctrl->pages_kept > REPLACED_MAX)
		return error_set(-EPROTO,
				 "%s: the controller has changed its namespaces so often that nvu "
				 "keeps %d MiB of old handles: close it and open it again",
				 ctrl_name(ctrl), REPLACED_MAX / 256);
	return ns_scan_step(ctrl, &ctrl->refresh->scan, &ctrl->refresh->now);
}

/* The controller has failed: a reset comes next, which identifies again, or the controller is dead. */
static bool is_for_reset(const struct nvu_ctrl *ctrl, int ret)
{
	return ret == -EIO || ret == -ENODEV || (ret == -ETIMEDOUT && ctrl->resettable);
}

static int acknowledge(struct nvu_ctrl *ctrl)
{
	int ret = notices_acknowledge_step(ctrl, &ctrl->refresh->unread);

	/* The data read below may miss a change that an event reports from here on. */
	if (!ret)
		__atomic_store_n(&ctrl->outdated, false, __ATOMIC_RELAXED);
	return ret;
}

/* Each sends one command at a time; FIRST_READ and those after it are an attempt. */
static int (*const stages[])(struct nvu_ctrl *ctrl) = {
	acknowledge,
	identify_again,
	identify_limits_step,
	scan_again,
};
enum { FIRST_READ = 1, STAGES = sizeof(stages) / sizeof(stages[0]) };

static int read_all(struct nvu_ctrl *ctrl)
{
	struct refresh *refresh = ctrl->refresh;

	while (refresh->stage < STAGES) {
		int ret = stages[refresh->stage](ctrl);

		if (ret)
			return ret;
		refresh->stage++;
	}
	return 0;
}

/* Tries twice, so that one lost or refused command makes no handle stale. */
static int read_all_patiently(struct nvu_ctrl *ctrl)
{
	struct refresh *refresh = ctrl->refresh;

	for (;;) {
		int ret = read_all(ctrl);

		if (ret == STEP_AGAIN || is_for_reset(ctrl, ret) || refresh->attempt == ATTEMPTS ||
		    (!ret && !refresh->now->refused))
			return ret;
		ns_free(refresh->now);
		refresh->now = NULL;
		refresh->attempt++;
		refresh->stage = FIRST_READ;
	}
}

static void begin(struct nvu_ctrl *ctrl)
{
	assert(!ctrl->refreshing);
	*ctrl->refresh = (struct refresh){ .attempt = 1 };
	__atomic_store_n(&ctrl->refreshing, true, __ATOMIC_RELAXED);
}

/* Everything was read (ret): publishes it, or distrusts all handles. */
static int end(struct nvu_ctrl *ctrl, int ret)
{
	struct ns_table *now = ctrl->refresh->now;

	assert(lock_is_held(&ctrl->lock) && (ret || now));
	ctrl->refresh->now = NULL;
	__atomic_store_n(&ctrl->refreshing, false, __ATOMIC_RELAXED);
	if (is_for_reset(ctrl, ret)) {
		__atomic_store_n(&ctrl->outdated, true, __ATOMIC_RELAXED);
		return ret;
	}
	if (ret) {
		log_line(LOG_INFO, "%s: cannot identify again: %s", ctrl_name(ctrl), error_get());
		distrust(ctrl);
		return ret;
	}
	replace(ctrl, now);
	ctrl->info.namespaces = ctrl->namespaces->count;
	ctrl->refresh_failures = 0;
	ret = snapshot_publish(ctrl);
	if (ret)
		log_line(LOG_INFO, "%s: %s", ctrl_name(ctrl), error_get());
	return 0;
}

static int step(struct nvu_ctrl *ctrl)
{
	int ret;

	if (!ctrl->refreshing)
		begin(ctrl);
	ret = read_all_patiently(ctrl);
	return ret == STEP_AGAIN ? ret : end(ctrl, ret);
}

int refresh_step(struct nvu_ctrl *ctrl)
{
	bool due = ctrl->outdated && ctrl->refresh_failures < FAILURES_MAX;

	assert(lock_is_held(&ctrl->lock));
	return (ctrl->refreshing || due) && !ctrl->dead ? step(ctrl) : 0;
}

void refresh_drop(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock));
	if (!ctrl->refreshing)
		return;
	admin_own_drop(ctrl);
	ns_scan_drop(&ctrl->refresh->scan);
	__atomic_store_n(&ctrl->outdated, true, __ATOMIC_RELAXED);
	__atomic_store_n(&ctrl->refreshing, false, __ATOMIC_RELAXED);
}

static int finish(struct nvu_ctrl *ctrl)
{
	int ret;

	do
		ret = step(ctrl);
	while (steps_pause(ctrl, ret));
	return ret;
}

/* What has been begun may have missed the change that the caller means: then nvu begins again. */
static int refresh_if_due(struct nvu_ctrl *ctrl)
{
	int ret = 0;

	assert(lock_is_held(&ctrl->lock));
	if (ctrl->refreshing && !ctrl->dead)
		ret = finish(ctrl);
	return ctrl->outdated && !ctrl->dead ? finish(ctrl) : ret;
}

int refresh_if_wanted(struct nvu_ctrl *ctrl)
{
	return ctrl->refresh_failures < FAILURES_MAX ? refresh_if_due(ctrl) : 0;
}

int refresh_glance(struct nvu_ctrl *ctrl)
{
	int ret = 0;

	if (__atomic_load_n(&ctrl->outdated, __ATOMIC_RELAXED) ||
	    __atomic_load_n(&ctrl->refreshing, __ATOMIC_RELAXED))
		ctrl_enter(ctrl);
	else if (!ctrl_try_enter(ctrl))
		return 0;
	if (!ctrl->dead) {
		admin_reap(ctrl);
		ret = refresh_if_due(ctrl);
		(void)admin_arm_events(ctrl);
	}
	lock_give(&ctrl->lock);
	return ret;
}

/* Refuses the handles until the namespaces are identified again: other threads queue commands meanwhile. */
static void suspect(struct nvu_ctrl *ctrl, uint32_t nsid)
{
	struct ns_table *table = ctrl->namespaces;

	assert(lock_is_held(&ctrl->lock));
	for (uint32_t i = 0; i < table->count; i++)
		for (struct nvu_ns *ns = table->entries[i]; ns; ns = ns->older)
			if (!ns->stale && (nsid == UINT32_MAX || ns->info.nsid == nsid))
				refuse(ns, NS_BUSY);
}

/* Whether a command that has ended with ret may have changed something. */
static bool may_have_changed(const struct nvu_sqe *cmd, int ret)
{
	bool given_up = ret == -ETIMEDOUT || ret == -ECANCELED;

	/* A firmware commit that only a reset completes has a status of its own. */
	return change_is_by(cmd) && (!ret || given_up || cmd->opcode == NVU_ADMIN_FW_COMMIT);
}

void refresh_note(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, int ret)
{
	assert(lock_is_held(&ctrl->lock));
	if (ctrl->dead || !may_have_changed(cmd, ret))
		return;
	if (ret)
		change_note(ctrl);
	else if (ctrl->outdated) /* else nvu has identified them since the answer came */
		suspect(ctrl, nvu_le32_get(cmd->nsid));
}

void refresh_after(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, int ret)
{
	assert(lock_is_held(&ctrl->lock));
	if (ctrl->dead || !may_have_changed(cmd, ret))
		return;
	change_note(ctrl);
	if (!ret)
		suspect(ctrl, nvu_le32_get(cmd->nsid));
	ctrl_settle(ctrl); /* which may have ended the command */
	(void)refresh_if_wanted(ctrl);
}

const struct nvu_ns *refresh_get(struct nvu_ctrl *ctrl, uint32_t nsid)
{
	struct nvu_ns *ns = nsid ? ns_find_exactly(ns_current(ctrl), nsid) : NULL;

	if (!ns || !__atomic_load_n(&ns->unseen, __ATOMIC_RELAXED))
		return ns;
	lock_take(&ctrl->lock);
	__atomic_store_n(&ns->unseen, false, __ATOMIC_RELAXED);
	set_wary(ctrl);
	lock_give(&ctrl->lock);
	return ns;
}

void refresh_forget(struct nvu_ctrl *ctrl)
{
	change_note(ctrl);
}

int refresh_first_step(struct nvu_ctrl *ctrl)
{
	struct ns_table *table;
	int ret;

	assert(lock_is_held(&ctrl->lock) && !ctrl->namespaces);
	if (!ctrl->refresh)
		ctrl->refresh = calloc(1, sizeof(*ctrl->refresh));
	if (!ctrl->refresh)
		return error_set(-ENOMEM, "no memory for the namespaces");
	ctrl->refreshing = true; /* for refresh_drop() */
	ret = ns_scan_step(ctrl, &ctrl->refresh->scan, &table);
	if (ret == STEP_AGAIN)
		return ret;
	ctrl->refreshing = false;
	if (ret)
		return ret;
	for (uint32_t i = 0; i < table->count; i++)
		table->entries[i]->since = (uint32_t)ctrl->owner_id;
	ctrl->namespaces = table;
	ctrl->info.namespaces = table->count;
	return snapshot_publish(ctrl);
}
