/* SPDX-License-Identifier: MIT */
/*
 * follow.c: see follow.h.
 */
#include "ns/follow.h"

#include "base/error.h"
#include "ctrl/snapshot.h"
#include "qpair/after.h"
#include "qpair/resend.h"
#include "qpair/retry.h"
#include "qpair/split.h"
#include "spec/command.h"

#include <assert.h>
#include <errno.h>

/* Whether a namespace has changed since the queue pair followed the last time. */
static bool is_outdated(const void *arg, uint32_t nsid)
{
	const struct nvu_qpair *qpair = arg;
	const struct nvu_ctrl *ctrl = qpair->ctrl;
	const struct ns_table *table = ns_current(ctrl);
	const struct nvu_ns *ns = ns_find_exactly(table, nsid);

	assert(ctrl);
	if (__atomic_load_n(&ctrl->unknown, __ATOMIC_RELAXED))
		return true;
	if (!ns)
		return ns_find_former(table, nsid) != NULL;
	return (int32_t)(ns->since - (uint32_t)qpair->owners) > 0;
}

void follow_change(struct nvu_qpair *qpair)
{
	uint64_t owner_id = __atomic_load_n(&qpair->ctrl->owner_id, __ATOMIC_ACQUIRE);

	assert(qpair->ctrl);
	if ((uint32_t)qpair->owners == owner_id)
		return;
	/* The commands that wait for their queue were encoded before the change. */
	if (doorbell_gate_is_closed(&qpair->gate))
		qpair->stale_end = qpair->sq.slot;
	if (qpair->resend)
		resend_outdate(qpair, is_outdated, qpair);
	split_outdate(qpair, is_outdated, qpair);
	after_outdate(qpair, is_outdated, qpair);
	retry_outdate(qpair, is_outdated, qpair);
	qpair->owners = (qpair->owners & ~(uint64_t)UINT32_MAX) | owner_id;
}

uint32_t follow_csi_bits(const struct nvu_qpair *qpair, uint32_t nsid)
{
	const struct nvu_ctrl *ctrl = qpair->ctrl;
	const struct nvu_ns *ns;

	if (!ctrl)
		return 0;
	if (nsid == UINT32_MAX) /* all namespaces */
		return COMMAND_OF_ALL;
	ns = ns_find_exactly(ns_current(ctrl), nsid);
	return ns && ns->has_csi && ns->info.csi < COMMAND_CSIS ? COMMAND_OF_CSI(ns->info.csi) : 0;
}

uint32_t follow_retry_delay_ms(const struct nvu_qpair *qpair, uint32_t crd)
{
	const struct nvu_ctrl *ctrl = qpair->ctrl;

	assert(crd && crd <= LIMITS_DELAYS);
	return ctrl ? snapshot_get(ctrl)->limits.retry_delay_ms[crd - 1] : 0;
}

static const char *explain(enum ns_change why)
{
	static const char *const words[] = {
		[NS_GONE] = "it was detached or deleted",
		[NS_IDENTITY] = "another namespace has its identifier now (NGUID, EUI64, UUID or "
				"command set differ)",
		[NS_BLOCK_SIZE] = "its block size has changed",
		[NS_METADATA] = "its metadata size has changed",
		[NS_PROTECTION] = "its protection information has another type or format now",
		[NS_FORMAT] = "its format has changed",
		[NS_LIMIT] = "the controller's transfer limit (MDTS) has changed",
		[NS_SHRANK] = "it has fewer blocks now",
		[NS_UNKNOWN] = "the controller did not identify it again",
		[NS_BUSY] = "it is being identified again",
	};

	assert(why < sizeof(words) / sizeof(words[0]));
	return words[why] ? words[why] : "it has changed";
}

static int refuse_stale(const struct nvu_ns *ns)
{
	return error_set(
		-ESTALE,
		"namespace %u has changed since nvu_ns_get() returned this handle: %s; call "
		"nvu_ns_get() again",
		ns->info.nsid, explain(__atomic_load_n(&ns->why, __ATOMIC_RELAXED)));
}

/* Follows until queue pair and handle have the same owner id. Returns the handle's. */
static uint64_t meet(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t owner_id)
{
	assert(ns->owner == qpair->ctrl);
	follow_change(qpair);
	if (owner_id == (uint32_t)qpair->owners)
		return owner_id;
	/* Another thread is publishing: only one of the two has its new owner id. The lock waits for the other. */
	lock_take(&qpair->ctrl->lock);
	follow_change(qpair);
	owner_id = __atomic_load_n(&ns->owner_id, __ATOMIC_ACQUIRE);
	lock_give(&qpair->ctrl->lock);
	return owner_id;
}

int follow_handle(struct nvu_qpair *qpair, const struct nvu_ns *ns, const char *function)
{
	uint64_t owner_id = __atomic_load_n(&ns->owner_id, __ATOMIC_ACQUIRE);
	int ret;

	if (owner_id == (uint32_t)qpair->owners)
		return 0;
	if (owner_id && owner_id != NS_STALE && ns->owner == qpair->ctrl)
		owner_id = meet(qpair, ns, owner_id);
	if (owner_id == NS_STALE)
		return refuse_stale(ns);
	if (owner_id == (uint32_t)qpair->owners)
		return 0;
	ret = ns_is_open(ns, function);
	return ret ? ret
		   : error_set(-EINVAL,
			       "namespace %u belongs to another controller than the queue pair",
			       ns->info.nsid);
}

int follow_raw(struct nvu_qpair *qpair, uint32_t nsid)
{
	const struct nvu_ctrl *ctrl = qpair->ctrl;
	const struct nvu_ns *ns;

	if (!ctrl)
		return 0;
	follow_change(qpair);
	if (!__atomic_load_n(&ctrl->wary, __ATOMIC_RELAXED))
		return 0;
	ns = ns_find_exactly(ns_current(ctrl), nsid);
	if (!ns || (!__atomic_load_n(&ctrl->unknown, __ATOMIC_RELAXED) &&
		    !__atomic_load_n(&ns->unseen, __ATOMIC_RELAXED)))
		return 0;
	return error_set(
		-ESTALE,
		"namespace %u has changed: call nvu_ns_get() before you send a command to it "
		"with nvu_io()",
		nsid);
}
