/* SPDX-License-Identifier: MIT */
/*
 * fused.h: fused pairs, compare and write (Base 3.4.1): two commands in adjacent slots, which the controller carries
 * out as one, or not at all. Each half has a record and an answer; the caller gets one completion for both.
 *
 * Both records are special from the start (special.h: FUSED). The answer that comes first is kept here, beside the
 * path, and the other one completes the pair: with its completion from the controller, or with nvu's own if a recovery
 * ends it. A half is never published without the other: they are queued and published together, a queue pair that is cut
 * between them has lost both, and halves are never sent again (resend.c).
 */
#ifndef NVU_QPAIR_FUSED_H
#define NVU_QPAIR_FUSED_H

#include "qpair/qpair.h"

/* FUSE, bits 1:0 of a command's flags. */
enum { FUSED_MASK = 3, FUSED_FIRST = 1, FUSED_SECOND = 2 };

/* Whether a pair is free. */
bool fused_has_room(const struct nvu_qpair *qpair);

/* The commands with these identifiers, which were queued just now, are a pair. There is room. */
void fused_pair(struct nvu_qpair *qpair, uint32_t first, uint32_t second);

/*
 * A half in flight has this completion: its record is given back. False: it is kept, and counted as answered. True: the
 * pair is answered, and *cpl is what the caller gets.
 */
bool fused_answer(struct nvu_qpair *qpair, struct inflight *record, struct nvu_cpl *cpl);

/* Any record: it is half of a pair whose other half has its answer already, so it is not to be sent. */
bool fused_is_widowed(const struct nvu_qpair *qpair, const struct inflight *record);

/* Any record: it is no half, or the half that is counted for its pair. */
bool fused_stands(const struct nvu_qpair *qpair, const struct inflight *record);

#endif
