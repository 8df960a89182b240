/* SPDX-License-Identifier: MIT */
/*
 * feature_rules.c: see feature_rules.h. A feature whose current value is not kept by the controller
 * through a reset is set again; one that is kept is not: another host or controller of the subsystem may
 * have set it since.
 */
#include "ctrl/feature_rules.h"

#include <string.h>

struct rule {
	enum feature_fate fate;
	bool per_ns;	   /* NSID is a part of what is set */
	bool by_types;	   /* and the element types in its data */
	uint32_t instance; /* the bits of CDW11 that select what is set */
};

/* Host metadata: CDW11 14:13, what to do with the elements. */
#define ELEMENT_ACTION 0x6000u
#define ELEMENTS_APPENDED 0x4000u

#define LOW_WORD 0xffffu

static const struct rule rules[256] = {
	[NVU_FEAT_ARBITRATION] = { .fate = FEATURE_RESTORED },
	/* With its workload hint: a limit of power that a machine's cooling may depend on. */
	[NVU_FEAT_POWER_MANAGEMENT] = { .fate = FEATURE_RESTORED },
	/* Kept by a controller, of a namespace: setting the same again changes nothing. */
	[NVU_FEAT_LBA_RANGE] = { .fate = FEATURE_RESTORED, .per_ns = true },
	[NVU_FEAT_TEMPERATURE] = { .fate = FEATURE_RESTORED,
				   .instance = 0x3f0000 }, /* THSEL, TMPSEL */
	[NVU_FEAT_ERROR_RECOVERY] = { .fate = FEATURE_RESTORED, .per_ns = true },
	[NVU_FEAT_VOLATILE_WRITE_CACHE] = { .fate = FEATURE_RESTORED },
	[NVU_FEAT_NUM_QUEUES] = { .fate = FEATURE_LEFT }, /* nvu negotiates them */
	/* nvu creates its queues without interrupts; vectors are refused as long as there are none. */
	[NVU_FEAT_INTERRUPT_COALESCING] = { .fate = FEATURE_RESTORED },
	[NVU_FEAT_INTERRUPT_VECTOR] = { .fate = FEATURE_LEFT },
	[NVU_FEAT_WRITE_ATOMICITY] = { .fate = FEATURE_RESTORED },
	/* The program's bits; nvu adds its own after that, see notices.h. */
	[NVU_FEAT_ASYNC_EVENT_CONFIG] = { .fate = FEATURE_RESTORED },
	[NVU_FEAT_AUTO_PST] = { .fate = FEATURE_RESTORED },
	/* The memory may be somebody else's by now. */
	[NVU_FEAT_HOST_MEM_BUF] = { .fate = FEATURE_LOST },
	[NVU_FEAT_TIMESTAMP] = { .fate = FEATURE_CLOCK },
	[NVU_FEAT_KEEP_ALIVE_TIMER] = { .fate = FEATURE_RESTORED },
	[NVU_FEAT_THERMAL_MANAGEMENT] = { .fate = FEATURE_RESTORED },
	[NVU_FEAT_NON_OPERATIONAL_POWER] = { .fate = FEATURE_RESTORED },
	[NVU_FEAT_READ_RECOVERY] = { .fate = FEATURE_RESTORED, .instance = LOW_WORD }, /* NVM set */
	[NVU_FEAT_PREDICTABLE_LATENCY] = { .fate = FEATURE_RESTORED,
					   .instance = LOW_WORD }, /* NVM set */
	[NVU_FEAT_PREDICTABLE_LATENCY_WINDOW] = { .fate = FEATURE_LEFT }, /* a moment's; it ends by itself */
	[NVU_FEAT_LBA_STATUS] = { .fate = FEATURE_RESTORED },
	/* After identify_host_step()'s, which it replaces. */
	[NVU_FEAT_HOST_BEHAVIOR] = { .fate = FEATURE_RESTORED },
	[NVU_FEAT_SANITIZE_CONFIG] = { .fate = FEATURE_RESTORED },
	[NVU_FEAT_ENDURANCE_EVENTS] = { .fate = FEATURE_RESTORED,
					.instance = LOW_WORD },	   /* group */
	[NVU_FEAT_COMMAND_SET_PROFILE] = { .fate = FEATURE_LEFT }, /* kept */
	[NVU_FEAT_SPINUP] = { .fate = FEATURE_LEFT },		   /* kept */
	[NVU_FEAT_POWER_LOSS_SIGNALING] = { .fate = FEATURE_RESTORED },
	[NVU_FEAT_PERFORMANCE] = { .fate = FEATURE_RESTORED,
				   .instance = 0xff }, /* attribute index */
	[NVU_FEAT_FDP] = { .fate = FEATURE_LEFT },     /* kept */
	[NVU_FEAT_FDP_EVENTS] = { .fate = FEATURE_RESTORED,
				  .per_ns = true,
				  .instance = LOW_WORD }, /* placement handle */
	[NVU_FEAT_NS_LABEL] = { .fate = FEATURE_LEFT },	  /* kept */
	[NVU_FEAT_KV_CONFIG] = { .fate = FEATURE_RESTORED, .per_ns = true },
	[NVU_FEAT_CTRL_DATA_QUEUE] = { .fate = FEATURE_LEFT }, /* a head; the queue ends with the reset */
	[NVU_FEAT_MANAGEMENT_ADDRESS] = { .fate = FEATURE_LEFT }, /* kept */
	[NVU_FEAT_AGENT_ADDRESS] = { .fate = FEATURE_LEFT },	  /* kept */
	[NVU_FEAT_ENHANCED_CTRL_METADATA] = { FEATURE_RESTORED, false, true, ELEMENT_ACTION },
	[NVU_FEAT_CTRL_METADATA] = { FEATURE_RESTORED, false, true, ELEMENT_ACTION },
	[NVU_FEAT_NS_METADATA] = { FEATURE_RESTORED, true, true, ELEMENT_ACTION },
	[NVU_FEAT_SOFTWARE_PROGRESS] = { .fate = FEATURE_LEFT }, /* kept */
	[NVU_FEAT_HOST_ID] = { .fate = FEATURE_RESTORED },
	[NVU_FEAT_RESERVATION_MASK] = { .fate = FEATURE_RESTORED, .per_ns = true },
	[NVU_FEAT_RESERVATION_PERSISTENCE] = { .fate = FEATURE_LEFT }, /* kept */
	[NVU_FEAT_WRITE_PROTECTION] = { .fate = FEATURE_LEFT },	       /* kept, or for good */
	[NVU_FEAT_BOOT_PROTECTION] = { .fate = FEATURE_LEFT },	       /* kept */
};

