// SPDX-License-Identifier: MIT
/*
 * test_gather.c: reads and writes with their data in pieces: that every byte arrives where its piece says, by PRPs
 * and by SGLs, in one command and in several; and what is refused.
 */
#include "harness.h"

enum { BLOCK = 512, PIECES_MAX = 400, SOURCES = 2, BYTES_MAX = 96 << 10 };

#define ARGS(...) NVU_RW_ARGS(.ns = rig->ns, __VA_ARGS__)
#define READ .opcode = NVU_CMD_READ
#define WRITE .opcode = NVU_CMD_WRITE
#define COMPARE .opcode = NVU_CMD_COMPARE
#define BYTES NVU_SGLS_BYTES
#define DWORDS NVU_SGLS_DWORDS
#define BUCKET NVU_SGLS_BIT_BUCKET

/* A controller that announces these SGLs, with commands of up to 4096 << mdts bytes. */
static void start(struct rig *rig, uint32_t sgls, uint32_t mdts, uint32_t pieces)
{
	rig_start(rig,
		  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 4 << 20, .mdts = mdts,
				.sgls = sgls),
		  NULL, NVU_QPAIR_OPTS(.pieces = pieces));
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->sgls, sgls);
}

/* A request that succeeds: how many commands it was. */
static uint64_t work(struct rig *rig, const struct nvu_rw_args *args)
{
	uint64_t before = rig_mock_stats(rig).io_commands;

	if (nvu_rw(rig->qpair, args))
		fail_msg("nvu_rw: %s", nvu_last_error());
	assert_int_equal(rig_answer(rig).status, 0);
	return rig_mock_stats(rig).io_commands - before;
}

static void refuse(struct rig *rig, int error, const char *words, const struct nvu_rw_args *args)
{
	uint64_t before = rig_mock_stats(rig).io_commands;

	assert_int_equal(nvu_rw(rig->qpair, args), error);
	rig_assert_sentence(words);
	assert_int_equal(nvu_qpair_room(rig->qpair), nvu_qpair_depth(rig->qpair));
	assert_int_equal(rig_mock_stats(rig).io_commands, before);
}

/* Pieces drawn at random, in two buffers. */
struct drawn {
	struct nvu_piece pieces[PIECES_MAX];
	uint32_t count;
	uint64_t bytes;
	struct nvu_dma *bufs[SOURCES];
	uint64_t random;
};

static uint32_t draw(struct drawn *drawn, uint32_t below)
{
	drawn->random ^= drawn->random << 13;
	drawn->random ^= drawn->random >> 7;
	drawn->random ^= drawn->random << 17;
	return (uint32_t)(drawn->random >> 20) % below;
}

static void add(struct drawn *drawn, const struct nvu_dma *buf, size_t offset, size_t len)
{
	drawn->pieces[drawn->count++] = (struct nvu_piece){ buf, offset, len };
	drawn->bytes += len;
}

/*
 * As PRPs want it: whole pages, but for the beginning of the first piece and the end of the last. Of every other run of
 * pages the second half is in the other buffer.
 */
static void draw_pages(struct drawn *drawn, uint64_t bytes)
{
	size_t at = 0, offset = draw(drawn, PAGE / 4) * 4ul;

	for (uint64_t left = bytes; left; offset = 0) {
		size_t len = (draw(drawn, 5) + 1ul) * PAGE - offset;

		len = left < len ? left : len;
		add(drawn, drawn->bufs[draw(drawn, SOURCES)], at + offset, len);
		at += (offset + len + PAGE - 1) / PAGE * PAGE + draw(drawn, 2) * PAGE;
		left -= len;
		if (!draw(drawn, 8))
			drawn->pieces[drawn->count++] = (struct nvu_piece){ 0 };
	}
}

/* Anywhere, of lengths that are multiples of `grain`; some follow on. Each buffer is used from its end downwards. */
static void draw_anywhere(struct drawn *drawn, uint64_t bytes, size_t grain, bool holes)
{
	size_t end[SOURCES] = { RIG_DATA_BYTES, RIG_DATA_BYTES };

	for (uint64_t left = bytes; left;) {
		uint32_t which = draw(drawn, SOURCES);
		size_t len = (1ul << draw(drawn, 13)) + draw(drawn, 64);

		len = (len + grain - 1) / grain * grain;
		len = left < len ? left : len;
		if (holes && !draw(drawn, 4)) {
			add(drawn, NULL, 0, len);
		} else {
			end[which] -= len + draw(drawn, 3) * grain;
			add(drawn, drawn->bufs[which], end[which], len);
		}
		left -= len;
	}
}

