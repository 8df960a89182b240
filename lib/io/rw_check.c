/* SPDX-License-Identifier: MIT */
/*
 * rw_check.c: see rw_check.h. Each check has the request as the caller gave it, and fills in what it is about.
 */
#include "io/rw_check.h"

#include "base/error.h"
#include "ctrl/snapshot.h"
#include "io/allow.h"
#include "io/explain.h"
#include "spec/encode.h"
#include "tuple/layout.h"

#include <errno.h>
#include <inttypes.h>

#define FUNCTION "nvu_rw"
#define DIRECTIVES (NVU_RW_STREAM | NVU_RW_PLACEMENT)
#define DSM_HINTS                                                                  \
	(NVU_DSM_HINT_FREQUENCY | NVU_DSM_HINT_LATENCY | NVU_DSM_HINT_SEQUENTIAL | \
	 NVU_DSM_HINT_INCOMPRESSIBLE)

/* What a command of one opcode can carry. */
static const struct kind {
	uint8_t opcode;
	bool has_data;
	bool has_hints;
	uint32_t flags;
} kinds[] = {
	{ NVU_CMD_READ, true, true, NVU_RW_PRACT | LAYOUT_CHECKS },
	{ NVU_CMD_WRITE, true, true, NVU_RW_PRACT | LAYOUT_CHECKS | DIRECTIVES },
	{ NVU_CMD_COMPARE, true, false, NVU_RW_PRACT | LAYOUT_CHECKS },
	{ NVU_CMD_VERIFY, false, false, NVU_RW_PRACT | LAYOUT_CHECKS },
	{ NVU_CMD_WRITE_ZEROES, false, false, NVU_RW_PRACT | NVU_RW_DEAC },
};

static const struct kind *find_kind(uint32_t opcode)
{
	for (size_t row = 0; row < sizeof(kinds) / sizeof(kinds[0]); row++)
		if (kinds[row].opcode == opcode)
			return &kinds[row];
	return NULL;
}

/* The namespace's format is one that nvu knows, and it has blocks. */
static int check_format(const struct nvu_ns *ns)
{
	const struct nvu_ns_info *info = &ns->info;

	if (info->csi == NVU_CSI_KV)
		return error_set(-ENOTSUP,
				 "namespace %u has a command set without reads and writes of "
				 "blocks: use nvu_io()",
				 info->nsid);
	if (!info->block_bytes)
		return error_set(-ENOTSUP, "nvu does not support the format of namespace %u",
				 info->nsid);
	if (info->metadata_bytes % 4)
		return error_set(-ENOTSUP,
				 "namespace %u has %u bytes of metadata per block, which is no "
				 "multiple of 4: use nvu_io()",
				 info->nsid, info->metadata_bytes);
	return 0;
}

static int check_placement(const struct nvu_qpair *qpair, const struct nvu_rw_args *args)
{
	const struct nvu_id_ctrl *id = snapshot_get(qpair->ctrl)->id;
	uint32_t directive = args->flags & DIRECTIVES;

	if (directive == DIRECTIVES)
		return error_set(-EINVAL, "flags has both NVU_RW_STREAM and NVU_RW_PLACEMENT: "
					  "a write has one directive");
	if (!directive && args->placement)
		return error_set(-EINVAL,
				 "placement is %u, and flags says not what it is: NVU_RW_STREAM "
				 "or NVU_RW_PLACEMENT",
				 args->placement);
	if (directive == NVU_RW_STREAM && !args->placement)
		return error_set(-EINVAL, "placement is 0: streams are numbered from 1 on");
	if (directive && !(nvu_le16_get(id->oacs) & NVU_OACS_DIRECTIVES))
		return error_set(-ENOTSUP,
				 "the controller does not support directives (OACS): leave "
				 "NVU_RW_STREAM and NVU_RW_PLACEMENT out");
	if (directive == NVU_RW_PLACEMENT && !(nvu_le32_get(id->ctratt) & NVU_CTRATT_PLACEMENT))
		return error_set(-ENOTSUP,
				 "the controller does not support flexible data placement "
				 "(CTRATT): leave NVU_RW_PLACEMENT out");
	return 0;
}

/* The type of a check or of an action that the namespace does not have. */
static int check_protection_flags(const struct nvu_ns *ns, const struct nvu_rw_args *args)
{
	const struct nvu_ns_info *info = &ns->info;

	if (!info->protection)
		return error_set(-EINVAL,
				 "flags is %#x: namespace %u has no protection information to "
				 "generate (PRACT) or check (PRCHK, STC)",
				 args->flags, info->nsid);
	if (info->protection == 3 && (args->flags & NVU_RW_PRCHK_REF))
		return error_set(-EINVAL,
				 "flags has NVU_RW_PRCHK_REF, but namespace %u has protection "
				 "information of type 3, whose reference tags no controller checks",
				 info->nsid);
	if ((args->flags & NVU_RW_STC) && !info->storage_tag_bits)
		return error_set(-EINVAL,
				 "flags has NVU_RW_STC, but namespace %u has no storage tags",
				 info->nsid);
	return 0;
}

