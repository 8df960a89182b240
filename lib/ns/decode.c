/* SPDX-License-Identifier: MIT */
/*
 * decode.c: decodes Identify Namespace data and checks their range. Pure.
 */
#include "ns/ns.h"
#include "spec/encode.h"

#include <assert.h>
#include <string.h>

enum { LBADS_MIN = 9, LBADS_MAX = 16, PIF_QUALIFIED = 3 };

/* Index of the format in use, NVM figure 97 FLBAS: bits 3:0, and 6:5 above them. */
static uint32_t format_index(const struct nvu_id_ns *id)
{
	return (id->flbas & 0xfu) | (id->flbas >> 5 & 3u) << 4;
}

static uint32_t transfer_limit(const struct nvu_ns *ns, uint32_t shift, uint32_t max_transfer_bytes)
{
	uint64_t limit = max_transfer_bytes >> shift;

	assert(shift >= LBADS_MIN && shift <= LBADS_MAX);
	/* Blocks with metadata need more than a data buffer; key value commands have no blocks. */
	if (ns->info.metadata_bytes || ns->info.csi == NVU_CSI_KV)
		return 0;
	if (limit > ENCODE_BLOCKS_MAX)
		limit = ENCODE_BLOCKS_MAX;
	return limit < ns->blocks ? (uint32_t)limit : (uint32_t)ns->blocks;
}

void ns_decode(struct nvu_ns *ns, uint64_t owner_id, uint32_t nsid, uint32_t max_transfer_bytes)
{
	const struct nvu_id_ns *id = &ns->id;
	uint32_t index = format_index(id);
	const struct nvu_lbaf *format = &id->lbaf[index];
	struct nvu_ns_info *info = &ns->info;

	ns->owner_id = owner_id;
	ns->limit_bytes = max_transfer_bytes;
	ns->nsid_qword = (uint64_t)nsid << 32;
	ns->read_head = ns->nsid_qword | NVU_CMD_READ;
	ns->write_head = ns->nsid_qword | NVU_CMD_WRITE;
	ns->blocks = nvu_le64_get(id->nsze);
	info->nsid = nsid;
	info->blocks = ns->blocks;
	info->capacity_blocks = nvu_le64_get(id->ncap);
	info->used_blocks = nvu_le64_get(id->nuse);
	info->lbaf = index;
	info->metadata_bytes = nvu_le16_get(format->ms);
	info->metadata_extended = info->metadata_bytes && (id->flbas >> 4 & 1);
	info->protection = id->dps & 7;
	info->protection_first = id->dps >> 3 & 1;
	info->pif = NVU_PIF_16B;
	info->storage_tag_bits = 0;
	info->storage_tag_mask = 0;
	/* The format does not exist, or the size in bytes exceeds 64 bits. */
	if (index > (uint32_t)id->nlbaf + id->nulbaf || format->lbads < LBADS_MIN ||
	    format->lbads > LBADS_MAX || ns->blocks > UINT64_MAX >> format->lbads) {
		ns->max_blocks = 0;
		info->block_bytes = 0;
		info->max_transfer_blocks = 0;
		return;
	}
	ns->block_bytes = 1u << format->lbads;
	ns->max_blocks = transfer_limit(ns, format->lbads, max_transfer_bytes);
	ns->sure_lba = ns->blocks - ns->max_blocks;
	info->block_bytes = ns->block_bytes;
	info->max_transfer_blocks = ns->max_blocks;
}

void ns_decode_protection(struct nvu_ns_info *info, const struct nvu_id_ns_nvm *id)
{
	uint32_t format, pif;

	if (!id) {
		info->pif = NVU_PIF_UNKNOWN;
		return;
	}
	format = nvu_le32_get(id->elbaf[info->lbaf]);
	pif = format >> 7 & 3;
	if (pif == PIF_QUALIFIED && id->pic & NVU_PIC_QPIFS)
		pif = format >> 9 & 0xf;
	info->pif = pif <= NVU_PIF_64B ? (uint8_t)pif : NVU_PIF_UNKNOWN;
	info->storage_tag_bits = format & 0x7f;
	info->storage_tag_mask = nvu_le64_get(id->lbstm);
}

