// SPDX-License-Identifier: MIT
/*
 * device_data.c: what the hostile device returns for the commands that read something, and the check
 * of data pointers: the pages that PRP 1, PRP 2 and lists name must be exactly the pages of the
 * command's data, which nvu lays out without gaps, all inside one buffer that is mapped; lists must
 * be memory that a device may not write.
 */
#include "device.h"
#include "input.h"

#include <nvu/identify.h>

/* Identify Controller: notices of namespaces and firmware; offsets of log pages. */
enum { PAGE_BYTES = 4096, OAES = 0x300, LPA_OFFSETS = 4, ONCS_ALL = 0x1ff, RANGE_BYTES = 16 };

void device_change(uint32_t what)
{
	device.changed = true;
	if (what & DEVICE_CHANGE_FORMAT)
		device.lbads = device.lbads == 9 ? 12 : 9;
	if (what & DEVICE_CHANGE_COUNT)
		device.namespaces = 3 - device.namespaces;
	if (what & DEVICE_CHANGE_IDENTITY)
		device.eui++;
	if (what & DEVICE_CHANGE_SIZE)
		device.blocks = 6144 - device.blocks;
}

/* What nvu sends in pieces tells their length itself. */
static uint64_t own_length(const struct nvu_sqe *sqe, uint64_t len)
{
	uint32_t cdw10 = nvu_le32_get(sqe->cdw10);

	if (sqe->opcode == NVU_ADMIN_GET_LOG_PAGE)
		return ((cdw10 >> 16) + 1ull) * 4;
	return sqe->opcode == NVU_ADMIN_FW_DOWNLOAD ? (cdw10 + 1ull) * 4 : len;
}

static uint64_t data_bytes(const struct nvu_sqe *sqe, bool admin)
{
	uint32_t nsid = nvu_le32_get(sqe->nsid), cdw2 = nvu_le32_get(sqe->cdw2);

	if (cdw2 & DEVICE_LENGTH)
		return admin && cdw2 != DEVICE_LENGTH ? own_length(sqe, cdw2 & ~DEVICE_LENGTH)
						      : cdw2 & ~DEVICE_LENGTH;
	if (admin)
		return sqe->opcode == NVU_ADMIN_IDENTIFY ? PAGE_BYTES : 0;
	if (!cdw2 && sqe->opcode == NVU_CMD_RESERVATION_REPORT)
		return (nvu_le32_get(sqe->cdw10) + 1ull) * 4;
	if (cdw2 || device.changed || nsid > DEVICE_NAMESPACES)
		return 0;
	if (sqe->opcode == NVU_CMD_DSM)
		return ((nvu_le32_get(sqe->cdw10) & 0xff) + 1ull) * RANGE_BYTES;
	if (sqe->opcode != NVU_CMD_READ && sqe->opcode != NVU_CMD_WRITE &&
	    sqe->opcode != NVU_CMD_COMPARE)
		return 0;
	return ((nvu_le32_get(sqe->cdw12) & 0xffff) + 1ull) * device.block_bytes[nsid];
}

static uint64_t list_entry(uint64_t iova)
{
	const struct device_map *map = device.maps;
	nvu_le64 entry;

	while (map < device.maps + device.map_count && iova - map->iova >= map->len)
		map++;
	PROMISE(map < device.maps + device.map_count);
	PROMISE(map->prot == TRANSPORT_DMA_READ && iova % sizeof(entry) == 0);
	memcpy(&entry, map->addr + (iova - map->iova), sizeof(entry));
	return nvu_le64_get(entry);
}

static void check_list(uint64_t list, uint64_t next, uint64_t end, uint64_t page)
{
	while (next < end) {
		uint64_t entry = list_entry(list);

		if ((list + 8) % page == 0 && end - next > page) {
			PROMISE(entry != list);
			list = entry;
			continue;
		}
		PROMISE(entry == next);
		next += page;
		list += 8;
	}
}

