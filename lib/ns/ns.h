/* SPDX-License-Identifier: MIT */
/*
 * ns.h: a namespace. The first fields are all that the I/O path reads of it.
 */
#ifndef NVU_NS_NS_H
#define NVU_NS_NS_H

#include "ctrl/ctrl.h"

#include <nvu/ns.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

/* The owner id of a handle that is refused; no queue pair has it. */
#define NS_STALE UINT64_MAX

/* Why nvu refuses a handle: how the namespace differs from it, or, at the end, what prevents the comparison. */
enum ns_change {
	NS_SAME, /* the handle is valid: at most the namespace has grown */
	NS_GONE,
	NS_IDENTITY,
	NS_BLOCK_SIZE,
	NS_METADATA,
	NS_PROTECTION,
	NS_FORMAT,
	NS_LIMIT,
	NS_SHRANK,
	NS_UNKNOWN, /* the controller did not identify it again */
	NS_BUSY,    /* it is being identified again right now */
};

struct nvu_ns {
	/*
	 * Read per command; set once, but for the owner id. Atomic: the controller's, see base/owner_id.h and
	 * ns/refresh.h; NS_STALE: refused; 0: the controller was closed.
	 */
	alignas(64) uint64_t owner_id;
	uint64_t nsid_qword; /* namespace identifier, where the first word of a command has it */
	uint64_t read_head;  /* the same, with the opcode of a read or a write */
	uint64_t write_head;
	uint64_t blocks;
	uint64_t sure_lba; /* blocks - max_blocks: up to here max_blocks blocks are inside */
	uint32_t block_bytes;
	uint32_t max_blocks; /* of one command; at most blocks; 0: not for nvu_read() */

	/* Cold. */
	struct nvu_ns_info info;
	struct nvu_id_ns id;
	uint32_t limit_bytes; /* of a transfer of its controller */
	uint32_t why;	      /* enum ns_change; atomic: with NS_STALE */
	bool incomplete;      /* its descriptors were refused */
	bool has_csi;	      /* its command set is known; otherwise info.csi says NVM */
	bool stale;	      /* refused for good; under the lock */
	bool unseen; /* atomic: it differs from the handle before it, and no caller has got it */
	uint32_t
		since; /* the controller's owner id when the namespace got its present properties */
	const struct nvu_ctrl *owner; /* for comparison only: it may be closed */
	struct nvu_ns *older;	      /* a handle of the same namespace, before this one */
	struct nvu_ns *made;	      /* the one made before it */
};

/* The active namespaces, ascending. */
struct ns_table {
	struct ns_table
		*older; /* the table that this one has replaced; nvu keeps it until the close */
	struct nvu_ns
		*made;	  /* the handles made for this table, not taken over from the older one */
	uint32_t refused; /* namespaces that the controller did not identify, or not wholly */
	uint64_t deadline_ns; /* of the scan that makes it */
	uint32_t count;
	uint32_t capacity;
	struct nvu_ns **entries;
};

/* Another thread may change it meanwhile: the caller gets the id from before or after. */
static inline uint64_t ns_owner_id(const struct nvu_ns *ns)
{
	return __atomic_load_n(&ns->owner_id, __ATOMIC_RELAXED);
}

/* The blocks are inside the namespace, however many they are. */
static inline bool ns_has(const struct nvu_ns *ns, uint64_t lba, uint64_t blocks)
{
	return blocks <= ns->blocks && lba <= ns->blocks - blocks;
}

/*
 * True when the blocks from lba to lba + last are inside the namespace, and not too many for one
 * command. NLB has the same form: 0 means one block.
 */
static inline bool ns_holds(const struct nvu_ns *ns, uint64_t lba, uint32_t last)
{
	if (__builtin_expect(last >= ns->max_blocks, 0))
		return false;
	/* max_blocks <= ns->blocks, so the subtraction does not wrap. */
	return __builtin_expect(lba <= ns->sure_lba, 1) || lba < ns->blocks - last;
}

/*
 * Decodes ns->id into the other fields. Pure. If a value is out of its range, the format is unusable (max_blocks
 * 0), and the namespace is kept.
 */
void ns_decode(struct nvu_ns *ns, uint64_t owner_id, uint32_t nsid, uint32_t max_transfer_bytes);

/*
 * What the controller has for a namespace that ns_decode() has decoded, and how much of it one command may take.
 * oncs: what it supports, the quirks of the drive considered. Pure.
 */
void ns_decode_limits(struct nvu_ns *ns, const struct nvu_id_ctrl *id, uint32_t oncs,
		      const struct ctrl_limits *limits);

/*
 * Takes the format of the protection information from the NVM command set's Identify Namespace data, by the
 * index that ns_decode() found; NULL: the controller did not return them. Pure.
 */
void ns_decode_protection(struct nvu_ns_info *info, const struct nvu_id_ns_nvm *id);

/* Reads a namespace identification descriptor list of 4096 bytes. True if it names the command set. Pure. */
bool ns_decode_descriptors(struct nvu_ns_info *info, const uint8_t *list, uint32_t bytes);

/*
 * Copies the identifiers of a list of active namespaces as long as each is above the one before, and the first
 * above `after`. Returns their number. If it is less than `entries`, ids[] also has the identifier at which the
 * function stopped: 0 ends a list, any other value is an error of the controller. Pure.
 */
uint32_t ns_decode_list(const void *list, uint32_t entries, uint32_t after, uint32_t *ids);

/* Returns how a namespace differs from a handle of it. Pure. */
enum ns_change ns_compare(const struct nvu_ns *handle, const struct nvu_ns *now);

/* Identifiers of active namespaces, ascending. */
struct ns_id_list {
	uint32_t *ids;
	uint32_t count, capacity;
};

/* How far a scan is. All zero: not begun. */
struct ns_scan {
	struct ns_table *table;
	struct ns_id_list list;
	bool found;	   /* the list is complete */
	uint32_t next;	   /* of the list: being identified, or next */
	struct nvu_ns *ns; /* being identified; NULL: none */
	size_t part;	   /* of its data that is read */
};

/*
 * Identifies all active namespaces, in steps, of which each sends one command or looks for its answer. STEP_AGAIN; 0
 * with the table; or an error with the sentence set. After these two the scan is as it was before it began. Caller
 * holds the lock.
 */
int ns_scan_step(struct nvu_ctrl *ctrl, struct ns_scan *scan, struct ns_table **ret_table);

/* Ends a scan without a result. It may not have begun. */
void ns_scan_drop(struct ns_scan *scan);

/* Marks the handles of tables that nvu keeps, to recognise their use: see ctrl_keep_tombstone(). */
void ns_keep_tombstones(struct ns_table *table);

/* 0; -EINVAL, with a report: with NVU_CHECK, its controller is closed. */
int ns_is_open(const struct nvu_ns *ns, const char *function);

/* Frees a table and all that it has replaced. NULL is allowed. */
void ns_free(struct ns_table *table);

/* The newest table. Any thread. */
static inline struct ns_table *ns_current(const struct nvu_ctrl *ctrl)
{
	return __atomic_load_n(&ctrl->namespaces, __ATOMIC_ACQUIRE);
}

/* Finds the namespace of an identifier in this table, or in it and all before it. NULL: it is not there. */
struct nvu_ns *ns_find_exactly(const struct ns_table *table, uint32_t nsid);
struct nvu_ns *ns_find_former(const struct ns_table *table, uint32_t nsid);

/* The first namespace at or above nsid; NULL at the end. */
const struct nvu_ns *ns_find(const struct ns_table *table, uint32_t nsid);

#endif
