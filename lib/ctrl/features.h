/* SPDX-License-Identifier: MIT */
/*
 * features.h: the features that the program has set by nvu_admin(), remembered so that restore.c can set
 * them again after a reset. Caller holds the lock.
 *
 * A command is remembered before it is sent, so that no memory is needed once the controller has carried
 * it out, and counts from when its answer is reaped, by whichever thread: a reset sets again what was
 * answered before it. A command that timed out counts if its answer still comes. A command that a reset has ended
 * does not count: nvu cannot know whether the controller has carried it out, and restores the value before it.
 */
#ifndef NVU_CTRL_FEATURES_H
#define NVU_CTRL_FEATURES_H

#include "ctrl/ctrl.h"
#include "ctrl/feature_rules.h"

enum {
	FEATURES_MAX = 1024,	  /* settings that are remembered */
	FEATURES_UNKNOWN_MAX = 8, /* of them, of one vendor specific feature of one namespace */
	FEATURES_DATA_MAX = 4096, /* bytes of data of one; more are FEATURE_LOST */
};

/* A command as it is set again: no identifier, no data pointer, and not to be saved. */
struct feature {
	struct feature *next;
	struct nvu_sqe cmd;
	enum feature_fate fate;
	uint64_t set_ns; /* when it was answered */
	int error;   /* why the last reset could not set it again: -errno or a status; 0: it has */
	bool untold; /* no event has reported that */
	bool is_dangerous; /* the controller failed on it: nvu does not send it the next time */
	uint32_t len;
	uint8_t data[];
};

/*
 * Before a command is sent: makes room for what it sets, if it sets a feature; else *ret_feature is NULL. 0;
 * -ENOMEM, -ENOSPC with the sentence set: then the caller does not send the command. What was prepared ends in
 * features_keep() or features_drop().
 */
int features_prepare(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, const void *data, size_t len,
		     struct feature **ret_feature);

/* The controller has carried it out: the value counts from now on. */
void features_keep(struct nvu_ctrl *ctrl, struct feature *feature);

/* It was refused, not sent, or ended by a reset: the value before it counts. NULL is allowed. */
void features_drop(struct nvu_ctrl *ctrl, struct feature *feature);

/* Forgets what was set for a namespace that has gone. */
void features_drop_namespace(struct nvu_ctrl *ctrl, uint32_t nsid);

/* True with an NVU_EVENT_FEATURE if nvu could not set a feature again and no event has reported it yet. */
bool features_event(struct nvu_ctrl *ctrl, struct nvu_event *ret_event);

/* All that are remembered. */
void features_free(struct nvu_ctrl *ctrl);

#endif
