/* SPDX-License-Identifier: MIT */
/*
 * limits.c: atomic units, preferred sizes, and limits of commands, from Identify Namespace and Identify
 * Controller to blocks. Pure.
 */
#include "ns/ns.h"
#include "spec/command.h"
#include "spec/encode.h"

#include <nvu/spec.h>

/* A number that the controller counts from 0. */
static uint32_t from_zero(nvu_le16 value)
{
	return nvu_le16_get(value) + 1u;
}

/* The same, where 0 means that there is none. */
static uint32_t from_zero_or_none(nvu_le16 value)
{
	return nvu_le16_get(value) ? from_zero(value) : 0;
}

/* 0 in a namespace's own field refers to the controller's. */
static uint32_t atomic_unit(bool own, nvu_le16 of_ns, nvu_le16 of_ctrl)
{
	return from_zero(own && nvu_le16_get(of_ns) ? of_ns : of_ctrl);
}

static void decode_atomics(struct nvu_ns_info *info, const struct nvu_id_ns *ns,
			   const struct nvu_id_ctrl *ctrl)
{
	bool own = ns->nsfeat & NVU_NSFEAT_ATOMICS;

	info->atomic_write_blocks = atomic_unit(own, ns->nawun, ctrl->awun);
	info->atomic_write_power_fail_blocks = atomic_unit(own, ns->nawupf, ctrl->awupf);
	info->atomic_compare_and_write_blocks = info->commands & NVU_NS_COMPARE_AND_WRITE
							? atomic_unit(own, ns->nacwu, ctrl->acwu)
							: 0;
	info->atomic_boundary_blocks = own ? from_zero_or_none(ns->nabsn) : 0;
	info->atomic_boundary_power_fail_blocks = own ? from_zero_or_none(ns->nabspf) : 0;
	info->atomic_boundary_first = own ? nvu_le16_get(ns->nabo) : 0;
}

static void decode_preferences(struct nvu_ns_info *info, const struct nvu_id_ns *ns)
{
	bool writes = ns->nsfeat & (NVU_NSFEAT_OPTIMAL | NVU_NSFEAT_OPTIMAL_2);
	bool deallocations = ns->nsfeat & NVU_NSFEAT_OPTIMAL;

	info->optimal_boundary_blocks = nvu_le16_get(ns->noiob);
	info->preferred_write_blocks = writes ? from_zero(ns->npwg) : 0;
	info->preferred_write_align_blocks = writes ? from_zero(ns->npwa) : 0;
	info->optimal_write_blocks = writes ? from_zero(ns->nows) : 0;
	info->preferred_deallocate_blocks = deallocations ? from_zero(ns->npdg) : 0;
	info->preferred_deallocate_align_blocks = deallocations ? from_zero(ns->npda) : 0;
}

static uint32_t decode_commands(const struct nvu_ns_info *info, const struct nvu_id_ctrl *ctrl,
				uint32_t oncs)
{
	static const struct {
		uint32_t bit;
		uint8_t opcode;
	} commands[] = {
		{ NVU_NS_COMPARE, NVU_CMD_COMPARE },
		{ NVU_NS_WRITE_UNCORRECTABLE, NVU_CMD_WRITE_UNCORRECTABLE },
		{ NVU_NS_DEALLOCATE, NVU_CMD_DSM },
		{ NVU_NS_WRITE_ZEROES, NVU_CMD_WRITE_ZEROES },
		{ NVU_NS_RESERVATIONS, NVU_CMD_RESERVATION_REGISTER },
		{ NVU_NS_VERIFY, NVU_CMD_VERIFY },
		{ NVU_NS_COPY, NVU_CMD_COPY },
	};
	uint32_t bits = 0;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct spec_command *row = command_of_io(info->csi, commands[i].opcode);

		if (row && command_is_offered(row, oncs))
			bits |= commands[i].bit;
	}
	if ((bits & NVU_NS_COMPARE) && (nvu_le16_get(ctrl->fuses) & NVU_FUSES_COMPARE_AND_WRITE))
		bits |= NVU_NS_COMPARE_AND_WRITE;
	return bits;
}

/* Blocks of a command with NLB that moves no data; 0: the namespace does not have it, or blocks of no known size. */
static uint32_t blocks_of(const struct nvu_ns *ns, uint32_t command, uint32_t limit_bytes)
{
	uint64_t blocks;

	if (!(ns->info.commands & command) || !ns->info.block_bytes)
		return 0;
	blocks = limit_bytes ? limit_bytes / ns->info.block_bytes : ENCODE_BLOCKS_MAX;
	return blocks < ENCODE_BLOCKS_MAX ? (uint32_t)blocks : ENCODE_BLOCKS_MAX;
}

void ns_decode_limits(struct nvu_ns *ns, const struct nvu_id_ctrl *id, uint32_t oncs,
		      const struct ctrl_limits *limits)
{
	struct nvu_ns_info *info = &ns->info;
	bool deallocates, copies;

	info->commands = decode_commands(info, id, oncs);
	info->volatile_cache = id->vwc & NVU_VWC_PRESENT;
	info->deallocated_reads = ns->id.dlfeat & 7;
	if (info->deallocated_reads > NVU_DEALLOCATED_ONES)
		info->deallocated_reads = NVU_DEALLOCATED_UNKNOWN;
	info->zeroes_deallocate =
		(info->commands & NVU_NS_WRITE_ZEROES) && (ns->id.dlfeat & NVU_DLFEAT_WRITE_ZEROES);
	info->deallocated_guard = (ns->id.dlfeat & NVU_DLFEAT_GUARD) != 0;
	decode_atomics(info, &ns->id, id);
	decode_preferences(info, &ns->id);
	info->max_verify_blocks = blocks_of(ns, NVU_NS_VERIFY, limits->verify_bytes);
	info->max_zeroes_blocks = blocks_of(ns, NVU_NS_WRITE_ZEROES, limits->zeroes_bytes);
	info->max_uncorrectable_blocks =
		blocks_of(ns, NVU_NS_WRITE_UNCORRECTABLE, limits->uncorrectable_bytes);
	deallocates = info->commands & NVU_NS_DEALLOCATE;
	info->max_ranges = deallocates ? limits->ranges : 0;
	info->max_range_blocks = deallocates ? limits->range_blocks : 0;
	info->max_deallocate_blocks = deallocates ? limits->blocks : 0;
	info->reservation_types = info->commands & NVU_NS_RESERVATIONS ? ns->id.rescap & 0x7f : 0;
	copies = info->commands & NVU_NS_COPY;
	info->max_copy_range_blocks = copies ? nvu_le16_get(ns->id.mssrl) : 0;
	info->max_copy_blocks = copies ? nvu_le32_get(ns->id.mcl) : 0;
	info->max_copy_ranges = copies ? ns->id.msrc + 1u : 0;
}
