// SPDX-License-Identifier: MIT
/*
 * log.c: the log pages that drivers and tools read. The mock builds the whole log page in its own page
 * and returns the part that the command asks for, with zeroes past the end.
 */
#include "mock/admin/log.h"

#include "mock/command.h"
#include "mock/event.h"
#include "mock/faults/fault.h"
#include "mock/io/ns.h"
#include "mock/memory/prp.h"
#include "mock/queues/data.h"
#include "transport/transport.h"

#include <assert.h>
#include <string.h>

enum { UNIT_BYTES = 512 * 1000, COMMANDS = 256, IDENTIFIERS = 256 };

struct log_page {
	bool mocked;
	uint32_t bytes; /* of the header, or of the whole log page */
	uint32_t unit;	/* bytes of an entry; 0: it has none */
};

#define MOCK true
#define NO_MOCK false
#define LOG_PAGE(symbol, lid, name, bytes, unit, mock, ...) [lid] = { mock, bytes, unit },
static const struct log_page table[IDENTIFIERS] = {
#include "spec/log_pages.def"
};
#undef LOG_PAGE

/* An entry of the Error Information log, Base figure 206. */
static void put_error(uint8_t *at, const struct mock_error_entry *entry)
{
	const nvu_le64 number = nvu_le64_put(entry->number);
	const nvu_le64 lba = nvu_le64_put(entry->lba);
	const nvu_le32 nsid = nvu_le32_put(entry->nsid);
	const nvu_le16 words[4] = { nvu_le16_put(entry->sqid), nvu_le16_put(entry->cid),
				    nvu_le16_put(entry->status), nvu_le16_put(0xffff) };

	if (entry->number == 0)
		return;
	memcpy(at, &number, sizeof(number));
	memcpy(at + 8, words, sizeof(words));
	memcpy(at + 16, &lba, sizeof(lba));
	memcpy(at + 24, &nsid, sizeof(nsid));
}

/* The newest error first. */
static void build_errors(const struct nvu_mock *mock, uint8_t *page)
{
	uint64_t newest = mock->error_number;

	for (uint32_t idx = 0; idx <= MOCK_ELPE && idx < newest; idx++)
		put_error(page + idx * table[NVU_LOG_ERROR].unit,
			  &mock->errors[(newest - 1 - idx) % (MOCK_ELPE + 1)]);
}

static void put_u128(uint8_t field[16], uint64_t value)
{
	for (int idx = 0; idx < 8; idx++)
		field[idx] = (uint8_t)(value >> (8 * idx));
}

static void build_smart(const struct nvu_mock *mock, uint8_t *page)
{
	struct nvu_smart_log *log = (struct nvu_smart_log *)(void *)page;

	log->temperature[0] = MOCK_TEMPERATURE_KELVIN & 0xff;
	log->temperature[1] = MOCK_TEMPERATURE_KELVIN >> 8;
	log->avail_spare = 100;
	log->spare_thresh = 10;
	put_u128(log->data_units_read, (mock->stats.bytes_read + UNIT_BYTES - 1) / UNIT_BYTES);
	put_u128(log->data_units_written,
		 (mock->stats.bytes_written + UNIT_BYTES - 1) / UNIT_BYTES);
	put_u128(log->host_reads, mock->reads);
	put_u128(log->host_writes, mock->writes);
	put_u128(log->power_cycles, 1);
	put_u128(log->unsafe_shutdowns, mock->unsafe_shutdowns);
	put_u128(log->num_err_log_entries, mock->error_number);
}

static void build_fw_slot(const struct nvu_mock *mock, uint8_t *page)
{
	page[0] = 1; /* active: slot 1 */
	memset(page + 8, ' ', 8);
	memcpy(page + 8, mock->firmware, strlen(mock->firmware));
}

/* One dword for each identifier; bit 0: supported. Base figure 204. */
static void build_supported(uint8_t *page)
{
	for (uint32_t idx = 0; idx < IDENTIFIERS; idx++)
		page[idx * 4] = table[idx].mocked;
}

