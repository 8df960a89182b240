// SPDX-License-Identifier: MIT
/*
 * test_protection.c: the format that nvu_protection_of() finds for a namespace, with and without extended LBA
 * formats, and from a controller that contradicts itself. The mock has no protection information: what it
 * identifies is patched.
 */
#include "harness.h"

#include <nvu/protection.h>

enum { DPS = 29, FLBAS = 26, LBAF0 = 128, LBAF16 = 128 + 4 * 16, ELBAF16 = 12 + 4 * 16, PIC = 8 };

static void patch(struct rig *rig, uint32_t cns, uint32_t offset, uint32_t len, uint64_t value)
{
	struct nvu_mock_fault fault = { .size = sizeof(fault),
					.kind = NVU_MOCK_FAULT_PATCH,
					.cns = cns,
					.offset = offset,
					.len = len };

	for (uint32_t i = 0; i < len; i++)
		fault.bytes[i] = (uint8_t)(value >> (8 * i));
	rig_inject(rig, &fault);
}

static void create(struct rig *rig, bool extended)
{
	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED |
					       (extended ? NVU_MOCK_EXTENDED_FORMATS : 0)));
}

static void identify(struct rig *rig)
{
	assert_int_equal(
		nvu_ctrl_open(rig_address(rig), NVU_CTRL_OPTS(.admin_timeout_ms = 50), &rig->ctrl),
		0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
}

static void format_without_protection_is_enotsup(void **state)
{
	struct nvu_protection_format format = { .block_bytes = 7 };
	struct rig *rig = *state;

	for (int extended = 0; extended < 2; extended++) {
		create(rig, extended);
		identify(rig);
		assert_int_equal(nvu_ns_info(rig->ns)->protection, 0);
		assert_int_equal(nvu_protection_of(rig->ns, &format, sizeof(format)), -ENOTSUP);
		rig_assert_sentence("namespace 1 is formatted without protection information");
		assert_int_equal(format.block_bytes, 7);
		rig_again(rig);
	}
}

/* Metadata at the block's end, 8 bytes of 24 the tuple, the first ones. */
static void format_without_extended_formats_has_the_16_bit_guard(void **state)
{
	struct nvu_protection_format format;
	struct rig *rig = *state;

	create(rig, false);
	patch(rig, NVU_MOCK_CNS_ZERO, DPS, 1, 1u << 3 | 3);
	patch(rig, NVU_MOCK_CNS_ZERO, FLBAS, 1, 1u << 4);
	patch(rig, NVU_MOCK_CNS_ZERO, LBAF0, 2, 24);
	patch(rig, NVU_CNS_CSI_NS, 12, 4, 1u << 7 | 20); /* which nvu does not ask for */
	identify(rig);
	assert_int_equal(nvu_protection_of(rig->ns, &format, sizeof(format)), 0);
	assert_int_equal(format.size, sizeof(format));
	assert_int_equal(format.block_bytes, 512);
	assert_int_equal(format.metadata_bytes, 24);
	assert_int_equal(format.type, 3);
	assert_int_equal(format.pif, NVU_PIF_16B);
	assert_int_equal(format.storage_tag_bits, 0);
	assert_int_equal(format.flags, NVU_PROTECTION_FIRST | NVU_PROTECTION_INTERLEAVED);
	assert_int_equal(nvu_protection_generate(&format, NULL, NULL, (uint8_t[536]){ 0 }, 1), 0);
}

static void format_comes_from_the_extended_lba_format(void **state)
{
	static const struct {
		const char *name;
		uint32_t elbaf;
		uint8_t pic;
		uint8_t pif, storage_tag_bits;
	} rows[] = {
		{ "16 bits", 0u << 7 | 5, 0, NVU_PIF_16B, 5 },
		{ "32 bits", 1u << 7 | 64, 0, NVU_PIF_32B, 64 },
		{ "64 bits", 2u << 7 | 0, 0, NVU_PIF_64B, 0 },
		{ "64 bits, 48", 2u << 7 | 48, 0, NVU_PIF_64B, 48 },
		{ "qualified, 32 bits", 1u << 9 | 3u << 7 | 16, NVU_PIC_QPIFS, NVU_PIF_32B, 16 },
		{ "qualifier of another format", 1u << 9 | 2u << 7, NVU_PIC_QPIFS, NVU_PIF_64B, 0 },
	};
	struct nvu_protection_format format;
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		create(rig, true);
		patch(rig, NVU_MOCK_CNS_ZERO, DPS, 1, 1);
		patch(rig, NVU_MOCK_CNS_ZERO, LBAF16, 2, 16);
		patch(rig, NVU_CNS_CSI_NS, ELBAF16, 4, rows[row].elbaf);
		patch(rig, NVU_CNS_CSI_NS, PIC, 1, rows[row].pic);
		patch(rig, NVU_CNS_CSI_NS, 0, 8, 0x0123456789abcdef);
		identify(rig);
		assert_int_equal(nvu_ns_info(rig->ns)->lbaf, 16);
		assert_true(nvu_ns_info(rig->ns)->storage_tag_mask == 0x0123456789abcdef);
		assert_int_equal(nvu_protection_of(rig->ns, &format, sizeof(format)), 0);
		assert_int_equal(format.type, 1);
		assert_int_equal(format.pif, rows[row].pif);
		assert_int_equal(format.storage_tag_bits, rows[row].storage_tag_bits);
		assert_true(format.storage_tag_unchecked == ~0x0123456789abcdefull);
		assert_int_equal(format.flags, 0);
		rig_again(rig);
	}
}

