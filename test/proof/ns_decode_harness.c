/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever 4096 bytes a controller sends as Identify Namespace, ns_decode() reads none beyond
 * them and leaves what the I/O path relies on: a limit of blocks for a command that is not above the
 * size of the namespace nor above the transfer limit in bytes, or 0; a block size of 512 to 65,536
 * where it is not 0; a size in bytes that 64 bits hold. And with that, a range that ns_holds() accepts
 * is inside the namespace in bytes, too. And whatever the NVM command set's data say, ns_decode_protection()
 * reads none beyond them, and leaves a known format of protection information, or says that it is unknown. And
 * ns_decode_limits() leaves no atomic unit of 0 blocks, no limit in blocks that exceeds NLB or its limit in bytes, and
 * limits of 0 for commands that the controller does not have.
 *
 * Bounds: none: any bytes, any limit of a transfer.
 *
 * @sources ns/decode.c ns/limits.c spec/command.c
 */
#include "ns/ns.h"
#include "proof.h"

static void check_usable(const struct nvu_ns *ns, uint32_t max_transfer_bytes)
{
	uint64_t block_bytes = ns->block_bytes, lba = nondet_u64();
	uint32_t last = nondet_u32();

	prove(block_bytes >= 512 && block_bytes <= 65536, "a block size that can be driven");
	prove((block_bytes & (block_bytes - 1)) == 0, "a power of two");
	prove(block_bytes == ns->info.block_bytes, "the same in both places");
	prove(ns->info.metadata_bytes == 0, "without metadata");
	prove(ns->max_blocks <= 65536, "as many as NLB can say");
	prove(ns->sure_lba == ns->blocks - ns->max_blocks, "what ns_holds() relies on");
	prove(ns->read_head == (ns->nsid_qword | NVU_CMD_READ) &&
		      ns->write_head == (ns->nsid_qword | NVU_CMD_WRITE),
	      "the first word of a command");
	prove(ns->max_blocks * block_bytes <= max_transfer_bytes, "no more than a transfer");
	prove(((__uint128_t)ns->blocks * block_bytes) >> 64 == 0, "its size fits in 64 bits");
	if (ns_holds(ns, lba, last))
		prove(((__uint128_t)lba + last + 1) * block_bytes <=
			      (__uint128_t)ns->blocks * block_bytes,
		      "the bytes of a range are inside");
}

void harness(void)
{
	struct nvu_ns ns = { .owner_id = 0 };
	uint32_t nsid = nondet_u32(), max_transfer_bytes = nondet_u32();
	struct nvu_id_ns id;

	ns.id = id;
	ns.info.csi = nondet_u8();
	ns_decode(&ns, nondet_u64(), nsid, max_transfer_bytes);
	prove(ns.nsid_qword >> 32 == nsid && (ns.nsid_qword & UINT32_MAX) == 0,
	      "the identifier where a command has it");
	prove(ns.blocks == id.nsze && ns.info.blocks == id.nsze, "the size as it was sent");
	prove(ns.max_blocks <= ns.blocks, "a command is not longer than the namespace");
	prove(ns.info.max_transfer_blocks == ns.max_blocks, "the same in both places");
	prove(ns.info.lbaf < 64, "a format that the data have");
	if (ns.max_blocks)
		check_usable(&ns, max_transfer_bytes);
	reached();
}

void harness_protection(void)
{
	struct nvu_ns_info info = { .lbaf = nondet_u32() };
	struct nvu_id_ns_nvm id;

	assume(info.lbaf < 64); /* as harness() proves */
	ns_decode_protection(&info, nondet_bool() ? &id : NULL);
	prove(info.pif <= NVU_PIF_64B || info.pif == NVU_PIF_UNKNOWN, "a format that is known");
	prove(info.storage_tag_bits <= 127, "a size of 7 bits");
	reached();
}

static void check_limit(const struct nvu_ns *ns, uint32_t command, uint32_t blocks,
			uint32_t limit_bytes)
{
	prove(blocks <= 65536, "as many as NLB can say");
	prove((ns->info.commands & command) || !blocks, "nothing of a command that is not there");
	prove(!limit_bytes || (uint64_t)blocks * ns->info.block_bytes <= limit_bytes,
	      "within the limit in bytes");
}

void harness_limits(void)
{
	struct nvu_ns ns = { .owner_id = 0 };
	struct ctrl_limits limits = { .verify_bytes = nondet_u32(),
				      .zeroes_bytes = nondet_u32(),
				      .uncorrectable_bytes = nondet_u32(),
				      .ranges = nondet_u32() };
	uint32_t lbads = nondet_u32(), oncs = nondet_u16();
	struct nvu_id_ctrl ctrl;
	struct nvu_id_ns id;

	assume(lbads >= 9 && lbads <= 16); /* as harness() proves */
	ns.id = id;
	ns.info.csi = nondet_u8();
	ns.info.block_bytes = nondet_bool() ? 1u << lbads : 0;
	ns_decode_limits(&ns, &ctrl, oncs, &limits);
	check_limit(&ns, NVU_NS_VERIFY, ns.info.max_verify_blocks, limits.verify_bytes);
	check_limit(&ns, NVU_NS_WRITE_ZEROES, ns.info.max_zeroes_blocks, limits.zeroes_bytes);
	check_limit(&ns, NVU_NS_WRITE_UNCORRECTABLE, ns.info.max_uncorrectable_blocks,
		    limits.uncorrectable_bytes);
	prove(ns.info.atomic_write_blocks && ns.info.atomic_write_power_fail_blocks,
	      "a block at least");
	prove(!(ns.info.commands & NVU_NS_COPY) == !ns.info.max_copy_ranges, "ranges of a copy");
	prove(ns.info.deallocated_reads <= NVU_DEALLOCATED_ONES, "known or unknown");
	reached();
}
