// SPDX-License-Identifier: MIT
/*
 * test_metadata.c: namespaces with metadata and protection information, end to end: nvu_rw() moves them, the mock
 * keeps and checks them, and nvu/protection.h generates and verifies the same tuples.
 */
#include "harness.h"

enum { BLOCKS = 7, LBA = 0x53, APP = 0x5aa5, BACK = 1 << 20, META = 64 << 10 };

#define CHECKS (NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_APP | NVU_RW_PRCHK_REF)

/* A format of the mock; the buffer's first part is data, metadata are META further on, what is read BACK further on. */
struct stage {
	struct rig *rig;
	struct nvu_protection_format format;
	const struct nvu_ns_info *info;
	struct nvu_protection_args tags;
};

static const struct {
	const char *name;
	struct nvu_mock_opts opts;
} formats[] = {
	{ "16-bit guard, type 1", { .metadata_bytes = 8, .protection = 1 } },
	{ "type 2, first", { .metadata_bytes = 64, .protection = 2, .protection_first = 1 } },
	{ "type 3, last", { .metadata_bytes = 16, .protection = 3 } },
	{ "interleaved", { .metadata_bytes = 8, .protection = 1, .interleaved = 1 } },
	{ "interleaved, more, 4 KiB",
	  { .metadata_bytes = 128, .protection = 2, .interleaved = 1, .lba_bytes = 4096 } },
	{ "32-bit guard",
	  { .metadata_bytes = 16, .protection = 1, .pif = NVU_PIF_32B, .lba_bytes = 4096 } },
	{ "64-bit guard, storage tag",
	  { .metadata_bytes = 64,
	    .protection = 2,
	    .pif = NVU_PIF_64B,
	    .storage_tag_bits = 16,
	    .interleaved = 1,
	    .protection_first = 1,
	    .lba_bytes = 4096 } },
};

static void open_stage(struct stage *stage, struct rig *rig, const struct nvu_mock_opts *format)
{
	struct nvu_mock_opts opts = *format;

	opts.size = sizeof(opts);
	opts.flags = NVU_MOCK_STEPPED;
	opts.ns_bytes = 8 << 20;
	*stage = (struct stage){ .rig = rig };
	rig_start(rig, &opts, NULL, NULL);
	stage->info = nvu_ns_info(rig->ns);
	assert_int_equal(nvu_protection_of(rig->ns, &stage->format, sizeof(stage->format)), 0);
	stage->tags = *NVU_PROTECTION_ARGS(.ref_tag = stage->format.type == 1 ? LBA : 0xfffffffe,
					   .app_tag = APP, .app_mask = 0xffff, .checks = CHECKS);
	if (stage->format.storage_tag_bits) {
		stage->tags.storage_tag = 0xbeef & ((1u << stage->format.storage_tag_bits) - 1);
		stage->tags.checks |= NVU_RW_STC;
	}
}

static bool is_interleaved(const struct stage *stage)
{
	return stage->info->metadata_extended;
}

static size_t data_bytes(const struct stage *stage)
{
	return (size_t)BLOCKS * (stage->info->block_bytes +
				 (is_interleaved(stage) ? stage->info->metadata_bytes : 0));
}

static bool is_tuple_only(const struct stage *stage)
{
	return stage->info->metadata_bytes == (stage->format.pif == NVU_PIF_16B ? 8 : 16);
}

static uint8_t *tuples(const struct stage *stage, size_t at)
{
	return stage->rig->data + at + (is_interleaved(stage) ? 0 : META);
}

/* The last block's tuple. */
static uint8_t *last_tuple(const struct stage *stage, size_t at)
{
	uint32_t size = stage->format.pif == NVU_PIF_16B ? 8 : 16,
		 all = stage->info->metadata_bytes;
	uint8_t *end = tuples(stage, at) +
		       (is_interleaved(stage) ? data_bytes(stage) : BLOCKS * (size_t)all);

	return end - (stage->info->protection_first ? all : size);
}

