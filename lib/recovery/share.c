/* SPDX-License-Identifier: MIT */
/*
 * share.c: the table of shared controllers. Its lock is not held while one of them is opened or closed, which takes
 * seconds: the entry says so, and openers of the same address wait.
 */
#include "recovery/share.h"

#include "address/address.h"
#include "address/namespace.h"
#include "base/error.h"
#include "ctrl/admin.h"
#include "ctrl/enter.h"
#include "ctrl/snapshot.h"
#include "recovery/life.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct shared {
	struct shared *next;
	char *identity;	       /* the device's, whichever address opens it */
	struct nvu_ctrl *ctrl; /* NULL: it is being opened or closed */
	uint32_t users;
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct shared *table;

static struct shared *find_identity(const char *identity)
{
	struct shared *shared = table;

	while (shared && strcmp(shared->identity, identity))
		shared = shared->next;
	return shared;
}

static struct shared *find_ctrl(const struct nvu_ctrl *ctrl)
{
	struct shared *shared = table;

	while (shared && shared->ctrl != ctrl)
		shared = shared->next;
	return shared;
}

static void forget(struct shared *shared)
{
	struct shared **link = &table;

	(void)pthread_mutex_lock(&table_lock);
	while (*link != shared)
		link = &(*link)->next;
	*link = shared->next;
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&table_lock);
	free(shared->identity);
	free(shared);
}

static int refuse(const struct nvu_ctrl *ctrl, const char *option, uint32_t is, uint32_t wanted)
{
	return error_set(-EBUSY,
			 "%s: this process has opened it with %s %#x, and %#x is asked for: pass "
			 "the same or 0, or close it there first",
			 ctrl_name(ctrl), option, is, wanted);
}

/* Options ask for what the controller has to be: 0 for nothing. The device is not reset for one that joins. */
static int check_wishes(const struct nvu_ctrl *ctrl, const struct nvu_ctrl_opts *want)
{
	const struct nvu_ctrl_opts *is = &ctrl->opts;
	const struct nvu_ctrl_info *info = &snapshot_get(ctrl)->info;
	uint32_t asked = is->io_queues;
	const struct {
		const char *option;
		uint32_t is, wanted;
	} same[] = {
		{ "ready_timeout_ms", is->ready_timeout_ms, want->ready_timeout_ms },
		{ "admin_timeout_ms", is->admin_timeout_ms, want->admin_timeout_ms },
		{ "io_timeout_ms", is->io_timeout_ms, want->io_timeout_ms },
		{ "shutdown_timeout_ms", is->shutdown_timeout_ms, want->shutdown_timeout_ms },
		{ "max_transfer_bytes", info->max_transfer_bytes, want->max_transfer_bytes },
		{ "quirks", info->quirks & want->quirks, want->quirks },
		{ "quirks_off", want->quirks_off & ~info->quirks, want->quirks_off },
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (same[i].wanted && same[i].is != same[i].wanted)
			return refuse(ctrl, same[i].option, same[i].is, same[i].wanted);
	if (want->io_queues > info->io_queues && want->io_queues != asked)
		return refuse(ctrl, "io_queues", info->io_queues, want->io_queues);
	if ((want->flags & NVU_CTRL_NO_SHADOW_DOORBELLS) && info->shadow_doorbells)
		return refuse(ctrl, "flags", is->flags, want->flags);
	return 0;
}

/* The table's lock is held: the controller stays open. */
static int join(struct shared *shared, const struct nvu_ctrl_opts *opts)
{
	struct nvu_ctrl *ctrl = shared->ctrl;
	int ret;

	ctrl_enter(ctrl);
	ret = ctrl->dead ? admin_report_dead(ctrl) : check_wishes(ctrl, opts);
	lock_give(&ctrl->lock);
	shared->users += !ret;
	return ret;
}

/*
 * The entry of a device. *ret_is_new: the caller opens its controller; else it has joined. Takes the identity over on
 * success.
 */
static int enter(char *identity, const struct nvu_ctrl_opts *opts, struct shared **ret_shared,
		 bool *ret_is_new)
{
	struct shared *shared;
	int ret = 0;

	(void)pthread_mutex_lock(&table_lock);
	while ((shared = find_identity(identity)) && !shared->ctrl)
		(void)pthread_cond_wait(&changed, &table_lock);
	*ret_is_new = !shared;
	if (shared) {
		ret = join(shared, opts);
	} else if ((shared = calloc(1, sizeof(*shared)))) {
		*shared = (struct shared){ .next = table, .identity = identity, .users = 1 };
		table = shared;
	} else {
		ret = error_set(-ENOMEM, "no memory to share a controller");
	}
	*ret_shared = shared;
	(void)pthread_mutex_unlock(&table_lock);
	return ret;
}

/* Opens the controller of a new entry, or takes the entry away. */
static int open_first(struct shared *shared, const char *address, const struct nvu_ctrl_opts *opts)
{
	struct error_kept why;
	struct nvu_ctrl *ctrl;
	int ret = life_open(address, opts, &ctrl);

	if (ret) {
		error_keep(&why);
		forget(shared);
		return error_restore(&why, ret);
	}
	(void)pthread_mutex_lock(&table_lock);
	shared->ctrl = ctrl;
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&table_lock);
	return 0;
}

