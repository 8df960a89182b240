/* SPDX-License-Identifier: MIT */
/*
 * logs.c: log pages. lib/spec/log_pages.def has their numbers and lengths, logs.def those that are shown field
 * by field.
 */
#include "log_rows.h"

#include "drive.h"
#include "names.h"
#include "show.h"
#include "subcommands.h"

#include <inttypes.h>
#include <nvu/nvu.h>
#include <nvu/print.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 64 << 10, UNKNOWN_BYTES = 4096, ENTRY_BYTES = 64 };

static const struct name_row pages[] = {
#define LOG_PAGE(symbol, lid, name, bytes, unit, mock, section, since) \
	{ lid, #symbol, name, (bytes) ? (bytes) : (unit) },
#include "spec/log_pages.def"
#undef LOG_PAGE
};

enum { PAGE_COUNT = sizeof(pages) / sizeof(pages[0]) };

enum log_shape { SHAPE_WHOLE, SHAPE_ENTRIES };

static const struct log_row {
	uint8_t lid;
	enum log_shape shape;
	const char *figure;
} rows[] = {
#define LOG(symbol, name, figure, shape, help) { NVU_LOG_##symbol, SHAPE_##shape, figure },
#include "logs.def"
#undef LOG
};

void logs_list(void)
{
	printf("\nLog pages:\n");
	names_list(pages, PAGE_COUNT);
}

static const struct log_row *find_row(uint8_t lid)
{
	for (size_t idx = 0; idx < sizeof(rows) / sizeof(rows[0]); idx++)
		if (rows[idx].lid == lid)
			return &rows[idx];
	return NULL;
}

/* Bytes at an offset of a log page, Base 5.16: at most CHUNK_BYTES. */
static int fetch_chunk(const struct args *args, struct drive *drive, uint8_t lid, uint64_t offset,
		       void *data, size_t len)
{
	uint32_t dwords = (uint32_t)(len / 4 - 1);
	uint32_t lsp = (uint32_t)args->number[OPTION_LSP_ID];
	struct nvu_sqe cmd = { .opcode = NVU_ADMIN_GET_LOG_PAGE };

	cmd.nsid = nvu_le32_put(drive->nsid ? drive->nsid : UINT32_MAX);
	cmd.cdw10 = nvu_le32_put((dwords & 0xffff) << 16 | (cli_has(args, O(RAE)) ? 1u << 15 : 0) |
				 lsp << 8 | lid);
	cmd.cdw11 = nvu_le32_put((uint32_t)args->number[OPTION_LSI_ID] << 16 | dwords >> 16);
	cmd.cdw12 = nvu_le32_put((uint32_t)offset);
	cmd.cdw13 = nvu_le32_put((uint32_t)(offset >> 32));
	cmd.cdw14 = nvu_le32_put((uint32_t)args->number[OPTION_CSI_ID] << 24 |
				 (uint32_t)args->number[OPTION_UUID_INDEX_ID]);
	return drive_admin(args, drive, &cmd, data, len, NULL);
}

static int fetch(const struct args *args, struct drive *drive, uint8_t lid, uint8_t *data,
		 size_t len)
{
	size_t chunk = nvu_ctrl_info(drive->ctrl)->max_transfer_bytes;
	int status = 0;

	if (chunk > CHUNK_BYTES)
		chunk = CHUNK_BYTES;
	for (size_t at = 0; !status && at < len; at += chunk)
		status = fetch_chunk(args, drive, lid, args->number[OPTION_LPO_ID] + at, data + at,
				     len - at < chunk ? len - at : chunk);
	return status;
}

/* How many entries a log page of entries has: ELPE is 0's based. */
static size_t entry_count(const struct args *args, const struct drive *drive)
{
	if (cli_has(args, O(ENTRIES)))
		return args->number[OPTION_ENTRIES_ID];
	return (size_t)nvu_ctrl_identify(drive->ctrl)->elpe + 1;
}

/* Up to the last entry that is not all zeroes. */
static size_t used_entries(const uint8_t *data, size_t count, size_t bytes)
{
	static const uint8_t zeroes[ENTRY_BYTES];

	while (count && !memcmp(data + (count - 1) * bytes, zeroes, bytes))
		count--;
	return count;
}

static void show_unknown(const struct args *args, uint8_t lid, const uint8_t *data, size_t len)
{
	const struct name_row *page = names_of(pages, PAGE_COUNT, lid);

	if (cli_has(args, O(JSON))) {
		printf("{\"lid\":%u,\"bytes\":%zu,\"data\":", lid, len);
		show_json_hex(data, len);
		printf("}\n");
		return;
	}
	printf("%s, log page 0x%02x\n", page ? page->name : "Unknown", lid);
	show_hex(data, len);
}

/* @data as its row says; without one, or in part, as bytes. */
static int show(const struct args *args, uint8_t lid, const uint8_t *data, size_t len)
{
	const struct log_row *row = find_row(lid);
	size_t bytes = row ? nvu_figure_bytes(nvu_figure_find(row->figure)) : 0;

	if (cli_has(args, O(RAW)))
		return show_raw(args, data, len);
	if (row && row->shape == SHAPE_ENTRIES && !args->number[OPTION_LPO_ID])
		return show_figures(args, row->figure, data,
				    used_entries(data, len / bytes, bytes));
	if (row && len >= bytes && !args->number[OPTION_LPO_ID])
		return show_figure(args, row->figure, data, len);
	show_unknown(args, lid, data, len);
	return 0;
}

static int show_log(const struct args *args, struct drive *drive, uint8_t lid, size_t len)
{
	uint8_t *data = calloc(1, len);
	int status;

	if (!data)
		return cli_complain(args->subcommand, EXIT_FAILED, "no memory for %zu bytes", len);
	status = fetch(args, drive, lid, data, len);
	if (!status)
		status = show(args, lid, data, len);
	free(data);
	return status;
}

static size_t page_bytes(const struct args *args, const struct drive *drive, uint8_t lid)
{
	const struct name_row *page = names_of(pages, PAGE_COUNT, lid);
	const struct log_row *row = find_row(lid);

	if (row && row->shape == SHAPE_ENTRIES)
		return entry_count(args, drive) * nvu_figure_bytes(nvu_figure_find(row->figure));
	return page && page->bytes >= 4 ? page->bytes : UNKNOWN_BYTES;
}

int run_log(const struct args *args, struct drive *drive)
{
	uint8_t lid = (uint8_t)args->subcommand->log;

	return show_log(args, drive, lid, page_bytes(args, drive, lid));
}

int run_get_log(const struct args *args, struct drive *drive)
{
	uint64_t len = args->number[OPTION_LOG_LEN_ID], lpo = args->number[OPTION_LPO_ID];
	const char *text = args->text[OPTION_LID_ID];
	uint8_t lid;

	if (!text)
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "--lid is missing: a number or a name of `nvu help get-log`");
	if (!names_find(pages, PAGE_COUNT, text, &lid))
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "--lid %s: expected 0 to 0xff or a name of `nvu help get-log`",
				    text);
	if (len % 4 || lpo % 4)
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "--len and --lpo have to be multiples of 4");
	return show_log(args, drive, lid, len ? (size_t)len : page_bytes(args, drive, lid));
}
