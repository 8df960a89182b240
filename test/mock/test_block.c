// SPDX-License-Identifier: MIT
/*
 * test_block.c: a namespace as a blocking device: against a model of its bytes, at its limits, and what it refuses.
 */
#include "harness.h"

#include <stdlib.h>
#include <sys/uio.h>

enum { NS_BYTES = 1 << 20, PIECES_MAX = 6, TURNS = 600 };

static uint64_t random_state = 7;

static uint64_t draw(uint64_t below)
{
	random_state = random_state * 0xd1342543de82ef95u + 0x9e3779b97f4a7c15u;
	return (random_state >> 20) % below;
}

struct scene {
	struct rig *rig;
	struct nvu_block *block;
	uint8_t *model; /* what the namespace has */
	uint8_t *data;	/* the program's memory, of as many bytes and a page */
};

static void begin(struct scene *scene, struct rig *rig, const struct nvu_mock_opts *mock_opts,
		  const struct nvu_block_opts *opts)
{
	const struct nvu_ns *ns;

	*scene = (struct scene){ .rig = rig };
	rig_open(rig, mock_opts, NULL);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &ns), 0);
	assert_int_equal(nvu_block_open(rig->ctrl, ns, opts, &scene->block), 0);
	scene->model = calloc(1, NS_BYTES);
	scene->data = aligned_alloc(PAGE, NS_BYTES + PAGE);
	assert_non_null(scene->model);
	assert_non_null(scene->data);
}

static void end(struct scene *scene)
{
	nvu_block_close(scene->block);
	free(scene->model);
	free(scene->data);
}

/* Lengths of all sizes: a byte, parts of blocks, across the limit of a command, all. */
static size_t draw_len(uint64_t at)
{
	static const size_t most[] = { 1, 16, 600, 5000, 20000, 200000, NS_BYTES };
	size_t len = draw(most[draw(COUNT(most))] + 1);

	return len < NS_BYTES - at ? len : NS_BYTES - at;
}

/* Some positions are aligned. */
static uint64_t draw_at(uint64_t below)
{
	static const uint32_t units[] = { 1, 1, 4, 512, 4096 };
	uint32_t unit = units[draw(COUNT(units))];

	return draw(below) / unit * unit;
}

/* Cuts memory into pieces, some of which are empty. */
static int cut(uint8_t *from, size_t len, struct iovec *pieces)
{
	int count = (int)draw(PIECES_MAX);

	for (int i = 0; i < count; i++) {
		size_t part = draw(len + 1);

		pieces[i] = (struct iovec){ from, part };
		from += part;
		len -= part;
	}
	pieces[count] = (struct iovec){ from, len };
	return count + 1;
}

static void write_somewhere(struct scene *scene, uint64_t at, size_t len)
{
	uint8_t *from = scene->data + draw_at(PAGE);
	struct iovec pieces[PIECES_MAX + 1];

	rig_fill(from, len, random_state);
	memcpy(scene->model + at, from, len);
	if (draw(2))
		assert_int_equal(
			nvu_block_write(scene->block, from, len, at, draw(2) ? NVU_BLOCK_FUA : 0),
			0);
	else
		assert_int_equal(
			nvu_block_writev(scene->block, pieces, cut(from, len, pieces), at, 0), 0);
}

static void read_somewhere(struct scene *scene, uint64_t at, size_t len)
{
	uint8_t *to = scene->data + draw_at(PAGE);
	struct iovec pieces[PIECES_MAX + 1];

	memset(to, 0xa5, len);
	if (draw(2))
		assert_int_equal(nvu_block_read(scene->block, to, len, at), 0);
	else
		assert_int_equal(nvu_block_readv(scene->block, pieces, cut(to, len, pieces), at),
				 0);
	assert_memory_equal(to, scene->model + at, len);
}

static void zero_somewhere(struct scene *scene, uint64_t at, size_t len)
{
	memset(scene->model + at, 0, len);
	assert_int_equal(nvu_block_zero(scene->block, at, len, draw(2) ? NVU_BLOCK_MAY_UNMAP : 0),
			 0);
}

/* The mock's deallocated blocks read as zeroes; parts of blocks stay. */
static void discard_somewhere(struct scene *scene, uint64_t at, size_t len, size_t block_bytes)
{
	uint64_t first = (at + block_bytes - 1) / block_bytes * block_bytes;
	uint64_t after = (at + len) / block_bytes * block_bytes;

	if (after > first)
		memset(scene->model + first, 0, after - first);
	assert_int_equal(nvu_block_discard(scene->block, at, len), 0);
}