/* One command for the blocks from LBA on, with data and metadata at `at`: its status. */
static int command(const struct stage *stage, uint32_t opcode, uint32_t flags, size_t at)
{
	struct rig *rig = stage->rig;
	bool moves = opcode == NVU_CMD_READ || opcode == NVU_CMD_WRITE || opcode == NVU_CMD_COMPARE;
	bool separate = moves && !is_interleaved(stage) &&
			!(is_tuple_only(stage) && (flags & NVU_RW_PRACT));
	struct nvu_rw_args *args =
		NVU_RW_ARGS(.ns = rig->ns, .lba = LBA, .blocks = BLOCKS, .opcode = opcode,
			    .flags = flags, .buf = moves ? rig->buf : NULL,
			    .offset = moves ? at : 0, .metadata = separate ? rig->buf : NULL,
			    .metadata_offset = separate ? at + META : 0);
	int ret;

	if (flags) {
		args->ref_tag = stage->tags.ref_tag;
		args->app_tag = stage->tags.app_tag;
		args->app_mask = stage->tags.app_mask;
		args->storage_tag = stage->tags.storage_tag;
	}
	ret = nvu_rw(rig->qpair, args);

	if (ret)
		fail_msg("nvu_rw: %s", nvu_last_error());
	return rig_status(rig);
}

/* What a controller of this type checks. */
static uint32_t checks(const struct stage *stage)
{
	return stage->format.type == 3 ? stage->tags.checks & ~NVU_RW_PRCHK_REF
				       : stage->tags.checks;
}

static void generate(const struct stage *stage, uint64_t seed)
{
	rig_fill(stage->rig->data, data_bytes(stage), seed);
	rig_fill(stage->rig->data + META, BLOCKS * (size_t)stage->info->metadata_bytes, seed + 1);
	if (is_interleaved(stage))
		rig_fill(stage->rig->data, data_bytes(stage), seed);
	assert_int_equal(nvu_protection_generate(&stage->format, &stage->tags,
						 is_interleaved(stage) ? NULL : stage->rig->data,
						 tuples(stage, 0), BLOCKS),
			 0);
}

static int verify(const struct stage *stage, size_t at, struct nvu_protection_error *ret_error)
{
	return nvu_protection_verify(&stage->format, &stage->tags,
				     is_interleaved(stage) ? NULL : stage->rig->data + at,
				     tuples(stage, at), BLOCKS, ret_error);
}

static void namespace_says_how_it_is_formatted(void **state)
{
	struct rig *rig = *state;
	struct stage stage;

	for (size_t i = 0; i < COUNT(formats); i++) {
		const struct nvu_mock_opts *opts = &formats[i].opts;

		open_stage(&stage, rig, opts);
		assert_int_equal(stage.info->metadata_bytes, opts->metadata_bytes);
		assert_int_equal(stage.info->metadata_extended, opts->interleaved);
		assert_int_equal(stage.info->protection, opts->protection);
		assert_int_equal(stage.info->protection_first, opts->protection_first);
		assert_int_equal(stage.info->pif, opts->pif);
		assert_int_equal(stage.info->max_transfer_blocks, 0);
		rig_again(rig);
	}
}

static void what_is_written_is_read_with_its_tuples(void **state)
{
	struct rig *rig = *state;
	struct stage stage;

	for (size_t i = 0; i < COUNT(formats); i++) {
		open_stage(&stage, rig, &formats[i].opts);
		generate(&stage, i);
		assert_int_equal(command(&stage, NVU_CMD_WRITE, checks(&stage), 0), 0);
		assert_int_equal(command(&stage, NVU_CMD_READ, checks(&stage), BACK), 0);
		assert_memory_equal(rig->data + BACK, rig->data, data_bytes(&stage));
		assert_int_equal(verify(&stage, BACK, NULL), 0);
		assert_int_equal(command(&stage, NVU_CMD_VERIFY, checks(&stage), 0), 0);
		assert_int_equal(command(&stage, NVU_CMD_COMPARE, checks(&stage), BACK), 0);
		rig->data[BACK] ^= 1;
		assert_int_equal(command(&stage, NVU_CMD_COMPARE, 0, BACK), NVU_SC_COMPARE_FAILED);
		rig_again(rig);
	}
}

