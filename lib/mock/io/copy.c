// SPDX-License-Identifier: MIT
/*
 * copy.c: see copy.h. All source ranges are checked before a block is copied. Tuples of the source are not checked:
 * a command that asks for that is refused.
 */
#include "mock/io/copy.h"

#include "mock/io/blocks.h"
#include "mock/io/ns.h"
#include "mock/io/protect.h"
#include "mock/memory/store.h"
#include "mock/queues/data.h"
#include "mock/reservation.h"
#include "transport/transport.h"

#include <assert.h>
#include <string.h>

enum { BLOCK_MAX = 4096 + MOCK_METADATA_MAX, FORMATS = 4, WIDE = 1, OTHER_NS = 2 };

#define PRACT_READ (1u << 15)
#define CHECKS_READ (7u << 12)

/* A source range. */
struct source {
	uint32_t nsid;
	uint64_t lba;
	uint32_t blocks;
};

struct copy {
	struct range to;
	struct protect protect;
	uint64_t at; /* blocks copied */
};

static uint32_t format_of(const struct mock_cmd *cmd)
{
	return nvu_le32_get(cmd->sqe.cdw12) >> 8 & 0xf;
}

static uint32_t count_of(const struct mock_cmd *cmd)
{
	return (nvu_le32_get(cmd->sqe.cdw12) & 0xff) + 1;
}

static uint32_t entry_bytes(uint32_t format)
{
	return format & WIDE ? sizeof(struct nvu_copy_entry_wide) : sizeof(struct nvu_copy_entry);
}

/* Both kinds of entries begin with the same fields. */
static struct source source_at(const struct nvu_mock *mock, const struct mock_cmd *cmd,
			       uint32_t index)
{
	uint32_t format = format_of(cmd);
	struct nvu_copy_entry entry;

	mock_xfer_get(&mock->xfer, (uint64_t)index * entry_bytes(format), &entry, sizeof(entry));
	return (struct source){
		.nsid = nvu_le32_get(format & OTHER_NS ? entry.snsid : cmd->sqe.nsid),
		.lba = nvu_le64_get(entry.slba),
		.blocks = nvu_le16_get(entry.nlb) + 1u,
	};
}

static uint16_t check_format(const struct nvu_mock *mock, const struct mock_cmd *cmd,
			     const struct mock_format *format)
{
	uint32_t number = format_of(cmd), cdw12 = nvu_le32_get(cmd->sqe.cdw12);
	bool wide = format->type && format->pif != NVU_PIF_16B;

	if (number >= FORMATS || (number & WIDE) != wide)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	if (number & OTHER_NS && !(mock->copy_enabled & 1u << number))
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	if (cdw12 & CHECKS_READ || !(cdw12 & PRACT_READ) != !(cdw12 & NVU_RW_PRACT))
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	return 0;
}

static bool is_compatible(const struct mock_format *one, const struct mock_format *other)
{
	return one->lba_bytes == other->lba_bytes && one->metadata_bytes == other->metadata_bytes &&
	       one->type == other->type && one->pif == other->pif &&
	       one->storage_bits == other->storage_bits;
}

static bool overlaps(const struct range *from, uint64_t lba, uint64_t blocks,
		     const struct mock_ns *ns)
{
	return from->ns == ns && from->lba < lba + blocks && lba < from->lba + from->blocks;
}

/* Where it lies; 0 or the status of what is not to be copied. */
static uint16_t locate_source(const struct nvu_mock *mock, const struct source *source,
			      const struct mock_ns *to, struct range *ret_from)
{
	const struct mock_ns *ns = mock_ns_attached(mock, source->nsid);

	if (!ns)
		return MOCK_DNR(NVU_SC_INVALID_NS);
	if (!is_compatible(&ns->format, &to->format))
		return MOCK_DNR(NVU_SC_INCOMPATIBLE_NS);
	if (source->blocks > MOCK_MSSRL)
		return MOCK_DNR(NVU_SC_COMMAND_SIZE_LIMIT);
	if (mock_reservation_conflicts(ns->reservation, &mock->host, false))
		return MOCK_DNR(NVU_SC_RESERVATION_CONFLICT);
	return blocks_locate(mock, source->nsid, source->lba, source->blocks, ret_from);
}

