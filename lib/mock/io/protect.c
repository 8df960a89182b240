// SPDX-License-Identifier: MIT
/*
 * protect.c: see protect.h.
 */
#include "mock/io/protect.h"

#include "tuple/guard.h"

#include <assert.h>

enum { TYPE_1 = 1, TYPE_3 = 3 };

static void read_tags(struct protect *protect, const struct nvu_sqe *sqe)
{
	const struct space space = {
		.low = nvu_le32_get(sqe->cdw14) | (uint64_t)nvu_le32_get(sqe->cdw3) << 32,
		.high = (uint16_t)nvu_le32_get(sqe->cdw2),
	};

	layout_unpack(&protect->layout, space, &protect->storage, &protect->ref);
	protect->app = (uint16_t)nvu_le32_get(sqe->cdw15);
	protect->app_mask = (uint16_t)(nvu_le32_get(sqe->cdw15) >> 16);
}

/*
 * NVM 1.0c 5.2.3: reference tags of type 1 are LBAs, and those of type 3 are not the controller's: it aborts commands
 * that say otherwise.
 */
static uint16_t check_reference(const struct protect *protect, uint64_t lba)
{
	if (!(protect->checks & NVU_RW_PRCHK_REF))
		return 0;
	if (protect->layout.type == TYPE_3 ||
	    (protect->layout.type == TYPE_1 &&
	     protect->ref != layout_ref(&protect->layout, lba, 0)))
		return MOCK_DNR(NVU_SC_INVALID_PROTECTION);
	return 0;
}

uint16_t protect_begin(const struct range *range, const struct nvu_sqe *sqe,
		       struct protect *ret_protect)
{
	const struct mock_format *is = &range->ns->format;
	const struct nvu_protection_format format = {
		.block_bytes = is->lba_bytes,
		.metadata_bytes = is->metadata_bytes,
		.type = is->type,
		.pif = is->pif,
		.storage_tag_bits = (uint8_t)is->storage_bits,
		.flags = is->first ? NVU_PROTECTION_FIRST : 0u,
	};
	uint32_t cdw12 = nvu_le32_get(sqe->cdw12);

	*ret_protect = (struct protect){ .on = is->type != 0 };
	if (!is->type)
		return cdw12 & (LAYOUT_CHECKS | NVU_RW_PRACT) & ~NVU_RW_STC
			       ? MOCK_DNR(NVU_SC_INVALID_FIELD)
			       : 0;
	layout_make(&format, &ret_protect->layout);
	ret_protect->checks = cdw12 & LAYOUT_CHECKS;
	ret_protect->action = cdw12 & NVU_RW_PRACT;
	read_tags(ret_protect, sqe);
	return check_reference(ret_protect, range->lba);
}

uint32_t protect_metadata(const struct protect *protect, const struct mock_ns *ns)
{
	uint32_t bytes = ns->format.metadata_bytes;

	return protect->on && protect->action && bytes == layout_tuple_bytes(protect->layout.pif)
		       ? 0
		       : bytes;
}

static uint64_t compute_guard(const struct layout *layout, const uint8_t *block)
{
	uint64_t guard = guard_begin(layout->pif);

	guard = guard_update(layout->pif, guard, block, layout->block_bytes + layout->covered);
	return guard_end(layout->pif, guard);
}

uint16_t protect_check(const struct protect *protect, uint64_t idx, const uint8_t *block)
{
	const struct layout *layout = &protect->layout;
	struct tuple tuple;

	if (!protect->on)
		return 0;
	layout_read(layout, block + layout->block_bytes + layout->tuple_at, &tuple);
	if (layout_is_escaped(layout, &tuple))
		return 0;
	if (protect->checks & NVU_RW_PRCHK_GUARD && compute_guard(layout, block) != tuple.guard)
		return NVU_SC_GUARD_CHECK;
	if (protect->checks & NVU_RW_PRCHK_APP && (protect->app ^ tuple.app) & protect->app_mask)
		return NVU_SC_APP_TAG_CHECK;
	if (protect->checks & NVU_RW_STC &&
	    (protect->storage ^ tuple.storage) & layout->storage_mask)
		return NVU_SC_STORAGE_TAG_CHECK;
	if (protect->checks & NVU_RW_PRCHK_REF &&
	    layout_ref(layout, protect->ref, idx) != tuple.ref)
		return NVU_SC_REF_TAG_CHECK;
	return 0;
}

void protect_insert(const struct protect *protect, uint64_t idx, uint8_t *block)
{
	const struct layout *layout = &protect->layout;
	const struct tuple tuple = {
		.guard = compute_guard(layout, block),
		.app = protect->app,
		.storage = protect->storage,
		.ref = layout_ref(layout, protect->ref, idx),
	};

	assert(protect->on);
	layout_write(layout, block + layout->block_bytes + layout->tuple_at, &tuple);
}

void protect_invert(const struct protect *protect, uint8_t *block)
{
	const struct layout *layout = &protect->layout;
	uint8_t *tuple = block + layout->block_bytes + layout->tuple_at;

	for (uint32_t at = 0; protect->on && at < layout_tuple_bytes(layout->pif); at++)
		tuple[at] ^= 0xff;
}
