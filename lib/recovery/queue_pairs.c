/* SPDX-License-Identifier: MIT */
/*
 * queue_pairs.c: see queue_pairs.h.
 */
#include "recovery/queue_pairs.h"

#include "base/error.h"
#include "base/log.h"
#include "ctrl/aborts.h"
#include "ctrl/admin.h"
#include "ctrl/enter.h"
#include "ctrl/ioqueue.h"
#include "ctrl/vectors.h"
#include "ns/follow.h"
#include "qpair/wake.h"
#include "recovery/follow.h"
#include "recovery/reset.h"
#include "spec/status.h"

#include <assert.h>
#include <errno.h>

enum {
	DEPTH_DEFAULT = 128,
	DEPTH_MIN = 2,
	SPLITS_DEFAULT = 16,
	PIECES_DEFAULT = 16,
	RETRIES_DEFAULT = 5
};

/* Command identifiers below it belong to the admin queue. */
static uint32_t first_slot(const struct nvu_ctrl *ctrl)
{
	return ctrl->quirks & NVU_QUIRK_SHARED_IDENTIFIERS ? CTRL_ADMIN_ENTRIES : 0;
}

/* What a program that counts commands asks for. 64 bits: it may ask for any number. */
static int check_commands(const struct nvu_ctrl *ctrl, const struct nvu_qpair_opts *opts)
{
	uint32_t max = ctrl->info.max_queue_entries, apart = first_slot(ctrl) + 1;
	uint64_t depth = (uint64_t)opts->commands + apart;

	if (!opts->commands)
		return 0;
	if (depth > max)
		return error_set(
			-EINVAL,
			"%s: commands is %u: this controller supports queues that hold up to %u",
			ctrl_name(ctrl), opts->commands, max > apart ? max - apart : 0);
	if (opts->depth && opts->depth != depth)
		return error_set(-EINVAL,
				 "%s: depth is %u and commands %u: that number of commands "
				 "needs a depth of %u; give one of the two",
				 ctrl_name(ctrl), opts->depth, opts->commands, (uint32_t)depth);
	return 0;
}

static int choose_depth(const struct nvu_ctrl *ctrl, const struct nvu_qpair_opts *opts,
			uint32_t *ret_depth)
{
	uint32_t max = ctrl->info.max_queue_entries;
	uint32_t min = DEPTH_MIN + first_slot(ctrl);
	uint32_t want = opts->commands ? opts->commands + first_slot(ctrl) + 1 : opts->depth;
	int ret = check_commands(ctrl, opts);

	assert(lock_is_held(&ctrl->lock));
	if (ret)
		return ret;
	if (!want)
		want = max < DEPTH_DEFAULT ? max : DEPTH_DEFAULT;
	if (want < min || want > max)
		return error_set(-EINVAL,
				 "%s: depth is %u: this controller supports queues of %u to %u "
				 "entries, which hold %u fewer commands",
				 ctrl_name(ctrl), want, min, max, min - 1);
	*ret_depth = want;
	return 0;
}

static int report_no_queues(const struct nvu_ctrl *ctrl)
{
	return error_set(-EIO,
			 "%s: the controller has no I/O queues: it refused Number of Queues (%s, "
			 "status %#x); only admin commands work",
			 ctrl_name(ctrl), status_words(ctrl->queues_refused),
			 (unsigned)ctrl->queues_refused);
}

static int take_queue_id(struct nvu_ctrl *ctrl, uint32_t *ret_id)
{
	assert(lock_is_held(&ctrl->lock));
	if (!ctrl->info.io_queues)
		return report_no_queues(ctrl);
	for (uint32_t id = 1; id <= ctrl->info.io_queues; id++) {
		uint64_t bit = 1ull << (id % 64);

		if (ctrl->queue_ids[id / 64] & bit)
			continue;
		ctrl->queue_ids[id / 64] |= bit;
		*ret_id = id;
		return 0;
	}
	return error_set(-ENOSPC,
			 "%s: all %u queue pairs that the controller grants are in use; "
			 "open it with more io_queues, or destroy one",
			 ctrl_name(ctrl), ctrl->info.io_queues);
}

static void give_queue_id(struct nvu_ctrl *ctrl, uint32_t id)
{
	assert(ctrl->queue_ids[id / 64] & 1ull << (id % 64));
	ctrl->queue_ids[id / 64] &= ~(1ull << (id % 64));
}

/*
 * The controller may have created the queues, or create them later: only a reset ensures that it does not access
 * their memory. The sentence stays that of the failure before.
 */
static void reset_after_failure(struct nvu_ctrl *ctrl)
{
	struct error_kept why;

	assert(lock_is_held(&ctrl->lock));
	error_keep(&why);
	log_line(LOG_INFO, "%s: resetting: %s", ctrl_name(ctrl), why.text);
	(void)recovery_reset(ctrl, NVU_RESET_CREATE);
	(void)error_restore(&why, 0);
}

static int create_locked(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	int ret;

	assert(!qpair->next);
	if (ctrl->dead)
		return admin_report_dead(ctrl);
	ret = ioqueue_create(ctrl, qpair);
	if (ret < 0)
		reset_after_failure(ctrl);
	if (ret)
		return ret;
	qpair->next = ctrl->qpairs;
	ctrl->qpairs = qpair;
	return 0;
}