static uint8_t *at(const struct nvu_piece *piece)
{
	return (uint8_t *)nvu_dma_addr(piece->buf) + piece->offset;
}

/* The pieces, one behind the other; a hole has FFh. */
static void flatten(const struct drawn *drawn, uint8_t *flat)
{
	for (uint32_t i = 0; i < drawn->count; i++) {
		const struct nvu_piece *piece = &drawn->pieces[i];

		if (piece->buf)
			memcpy(flat, at(piece), piece->len);
		else
			memset(flat, 0xff, piece->len);
		flat += piece->len;
	}
}

/* What pieces have, but for the holes. */
static void assert_flat(const struct drawn *drawn, const uint8_t *flat)
{
	for (uint32_t i = 0; i < drawn->count; i++) {
		const struct nvu_piece *piece = &drawn->pieces[i];

		if (piece->buf)
			assert_memory_equal(at(piece), flat, piece->len);
		flat += piece->len;
	}
}

/* Data written from pieces are what one buffer reads, and those of one buffer are what pieces read; no byte beside changes. */
static void round_trip(struct rig *rig, struct drawn *drawn, bool holes)
{
	static uint8_t flat[BYTES_MAX], before[SOURCES][RIG_DATA_BYTES];
	const uint32_t blocks = (uint32_t)(drawn->bytes / BLOCK), lba = draw(drawn, 1000);
	struct nvu_dma *plain;
	uint64_t sum = 0;

	assert_int_equal(nvu_dma_alloc(rig->ctrl, BYTES_MAX, &plain), 0);
	for (uint32_t i = 0; i < SOURCES; i++)
		rig_fill(nvu_dma_addr(drawn->bufs[i]), RIG_DATA_BYTES, draw(drawn, 1000));
	if (!holes) {
		(void)work(rig, ARGS(WRITE, .lba = lba, .blocks = blocks, .pieces = drawn->pieces,
				     .piece_count = drawn->count));
		flatten(drawn, flat);
		(void)work(rig, ARGS(READ, .lba = lba, .blocks = blocks, .buf = plain));
		assert_memory_equal(nvu_dma_addr(plain), flat, drawn->bytes);
		(void)work(rig, ARGS(COMPARE, .lba = lba, .blocks = blocks, .pieces = drawn->pieces,
				     .piece_count = drawn->count));
	}
	rig_fill(nvu_dma_addr(plain), drawn->bytes, draw(drawn, 1000));
	(void)work(rig, ARGS(WRITE, .lba = lba, .blocks = blocks, .buf = plain));
	for (uint32_t i = 0; i < SOURCES; i++)
		memcpy(before[i], nvu_dma_addr(drawn->bufs[i]), RIG_DATA_BYTES);
	(void)work(rig, ARGS(READ, .lba = lba, .blocks = blocks, .pieces = drawn->pieces,
			     .piece_count = drawn->count));
	assert_flat(drawn, nvu_dma_addr(plain));
	for (uint32_t i = 0; i < drawn->count; i++) {
		const struct nvu_piece *piece = &drawn->pieces[i];

		for (uint32_t source = 0; source < SOURCES; source++)
			if (piece->buf == drawn->bufs[source])
				memcpy(&before[source][piece->offset], at(piece), piece->len);
		sum += piece->len;
	}
	assert_int_equal(sum, drawn->bytes);
	for (uint32_t i = 0; i < SOURCES; i++)
		assert_memory_equal(before[i], nvu_dma_addr(drawn->bufs[i]), RIG_DATA_BYTES);
	assert_int_equal(nvu_dma_free(plain), 0);
}

static void pieces_hold_what_one_buffer_does(void **state)
{
	static const struct {
		uint32_t sgls, mdts, pieces;
		size_t grain; /* 0: pages */
	} rows[] = {
		{ 0, 1, 0, 0 },
		{ 0, 4, 2, 0 },
		{ 0, 8, 0, 0 },
		{ BYTES, 1, 0, 1 },
		{ BYTES, 8, 256, 1 },
		{ BYTES, 4, 64, 1 },
		{ DWORDS, 3, 128, 4 },
		{ BYTES, 4, 0, 0 },
		{ BYTES | BUCKET, 4, 128, 1 },
		{ DWORDS | BUCKET, 8, 256, 4 },
		{ 0, 8, 1, 0 },
	};
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		bool holes = rows[row].sgls & BUCKET;
		static struct drawn drawn;

		start(rig, rows[row].sgls, rows[row].mdts, rows[row].pieces);
		drawn.bufs[0] = rig->buf;
		drawn.random = 7 + row;
		assert_int_equal(nvu_dma_alloc(rig->ctrl, RIG_DATA_BYTES, &drawn.bufs[1]), 0);
		for (uint32_t turn = 0; turn < 25; turn++) {
			uint64_t bytes = (draw(&drawn, BYTES_MAX / BLOCK) + 1ull) * BLOCK;

			drawn.count = 0;
			drawn.bytes = 0;
			if (rows[row].grain)
				draw_anywhere(&drawn, bytes, rows[row].grain, holes);
			else
				draw_pages(&drawn, bytes);
			round_trip(rig, &drawn, holes);
		}
		assert_int_equal(nvu_dma_free(drawn.bufs[1]), 0);
		rig_again(rig);
	}
}

