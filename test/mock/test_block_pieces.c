// SPDX-License-Identifier: MIT
/*
 * test_block_pieces.c: nvu_block_readv() and nvu_block_writev() with registered memory: how many commands they are, so
 * whether data are copied, by what the controller can say of pieces.
 */
#include "harness.h"

#include <stdlib.h>
#include <sys/uio.h>

enum { NS_BYTES = 1 << 20, MOST = 64, COPIED_BYTES = 64 << 10 /* by a command */ };

struct scene {
	struct rig *rig;
	struct nvu_block *block;
	uint8_t *data, *back; /* registered: as many bytes as the namespace has */
	struct iovec pieces[MOST];
};

static uint8_t *make_memory(struct scene *scene)
{
	uint8_t *memory = aligned_alloc(PAGE, NS_BYTES);

	assert_non_null(memory);
	assert_int_equal(nvu_block_register(scene->block, memory, NS_BYTES), 0);
	return memory;
}

static void begin(struct scene *scene, struct rig *rig, uint32_t sgls)
{
	const struct nvu_ns *ns;

	*scene = (struct scene){ .rig = rig };
	rig_open(rig, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES, .sgls = sgls), NULL);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &ns), 0);
	assert_int_equal(nvu_block_open(rig->ctrl, ns, NULL, &scene->block), 0);
	scene->data = make_memory(scene);
	scene->back = make_memory(scene);
	rig_fill(scene->data, NS_BYTES, 3);
}

static void end(struct scene *scene)
{
	nvu_block_close(scene->block);
	free(scene->data);
	free(scene->back);
	rig_again(scene->rig);
}

/* Pieces of one length, `apart` from each other, the last one first: none follows on. */
static void cut(struct scene *scene, uint8_t *memory, int count, size_t len, size_t apart)
{
	for (int i = 0; i < count; i++)
		scene->pieces[i] = (struct iovec){ memory + (size_t)(count - 1 - i) * apart, len };
}

static uint64_t commands(const struct scene *scene)
{
	return rig_mock_stats(scene->rig).io_commands;
}

/* Writes pieces, and reads them elsewhere: how many commands each of these was. */
static void move(struct scene *scene, int count, size_t len, size_t apart, size_t first,
		 uint64_t ret_counts[2])
{
	uint64_t before = commands(scene);

	cut(scene, scene->data + first, count, len, apart);
	assert_int_equal(nvu_block_writev(scene->block, scene->pieces, count, 0, 0), 0);
	ret_counts[0] = commands(scene) - before;
	memset(scene->back, 0x5a, NS_BYTES);
	cut(scene, scene->back + first, count, len, apart);
	before = commands(scene);
	assert_int_equal(nvu_block_readv(scene->block, scene->pieces, count, 0), 0);
	ret_counts[1] = commands(scene) - before;
	for (int i = 0; i < count; i++)
		assert_memory_equal(
			scene->pieces[i].iov_base,
			scene->data + ((uint8_t *)scene->pieces[i].iov_base - scene->back), len);
}

static void pieces_of_registered_memory_are_one_command(void **state)
{
	static const struct {
		const char *name;
		uint32_t sgls;
		int count;
		size_t len, apart;
		uint64_t commands;
	} rows[] = {
		{ "pages", 0, 8, 4096, 8192, 1 },
		{ "pages, more than a list holds", 0, 16, 16384, 20480, 2 },
		{ "pages and SGLs", NVU_SGLS_BYTES, 16, 16384, 20480, 1 },
		{ "dwords", NVU_SGLS_DWORDS, 8, 192, 200, 1 },
		{ "bytes", NVU_SGLS_BYTES, 16, 3200, 3333, 1 },
		{ "more than a command takes", NVU_SGLS_BYTES, 40, 512, 999, 3 },
		{ "more, and blocks end elsewhere", NVU_SGLS_BYTES, 32, 48, 50, 3 },
		{ "more than a command without a copy has", NVU_SGLS_BYTES, 10, 51200, 51201, 2 },
	};
	struct scene scene;

	for (size_t row = 0; row < COUNT(rows); row++) {
		uint64_t counts[2];

		begin(&scene, *state, rows[row].sgls);
		move(&scene, rows[row].count, rows[row].len, rows[row].apart, 0, counts);
		if (counts[0] != rows[row].commands || counts[1] != rows[row].commands)
			fail_msg("%s: %llu commands to write, %llu to read", rows[row].name,
				 (unsigned long long)counts[0], (unsigned long long)counts[1]);
		end(&scene);
	}
}

