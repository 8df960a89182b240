/* SPDX-License-Identifier: MIT */
/*
 * io.c: see io.h.
 */
#include "io.h"

#include <inttypes.h>
#include <nvu/nvu.h>
#include <stdio.h>

enum { DATA_BYTES = 1 << 20, WITHOUT_DATA_BLOCKS = 1 << 18, WAIT_MS = 1000, TEXT_BYTES = 512 };

/* The blocks of --blocks, --block-count or --data-size; 1 without any of them. */
static int take_blocks(const struct args *args, uint32_t block_bytes, uint64_t *ret_blocks)
{
	uint64_t size = args->number[OPTION_DATA_SIZE_ID];
	int given = cli_has(args, O(BLOCKS)) + cli_has(args, O(BLOCK_COUNT)) +
		    cli_has(args, O(DATA_SIZE));

	if (given > 1)
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "--blocks, --block-count and --data-size: give one of them");
	if (size % block_bytes)
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "--data-size %" PRIu64 ": not a multiple of the block, %" PRIu32
				    " bytes",
				    size, block_bytes);
	if (cli_has(args, O(BLOCKS)))
		*ret_blocks = args->number[OPTION_BLOCKS_ID];
	else
		*ret_blocks = size ? size / block_bytes : args->number[OPTION_BLOCK_COUNT_ID] + 1;
	return 0;
}

static int take_span(struct io *io)
{
	const struct nvu_ns_info *info = nvu_ns_info(io->ns);
	int status = take_blocks(io->args, io->block_bytes, &io->blocks);

	io->lba = io->args->number[OPTION_START_ID];
	if (status)
		return status;
	if (io->lba >= info->blocks || io->blocks > info->blocks - io->lba)
		return cli_complain(io->args->subcommand, EXIT_USAGE,
				    "%" PRIu64 " blocks from block %" PRIu64 ": namespace %" PRIu32
				    " has %" PRIu64 " blocks",
				    io->blocks, io->lba, info->nsid, info->blocks);
	return 0;
}

int io_open(const struct args *args, struct drive *drive, bool data, struct io *ret_io)
{
	const struct nvu_ns_info *info = nvu_ns_info(drive->ns);
	struct io io = { .args = args, .ns = drive->ns, .chunk_blocks = WITHOUT_DATA_BLOCKS };
	int status, ret;

	/* Protection information the controller inserts, and strips; other metadata are data at a block's end. */
	io.block_bytes = info->block_bytes;
	if (info->metadata_extended && !info->protection)
		io.block_bytes += info->metadata_bytes;
	status = take_span(&io);
	if (status)
		return status;
	ret = nvu_qpair_create(drive->ctrl, NULL, &io.qpair);
	if (!ret && data) {
		io.chunk_blocks = io.block_bytes < DATA_BYTES ? DATA_BYTES / io.block_bytes : 1;
		ret = nvu_dma_alloc(drive->ctrl, (size_t)io.chunk_blocks * io.block_bytes, &io.buf);
	}
	if (ret) {
		status = cli_complain_nvu(args, ret);
		io_close(&io);
		return status;
	}
	*ret_io = io;
	return 0;
}

void io_close(struct io *io)
{
	nvu_qpair_destroy(io->qpair);
	nvu_dma_free(io->buf);
}

int io_finish(struct io *io, int ret)
{
	struct nvu_cpl cpl = { 0 };
	char text[TEXT_BYTES];

	/* Every command has a deadline. */
	while (!ret)
		ret = nvu_wait(io->qpair, &cpl, 1, WAIT_MS);
	if (ret < 0)
		return cli_complain_nvu(io->args, ret);
	if (!cpl.status)
		return 0;
	(void)nvu_cpl_describe(io->qpair, &cpl, text, sizeof(text));
	return cli_complain(io->args->subcommand, EXIT_FAILED, "%s", text);
}
