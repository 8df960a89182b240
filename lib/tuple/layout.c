// SPDX-License-Identifier: MIT
/*
 * layout.c: see layout.h.
 */
#include "tuple/layout.h"

enum { APP_BYTES = 2 };

/* By PIF: NVM 1.0c 5.2.1.1 to 5.2.1.3, and 5.2.1.4.1 for the limits of STS. */
static const struct {
	uint8_t guard_bytes;
	uint8_t space_bytes;
	uint8_t storage_min, storage_max;
} sizes[] = {
	[NVU_PIF_16B] = { 2, 4, 0, 32 },
	[NVU_PIF_32B] = { 4, 10, 16, 64 },
	[NVU_PIF_64B] = { 8, 6, 0, 48 },
};

enum { PIFS = sizeof(sizes) / sizeof(sizes[0]) };

uint32_t layout_tuple_bytes(uint32_t pif)
{
	return pif < PIFS ? (uint32_t)sizes[pif].guard_bytes + APP_BYTES + sizes[pif].space_bytes
			  : 0;
}

uint32_t layout_storage_bits_min(uint32_t pif)
{
	return pif < PIFS ? sizes[pif].storage_min : 0;
}

uint32_t layout_storage_bits_max(uint32_t pif)
{
	return pif < PIFS ? sizes[pif].storage_max : 0;
}

void layout_make(const struct nvu_protection_format *format, struct layout *ret_layout)
{
	uint32_t behind = format->metadata_bytes - layout_tuple_bytes(format->pif);
	bool is_first = format->flags & NVU_PROTECTION_FIRST;

	*ret_layout = (struct layout){
		.type = format->type,
		.pif = format->pif,
		.block_bytes = format->block_bytes,
		.metadata_bytes = format->metadata_bytes,
		.tuple_at = is_first ? 0 : behind,
		.covered = is_first ? 0 : behind,
		.guard_bytes = sizes[format->pif].guard_bytes,
		.space_bytes = sizes[format->pif].space_bytes,
		.storage_bits = format->storage_tag_bits,
		.ref_bits = 8u * sizes[format->pif].space_bytes - format->storage_tag_bits,
		.storage_mask =
			layout_mask(format->storage_tag_bits) & ~format->storage_tag_unchecked,
	};
}

/* The storage tag is the most significant bits of the space, the reference tag the rest. */
struct space layout_pack(const struct layout *layout, uint64_t storage, uint64_t ref)
{
	uint32_t bits = layout->ref_bits;
	struct space space = { .low = ref };

	if (bits == 64) {
		space.high = (uint16_t)storage;
	} else {
		space.low |= storage << bits;
		if (bits)
			space.high = (uint16_t)(storage >> (64 - bits));
	}
	return space;
}

void layout_unpack(const struct layout *layout, struct space space, uint64_t *ret_storage,
		   uint64_t *ret_ref)
{
	uint32_t bits = layout->ref_bits;
	uint64_t storage = bits == 64 ? space.high : space.low >> bits;

	if (bits && bits < 64)
		storage |= (uint64_t)space.high << (64 - bits);
	*ret_storage = storage & layout_mask(layout->storage_bits);
	*ret_ref = space.low & layout_mask(bits);
}

uint64_t layout_ref(const struct layout *layout, uint64_t first, uint64_t block)
{
	return (layout->type == 3 ? first : first + block) & layout_mask(layout->ref_bits);
}

/* Every field has its most significant byte first, other than the rest of NVMe. */
static uint64_t read_field(const uint8_t *at, uint32_t bytes)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

static void write_field(uint8_t *at, uint32_t bytes, uint64_t value)
{
	for (uint32_t i = 0; i < bytes; i++)
		at[i] = value >> 8 * (bytes - 1 - i) & 0xff;
}

/* Bytes of the space above its lower 64 bits. */
static uint32_t high_bytes(const struct layout *layout)
{
	return layout->space_bytes > 8 ? layout->space_bytes - 8 : 0;
}

void layout_read(const struct layout *layout, const uint8_t *at, struct tuple *ret_tuple)
{
	const uint8_t *app = at + layout->guard_bytes, *space = app + APP_BYTES;
	uint32_t high = high_bytes(layout);
	struct space value = { .low = read_field(space + high, layout->space_bytes - high),
			       .high = (uint16_t)read_field(space, high) };

	ret_tuple->guard = read_field(at, layout->guard_bytes);
	ret_tuple->app = (uint16_t)read_field(app, APP_BYTES);
	layout_unpack(layout, value, &ret_tuple->storage, &ret_tuple->ref);
}

void layout_write(const struct layout *layout, uint8_t *at, const struct tuple *tuple)
{
	uint8_t *app = at + layout->guard_bytes, *space = app + APP_BYTES;
	struct space value = layout_pack(layout, tuple->storage, tuple->ref);
	uint32_t high = high_bytes(layout);

	write_field(at, layout->guard_bytes, tuple->guard);
	write_field(app, APP_BYTES, tuple->app);
	write_field(space, high, value.high);
	write_field(space + high, layout->space_bytes - high, value.low);
}

bool layout_is_escaped(const struct layout *layout, const struct tuple *tuple)
{
	return tuple->app == LAYOUT_APP_ESCAPE &&
	       (layout->type != 3 || tuple->ref == layout_mask(layout->ref_bits));
}