/* 200,000 bytes are four commands of bounce buffers. The sentence is of an earlier call. */
static void pieces_that_no_command_can_say_are_copied(void **state)
{
	static const struct {
		uint32_t sgls;
		size_t apart;
	} rows[] = { { 0, 51200 + 512 }, { 0, 51203 }, { NVU_SGLS_DWORDS, 51202 } };
	struct scene scene;

	for (size_t row = 0; row < COUNT(rows); row++) {
		uint64_t counts[2];

		begin(&scene, *state, rows[row].sgls);
		assert_int_equal(nvu_block_read(scene.block, scene.data, 1, NS_BYTES), -EINVAL);
		move(&scene, 4, 51200, rows[row].apart, 1, counts);
		assert_int_equal(counts[0], 4);
		assert_int_equal(counts[1], 4);
		rig_assert_sentence("past the end of namespace 1");
		end(&scene);
	}
}

/*
 * Bytes of blocks that the program does not name go into a bit bucket, where there is one. Elsewhere the first 64 KiB are
 * copied, and the last block.
 */
static void parts_of_blocks_are_read_without_a_copy(void **state)
{
	const size_t len = 3 * COPIED_BYTES;
	struct scene scene;

	for (uint32_t bucket = 0; bucket < 2; bucket++) {
		uint64_t before;

		begin(&scene, *state, NVU_SGLS_BYTES | (bucket ? NVU_SGLS_BIT_BUCKET : 0));
		assert_int_equal(nvu_block_write(scene.block, scene.data, NS_BYTES, 0, 0), 0);
		memset(scene.back, 0x5a, NS_BYTES);
		before = commands(&scene);
		assert_int_equal(nvu_block_read(scene.block, scene.back + 7, len, 100), 0);
		assert_int_equal(commands(&scene) - before, bucket ? 1 : 3);
		assert_memory_equal(scene.back + 7, scene.data + 100, len);
		assert_int_equal(scene.back[6], 0x5a);
		assert_int_equal(scene.back[7 + len], 0x5a);
		end(&scene);
	}
}

static void piece_that_is_not_registered_is_copied_alone(void **state)
{
	uint8_t other[1000];
	struct scene scene;
	uint64_t before;

	begin(&scene, *state, NVU_SGLS_BYTES);
	rig_fill(other, sizeof(other), 9);
	cut(&scene, scene.data, 9, 51200, 51203);
	scene.pieces[4] = (struct iovec){ other, 1024 - 24 };
	scene.pieces[5].iov_len = 51200 + 24;
	before = commands(&scene);
	assert_int_equal(nvu_block_writev(scene.block, scene.pieces, 9, 0, 0), 0);
	assert_int_equal(commands(&scene) - before, 3);
	assert_int_equal(nvu_block_read(scene.block, scene.back, NS_BYTES, 0), 0);
	for (int i = 0, at = 0; i < 9; at += (int)scene.pieces[i++].iov_len)
		assert_memory_equal(scene.back + at, scene.pieces[i].iov_base,
				    scene.pieces[i].iov_len);
	end(&scene);
}

static void error_of_pieces_names_their_blocks(void **state)
{
	struct scene scene;

	begin(&scene, *state, NVU_SGLS_BYTES);
	rig_inject(scene.rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .opcode = NVU_CMD_READ,
					     .status = NVU_SC_UNRECOVERED_READ, .count = 1));
	cut(&scene, scene.data, 4, 512, 700);
	assert_int_equal(nvu_block_readv(scene.block, scene.pieces, 4, 512), -ENODATA);
	rig_assert_sentence("blocks 1 to 4 of namespace 1");
	end(&scene);
}

