/* SPDX-License-Identifier: MIT */
/*
 * blocks.c: read, write, compare, verify, write-zeroes, write-uncor: a span of blocks, a chunk after the other.
 */
#include "io.h"
#include "meter.h"
#include "subcommands.h"

#include <errno.h>
#include <inttypes.h>
#include <nvu/nvu.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The file of --data, or standard input or output. */
struct stream {
	FILE *file;
	const char *name;
	bool is_input;
};

static int stream_open(const struct args *args, bool is_input, struct stream *ret)
{
	const char *path = args->text[OPTION_DATA_ID];

	ret->is_input = is_input;
	if (!path || !strcmp(path, "-")) {
		ret->file = is_input ? stdin : stdout;
		ret->name = is_input ? "standard input" : "standard output";
		return 0;
	}
	ret->name = path;
	ret->file = fopen(path, is_input ? "re" : "we");
	return ret->file ? 0
			 : cli_complain(args->subcommand, EXIT_FAILED, "%s: %s", path,
					strerror(errno));
}

/* Closes it; a file that was written fails here at the latest. */
static int stream_close(const struct args *args, struct stream *stream, int status)
{
	bool failed;

	if (!stream->file)
		return status;
	failed = stream->is_input ? false : ferror(stream->file) || fflush(stream->file);
	if (stream->file != stdin && stream->file != stdout && fclose(stream->file))
		failed = !stream->is_input;
	if (failed && !status)
		status = cli_complain(args->subcommand, EXIT_FAILED, "%s: %s", stream->name,
				      strerror(errno));
	return status;
}

/* A file that is too short is better known before the first block is written. */
static int check_input(const struct io *io, const struct stream *stream)
{
	uint64_t needed = io->blocks * io->block_bytes;
	struct stat stat;

	if (fstat(fileno(stream->file), &stat) || !S_ISREG(stat.st_mode) ||
	    (uint64_t)stat.st_size >= needed)
		return 0;
	return cli_complain(io->args->subcommand, EXIT_USAGE,
			    "%s: it has %" PRIu64 " bytes, %" PRIu64 " are needed", stream->name,
			    (uint64_t)stat.st_size, needed);
}

static uint32_t flags_of(const struct io *io, uint32_t opcode)
{
	const struct nvu_ns_info *info = nvu_ns_info(io->ns);
	uint32_t flags = 0;

	if (cli_has(io->args, O(FUA)))
		flags |= NVU_RW_FUA;
	if (cli_has(io->args, O(LR)))
		flags |= NVU_RW_LR;
	if (cli_has(io->args, O(DEAC)))
		flags |= NVU_RW_DEAC;
	if (info->protection && opcode != NVU_CMD_COMPARE)
		flags |= NVU_RW_PRACT;
	return flags;
}

static int rw_chunk(struct io *io, uint32_t opcode, uint64_t lba, uint32_t blocks)
{
	struct nvu_rw_args request = { .size = sizeof(request),
				       .ns = io->ns,
				       .opcode = opcode,
				       .lba = lba,
				       .blocks = blocks,
				       .buf = io->buf,
				       .flags = flags_of(io, opcode) };

	return io_finish(io, nvu_rw(io->qpair, &request));
}

static int uncorrectable_chunk(struct io *io, uint64_t lba, uint32_t blocks)
{
	return io_finish(io, nvu_write_uncorrectable(io->qpair, io->ns, lba, blocks, 0));
}

/* The data of a chunk, before a command that sends them or after one that has got them. */
static int move_chunk(struct io *io, struct stream *stream, uint64_t lba, uint32_t blocks)
{
	size_t len = (size_t)blocks * io->block_bytes, done;
	void *data = nvu_dma_addr(io->buf);

	done = stream->is_input ? fread(data, 1, len, stream->file)
				: fwrite(data, 1, len, stream->file);
	if (done == len)
		return 0;
	if (ferror(stream->file))
		return cli_complain(io->args->subcommand, EXIT_FAILED, "%s: %s", stream->name,
				    strerror(errno));
	return cli_complain(io->args->subcommand, EXIT_FAILED,
			    "%s ended at block %" PRIu64 " of %" PRIu64, stream->name,
			    lba - io->lba + done / io->block_bytes, io->blocks);
}

static int do_chunk(struct io *io, uint32_t opcode, struct stream *stream, uint64_t lba,
		    uint32_t blocks)
{
	int status = stream && stream->is_input ? move_chunk(io, stream, lba, blocks) : 0;

	if (status)
		return status;
	status = opcode == NVU_CMD_WRITE_UNCORRECTABLE ? uncorrectable_chunk(io, lba, blocks)
						       : rw_chunk(io, opcode, lba, blocks);
	if (!status && stream && !stream->is_input)
		status = move_chunk(io, stream, lba, blocks);
	return status;
}

static int do_span(struct io *io, uint32_t opcode, struct stream *stream)
{
	int status = stream && stream->is_input ? check_input(io, stream) : 0;

	for (uint64_t done = 0; !status && done < io->blocks;) {
		uint64_t left = io->blocks - done;
		uint32_t blocks = left < io->chunk_blocks ? (uint32_t)left : io->chunk_blocks;

		status = do_chunk(io, opcode, stream, io->lba + done, blocks);
		done += blocks;
		meter_show(io->args->subcommand->name, done, io->blocks);
	}
	meter_clear();
	return status;
}

/* Commands without data. */
static int run_without_data(const struct args *args, struct drive *drive, uint32_t opcode)
{
	uint32_t limit = nvu_ns_info(drive->ns)->max_uncorrectable_blocks;
	struct io io;
	int status = io_open(args, drive, false, &io);

	if (status)
		return status;
	if (opcode == NVU_CMD_WRITE_UNCORRECTABLE && limit && limit < io.chunk_blocks)
		io.chunk_blocks = limit;
	status = do_span(&io, opcode, NULL);
	io_close(&io);
	return status;
}

static int run_with_data(const struct args *args, struct drive *drive, uint32_t opcode)
{
	struct stream stream = { .file = NULL };
	struct io io;
	int status = io_open(args, drive, true, &io);

	if (status)
		return status;
	status = stream_open(args, opcode != NVU_CMD_READ, &stream);
	if (!status)
		status = do_span(&io, opcode, &stream);
	status = stream_close(args, &stream, status);
	io_close(&io);
	return status;
}

int run_read(const struct args *args, struct drive *drive)
{
	return run_with_data(args, drive, NVU_CMD_READ);
}

int run_write(const struct args *args, struct drive *drive)
{
	return run_with_data(args, drive, NVU_CMD_WRITE);
}

int run_compare(const struct args *args, struct drive *drive)
{
	return run_with_data(args, drive, NVU_CMD_COMPARE);
}

int run_verify(const struct args *args, struct drive *drive)
{
	return run_without_data(args, drive, NVU_CMD_VERIFY);
}

int run_write_zeroes(const struct args *args, struct drive *drive)
{
	return run_without_data(args, drive, NVU_CMD_WRITE_ZEROES);
}

int run_write_uncor(const struct args *args, struct drive *drive)
{
	return run_without_data(args, drive, NVU_CMD_WRITE_UNCORRECTABLE);
}
