/* SPDX-License-Identifier: MIT */
/*
 * rule.h: what one command of a request for blocks may have, by the limits of the controller and of the namespace.
 */
#ifndef NVU_IO_RULE_H
#define NVU_IO_RULE_H

#include "ns/ns.h"
#include "qpair/rw_plan.h"

/* The request has 1 and more blocks inside the namespace. 0; -EINVAL, with the sentence set. */
int rule_check_range(const struct nvu_ns *ns, uint64_t lba, uint64_t blocks);

/*
 * How a request with this opcode is cut into commands. plan: its blocks and what one of them moves are known. flags:
 * NVU_RW_NO_SPLIT counts. 0; -EINVAL, with the sentence set: it must be one command, and is too large.
 */
int rule_make(const struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode,
	      uint32_t flags, struct rw_plan *plan);

#endif