/* How many commands requests take. */
static void a_request_takes_as_few_commands_as_it_can(void **state)
{
	struct rig *rig = *state;
	struct nvu_piece pieces[200];

	start(rig, 0, 5, 2); /* lists of two pieces, or three PRPs: four pages */
	for (uint32_t i = 0; i < COUNT(pieces); i++)
		pieces[i] = (struct nvu_piece){ rig->buf, i * 2ul * PAGE, PAGE };
	assert_int_equal(work(rig, ARGS(READ, .blocks = 32, .pieces = pieces, .piece_count = 4)),
			 1);
	assert_int_equal(work(rig, ARGS(READ, .blocks = 40, .pieces = pieces, .piece_count = 5)),
			 2);
	/* One piece: the list of its buffer. */
	pieces[0].len = 20 * PAGE;
	pieces[0].offset = 4;
	assert_int_equal(work(rig, ARGS(READ, .blocks = 160, .pieces = pieces, .piece_count = 1)),
			 1);
	rig_again(rig);

	/* Without lists: two pages. */
	start(rig, 0, 5, 1);
	for (uint32_t i = 0; i < COUNT(pieces); i++)
		pieces[i] = (struct nvu_piece){ rig->buf, i * 2ul * PAGE, PAGE };
	assert_int_equal(work(rig, ARGS(READ, .blocks = 40, .pieces = pieces, .piece_count = 5)),
			 3);
	rig_again(rig);

	start(rig, BYTES, 5, 4);
	for (uint32_t i = 0; i < COUNT(pieces); i++)
		pieces[i] = (struct nvu_piece){ rig->buf, i * 300ul, 128 };
	assert_int_equal(work(rig, ARGS(READ, .blocks = 1, .pieces = pieces, .piece_count = 4)), 1);
	assert_int_equal(work(rig, ARGS(READ, .blocks = 50, .pieces = pieces, .piece_count = 200)),
			 50);
	/* Those that follow on are one. */
	for (uint32_t i = 0; i < COUNT(pieces); i++)
		pieces[i].offset = i * 128ul;
	assert_int_equal(work(rig, ARGS(READ, .blocks = 50, .pieces = pieces, .piece_count = 200)),
			 1);
}

/* Pieces of a block each, anywhere: a command for each where there are PRPs only. */
static void blocks_anywhere_are_commands_of_their_own(void **state)
{
	struct rig *rig = *state;
	struct nvu_piece pieces[8];

	start(rig, 0, 8, 0);
	rig_fill(rig->data, 64 << 10, 5);
	for (uint32_t i = 0; i < COUNT(pieces); i++)
		pieces[i] = (struct nvu_piece){ rig->buf, i * 1000ul, BLOCK };
	assert_int_equal(work(rig, ARGS(WRITE, .blocks = 8, .pieces = pieces, .piece_count = 8)),
			 8);
	assert_int_equal(rig_read(rig, 0, 8, 64 << 10), 0);
	for (uint32_t i = 0; i < COUNT(pieces); i++)
		assert_memory_equal(rig->data + (64 << 10) + i * BLOCK, rig->data + i * 1000ul,
				    BLOCK);
	refuse(rig, -ENOTSUP, "piece 0 (512 bytes at offset 0) ends inside a memory page of 4096",
	       ARGS(WRITE, .blocks = 8, .pieces = pieces, .piece_count = 8,
		    .flags = NVU_RW_NO_SPLIT));
	rig_assert_sentence("leave NVU_RW_NO_SPLIT out");
}