enum feature_fate feature_fate(const struct nvu_sqe *cmd)
{
	return rules[feature_id(cmd)].fate;
}

/* Host metadata: the number of elements, then each: type in bits 5:0, reserved, length, value. */
static bool same_types(const struct feature_setting *one, const struct feature_setting *other)
{
	size_t at = 2, other_at = 2;

	if (one->len < 2 || other->len < 2 || one->data[0] != other->data[0])
		return false;
	for (uint32_t left = one->data[0]; left; left--) {
		const uint8_t *a = one->data + at, *b = other->data + other_at;

		if (at + 4 > one->len || other_at + 4 > other->len ||
		    (a[0] & 0x3f) != (b[0] & 0x3f))
			return false;
		at += 4 + (size_t)(a[2] | a[3] << 8);
		other_at += 4 + (size_t)(b[2] | b[3] << 8);
	}
	return true;
}

/*
 * What a vendor's CDW11 means is not known: it may be the value, or select what is set. So each one is
 * remembered, and they are set again in their order: the last value is the last one either way. CDW14
 * has the index of the vendor that the identifier is of.
 */
bool feature_same_unknown(const struct nvu_sqe *one, const struct nvu_sqe *other)
{
	return feature_id(one) == feature_id(other) && feature_fate(one) == FEATURE_UNKNOWN &&
	       one->nsid == other->nsid && one->cdw14 == other->cdw14;
}

bool feature_same(const struct feature_setting *earlier, const struct feature_setting *later)
{
	const struct nvu_sqe *one = earlier->cmd, *other = later->cmd;
	const struct rule *rule = &rules[feature_id(one)];
	uint32_t cdw11 = nvu_le32_get(one->cdw11);

	if (feature_id(one) != feature_id(other))
		return false;
	if (rule->fate == FEATURE_UNKNOWN)
		return feature_same_unknown(one, other) && one->cdw11 == other->cdw11;
	if ((rule->per_ns && one->nsid != other->nsid) ||
	    ((cdw11 ^ nvu_le32_get(other->cdw11)) & rule->instance))
		return false;
	if (!rule->by_types)
		return true;
	return (cdw11 & ELEMENT_ACTION) != ELEMENTS_APPENDED && same_types(earlier, later);
}

bool feature_is_of_namespace(const struct nvu_sqe *cmd, uint32_t nsid)
{
	const struct rule *rule = &rules[feature_id(cmd)];

	return (rule->per_ns || rule->fate == FEATURE_UNKNOWN) && nvu_le32_get(cmd->nsid) == nsid;
}
