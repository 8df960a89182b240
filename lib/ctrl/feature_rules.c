/* SPDX-License-Identifier: MIT */
/*
 * feature_rules.c: see feature_rules.h. A feature whose current value is not kept by the controller
 * through a reset is set again; one that is kept is not: another host or controller of the subsystem may
 * have set it since.
 */
#include "ctrl/feature_rules.h"

#include <string.h>

enum {
	FEAT_KEEP_ALIVE = 0x0f,
	FEAT_THERMAL = 0x10,
	FEAT_NON_OPERATIONAL = 0x11,
	FEAT_READ_RECOVERY = 0x12,
	FEAT_PREDICTABLE_CONFIG = 0x13,
	FEAT_PREDICTABLE_WINDOW = 0x14,
	FEAT_LBA_STATUS = 0x15,
	FEAT_SANITIZE = 0x17,
	FEAT_ENDURANCE_EVENTS = 0x18,
	FEAT_COMMAND_SET_PROFILE = 0x19,
	FEAT_SPINUP = 0x1a,
	FEAT_POWER_LOSS = 0x1b,
	FEAT_PERFORMANCE = 0x1c,
	FEAT_PLACEMENT = 0x1d,
	FEAT_PLACEMENT_EVENTS = 0x1e,
	FEAT_NS_LABEL = 0x1f,
	FEAT_KEY_VALUE = 0x20,
	FEAT_DATA_QUEUE = 0x21,
	FEAT_MANAGEMENT_ADDRESS = 0x78,
	FEAT_AGENT_ADDRESS = 0x79,
	FEAT_METADATA_ENHANCED = 0x7d,
	FEAT_METADATA_CTRL = 0x7e,
	FEAT_METADATA_NS = 0x7f,
	FEAT_PROGRESS_MARKER = 0x80,
	FEAT_HOST_IDENTIFIER = 0x81,
	FEAT_RESERVATION_MASK = 0x82,
	FEAT_RESERVATION_PERSISTENCE = 0x83,
	FEAT_WRITE_PROTECTION = 0x84,
	FEAT_BOOT_PROTECTION = 0x85,
};

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
	[FEAT_KEEP_ALIVE] = { .fate = FEATURE_RESTORED },
	[FEAT_THERMAL] = { .fate = FEATURE_RESTORED },
	[FEAT_NON_OPERATIONAL] = { .fate = FEATURE_RESTORED },
	[FEAT_READ_RECOVERY] = { .fate = FEATURE_RESTORED, .instance = LOW_WORD }, /* NVM set */
	[FEAT_PREDICTABLE_CONFIG] = { .fate = FEATURE_RESTORED,
				      .instance = LOW_WORD }, /* NVM set */
	[FEAT_PREDICTABLE_WINDOW] = { .fate = FEATURE_LEFT }, /* a moment's; it ends by itself */
	[FEAT_LBA_STATUS] = { .fate = FEATURE_RESTORED },
	/* After identify_host()'s, which it replaces. */
	[NVU_FEAT_HOST_BEHAVIOR] = { .fate = FEATURE_RESTORED },
	[FEAT_SANITIZE] = { .fate = FEATURE_RESTORED },
	[FEAT_ENDURANCE_EVENTS] = { .fate = FEATURE_RESTORED, .instance = LOW_WORD }, /* group */
	[FEAT_COMMAND_SET_PROFILE] = { .fate = FEATURE_LEFT },			      /* kept */
	[FEAT_SPINUP] = { .fate = FEATURE_LEFT },				      /* kept */
	[FEAT_POWER_LOSS] = { .fate = FEATURE_RESTORED },
	[FEAT_PERFORMANCE] = { .fate = FEATURE_RESTORED, .instance = 0xff }, /* attribute index */
	[FEAT_PLACEMENT] = { .fate = FEATURE_LEFT },			     /* kept */
	[FEAT_PLACEMENT_EVENTS] = { .fate = FEATURE_RESTORED,
				    .per_ns = true,
				    .instance = LOW_WORD }, /* placement handle */
	[FEAT_NS_LABEL] = { .fate = FEATURE_LEFT },	    /* kept */
	[FEAT_KEY_VALUE] = { .fate = FEATURE_RESTORED, .per_ns = true },
	[FEAT_DATA_QUEUE] = { .fate = FEATURE_LEFT }, /* a head; the queue ends with the reset */
	[FEAT_MANAGEMENT_ADDRESS] = { .fate = FEATURE_LEFT }, /* kept */
	[FEAT_AGENT_ADDRESS] = { .fate = FEATURE_LEFT },      /* kept */
	[FEAT_METADATA_ENHANCED] = { FEATURE_RESTORED, false, true, ELEMENT_ACTION },
	[FEAT_METADATA_CTRL] = { FEATURE_RESTORED, false, true, ELEMENT_ACTION },
	[FEAT_METADATA_NS] = { FEATURE_RESTORED, true, true, ELEMENT_ACTION },
	[FEAT_PROGRESS_MARKER] = { .fate = FEATURE_LEFT }, /* kept */
	[FEAT_HOST_IDENTIFIER] = { .fate = FEATURE_RESTORED },
	[FEAT_RESERVATION_MASK] = { .fate = FEATURE_RESTORED, .per_ns = true },
	[FEAT_RESERVATION_PERSISTENCE] = { .fate = FEATURE_LEFT }, /* kept */
	[FEAT_WRITE_PROTECTION] = { .fate = FEATURE_LEFT },	   /* kept, or for good */
	[FEAT_BOOT_PROTECTION] = { .fate = FEATURE_LEFT },	   /* kept */
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