static void follow_the_model(struct scene *scene, size_t block_bytes)
{
	for (int turn = 0; turn < TURNS; turn++) {
		uint64_t at = draw_at(NS_BYTES + 1), kind = draw(10);
		size_t len = draw_len(at);

		if (kind < 4)
			write_somewhere(scene, at, len);
		else if (kind < 8)
			read_somewhere(scene, at, len);
		else if (kind < 9)
			zero_somewhere(scene, at, len);
		else
			discard_somewhere(scene, at, len, block_bytes);
		if (!draw(50))
			assert_int_equal(nvu_block_flush(scene->block), 0);
	}
	read_somewhere(scene, 0, NS_BYTES);
}

static void any_bytes_are_as_a_model_has_them(void **state)
{
	static const uint32_t rows[][3] = { /* block size, MDTS, bounce memory */
					    { 512, 8, 0 },
					    { 512, 1, 16384 },
					    { 4096, 8, 0 },
					    { 4096, 1, 4096 },
					    { 1024, 3, 40000 }
	};
	struct scene scene;

	for (size_t row = 0; row < COUNT(rows); row++) {
		begin(&scene, *state,
		      NVU_MOCK_OPTS(.ns_bytes = NS_BYTES, .lba_bytes = rows[row][0],
				    .mdts = rows[row][1], .cache_bytes = row % 2 ? 0 : 64 << 10),
		      NVU_BLOCK_OPTS(.queues = 1, .depth = row % 2 ? 1 : 0,
				     .bounce_bytes = rows[row][2]));
		assert_int_equal(nvu_block_bytes(scene.block), NS_BYTES);
		follow_the_model(&scene, rows[row][0]);
		end(&scene);
		rig_again(*state);
	}
}

static void registered_memory_is_as_a_model_has_it(void **state)
{
	struct scene scene;

	for (uint32_t lba = 512; lba <= 4096; lba *= 8) {
		begin(&scene, *state, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES, .lba_bytes = lba), NULL);
		assert_int_equal(nvu_block_register(scene.block, scene.data + 100, 300000), 0);
		assert_int_equal(nvu_block_register(scene.block, scene.data + 400000, 9000), 0);
		assert_int_equal(nvu_block_register(scene.block, scene.data + 400001, 8), 0);
		follow_the_model(&scene, lba);
		assert_int_equal(nvu_block_unregister(scene.block, scene.data + 100), 0);
		assert_int_equal(nvu_block_unregister(scene.block, scene.data + 100), -EINVAL);
		rig_assert_sentence("is not registered");
		follow_the_model(&scene, lba);
		end(&scene);
		rig_again(*state);
	}
}

/* Commands of 256 KiB instead of a bounce buffer's 64 KiB show that nothing is copied. */
static void registered_memory_goes_without_bounce_buffers(void **state)
{
	struct scene scene;
	uint64_t before;

	begin(&scene, *state, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES), NULL);
	before = rig_mock_stats(scene.rig).io_commands;
	assert_int_equal(nvu_block_read(scene.block, scene.data, NS_BYTES, 0), 0);
	assert_int_equal(rig_mock_stats(scene.rig).io_commands - before, 16);

	assert_int_equal(nvu_block_register(scene.block, scene.data, NS_BYTES), 0);
	before = rig_mock_stats(scene.rig).io_commands;
	assert_int_equal(nvu_block_read(scene.block, scene.data, NS_BYTES, 0), 0);
	assert_int_equal(rig_mock_stats(scene.rig).io_commands - before, 4);
	assert_int_equal(nvu_block_register(scene.block, scene.data, NS_BYTES), -EEXIST);
	rig_assert_sentence("registered already");
	assert_int_equal(nvu_block_register(scene.block, scene.data, 0), -EINVAL);
	end(&scene);
}

