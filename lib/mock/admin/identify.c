// SPDX-License-Identifier: MIT
/*
 * identify.c: builds the mock's Identify data, which announce only capabilities that it has.
 */
#include "mock/admin/identify.h"

#include "mock/command.h"
#include "mock/io/ns.h"
#include "tuple/layout.h"

#include <assert.h>
#include <nvu/identify.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_BYTES = 4096, EXTENDED_FORMAT = 16 };

enum {
	CNS_ALLOCATED_NS = 0x11,
	CNS_ATTACHED_CTRL_LIST = 0x12,
	CNS_CTRL_LIST = 0x13,
};

static const char model_number[] = "nvu mock controller";

static void put_text(char *field, size_t len, const char *text)
{
	size_t text_len = strlen(text);

	memset(field, ' ', len);
	memcpy(field, text, text_len < len ? text_len : len);
}

static void put_u128(uint8_t field[16], uint64_t value)
{
	for (int idx = 0; idx < 8; idx++)
		field[idx] = (uint8_t)(value >> (8 * idx));
}

static void build_limits(const struct nvu_mock *mock, struct nvu_id_ctrl *id)
{
	const struct nvu_mock_opts *opts = &mock->config.opts;

	id->sgls = nvu_le32_put(opts->sgls);
	id->mdts = opts->mdts == MOCK_MDTS_NONE ? 0 : (uint8_t)opts->mdts;
	id->oacs = nvu_le16_put((uint16_t)mock_command_gates(mock, COMMAND_BY_OACS));
	id->acl = MOCK_ABORTS - 1;
	id->crdt1 = nvu_le16_put(1);
	id->crdt2 = nvu_le16_put(3);
	id->crdt3 = nvu_le16_put(10);
	id->aerl = MOCK_AERL;
	id->elpe = MOCK_ELPE;
	id->lpa = 1u << 2; /* extended data: offsets into log pages */
	id->nn = nvu_le32_put(opts->ns_max);
	id->mnan = nvu_le32_put(opts->ns_max);
	put_u128(id->tnvmcap, opts->ns_bytes * opts->ns_max);
	put_u128(id->unvmcap, mock_ns_unallocated(mock));
}

static uint32_t extended_formats(const struct nvu_mock *mock)
{
	return mock->config.opts.flags & NVU_MOCK_EXTENDED_FORMATS ? NVU_CTRATT_EXTENDED_FORMATS
								   : 0;
}

static void build_ctrl(const struct nvu_mock *mock, struct nvu_id_ctrl *id)
{
	id->vid = nvu_le16_put((uint16_t)mock->config.opts.vid);
	id->ssvid = nvu_le16_put(0x1af4);
	put_text(id->sn, sizeof(id->sn), mock->config.serial);
	put_text(id->mn, sizeof(id->mn), model_number);
	put_text(id->fr, sizeof(id->fr), mock->firmware);
	id->rab = 6;
	id->cntlid = nvu_le16_put(MOCK_CNTLID);
	id->ver = nvu_le32_put(mock_version(mock));
	id->rtd3r = nvu_le32_put(500000);
	id->rtd3e = nvu_le32_put(500000);
	id->oaes = nvu_le32_put(1u << 8); /* namespace attribute notices */
	id->cntrltype = 1;
	id->ctratt = nvu_le32_put(NVU_CTRATT_HOST_ID | extended_formats(mock));
	id->frmw = 1u << 1 | 1; /* one slot, read only */
	id->wctemp = nvu_le16_put(343);
	id->cctemp = nvu_le16_put(353);
	build_limits(mock, id);
	id->sqes = mock->quirks & NVU_QUIRK_WIDE_ENTRIES ? 0x77 : 0x66;
	id->cqes = 0x44;
	id->oncs = nvu_le16_put((uint16_t)(mock_command_gates(mock, COMMAND_BY_ONCS) |
					   NVU_ONCS_SAVE | NVU_ONCS_TIMESTAMP));
	id->fuses = nvu_le16_put(NVU_FUSES_COMPARE_AND_WRITE);
	id->acwu = nvu_le16_put(MOCK_ACWU - 1);
	id->ocfs = nvu_le16_put(0xf); /* copy formats 0 to 3 */
	id->vwc = 1u << 0 | 2u << 1;  /* present; flush of all namespaces not supported */
	id->awun = nvu_le16_put((uint16_t)(mock->config.opts.atomic_blocks - 1));
	id->awupf = id->awun;
	(void)snprintf(id->subnqn, sizeof(id->subnqn), "nqn.2024-01.org.nvu:mock:%s",
		       mock->config.serial);
	id->psd[0].mp = nvu_le16_put(900); /* 9 W */
}

