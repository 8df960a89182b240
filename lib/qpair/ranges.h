/* SPDX-License-Identifier: MIT */
/*
 * ranges.h: pages for the ranges of commands that take a list of them (Dataset Management), behind the submission
 * ring in its memory, which the device may only read.
 *
 * A page belongs to a command from the call that queues it to its answer. No step of the path gives it back:
 * who needs one looks whether the command that had it is still in flight. An identifier tells, as each use of
 * a record has another one; where it does not (controllers that take plain slot numbers, and after 65,536 /
 * entries uses), a page may seem to be in use for as long as a later command has the record. Some command is in
 * flight then, so a page is never missing while nothing is outstanding.
 */
#ifndef NVU_QPAIR_RANGES_H
#define NVU_QPAIR_RANGES_H

#include "qpair/qpair.h"

/* Bytes of a submission ring, up to the first page. */
static inline size_t ranges_ring_bytes(uint32_t entries)
{
	return (entries * sizeof(struct nvu_sqe) + RANGES_PAGE_BYTES - 1) &
	       ~(size_t)(RANGES_PAGE_BYTES - 1);
}

/* All pages are free. */
void ranges_init(struct nvu_qpair *qpair);

/* The first page from `from` on whose command is not in flight. False: there is none. */
bool ranges_find(const struct nvu_qpair *qpair, uint32_t from, uint32_t *ret_page);

/* The page is that of the command with this identifier, which was queued just now. */
void ranges_take(struct nvu_qpair *qpair, uint32_t page, uint32_t cid);

/* The page is a request's of several commands (split.h), until it is released. */
void ranges_hold(struct nvu_qpair *qpair, uint32_t page);
void ranges_release(struct nvu_qpair *qpair, uint32_t page);

/* Before and after commands in flight get other identifiers (inflight_renew()). */
void ranges_settle(struct nvu_qpair *qpair);
void ranges_renew(struct nvu_qpair *qpair);

static inline char *ranges_page(const struct nvu_qpair *qpair, uint32_t page)
{
	return (char *)qpair->sq_memory->addr + ranges_ring_bytes(qpair->entries) +
	       (size_t)page * RANGES_PAGE_BYTES;
}

static inline uint64_t ranges_iova(const struct nvu_qpair *qpair, uint32_t page)
{
	return qpair->sq_memory->iova + ranges_ring_bytes(qpair->entries) +
	       (uint64_t)page * RANGES_PAGE_BYTES;
}

/* A command has another identifier. */
void ranges_rename(struct nvu_qpair *qpair, uint32_t old, uint32_t cid);

#endif
