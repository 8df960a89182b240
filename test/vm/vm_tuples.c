/* SPDX-License-Identifier: MIT */
/*
 * vm_tuples.c: the subcommand of vm_tool for protection information that the kernel's driver writes and reads:
 * tuples with the application tag 0 and the block as reference tag.
 */
#include "vm_tool.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK_BLOCKS = 64 };

struct scene {
	struct drive drive;
	const struct nvu_ns *ns;
	struct nvu_protection_format format;
	struct nvu_dma *data, *metadata;
	uint64_t lba;
};

static struct nvu_protection_args tags_at(uint64_t lba)
{
	return (struct nvu_protection_args){ .size = sizeof(struct nvu_protection_args),
					     .ref_tag = lba,
					     .app_mask = 0xffff,
					     .checks = NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_APP |
						       NVU_RW_PRCHK_REF };
}

/* One command; checks: those of the controller. */
static void transfer(struct scene *scene, uint32_t opcode, uint32_t blocks, bool checks)
{
	const struct nvu_protection_args tags = tags_at(scene->lba);
	struct nvu_rw_args *args =
		NVU_RW_ARGS(.ns = scene->ns, .opcode = opcode, .lba = scene->lba, .blocks = blocks,
			    .buf = scene->data, .metadata = scene->metadata);

	if (checks) {
		args->flags = tags.checks;
		args->ref_tag = tags.ref_tag;
		args->app_mask = tags.app_mask;
	}
	must(nvu_rw(scene->drive.qpair, args), "nvu_rw");
	drive_wait(&scene->drive, 1);
}

/* What the kernel has written: read without the controller's checks, verified here. */
static void read_chunk(struct scene *scene, const void *expected, uint32_t blocks)
{
	const struct nvu_protection_args tags = tags_at(scene->lba);

	transfer(scene, NVU_CMD_READ, blocks, false);
	must(nvu_protection_verify(&scene->format, &tags, nvu_dma_addr(scene->data),
				   nvu_dma_addr(scene->metadata), blocks, NULL),
	     "verifying the kernel's tuples");
	if (memcmp(nvu_dma_addr(scene->data), expected, (size_t)blocks * scene->format.block_bytes))
		die("block %llu: other data", (unsigned long long)scene->lba);
}

static void write_chunk(struct scene *scene, const void *data, uint32_t blocks, bool spoil)
{
	const struct nvu_protection_args tags = tags_at(scene->lba);
	uint8_t *metadata = nvu_dma_addr(scene->metadata);

	memcpy(nvu_dma_addr(scene->data), data, (size_t)blocks * scene->format.block_bytes);
	must(nvu_protection_generate(&scene->format, &tags, nvu_dma_addr(scene->data), metadata,
				     blocks),
	     "generating");
	if (spoil)
		metadata[0] ^= 1; /* the guard, if the tuple comes first or is all there is */
	transfer(scene, NVU_CMD_WRITE, blocks, !spoil);
}

/* tuples ADDRESS NSID FILE read|write|spoil: the namespace's first blocks are compared with FILE, or become it. */
int cmd_tuples(int argc, char **argv)
{
	struct scene scene = { .drive = drive_open(argv[0], 0) };
	FILE *file = fopen(argv[2], "r");
	static char chunk[CHUNK_BLOCKS * 4096];
	uint32_t block;
	size_t len;

	(void)argc;
	if (!file)
		die("%s cannot be opened", argv[2]);
	scene.ns = drive_ns(&scene.drive, (uint32_t)number_of(argv[1]));
	must(nvu_protection_of(scene.ns, &scene.format, sizeof(scene.format)), "the format");
	block = scene.format.block_bytes;
	scene.data = dma_alloc(&scene.drive, sizeof(chunk));
	scene.metadata =
		dma_alloc(&scene.drive, (size_t)CHUNK_BLOCKS * scene.format.metadata_bytes);
	while ((len = fread(chunk, 1, (size_t)CHUNK_BLOCKS * block, file)) >= block) {
		uint32_t blocks = (uint32_t)(len / block);

		if (strcmp(argv[3], "read") == 0)
			read_chunk(&scene, chunk, blocks);
		else
			write_chunk(&scene, chunk, blocks, strcmp(argv[3], "spoil") == 0);
		scene.lba += blocks;
	}
	(void)fclose(file);
	must(nvu_dma_free(scene.data), "freeing memory");
	must(nvu_dma_free(scene.metadata), "freeing memory");
	drive_close(&scene.drive);
	return 0;
}