static void pieces_that_are_not_there_are_refused(void **state)
{
	struct rig *rig = *state;
	struct nvu_piece two[2] = { { rig->buf, 0, 256 }, { rig->buf, 256, 256 } };

	start(rig, BYTES, 8, 0);
	two[0].buf = two[1].buf = rig->buf;
	refuse(rig, -EINVAL, "give the data in one buffer or in pieces",
	       ARGS(READ, .blocks = 1, .buf = rig->buf, .pieces = two, .piece_count = 2));
	refuse(rig, -EINVAL, "give the data in one buffer or in pieces",
	       ARGS(READ, .blocks = 1, .offset = 4, .pieces = two, .piece_count = 2));
	refuse(rig, -EINVAL, "piece_count is 0 and pieces not NULL",
	       ARGS(READ, .blocks = 1, .pieces = two));
	refuse(rig, -EINVAL, "piece_count is 2 and pieces NULL",
	       ARGS(READ, .blocks = 1, .piece_count = 2));
	refuse(rig, -EINVAL, "moves no data",
	       ARGS(.opcode = NVU_CMD_VERIFY, .blocks = 1, .pieces = two, .piece_count = 2));
	refuse(rig, -EINVAL, "the 2 pieces have 512 bytes, and 2 blocks of 512",
	       ARGS(READ, .blocks = 2, .pieces = two, .piece_count = 2));
	two[1].offset = RIG_DATA_BYTES - 255;
	refuse(rig, -EINVAL, "piece 1: offset 2096897 + 256 bytes exceeds the buffer",
	       ARGS(READ, .blocks = 1, .pieces = two, .piece_count = 2));
	two[1] = (struct nvu_piece){ NULL, 0, 256 };
	refuse(rig, -EINVAL, "piece 1 (256 bytes at offset 0) has no buffer: only a read",
	       ARGS(WRITE, .blocks = 1, .pieces = two, .piece_count = 2));
	refuse(rig, -ENOTSUP, "piece 1 (256 bytes) has no buffer, and the controller has no bit",
	       ARGS(READ, .blocks = 1, .pieces = two, .piece_count = 2));
	two[1].offset = 4;
	refuse(rig, -EINVAL, "piece 1 (256 bytes at offset 4) has no buffer",
	       ARGS(READ, .blocks = 1, .pieces = two, .piece_count = 2));
	two[0].len = two[1].len = SIZE_MAX;
	two[1].offset = 0;
	two[0].buf = NULL;
	refuse(rig, -EINVAL, "the 2 pieces have 18446744073709551615 bytes",
	       ARGS(READ, .blocks = 1, .pieces = two, .piece_count = 2));
	assert_int_equal(nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.pieces = 257), &rig->qpair),
			 -EINVAL);
	rig_assert_sentence("pieces is 257: at most 256");
}

static void pieces_that_no_command_can_have_are_refused(void **state)
{
	static const struct {
		uint32_t sgls;
		size_t first, second; /* offsets of two pieces, of 200 and 312 bytes */
		int error;
		const char *words;
	} rows[] = {
		{ 0, 0, PAGE, -ENOTSUP,
		  "piece 0 (200 bytes at offset 0) ends inside a memory page" },
		{ 0, PAGE - 200, 4, -ENOTSUP, "piece 1 (312 bytes at offset 4) begins inside" },
		{ 0, 2, PAGE, -EINVAL,
		  "piece 0 (200 bytes at offset 2) is not in dwords: no SGLs" },
		{ DWORDS, 0, 1001, -EINVAL,
		  "piece 1 (312 bytes at offset 1001) is not in dwords: the controller takes no" },
	};
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		struct nvu_piece pieces[2];

		start(rig, rows[row].sgls, 8, 0);
		pieces[0] = (struct nvu_piece){ rig->buf, rows[row].first, 200 };
		pieces[1] = (struct nvu_piece){ rig->buf, rows[row].second, 312 };
		refuse(rig, rows[row].error, rows[row].words,
		       ARGS(READ, .blocks = 1, .pieces = pieces, .piece_count = 2));
		rig_again(rig);
	}
}

/* A block of 128 dwords, each a piece; and pages of one command. */
static void more_pieces_than_a_list_holds_are_refused(void **state)
{
	struct rig *rig = *state;
	struct nvu_piece pieces[128];

	start(rig, BYTES, 8, 64);
	for (uint32_t i = 0; i < COUNT(pieces); i++)
		pieces[i] = (struct nvu_piece){ rig->buf, i * 8ul, 4 };
	refuse(rig, -EINVAL,
	       "piece 64 (4 bytes at offset 512) is one too many for a command: it takes 64 pieces",
	       ARGS(READ, .blocks = 1, .pieces = pieces, .piece_count = 128));
	rig_again(rig);
	start(rig, 0, 8, 2);
	for (uint32_t i = 0; i < 5; i++)
		pieces[i] = (struct nvu_piece){ rig->buf, i * 2ul * PAGE, PAGE };
	refuse(rig, -EINVAL,
	       "piece 4 (4096 bytes at offset 32768) is one too many for a command: it "
	       "takes 4 memory pages",
	       ARGS(READ, .blocks = 40, .pieces = pieces, .piece_count = 5,
		    .flags = NVU_RW_NO_SPLIT));
}

