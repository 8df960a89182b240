/* SPDX-License-Identifier: MIT */
/*
 * vm_data.c: the subcommands of vm_tool that move data and look at it.
 */
#include "covers.h"
#include "vm_tool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

COVERS(IO, FLUSH);
COVERS(NVM, WRITE);
COVERS(NVM, READ);

enum { CHUNK_BYTES = 64 * 1024, CHUNKS = 32, PAGE_BYTES = 4096, GUARD_BYTES = 64, GUARD = 0xa5 };

/* --- noise, same: files ------------------------------------------------------------------------ */

static FILE *open_file(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (!file)
		die("%s: %s", path, strerror(errno));
	return file;
}

int cmd_noise(int argc, char **argv)
{
	static char chunk[CHUNK_BYTES];
	FILE *file = open_file(argv[0], "w");
	const uint64_t bytes = number_of(argv[1]), seed = number_of(argv[2]);

	(void)argc;
	for (uint64_t at = 0; at < bytes; at += CHUNK_BYTES) {
		fill_noise(chunk, CHUNK_BYTES, (seed << 32) + at / CHUNK_BYTES);
		if (!fwrite(chunk, CHUNK_BYTES, 1, file))
			die("%s: %s", argv[0], strerror(errno));
	}
	if (fclose(file))
		die("%s: %s", argv[0], strerror(errno));
	return 0;
}

static void read_chunk(FILE *file, const char *path, char *ret_chunk, size_t len)
{
	if (fread(ret_chunk, 1, len, file) != len)
		die("%s: it ends too early, or cannot be read: %s", path, strerror(errno));
}

int cmd_same(int argc, char **argv)
{
	static char chunk[CHUNK_BYTES], other_chunk[CHUNK_BYTES];
	FILE *file = open_file(argv[0], "r"), *other = open_file(argv[1], "r");
	const uint64_t first = number_of(argv[2]), bytes = number_of(argv[3]);

	(void)argc;
	if (fseeko(file, (off_t)first, SEEK_SET) || fseeko(other, (off_t)first, SEEK_SET))
		die("seeking to byte %llu: %s", (unsigned long long)first, strerror(errno));
	for (uint64_t at = 0, len; at < bytes; at += len) {
		len = bytes - at < CHUNK_BYTES ? bytes - at : CHUNK_BYTES;
		read_chunk(file, argv[0], chunk, len);
		read_chunk(other, argv[1], other_chunk, len);
		if (memcmp(chunk, other_chunk, len))
			die("%s and %s differ in the %llu bytes at %llu", argv[0], argv[1],
			    (unsigned long long)len, (unsigned long long)(first + at));
	}
	(void)fclose(file);
	(void)fclose(other);
	return 0;
}

/* --- write, read: a file and the first blocks of a namespace ---------------------------------- */

/* One chunk between the buffer and the namespace; queued only. */
static void queue_chunk(struct drive *drive, const struct nvu_ns *ns, bool write, uint64_t at,
			uint32_t bytes, const struct nvu_dma *buf, size_t offset)
{
	const uint32_t block = nvu_ns_info(ns)->block_bytes;
	int ret;

	if (bytes % block)
		die("%u bytes are no multiple of the block size %u", bytes, block);
	if (write)
		ret = nvu_write(drive->qpair, ns, at / block, bytes / block, buf, offset, at);
	else
		ret = nvu_read(drive->qpair, ns, at / block, bytes / block, buf, offset, at);
	must(ret, write ? "queueing a write" : "queueing a read");
}

/* Moves up to CHUNKS chunks beginning at byte `at`, all in flight together. */
static void move_batch(struct drive *drive, const struct nvu_ns *ns, bool write, uint64_t at,
		       size_t bytes, const struct nvu_dma *buf)
{
	uint32_t count = 0;

	for (size_t done = 0; done < bytes; done += CHUNK_BYTES, count++) {
		size_t left = bytes - done;

		queue_chunk(drive, ns, write, at + done,
			    (uint32_t)(left < CHUNK_BYTES ? left : CHUNK_BYTES), buf, done);
	}
	must(nvu_submit(drive->qpair), "submitting");
	drive_wait(drive, count);
}

int cmd_write(int argc, char **argv)
{
	struct drive drive = drive_open(argv[0], 0);
	const struct nvu_ns *ns = drive_ns(&drive, (uint32_t)number_of(argv[1]));
	struct nvu_dma *buf = dma_alloc(&drive, CHUNKS * CHUNK_BYTES);
	FILE *file = open_file(argv[2], "r");
	uint64_t at = 0;
	size_t len;

	(void)argc;
	while ((len = fread(nvu_dma_addr(buf), 1, CHUNKS * CHUNK_BYTES, file))) {
		move_batch(&drive, ns, true, at, len, buf);
		at += len;
	}
	must(nvu_flush(drive.qpair, ns, 0), "queueing a flush");
	drive_wait(&drive, 1);
	(void)fclose(file);
	must(nvu_dma_free(buf), "freeing memory");
	drive_close(&drive);
	return 0;
}

