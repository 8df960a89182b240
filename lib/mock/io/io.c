// SPDX-License-Identifier: MIT
/*
 * io.c: read, write, compare, write zeroes, verify, flush and dataset management on the store. Reservations are in
 * reserve.c, and Copy in copy.c.
 */
#include "mock/io/io.h"

#include "mock/command.h"
#include "mock/faults/fault.h"
#include "mock/faults/violation.h"
#include "mock/io/blocks.h"
#include "mock/io/copy.h"
#include "mock/io/metadata.h"
#include "mock/io/ns.h"
#include "mock/io/reserve.h"
#include "mock/memory/store.h"
#include "mock/queues/data.h"
#include "mock/state.h"
#include "transport/transport.h"

#include <assert.h>
#include <string.h>

enum { FLAGS_FUSE = 0x03, FLAGS_RSVD = 0x3c, COMPARE_CHUNK_BYTES = 4096, DSM_RANGE_BYTES = 16 };

#define RW_PRINFO (0xfu << 26) /* protection information */
#define DSM_AD (1u << 2)       /* deallocate */

/* The range of a command with SLBA and NLB, NVM 3.2. */
static uint16_t locate_cmd(const struct nvu_mock *mock, const struct mock_cmd *cmd,
			   struct range *ret_range)
{
	uint64_t lba = nvu_le32_get(cmd->sqe.cdw10) | (uint64_t)nvu_le32_get(cmd->sqe.cdw11) << 32;
	uint64_t blocks = (nvu_le32_get(cmd->sqe.cdw12) & 0xffff) + 1;

	uint16_t status = blocks_locate(mock, nvu_le32_get(cmd->sqe.nsid), lba, blocks, ret_range);

	if (!status && (nvu_le32_get(cmd->sqe.cdw12) & RW_PRINFO) && !ret_range->ns->format.type)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	return status;
}

static bool has_metadata(const struct range *range)
{
	return range->ns->format.metadata_bytes != 0;
}

/* What the command reads or writes of the driver's memory, in mock->xfer and *ret_metadata. */
static uint16_t map(struct nvu_mock *mock, const struct mock_cmd *cmd, const struct range *range,
		    uint32_t prot, struct metadata *ret_metadata)
{
	return has_metadata(range) ? metadata_begin(mock, cmd, range, prot, ret_metadata)
				   : mock_data_map(mock, cmd, range->len, prot);
}

static uint64_t data_bytes(const struct range *range)
{
	return range->blocks * range->ns->format.lba_bytes;
}

/* NVM 3.2.4: with Force Unit Access, what is read is durable first. */
static uint16_t force_read(struct nvu_mock *mock, const struct mock_cmd *cmd,
			   const struct range *range)
{
	if (!blocks_are_forced(mock, cmd) ||
	    !mock_cache_settle(&mock->cache, range->store, range->offset, range->len))
		return 0;
	return NVU_SC_UNRECOVERED_READ;
}

static uint16_t zero(struct nvu_mock *mock, const struct range *range, bool forced)
{
	bool cached;
	uint16_t status = blocks_change_begin(mock, range, forced, &cached);

	if (!status && mock_store_zero(range->store, range->offset, range->len))
		status = NVU_SC_WRITE_FAULT;
	return status ? status : blocks_change_end(mock, range, cached);
}

/* Reads into the pieces of mock->xfer. */
static uint16_t fetch_data(const struct nvu_mock *mock, const struct range *range)
{
	uint64_t offset = range->offset;

	for (uint32_t idx = 0; idx < mock->xfer.count; idx++) {
		const struct mock_seg *seg = &mock->xfer.segs[idx];

		if (seg->base && mock_store_read(range->store, offset, seg->base, seg->len))
			return NVU_SC_UNRECOVERED_READ;
		offset += seg->len;
	}
	return 0;
}

static uint16_t read_blocks(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	struct metadata metadata;
	struct range range;
	uint16_t status = locate_cmd(mock, cmd, &range);

	if (!status)
		status = map(mock, cmd, &range, TRANSPORT_DMA_WRITE, &metadata);
	if (!status && blocks_are_unreadable(&range))
		status = NVU_SC_UNRECOVERED_READ;
	if (!status)
		status = force_read(mock, cmd, &range);
	if (!status)
		status = has_metadata(&range) ? metadata_read(mock, &range, &metadata)
					      : fetch_data(mock, &range);
	if (status)
		return status;
	mock_fault_patch_data(mock, cmd);
	mock->reads++;
	mock->stats.bytes_read += data_bytes(&range);
	return 0;
}

