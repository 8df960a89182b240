/* SPDX-License-Identifier: MIT */
/*
 * rw_check.c: see rw_check.h. Each check has the request as the caller gave it, and fills in what it is about.
 */
#include "io/rw_check.h"

#include "base/error.h"
#include "ctrl/snapshot.h"
#include "io/allow.h"
#include "io/explain.h"
#include "io/pieces.h"
#include "io/rule.h"
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

/* The tags of a request, in a namespace with protection information. */
struct tagging {
	bool used;
	struct nvu_protection_format format;
	struct nvu_protection_args tags; /* of the first block */
	uint64_t ref_mask;		 /* see struct rw_plan */
};

static int check_ref_tag(const struct nvu_ns *ns, const struct nvu_rw_args *args,
			 struct tagging *tagging)
{
	struct layout layout;

	layout_make(&tagging->format, &layout);
	if (layout.type != 3)
		tagging->ref_mask = layout_mask(layout.ref_bits);
	if (ns->info.protection != 1)
		return 0;
	if (args->ref_tag && (args->ref_tag ^ args->lba) & layout_mask(layout.ref_bits))
		return error_set(-EINVAL,
				 "ref_tag is %#" PRIx64 ": with protection information of type 1 "
				 "it is the number of the first block, %#" PRIx64 ", or 0, which "
				 "stands for it",
				 args->ref_tag, args->lba);
	tagging->tags.ref_tag = args->lba;
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

static int check_tags(const struct nvu_ns *ns, const struct nvu_rw_args *args,
		      struct tagging *tagging)
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
		ret = nvu_protection_of(ns, &tagging->format, sizeof(tagging->format));
	if (!ret)
		ret = check_storage_tag(ns, args);
	if (ret)
		return ret;
	tagging->used = true;
	tagging->tags = (struct nvu_protection_args){
		.size = sizeof(tagging->tags),
		.ref_tag = args->ref_tag,
		.storage_tag = args->storage_tag,
		.app_tag = args->app_tag,
		.app_mask = args->app_mask,
		.checks = args->flags & LAYOUT_CHECKS,
	};
	return check_ref_tag(ns, args, tagging);
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

/* Of that many blocks; more than any buffer has where the number has too many bits. */
static size_t bytes_of(uint64_t blocks, uint32_t bytes)
{
	size_t all;

	return __builtin_mul_overflow(blocks, bytes, &all) ? SIZE_MAX : all;
}

static int check_data(const struct nvu_qpair *qpair, const struct nvu_rw_args *args,
		      struct rw_plan *plan)
{
	bool has_pieces = args->pieces || args->piece_count;

	if (!plan->data_bytes)
		return args->buf || args->offset || has_pieces
			       ? error_set(
					 -EINVAL,
					 "buf or pieces is not NULL, or offset or piece_count not "
					 "0: a command with opcode %#x moves no data",
					 args->opcode)
			       : 0;
	if (has_pieces)
		return pieces_check(qpair, args, plan);
	return explain_buffer(qpair, FUNCTION, args->buf, args->offset,
			      bytes_of(plan->blocks, plan->data_bytes),
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
				 args->ns->info.nsid, plan->metadata_bytes);
	ret = explain_buffer(qpair, FUNCTION, args->metadata, args->metadata_offset,
			     bytes_of(plan->blocks, plan->metadata_bytes),
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

/* What all commands of the request have. */
static int encode(const struct nvu_rw_args *args, const struct tagging *tagging,
		  struct rw_plan *plan)
{
	plan->cmd = encode_rw((uint8_t)args->opcode, args->ns->info.nsid,
			      args->flags & ~NVU_RW_NO_SPLIT,
			      (uint32_t)args->placement << 16 | args->dsm);
	plan->ref_mask = tagging->ref_mask;
	return tagging->used ? nvu_protection_encode(&tagging->format, &tagging->tags, &plan->cmd)
			     : 0;
}

int rw_check(struct nvu_qpair *qpair, const struct nvu_rw_args *args, struct rw_plan *ret_plan)
{
	const struct nvu_ns *ns = args->ns;
	const struct kind *kind = find_kind(args->opcode);
	struct tagging tagging = { .used = false };
	int ret;

	if (!ns)
		return error_set(-EINVAL, "ns is NULL: expected a namespace of nvu_ns_get()");
	if (!kind)
		return error_set(-EINVAL,
				 "opcode is %#x: expected NVU_CMD_READ, _WRITE, _COMPARE, _VERIFY "
				 "or _WRITE_ZEROES",
				 args->opcode);
	*ret_plan = (struct rw_plan){ .lba = args->lba, .blocks = args->blocks };
	ret = allow_command(qpair, ns, kind->opcode, FUNCTION);
	if (!ret)
		ret = check_format(ns);
	if (!ret)
		ret = check_fields(ns, args, kind);
	if (!ret)
		ret = check_placement(qpair, args);
	if (!ret)
		ret = check_tags(ns, args, &tagging);
	measure(ns, args, kind, ret_plan);
	if (!ret)
		ret = rule_check_range(ns, args->lba, args->blocks);
	if (!ret)
		ret = rule_make(qpair, ns, kind->opcode, args->flags, ret_plan);
	if (!ret)
		ret = check_memory(qpair, args, ret_plan);
	return ret ? ret : encode(args, &tagging, ret_plan);
}
