/* SPDX-License-Identifier: MIT */
/*
 * ctrl.h: one open controller. The lock serialises everything but the I/O path: registers, the
 * admin queue, the creation and deletion of I/O queues, recovery. The I/O path learns of a change
 * through epoch, which every queue pair looks at now and then.
 */
#ifndef NVU_CTRL_CTRL_H
#define NVU_CTRL_CTRL_H

#include "base/lock.h"
#include "ctrl/caps.h"
#include "ctrl/limits.h"
#include "ctrl/requests.h"
#include "ctrl/steps.h"
#include "dma/dma.h"
#include "qpair/qpair.h"
#include "transport/transport.h"

#include <nvu/ctrl.h>
#include <stdbool.h>
#include <stdint.h>

struct ctrl_snapshot;
struct ctrl_vector;
struct feature;
struct ns_table;
struct opening;
struct refresh;
struct resetting;
struct nvu_ctrl;

enum {
	CTRL_EVENTS = 32,
	CTRL_ADMIN_ENTRIES = 32,
	CTRL_BOUNCE_BYTES = 4096,
	CTRL_SPARE_BYTES = 4096
};
enum { CTRL_ADMIN_DATA_MAX = 1 << 20 }; /* of one admin command */

/* The command of the library that is sent in steps, at most one at a time: see admin_own_step(). */
struct ctrl_own {
	bool begun;
	struct ctrl_request *request; /* NULL: it waits to be sent, or sent again */
	uint64_t end_ns;	      /* it is not sent again after that */
	uint64_t again_ns;	      /* nor before that */
};

/* How far ctrl/restore.c is with setting features again. All zero: it has not begun. */
struct ctrl_restoring {
	uint32_t done; /* features, of the list's first */
	uint32_t late; /* of them the controller has not answered */
};

struct nvu_ctrl {
	struct transport *transport;
	struct dma_domain *domain;
	uint64_t
		owner_id; /* atomic; see base/owner_id.h: another one each time a namespace has changed */
	int release_fd; /* of the transport; -1: none */
	struct ctrl_caps caps;
	struct nvu_ctrl_opts opts; /* with the defaults filled in */
	struct nvu_ctrl_info info;
	struct nvu_id_ctrl id;
	struct ctrl_snapshot *snapshot; /* atomic; see ctrl/snapshot.h */
	uint32_t snapshots;
	uint32_t transfer_cap; /* max_transfer_bytes at the open: what queue pairs have room for */
	struct ctrl_limits limits; /* of commands that move no data */
	bool delays_enabled;	   /* ACRE: the controller uses CRD */
	uint32_t copy_enabled;	   /* CDFE: copy formats that nvu has enabled */

	/* Of the ns layer, ns/refresh.c. */
	struct ns_table *namespaces; /* atomic; NULL: not identified yet */
	bool outdated;		     /* atomic: nvu has to identify it again */
	bool refreshing;	     /* atomic: nvu is identifying it again */
	bool unknown;		     /* atomic: that failed; no handle is trusted */
	bool wary;	     /* atomic: unknown, or changed and no caller has got the new handle */
	uint32_t pages_kept; /* for handles of what has changed */
	struct refresh *refresh;      /* how far nvu is with identifying again */
	uint32_t refresh_failures;    /* since the last report of a change */
	bool resettable;	      /* a reset follows if it does not answer */
	uint32_t identify_timeout_ms; /* of one command; 0: the default */
	uint32_t notices;	      /* bits of Async Event Configuration that nvu needs */
	uint32_t unread_logs;	      /* bitmap of log pages that notices named */
	bool closed;	       /* kept only to recognise its use; see ctrl_keep_tombstone() */
	struct nvu_ctrl *next; /* of those */

	struct lock lock; /* all below */
	struct nvu_qpair *admin;
	struct nvu_dma *bounce; /* for identify data */
	struct nvu_dma *spare;	/* for data of nvu_admin() when no more memory can be mapped */
	struct ctrl_request requests[REQUESTS_MAX]; /* admin commands; see ctrl/requests.h */
	uint64_t started_check_ns; /* nvu_admin_poll() checks the controller again then */
	struct ctrl_own own;
	struct ctrl_steps steps;
	struct ctrl_restoring restoring;
	struct opening *opening;     /* of recovery/life.c; NULL: it is open */
	struct resetting *resetting; /* of recovery/reset.c */
	ctrl_step reset_step;	 /* recovery_reset_step(), for the layers below: see ctrl/enter.h */
	bool under_reset;	 /* atomic: a reset is under way */
	bool stopping;		 /* ... and the controller has not stopped yet */
	bool enabled;		 /* CC.EN was set by us */
	bool silent;		 /* registers read as all ones for longer than nvu waits */
	uint64_t silence_end_ns; /* they do since a while; silent from then on; 0: they do not */
	bool shut_down;		 /* its shutdown was announced, and has ended */
	uint32_t cc;		 /* as it was written last */
	uint32_t quirks;	 /* NVU_QUIRK_... */
	uint64_t paused_ns;	 /* since when CSTS.PP is 1; 0: it is not */
	uint64_t resumed_ms;	 /* when it went back to 0, by the coarse clock; 0: never */
	int queues_refused;	 /* status of Number of Queues; 0: it was granted */
	bool release_told;	 /* the program has got NVU_EVENT_RELEASE */
	int dead;		 /* -errno: why the controller has failed for good; 0: it works */
	uint32_t epoch; /* atomic: the number of times that the controller has lost its queues */

	uint64_t *queue_ids; /* bitmap, a bit set: in use; bit 0 is the admin queue's */
	struct nvu_qpair *qpairs;
	struct ctrl_vector *vectors; /* NULL: no queue pair has had interrupts yet */
	uint32_t vector_count;

	struct nvu_dma *shadow; /* shadow doorbells, then event indices; NULL: not in use */
	bool shadowed;		/* the controller has taken them */
	bool mirrored;		/* it did not answer, so nvu writes the registers as well */

	uint32_t events_armed; /* async event requests outstanding */
	uint32_t events_max;
	uint32_t event_first, event_count;
	struct nvu_event events[CTRL_EVENTS];

	/* Of ctrl/features.h. */
	struct feature *features;  /* that the program has set, oldest first */
	uint32_t features_pending; /* prepared, not answered yet */

	uint32_t resets_untold;		    /* resets that no NVU_EVENT_RESET has reported */
	enum nvu_reset_reason reset_reason; /* of the latest */
};

/* Access a register. Return the transport's errors. Caller holds the lock. */
static inline int ctrl_read32(struct nvu_ctrl *ctrl, uint32_t offset, uint32_t *ret_value)
{
	return ctrl->transport->ops->reg_read32(ctrl->transport, offset, ret_value);
}

static inline int ctrl_write32(struct nvu_ctrl *ctrl, uint32_t offset, uint32_t value)
{
	return ctrl->transport->ops->reg_write32(ctrl->transport, offset, value);
}

static inline const char *ctrl_name(const struct nvu_ctrl *ctrl)
{
	return ctrl->transport->name;
}

#endif