static bool moves_blocks(const struct nvu_sqe *sqe)
{
	return sqe->opcode == NVU_CMD_READ || sqe->opcode == NVU_CMD_WRITE ||
	       sqe->opcode == NVU_CMD_COMPARE;
}

/* A descriptor of data; its length. */
static uint64_t check_descriptor(uint64_t address, uint64_t word)
{
	uint64_t len = word & UINT32_MAX, type = word >> 56;

	PROMISE((word >> 32 & 0xffffff) == 0);
	PROMISE(type == NVU_SGL_DATA_BLOCK || (type == NVU_SGL_BIT_BUCKET && !address));
	PROMISE(type == NVU_SGL_BIT_BUCKET || device_memory(address, len, TRANSPORT_DMA_READ));
	return len;
}

static void check_sgl(uint64_t address, uint64_t word, uint64_t len)
{
	uint64_t sum = 0;

	if (word >> 56 != NVU_SGL_LAST_SEGMENT) {
		PROMISE(check_descriptor(address, word) == len);
		return;
	}
	PROMISE(word % 16 == 0);
	for (uint64_t at = 0; at < (word & UINT32_MAX); at += 16)
		sum += check_descriptor(list_entry(address + at), list_entry(address + at + 8));
	PROMISE(sum == len);
}

/* Pages of anywhere. */
static void check_pages(uint64_t prp1, uint64_t prp2, uint64_t len, uint64_t page)
{
	uint64_t part = page - prp1 % page;
	bool is_list = len > part + page;

	PROMISE(prp1 % 4 == 0);
	PROMISE(device_memory(prp1, part < len ? part : len, TRANSPORT_DMA_READ));
	for (uint64_t left = part < len ? len - part : 0; left; prp2 += 8) {
		uint64_t entry = is_list ? list_entry(prp2) : prp2;

		if (is_list && (prp2 + 8) % page == 0 && left > page) {
			prp2 = entry - 8;
			continue;
		}
		part = left < page ? left : page;
		PROMISE(entry % page == 0 && device_memory(entry, part, TRANSPORT_DMA_READ));
		left -= part;
	}
}

void device_check_pointer(const struct nvu_sqe *sqe, bool admin)
{
	uint64_t page = (uint64_t)PAGE_BYTES << NVU_GET(NVU_CC_MPS, device.cc);
	uint64_t prp1 = nvu_le64_get(sqe->prp1), prp2 = nvu_le64_get(sqe->prp2);
	uint64_t len = data_bytes(sqe, admin), next = (prp1 & ~(page - 1)) + page;

	if (!len || !device.master)
		return;
	if (device.pieces && !admin && moves_blocks(sqe) && (sqe->flags & NVU_PSDT)) {
		check_sgl(prp1, prp2, len);
		return;
	}
	if (device.pieces && !admin && moves_blocks(sqe)) {
		check_pages(prp1, prp2, len, page);
		return;
	}
	PROMISE(!(sqe->flags & 0xc0) && prp1 % 4 == 0);
	PROMISE(device_memory(prp1, len, TRANSPORT_DMA_READ));
	if (prp1 + len <= next)
		return;
	if (prp1 + len <= next + page)
		PROMISE(prp2 == next);
	else
		check_list(prp2, next, prp1 + len, page);
}

static void fill_ctrl(struct nvu_id_ctrl *id)
{
	memset(id->sn, ' ', sizeof(id->sn));
	memcpy(id->sn, "hostile", 7);
	memcpy(id->mn, "device", 6);
	id->mdts = 5;
	id->sqes = 0x66;
	id->cqes = 0x44;
	id->nn = nvu_le32_put(2);
	id->aerl = 1;
	id->oacs = nvu_le16_put(device.offers_shadow ? NVU_OACS_DOORBELL_BUFFER : 0);
	if (!device.offers_notices)
		return;
	id->oaes = nvu_le32_put(OAES);
	id->ctratt = nvu_le32_put(NVU_CTRATT_EXTENDED_FORMATS);
	id->lpa = LPA_OFFSETS;
	id->oncs = nvu_le16_put(ONCS_ALL);
	id->fuses = nvu_le16_put(NVU_FUSES_COMPARE_AND_WRITE);
	id->oacs |= nvu_le16_put(NVU_OACS_DIRECTIVES);
	id->fwug = 1; /* 4 KiB */
}

