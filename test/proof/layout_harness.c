/* SPDX-License-Identifier: MIT */
/*
 * Proved, for any format that format_check() accepts and any tags: the tuple is inside the metadata, and the
 * guard covers no byte of it; what layout_write() writes, layout_read() reads again, and no byte beyond the
 * tuple is written or read; from any bytes, layout_read() reads tags of the format's widths, and
 * layout_write() writes the same bytes; storage and reference tag share the space without a gap, the storage
 * tag above; reference tags count up by one and wrap at their width, except those of type 3; a tuple is
 * escaped as NVM 5.2.3 says.
 *
 * Bounds: none: any format, any tags, any bytes.
 *
 * @sources tuple/layout.c
 * @options --unwind 17
 * @without unsigned-overflow-check
 */
#include "proof.h"
#include "tuple/layout.h"

/* What format_check() accepts. */
static struct layout any_layout(void)
{
	struct nvu_protection_format format = {
		.block_bytes = nondet_u32(),
		.metadata_bytes = nondet_u32(),
		.type = nondet_u8(),
		.pif = nondet_u8(),
		.storage_tag_bits = nondet_u8(),
		.flags = nondet_u32(),
		.storage_tag_unchecked = nondet_u64(),
	};
	struct layout layout;

	assume(format.type >= 1 && format.type <= 3);
	assume(layout_tuple_bytes(format.pif) != 0);
	assume(format.metadata_bytes >= layout_tuple_bytes(format.pif));
	assume(format.metadata_bytes <= 65535);
	assume(format.storage_tag_bits >= layout_storage_bits_min(format.pif));
	assume(format.storage_tag_bits <= layout_storage_bits_max(format.pif));
	layout_make(&format, &layout);
	return layout;
}

static uint32_t tuple_bytes(const struct layout *layout)
{
	return layout->guard_bytes + 2 + layout->space_bytes;
}

void harness_place(void)
{
	struct layout layout = any_layout();

	prove(tuple_bytes(&layout) == layout_tuple_bytes(layout.pif), "the size of its fields");
	prove(tuple_bytes(&layout) == (layout.pif == NVU_PIF_16B ? 8 : 16), "8 or 16 bytes");
	prove(layout.tuple_at <= layout.metadata_bytes - tuple_bytes(&layout),
	      "inside the metadata");
	prove(layout.tuple_at == 0 ||
		      layout.tuple_at + tuple_bytes(&layout) == layout.metadata_bytes,
	      "the first bytes or the last ones");
	prove(layout.covered == layout.tuple_at, "the guard covers what precedes the tuple");
	prove(layout.storage_bits + layout.ref_bits == 8 * layout.space_bytes, "no gap");
	prove(layout.ref_bits <= 64 && layout.storage_bits <= 64, "tags of 64 bits at most");
	prove((layout.storage_mask & ~layout_mask(layout.storage_bits)) == 0, "a mask of the tag");
	reached();
}

void harness_space(void)
{
	struct layout layout = any_layout();
	uint64_t storage = nondet_u64() & layout_mask(layout.storage_bits), got_storage;
	uint64_t ref = nondet_u64() & layout_mask(layout.ref_bits), got_ref;
	struct space space = layout_pack(&layout, storage, ref);
	__uint128_t all = (__uint128_t)space.high << 64 | space.low;

	prove(all == ((__uint128_t)storage << layout.ref_bits | ref),
	      "the storage tag above the other");
	prove(all >> (8 * layout.space_bytes) == 0, "nothing above the space");
	layout_unpack(&layout, space, &got_storage, &got_ref);
	prove(got_storage == storage && got_ref == ref, "the same tags");
	reached();
}

void harness_bytes(void)
{
	struct layout layout = any_layout();
	uint8_t bytes[LAYOUT_TUPLE_MAX + 1], again[LAYOUT_TUPLE_MAX + 1];
	uint32_t at = nondet_u32();
	struct tuple tuple;

	anything(bytes);
	anything(again);
	assume(at <= LAYOUT_TUPLE_MAX);
	layout_read(&layout, bytes, &tuple);
	prove((tuple.storage & ~layout_mask(layout.storage_bits)) == 0,
	      "a storage tag of its width");
	prove((tuple.ref & ~layout_mask(layout.ref_bits)) == 0, "a reference tag of its width");
	again[at] = bytes[at] ^ 0xff;
	layout_write(&layout, again, &tuple);
	prove(again[at] == (at < tuple_bytes(&layout) ? bytes[at] : bytes[at] ^ 0xff),
	      "the tuple's bytes, and no others");
	prove(tuple.app == (bytes[layout.guard_bytes] << 8 | bytes[layout.guard_bytes + 1]),
	      "the application tag behind the guard");
	prove(tuple.guard >> 8 * (layout.guard_bytes - 1) == bytes[0],
	      "the most significant byte first");
	reached();
}

void harness_tags(void)
{
	struct layout layout = any_layout();
	uint64_t first = nondet_u64(), block = nondet_u64(), all = layout_mask(layout.ref_bits);
	uint64_t ref = layout_ref(&layout, first, block);
	struct tuple tuple = { .app = nondet_u16(), .ref = nondet_u64() & all };

	prove((ref & ~all) == 0, "a reference tag of its width");
	prove(layout_ref(&layout, first, 0) == (first & all), "the first one");
	prove(layout_ref(&layout, first, block + 1) == (layout.type == 3 ? ref
							: ref == all	 ? 0
									 : ref + 1),
	      "one more each block, 0 after all ones");
	prove(layout_is_escaped(&layout, &tuple) ==
		      (tuple.app == 0xffff && (layout.type < 3 || tuple.ref == all)),
	      "escaped by the application tag, with type 3 by both");
	reached();
}
