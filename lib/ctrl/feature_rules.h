/* SPDX-License-Identifier: MIT */
/*
 * feature_rules.h: what a controller reset does to each feature (Base 5.27.1, NVM 4.1.3), and which Set
 * Features commands are about the same setting. Pure.
 */
#ifndef NVU_CTRL_FEATURE_RULES_H
#define NVU_CTRL_FEATURE_RULES_H

#include <nvu/spec.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum feature_fate {
	FEATURE_UNKNOWN,  /* vendor specific or reserved: set again, see feature_rules.c */
	FEATURE_RESTORED, /* set again after a reset, as it was sent */
	FEATURE_CLOCK,	  /* Timestamp: set again, advanced by the time that has passed */
	FEATURE_LOST,	  /* nvu cannot set it again: an event reports that */
	FEATURE_LEFT,	  /* nothing to do: it survives a reset, is nvu's own, or has no effect */
};

/* The fate of the feature that a Set Features command sets. */
enum feature_fate feature_fate(const struct nvu_sqe *cmd);

/* A Set Features command of the program and its data. */
struct feature_setting {
	const struct nvu_sqe *cmd;
	const uint8_t *data;
	size_t len;
};

/* Whether the later command sets what the earlier one has set: its value is the last one then. */
bool feature_same(const struct feature_setting *earlier, const struct feature_setting *later);

/* Whether both are about the same vendor's feature, of the same namespace, with whatever value. */
bool feature_same_unknown(const struct nvu_sqe *one, const struct nvu_sqe *other);

/* Whether the feature has a value for each namespace, and the command names one of them. */
bool feature_is_of_namespace(const struct nvu_sqe *cmd, uint32_t nsid);

static inline uint8_t feature_id(const struct nvu_sqe *cmd)
{
	return (uint8_t)nvu_le32_get(cmd->cdw10);
}

#endif