/* Writes the pieces of mock->xfer. */
static uint16_t store_data(const struct nvu_mock *mock, const struct range *range)
{
	uint64_t offset = range->offset;

	for (uint32_t idx = 0; idx < mock->xfer.count; idx++) {
		const struct mock_seg *seg = &mock->xfer.segs[idx];

		if (mock_store_write(range->store, offset, seg->base, seg->len))
			return NVU_SC_WRITE_FAULT;
		offset += seg->len;
	}
	return 0;
}

static uint16_t write_blocks(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	bool forced = blocks_are_forced(mock, cmd), cached = false;
	struct metadata metadata;
	struct range range;
	uint16_t status = locate_cmd(mock, cmd, &range);

	if (!status)
		status = map(mock, cmd, &range, TRANSPORT_DMA_READ, &metadata);
	if (!status && has_metadata(&range))
		status = metadata_check(mock, &range, &metadata);
	if (!status)
		status = blocks_change_begin(mock, &range, forced, &cached);
	if (!status)
		status = has_metadata(&range) ? metadata_write(mock, &range, &metadata)
					      : store_data(mock, &range);
	if (!status)
		status = blocks_change_end(mock, &range, cached);
	if (!status && forced && mock_store_flush(range.store))
		status = NVU_SC_WRITE_FAULT;
	if (status)
		return status;
	mock->writes++;
	mock->stats.bytes_written += data_bytes(&range);
	return 0;
}

static uint16_t compare_data(const struct nvu_mock *mock, const struct range *range)
{
	uint8_t stored[COMPARE_CHUNK_BYTES], sent[COMPARE_CHUNK_BYTES];

	for (uint64_t done = 0; done < range->len; done += sizeof(sent)) {
		size_t chunk = range->len - done < sizeof(sent) ? range->len - done : sizeof(sent);

		mock_xfer_get(&mock->xfer, done, sent, chunk);
		if (mock_store_read(range->store, range->offset + done, stored, chunk))
			return NVU_SC_UNRECOVERED_READ;
		if (memcmp(sent, stored, chunk))
			return MOCK_DNR(NVU_SC_COMPARE_FAILED);
	}
	return 0;
}

static uint16_t compare_blocks(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	struct metadata metadata;
	struct range range;
	uint16_t status = locate_cmd(mock, cmd, &range);

	if (!status)
		status = map(mock, cmd, &range, TRANSPORT_DMA_READ, &metadata);
	if (!status && blocks_are_unreadable(&range))
		status = NVU_SC_UNRECOVERED_READ;
	if (!status)
		status = force_read(mock, cmd, &range);
	if (status)
		return status;
	return has_metadata(&range) ? metadata_compare(mock, &range, &metadata)
				    : compare_data(mock, &range);
}

/* Zeroes that are not deallocated: their tuples differ from those of blocks that are. */
static uint16_t zero_metadata(struct nvu_mock *mock, const struct mock_cmd *cmd,
			      const struct range *range)
{
	struct metadata metadata;
	bool cached = false;
	uint16_t status = metadata_begin(mock, cmd, range, 0, &metadata);

	if (!status)
		status = blocks_change_begin(mock, range, blocks_are_forced(mock, cmd), &cached);
	if (!status)
		status = metadata_zero(mock, range, &metadata);
	return status ? status : blocks_change_end(mock, range, cached);
}

static uint16_t zero_blocks(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	struct range range;
	uint16_t status = locate_cmd(mock, cmd, &range);

	if (status)
		return status;
	if (range.ns->format.type && !(nvu_le32_get(cmd->sqe.cdw12) & NVU_RW_DEAC))
		return zero_metadata(mock, cmd, &range);
	return zero(mock, &range, blocks_are_forced(mock, cmd));
}

/* Durable at once: the cache keeps bytes only. */
static uint16_t spoil_blocks(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	struct range range;
	uint16_t status = locate_cmd(mock, cmd, &range);

	if (status)
		return status;
	return mock_bad_add(range.bad, range.offset, range.offset + range.len) ? NVU_SC_INTERNAL
									       : 0;
}

static uint16_t verify_blocks(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	struct metadata metadata;
	struct range range;
	uint16_t status = locate_cmd(mock, cmd, &range);

	if (!status && has_metadata(&range))
		status = metadata_begin(mock, cmd, &range, 0, &metadata);
	if (!status && blocks_are_unreadable(&range))
		status = NVU_SC_UNRECOVERED_READ;
	if (!status)
		status = force_read(mock, cmd, &range);
	return status || !has_metadata(&range) ? status : metadata_verify(mock, &range, &metadata);
}

