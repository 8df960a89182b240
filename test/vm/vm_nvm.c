/* SPDX-License-Identifier: MIT */
/*
 * vm_nvm.c: vm_tool's "nvm": the commands of nvu/nvm.h, as another implementation of the controller answers them.
 * QEMU 7.2 executes Verify, but does not say so in ONCS.
 */
#include "covers.h"
#include "vm_tool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

COVERS(NVM, WRITE_ZEROES);
COVERS(NVM, COMPARE);
COVERS(NVM, DSM);
COVERS(NVM, COPY);
COVERS(ADMIN, ABORT);

enum { LBA = 1024, BLOCKS = 64, PAGES_OF_RANGES = 4, FLUSHED = 12 };

/* Everything that the subcommand works with. */
struct scene {
	struct drive drive;
	const struct nvu_ns *ns;
	const struct nvu_ns_info *info;
	struct nvu_dma *buf;
	char *out, *in; /* halves of buf */
	size_t bytes;	/* of each */
};

/* The only request that is outstanding, which was accepted. */
static struct nvu_cpl completion_of(struct scene *scene, int ret, const char *what)
{
	struct nvu_cpl cpl;

	must(ret, what);
	ret = nvu_qpair_drain(scene->drive.qpair, &cpl, 1, 30000);
	if (ret != 1)
		die("%s: drained %d: %s", what, ret, nvu_last_error());
	return cpl;
}

static int status_of(struct scene *scene, int ret, const char *what)
{
	return completion_of(scene, ret, what).status;
}

static uint64_t scene_commands(const struct scene *scene)
{
	struct nvu_qpair_stats stats;

	nvu_qpair_stats(scene->drive.qpair, &stats, sizeof(stats));
	return stats.completed;
}

static void expect(int status, int expected, const char *what)
{
	if (status != expected)
		die("%s: status %#x: %s", what, (unsigned int)status, nvu_strerror(status));
}

static void read_back(struct scene *scene)
{
	memset(scene->in, 0xa5, scene->bytes);
	expect(status_of(scene,
			 nvu_read(scene->drive.qpair, scene->ns, LBA, BLOCKS, scene->buf,
				  scene->bytes, 0),
			 "reading"),
	       0, "reading");
}

static void write_out(struct scene *scene, uint64_t seed)
{
	fill_noise(scene->out, scene->bytes, seed);
	expect(status_of(scene,
			 nvu_write(scene->drive.qpair, scene->ns, LBA, BLOCKS, scene->buf, 0, 0),
			 "writing"),
	       0, "writing");
}

static bool is_zero(const char *data, size_t len)
{
	return !data[0] && !memcmp(data, data + 1, len - 1);
}

/* Blocks [first, end) of those written are zeroes, or if `maybe` unchanged; all others are as they were. */
static void check_blocks(const struct scene *scene, uint32_t first, uint32_t end, bool maybe)
{
	size_t block = scene->info->block_bytes;

	for (uint32_t i = 0; i < BLOCKS; i++) {
		const char *was = scene->out + i * block, *is = scene->in + i * block;
		bool same = !memcmp(was, is, block);

		if (i < first || i >= end ? !same : !is_zero(is, block) && !(maybe && same))
			die("block %u of %u to %u: not as it must be", i, first, end);
	}
}

static void compare(struct scene *scene)
{
	struct nvu_qpair *qpair = scene->drive.qpair;
	size_t last = scene->bytes - 1;

	write_out(scene, 1);
	expect(status_of(scene, nvu_compare(qpair, scene->ns, LBA, BLOCKS, scene->buf, 0, 0, 0),
			 "comparing"),
	       0, "comparing what was written");
	scene->out[last] = (char)(scene->out[last] ^ 1);
	expect(status_of(scene, nvu_compare(qpair, scene->ns, LBA, BLOCKS, scene->buf, 0, 0, 0),
			 "comparing"),
	       NVU_SC_COMPARE_FAILED, "comparing with one bit changed");
}

static void zero(struct scene *scene)
{
	struct nvu_qpair *qpair = scene->drive.qpair;

	write_out(scene, 2);
	expect(status_of(scene, nvu_write_zeroes(qpair, scene->ns, LBA + 5, 7, NVU_RW_FUA, 0),
			 "write zeroes"),
	       0, "write zeroes");
	read_back(scene);
	check_blocks(scene, 5, 12, false);
}

