/* SPDX-License-Identifier: MIT */
/*
 * write_verify.c: writes data that encode their place, flushes, reads them back into another buffer
 * and compares. Transfers of many sizes, from one block to the controller's limit, at many offsets of
 * the buffers, go to one part of the namespace after the other.
 *
 *	write_verify mock:
 *	write_verify --yes-destroy 0000:01:00.0		it overwrites the drive!
 *	write_verify --every-size ADDRESS		every size up to the limit
 */
#include <nvu/nvu.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ODD_BYTES = 4, PAGE_BYTES = 4096, WORD_BYTES = 8 };

struct session {
	struct nvu_ctrl *ctrl;
	struct nvu_qpair *qpair;
	const struct nvu_ns *ns;
	const struct nvu_ns_info *info;
	struct nvu_dma *source;
	struct nvu_dma *target;
	uint64_t bytes; /* verified so far */
	uint32_t transfers;
};

/*
 * @ret is the result of queueing a command. Waits for its completion. A failed call sets a sentence;
 * a command that failed, was late or was cancelled has only its status.
 */
static bool finish(const struct session *session, const char *doing, uint64_t lba, int ret)
{
	struct nvu_cpl cpl = { .status = 0 };

	while (!ret)
		ret = nvu_poll(session->qpair, &cpl, 1);
	if (ret > 0 && !cpl.status)
		return true;
	fprintf(stderr, "write_verify: %s at block %llu: %s\n", doing, (unsigned long long)lba,
		ret < 0 ? nvu_last_error() : nvu_strerror(cpl.status));
	return false;
}

/* Every 8 bytes depend on the block, the place in it, and the size of the transfer. */
static uint64_t pattern_word(uint64_t lba, uint32_t word, uint32_t blocks)
{
	uint64_t value = (lba << 20 ^ word) * 0x9e3779b97f4a7c15u + blocks;

	return value ^ value >> 31;
}

static void fill(const struct session *session, char *data, uint64_t lba, uint32_t blocks)
{
	uint32_t words = session->info->block_bytes / WORD_BYTES;

	for (uint32_t block = 0; block < blocks; block++) {
		for (uint32_t word = 0; word < words; word++, data += WORD_BYTES) {
			uint64_t value = pattern_word(lba + block, word, blocks);

			memcpy(data, &value, sizeof(value));
		}
	}
}

static bool compare(const struct session *session, size_t source_offset, size_t target_offset,
		    uint64_t lba, uint32_t blocks)
{
	const unsigned char *wrote = nvu_dma_addr(session->source);
	const unsigned char *read = nvu_dma_addr(session->target);
	size_t bytes = (size_t)blocks * session->info->block_bytes, at = 0;

	wrote += source_offset;
	read += target_offset;
	if (memcmp(wrote, read, bytes) == 0)
		return true;
	while (wrote[at] == read[at])
		at++;
	fprintf(stderr,
		"write_verify: %u blocks at block %llu: byte %zu was written as 0x%02x and "
		"reads 0x%02x\n",
		blocks, (unsigned long long)lba, at, wrote[at], read[at]);
	return false;
}

static bool write_and_verify(struct session *session, uint64_t lba, uint32_t blocks)
{
	/* Every transfer starts elsewhere in a page; offsets are multiples of 4. */
	size_t source_offset = (size_t)session->transfers * ODD_BYTES % PAGE_BYTES;
	size_t target_offset = PAGE_BYTES - ODD_BYTES - source_offset;

	fill(session, (char *)nvu_dma_addr(session->source) + source_offset, lba, blocks);
	if (!finish(session, "write", lba,
		    nvu_write(session->qpair, session->ns, lba, blocks, session->source,
			      source_offset, 0)) ||
	    !finish(session, "flush", lba, nvu_flush(session->qpair, session->ns, 0)) ||
	    !finish(session, "read", lba,
		    nvu_read(session->qpair, session->ns, lba, blocks, session->target,
			     target_offset, 0)))
		return false;
	session->transfers++;
	session->bytes += (uint64_t)blocks * session->info->block_bytes;
	return compare(session, source_offset, target_offset, lba, blocks);
}

static uint32_t next_size(uint32_t blocks, uint32_t limit, bool every_size)
{
	uint32_t step = every_size ? 1 : 1 + blocks / 8;

	if (blocks == limit)
		return limit + 1; /* the end */
	return blocks + step < limit ? blocks + step : limit;
}

static bool verify_all_sizes(struct session *session, bool every_size)
{
	uint32_t limit = session->info->max_transfer_blocks;
	uint64_t lba = 0;

	if (limit > session->info->blocks)
		limit = (uint32_t)session->info->blocks;
	for (uint32_t size = 1; size <= limit; size = next_size(size, limit, every_size)) {
		if (size > session->info->blocks - lba)
			lba = 0;
		if (!write_and_verify(session, lba, size))
			return false;
		lba += size;
	}
	printf("%u transfers of 1 to %u blocks of %u B, %llu bytes: written, read, identical\n",
	       session->transfers, limit, session->info->block_bytes,
	       (unsigned long long)session->bytes);
	return true;
}

static int open_session(struct session *session, const char *address)
{
	size_t bytes;
	int ret;

	if ((ret = nvu_open(address, NULL, &session->ctrl, &session->ns)) ||
	    (ret = nvu_qpair_create(session->ctrl, NULL, &session->qpair)))
		return ret;
	session->info = nvu_ns_info(session->ns);
	bytes = (size_t)session->info->max_transfer_blocks * session->info->block_bytes;
	bytes += PAGE_BYTES;
	if ((ret = nvu_dma_alloc(session->ctrl, bytes, &session->source)) ||
	    (ret = nvu_dma_alloc(session->ctrl, bytes, &session->target)))
		return ret;
	return 0;
}

static void close_session(struct session *session)
{
	nvu_qpair_destroy(session->qpair);
	if (session->source)
		(void)nvu_dma_free(session->source);
	if (session->target)
		(void)nvu_dma_free(session->target);
	nvu_ctrl_close(session->ctrl);
}

int main(int argc, char **argv)
{
	bool yes_destroy = false, every_size = false, verified = false;
	struct session session = { 0 };
	int arg, ret;

	for (arg = 1; arg < argc - 1; arg++) {
		yes_destroy |= strcmp(argv[arg], "--yes-destroy") == 0;
		every_size |= strcmp(argv[arg], "--every-size") == 0;
	}
	if (argc - 2 != yes_destroy + every_size || argv[argc - 1][0] == '-') {
		fprintf(stderr, "write_verify: usage: write_verify [--yes-destroy] [--every-size] "
				"ADDRESS\n");
		return 2;
	}
	if (!yes_destroy && strncmp(argv[argc - 1], "mock:", 5) != 0) {
		fprintf(stderr, "write_verify: this overwrites the drive: add --yes-destroy\n");
		return 2;
	}
	ret = open_session(&session, argv[argc - 1]);
	if (ret)
		fprintf(stderr, "write_verify: %s\n", nvu_last_error());
	else
		verified = verify_all_sizes(&session, every_size);
	close_session(&session);
	return verified ? 0 : 1;
}
