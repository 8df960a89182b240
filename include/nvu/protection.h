/* SPDX-License-Identifier: MIT */
/*
 * nvu/protection.h: end-to-end data protection: protection information generated and verified by the
 * processor. NVM Command Set Specification 1.0c, section 5.2 ("NVM").
 *
 * A namespace that is formatted with protection information has a tuple in the metadata of each block: a guard
 * (a CRC of the block), an application tag, a storage tag and a reference tag. A program that generates the
 * tuples before a write and verifies them after a read detects what went wrong anywhere between; the
 * controller checks the same tuples on its side, if the command has the bits NVU_RW_PRCHK_... of CDW12. These
 * functions neither talk to a controller nor allocate memory: data and metadata are plain memory.
 *
 *	struct nvu_protection_format format;
 *	const struct nvu_protection_args *args = NVU_PROTECTION_ARGS(
 *		.ref_tag = lba, .checks = NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_REF);
 *
 *	nvu_protection_of(ns, &format, sizeof(format));
 *	nvu_protection_generate(&format, args, data, metadata, blocks);
 *	...	write data and metadata, and read them again
 *	ret = nvu_protection_verify(&format, args, data, metadata, blocks, &error);
 *
 * Thread rule: any thread; nothing is shared but the caller's memory.
 */
#ifndef NVU_PROTECTION_H
#define NVU_PROTECTION_H

#include <nvu/spec.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

/* The tuple is the first bytes of the metadata, DPS bit 3; otherwise it is the last ones. */
#define NVU_PROTECTION_FIRST (1u << 0)
/* Each block's metadata follow its data in one buffer (extended LBA, FLBAS bit 4); otherwise they have their own. */
#define NVU_PROTECTION_INTERLEAVED (1u << 1)

/* How a namespace is formatted. From nvu_protection_of(), or by hand with NVU_PROTECTION_FORMAT(). */
struct nvu_protection_format {
	size_t size;	      /* sizeof(struct nvu_protection_format) */
	uint32_t block_bytes; /* data of a block: a power of two, 512 and up */
	/*
	 * Of a block, up to 65,535; at least the tuple: 8 bytes with a 16-bit guard, 16 with a longer one. A last
	 * tuple's guard covers the data and the metadata before the tuple, a first tuple's guard the data only.
	 */
	uint32_t metadata_bytes;
	uint8_t type; /* 1 to 3, DPS bits 2:0 */
	uint8_t pif;  /* NVU_PIF_... */
	/*
	 * STS: as many of the highest bits of the storage and reference space are the storage tag, the others the
	 * reference tag. 0 to 32 (16-bit guard), 16 to 64 (32-bit guard) or 0 to 48 (64-bit guard); the space has
	 * 32, 80 or 48 bits.
	 */
	uint8_t storage_tag_bits;
	uint8_t rsvd;
	uint32_t flags;			/* NVU_PROTECTION_... */
	uint64_t storage_tag_unchecked; /* bits of the storage tag that are not compared: ~LBSTM */
};

/* `&format` for the functions below: NVU_PROTECTION_FORMAT(.block_bytes = 4096, ...). C only. */
#define NVU_PROTECTION_FORMAT(...)                                                      \
	(&(struct nvu_protection_format){ .size = sizeof(struct nvu_protection_format), \
					  __VA_ARGS__ })

/* The tags of a transfer, and what is checked: what a command carries in CDW2, CDW3, CDW12, CDW14 and CDW15. */
struct nvu_protection_args {
	size_t size; /* sizeof(struct nvu_protection_args) */
	/*
	 * Of the first block: ILBRT, EILBRT. With types 1 and 2 each following block has the next one, and 0 after
	 * all ones; with type 3 all have this one. Bits above the width of the field do not count. With type 1 it
	 * must be the first block's LBA.
	 */
	uint64_t ref_tag;
	uint64_t storage_tag; /* LBST, ELBST: not wider than the format's storage_tag_bits */
	uint16_t app_tag;     /* LBAT, ELBAT */
	uint16_t app_mask;    /* LBATM, ELBATM: bits of the application tag that are compared */
	/*
	 * NVU_RW_PRCHK_GUARD, NVU_RW_PRCHK_APP, NVU_RW_PRCHK_REF, NVU_RW_STC. A tag that the format does not have
	 * is not checked. A controller does not compare the reference tags of type 3; nvu_protection_verify() does.
	 */
	uint32_t checks;
};

/* `&args` for the functions below: NVU_PROTECTION_ARGS(.ref_tag = lba). C only. */
#define NVU_PROTECTION_ARGS(...) \
	(&(struct nvu_protection_args){ .size = sizeof(struct nvu_protection_args), __VA_ARGS__ })