int cmd_read(int argc, char **argv)
{
	struct drive drive = drive_open(argv[0], 0);
	const struct nvu_ns *ns = drive_ns(&drive, (uint32_t)number_of(argv[1]));
	struct nvu_dma *buf = dma_alloc(&drive, CHUNKS * CHUNK_BYTES);
	const uint64_t bytes = number_of(argv[3]);
	FILE *file = open_file(argv[2], "w");
	size_t len;

	(void)argc;
	for (uint64_t at = 0; at < bytes; at += len) {
		len = bytes - at < CHUNKS * CHUNK_BYTES ? bytes - at : CHUNKS * CHUNK_BYTES;
		move_batch(&drive, ns, false, at, len, buf);
		if (fwrite(nvu_dma_addr(buf), 1, len, file) != len)
			die("%s: %s", argv[2], strerror(errno));
	}
	if (fclose(file))
		die("%s: %s", argv[2], strerror(errno));
	must(nvu_dma_free(buf), "freeing memory");
	drive_close(&drive);
	return 0;
}

/* --- sizes: from one block to the controller's limit ------------------------------------------- */

static bool is_guard(const unsigned char *memory)
{
	for (size_t i = 0; i < GUARD_BYTES; i++)
		if (memory[i] != GUARD)
			return false;
	return true;
}

static void one_size(struct drive *drive, const struct nvu_ns *ns, uint32_t blocks,
		     struct nvu_dma *from, struct nvu_dma *to)
{
	const size_t bytes = (size_t)blocks * nvu_ns_info(ns)->block_bytes;
	/* Dword aligned, else anywhere in a page, and different on both ways. */
	const size_t out = (blocks * 52u + 4) % PAGE_BYTES;
	const size_t in = GUARD_BYTES + (blocks * 1236u + 8) % PAGE_BYTES;
	unsigned char *back = nvu_dma_addr(to);

	memset(back + in - GUARD_BYTES, GUARD, bytes + 2 * GUARD_BYTES);
	must(nvu_write(drive->qpair, ns, blocks, blocks, from, out, 0), "queueing a write");
	drive_wait(drive, 1);
	must(nvu_read(drive->qpair, ns, blocks, blocks, to, in, 0), "queueing a read");
	drive_wait(drive, 1);

	if (memcmp((char *)nvu_dma_addr(from) + out, back + in, bytes))
		die("%u blocks came back changed (from page offset %zu to %zu)", blocks, out, in);
	if (!is_guard(back + in - GUARD_BYTES) || !is_guard(back + in + bytes))
		die("%u blocks: memory beside the buffer was written", blocks);
}

int cmd_sizes(int argc, char **argv)
{
	struct drive drive = drive_open(argv[0], 0);
	const struct nvu_ns *ns = drive_ns(&drive, (uint32_t)number_of(argv[1]));
	const struct nvu_ns_info *info = nvu_ns_info(ns);
	const size_t bytes = (size_t)info->max_transfer_blocks * info->block_bytes;
	struct nvu_dma *from = dma_alloc(&drive, bytes + 2 * PAGE_BYTES);
	struct nvu_dma *to = dma_alloc(&drive, bytes + 2 * PAGE_BYTES);

	(void)argc;
	if (!info->max_transfer_blocks || bytes > nvu_ctrl_info(drive.ctrl)->max_transfer_bytes)
		die("max_transfer_blocks is %u", info->max_transfer_blocks);
	fill_noise(nvu_dma_addr(from), bytes + 2 * PAGE_BYTES, 1);
	for (uint32_t blocks = 1; blocks <= info->max_transfer_blocks; blocks++)
		one_size(&drive, ns, blocks, from, to);
	if (nvu_read(drive.qpair, ns, 0, info->max_transfer_blocks + 1, to, 0, 0) != -EINVAL)
		die("more than max_transfer_blocks was accepted");
	printf("# %u sizes, up to %zu KiB\n", info->max_transfer_blocks, bytes / 1024);
	must(nvu_dma_free(from), "freeing memory");
	must(nvu_dma_free(to), "freeing memory");
	drive_close(&drive);
	return 0;
}

/* --- shared: two controllers, one buffer ------------------------------------------------------- */