static void format_that_contradicts_the_specification_is_refused(void **state)
{
	static const struct {
		const char *sentence;
		uint32_t elbaf;
		uint8_t dps, metadata;
		int expected;
	} rows[] = {
		{ "which format", 3u << 7, 1, 16, -ENOTSUP },
		{ "storage_tag_bits is 33", 33, 1, 16, -EPROTO },
		{ "storage_tag_bits is 0", 1u << 7, 1, 16, -EPROTO },
		{ "storage_tag_bits is 49", 2u << 7 | 49, 1, 16, -EPROTO },
		{ "metadata_bytes is 8", 2u << 7, 1, 8, -EPROTO },
		{ "metadata_bytes is 0", 0, 1, 0, -EPROTO },
		{ "type is 5", 0, 5, 16, -EPROTO },
	};
	struct nvu_protection_format format;
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		create(rig, true);
		patch(rig, NVU_MOCK_CNS_ZERO, DPS, 1, rows[row].dps);
		patch(rig, NVU_MOCK_CNS_ZERO, LBAF16, 2, rows[row].metadata);
		patch(rig, NVU_CNS_CSI_NS, ELBAF16, 4, rows[row].elbaf);
		identify(rig);
		assert_int_equal(nvu_protection_of(rig->ns, &format, sizeof(format)),
				 rows[row].expected);
		rig_assert_sentence("namespace 1");
		rig_assert_sentence(rows[row].sentence);
		rig_again(rig);
	}
}

/* The namespace is there; only how it is protected is not known. */
static void format_that_is_not_identified_is_enotsup(void **state)
{
	struct nvu_protection_format format;
	struct rig *rig = *state;

	for (int lost = 0; lost < 2; lost++) {
		create(rig, true);
		patch(rig, NVU_MOCK_CNS_ZERO, DPS, 1, 1);
		patch(rig, NVU_MOCK_CNS_ZERO, LBAF16, 2, 16);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = lost ? NVU_MOCK_FAULT_DROP
							    : NVU_MOCK_FAULT_STATUS,
					       .qid = NVU_MOCK_ADMIN_QUEUE, .cns = NVU_CNS_CSI_NS,
					       .opcode = NVU_ADMIN_IDENTIFY,
					       .status = NVU_SC_INVALID_FIELD));
		identify(rig);
		assert_int_equal(nvu_ns_info(rig->ns)->pif, NVU_PIF_UNKNOWN);
		assert_int_equal(nvu_protection_of(rig->ns, &format, sizeof(format)), -ENOTSUP);
		rig_assert_sentence("does not say which format");
		rig_again(rig);
	}
}

