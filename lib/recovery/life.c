/* SPDX-License-Identifier: MIT */
/*
 * life.c: the order of bring-up (Base 3.5.1) and of its undoing.
 */
#include "recovery/life.h"

#include "address/address.h"
#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/owner_id.h"
#include "base/step.h"
#include "ctrl/admin.h"
#include "ctrl/bringup.h"
#include "ctrl/bus.h"
#include "ctrl/features.h"
#include "ctrl/identify.h"
#include "ctrl/ioqueue.h"
#include "ctrl/notices.h"
#include "ctrl/snapshot.h"
#include "ctrl/tombstone.h"
#include "ctrl/vectors.h"
#include "ns/refresh.h"
#include "qpair/slow_path.h"
#include "recovery/follow.h"
#include "recovery/reset.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	ADMIN_TIMEOUT_MS = 10000,
	IO_TIMEOUT_MS = 30000,
	SHUTDOWN_TIMEOUT_MS = 5000,
};

/* How far nvu is with opening a controller, until it is open. */
struct opening {
	uint32_t stage;
	bool shutdown_wish; /* the caller chose the time for a shutdown */
	int error;	    /* why it has failed; 0: it has not */
	struct error_kept why;
};

static void set_defaults(struct nvu_ctrl *ctrl)
{
	struct nvu_ctrl_opts *opts = &ctrl->opts;

	if (!opts->ready_timeout_ms)
		opts->ready_timeout_ms = ctrl->caps.ready_timeout_ms;
	if (!opts->admin_timeout_ms)
		opts->admin_timeout_ms = ADMIN_TIMEOUT_MS;
	if (!opts->io_timeout_ms)
		opts->io_timeout_ms = IO_TIMEOUT_MS;
	if (!opts->shutdown_timeout_ms)
		opts->shutdown_timeout_ms = SHUTDOWN_TIMEOUT_MS;
}

static int make_admin_queue(struct nvu_ctrl *ctrl)
{
	const struct qpair_config config = {
		.domain = ctrl->domain,
		.owner_id = ctrl->owner_id,
		.id = 0,
		.entries = CTRL_ADMIN_ENTRIES, /* Base 3.1.3.7: MQES is not about the admin queue */
		.page_shift = ctrl->caps.page_shift,
		.timeout_ms = ctrl->opts.admin_timeout_ms,
		.transfer_max_bytes = CTRL_ADMIN_DATA_MAX,
		.plain_identifiers = ctrl->quirks & NVU_QUIRK_PLAIN_IDENTIFIERS,
		.node = ctrl->transport->numa_node,
	};
	const struct dma_alloc bounce = {
		.len = CTRL_BOUNCE_BYTES,
		.node = ctrl->transport->numa_node,
		.prot = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE,
	};
	const struct dma_alloc spare = {
		.len = CTRL_SPARE_BYTES,
		.align = ctrl->info.page_bytes,
		.node = ctrl->transport->numa_node,
		.prot = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE,
	};
	int ret = qpair_make(&config, &ctrl->admin);

	assert(ret || (ctrl->admin && !ctrl->bounce && !ctrl->spare));
	if (!ret)
		ret = dma_alloc(ctrl->domain, &bounce, &ctrl->bounce);
	return ret ? ret : dma_alloc(ctrl->domain, &spare, &ctrl->spare);
}

static int alloc_queue_ids(struct nvu_ctrl *ctrl)
{
	assert(!ctrl->queue_ids);
	/* For all 65,536: a drive without I/O queues may have some after a reset. */
	ctrl->queue_ids = calloc(65536 / 64, sizeof(uint64_t));
	if (!ctrl->queue_ids)
		return error_set(-ENOMEM, "no memory for queue identifiers");
	ctrl->queue_ids[0] = 1;
	return 0;
}

static int get_domain(struct nvu_ctrl *ctrl)
{
	return dma_domain_get(ctrl->transport->domain, &ctrl->domain);
}

static int take_limits(struct nvu_ctrl *ctrl)
{
	set_defaults(ctrl);
	return ctrl->quirks & NVU_QUIRK_DMA_48 ? dma_domain_limit(ctrl->domain, (1ull << 48) - 1)
					       : 0;
}

static int identify(struct nvu_ctrl *ctrl)
{
	return identify_ctrl_step(ctrl, ctrl->opening->shutdown_wish);
}

static int take_identity(struct nvu_ctrl *ctrl)
{
	ctrl->transfer_cap = ctrl->info.max_transfer_bytes;
	ctrl->release_fd = ctrl->transport->ops->request_fd(ctrl->transport);
	return 0;
}