static int check_ref_tag(const struct nvu_ns *ns, const struct nvu_rw_args *args,
			 struct rw_plan *plan)
{
	struct layout layout;

	if (ns->info.protection != 1)
		return 0;
	layout_make(&plan->format, &layout);
	if (args->ref_tag && (args->ref_tag ^ args->lba) & layout_mask(layout.ref_bits))
		return error_set(-EINVAL,
				 "ref_tag is %#" PRIx64 ": with protection information of type 1 "
				 "it is the number of the first block, %#" PRIx64 ", or 0, which "
				 "stands for it",
				 args->ref_tag, args->lba);
	plan->tags.ref_tag = args->lba;
	return 0;
}

static int check_storage_tag(const struct nvu_ns *ns, const struct nvu_rw_args *args)
{
	uint32_t bits = ns->info.storage_tag_bits;

	if (!(args->storage_tag & ~layout_mask(bits)))
		return 0;
	return error_set(-EINVAL,
			 "storage_tag is %#" PRIx64 ": a storage tag of namespace %u has %u bits",
			 args->storage_tag, ns->info.nsid, bits);
}

static int check_tags(const struct nvu_ns *ns, const struct nvu_rw_args *args, struct rw_plan *plan)
{
	int ret;

	if (!(args->flags & (NVU_RW_PRACT | LAYOUT_CHECKS))) {
		if (args->ref_tag || args->storage_tag || args->app_tag || args->app_mask)
			return error_set(-EINVAL,
					 "there are tags, but no flag that uses them: NVU_RW_PRACT "
					 "or NVU_RW_PRCHK_...");
		return 0;
	}
	ret = check_protection_flags(ns, args);
	if (!ret)
		ret = nvu_protection_of(ns, &plan->format, sizeof(plan->format));
	if (!ret)
		ret = check_storage_tag(ns, args);
	if (ret)
		return ret;
	plan->tagged = true;
	plan->tags = (struct nvu_protection_args){
		.size = sizeof(plan->tags),
		.ref_tag = args->ref_tag,
		.storage_tag = args->storage_tag,
		.app_tag = args->app_tag,
		.app_mask = args->app_mask,
		.checks = args->flags & LAYOUT_CHECKS,
	};
	return check_ref_tag(ns, args, plan);
}

static int check_fields(const struct nvu_ns *ns, const struct nvu_rw_args *args,
			const struct kind *kind)
{
	const uint32_t allowed = NVU_RW_LR | NVU_RW_FUA | NVU_RW_NO_SPLIT | kind->flags;
	int ret = 0;

	if (args->flags & ~allowed)
		return error_set(-EINVAL,
				 "flags is %#x: " FUNCTION "() with opcode %#x takes no bits "
				 "but %#x",
				 args->flags, args->opcode, allowed);
	if (args->rsvd)
		return error_set(-EINVAL, "rsvd is %#x: expected 0", args->rsvd);
	if (args->dsm & ~(kind->has_hints ? DSM_HINTS : 0))
		return error_set(-EINVAL,
				 "dsm is %#x: of opcode %#x it may have the bits %#x, those of "
				 "NVU_DSM_HINT_...",
				 args->dsm, args->opcode, kind->has_hints ? DSM_HINTS : 0);
	if (args->flags & NVU_RW_DEAC)
		ret = allow_deallocate(ns);
	if (!ret && (args->pieces || args->piece_count))
		ret = error_set(-ENOTSUP, "pieces is not NULL, or piece_count not 0: give the "
					  "data in one buffer");
	return ret;
}

/* With PRACT the controller strips and inserts metadata that are the tuple and nothing else (NVM 5.2.2). */
static uint32_t metadata_bytes(const struct nvu_ns *ns, uint32_t flags)
{
	const struct nvu_ns_info *info = &ns->info;
	bool is_tuple = info->metadata_bytes == layout_tuple_bytes(info->pif);

	return (flags & NVU_RW_PRACT) && is_tuple ? 0 : info->metadata_bytes;
}

/* The sizes of what a block moves: see struct rw_plan. */
static void measure(const struct nvu_ns *ns, const struct nvu_rw_args *args,
		    const struct kind *kind, struct rw_plan *plan)
{
	uint32_t metadata = metadata_bytes(ns, args->flags);

	if (!kind->has_data)
		return;
	plan->data_bytes = ns->block_bytes;
	if (ns->info.metadata_extended)
		plan->data_bytes += metadata;
	else
		plan->metadata_bytes = metadata;
}

/* Bytes that one command may name or move; 0: no limit. */
static uint32_t limit_bytes(const struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode)
{
	const struct ctrl_limits *limits = allow_limits(qpair);

	switch (opcode) {
	case NVU_CMD_VERIFY:
		return limits->verify_bytes;
	case NVU_CMD_WRITE_ZEROES:
		return limits->zeroes_bytes;
	default:
		return ns->limit_bytes;
	}
}