int cmd_shared(int argc, char **argv)
{
	struct drive a = drive_open(argv[0], 0), b = drive_open(argv[1], 0);
	const struct nvu_ns *ns_a = drive_ns(&a, 1), *ns_b = drive_ns(&b, 1);
	struct nvu_dma *buf = dma_alloc(&a, 4 * CHUNK_BYTES);
	char *memory = nvu_dma_addr(buf);

	(void)argc;
	fill_noise(memory, 2 * CHUNK_BYTES, 7);
	/* Quarter 0 to a, quarter 1 to b; then a fills quarter 2 and b quarter 3, all at once. */
	queue_chunk(&a, ns_a, true, 0, CHUNK_BYTES, buf, 0);
	queue_chunk(&b, ns_b, true, 0, CHUNK_BYTES, buf, CHUNK_BYTES);
	must(nvu_submit(a.qpair), "submitting");
	must(nvu_submit(b.qpair), "submitting");
	drive_wait(&a, 1);
	drive_wait(&b, 1);
	queue_chunk(&a, ns_a, false, 0, CHUNK_BYTES, buf, 2 * CHUNK_BYTES);
	queue_chunk(&b, ns_b, false, 0, CHUNK_BYTES, buf, 3 * CHUNK_BYTES);
	must(nvu_submit(a.qpair), "submitting");
	must(nvu_submit(b.qpair), "submitting");
	drive_wait(&a, 1);
	drive_wait(&b, 1);
	if (memcmp(memory, memory + 2 * CHUNK_BYTES, 2 * CHUNK_BYTES))
		die("the two controllers did not bring back what they were given");

	/* The buffer was made for a; it must serve b when a has gone. */
	drive_close(&a);
	memset(memory + 3 * CHUNK_BYTES, 0, CHUNK_BYTES);
	queue_chunk(&b, ns_b, false, 0, CHUNK_BYTES, buf, 3 * CHUNK_BYTES);
	drive_wait(&b, 1);
	if (memcmp(memory + CHUNK_BYTES, memory + 3 * CHUNK_BYTES, CHUNK_BYTES))
		die("the second controller alone brought back something else");
	must(nvu_dma_free(buf), "freeing memory");
	drive_close(&b);
	return 0;
}

/* --- depth: a full queue ------------------------------------------------------------------------ */

static void fill_queue(struct drive *drive, const struct nvu_ns *ns, const struct nvu_dma *buf,
		       uint32_t depth)
{
	const uint32_t block = nvu_ns_info(ns)->block_bytes;
	int ret;

	for (uint32_t i = 0; i < depth; i++)
		must(nvu_read(drive->qpair, ns, i, 1, buf, (size_t)i * block, i), "queueing");
	ret = nvu_read(drive->qpair, ns, 0, 1, buf, 0, 0);
	if (ret != -EAGAIN)
		die("command %u of a queue that holds %u: %d, not -EAGAIN", depth + 1, depth, ret);
	drive_wait(drive, depth);
}

int cmd_depth(int argc, char **argv)
{
	struct drive drive = drive_open(argv[0], 0);
	const struct nvu_ns *ns = drive_ns(&drive, 1);
	const uint32_t entries = nvu_ctrl_info(drive.ctrl)->max_queue_entries;
	const uint32_t block = nvu_ns_info(ns)->block_bytes;
	struct nvu_dma *out, *in;

	(void)argc;
	nvu_qpair_destroy(drive.qpair);
	must(nvu_qpair_create(drive.ctrl, NVU_QPAIR_OPTS(.depth = entries), &drive.qpair),
	     "creating the deepest queue pair");
	if (nvu_qpair_depth(drive.qpair) != entries - 1)
		die("a queue of %u entries holds %u", entries, nvu_qpair_depth(drive.qpair));
	out = dma_alloc(&drive, (size_t)entries * block);
	in = dma_alloc(&drive, (size_t)entries * block);
	fill_noise(nvu_dma_addr(out), (size_t)entries * block, 3);
	for (uint32_t i = 0; i < entries - 1; i++)
		must(nvu_write(drive.qpair, ns, i, 1, out, (size_t)i * block, i), "queueing");
	drive_wait(&drive, entries - 1);
	/* Three times, so that both rings wrap and every slot is used again. */
	for (int round = 0; round < 3; round++) {
		memset(nvu_dma_addr(in), 0, (size_t)entries * block);
		fill_queue(&drive, ns, in, entries - 1);
		if (memcmp(nvu_dma_addr(out), nvu_dma_addr(in), (size_t)(entries - 1) * block))
			die("round %d brought back something else", round);
	}
	printf("# %u commands in flight\n", entries - 1);
	must(nvu_dma_free(out), "freeing memory");
	must(nvu_dma_free(in), "freeing memory");
	drive_close(&drive);
	return 0;
}

/* --- wild: the IOMMU must stop it ---------------------------------------------------------------- */

int cmd_wild(int argc, char **argv)
{
	struct drive drive = drive_open(argv[0], 0);
	struct nvu_sqe cmd = { .opcode = NVU_CMD_READ, .nsid = nvu_le32_put(1) };
	struct nvu_cpl cpl;
	int reaped = 0;

	(void)argc;
	cmd.prp1 = nvu_le64_put(0x4000000000); /* far above what was allocated: low ones go first */
	must(nvu_io(drive.qpair, &cmd, NULL, 0, 0, 0), "queueing");
	while (!reaped) {
		reaped = nvu_poll(drive.qpair, &cpl, 1);
		if (reaped < 0)
			must(reaped, "polling");
	}
	/* QEMU's controller does not notice; that the kernel does is what counts. */
	printf("# status 0x%x: %s\n", (unsigned int)cpl.status, nvu_strerror(cpl.status));
	drive_close(&drive);
	return 0;
}
