/* SPDX-License-Identifier: MIT */
/*
 * layout.h: where a format has its fields: of the metadata, of the protection information in them (the tuple),
 * and of the storage and reference space in that (NVM 1.0c 5.2.1). Pure; the proof is test/proof/layout_harness.c.
 */
#ifndef NVU_TUPLE_LAYOUT_H
#define NVU_TUPLE_LAYOUT_H

#include <nvu/protection.h>
#include <stdbool.h>
#include <stdint.h>

enum { LAYOUT_TUPLE_MAX = 16, LAYOUT_APP_ESCAPE = 0xffff };

/* What may be checked: bits of CDW12. */
#define LAYOUT_CHECKS (NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_APP | NVU_RW_PRCHK_REF | NVU_RW_STC)

/* A format, as the loop over the blocks needs it. */
struct layout {
	uint32_t type;
	uint32_t pif;
	uint32_t block_bytes;
	uint32_t metadata_bytes;
	uint32_t tuple_at; /* bytes into a block's metadata */
	uint32_t
		covered; /* bytes of a block's metadata that the guard covers, from their begin on */
	uint32_t guard_bytes;
	uint32_t space_bytes;  /* storage and reference space */
	uint32_t storage_bits; /* 0: no storage tag */
	uint32_t ref_bits;     /* 0: no reference tag */
	uint64_t storage_mask; /* bits of the storage tag that are compared */
};

/* The fields of one block's protection information. */
struct tuple {
	uint64_t guard;
	uint64_t storage;
	uint64_t ref;
	uint16_t app;
};

/* A storage and reference space: its lower 64 bits, and what is above them. */
struct space {
	uint64_t low;
	uint16_t high;
};

/* The lowest `bits` bits, 0 to 64. */
static inline uint64_t layout_mask(uint32_t bits)
{
	return bits < 64 ? (1ull << bits) - 1 : UINT64_MAX;
}

/* Bytes of a tuple. 0: no such format. */
uint32_t layout_tuple_bytes(uint32_t pif);

/* The least and the most that STS may be. */
uint32_t layout_storage_bits_min(uint32_t pif);
uint32_t layout_storage_bits_max(uint32_t pif);

/* Of a format that format_check() accepts. */
void layout_make(const struct nvu_protection_format *format, struct layout *ret_layout);

/* storage and ref have no bits above theirs. */
struct space layout_pack(const struct layout *layout, uint64_t storage, uint64_t ref);
void layout_unpack(const struct layout *layout, struct space space, uint64_t *ret_storage,
		   uint64_t *ret_ref);

/* The reference tag of a block, by its number in the transfer, whose first block has the tag `first`. */
uint64_t layout_ref(const struct layout *layout, uint64_t first, uint64_t block);

/* From and to the bytes of a tuple. */
void layout_read(const struct layout *layout, const uint8_t *at, struct tuple *ret_tuple);
void layout_write(const struct layout *layout, uint8_t *at, const struct tuple *tuple);

/* Whether the tuple says that nothing of its block is to be checked, NVM 1.0c 5.2.3. */
bool layout_is_escaped(const struct layout *layout, const struct tuple *tuple);

#endif