/* Base 3.5.1. Each does one thing at a time: it sends a command, looks for its answer, looks at a register. */
static const ctrl_step stages[] = {
	get_domain,	      identify_caps_step,  take_limits,		 bringup_disable_step,
	make_admin_queue,     bringup_enable_step, recovery_queues_step, identify,
	identify_limits_step, alloc_queue_ids,	   ioqueue_shadow_step,	 identify_host_step,
	take_identity,	      notices_enable_step, admin_arm_events,	 refresh_first_step,
};
enum { STAGES = sizeof(stages) / sizeof(stages[0]) };

/* Until its namespaces are read, nothing has used the controller: it is disabled without a shutdown. */
static bool needs_shutdown(const struct nvu_ctrl *ctrl)
{
	return !ctrl->dead && (!ctrl->opening || ctrl->opening->stage == STAGES - 1);
}

/* Ends the device's use of memory, in order if it can. STEP_AGAIN, or 0. */
static int stop_step(struct nvu_ctrl *ctrl)
{
	int ret;

	assert(lock_is_held(&ctrl->lock));
	if (!ctrl->enabled)
		return 0;
	if (needs_shutdown(ctrl) && !ctrl->shut_down) {
		ret = bringup_shutdown_step(ctrl);
		if (ret == STEP_AGAIN)
			return ret;
		if (ret)
			log_line(LOG_INFO, "%s: no orderly shutdown: %s", ctrl_name(ctrl),
				 error_get());
		ctrl->shut_down = true;
	}
	ret = bringup_disable_step(ctrl);
	if (ret && ret != STEP_AGAIN) {
		log_line(LOG_INFO, "%s: not disabled: %s", ctrl_name(ctrl), error_get());
		bus_cut_off(ctrl);
		ctrl->enabled = false;
		ret = 0;
	}
	return ret;
}

/* Ends the device's use of memory, then frees, the lock too. Holds the lock. */
static void tear_down(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock) && !ctrl->qpairs);
	(void)steps_finish(ctrl, stop_step);
	requests_end_all(ctrl);
	requests_drop_started(ctrl);
	features_free(ctrl);
	/* Bus mastering ends with the transport's mastery of the device; unmapping ends the rest. */
	(void)dma_free(ctrl->shadow);
	(void)dma_free(ctrl->bounce);
	(void)dma_free(ctrl->spare);
	qpair_free(ctrl->admin, false);
	dma_domain_put(ctrl->domain);
	vectors_free(ctrl);
	free(ctrl->queue_ids);
	free(ctrl->refresh);
	free(ctrl->resetting);
	free(ctrl->opening);
	ctrl->opening = NULL;
	lock_give(&ctrl->lock);
	lock_destroy(&ctrl->lock);
}

/* Time has passed that the coarse clock does not show: the next poll of each queue pair reads the exact one. */
static void look_again(void *arg)
{
	struct nvu_ctrl *ctrl = arg;

	lock_take(&ctrl->lock);
	for (struct nvu_qpair *qpair = ctrl->qpairs; qpair; qpair = qpair->next)
		qpair_poke(qpair);
	lock_give(&ctrl->lock);
}

static int make_ctrl(struct transport *transport, const struct nvu_ctrl_opts *opts,
		     struct nvu_ctrl **ret_ctrl)
{
	struct nvu_ctrl *ctrl = calloc(1, sizeof(*ctrl));
	struct opening *opening = calloc(1, sizeof(*opening));

	if (!ctrl || !opening || recovery_reset_prepare(ctrl)) {
		free(ctrl);
		free(opening);
		return error_set(-ENOMEM, "no memory for a controller");
	}
	opening->shutdown_wish = opts->shutdown_timeout_ms != 0;
	ctrl->opening = opening;
	ctrl->transport = transport;
	ctrl->owner_id = owner_id_ctrl();
	ctrl->opts = *opts;
	lock_init(&ctrl->lock);
	transport->time_passed = look_again;
	transport->time_passed_arg = ctrl;
	*ret_ctrl = ctrl;
	return 0;
}

/* listens: the controller answers admin commands. */
static void orphan_qpairs(struct nvu_ctrl *ctrl, bool listens)
{
	assert(lock_is_held(&ctrl->lock));
	while (ctrl->qpairs) {
		struct nvu_qpair *qpair = ctrl->qpairs;

		ctrl->qpairs = qpair->next;
		if (check_wanted())
			(void)check_report(
				0,
				"nvu_ctrl_close: %s: queue pair %u is still open: destroy "
				"it first",
				ctrl_name(ctrl), qpair->id);
		/*
		 * After one deletion has failed, leave the others out, each of which may time out: disabling the
		 * controller ends them too.
		 */
		if (listens && recovery_has_queues(ctrl, qpair))
			listens = !ioqueue_delete(ctrl, qpair, 0);
		ioqueue_drop(ctrl, qpair);
		recovery_orphan(qpair);
	}
}

