/* SPDX-License-Identifier: MIT */
/*
 * io.h: commands of a queue pair, one at a time, for the subcommands that read, write and change blocks.
 */
#ifndef TOOLS_IO_H
#define TOOLS_IO_H

#include "drive.h"

struct io {
	const struct args *args;
	const struct nvu_ns *ns;
	struct nvu_qpair *qpair;
	struct nvu_dma *buf;   /* NULL: without data */
	uint32_t block_bytes;  /* with metadata that are interleaved */
	uint32_t chunk_blocks; /* of one request */
	uint64_t lba, blocks;  /* what the command line says */
};

/* A queue pair, the blocks of SPAN, and a buffer if @data. Returns 0, or the exit status with the complaint made. */
int io_open(const struct args *args, struct drive *drive, bool data, struct io *ret_io);
void io_close(struct io *io);

/* The completion of what a call that returned @ret has queued: the exit status. */
int io_finish(struct io *io, int ret);

#endif
