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

struct nvu_ns {
	/* Read per command; set once. */
	alignas(64) uint64_t key; /* of the controller; see base/key.h; 0: it was closed */
	uint64_t head; /* namespace identifier, where the first word of a command has it */
	uint64_t blocks;
	uint64_t block_bytes;
	uint64_t max_blocks; /* of one command; at most blocks; 0: not for nvu_read() */

	/* Cold. */
	struct nvu_ns_info info;
	struct nvu_id_ns id;
};

/* The active namespaces, ascending. */
struct ns_table {
	uint64_t deadline_ns; /* of its making */
	uint32_t count;
	uint32_t capacity;
	struct nvu_ns **entries;
};

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
void ns_decode(struct nvu_ns *ns, uint64_t key, uint32_t nsid, uint32_t max_transfer_bytes);

/* Reads a namespace identification descriptor list of 4096 bytes. Pure. */
void ns_decode_descriptors(struct nvu_ns_info *info, const uint8_t *list, uint32_t bytes);

/*
 * Copies the identifiers of a list of active namespaces as long as each is above the one before, and
 * the first above `after`. Returns how many these are; if fewer than `entries`, ids[] has one more, at
 * which it stopped: 0 ends the list, and any other is wrong there. Pure.
 */
uint32_t ns_decode_list(const void *list, uint32_t entries, uint32_t after, uint32_t *ids);

/* Identifies all active namespaces. Controller not in use by others yet. Sentence set. */
int ns_scan(struct nvu_ctrl *ctrl, struct ns_table **ret_table);

/* The table is kept, to recognise the use of its namespaces: see ctrl_bury(). */
void ns_bury(struct ns_table *table);

/* 0; -EINVAL, reported, when wrong use is to be noticed and its controller is closed. */
int ns_is_open(const struct nvu_ns *ns, const char *function);

/* NULL is fine. */
void ns_free(struct ns_table *table);

/* The first namespace at or above nsid; NULL at the end. */
const struct nvu_ns *ns_find(const struct ns_table *table, uint32_t nsid);

#endif