static void bytes_past_the_end_are_refused(void **state)
{
	static const uint64_t rows[][2] = { { NS_BYTES, 1 },
					    { NS_BYTES - 1, 2 },
					    { 0, NS_BYTES + 1 },
					    { UINT64_MAX, 1 },
					    { 1, UINT64_MAX } };
	struct scene scene;
	uint64_t before;

	begin(&scene, *state, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES), NULL);
	before = rig_mock_stats(scene.rig).io_commands;
	for (size_t row = 0; row < COUNT(rows); row++) {
		const uint64_t at = rows[row][0], len = rows[row][1];

		assert_int_equal(nvu_block_read(scene.block, scene.data, len, at), -EINVAL);
		rig_assert_sentence("past the end of namespace 1, which has 1048576 bytes");
		assert_int_equal(nvu_block_write(scene.block, scene.data, len, at, 0), -EINVAL);
		assert_int_equal(nvu_block_zero(scene.block, at, len, 0), -EINVAL);
		assert_int_equal(nvu_block_discard(scene.block, at, len), -EINVAL);
	}
	assert_int_equal(nvu_block_read(scene.block, NULL, 0, NS_BYTES), 0);
	assert_int_equal(rig_mock_stats(scene.rig).io_commands, before);
	end(&scene);
}

static void arguments_that_are_none_are_refused(void **state)
{
	const struct iovec holes[] = { { NULL, 1 } };
	struct scene scene;
	const struct iovec endless[] = { { &scene, SIZE_MAX }, { &scene, 1 } };

	begin(&scene, *state, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES), NULL);
	assert_int_equal(nvu_block_write(scene.block, scene.data, 1, 0, NVU_BLOCK_MAY_UNMAP),
			 -EINVAL);
	rig_assert_sentence("flags are 0x2");
	assert_int_equal(nvu_block_zero(scene.block, 0, 1, 8), -EINVAL);
	assert_int_equal(nvu_block_readv(scene.block, holes, 1, 0), -EINVAL);
	rig_assert_sentence("piece 0 has 1 bytes at NULL");
	assert_int_equal(nvu_block_readv(scene.block, endless, 2, 0), -EINVAL);
	rig_assert_sentence("add up");
	assert_int_equal(nvu_block_readv(scene.block, NULL, 1, 0), -EINVAL);
	assert_int_equal(nvu_block_readv(scene.block, holes, -1, 0), -EINVAL);
	assert_int_equal(nvu_block_readv(scene.block, NULL, 0, 0), 0);
	end(&scene);
}

static void options_that_cannot_be_are_refused(void **state)
{
	struct rig *rig = *state;
	const struct nvu_ns *ns;
	struct nvu_block *block = NULL;

	rig_open(rig, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES, .io_queues = 2), NULL);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &ns), 0);
	assert_int_equal(nvu_block_open(rig->ctrl, NULL, NULL, &block), -EINVAL);
	assert_int_equal(nvu_block_open(rig->ctrl, ns, NVU_BLOCK_OPTS(.flags = 2), &block),
			 -EINVAL);
	assert_int_equal(nvu_block_open(rig->ctrl, ns, NVU_BLOCK_OPTS(.queues = 3), &block),
			 -ENOSPC);
	assert_int_equal(nvu_block_open(rig->ctrl, ns,
					NVU_BLOCK_OPTS(.queues = 2, .bounce_bytes = 8191), &block),
			 -EINVAL);
	rig_assert_sentence("bounce_bytes is 8191: expected 4096 for each of 2");
	assert_null(block);
	assert_int_equal(nvu_block_open(rig->ctrl, ns,
					NVU_BLOCK_OPTS(.queues = 2, .bounce_bytes = 8192), &block),
			 0);
	nvu_block_close(block);
	nvu_block_close(NULL);
}

static void formats_with_other_metadata_are_refused(void **state)
{
	static const struct nvu_mock_opts mocks[] = {
		{ .size = sizeof(mocks[0]), .metadata_bytes = 8 }, /* no protection information */
		{ .size = sizeof(mocks[0]),
		  .metadata_bytes = 8,
		  .protection = 1,
		  .interleaved = 1 },
		{ .size = sizeof(mocks[0]), .metadata_bytes = 16, .protection = 1 },
		{ .size = sizeof(mocks[0]),
		  .metadata_bytes = 16,
		  .protection = 1,
		  .pif = NVU_PIF_64B },
	};

	for (size_t i = 0; i < COUNT(mocks); i++) {
		struct rig *rig = *state;
		struct nvu_block *block = NULL;
		const struct nvu_ns *ns;

		rig_open(rig, &mocks[i], NULL);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &ns), 0);
		assert_int_equal(nvu_block_open(rig->ctrl, ns, NULL, &block), -ENOTSUP);
		rig_assert_sentence(i < 2 ? "has 8 bytes of metadata a block"
					  : "has 16 bytes of metadata a block");
		assert_null(block);
		rig_again(rig);
	}
}

