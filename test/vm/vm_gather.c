/* SPDX-License-Identifier: MIT */
/*
 * vm_gather.c: vm_tool's "gather": data in pieces, by PRPs and by SGLs, as another implementation of the controller reads
 * them. Random pieces are compared with one buffer.
 */
#include "vm_tool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	LBA = 4096,
	BYTES_MAX = 256 << 10,
	PIECES_MAX = 600,
	AREA = 4 << 20,
	PAGE = 4096,
	TURNS = 40
};

struct scene {
	struct drive drive;
	const struct nvu_ns *ns;
	struct nvu_dma *area, *plain;
	struct nvu_piece pieces[PIECES_MAX];
	uint32_t count;
	uint64_t random;
};

static uint32_t draw(struct scene *scene, uint32_t below)
{
	scene->random ^= scene->random << 13;
	scene->random ^= scene->random >> 7;
	scene->random ^= scene->random << 17;
	return (uint32_t)(scene->random >> 20) % below;
}

/* From the end of the area downwards; whole pages, but for the first and the last, or anything. */
static void draw_pieces(struct scene *scene, size_t bytes, bool pages)
{
	size_t end = AREA, offset = pages ? draw(scene, PAGE / 4) * 4ul : 0;

	for (scene->count = 0; bytes; offset = 0) {
		size_t len = pages ? (draw(scene, 6) + 1ul) * PAGE - offset
				   : (1ul << draw(scene, 14)) + draw(scene, 400);
		size_t room;

		len = bytes < len ? bytes : len;
		room = pages ? (offset + len + PAGE - 1) / PAGE * PAGE : len + draw(scene, 3);
		end -= room;
		scene->pieces[scene->count++] =
			(struct nvu_piece){ scene->area, end + offset, len };
		bytes -= len;
	}
}

/* A request; its commands. */
static uint64_t work(struct scene *scene, uint32_t opcode, size_t bytes, bool in_pieces)
{
	const struct nvu_rw_args *args =
		NVU_RW_ARGS(.ns = scene->ns, .opcode = opcode, .lba = LBA,
			    .blocks = bytes / nvu_ns_info(scene->ns)->block_bytes,
			    .buf = in_pieces ? NULL : scene->plain,
			    .pieces = in_pieces ? scene->pieces : NULL,
			    .piece_count = in_pieces ? scene->count : 0);
	struct nvu_qpair_stats before, after;
	struct nvu_cpl cpl;

	nvu_qpair_stats(scene->drive.qpair, &before, sizeof(before));
	must(nvu_rw(scene->drive.qpair, args), "nvu_rw");
	if (nvu_qpair_drain(scene->drive.qpair, &cpl, 1, 30000) != 1 || cpl.status)
		die("opcode %u, %u pieces: status %d: %s", opcode, scene->count, cpl.status,
		    nvu_strerror(cpl.status));
	nvu_qpair_stats(scene->drive.qpair, &after, sizeof(after));
	return after.completed - before.completed;
}

/* Whether the pieces hold what one buffer does. */
static void compare(const struct scene *scene, const char *what)
{
	const char *plain = nvu_dma_addr(scene->plain);

	for (uint32_t i = 0; i < scene->count; i++) {
		const struct nvu_piece *piece = &scene->pieces[i];

		if (memcmp((char *)nvu_dma_addr(piece->buf) + piece->offset, plain, piece->len))
			die("%s: piece %u of %u, %zu bytes at offset %zu, differs", what, i,
			    scene->count, piece->len, piece->offset);
		plain += piece->len;
	}
}

static uint64_t round_trip(struct scene *scene, bool pages, uint64_t *commands)
{
	uint32_t block = nvu_ns_info(scene->ns)->block_bytes;
	size_t bytes = (draw(scene, BYTES_MAX / block) + 1ul) * block;

	draw_pieces(scene, bytes, pages);
	fill_noise(nvu_dma_addr(scene->area), AREA, draw(scene, 1 << 20));
	*commands += work(scene, NVU_CMD_WRITE, bytes, true);
	(void)work(scene, NVU_CMD_READ, bytes, false);
	compare(scene, "written from pieces");
	*commands += work(scene, NVU_CMD_COMPARE, bytes, true);
	fill_noise(nvu_dma_addr(scene->plain), bytes, draw(scene, 1 << 20));
	(void)work(scene, NVU_CMD_WRITE, bytes, false);
	*commands += work(scene, NVU_CMD_READ, bytes, true);
	compare(scene, "read into pieces");
	return scene->count;
}

/* ADDRESS NSID: pieces of pages, then anywhere, if the controller has SGLs. */
int cmd_gather(int argc, char **argv)
{
	static struct scene scene;
	uint32_t sgls;

	if (argc != 2)
		return 2;
	scene.drive = drive_open_opts(argv[0], NULL, NVU_QPAIR_OPTS(.pieces = 128));
	scene.ns = drive_ns(&scene.drive, (uint32_t)number_of(argv[1]));
	scene.area = dma_alloc(&scene.drive, AREA);
	scene.plain = dma_alloc(&scene.drive, BYTES_MAX);
	scene.random = 7;
	sgls = nvu_ctrl_info(scene.drive.ctrl)->sgls;
	for (int pages = 1; pages >= (sgls ? 0 : 1); pages--) {
		uint64_t pieces = 0, commands = 0;

		for (int turn = 0; turn < TURNS; turn++)
			pieces += round_trip(&scene, pages, &commands);
		printf("%s: %llu pieces, three times in %llu commands\n",
		       pages ? "pages" : "anywhere", (unsigned long long)pieces,
		       (unsigned long long)commands);
	}
	must(nvu_dma_free(scene.plain), "nvu_dma_free");
	must(nvu_dma_free(scene.area), "nvu_dma_free");
	drive_close(&scene.drive);
	return 0;
}
