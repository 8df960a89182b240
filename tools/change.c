/* SPDX-License-Identifier: MIT */
/*
 * change.c: dsm, flush, format, reset.
 */
#include "io.h"
#include "meter.h"
#include "subcommands.h"

#include <errno.h>
#include <inttypes.h>
#include <nvu/nvu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RANGES_MAX = 256, FORMAT_MS = 600000, LOOK_NS = 20000000 };

/* "FIRST:COUNT" up to a comma or the end; NULL: it is something else. */
static const char *parse_range(const char *at, struct nvu_range *ret)
{
	char text[64], *colon;
	size_t len = strcspn(at, ",");
	uint64_t blocks;

	if (len >= sizeof(text))
		return NULL;
	memcpy(text, at, len);
	text[len] = '\0';
	colon = strchr(text, ':');
	if (!colon)
		return NULL;
	*colon = '\0';
	if (!cli_number(text, false, &ret->lba) || !cli_number(colon + 1, false, &blocks) ||
	    !blocks || blocks > UINT32_MAX)
		return NULL;
	ret->blocks = (uint32_t)blocks;
	return at + len + (at[len] == ',');
}

static int take_ranges(const struct args *args, struct nvu_range *ranges, uint32_t *ret_count)
{
	const char *text = args->text[OPTION_RANGES_ID], *at = text;
	uint64_t blocks = cli_has(args, O(BLOCKS)) ? args->number[OPTION_BLOCKS_ID] : 1;
	uint32_t count = 0;

	if (text && cli_has(args, O(START) | O(BLOCKS)))
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "--ranges, or --start-block and --blocks: give one of them");
	if (!text && blocks > UINT32_MAX)
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "--blocks: expected 1 to %" PRIu32, UINT32_MAX);
	if (!text) {
		ranges[count++] =
			(struct nvu_range){ args->number[OPTION_START_ID], (uint32_t)blocks, 0 };
	}
	while (at && (*at || at == text)) {
		if (count == RANGES_MAX)
			return cli_complain(args->subcommand, EXIT_USAGE,
					    "--ranges: more than %d ranges", RANGES_MAX);
		ranges[count].rsvd = 0;
		at = parse_range(at, &ranges[count++]);
		if (!at)
			return cli_complain(args->subcommand, EXIT_USAGE,
					    "--ranges %s: expected FIRST:COUNT,FIRST:COUNT,...",
					    text);
	}
	*ret_count = count;
	return 0;
}

/* A queue pair without a span: for commands that have none, or another form of it. */
static int open_plain(const struct args *args, struct drive *drive, struct io *ret_io)
{
	struct io io = { .args = args, .ns = drive->ns };
	int ret = nvu_qpair_create(drive->ctrl, NULL, &io.qpair);

	if (ret)
		return cli_complain_nvu(args, ret);
	*ret_io = io;
	return 0;
}

int run_dsm(const struct args *args, struct drive *drive)
{
	struct nvu_range ranges[RANGES_MAX];
	struct io io;
	uint32_t count = 0;
	int status = take_ranges(args, ranges, &count);

	if (!status)
		status = open_plain(args, drive, &io);
	if (status)
		return status;
	status = io_finish(&io, nvu_deallocate(io.qpair, io.ns, ranges, count, 0));
	io_close(&io);
	return status;
}

int run_flush(const struct args *args, struct drive *drive)
{
	struct io io;
	int status = open_plain(args, drive, &io);

	if (status)
		return status;
	status = io_finish(&io, nvu_flush(io.qpair, io.ns, 0));
	io_close(&io);
	return status;
}

int run_reset(const struct args *args, struct drive *drive)
{
	int ret = nvu_ctrl_reset(drive->ctrl);

	return ret ? cli_complain_nvu(args, ret) : 0;
}

/* CDW10 of Format NVM, Base 5.14. */
static uint32_t format_dword(const struct args *args, const struct nvu_ns_info *info)
{
	uint64_t lbaf = cli_has(args, O(LBAF)) ? args->number[OPTION_LBAF_ID] : info->lbaf;

	return (uint32_t)((lbaf & 15) | args->number[OPTION_MSET_ID] << 4 |
			  args->number[OPTION_PI_ID] << 5 | args->number[OPTION_PIL_ID] << 8 |
			  args->number[OPTION_SES_ID] << 9 | (lbaf >> 4) << 12);
}

int run_format(const struct args *args, struct drive *drive)
{
	static const struct timespec nap = { 0, LOOK_NS };
	uint64_t timeout = cli_has(args, O(TIMEOUT)) ? args->number[OPTION_TIMEOUT_ID] : FORMAT_MS;
	struct nvu_sqe cmd = { .opcode = NVU_ADMIN_FORMAT_NVM };
	struct nvu_cpl cpl = { 0 };
	int ret;

	cmd.nsid = nvu_le32_put(drive->nsid ? drive->nsid : 1);
	cmd.cdw10 = nvu_le32_put(format_dword(args, nvu_ns_info(drive->ns)));
	ret = nvu_admin_start(drive->ctrl, &cmd, NULL, 0, (uint32_t)timeout, 0);
	while (!ret && !(ret = nvu_admin_poll(drive->ctrl, &cpl, 1))) {
		meter_show("format", 0, 0);
		(void)nanosleep(&nap, NULL);
	}
	meter_clear();
	if (ret < 0)
		return cli_complain_nvu(args, ret);
	if (cpl.status)
		return drive_complain(args, drive, EXIT_FAILED, nvu_strerror(cpl.status));
	return 0;
}
