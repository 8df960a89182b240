// SPDX-License-Identifier: MIT
/*
 * vm_block.c: vm_tool's "block": a namespace as a blocking device, against a model of its bytes, with several threads,
 * on another implementation of the controller.
 */
#include "vm_tool.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

enum {
	BYTES = 2 << 20,
	TURNS = 400,
	WRITERS = 4,
	PART = 700,
	ROUNDS = 60,
	PIECES = 20,
	SPREAD = 8192, /* more than PIECES times the room between two of them */
};

static uint64_t draw(uint64_t below)
{
	static uint64_t state = 11;

	state = state * 0xd1342543de82ef95u + 0x9e3779b97f4a7c15u;
	return (state >> 20) % below;
}

/* Pieces one behind the other in memory with room between them: most of them are a multiple of 4 bytes. */
static int cut(char *data, size_t len, struct iovec *pieces)
{
	const size_t part = len / PIECES / 4 * 4 + (draw(4) ? 0 : draw(4));
	int count = 0;

	for (; len > part && count < PIECES - 1; len -= part, data += part + 4 * draw(100))
		pieces[count++] = (struct iovec){ data, part };
	pieces[count] = (struct iovec){ data, len };
	return count + 1;
}

static void gather(const struct iovec *pieces, int count, char *to)
{
	for (int i = 0; i < count; to += pieces[i++].iov_len)
		memcpy(to, pieces[i].iov_base, pieces[i].iov_len);
}

static void change(struct nvu_block *block, char *model, char *data, uint64_t at, size_t len)
{
	if (draw(5)) {
		struct iovec pieces[PIECES] = { { data, len } };
		const int count = draw(2) ? cut(data, len, pieces) : 1;

		fill_noise(data, len + SPREAD, at + len);
		gather(pieces, count, model + at);
		must(nvu_block_writev(block, pieces, count, at, draw(2) ? NVU_BLOCK_FUA : 0),
		     "writing");
	} else {
		memset(model + at, 0, len);
		must(nvu_block_zero(block, at, len, 0), "zeroing");
	}
}

static void compare(struct nvu_block *block, const char *model, char *data, uint64_t at, size_t len)
{
	struct iovec pieces[PIECES] = { { data, len } };
	const int count = draw(2) ? cut(data, len, pieces) : 1;
	size_t done = 0;

	must(nvu_block_readv(block, pieces, count, at), "reading");
	for (int i = 0; i < count; done += pieces[i++].iov_len)
		if (memcmp(pieces[i].iov_base, model + at + done, pieces[i].iov_len) != 0)
			die("%zu bytes at %llu are not what was written: piece %d of %d", len,
			    (unsigned long long)at, i, count);
}

/* Of 2 MiB, or of all that there is. */
static void follow_a_model(struct nvu_block *block)
{
	const uint64_t all = nvu_block_bytes(block), bytes = all < BYTES ? all : BYTES;
	char *model = calloc(1, bytes), *data = aligned_alloc(4096, bytes + SPREAD);

	if (!model || !data)
		die("no memory");
	must(nvu_block_zero(block, 0, bytes, NVU_BLOCK_MAY_UNMAP), "zeroing all");
	for (int turn = 0; turn < TURNS; turn++) {
		uint64_t at = draw(bytes);
		size_t len = draw(draw(2) ? 2000 : 600000) + 1;

		if (turn == TURNS / 2)
			must(nvu_block_register(block, data, bytes + SPREAD), "registering memory");
		len = len < bytes - at ? len : bytes - at;
		if (draw(2))
			change(block, model, data, at, len);
		else
			compare(block, model, data, at, len);
	}
	must(nvu_block_flush(block), "flushing");
	compare(block, model, data, 0, bytes);
	must(nvu_block_discard(block, 100, bytes - 200), "discarding");
	must(nvu_block_unregister(block, data), "ending the registration");
	free(model);
	free(data);
}

struct writer {
	pthread_t thread;
	struct nvu_block *block;
	uint64_t number;
	char why[300]; /* empty: nothing was lost */
};

/* Parts of blocks that other writers write too. */
static void *write_parts(void *arg)
{
	struct writer *writer = arg;
	char data[PART], back[PART];

	for (uint64_t turn = 0; turn < ROUNDS && !writer->why[0]; turn++) {
		uint64_t at = (turn % 5 * WRITERS + writer->number) * PART;

		fill_noise(data, PART, turn * WRITERS + writer->number);
		if (nvu_block_write(writer->block, data, PART, at, 0) ||
		    nvu_block_read(writer->block, back, PART, at))
			(void)snprintf(writer->why, sizeof(writer->why), "%s", nvu_last_error());
		else if (memcmp(data, back, PART) != 0)
			(void)snprintf(writer->why, sizeof(writer->why),
				       "bytes at %llu are not what it wrote",
				       (unsigned long long)at);
	}
	return NULL;
}

static void write_side_by_side(struct nvu_block *block)
{
	struct writer writers[WRITERS];

	for (uint64_t i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){ .block = block, .number = i };
		if (pthread_create(&writers[i].thread, NULL, write_parts, &writers[i]))
			die("no thread");
	}
	for (uint64_t i = 0; i < WRITERS; i++) {
		(void)pthread_join(writers[i].thread, NULL);
		if (writers[i].why[0])
			die("writer %llu: %s", (unsigned long long)i, writers[i].why);
	}
}

/* Threads that sleep until the controller interrupts. */
static void sleep_side_by_side(struct drive *drive, const struct nvu_ns *ns)
{
	struct nvu_block *block;

	if (nvu_ns_info(ns)->metadata_bytes)
		return;
	must(nvu_block_open(drive->ctrl, ns,
			    NVU_BLOCK_OPTS(.queues = 2, .spin_us = 1, .flags = NVU_BLOCK_INTERRUPT),
			    &block),
	     "opening a block device with interrupts");
	write_side_by_side(block);
	nvu_block_close(block);
}

int cmd_block(int argc, char **argv)
{
	struct drive drive = drive_open(argv[0], 0);
	struct nvu_block *block;

	for (int i = 1; i < argc; i++) {
		const struct nvu_ns *ns = drive_ns(&drive, (uint32_t)number_of(argv[i]));

		must(nvu_block_open(drive.ctrl, ns, NVU_BLOCK_OPTS(.queues = 2, .depth = 16),
				    &block),
		     "opening a block device");
		follow_a_model(block);
		/*
		 * QEMU writes data and protection information one after the other: a read between finds a
		 * guard that does not fit. A block of a drive changes as a whole.
		 */
		if (!nvu_ns_info(ns)->metadata_bytes)
			write_side_by_side(block);
		nvu_block_close(block);
		sleep_side_by_side(&drive, ns);
	}
	drive_close(&drive);
	return 0;
}