static void put_uuid(const struct nvu_mock *mock, uint32_t nsid, uint8_t uuid[16])
{
	assert(mock_ns_find(mock, nsid));
	memcpy(uuid, "nvu\0mock\x80", 9);
	uuid[6] = 0x4d; /* version 4, variant 1: of no meaning, but well formed */
	uuid[9] = (uint8_t)mock_ns_find(mock, nsid)->identity;
	uuid[10] = (uint8_t)(mock->id >> 8);
	uuid[11] = (uint8_t)mock->id;
	for (int idx = 0; idx < 4; idx++)
		uuid[12 + idx] = (uint8_t)(nsid >> (24 - 8 * idx));
}

static void put_eui64(const struct nvu_mock *mock, uint32_t nsid, uint8_t eui64[8])
{
	const uint8_t value[8] = { 0x52,
				   0x54,
				   (uint8_t)mock_ns_find(mock, nsid)->identity,
				   (uint8_t)(mock->id >> 8),
				   (uint8_t)mock->id,
				   (uint8_t)(nsid >> 16),
				   (uint8_t)(nsid >> 8),
				   (uint8_t)nsid };

	memcpy(eui64, value, sizeof(value));
}

/* The same formats once more, from index 16 on, one of which is in use. */
static void extend_formats(struct nvu_id_ns *id)
{
	assert((EXTENDED_FORMAT + id->nlbaf + 1u) * sizeof(id->lbaf[0]) <= sizeof(id->lbaf));
	memcpy(&id->lbaf[EXTENDED_FORMAT], id->lbaf, (id->nlbaf + 1u) * sizeof(id->lbaf[0]));
	id->nulbaf = EXTENDED_FORMAT;
	id->flbas |= EXTENDED_FORMAT >> 4 << 5;
}

/* NVM 4.1.5.1: the formats, the one in use, and what of metadata and protection information there is. */
static void build_formats(const struct nvu_mock *mock, const struct mock_format *in_use,
			  struct nvu_id_ns *id)
{
	const struct nvu_mock_opts *opts = &mock->config.opts;

	id->nlbaf = (uint8_t)(mock_ns_formats(mock) - 1);
	for (uint32_t index = 0; index <= id->nlbaf; index++) {
		const struct mock_format format = mock_ns_format_of(mock, index);

		id->lbaf[index].lbads = (uint8_t)__builtin_ctz(format.lba_bytes);
		id->lbaf[index].ms = nvu_le16_put((uint16_t)format.metadata_bytes);
	}
	id->flbas = (uint8_t)(mock_ns_format_index(in_use) | (in_use->interleaved ? 1u << 4 : 0));
	id->dps = (uint8_t)(in_use->type | (in_use->first ? 1u << 3 : 0));
	if (opts->metadata_bytes)
		id->mc = 3; /* interleaved and separate */
	if (opts->metadata_bytes >= layout_tuple_bytes(opts->pif))
		id->dpc = 0x1f; /* types 1 to 3, first and last */
}

static void build_ns(const struct nvu_mock *mock, uint32_t nsid, struct nvu_id_ns *id)
{
	const struct mock_ns *ns = mock_ns_find(mock, nsid);
	uint64_t blocks;

	assert(ns && ns->bytes && ns->format.lba_bytes);
	blocks = ns->bytes / ns->format.lba_bytes;
	id->nsze = nvu_le64_put(blocks);
	id->ncap = nvu_le64_put(blocks);
	id->nuse = nvu_le64_put(blocks);
	build_formats(mock, &ns->format, id);
	if (mock->config.opts.flags & NVU_MOCK_EXTENDED_FORMATS)
		extend_formats(id);
	id->rescap = 0xff; /* all types, also persistent; IEKEY as of 1.3 */
	id->mssrl = nvu_le16_put(MOCK_MSSRL);
	id->mcl = nvu_le32_put(MOCK_MCL);
	id->msrc = MOCK_MSRC - 1;
	id->dlfeat = NVU_DLFEAT_WRITE_ZEROES | 1; /* deallocated blocks read as zeroes */
	put_u128(id->nvmcap, ns->bytes);
	put_uuid(mock, nsid, id->nguid);
	put_eui64(mock, nsid, id->eui64);
}

