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

static int bring_up(struct nvu_ctrl *ctrl)
{
	bool shutdown_wish = ctrl->opts.shutdown_timeout_ms != 0;
	int ret = dma_domain_get(ctrl->transport->domain, &ctrl->domain);

	assert(lock_is_held(&ctrl->lock));
	if (!ret)
		ret = identify_caps(ctrl);
	if (ret)
		return ret;
	set_defaults(ctrl);
	if (ctrl->quirks & NVU_QUIRK_DMA_48)
		ret = dma_domain_limit(ctrl->domain, (1ull << 48) - 1);
	if (!ret)
		ret = bringup_disable(ctrl);
	if (!ret)
		ret = make_admin_queue(ctrl);
	if (!ret)
		ret = recovery_bring_up(ctrl);
	if (!ret)
		ret = identify_ctrl(ctrl, shutdown_wish);
	if (!ret)
		ret = alloc_queue_ids(ctrl);
	if (!ret)
		ret = ioqueue_shadow(ctrl);
	if (!ret)
		ret = identify_host(ctrl);
	if (!ret) {
		ctrl->transfer_cap = ctrl->info.max_transfer_bytes;
		ctrl->release_fd = ctrl->transport->ops->request_fd(ctrl->transport);
		ret = notices_enable(ctrl);
	}
	return ret ? ret : admin_arm_events(ctrl);
}

/* Ends the device's use of memory, in order if it can, then frees, the lock too. Holds the lock. */
static void tear_down(struct nvu_ctrl *ctrl, bool orderly)
{
	assert(lock_is_held(&ctrl->lock) && !ctrl->qpairs);
	if (ctrl->enabled) {
		if (orderly && bringup_shutdown(ctrl))
			log_line(LOG_INFO, "%s: no orderly shutdown: %s", ctrl_name(ctrl),
				 error_get());
		if (bringup_disable(ctrl)) {
			log_line(LOG_INFO, "%s: not disabled: %s", ctrl_name(ctrl), error_get());
			bus_cut_off(ctrl);
		}
	}
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

static int open_on(struct transport *transport, const struct nvu_ctrl_opts *opts,
		   struct nvu_ctrl **ret_ctrl)
{
	struct nvu_ctrl *ctrl = calloc(1, sizeof(*ctrl));
	int ret;

	if (!ctrl)
		return error_set(-ENOMEM, "no memory for a controller");
	ctrl->transport = transport;
	ctrl->owner_id = owner_id_ctrl();
	ctrl->opts = *opts;
	lock_init(&ctrl->lock);
	transport->time_passed = look_again;
	transport->time_passed_arg = ctrl;
	lock_take(&ctrl->lock);
	ret = bring_up(ctrl);
	if (ret) {
		struct error_kept why;

		/* Keep the sentence of the failure: tear_down() may set another one. */
		error_keep(&why);
		tear_down(ctrl, false);
		free(ctrl);
		return error_restore(&why, ret);
	}
	lock_give(&ctrl->lock);
	*ret_ctrl = ctrl;
	return 0;
}

static void orphan_qpairs(struct nvu_ctrl *ctrl)
{
	bool listens = !ctrl->dead;

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
		recovery_orphan(qpair);
	}
}

void life_close(struct nvu_ctrl *ctrl)
{
	struct transport *transport = ctrl->transport;

	lock_take(&ctrl->lock);
	refresh_drop(ctrl);
	orphan_qpairs(ctrl);
	tear_down(ctrl, !ctrl->dead);
	transport->ops->close(transport);
	if (!ctrl_keep_tombstone(ctrl)) {
		ns_keep_tombstones(ctrl->namespaces);
		return;
	}
	ns_free(ctrl->namespaces);
	snapshot_free(ctrl);
	free(ctrl);
}

int life_open(const char *address, const struct nvu_ctrl_opts *opts, struct nvu_ctrl **ret_ctrl)
{
	const struct transport_open_opts how = {
		.reset = !(opts->flags & NVU_CTRL_NO_DEVICE_RESET),
	};
	struct transport *transport;
	struct nvu_ctrl *ctrl = NULL;
	int ret = address_open(address, &how, &transport);

	if (ret)
		return ret;
	ret = open_on(transport, opts, &ctrl);
	if (ret) {
		transport->ops->close(transport);
		return ret;
	}
	lock_take(&ctrl->lock);
	ret = refresh_begin(ctrl);
	lock_give(&ctrl->lock);
	if (ret) {
		struct error_kept why;

		error_keep(&why);
		life_close(ctrl);
		return error_restore(&why, ret);
	}
	*ret_ctrl = ctrl;
	return 0;
}
