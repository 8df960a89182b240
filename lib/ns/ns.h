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

/* Why a handle is refused. The first ones are how the namespace differs from its handle. */
enum ns_change {
	NS_SAME, /* the handle is as good as ever: at most the namespace has grown */
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
	uint64_t blocks;
	uint64_t block_bytes;
	uint64_t max_blocks; /* of one command; at most blocks; 0: not for nvu_read() */

	/* Cold. */
	struct nvu_ns_info info;
	struct nvu_id_ns id;
	uint32_t limit_bytes; /* of a transfer of its controller */
	uint32_t why;	      /* enum ns_change; atomic: with NS_STALE */
	bool incomplete;      /* its descriptors were refused */
	bool has_csi;	      /* its command set is known; otherwise info.csi says NVM */
	bool stale;	      /* for good; under the lock */
	bool unseen;	/* atomic: it differs from its predecessor, and no caller has got it */
	uint32_t since; /* the controller's owner id when it began to be what it is */
	const struct nvu_ctrl *owner; /* to be compared only: it may be closed */
	struct nvu_ns *older;	      /* a handle of the same namespace, before this one */
	struct nvu_ns *made;	      /* the one made before it */
};

/* The active namespaces, ascending. */
struct ns_table {
	struct ns_table *older; /* the one that this one has replaced; kept until the end */
	struct nvu_ns *made;	/* those made for this one, and not taken over from the older */
	uint32_t refused;	/* namespaces that the controller did not identify, or not wholly */
	uint64_t deadline_ns;	/* of its making */
	uint32_t count;
	uint32_t capacity;
	struct nvu_ns **entries;
};

/* Another thread may be changing it: what a command is compared with is the one or the other. */
static inline uint64_t ns_owner_id(const struct nvu_ns *ns)
{
	return __atomic_load_n(&ns->owner_id, __ATOMIC_RELAXED);
}

/*
 * True when the blocks from lba to lba + last are inside the namespace, and not too many for one
 * command. The wire counts like this too: 0 means one block.
 */
static inline bool ns_holds(const struct nvu_ns *ns, uint64_t lba, uint64_t last)
{
	/* max_blocks <= ns->blocks, so the subtraction does not wrap. */
	return last < ns->max_blocks && lba < ns->blocks - last;
}

/*
 * Decodes ns->id into the rest. Pure; what the controller says beyond its bounds makes the format
 * unusable (max_blocks 0), not the namespace wrong.
 */
void ns_decode(struct nvu_ns *ns, uint64_t owner_id, uint32_t nsid, uint32_t max_transfer_bytes);

/*
 * Takes the format of the protection information from the NVM command set's Identify Namespace data, by the
 * index that ns_decode() found; NULL: the controller did not return them. Pure.
 */
void ns_decode_protection(struct nvu_ns_info *info, const struct nvu_id_ns_nvm *id);

/* Reads a namespace identification descriptor list of 4096 bytes. True if it names the command set. Pure. */
bool ns_decode_descriptors(struct nvu_ns_info *info, const uint8_t *list, uint32_t bytes);

/*
 * Copies the identifiers of a list of active namespaces as long as each is above the one before, and
 * the first above `after`. Returns how many these are; if fewer than `entries`, ids[] has one more, at
 * which it stopped: 0 ends the list, and any other is wrong there. Pure.
 */
uint32_t ns_decode_list(const void *list, uint32_t entries, uint32_t after, uint32_t *ids);

/* How a namespace differs from what a handle of it says. Pure. */
enum ns_change ns_compare(const struct nvu_ns *handle, const struct nvu_ns *now);

/* Identifies all active namespaces. Caller holds the lock. Sentence set. */
int ns_scan(struct nvu_ctrl *ctrl, struct ns_table **ret_table);

/* The tables are kept, to recognise the use of their namespaces: see ctrl_keep_tombstone(). */
void ns_keep_tombstones(struct ns_table *table);

/* 0; -EINVAL, reported, when wrong use is to be noticed and its controller is closed. */
int ns_is_open(const struct nvu_ns *ns, const char *function);

/* With all that it has replaced. NULL is fine. */
void ns_free(struct ns_table *table);

/* The newest table. Any thread. */
static inline struct ns_table *ns_current(const struct nvu_ctrl *ctrl)
{
	return __atomic_load_n(&ctrl->namespaces, __ATOMIC_ACQUIRE);
}

/* The namespace of an identifier; NULL: there is none in this table; or in it and all before it. */
struct nvu_ns *ns_find_exactly(const struct ns_table *table, uint32_t nsid);
struct nvu_ns *ns_find_former(const struct ns_table *table, uint32_t nsid);

/* The first namespace at or above nsid; NULL at the end. */
const struct nvu_ns *ns_find(const struct ns_table *table, uint32_t nsid);

#endif