static uint8_t *put_desc(uint8_t *at, uint8_t type, const uint8_t *value, uint8_t len)
{
	const struct nvu_ns_desc desc = { .nidt = type, .nidl = len };

	assert(len);
	memcpy(at, &desc, sizeof(desc));
	memcpy(at + sizeof(desc), value, len);
	return at + sizeof(desc) + len;
}

static void build_descs(const struct nvu_mock *mock, uint32_t nsid, uint8_t *page)
{
	const uint8_t csi = (uint8_t)mock->config.opts.csi;
	uint8_t uuid[16], eui64[8];

	put_uuid(mock, nsid, uuid);
	put_eui64(mock, nsid, eui64);
	page = put_desc(page, NVU_NIDT_EUI64, eui64, sizeof(eui64));
	page = put_desc(page, NVU_NIDT_NGUID, uuid, sizeof(uuid));
	page = put_desc(page, NVU_NIDT_UUID, uuid, sizeof(uuid));
	(void)put_desc(page, NVU_NIDT_CSI, &csi, sizeof(csi));
}

/* The namespaces above nsid, up to 1024 of them: the attached ones, or all. */
static uint16_t build_ns_list(const struct nvu_mock *mock, uint32_t nsid, bool all, uint8_t *page)
{
	uint32_t place = 0;

	assert(mock->config.opts.ns_max < UINT32_MAX);
	if (nsid >= UINT32_MAX - 1)
		return MOCK_DNR(NVU_SC_INVALID_NS);
	while (++nsid <= mock->config.opts.ns_max && place < PAGE_BYTES) {
		nvu_le32 entry = nvu_le32_put(nsid);

		if (!(all ? mock_ns_find(mock, nsid) : mock_ns_attached(mock, nsid)))
			continue;
		memcpy(page + place, &entry, sizeof(entry));
		place += (uint32_t)sizeof(entry);
	}
	return 0;
}

static void put_le(uint8_t *at, uint64_t value, size_t len)
{
	while (len--) {
		*at++ = (uint8_t)value;
		value >>= 8;
	}
}

/* NVM 4.1.5.3: the protection information of each format, also of those from index 16 on. */
static void build_nvm_ns(const struct nvu_mock *mock, struct nvu_id_ns_nvm *id)
{
	for (uint32_t index = 0; index < mock_ns_formats(mock); index++) {
		const struct mock_format format = mock_ns_format_of(mock, index);
		const nvu_le32 entry =
			nvu_le32_put((uint32_t)format.pif << 7 | format.storage_bits);

		id->elbaf[index] = entry;
		id->elbaf[EXTENDED_FORMAT + index] = entry;
	}
	id->lbstm = nvu_le64_put(layout_mask(mock->config.opts.storage_tag_bits));
}

/* What a namespace's command set says of it: CNS 05h. */
static uint16_t build_csi_ns(const struct nvu_mock *mock, const struct mock_ns *ns, uint8_t csi,
			     uint8_t *page)
{
	assert(ns->bytes);
	if (csi != mock->config.opts.csi)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	if (csi == NVU_CSI_NVM) {
		build_nvm_ns(mock, (struct nvu_id_ns_nvm *)(void *)page);
	} else if (csi == NVU_CSI_KV) { /* KV figure 37: NSZE, NUSE, in bytes */
		put_le(page, ns->bytes, 8);
		put_le(page + 16, ns->bytes, 8);
	} else if (csi == NVU_CSI_ZONED) { /* ZNS figure 48: MAR, MOR: no limit; ZSZE: one zone */
		put_le(page + 4, UINT64_MAX, 8);
		for (uint32_t format = 0; format < 4; format++)
			put_le(page + 2816 + 16ul * format, ns->bytes >> (9 + format), 8);
	}
	return 0;
}