static void protected_blocks_of_each_type_are_as_a_model_has_them(void **state)
{
	struct scene scene;

	for (uint32_t type = 1; type <= 3; type++) {
		begin(&scene, *state,
		      NVU_MOCK_OPTS(.ns_bytes = NS_BYTES, .mdts = 3, .metadata_bytes = 8,
				    .protection = type, .cache_bytes = 64 << 10),
		      NVU_BLOCK_OPTS(.queues = 1));
		follow_the_model(&scene, 512);
		end(&scene);
		rig_again(*state);
	}
}

/* Byte 520 of Identify Controller: ONCS, with neither command. */
static void zero_without_write_zeroes_writes(void **state)
{
	struct rig *rig = *state;
	const struct nvu_ns *ns;
	struct nvu_block *block;
	uint8_t data[1200], zeroes[1200] = { 0 };

	rig_create(rig, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_CTRL,
				       .offset = 520, .len = 1, .bytes = { 0 }));
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &ns), 0);
	assert_int_equal(nvu_block_open(rig->ctrl, ns, NULL, &block), 0);
	rig_fill(data, sizeof(data), 3);
	assert_int_equal(nvu_block_write(block, data, sizeof(data), 100, 0), 0);
	assert_int_equal(nvu_block_zero(block, 100, sizeof(data), NVU_BLOCK_FAST_ONLY), -ENOTSUP);
	rig_assert_sentence("Write Zeroes");
	assert_int_equal(nvu_block_zero(block, 101, sizeof(data) - 1, NVU_BLOCK_MAY_UNMAP), 0);
	zeroes[0] = data[0];
	assert_int_equal(nvu_block_read(block, data, sizeof(data), 100), 0);
	assert_memory_equal(data, zeroes, sizeof(data));
	assert_int_equal(nvu_block_discard(block, 0, 4096), -ENOTSUP);
	rig_assert_sentence("Dataset Management");
	nvu_block_close(block);
}

/* In pieces that begin and end inside blocks. */
static void write_in_pieces(struct scene *scene, size_t len, uint32_t flags)
{
	for (size_t at = 0; at < len; at += 1000)
		assert_int_equal(nvu_block_write(scene->block, scene->data + at, 1000, at, flags),
				 0);
}

/* Without FUA or a flush some of it is gone. */
static void what_is_durable_survives_a_power_loss(void **state)
{
	enum { LEN = 100000, FUA, FLUSH, NEITHER };
	struct scene scene;

	for (int row = FUA; row <= NEITHER; row++) {
		begin(&scene, *state, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES, .cache_bytes = NS_BYTES),
		      NULL);
		rig_fill(scene.data, LEN, (uint64_t)row);
		write_in_pieces(&scene, LEN, row == FUA ? NVU_BLOCK_FUA : 0);
		if (row == FLUSH)
			assert_int_equal(nvu_block_flush(scene.block), 0);
		rig_inject(scene.rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_POWER_LOSS_NOW));
		assert_int_equal(nvu_mock_data(scene.rig->mock, 1, 0, scene.model, LEN, 0), 0);
		assert_int_equal(memcmp(scene.model, scene.data, LEN) != 0, row == NEITHER);
		end(&scene);
		rig_again(*state);
	}
}

/* Byte 525 of Identify Controller: VWC. */
static void flush_without_a_cache_sends_nothing(void **state)
{
	struct rig *rig = *state;
	const struct nvu_ns *ns;
	struct nvu_block *block;
	uint8_t byte = 1;

	for (uint8_t cache = 0; cache < 2; cache++) {
		rig_create(rig, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES));
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_CTRL,
					       .offset = 525, .len = 1, .bytes = { cache }));
		assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &ns), 0);
		assert_int_equal(nvu_block_open(rig->ctrl, ns, NULL, &block), 0);
		assert_int_equal(nvu_block_flush(block), 0);
		assert_int_equal(rig_mock_stats(rig).io_commands, cache);
		assert_int_equal(nvu_block_write(block, &byte, 1, 0, NVU_BLOCK_FUA), 0);
		nvu_block_close(block);
		rig_again(rig);
	}
}