/* Separate metadata, 8 bytes a block: PSDT and MPTR as SGLS permits. */
static void pieces_go_with_separate_metadata(void **state)
{
	static const struct {
		uint32_t sgls;
		uint32_t
			commands; /* of eight blocks in eight pieces that are in no page; 0: refused */
	} rows[] = {
		{ BYTES, 0 },
		{ BYTES | NVU_SGLS_METADATA, 2 },
		{ BYTES | NVU_SGLS_METADATA | NVU_SGLS_METADATA_SGL, 2 },
		{ DWORDS | NVU_SGLS_METADATA_SGL, 4 },
	};
	enum { META = 64 << 10, BACK = 128 << 10 };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		struct nvu_piece pieces[8];

		rig_start(rig,
			  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 4 << 20,
					.metadata_bytes = 8, .sgls = rows[row].sgls),
			  NULL, NVU_QPAIR_OPTS(.pieces = 4));
		rig_fill(rig->data, BACK, 5);
		for (uint32_t i = 0; i < COUNT(pieces); i++)
			pieces[i] = (struct nvu_piece){ rig->buf, i * 900ul, 256 + i % 2 * 512 };
		if (rows[row].commands) {
			assert_int_equal(work(rig, ARGS(WRITE, .blocks = 8, .pieces = pieces,
							.piece_count = 8, .metadata = rig->buf,
							.metadata_offset = META)),
					 rows[row].commands);
			(void)work(rig, ARGS(READ, .blocks = 8, .buf = rig->buf, .offset = BACK,
					     .metadata = rig->buf, .metadata_offset = BACK + META));
			assert_memory_equal(rig->data + BACK + META, rig->data + META, 8 * 8);
			for (size_t i = 0, at = BACK; i < COUNT(pieces); at += pieces[i++].len)
				assert_memory_equal(rig->data + at, rig->data + pieces[i].offset,
						    pieces[i].len);
		} else {
			refuse(rig, -ENOTSUP, "no SGLs for blocks with separate metadata",
			       ARGS(WRITE, .blocks = 8, .pieces = pieces, .piece_count = 8,
				    .metadata = rig->buf, .metadata_offset = META));
		}
		for (uint32_t i = 0; i < 2; i++)
			pieces[i] = (struct nvu_piece){ rig->buf, i * 2ul * PAGE, PAGE };
		assert_int_equal(
			work(rig, ARGS(READ, .blocks = 16, .pieces = pieces, .piece_count = 2,
				       .metadata = rig->buf, .metadata_offset = META)),
			1);
		rig_again(rig);
	}
}

/* Interleaved metadata: a piece ends anywhere, also within them. */
static void pieces_go_with_interleaved_metadata(void **state)
{
	enum { ALL = 8 * (BLOCK + 8), BACK = 64 << 10 };
	struct nvu_piece pieces[3];
	struct rig *rig = *state;

	rig_start(rig,
		  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 4 << 20, .metadata_bytes = 8,
				.interleaved = 1, .sgls = BYTES),
		  NULL, NULL);
	rig_fill(rig->data, BACK, 5);
	pieces[0] = (struct nvu_piece){ rig->buf, 1, BLOCK + 3 };
	pieces[1] = (struct nvu_piece){ rig->buf, 20000, 1000 };
	pieces[2] = (struct nvu_piece){ rig->buf, 30000, ALL - 1000 - (BLOCK + 3) };
	assert_int_equal(work(rig, ARGS(WRITE, .blocks = 8, .pieces = pieces, .piece_count = 3)),
			 1);
	(void)work(rig, ARGS(READ, .blocks = 8, .buf = rig->buf, .offset = BACK));
	for (size_t i = 0, at = BACK; i < COUNT(pieces); at += pieces[i++].len)
		assert_memory_equal(rig->data + at, rig->data + pieces[i].offset, pieces[i].len);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(pieces_hold_what_one_buffer_does),
		RIG_TEST(a_request_takes_as_few_commands_as_it_can),
		RIG_TEST(blocks_anywhere_are_commands_of_their_own),
		RIG_TEST(pieces_that_are_not_there_are_refused),
		RIG_TEST(pieces_that_no_command_can_have_are_refused),
		RIG_TEST(more_pieces_than_a_list_holds_are_refused),
		RIG_TEST(pieces_go_with_separate_metadata),
		RIG_TEST(pieces_go_with_interleaved_metadata),
	};

	return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