/* CNS 08h, Base figure 280. */
static void build_independent_ns(uint8_t *page)
{
	page[14] = 1; /* NSTAT: ready */
}

/* One controller, identifier 1, when the list is to begin at or below it. Base figure 276. */
static void build_ctrl_list(uint8_t *page)
{
	page[0] = 1; /* entries */
	page[2] = 1; /* CNTLID */
}

/* A host that has not set LBAFEE cannot name the format in use. */
static bool is_hidden(const struct nvu_mock *mock)
{
	return mock->config.opts.flags & NVU_MOCK_EXTENDED_FORMATS &&
	       !mock->features[NVU_FEAT_HOST_BEHAVIOR];
}

static uint16_t build_for_ns(const struct nvu_mock *mock, uint8_t cns, uint8_t csi, uint32_t nsid,
			     uint8_t *page)
{
	bool by_allocation = cns == CNS_ALLOCATED_NS || cns == CNS_ATTACHED_CTRL_LIST;
	const struct mock_ns *ns = mock_ns_find(mock, nsid);

	if (!mock_ns_is_valid(mock, nsid))
		return MOCK_DNR(NVU_SC_INVALID_NS);
	/* Base 5.17.2: zeroes for an identifier that is not active, or not allocated. */
	if (!ns || (!by_allocation && !ns->attached))
		return cns == NVU_CNS_NS_DESC_LIST ? MOCK_DNR(NVU_SC_INVALID_FIELD) : 0;
	if (is_hidden(mock) && cns == NVU_CNS_NS)
		return MOCK_DNR(NVU_SC_INVALID_NS);
	if (cns == NVU_CNS_NS_DESC_LIST)
		build_descs(mock, nsid, page);
	else if (cns == NVU_CNS_NS || cns == CNS_ALLOCATED_NS)
		build_ns(mock, nsid, (struct nvu_id_ns *)(void *)page);
	else if (cns == CNS_ATTACHED_CTRL_LIST && ns->attached)
		build_ctrl_list(page);
	else if (cns == NVU_CNS_INDEPENDENT_NS)
		build_independent_ns(page);
	return cns == NVU_CNS_CSI_NS ? build_csi_ns(mock, ns, csi, page) : 0;
}

uint16_t mock_identify_build(const struct nvu_mock *mock, uint8_t cns, uint8_t csi, uint32_t nsid,
			     uint8_t *page)
{
	bool by_csi = cns == NVU_CNS_CSI_NS || cns == NVU_CNS_CSI_CTRL ||
		      cns == NVU_CNS_CSI_ACTIVE_NS_LIST;

	memset(page, 0, PAGE_BYTES);
	if (by_csi && csi != NVU_CSI_NVM && csi != mock->config.opts.csi)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	switch (cns) {
	case NVU_CNS_CTRL:
		build_ctrl(mock, (struct nvu_id_ctrl *)(void *)page);
		return 0;
	case NVU_CNS_CSI_ACTIVE_NS_LIST:
		return csi == mock->config.opts.csi ? build_ns_list(mock, nsid, false, page) : 0;
	case NVU_CNS_ACTIVE_NS_LIST:
	case NVU_CNS_ALLOCATED_NS_LIST:
		return build_ns_list(mock, nsid, cns == NVU_CNS_ALLOCATED_NS_LIST, page);
	case NVU_CNS_NS:
	case NVU_CNS_NS_DESC_LIST:
	case NVU_CNS_CSI_NS:
	case NVU_CNS_INDEPENDENT_NS:
	case CNS_ALLOCATED_NS:
	case CNS_ATTACHED_CTRL_LIST:
		return build_for_ns(mock, cns, csi, nsid, page);
	case NVU_CNS_CSI_CTRL: /* no limits of the command set's own: zeroes */
		return 0;
	case CNS_CTRL_LIST:
		build_ctrl_list(page);
		return 0;
	case NVU_CNS_CSI_LIST:
		page[0] = (uint8_t)(1u << NVU_CSI_NVM |
				    1u << mock->config.opts.csi); /* the one combination */
		return 0;
	default:
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	}
}