static uint64_t draw(uint64_t below)
{
	static uint64_t state = 5;

	state = state * 0xd1342543de82ef95u + 0x9e3779b97f4a7c15u;
	return (state >> 20) % below;
}

/* Pieces of any length with room between them, half a mebibyte together at most. */
static void cut_anywhere(struct scene *scene, uint8_t *memory, int count)
{
	const uint64_t units[] = { 1, 4, 512, 4096 };
	const uint64_t unit = units[draw(COUNT(units))];

	for (int i = 0; i < count; i++) {
		memory += draw(3) * unit;
		scene->pieces[i] = (struct iovec){ memory, draw(8192 / unit) * unit };
		memory += scene->pieces[i].iov_len;
	}
}

static void any_pieces_are_as_a_model_has_them(void **state)
{
	enum { TURNS = 60, BLOCKS = NS_BYTES / 512 };
	static const uint32_t sgls[] = { 0, NVU_SGLS_DWORDS, NVU_SGLS_BYTES,
					 NVU_SGLS_BYTES | NVU_SGLS_BIT_BUCKET };
	uint8_t *model = calloc(1, NS_BYTES);
	struct scene scene;

	for (uint32_t turn = 0; turn < COUNT(sgls) * TURNS; turn++) {
		int count = 1 + (int)draw(MOST / 2);
		uint64_t at = draw(2) ? draw(BLOCKS / 2) * 512 : draw(NS_BYTES / 2);

		if (turn % TURNS == 0) {
			begin(&scene, *state, sgls[turn / TURNS]);
			memset(model, 0, NS_BYTES);
		}
		cut_anywhere(&scene, scene.data, count);
		assert_int_equal(nvu_block_writev(scene.block, scene.pieces, count, at, 0), 0);
		for (int i = 0; i < count; at += scene.pieces[i++].iov_len)
			memcpy(model + at, scene.pieces[i].iov_base, scene.pieces[i].iov_len);
		at -= at > 7000 ? draw(7000) : 0;
		cut_anywhere(&scene, scene.back, count);
		assert_int_equal(nvu_block_readv(scene.block, scene.pieces, count, at), 0);
		for (int i = 0; i < count; at += scene.pieces[i++].iov_len)
			assert_memory_equal(scene.pieces[i].iov_base, model + at,
					    scene.pieces[i].iov_len);
		if (turn % TURNS == TURNS - 1)
			end(&scene);
	}
	free(model);
}

/* Sent again after a reset, to a controller that has no SGLs any more. */
static void pieces_that_a_reset_forbids_are_copied(void **state)
{
	const struct nvu_mock_fault faults[] = {
		{ .kind = NVU_MOCK_FAULT_CFS, .opcode = NVU_CMD_WRITE, .count = 1 },
		{ .kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_CTRL, .offset = 536, .len = 4 },
	};
	struct scene scene;

	begin(&scene, *state, NVU_SGLS_BYTES);
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct nvu_mock_fault fault = faults[i];

		fault.size = sizeof(fault);
		rig_inject(scene.rig, &fault);
	}
	cut(&scene, scene.data, 10, 51200, 51201);
	assert_int_equal(nvu_block_writev(scene.block, scene.pieces, 10, 0, 0), 0);
	assert_int_equal(nvu_ctrl_info(scene.rig->ctrl)->sgls, 0);
	assert_int_equal(nvu_block_read(scene.block, scene.back, NS_BYTES, 0), 0);
	for (int i = 0; i < 10; i++)
		assert_memory_equal(scene.back + i * 51200, scene.pieces[i].iov_base, 51200);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(pieces_of_registered_memory_are_one_command),
		RIG_TEST(pieces_that_no_command_can_say_are_copied),
		RIG_TEST(parts_of_blocks_are_read_without_a_copy),
		RIG_TEST(piece_that_is_not_registered_is_copied_alone),
		RIG_TEST(any_pieces_are_as_a_model_has_them),
		RIG_TEST(error_of_pieces_names_their_blocks),
		RIG_TEST(pieces_that_a_reset_forbids_are_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