/* Small: few blocks make several commands. */
static void fill_limits(struct nvu_id_ctrl_nvm *id)
{
	if (!device.offers_notices)
		return;
	id->vsl = id->wzsl = id->wusl = 2;
	id->dmrl = 2;
	id->dmrsl = nvu_le32_put(64);
	id->dmsl = nvu_le64_put(100);
}

static void fill_descriptors(uint8_t *list)
{
	const uint8_t head[] = { NVU_NIDT_EUI64, 8, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8,
				 NVU_NIDT_CSI,	 1, 0, 0, 0, 0, 0, 0 };

	memcpy(list, head, sizeof(head));
	list[4] ^= device.eui;
}

/* Ascending identifiers from the one after nsid. */
static void fill_list(uint8_t *list, uint32_t nsid)
{
	for (uint32_t i = 0; nsid < device.namespaces; i++) {
		nvu_le32 id = nvu_le32_put(++nsid);

		memcpy(list + i * sizeof(id), &id, sizeof(id));
	}
}

static void fill_ns(struct nvu_id_ns *id)
{
	id->nsze = id->ncap = id->nuse = nvu_le64_put(device.blocks);
	id->lbaf[0].lbads = device.lbads;
}

void device_fill(uint8_t page[PAGE_BYTES], uint8_t cns, uint32_t nsid)
{
	memset(page, 0, PAGE_BYTES);
	if (device.pages[cns]) {
		memcpy(page, device.pages[cns], PAGE_BYTES);
		return;
	}
	if (cns == NVU_CNS_CTRL)
		fill_ctrl((void *)page);
	else if (cns == NVU_CNS_NS)
		fill_ns((void *)page);
	else if (cns == NVU_CNS_ACTIVE_NS_LIST)
		fill_list(page, nsid);
	else if (cns == NVU_CNS_NS_DESC_LIST)
		fill_descriptors(page);
	else if (cns == NVU_CNS_CSI_CTRL)
		fill_limits((void *)page);
	for (uint32_t i = 0; i < device.patch_count; i++) {
		const struct device_patch *patch = &device.patches[i];

		if (patch->cns == cns)
			memcpy(page + patch->offset % (PAGE_BYTES - DEVICE_PATCH_BYTES),
			       patch->bytes, patch->len % (DEVICE_PATCH_BYTES + 1));
	}
}

static void send(const struct nvu_sqe *sqe, bool admin, const void *page)
{
	uint64_t len = data_bytes(sqe, admin);

	/* Only what opcodes say that they read, and what is not the driver's to write. */
	if (sqe->opcode & NVU_XFER_FROM_CTRL)
		device_write(nvu_le64_get(sqe->prp1), page, len < PAGE_BYTES ? len : PAGE_BYTES);
}

void device_return_data(const struct nvu_sqe *sqe, bool admin)
{
	static _Alignas(8) uint8_t page[PAGE_BYTES];

	if (!data_bytes(sqe, admin) || !(sqe->opcode & NVU_XFER_FROM_CTRL))
		return;
	if (admin)
		device_fill(page,
			    sqe->opcode == NVU_ADMIN_IDENTIFY ? (uint8_t)nvu_le32_get(sqe->cdw10)
							      : 0xff,
			    nvu_le32_get(sqe->nsid));
	else
		memset(page, sqe->opcode, sizeof(page));
	send(sqe, admin, page);
}

void device_return_noise(const struct nvu_sqe *sqe, bool admin, uint64_t seed)
{
	static _Alignas(8) uint8_t page[PAGE_BYTES];

	for (size_t i = 0; i < PAGE_BYTES; i += sizeof(seed)) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		memcpy(page + i, &seed, sizeof(seed));
	}
	send(sqe, admin, page);
}