/* The mock and nvu refuse the same field; a write that is refused changes nothing. */
static void damage(struct stage *stage, uint32_t at, int status, const char *field)
{
	struct nvu_protection_error error;

	generate(stage, 40);
	assert_int_equal(command(stage, NVU_CMD_WRITE, checks(stage), 0), 0);
	generate(stage, 50);
	last_tuple(stage, 0)[at] ^= 1;
	assert_int_equal(command(stage, NVU_CMD_WRITE, checks(stage), 0), status);
	assert_int_equal(verify(stage, 0, &error), status);
	assert_int_equal(error.block, BLOCKS - 1);
	rig_assert_sentence("block 6");
	rig_assert_sentence(field);
	assert_int_equal(command(stage, NVU_CMD_VERIFY, checks(stage), 0), 0);
	/* Without the checks it is stored as it is: then every check finds it. */
	assert_int_equal(command(stage, NVU_CMD_WRITE, 0, 0), 0);
	assert_int_equal(command(stage, NVU_CMD_VERIFY, checks(stage), 0), status);
	assert_int_equal(command(stage, NVU_CMD_READ, checks(stage), BACK), status);
	assert_int_equal(command(stage, NVU_CMD_COMPARE, checks(stage), 0), status);
	assert_int_equal(command(stage, NVU_CMD_READ, 0, BACK), 0);
	assert_int_equal(verify(stage, BACK, NULL), status);
}

static void damaged_field_is_found_on_both_sides(void **state)
{
	static const uint32_t guards[] = {
		[NVU_PIF_16B] = 2, [NVU_PIF_32B] = 4, [NVU_PIF_64B] = 8
	};
	struct rig *rig = *state;
	struct stage stage;

	for (size_t i = 0; i < COUNT(formats); i++) {
		uint32_t guard, size;

		open_stage(&stage, rig, &formats[i].opts);
		guard = guards[stage.format.pif];
		size = stage.format.pif == NVU_PIF_16B ? 8 : 16;
		damage(&stage, guard - 1, NVU_SC_GUARD_CHECK, "guard");
		damage(&stage, guard + 1, NVU_SC_APP_TAG_CHECK, "application tag");
		if (stage.format.storage_tag_bits)
			damage(&stage, guard + 2, NVU_SC_STORAGE_TAG_CHECK, "storage tag");
		if (stage.format.type != 3)
			damage(&stage, size - 1, NVU_SC_REF_TAG_CHECK, "reference tag");
		rig_again(rig);
	}
}

static void controller_inserts_and_strips_tuples(void **state)
{
	struct rig *rig = *state;
	struct stage stage;

	for (size_t i = 0; i < COUNT(formats); i++) {
		uint32_t block;

		open_stage(&stage, rig, &formats[i].opts);
		block = stage.info->block_bytes;
		generate(&stage, i); /* other metadata are transferred, and kept */
		memset(last_tuple(&stage, 0), 0, 8);
		assert_int_equal(command(&stage, NVU_CMD_WRITE, NVU_RW_PRACT, 0), 0);
		assert_int_equal(command(&stage, NVU_CMD_READ, 0, BACK), 0);
		assert_int_equal(verify(&stage, BACK, NULL), 0);
		generate(&stage, i);
		if (!is_tuple_only(&stage))
			assert_memory_equal(tuples(&stage, BACK), tuples(&stage, 0),
					    BLOCKS * (size_t)stage.info->metadata_bytes);
		memset(rig->data + BACK, 0, data_bytes(&stage));
		assert_int_equal(command(&stage, NVU_CMD_READ, NVU_RW_PRACT | checks(&stage), BACK),
				 0);
		assert_memory_equal(rig->data + BACK, rig->data, block);
		stage.tags.app_tag ^= 0x100;
		assert_int_equal(command(&stage, NVU_CMD_READ, NVU_RW_PRACT | checks(&stage), BACK),
				 NVU_SC_APP_TAG_CHECK);
		stage.tags.app_mask = 0xff; /* bits of the tag that are not compared */
		assert_int_equal(command(&stage, NVU_CMD_READ, checks(&stage), BACK), 0);
		rig_again(rig);
	}
}