void life_close(struct nvu_ctrl *ctrl)
{
	struct transport *transport = ctrl->transport;

	bool was_under_reset;

	lock_take(&ctrl->lock);
	was_under_reset = recovery_reset_drop(ctrl);
	refresh_drop(ctrl);
	steps_drop(ctrl); /* of an opening that has not ended */
	orphan_qpairs(ctrl, !ctrl->dead && !was_under_reset);
	tear_down(ctrl);
	transport->ops->close(transport);
	if (!ctrl_keep_tombstone(ctrl)) {
		ns_keep_tombstones(ctrl->namespaces);
		return;
	}
	ns_free(ctrl->namespaces);
	snapshot_free(ctrl);
	free(ctrl);
}

static struct transport_open_opts how_to_open(const struct nvu_ctrl_opts *opts)
{
	return (struct transport_open_opts){
		.reset = !(opts->flags & NVU_CTRL_NO_DEVICE_RESET),
	};
}

int life_open_start(const char *address, const struct nvu_ctrl_opts *opts,
		    struct nvu_ctrl **ret_ctrl)
{
	const struct transport_open_opts how = how_to_open(opts);
	struct transport *transport;
	int ret = address_open(address, &how, &transport);

	if (ret)
		return ret;
	ret = make_ctrl(transport, opts, ret_ctrl);
	if (ret)
		transport->ops->close(transport);
	return ret;
}

/* STEP_AGAIN also at the end of a stage, and after a failure: then what has been begun is undone first. */
static int open_stage(struct nvu_ctrl *ctrl)
{
	struct opening *opening = ctrl->opening;
	int ret = stages[opening->stage](ctrl);

	assert(opening->stage < STAGES);
	if (ret && ret != STEP_AGAIN) {
		error_keep(&opening->why);
		/* For a caller in steps -EAGAIN is no failure. */
		opening->error = ret == -EAGAIN ? -ETIMEDOUT : ret;
	}
	if (ret)
		return STEP_AGAIN;
	if (++opening->stage < STAGES)
		return STEP_AGAIN;
	ctrl->opening = NULL;
	free(opening);
	return 0;
}

static int undo(struct nvu_ctrl *ctrl)
{
	if (stop_step(ctrl) == STEP_AGAIN)
		return STEP_AGAIN;
	return error_restore(&ctrl->opening->why, ctrl->opening->error);
}

int life_open_step(struct nvu_ctrl *ctrl)
{
	int ret;

	if (!ctrl->opening)
		return 0;
	lock_take(&ctrl->lock);
	ret = ctrl->opening->error ? undo(ctrl) : open_stage(ctrl);
	lock_give(&ctrl->lock);
	return ret;
}

/* All steps. has_fds: when one fails, the transport's descriptors are the caller's again. */
static int open_at_once(struct nvu_ctrl *ctrl, bool has_fds, struct nvu_ctrl **ret_ctrl)
{
	struct error_kept why;
	int ret = steps_finish(ctrl, life_open_step);

	if (!ret) {
		*ret_ctrl = ctrl;
		return 0;
	}
	error_keep(&why);
	if (has_fds)
		ctrl->transport->ops->give_fds_back(ctrl->transport);
	life_close(ctrl);
	return error_restore(&why, ret);
}

int life_open(const char *address, const struct nvu_ctrl_opts *opts, struct nvu_ctrl **ret_ctrl)
{
	struct nvu_ctrl *ctrl = NULL;
	int ret = life_open_start(address, opts, &ctrl);

	return ret ? ret : open_at_once(ctrl, false, ret_ctrl);
}

int life_open_fds(const struct transport_fds *fds, const struct nvu_ctrl_opts *opts,
		  struct nvu_ctrl **ret_ctrl)
{
	const struct transport_open_opts how = how_to_open(opts);
	struct nvu_ctrl *ctrl = NULL;
	struct transport *transport;
	int ret = address_open_fds(fds, &how, &transport);

	if (ret)
		return ret;
	ret = make_ctrl(transport, opts, &ctrl);
	if (ret) {
		transport->ops->give_fds_back(transport);
		transport->ops->close(transport);
		return ret;
	}
	return open_at_once(ctrl, true, ret_ctrl);
}