static int create_with_interrupts(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	uint32_t vector;
	int fd, ret = vectors_take(ctrl, &vector, &fd);

	if (ret)
		return ret;
	ret = wake_use_interrupt(qpair, vector, fd);
	if (!ret)
		ret = create_locked(ctrl, qpair);
	if (ret)
		vectors_give(ctrl, vector);
	return ret;
}

/* A power of two: a list does not cross a page. */
static uint32_t choose_pieces(const struct nvu_qpair_opts *opts)
{
	uint32_t want = opts->pieces ? opts->pieces : PIECES_DEFAULT, pieces = 1;

	while (pieces < want)
		pieces *= 2;
	return pieces;
}

/* Holds the lock, because a reset of another thread may change the limits of the controller. */
static int make_and_create(struct nvu_ctrl *ctrl, const struct nvu_qpair_opts *opts,
			   struct nvu_qpair **ret_qpair)
{
	struct qpair_config config = {
		.domain = ctrl->domain,
		.owner_id = ctrl->owner_id,
		.entries_max = ctrl->caps.max_entries,
		.page_shift = ctrl->caps.page_shift,
		.timeout_ms = opts->io_timeout_ms ? opts->io_timeout_ms : ctrl->opts.io_timeout_ms,
		.transfer_max_bytes = ctrl->transfer_cap, /* MDTS may be smaller for a while */
		.flags = opts->flags,
		.splits = opts->splits ? opts->splits : SPLITS_DEFAULT,
		.pieces = choose_pieces(opts),
		.spin_us = opts->spin_us,
		.csi_bits = follow_csi_bits,
		.retry_delay_ms = follow_retry_delay_ms,
		.status_retries = opts->status_retries ? opts->status_retries : RETRIES_DEFAULT,
		.first_slot = first_slot(ctrl),
		.plain_identifiers = ctrl->quirks & NVU_QUIRK_PLAIN_IDENTIFIERS,
		.node = ctrl->transport->numa_node,
	};
	int ret = choose_depth(ctrl, opts, &config.entries);

	if (!ret)
		ret = take_queue_id(ctrl, &config.id);
	if (ret)
		return ret;
	ret = qpair_make(&config, ret_qpair);
	if (!ret) {
		(*ret_qpair)->ctrl = ctrl;
		ret = opts->flags & NVU_QPAIR_INTERRUPT ? create_with_interrupts(ctrl, *ret_qpair)
							: create_locked(ctrl, *ret_qpair);
	}
	if (ret)
		give_queue_id(ctrl, config.id);
	return ret;
}

int queue_pairs_create(struct nvu_ctrl *ctrl, const struct nvu_qpair_opts *opts,
		       struct nvu_qpair **ret_qpair)
{
	struct nvu_qpair *qpair = NULL;
	bool confirmed;
	int ret;

	ctrl_enter(ctrl);
	ret = make_and_create(ctrl, opts, &qpair);
	confirmed = !ctrl->dead;
	lock_give(&ctrl->lock);
	if (ret)
		qpair_free(qpair, confirmed);
	else
		*ret_qpair = qpair;
	return ret;
}

static void unlink_qpair(struct nvu_ctrl *ctrl, const struct nvu_qpair *qpair)
{
	struct nvu_qpair **link = &ctrl->qpairs;

	assert(lock_is_held(&ctrl->lock));
	while (*link && *link != qpair)
		link = &(*link)->next;
	if (*link)
		*link = qpair->next;
}

/* False: the controller may have them still. */
static bool delete_queues(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	bool has_queues = recovery_has_queues(ctrl, qpair);
	int ret;

	/* Those that are being created, too. */
	if (ioqueue_is_creating(ctrl, qpair)) {
		ret = ioqueue_create(ctrl, qpair);
		if (ret)
			return ret > 0;
		has_queues = true;
	}
	return !has_queues || !ioqueue_delete(ctrl, qpair, 0);
}

void queue_pairs_destroy(struct nvu_qpair *qpair)
{
	struct nvu_ctrl *ctrl = qpair->ctrl;
	bool confirmed = false; /* a dead or closed controller may have stopped or not */

	if (ctrl) {
		ctrl_enter(ctrl);
		unlink_qpair(ctrl, qpair);
		aborts_forget(ctrl, qpair, sizeof(*qpair));
		if (!ctrl->dead && !delete_queues(ctrl, qpair)) {
			/* Only a reset ensures now that the device does not access the memory. */
			log_line(LOG_INFO, "%s: resetting: %s", ctrl_name(ctrl), error_get());
			(void)recovery_reset(ctrl, NVU_RESET_DELETE);
		}
		ioqueue_drop(ctrl, qpair);
		confirmed = !ctrl->dead;
		if (qpair->wait.fd >= 0)
			vectors_give(ctrl, qpair->wait.vector);
		give_queue_id(ctrl, qpair->id);
		lock_give(&ctrl->lock);
	}
	qpair_free(qpair, confirmed);
}