/* NVM 5.2.3: the tuples of such blocks are ones, which no check applies to. */
static void blocks_that_were_never_written_are_not_checked(void **state)
{
	struct rig *rig = *state;
	const struct nvu_range range = { .lba = LBA, .blocks = BLOCKS };
	struct stage stage;

	for (size_t i = 0; i < COUNT(formats); i++) {
		open_stage(&stage, rig, &formats[i].opts);
		for (int again = 0; again < 2; again++) {
			memset(rig->data + BACK, 1, 2 * META);
			assert_int_equal(command(&stage, NVU_CMD_READ, checks(&stage), BACK), 0);
			assert_int_equal(rig->data[BACK], 0);
			assert_int_equal(last_tuple(&stage, BACK)[7], 0xff);
			assert_int_equal(verify(&stage, BACK, NULL), 0);
			generate(&stage, 3);
			assert_int_equal(command(&stage, NVU_CMD_WRITE, checks(&stage), 0), 0);
			assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, &range, 1, 0), 0);
			assert_int_equal(rig_status(rig), 0);
		}
		rig_again(rig);
	}
}

static void zeroes_have_the_tuples_that_the_command_says(void **state)
{
	struct rig *rig = *state;
	struct stage stage;

	for (size_t i = 0; i < COUNT(formats); i++) {
		open_stage(&stage, rig, &formats[i].opts);
		generate(&stage, 3);
		assert_int_equal(command(&stage, NVU_CMD_WRITE, checks(&stage), 0), 0);
		assert_int_equal(command(&stage, NVU_CMD_WRITE_ZEROES, NVU_RW_PRACT, 0), 0);
		assert_int_equal(command(&stage, NVU_CMD_READ, checks(&stage), BACK), 0);
		assert_int_equal(rig->data[BACK], 0);
		assert_int_equal(verify(&stage, BACK, NULL), 0);
		assert_int_equal(command(&stage, NVU_CMD_WRITE_ZEROES, 0, 0), 0);
		assert_int_equal(command(&stage, NVU_CMD_READ, 0, BACK), 0);
		assert_int_equal(last_tuple(&stage, BACK)[7], 0);
		assert_int_equal(command(&stage, NVU_CMD_VERIFY, NVU_RW_PRCHK_APP, 0),
				 NVU_SC_APP_TAG_CHECK);
		rig_again(rig);
	}
}

/* NVM 5.2.3: reference tags of type 1 are LBAs; what nvu_rw() refuses, a command by hand is refused for. */
static void reference_tag_that_is_no_lba_is_refused(void **state)
{
	struct rig *rig = *state;
	struct nvu_sqe cmd = { .opcode = NVU_CMD_VERIFY,
			       .nsid = nvu_le32_put(1),
			       .cdw10 = nvu_le32_put(LBA),
			       .cdw14 = nvu_le32_put(LBA + 1),
			       .cdw12 = nvu_le32_put(NVU_RW_PRCHK_REF) };
	struct stage stage;

	open_stage(&stage, rig, &formats[0].opts);
	assert_int_equal(nvu_io(rig->qpair, &cmd, NULL, 0, 0, 0), 0);
	assert_int_equal(rig_status(rig), NVU_SC_INVALID_PROTECTION);
	cmd.cdw14 = nvu_le32_put(LBA);
	assert_int_equal(nvu_io(rig->qpair, &cmd, NULL, 0, 0, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	rig_again(rig);
	open_stage(&stage, rig, &formats[2].opts);
	assert_int_equal(nvu_io(rig->qpair, &cmd, NULL, 0, 0, 0), 0);
	assert_int_equal(rig_status(rig), NVU_SC_INVALID_PROTECTION);
}

static void metadata_that_no_device_may_touch_are_violations(void **state)
{
	struct rig *rig = *state;
	struct nvu_sqe cmd = { .opcode = NVU_CMD_WRITE, .nsid = nvu_le32_put(1) };
	struct stage stage;
	uint32_t before;

	open_stage(&stage, rig, &formats[0].opts);
	rig->inconsistent = true;
	for (int i = 0; i < 3; i++) {
		before = nvu_mock_violations(rig->mock);
		cmd.mptr = nvu_le64_put(i == 0	 ? nvu_dma_iova(rig->buf) + 2
					: i == 1 ? nvu_dma_iova(rig->buf) + RIG_DATA_BYTES - 4
						 : 0);
		assert_int_equal(nvu_io(rig->qpair, &cmd, rig->buf, 0, 512, 0), 0);
		assert_true(rig_status(rig) != 0);
		assert_int_equal(nvu_mock_violations(rig->mock), before + 1);
		assert_non_null(strstr(nvu_mock_violation(rig->mock, before), "MPTR"));
	}
}

/* The formats without metadata are there too, and the others of the block sizes. */
static void format_nvm_reaches_formats_with_metadata_and_without(void **state)
{
	static const struct {
		uint32_t cdw10;
		int status;
		uint32_t block, metadata, type, extended;
	} rows[] = {
		{ 0, 0, 512, 0, 0, 0 },
		{ 3, 0, 4096, 0, 0, 0 },
		{ 4 | 1 << 5, 0, 512, 8, 1, 0 },
		{ 7 | 2 << 5 | 1 << 8 | 1 << 4, 0, 4096, 8, 2, 1 },
		{ 5, 0, 1024, 8, 0, 0 },
		{ 8, NVU_SC_INVALID_FORMAT, 1024, 8, 0, 0 },
		{ 0 | 1 << 5, NVU_SC_INVALID_FORMAT, 1024, 8, 0, 0 },
		{ 0 | 1 << 4, NVU_SC_INVALID_FORMAT, 1024, 8, 0, 0 },
		{ 4 | 4 << 5, NVU_SC_INVALID_FORMAT, 1024, 8, 0, 0 },
	};
	struct rig *rig = *state;
	struct stage stage;

	open_stage(&stage, rig, &formats[0].opts);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_FORMAT_NVM,
					     .nsid = nvu_le32_put(1),
					     .cdw10 = nvu_le32_put(rows[i].cdw10) };
		const struct nvu_ns_info *info;

		assert_int_equal(nvu_admin(rig->ctrl, &cmd, NULL, 0, 0, NULL) & 0x7ff,
				 rows[i].status);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		info = nvu_ns_info(rig->ns);
		assert_int_equal(info->block_bytes, rows[i].block);
		assert_int_equal(info->metadata_bytes, rows[i].metadata);
		assert_int_equal(info->protection, rows[i].type);
		assert_int_equal(info->metadata_extended, rows[i].extended);
		assert_int_equal(info->blocks * info->block_bytes, 8 << 20);
	}
}