/* One dword for each opcode, admin then I/O, of what the mock has: bit 0, and what it changes. */
static void build_commands(const struct nvu_mock *mock, uint8_t *page)
{
	for (uint32_t entry = 0; entry < 2 * COMMANDS; entry++) {
		uint16_t qid = entry < COMMANDS ? 0 : 1;
		const struct spec_command *row =
			mock_command_offered(mock, qid, (uint8_t)(entry % COMMANDS));
		const nvu_le32 effects = nvu_le32_put(row ? COMMAND_SUPPORTED | row->effects : 0);

		memcpy(page + entry * sizeof(effects), &effects, sizeof(effects));
	}
}

static uint64_t size_of(uint8_t log_page)
{
	uint64_t entries = log_page == NVU_LOG_ERROR ? MOCK_ELPE + 1 : 0;

	assert(table[log_page].mocked && !table[log_page].unit == !entries);
	return table[log_page].bytes + entries * table[log_page].unit;
}

static void build(struct nvu_mock *mock, uint8_t log_page)
{
	assert(size_of(log_page) <= sizeof(mock->page));
	memset(mock->page, 0, sizeof(mock->page));
	switch (log_page) {
	case NVU_LOG_SUPPORTED:
		build_supported(mock->page);
		break;
	case NVU_LOG_ERROR:
		build_errors(mock, mock->page);
		break;
	case NVU_LOG_SMART:
		build_smart(mock, mock->page);
		break;
	case NVU_LOG_FW_SLOT:
		build_fw_slot(mock, mock->page);
		break;
	case NVU_LOG_COMMANDS:
		build_commands(mock, mock->page);
		break;
	default:
		assert(log_page == NVU_LOG_CHANGED_NS);
		mock_ns_changed_list(mock, mock->page, false);
		break;
	}
}

/* The part [offset, offset + len) of a page of that size, with zeroes past its end. */
static uint16_t reply_part(struct nvu_mock *mock, const struct mock_cmd *cmd, uint64_t offset,
			   uint64_t len, uint64_t bytes)
{
	static const uint8_t zeroes[sizeof(mock->page)];
	uint64_t part = bytes - offset < len ? bytes - offset : len;
	uint16_t status = len ? mock_data_map(mock, cmd, len, TRANSPORT_DMA_WRITE) : 0;

	assert(offset <= bytes && bytes <= sizeof(mock->page));
	if (status || !len)
		return status;
	mock_xfer_put(&mock->xfer, 0, mock->page + offset, part);
	for (; part < len; part += sizeof(zeroes))
		mock_xfer_put(&mock->xfer, part, zeroes,
			      len - part < sizeof(zeroes) ? len - part : sizeof(zeroes));
	mock_fault_patch_data(mock, cmd);
	return 0;
}

uint16_t mock_log_get(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint32_t cdw10 = nvu_le32_get(cmd->sqe.cdw10);
	uint64_t offset = nvu_le32_get(cmd->sqe.cdw12) | (uint64_t)nvu_le32_get(cmd->sqe.cdw13)
								 << 32;
	bool retain_event = cdw10 >> 15 & 1;
	uint8_t log_page = (uint8_t)cdw10;
	uint64_t bytes, len;
	uint16_t status;

	if (!table[log_page].mocked)
		return MOCK_DNR(NVU_SC_INVALID_LOG_PAGE);
	build(mock, log_page);
	bytes = size_of(log_page);
	if (offset & 3 || offset > bytes)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	len = mock_data_length(mock, cmd, mock_command_bytes(mock, cmd));
	status = reply_part(mock, cmd, offset, len, bytes);
	if (!status && !retain_event && log_page == NVU_LOG_CHANGED_NS)
		mock_ns_changed_list(mock, mock->page, true);
	if (!status && !retain_event)
		mock_event_unmask(mock, log_page);
	return status;
}