/* A program of an older version has a shorter struct; one of a newer version sees what this one fills in. */
static void format_is_copied_as_far_as_the_caller_knows_it(void **state)
{
	struct {
		struct nvu_protection_format format;
		uint64_t more;
	} longer = { .more = 5 };
	struct nvu_protection_format shorter = { .storage_tag_unchecked = 3 };
	struct rig *rig = *state;

	create(rig, false);
	patch(rig, NVU_MOCK_CNS_ZERO, DPS, 1, 1);
	patch(rig, NVU_MOCK_CNS_ZERO, LBAF0, 2, 8);
	identify(rig);
	assert_int_equal(nvu_protection_of(rig->ns, &longer.format, sizeof(longer)), 0);
	assert_int_equal(longer.format.size, sizeof(longer.format));
	assert_int_equal(longer.more, 5);
	assert_int_equal(nvu_protection_of(rig->ns, &shorter, 24), 0);
	assert_int_equal(shorter.size, 24);
	assert_int_equal(shorter.metadata_bytes, 8);
	assert_int_equal(shorter.storage_tag_unchecked, 3);
}

static void other_protection_makes_a_handle_stale(void **state)
{
	static const uint32_t elbafs[] = { 0u << 7, 2u << 7 | 8 };
	struct rig *rig = *state;
	const struct nvu_ns *ns;

	for (size_t row = 0; row < COUNT(elbafs); row++) {
		create(rig, true);
		patch(rig, NVU_MOCK_CNS_ZERO, DPS, 1, 1);
		patch(rig, NVU_MOCK_CNS_ZERO, LBAF16, 2, 16);
		patch(rig, NVU_CNS_CSI_NS, ELBAF16, 4, 2u << 7);
		identify(rig);
		rig_equip(rig, NULL);
		nvu_mock_clear_faults(rig->mock);
		patch(rig, NVU_MOCK_CNS_ZERO, DPS, 1, 1);
		patch(rig, NVU_MOCK_CNS_ZERO, LBAF16, 2, 16);
		patch(rig, NVU_CNS_CSI_NS, ELBAF16, 4, elbafs[row]);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &ns), 0);
		assert_int_equal(nvu_flush(rig->qpair, rig->ns, 0), -ESTALE);
		rig_assert_sentence("its protection information has another type or format now");
		assert_int_equal(nvu_flush(rig->qpair, ns, 0), 0);
		assert_int_equal(rig_status(rig), 0);
		rig_again(rig);
	}
}

/* If it is not identified once, the handle stays: what it says still holds. */
static void protection_that_is_not_identified_again_keeps_the_handle(void **state)
{
	struct rig *rig = *state;
	const struct nvu_ns *ns;

	create(rig, true);
	patch(rig, NVU_MOCK_CNS_ZERO, DPS, 1, 1);
	patch(rig, NVU_MOCK_CNS_ZERO, LBAF16, 2, 16);
	patch(rig, NVU_CNS_CSI_NS, ELBAF16, 4, 2u << 7);
	identify(rig);
	rig_equip(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .cns = NVU_CNS_CSI_NS, .opcode = NVU_ADMIN_IDENTIFY,
				       .status = NVU_SC_INVALID_FIELD, .count = 1));
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &ns), 0);
	assert_int_equal(nvu_ns_info(ns)->pif, NVU_PIF_UNKNOWN);
	assert_int_equal(nvu_flush(rig->qpair, rig->ns, 0), 0);
	assert_int_equal(nvu_flush(rig->qpair, ns, 0), 0);
	rig_reap(rig, (struct nvu_cpl[2]){ { 0 } }, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(format_without_protection_is_enotsup),
		RIG_TEST(format_without_extended_formats_has_the_16_bit_guard),
		RIG_TEST(format_comes_from_the_extended_lba_format),
		RIG_TEST(format_that_contradicts_the_specification_is_refused),
		RIG_TEST(format_that_is_not_identified_is_enotsup),
		RIG_TEST(format_is_copied_as_far_as_the_caller_knows_it),
		RIG_TEST(other_protection_makes_a_handle_stale),
		RIG_TEST(protection_that_is_not_identified_again_keeps_the_handle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