static void plain_reads_and_writes_are_refused_with_what_to_do(void **state)
{
	struct rig *rig = *state;
	struct stage stage;

	open_stage(&stage, rig, &formats[0].opts);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), -ENOTSUP);
	rig_assert_sentence("8 bytes of metadata per block");
	rig_assert_sentence("nvu_rw()");
}

/* Data that the mock got behind the driver's back do not fit their guard. */
static void block_device_names_a_block_whose_guard_does_not_fit(void **state)
{
	struct rig *rig = *state;
	struct nvu_block *block;
	const struct nvu_ns *ns;
	char data[8 * 512];

	rig_fill(data, sizeof(data), 1);
	rig_open(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20, .metadata_bytes = 8, .protection = 1),
		 NULL);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &ns), 0);
	assert_int_equal(nvu_block_open(rig->ctrl, ns, NULL, &block), 0);
	assert_int_equal(nvu_block_write(block, data, sizeof(data), 0, 0), 0);
	assert_int_equal(nvu_mock_data(rig->mock, 1, 5 * 520ul, data, 512, 1), 0);

	assert_int_equal(nvu_block_read(block, data, 5 * 512, 0), 0);
	assert_int_equal(nvu_block_read(block, data, sizeof(data), 0), -EILSEQ);

	rig_assert_sentence("blocks 0 to 7 of namespace 1: the end-to-end guard check failed");
	nvu_block_close(block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(namespace_says_how_it_is_formatted),
		RIG_TEST(what_is_written_is_read_with_its_tuples),
		RIG_TEST(damaged_field_is_found_on_both_sides),
		RIG_TEST(controller_inserts_and_strips_tuples),
		RIG_TEST(blocks_that_were_never_written_are_not_checked),
		RIG_TEST(zeroes_have_the_tuples_that_the_command_says),
		RIG_TEST(reference_tag_that_is_no_lba_is_refused),
		RIG_TEST(metadata_that_no_device_may_touch_are_violations),
		RIG_TEST(format_nvm_reaches_formats_with_metadata_and_without),
		RIG_TEST(plain_reads_and_writes_are_refused_with_what_to_do),
		RIG_TEST(block_device_names_a_block_whose_guard_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
