/* SPDX-License-Identifier: MIT */
/*
 * allow.h: whether a command beside the I/O path may be sent, asked before anything is. Each returns 0, or an
 * errno with the sentence set, which names the limit and the remedy.
 */
#ifndef NVU_IO_ALLOW_H
#define NVU_IO_ALLOW_H

#include "ns/ns.h"
#include "qpair/qpair.h"

/* Flags that concern protection information. */
#define ALLOW_PRINFO (NVU_RW_PRACT | NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_APP | NVU_RW_PRCHK_REF)

/* The queue pair and the handle are usable, and the controller has the command: its row of commands.def says how. */
int allow_command(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode,
		  const char *function);

/* No flags but those allowed; those of protection information for a namespace that has some. */
int allow_flags(const struct nvu_ns *ns, uint32_t flags, uint32_t allowed, const char *function);

/* Write Zeroes with NVU_RW_DEAC. */
int allow_deallocate(const struct nvu_ns *ns);

/* The blocks are inside the namespace. */
int allow_inside(const struct nvu_ns *ns, uint64_t lba, uint64_t blocks);

/* A range of a list, by its index in that: 1 and more blocks inside the namespace. */
int allow_range(const struct nvu_ns *ns, uint32_t index, uint64_t lba, uint32_t blocks);

/* 1 to 65,536 blocks inside the namespace. */
int allow_blocks(const struct nvu_ns *ns, uint64_t lba, uint32_t blocks);

/* The controller's limit in bytes of a command; 0: none. field: its name in the specification. */
int allow_size(const struct nvu_ns *ns, uint32_t blocks, uint32_t limit_bytes, uint8_t opcode,
	       const char *field);

/* The newest limits of the queue pair's controller. */
const struct ctrl_limits *allow_limits(const struct nvu_qpair *qpair);

#endif