/* What is not known of one of them is no difference. */
static bool has_other_protection(const struct nvu_ns *one, const struct nvu_ns *two)
{
	const struct nvu_ns_info *a = &one->info, *b = &two->info;

	if (one->id.dps != two->id.dps)
		return true;
	return a->pif != NVU_PIF_UNKNOWN && b->pif != NVU_PIF_UNKNOWN &&
	       (a->pif != b->pif || a->storage_tag_bits != b->storage_tag_bits ||
		a->storage_tag_mask != b->storage_tag_mask);
}

/* Compares two identifiers of `bytes` bytes. One without descriptors may lack what the other has. */
static bool is_other(bool whole, bool has_a, bool has_b, const uint8_t *a, const uint8_t *b,
		     size_t bytes)
{
	return has_a && has_b ? memcmp(a, b, bytes) != 0 : whole && has_a != has_b;
}

static bool has_other_identity(const struct nvu_ns *one, const struct nvu_ns *two)
{
	const struct nvu_ns_info *a = &one->info, *b = &two->info;
	bool whole = !one->incomplete && !two->incomplete;

	return (whole && a->csi != b->csi) ||
	       is_other(whole, a->has_nguid, b->has_nguid, a->nguid, b->nguid, sizeof(a->nguid)) ||
	       is_other(whole, a->has_eui64, b->has_eui64, a->eui64, b->eui64, sizeof(a->eui64)) ||
	       is_other(whole, a->has_uuid, b->has_uuid, a->uuid, b->uuid, sizeof(a->uuid));
}

enum ns_change ns_compare(const struct nvu_ns *handle, const struct nvu_ns *now)
{
	const struct nvu_ns_info *a = &handle->info, *b = &now->info;

	if (has_other_identity(handle, now))
		return NS_IDENTITY;
	if (a->block_bytes != b->block_bytes)
		return NS_BLOCK_SIZE;
	if (a->metadata_bytes != b->metadata_bytes || a->metadata_extended != b->metadata_extended)
		return NS_METADATA;
	if (has_other_protection(handle, now))
		return NS_PROTECTION;
	if (a->lbaf != b->lbaf)
		return NS_FORMAT;
	if (handle->limit_bytes != now->limit_bytes)
		return NS_LIMIT;
	return now->blocks < handle->blocks ? NS_SHRANK : NS_SAME;
}

static void take_descriptor(struct nvu_ns_info *info, const struct nvu_ns_desc *desc,
			    const uint8_t *id)
{
	if (desc->nidt == NVU_NIDT_EUI64 && desc->nidl == sizeof(info->eui64)) {
		memcpy(info->eui64, id, sizeof(info->eui64));
		info->has_eui64 = 1;
	} else if (desc->nidt == NVU_NIDT_NGUID && desc->nidl == sizeof(info->nguid)) {
		memcpy(info->nguid, id, sizeof(info->nguid));
		info->has_nguid = 1;
	} else if (desc->nidt == NVU_NIDT_UUID && desc->nidl == sizeof(info->uuid)) {
		memcpy(info->uuid, id, sizeof(info->uuid));
		info->has_uuid = 1;
	} else if (desc->nidt == NVU_NIDT_CSI && desc->nidl == 1) {
		info->csi = id[0];
	}
}

bool ns_decode_descriptors(struct nvu_ns_info *info, const uint8_t *list, uint32_t bytes)
{
	uint32_t at = 0;
	bool has_csi = false;

	/* Each step is at least a header long, so a hostile list ends too. */
	while (bytes - at >= sizeof(struct nvu_ns_desc)) {
		struct nvu_ns_desc desc;

		memcpy(&desc, list + at, sizeof(desc));
		at += (uint32_t)sizeof(desc);
		if (desc.nidt == 0 || desc.nidl > bytes - at)
			break;
		take_descriptor(info, &desc, list + at);
		has_csi |= desc.nidt == NVU_NIDT_CSI && desc.nidl == 1;
		at += desc.nidl;
	}
	return has_csi;
}

uint32_t ns_decode_list(const void *list, uint32_t entries, uint32_t after, uint32_t *ids)
{
	uint32_t count;

	for (count = 0; count < entries; count++) {
		nvu_le32 id;

		memcpy(&id, (const char *)list + (size_t)count * sizeof(id), sizeof(id));
		ids[count] = nvu_le32_get(id);
		/* The two highest are not identifiers (Base 5.1.13.2.2). */
		if (ids[count] <= after || ids[count] >= 0xfffffffe)
			break;
		after = ids[count];
	}
	return count;
}