static void verify(struct scene *scene)
{
	struct nvu_qpair *qpair = scene->drive.qpair;
	uint32_t most = scene->info->max_verify_blocks;

	if (!(scene->info->commands & NVU_NS_VERIFY)) {
		if (nvu_verify(qpair, scene->ns, LBA, BLOCKS, 0, 0) != -ENOTSUP)
			die("a Verify that ONCS does not have is not refused");
		printf("# no Verify: %s\n", nvu_last_error());
		return;
	}
	expect(status_of(scene, nvu_verify(qpair, scene->ns, LBA, BLOCKS, 0, 0), "verify"), 0,
	       "verify");
	if (most >= 65536 || most + 1 > scene->info->blocks)
		return;
	if (nvu_verify(qpair, scene->ns, 0, most + 1, NVU_RW_NO_SPLIT, 0) != -EINVAL)
		die("verifying %u blocks at once is not refused: %s", most + 1, nvu_last_error());
	expect(status_of(scene, nvu_verify(qpair, scene->ns, 0, most, NVU_RW_NO_SPLIT, 0),
			 "verify"),
	       0, "verifying as much as the controller takes");
	expect(status_of(scene, nvu_verify(qpair, scene->ns, 0, most + 1, 0, 0), "verify"), 0,
	       "verifying more than the controller takes");
}

static void transfer(struct scene *scene, uint8_t opcode, uint32_t blocks,
		     const struct nvu_dma *buf, size_t offset, int status, uint64_t result)
{
	struct nvu_rw_args *args = NVU_RW_ARGS(.ns = scene->ns, .opcode = opcode, .lba = LBA,
					       .blocks = blocks, .buf = buf, .offset = offset);
	struct nvu_cpl cpl = completion_of(scene, nvu_rw(scene->drive.qpair, args), "nvu_rw");

	expect(cpl.status, status, "a request of several commands");
	if (cpl.result != result)
		die("opcode %#x: %llu blocks succeeded, expected %llu", opcode,
		    (unsigned long long)cpl.result, (unsigned long long)result);
}

/* More than the controller transfers at once: write, read, compare, and compare what differs behind the first command. */
static void split(struct scene *scene)
{
	uint32_t most = scene->info->max_transfer_blocks, blocks = 2 * most + 5;
	size_t block = scene->info->block_bytes, bytes = blocks * block;
	struct nvu_dma *buf = dma_alloc(&scene->drive, 2 * bytes);
	char *out = nvu_dma_addr(buf), *in = out + bytes;
	uint64_t before = scene_commands(scene);

	fill_noise(out, bytes, 5);
	memset(in, 0xa5, bytes);
	transfer(scene, NVU_CMD_WRITE, blocks, buf, 0, 0, blocks);
	transfer(scene, NVU_CMD_READ, blocks, buf, bytes, 0, blocks);
	if (memcmp(in, out, bytes) != 0)
		die("%u blocks are not as they were written", blocks);
	transfer(scene, NVU_CMD_COMPARE, blocks, buf, 0, 0, blocks);
	out[(most + 1) * block] ^= 1;
	transfer(scene, NVU_CMD_COMPARE, blocks, buf, 0, NVU_SC_COMPARE_FAILED, most);
	if (scene_commands(scene) != before + 12)
		die("%llu commands for requests of three commands each",
		    (unsigned long long)(scene_commands(scene) - before));
	printf("# %u blocks in three commands of up to %u\n", blocks, most);
	must(nvu_dma_free(buf), "freeing memory");
}

static void deallocate(struct scene *scene)
{
	const struct nvu_range ranges[] = { { .lba = LBA + 8, .blocks = 8 },
					    { .lba = LBA + 16, .blocks = 16 } };
	struct nvu_qpair *qpair = scene->drive.qpair;
	struct nvu_cpl cpls[PAGES_OF_RANGES];
	int ret;

	write_out(scene, 3);
	for (uint64_t i = 0; i < PAGES_OF_RANGES; i++)
		must(nvu_deallocate(qpair, scene->ns, ranges, 2, i), "deallocating");
	ret = nvu_deallocate(qpair, scene->ns, ranges, 2, 0);
	if (ret != -EAGAIN)
		die("a fifth deallocation: %d", ret);
	ret = nvu_qpair_drain(qpair, cpls, PAGES_OF_RANGES, 30000);
	for (int i = 0; i < ret; i++)
		expect(cpls[i].status, 0, "deallocating");
	if (ret != PAGES_OF_RANGES || nvu_qpair_room(qpair) != nvu_qpair_depth(qpair))
		die("%d deallocations came back", ret);
	read_back(scene);
	check_blocks(scene, 8, 32, true);
}

/* The last 24 blocks, and before them the first 40, to behind them. */
static void copy(struct scene *scene)
{
	const struct nvu_copy_range ranges[] = { { .lba = LBA + 40, .blocks = 24 },
						 { .lba = LBA, .blocks = 40 } };
	struct nvu_qpair *qpair = scene->drive.qpair;
	uint32_t most = scene->info->max_copy_range_blocks;
	const struct nvu_copy_range large = { .lba = 0, .blocks = most + 1 };
	size_t part = 24ul * scene->info->block_bytes;

	write_out(scene, 4);
	expect(status_of(scene, nvu_copy(qpair, scene->ns, LBA + BLOCKS, ranges, 2, 0, 0),
			 "copying"),
	       0, "copying");
	expect(status_of(scene,
			 nvu_read(qpair, scene->ns, LBA + BLOCKS, BLOCKS, scene->buf, scene->bytes,
				  0),
			 "reading"),
	       0, "reading");
	if (memcmp(scene->in, scene->out + scene->bytes - part, part) != 0 ||
	    memcmp(scene->in + part, scene->out, scene->bytes - part) != 0)
		die("what was copied is not as it must be");
	if (nvu_copy(qpair, scene->ns, LBA + BLOCKS, &large, 1, 0, 0) != -EINVAL ||
	    !strstr(nvu_last_error(), "MSSRL"))
		die("copying %u blocks is not refused: %s", most + 1, nvu_last_error());
}