/* The sentence of a call that worked is the one before. */
static void media_errors_name_their_blocks(void **state)
{
	struct scene scene;

	begin(&scene, *state, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES), NULL);
	rig_inject(scene.rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .opcode = NVU_CMD_READ,
					     .status = NVU_SC_UNRECOVERED_READ, .count = 1));
	assert_int_equal(nvu_block_read(scene.block, scene.data, 1000, 5000), -ENODATA);
	rig_assert_sentence("blocks 9 to 11 of namespace 1");
	rig_inject(scene.rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .opcode = NVU_CMD_READ,
					     .status = NVU_SC_UNRECOVERED_READ, .count = 1));
	assert_int_equal(nvu_block_write(scene.block, scene.data, 1000, 5000, 0), -ENODATA);
	assert_int_equal(nvu_block_write(scene.block, scene.data, 1000, 5000, 0), 0);
	rig_assert_sentence("of namespace 1");
	end(&scene);
}

static void growth_is_followed(void **state)
{
	struct scene scene;
	uint8_t byte = 9;

	begin(&scene, *state, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES, .ns_max = 4), NULL);
	assert_int_equal(nvu_mock_change(scene.rig->mock,
					 NVU_MOCK_CHANGE(.nsid = 1, .ns_bytes = 2 * NS_BYTES)),
			 0);
	while (nvu_block_bytes(scene.block) == NS_BYTES)
		;
	assert_int_equal(nvu_block_bytes(scene.block), 2 * NS_BYTES);
	assert_int_equal(nvu_block_write(scene.block, &byte, 1, 2 * NS_BYTES - 1, 0), 0);
	end(&scene);
}

static void reformatted_namespace_is_refused_in_words(void **state)
{
	static const char *const words[] = { "256 blocks of 4096 bytes and had 2048 of 512",
					     "2048 blocks of 512 bytes and had 256 of 4096" };
	struct scene scene;

	for (int row = 0; row < 2; row++) {
		begin(&scene, *state,
		      NVU_MOCK_OPTS(.ns_bytes = NS_BYTES, .lba_bytes = row ? 4096 : 512), NULL);
		nvu_mock_change(scene.rig->mock,
				NVU_MOCK_CHANGE(.nsid = 1, .lba_bytes = row ? 512 : 4096));
		assert_int_equal(nvu_ctrl_reset(scene.rig->ctrl), 0);
		assert_int_equal(nvu_block_read(scene.block, scene.data, 4096, 0), -ESTALE);
		rig_assert_sentence(words[row]);
		end(&scene);
		rig_again(*state);
	}
}

/* The handle is stale, but the namespace is the same: a smaller limit of a transfer. */
static void other_limit_after_a_reset_is_followed(void **state)
{
	struct scene scene;

	begin(&scene, *state, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES), NULL);
	rig_fill(scene.data, NS_BYTES, 1);
	assert_int_equal(nvu_mock_change(scene.rig->mock, NVU_MOCK_CHANGE(.mdts = 2)), 0);
	assert_int_equal(nvu_ctrl_reset(scene.rig->ctrl), 0);
	assert_int_equal(nvu_block_write(scene.block, scene.data, NS_BYTES, 0, 0), 0);
	assert_int_equal(nvu_block_read(scene.block, scene.model, NS_BYTES, 0), 0);
	assert_memory_equal(scene.model, scene.data, NS_BYTES);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(any_bytes_are_as_a_model_has_them),
		RIG_TEST(registered_memory_is_as_a_model_has_it),
		RIG_TEST(registered_memory_goes_without_bounce_buffers),
		RIG_TEST(bytes_past_the_end_are_refused),
		RIG_TEST(arguments_that_are_none_are_refused),
		RIG_TEST(options_that_cannot_be_are_refused),
		RIG_TEST(formats_with_other_metadata_are_refused),
		RIG_TEST(protected_blocks_of_each_type_are_as_a_model_has_them),
		RIG_TEST(zero_without_write_zeroes_writes),
		RIG_TEST(what_is_durable_survives_a_power_loss),
		RIG_TEST(flush_without_a_cache_sends_nothing),
		RIG_TEST(media_errors_name_their_blocks),
		RIG_TEST(growth_is_followed),
		RIG_TEST(reformatted_namespace_is_refused_in_words),
		RIG_TEST(other_limit_after_a_reset_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
