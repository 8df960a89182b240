/* SPDX-License-Identifier: MIT */
/*
 * failures.c: see failures.h.
 */
#include "qpair/failures.h"

/* Entries looked at: the walk is bounded where a controller fails every command of a deep queue. */
enum { WALK_MAX = 4096 };

/* NULL: another command has its place. */
static const struct nvu_sqe *find_entry(const struct nvu_qpair *qpair, uint32_t cid)
{
	uint32_t others = qpair->entries - 1;
	const struct nvu_sqe *entry = qpair->sq.slot;

	for (uint32_t left = others < WALK_MAX ? others : WALK_MAX; left; left--) {
		entry = (entry == qpair->sq.first ? qpair->sq.end : entry) - 1;
		if (nvu_le16_get(entry->cid) == cid)
			return entry;
	}
	return NULL;
}

void failures_put(struct nvu_qpair *qpair, const struct qpair_failure *failure)
{
	struct qpair_failures *failures = &qpair->failures;

	failures->last[failures->count++ % FAILURES_KEPT] = *failure;
}

void failures_note(struct nvu_qpair *qpair, uint32_t cid, const struct nvu_cpl *cpl)
{
	const struct nvu_sqe *entry = find_entry(qpair, cid);
	const struct qpair_failure failure = {
		.cpl = *cpl,
		.opcode = entry ? entry->opcode : 0,
		.nsid = entry ? nvu_le32_get(entry->nsid) : 0,
		.lba = entry ? nvu_le32_get(entry->cdw10) | (uint64_t)nvu_le32_get(entry->cdw11)
								    << 32
			     : 0,
		.known = entry != NULL,
	};

	failures_put(qpair, &failure);
}

static bool is_of(const struct qpair_failure *failure, const struct nvu_cpl *cpl)
{
	return failure->cpl.user_data == cpl->user_data && failure->cpl.status == cpl->status &&
	       failure->cpl.flags == cpl->flags && failure->cpl.result == cpl->result;
}

static bool is_same(const struct qpair_failure *one, const struct qpair_failure *other)
{
	return one->known == other->known && one->opcode == other->opcode &&
	       one->nsid == other->nsid && one->lba == other->lba;
}

const struct qpair_failure *failures_find(const struct nvu_qpair *qpair, const struct nvu_cpl *cpl)
{
	const struct qpair_failures *failures = &qpair->failures;
	uint64_t kept = failures->count < FAILURES_KEPT ? failures->count : FAILURES_KEPT;
	const struct qpair_failure *found = NULL;

	for (uint64_t i = 0; i < kept; i++) {
		const struct qpair_failure *failure = &failures->last[i];

		if (!is_of(failure, cpl))
			continue;
		if (found && !is_same(found, failure))
			return NULL;
		found = failure;
	}
	return found && found->known ? found : NULL;
}