static int refuse_namespace(const char *address)
{
	if (!address || !address_names_namespace(address))
		return 0;
	return error_set(-EINVAL,
			 "'%.64s' names a namespace: open it with nvu_open(), or leave out "
			 "the # and what follows",
			 address);
}

int share_open_alone(const char *address, const struct nvu_ctrl_opts *opts,
		     struct nvu_ctrl **ret_ctrl)
{
	int ret = refuse_namespace(address);

	return ret ? ret : life_open(address, opts, ret_ctrl);
}

int share_start_alone(const char *address, const struct nvu_ctrl_opts *opts,
		      struct nvu_ctrl **ret_ctrl)
{
	int ret = refuse_namespace(address);

	return ret ? ret : life_open_start(address, opts, ret_ctrl);
}

/* Of an address without a namespace. */
static int open_or_join(const char *address, const struct nvu_ctrl_opts *opts,
			struct nvu_ctrl **ret_ctrl)
{
	struct shared *shared;
	char *identity;
	bool is_new;
	int ret = address_identify(address, &identity);

	if (ret)
		return ret;
	ret = enter(identity, opts, &shared, &is_new);
	if (ret || !is_new)
		free(identity);
	if (!ret && is_new)
		ret = open_first(shared, address, opts);
	if (!ret)
		*ret_ctrl = shared->ctrl;
	return ret;
}

int share_open(const char *address, const struct nvu_ctrl_opts *opts, struct nvu_ctrl **ret_ctrl,
	       uint32_t *ret_nsid)
{
	uint32_t nsid;
	size_t len;
	char *copy;
	int ret = address_split(address ? address : "", &len, &nsid);

	if (ret)
		return ret;
	copy = strndup(address ? address : "", len);
	if (!copy)
		return error_set(-ENOMEM, "no memory for an address");
	ret = open_or_join(copy, opts, ret_ctrl);
	free(copy);
	if (!ret)
		*ret_nsid = nsid;
	return ret;
}

void share_close(struct nvu_ctrl *ctrl)
{
	struct shared *shared;
	bool stays;

	(void)pthread_mutex_lock(&table_lock);
	shared = find_ctrl(ctrl);
	assert(!shared || shared->users);
	stays = shared && --shared->users;
	if (shared && !stays)
		shared->ctrl = NULL;
	(void)pthread_mutex_unlock(&table_lock);
	if (stays)
		return;
	life_close(ctrl);
	if (shared)
		forget(shared);
}