static uint16_t flush(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	const struct mock_ns *ns = mock_ns_attached(mock, nvu_le32_get(cmd->sqe.nsid));

	mock_cache_flush(&mock->cache, &ns->store);
	return mock_store_flush(&ns->store) ? NVU_SC_WRITE_FAULT : 0;
}

/* One range of Dataset Management, NVM figure 45: attributes, length, first block. */
static uint16_t deallocate(struct nvu_mock *mock, uint32_t nsid, const uint8_t *entry, bool apply)
{
	struct range range;
	nvu_le32 blocks;
	nvu_le64 lba;
	uint16_t status;

	assert(mock_ns_attached(mock, nsid));
	memcpy(&blocks, entry + 4, sizeof(blocks));
	memcpy(&lba, entry + 8, sizeof(lba));
	if (nvu_le32_get(blocks) == 0)
		return 0;
	status = blocks_locate(mock, nsid, nvu_le64_get(lba), nvu_le32_get(blocks), &range);
	return status || !apply ? status : zero(mock, &range, false);
}

static uint16_t manage_dataset(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint64_t bytes = mock_command_bytes(mock, cmd);
	bool discards = nvu_le32_get(cmd->sqe.cdw11) & DSM_AD;
	uint16_t status = mock_data_map(mock, cmd, bytes, TRANSPORT_DMA_READ);

	assert(bytes <= sizeof(mock->page) && bytes % DSM_RANGE_BYTES == 0);
	if (status)
		return status;
	mock_xfer_get(&mock->xfer, 0, mock->page, bytes);
	for (int apply = 0; apply <= discards && !status; apply++) /* all checked before any */
		for (uint64_t at = 0; at < bytes && !status; at += DSM_RANGE_BYTES)
			status = deallocate(mock, nvu_le32_get(cmd->sqe.nsid), mock->page + at,
					    apply);
	return status;
}

/* Of each row that says MOCK. */
#define EXECUTE_FLUSH flush
#define EXECUTE_WRITE write_blocks
#define EXECUTE_READ read_blocks
#define EXECUTE_COMPARE compare_blocks
#define EXECUTE_WRITE_UNCORRECTABLE spoil_blocks
#define EXECUTE_WRITE_ZEROES zero_blocks
#define EXECUTE_DSM manage_dataset
#define EXECUTE_VERIFY verify_blocks
#define EXECUTE_COPY copy_blocks
#define EXECUTE_RESERVATION_REGISTER reserve_change
#define EXECUTE_RESERVATION_ACQUIRE reserve_change
#define EXECUTE_RESERVATION_RELEASE reserve_change
#define EXECUTE_RESERVATION_REPORT reserve_report

#define FOR_ADMIN(...)
#define FOR_IO(...) __VA_ARGS__
static mock_command_fn *const commands[256] = {
#include "mock/execute.def"
};

static bool is_nulled(const struct nvu_mock *mock, uint8_t opcode)
{
	return mock->null && (opcode == NVU_CMD_READ || opcode == NVU_CMD_WRITE);
}

uint16_t mock_io_execute(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint32_t nsid = nvu_le32_get(cmd->sqe.nsid);
	const struct spec_command *row;

	/* First: what is looked up in lib/spec counts as the library's when the path is measured. */
	if (is_nulled(mock, cmd->sqe.opcode))
		return 0;
	row = mock_command_offered(mock, 1, cmd->sqe.opcode);
	if (!row)
		return MOCK_DNR(NVU_SC_INVALID_OPCODE);
	if (cmd->sqe.flags & FLAGS_RSVD)
		mock_violation_add_cmd(mock, cmd, "reserved bits are set in its flags 0x%x",
				       cmd->sqe.flags);
	if ((cmd->sqe.flags & FLAGS_FUSE) && !cmd->fused) {
		mock_violation_add_cmd(mock, cmd,
				       "half of a fused pair without the other beside it");
		return MOCK_DNR(NVU_SC_ABORT_FUSED_MISSING);
	}
	if (cmd->sqe.flags & FLAGS_RSVD)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	if (!mock_ns_is_valid(mock, nsid))
		return MOCK_DNR(NVU_SC_INVALID_NS);
	if (!mock_ns_attached(mock, nsid)) /* Base 3.2.1.5: an inactive identifier */
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	if (reserve_forbids(mock, row, nsid))
		return MOCK_DNR(NVU_SC_RESERVATION_CONFLICT);
	return commands[row->opcode](mock, cmd);
}
