// SPDX-License-Identifier: MIT
/*
 * test_mock_copy.c: Copy commands that nvu does not send: what the mock controller refuses.
 */
#include "covers.h"
#include "mock_driver.h"

COVERS(NVM, COPY);

enum { COPY = NVU_CMD_COPY, CDFE = 4, BLOCKS = (1 << 20) / 512 };

/* Namespace 2's block 0 to namespace 1's block 8, by this CDW12 but for the number of ranges. */
static int copy(struct driver *driver, uint32_t cdw12, uint32_t ranges)
{
	struct nvu_copy_entry *entries = driver_alloc(driver, PAGE);

	for (uint32_t i = 0; i < ranges; i++)
		entries[i].snsid = nvu_le32_put(2);
	return driver_io(driver,
			 (struct nvu_sqe){ .opcode = COPY,
					   .nsid = nvu_le32_put(1),
					   .prp1 = nvu_le64_put(driver_iova(driver, entries)),
					   .cdw10 = nvu_le32_put(8),
					   .cdw12 = nvu_le32_put(cdw12 | (ranges - 1)) });
}

static void enable_formats(struct driver *driver, uint8_t formats)
{
	uint8_t *data = driver_alloc(driver, PAGE);

	data[CDFE] = formats;
	assert_int_equal(
		driver_admin(driver,
			     (struct nvu_sqe){ .opcode = NVU_ADMIN_SET_FEATURES,
					       .prp1 = nvu_le64_put(driver_iova(driver, data)),
					       .cdw10 = nvu_le32_put(NVU_FEAT_HOST_BEHAVIOR) }),
		0);
}

static void copy_takes_the_formats_that_are_enabled(void **state)
{
	static const struct {
		uint32_t cdw12, ranges, expected;
	} rows[] = {
		{ 0u << 8, 1, 0 },
		{ 1u << 8, 1, NVU_SC_INVALID_FIELD },
		{ 2u << 8, 1, NVU_SC_INVALID_FIELD },
		{ 3u << 8, 1, NVU_SC_INVALID_FIELD },
		{ 4u << 8, 1, NVU_SC_INVALID_FIELD },
		{ 1u << 14, 1, NVU_SC_INVALID_FIELD },
		{ 0u << 8, 128, 0 },
		{ 0u << 8, 129, NVU_SC_COMMAND_SIZE_LIMIT },
	};
	struct driver driver;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .namespaces = 2,
					    .ns_bytes = 1 << 20));
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
		assert_int_equal(copy(&driver, rows[row].cdw12, rows[row].ranges) & 0x7ff,
				 rows[row].expected);
	enable_formats(&driver, 1u << 2);
	assert_int_equal(copy(&driver, 2u << 8, 1), 0);
	assert_int_equal(copy(&driver, 3u << 8, 1) & 0x7ff, NVU_SC_INVALID_FIELD);
	driver_close(&driver, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy_takes_the_formats_that_are_enabled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
