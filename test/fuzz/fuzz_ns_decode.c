// SPDX-License-Identifier: MIT
/*
 * fuzz_ns_decode.c: lib/ns/decode.c, lib/ns/limits.c: Identify Namespace and a list of any content and length,
 * read as identification descriptors and as active namespaces. The input: how much one command moves,
 * identifier, the list's length, the list, and what is left is the beginning of the identify data, and of those
 * of the NVM command set and of the controller.
 */
#include "input.h"
#include "ns/ns.h"
#include "spec/encode.h"

enum { LIST_MAX = 4096 };

static void check(const struct nvu_ns *ns, uint32_t transfer_bytes)
{
	const struct nvu_ns_info *info = &ns->info;

	PROMISE(ns->max_blocks <= ns->blocks && info->max_transfer_blocks == ns->max_blocks);
	if (!ns->max_blocks)
		return;
	PROMISE(info->block_bytes >= 512 && info->block_bytes <= 65536);
	PROMISE(ns->block_bytes == info->block_bytes && !info->metadata_bytes);
	PROMISE(ns->max_blocks <= 65536 && ns->max_blocks * ns->block_bytes <= transfer_bytes);
	PROMISE(ns->blocks <= UINT64_MAX / ns->block_bytes);
	PROMISE(ns_holds(ns, ns->blocks - 1, 0) && !ns_holds(ns, ns->blocks, 0));
	PROMISE(!ns_holds(ns, 0, ns->max_blocks) && !ns_holds(ns, UINT64_MAX, 0));
	PROMISE(ns_holds(ns, ns->blocks - ns->max_blocks, ns->max_blocks - 1));
}

static void check_protection(const struct nvu_ns *ns)
{
	struct nvu_ns_info info = ns->info;
	struct nvu_id_ns_nvm id;

	PROMISE(info.pif == NVU_PIF_16B && !info.storage_tag_bits);
	memcpy(&id, &ns->id, sizeof(id));
	ns_decode_protection(&info, &id);
	PROMISE(info.pif <= NVU_PIF_64B || info.pif == NVU_PIF_UNKNOWN);
	PROMISE(info.storage_tag_bits <= 127);
	ns_decode_protection(&info, NULL);
	PROMISE(info.pif == NVU_PIF_UNKNOWN);
}

/* Each identifier is above the one before; the one at which it stops is not. */
static void check_list(const uint8_t *list, uint32_t entries, uint32_t after)
{
	uint32_t *ids = malloc(entries ? entries * sizeof(*ids) : 1);
	uint32_t count;

	PROMISE(ids);
	count = ns_decode_list(list, entries, after, ids);
	PROMISE(count <= entries);
	for (uint32_t i = 0; i < count; after = ids[i++])
		PROMISE(ids[i] > after);
	PROMISE(count == entries || ids[count] <= after || ids[count] >= 0xfffffffe);
	free(ids);
}

static void check_limits(struct nvu_ns *ns, uint32_t oncs)
{
	const struct ctrl_caps caps = { .page_shift = 12 };
	const struct nvu_ns_info *info = &ns->info;
	struct nvu_id_ctrl_nvm nvm;
	struct ctrl_limits limits;
	struct nvu_id_ctrl ctrl;

	memcpy(&ctrl, &ns->id, sizeof(ctrl));
	memcpy(&nvm, &ns->id, sizeof(nvm));
	limits_decode(&caps, &nvm, &limits);
	ns_decode_limits(ns, &ctrl, oncs, &limits);
	PROMISE(info->max_verify_blocks <= 65536 && info->max_zeroes_blocks <= 65536);
	PROMISE(info->max_ranges <= ENCODE_RANGES_MAX && info->max_copy_ranges <= 256);
	PROMISE(info->atomic_write_blocks && info->atomic_write_blocks <= 65536);
	PROMISE(!limits.zeroes_bytes ||
		(uint64_t)info->max_zeroes_blocks * info->block_bytes <= limits.zeroes_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nvu_ns ns;
	struct input input = { data, data + size };
	uint32_t transfer_bytes = input_u32(&input), nsid = input_u32(&input);
	uint32_t bytes = input_u16(&input) % (LIST_MAX + 1);
	uint8_t *list = malloc(bytes ? bytes : 1);

	PROMISE(list);
	memset(&ns, 0, sizeof(ns));
	input_bytes(&input, list, bytes);
	ns_decode_descriptors(&ns.info, list, bytes);
	check_list(list, bytes / 4, nsid);
	free(list);
	input_bytes(&input, &ns.id, sizeof(ns.id));
	ns_decode(&ns, 1, nsid, transfer_bytes);
	PROMISE(ns.info.nsid == nsid && ns.nsid_qword == (uint64_t)nsid << 32);
	check(&ns, transfer_bytes);
	check_protection(&ns);
	check_limits(&ns, transfer_bytes);
	return 0;
}
