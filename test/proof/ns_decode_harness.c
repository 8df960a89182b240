/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever a controller says in Identify Namespace, ns_decode() reads inside it and leaves a
 * namespace that the I/O path can compute with: not usable, or with a block size of 512 bytes to
 * 64 KiB, a size in bytes below 2^64, and a transfer limit within 65,536 blocks, the namespace and
 * the controller's limit. A descriptor list of any content is read inside its bytes, to an end.
 *
 * Bounds: none for ns_decode(); lists of 40 bytes.
 *
 * @sources ns/decode.c
 * @options --unwind 14 --object-bits 8
 * @without unsigned-overflow-check conversion-check
 */
#include "ns/ns.h"
#include "proof.h"

#include <stdlib.h>

enum { LIST_BYTES = 40 };

static struct nvu_ns ns;

static void check_decode(void)
{
	uint32_t limit = nondet_u32();

	ns.id.nsze = nondet_u64();
	ns.id.nlbaf = nondet_u8();
	ns.id.flbas = nondet_u8();
	anything(&ns.id.lbaf);
	ns.info.csi = nondet_u8();
	ns_decode(&ns, 1, 1, limit);
	if (!ns.max_blocks)
		return;
	prove(ns.block_bytes >= 512 && ns.block_bytes <= 65536, "a block size");
	prove((ns.block_bytes & (ns.block_bytes - 1)) == 0, "a power of two");
	prove(ns.blocks <= UINT64_MAX / ns.block_bytes, "a size that fits in 64 bits");
	prove(ns.max_blocks <= ns.blocks && ns.max_blocks <= 65536, "a limit within the namespace");
	prove(ns.max_blocks * ns.block_bytes <= limit, "and within the controller's");
	prove(ns.info.metadata_bytes == 0, "no metadata");
}

static void check_descriptors(void)
{
	uint8_t *list = malloc(LIST_BYTES);

	/* Uninitialised: any content. */
	ns_decode_descriptors(&ns.info, list, LIST_BYTES);
}

void harness(void)
{
	check_decode();
	check_descriptors();
}