/* Writes, and flushes between them: each comes after all that was queued before it. */
static void flush_after(struct scene *scene)
{
	struct nvu_qpair *qpair = scene->drive.qpair;
	struct nvu_cpl cpls[FLUSHED];

	for (uint64_t at = 0; at < FLUSHED; at++)
		must(at % 4 == 3
			     ? nvu_flush_after(qpair, scene->ns, at)
			     : nvu_rw(qpair, NVU_RW_ARGS(.ns = scene->ns, .opcode = NVU_CMD_WRITE,
							 .lba = LBA, .blocks = at % 4 ? BLOCKS : 1,
							 .buf = scene->buf, .user_data = at)),
		     "queueing");
	if (nvu_qpair_drain(qpair, cpls, FLUSHED, 30000) != FLUSHED)
		die("draining: %s", nvu_last_error());
	for (uint64_t seen = 0, at = 0; at < FLUSHED; at++) {
		uint64_t before = (1ull << cpls[at].user_data) - 1;

		expect(cpls[at].status, 0, "writing or flushing");
		if (cpls[at].user_data % 4 == 3 && (seen & before) != before)
			die("flush %u comes before what it waits for",
			    (unsigned int)cpls[at].user_data);
		seen |= before + 1;
	}
}

/* Some are published, the others not. What becomes of the former is the controller's: it aborts them or is too late. */
static void abort_some(struct scene *scene)
{
	struct nvu_qpair *qpair = scene->drive.qpair;
	struct nvu_cpl cpls[2 * FLUSHED];
	uint32_t aborted = 0, canceled = 0;

	for (uint64_t at = 0; at < 2ul * FLUSHED; at++) {
		must(nvu_read(qpair, scene->ns, LBA, BLOCKS, scene->buf, 0, at % 4), "queueing");
		if (at == FLUSHED)
			must(nvu_submit(qpair), "submitting");
	}
	if (nvu_abort(qpair, 1) != FLUSHED / 2 || nvu_abort(qpair, 9) != 0)
		die("aborting: %s", nvu_last_error());
	if (nvu_qpair_drain(qpair, cpls, 2 * FLUSHED, 30000) != 2 * FLUSHED)
		die("draining: %s", nvu_last_error());
	for (uint32_t at = 0; at < 2 * FLUSHED; at++) {
		if (cpls[at].user_data != 1)
			expect(cpls[at].status, 0, "reading");
		else if (cpls[at].status && cpls[at].status != -ECANCELED)
			expect(cpls[at].status, NVU_SC_ABORT_REQUESTED, "an aborted read");
		aborted += cpls[at].status == NVU_SC_ABORT_REQUESTED;
		canceled += cpls[at].status == -ECANCELED;
	}
	printf("# of %d reads to abort %u were not sent, %u aborted\n", FLUSHED / 2, canceled,
	       aborted);
	if (canceled < FLUSHED / 4)
		die("%u reads were not sent", canceled);
}

int cmd_nvm(int argc, char **argv)
{
	const uint32_t all = NVU_NS_COMPARE | NVU_NS_WRITE_ZEROES | NVU_NS_DEALLOCATE | NVU_NS_COPY;
	struct scene scene = { .drive = drive_open(argv[0], 0) };

	(void)argc;
	scene.ns = drive_ns(&scene.drive, 1);
	scene.info = nvu_ns_info(scene.ns);
	scene.bytes = (size_t)BLOCKS * scene.info->block_bytes;
	scene.buf = dma_alloc(&scene.drive, 2 * scene.bytes);
	scene.out = nvu_dma_addr(scene.buf);
	scene.in = scene.out + scene.bytes;
	if ((scene.info->commands & all) != all)
		die("QEMU's controller lacks commands: %#x", scene.info->commands);
	printf("# verify %u blocks, write zeroes %u, %u ranges of %u blocks; copy %u of %u, %u in "
	       "all\n",
	       scene.info->max_verify_blocks, scene.info->max_zeroes_blocks, scene.info->max_ranges,
	       scene.info->max_range_blocks, scene.info->max_copy_ranges,
	       scene.info->max_copy_range_blocks, scene.info->max_copy_blocks);
	compare(&scene);
	zero(&scene);
	verify(&scene);
	deallocate(&scene);
	copy(&scene);
	split(&scene);
	flush_after(&scene);
	abort_some(&scene);
	must(nvu_dma_free(scene.buf), "freeing memory");
	drive_close(&scene.drive);
	return 0;
}