static uint16_t check_sources(const struct nvu_mock *mock, const struct mock_cmd *cmd, uint64_t lba,
			      uint64_t *ret_blocks)
{
	const struct mock_ns *to = mock_ns_attached(mock, nvu_le32_get(cmd->sqe.nsid));
	uint64_t total = 0;
	struct range from;
	uint16_t status = 0;

	for (uint32_t i = 0; i < count_of(cmd); i++)
		total += source_at(mock, cmd, i).blocks;
	if (total > MOCK_MCL)
		return MOCK_DNR(NVU_SC_COMMAND_SIZE_LIMIT);
	for (uint32_t i = 0; !status && i < count_of(cmd); i++) {
		const struct source source = source_at(mock, cmd, i);

		status = locate_source(mock, &source, to, &from);
		if (!status && overlaps(&from, lba, total, to))
			status = MOCK_DNR(NVU_SC_OVERLAPPING_IO_RANGE);
		else if (!status && blocks_are_unreadable(&from))
			status = NVU_SC_UNRECOVERED_READ;
	}
	*ret_blocks = total;
	return status;
}

static uint16_t copy_block(struct copy *copy, const struct range *from, uint64_t idx)
{
	uint32_t stride = mock_format_stride(&copy->to.ns->format);
	uint8_t block[BLOCK_MAX];

	if (mock_store_read(from->store, from->offset + idx * stride, block, stride))
		return NVU_SC_UNRECOVERED_READ;
	if (copy->protect.on && copy->protect.action) {
		protect_insert(&copy->protect, copy->at, block);
		protect_invert(&copy->protect, block);
	}
	if (mock_store_write(copy->to.store, copy->to.offset + copy->at * stride, block, stride))
		return NVU_SC_WRITE_FAULT;
	copy->at++;
	return 0;
}

static uint16_t copy_sources(const struct nvu_mock *mock, const struct mock_cmd *cmd,
			     struct copy *copy)
{
	uint16_t status = 0;

	for (uint32_t i = 0; !status && i < count_of(cmd); i++) {
		const struct source source = source_at(mock, cmd, i);
		struct range from;

		status = locate_source(mock, &source, copy->to.ns, &from);
		for (uint64_t idx = 0; !status && idx < source.blocks; idx++)
			status = copy_block(copy, &from, idx);
	}
	return status;
}

uint16_t copy_blocks(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint64_t lba = nvu_le32_get(cmd->sqe.cdw10) | (uint64_t)nvu_le32_get(cmd->sqe.cdw11) << 32;
	uint32_t nsid = nvu_le32_get(cmd->sqe.nsid);
	bool forced = blocks_are_forced(mock, cmd), cached = false;
	struct copy copy = { .at = 0 };
	uint64_t total;
	uint16_t status = check_format(mock, cmd, &mock_ns_attached(mock, nsid)->format);

	if (!status && count_of(cmd) > MOCK_MSRC)
		status = MOCK_DNR(NVU_SC_COMMAND_SIZE_LIMIT);
	if (!status)
		status = mock_data_map(mock, cmd, count_of(cmd) * entry_bytes(format_of(cmd)),
				       TRANSPORT_DMA_READ);
	if (!status)
		status = check_sources(mock, cmd, lba, &total);
	if (!status)
		status = blocks_locate(mock, nsid, lba, total, &copy.to);
	if (!status)
		status = protect_begin(&copy.to, &cmd->sqe, &copy.protect);
	if (!status)
		status = blocks_change_begin(mock, &copy.to, forced, &cached);
	if (!status)
		status = copy_sources(mock, cmd, &copy);
	if (!status)
		status = blocks_change_end(mock, &copy.to, cached);
	if (!status && forced && mock_store_flush(copy.to.store))
		status = NVU_SC_WRITE_FAULT;
	return status;
}