/* The first field that nvu_protection_verify() found to be wrong. */
struct nvu_protection_error {
	uint64_t block;	   /* number of the block in the transfer, from 0 on */
	uint64_t expected; /* value of the field */
	uint64_t found;
	int16_t status; /* NVU_SC_GUARD_CHECK, NVU_SC_APP_TAG_CHECK, NVU_SC_STORAGE_TAG_CHECK, NVU_SC_REF_TAG_CHECK */
	uint16_t rsvd[3]; /* 0 */
};
NVU_STATIC_ASSERT(sizeof(struct nvu_protection_error) == 32, "fixed by the ABI");

/**
 * nvu_protection_of() - how a namespace is protected
 * @ns: a namespace
 * @ret_format: filled in; untouched on failure
 * @size: sizeof(*ret_format) of the caller: an older caller gets the fields that it knows
 *
 * From Identify Namespace, and if the controller has extended LBA formats, from the NVM command set's Identify
 * Namespace (CNS 05h). NVM 4.1.5.1 and 4.1.5.3.
 *
 * Return: 0; -ENOTSUP the namespace has no protection information, or a format that nvu does not know; -EPROTO
 * what the controller says contradicts the specification. Any thread. Since 0.1.
 */
NVU_API int nvu_protection_of(const struct nvu_ns *ns, struct nvu_protection_format *ret_format,
			      size_t size);

/**
 * nvu_protection_generate() - write the tuple of each block
 * @format: how the namespace is formatted; borrowed for the call
 * @args: the tags; .app_mask and .checks do not count; NULL: all are 0; borrowed for the call
 * @data: @blocks times format.block_bytes; NULL if interleaved
 * @metadata: @blocks times format.metadata_bytes; if interleaved, the blocks, each followed by its metadata
 * @blocks: number of blocks, 1 and up
 *
 * The function writes the tuples and nothing else. Other metadata must be in place before it: a guard covers
 * what precedes a last tuple. NVM 5.2.1, 5.2.3. An application tag of FFFFh (for type 3 with a reference tag of
 * all ones) makes tuples that no check applies to.
 *
 * Return: 0; -EINVAL an argument, which nvu_last_error() names: then nothing is written. Any thread. Since 0.1.
 */
NVU_API int nvu_protection_generate(const struct nvu_protection_format *format,
				    const struct nvu_protection_args *args, const void *data,
				    void *metadata, uint64_t blocks);

/**
 * nvu_protection_verify() - check the tuple of each block
 * @format: how the namespace is formatted; borrowed for the call
 * @args: the tags that are expected, and what to check; borrowed for the call
 * @data: as for nvu_protection_generate()
 * @metadata: as for nvu_protection_generate()
 * @blocks: number of blocks, 1 and up
 * @ret_error: filled in if the result is a status; may be NULL
 *
 * Checks in the order of the blocks, and in each guard, application tag, storage tag, reference tag; the first
 * difference ends it. As a controller does, it does not check a block whose application tag is FFFFh (with type
 * 3: and whose reference tag, if any, is all ones): that is how blocks read which were never written. NVM 5.2.3.
 *
 * Return: 0; the status > 0 with which a controller would fail the command: NVU_SC_GUARD_CHECK,
 * NVU_SC_APP_TAG_CHECK, NVU_SC_STORAGE_TAG_CHECK or NVU_SC_REF_TAG_CHECK; -EINVAL an argument, or args.checks
 * names no check. Any thread. Since 0.1.
 */
NVU_API int nvu_protection_verify(const struct nvu_protection_format *format,
				  const struct nvu_protection_args *args, const void *data,
				  const void *metadata, uint64_t blocks,
				  struct nvu_protection_error *ret_error);

/**
 * nvu_protection_encode() - put the tags and checks into a command
 * @format: how the namespace is formatted; borrowed for the call
 * @args: the tags and the checks; NULL: all are 0; borrowed for the call
 * @cmd: a read, write, compare, verify, write zeroes ... with the rest of its fields
 *
 * Sets CDW2, CDW3, CDW14, CDW15 and bits 28:26 and 24 of CDW12, so that the controller checks what
 * nvu_protection_verify() would. The reference tag check of type 3 is left out: controllers do not have
 * it. NVM 5.2.1.4.1.
 *
 * Return: 0; -EINVAL an argument: then @cmd is unchanged. Any thread. Since 0.1.
 */
NVU_API int nvu_protection_encode(const struct nvu_protection_format *format,
				  const struct nvu_protection_args *args, struct nvu_sqe *cmd);

NVU_END_DECLS

#endif /* NVU_PROTECTION_H */