static uint64_t max_blocks(const struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode,
			   const struct rw_plan *plan)
{
	uint32_t bytes = limit_bytes(qpair, ns, opcode);
	uint32_t of_block = plan->data_bytes ? plan->data_bytes : ns->block_bytes;

	return bytes && bytes / of_block < ENCODE_BLOCKS_MAX ? bytes / of_block : ENCODE_BLOCKS_MAX;
}

static int check_blocks(const struct nvu_qpair *qpair, const struct nvu_ns *ns,
			const struct nvu_rw_args *args, struct rw_plan *plan)
{
	plan->max_blocks = max_blocks(qpair, ns, (uint8_t)args->opcode, plan);
	if (!args->blocks)
		return error_set(-EINVAL, "blocks is 0: expected 1 or more");
	if (!ns_has(ns, args->lba, args->blocks))
		return error_set(-EINVAL,
				 "%" PRIu64 " blocks from block %" PRIu64
				 " on go past the end of namespace %u, which has %" PRIu64,
				 args->blocks, args->lba, ns->info.nsid, ns->blocks);
	if (args->blocks > plan->max_blocks)
		return error_set(-EINVAL,
				 "blocks is %" PRIu64 ": one command with opcode %#x takes at most "
				 "%" PRIu64 " of this namespace: send several",
				 args->blocks, args->opcode, plan->max_blocks);
	return 0;
}

static int check_data(const struct nvu_qpair *qpair, const struct nvu_rw_args *args,
		      const struct rw_plan *plan)
{
	if (!plan->data_bytes)
		return args->buf || args->offset
			       ? error_set(
					 -EINVAL,
					 "buf is not NULL, or offset not 0: a command with opcode "
					 "%#x moves no data",
					 args->opcode)
			       : 0;
	return explain_buffer(qpair, FUNCTION, args->buf, args->offset,
			      (size_t)plan->blocks * plan->data_bytes,
			      args->opcode == NVU_CMD_READ);
}

static int check_metadata(const struct nvu_qpair *qpair, const struct nvu_rw_args *args,
			  const struct rw_plan *plan)
{
	int ret;

	if (!plan->metadata_bytes)
		return args->metadata || args->metadata_offset
			       ? error_set(-EINVAL,
					   "metadata is not NULL, or metadata_offset not 0: "
					   "this command moves no separate metadata")
			       : 0;
	if (!args->metadata)
		return error_set(-EINVAL,
				 "metadata is NULL: namespace %u has %u bytes of separate metadata "
				 "per block, which need a buffer",
				 plan->ns->info.nsid, plan->metadata_bytes);
	ret = explain_buffer(qpair, FUNCTION, args->metadata, args->metadata_offset,
			     (size_t)plan->blocks * plan->metadata_bytes,
			     args->opcode == NVU_CMD_READ);
	return ret ? error_set(ret, "the metadata: %s", error_get()) : 0;
}

static int check_memory(const struct nvu_qpair *qpair, const struct nvu_rw_args *args,
			struct rw_plan *plan)
{
	int ret = check_data(qpair, args, plan);

	if (!ret)
		ret = check_metadata(qpair, args, plan);
	plan->buf = args->buf;
	plan->offset = args->offset;
	plan->metadata = args->metadata;
	plan->metadata_offset = args->metadata_offset;
	return ret;
}

int rw_check(struct nvu_qpair *qpair, const struct nvu_rw_args *args, struct rw_plan *ret_plan)
{
	const struct nvu_ns *ns = args->ns;
	const struct kind *kind = find_kind(args->opcode);
	int ret;

	if (!ns)
		return error_set(-EINVAL, "ns is NULL: expected a namespace of nvu_ns_get()");
	if (!kind)
		return error_set(-EINVAL,
				 "opcode is %#x: expected NVU_CMD_READ, _WRITE, _COMPARE, _VERIFY "
				 "or _WRITE_ZEROES",
				 args->opcode);
	*ret_plan = (struct rw_plan){ .ns = ns, .lba = args->lba, .blocks = args->blocks };
	ret = allow_command(qpair, ns, kind->opcode, FUNCTION);
	if (!ret)
		ret = check_format(ns);
	if (!ret)
		ret = check_fields(ns, args, kind);
	if (!ret)
		ret = check_placement(qpair, args);
	if (!ret)
		ret = check_tags(ns, args, ret_plan);
	measure(ns, args, kind, ret_plan);
	if (!ret)
		ret = check_blocks(qpair, ns, args, ret_plan);
	if (!ret)
		ret = check_memory(qpair, args, ret_plan);
	if (ret)
		return ret;
	ret_plan->cmd = encode_rw(kind->opcode, ns->info.nsid, args->flags & ~NVU_RW_NO_SPLIT,
				  (uint32_t)args->placement << 16 | args->dsm);
	return 0;
}
