// SPDX-License-Identifier: MIT
/*
 * test_vfio_user_doorbells.c: doorbells that a server of vfio-user shares as memory: what it says of them, and what it
 * does to the file afterwards, is not to be trusted.
 */
#include "vfio_user_fake.h"

#include "base/error.h"
#include "base/mmio.h"
#include "descriptors.h"
#include "unit.h"

#include <nvu/regs.h>
#include <signal.h>
#include <sys/mman.h>

static void start_with_doorbells(struct fake *fake, uint64_t file_bytes)
{
	fake_start(fake, 0, PROPER);
	fake->sparse = (struct frame_sparse){ .id = 1,
					      .version = 1,
					      .areas = 1,
					      .offset = NVU_REG_DOORBELLS,
					      .size = BAR0_BYTES - NVU_REG_DOORBELLS };
	fake->bells_fd = memfd_create("bells", MFD_CLOEXEC);
	assert_true(fake->bells_fd >= 0);
	assert_int_equal(ftruncate(fake->bells_fd, (off_t)file_bytes), 0);
}

static void end_with_doorbells(struct fake *fake, struct transport *transport)
{
	transport->ops->close(transport);
	(void)close(fake->bells_fd);
	fake_end(fake);
}

static void doorbells_are_stores_where_the_server_shares_them(void **state)
{
	struct transport_doorbells doorbells;
	int before = count_descriptors();
	struct transport *transport;
	uint32_t value = 0;
	struct fake fake;

	(void)state;
	start_with_doorbells(&fake, BAR0_BYTES);
	assert_int_equal(fake_open(&fake, &transport), 0);
	assert_int_equal(transport->mapped_first, NVU_REG_DOORBELLS);
	assert_int_equal(transport->mapped_end, BAR0_BYTES);
	assert_int_equal(transport->ops->doorbells_map(transport, 0x2008, 0x2010, &doorbells), 0);
	mmio_write32(doorbells.at + 4, 7);
	assert_int_equal(pread(fake.bells_fd, &value, 4, 0x200c), 4);
	assert_int_equal(value, 7);
	assert_int_equal(transport->ops->doorbells_bury(transport, &doorbells), 0);
	mmio_write32(doorbells.at + 4, 8);
	assert_int_equal(pread(fake.bells_fd, &value, 4, 0x200c), 4);
	assert_int_equal(value, 7);
	doorbells.ops->doorbells_unmap(&doorbells);
	end_with_doorbells(&fake, transport);
	assert_int_equal(count_descriptors(), before);
}

/* They are messages then. */
static void doorbells_that_the_server_does_not_share_are_not_mapped(void **state)
{
	static const struct {
		const char *name;
		bool with_file;
		struct frame_sparse sparse;
		uint64_t bar0_bytes;
	} rows[] = {
		{ "no file", false, { 1, 1, 0, 1, 0, 0x1000, 0x3000 }, BAR0_BYTES },
		{ "outside the region", true, { 1, 1, 0, 1, 0, 0x1000, 0x4000 }, BAR0_BYTES },
		{ "wraps", true, { 1, 1, 0, 1, 0, 0x1000, UINT64_MAX }, BAR0_BYTES },
		{ "not at a page", true, { 1, 1, 0, 1, 0, 0x0800, 0x1000 }, BAR0_BYTES },
		{ "no doorbells", true, { 1, 1, 0, 1, 0, 0x2000, 0x1000 }, BAR0_BYTES },
		{ "more areas than there are",
		  true,
		  { 1, 1, 0, 9, 0, 0x2000, 0x1000 },
		  BAR0_BYTES },
		{ "another capability, in a circle", true, { 9, 1, 32, 1, 0, 0, 0 }, BAR0_BYTES },
	};
	struct transport_doorbells none = { .ops = NULL };
	struct transport *transport;
	struct fake fake;
	int file;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		start_with_doorbells(&fake, BAR0_BYTES);
		file = fake.bells_fd;
		fake.sparse = rows[row].sparse;
		fake.bells_fd = rows[row].with_file ? file : -1;
		assert_int_equal(fake_open(&fake, &transport), 0);
		assert_row(rows[row].name, !transport->mapped);
		assert_row(rows[row].name, transport->ops->doorbells_map(transport, 0x1008, 0x1010,
									 &none) == -ENOTSUP);
		assert_int_equal(transport->ops->reg_write32(transport, 0x1008, 1), 0);
		fake.bells_fd = file;
		end_with_doorbells(&fake, transport);
	}
}

/* A store to what is not there any more would kill the program. */
static void doorbells_in_a_file_that_is_cut_short_are_survived(void **state)
{
	struct transport_doorbells doorbells;
	struct transport *transport;
	struct fake fake;

	(void)state;
	(void)signal(SIGBUS, SIG_DFL); /* cmocka's comes after the transport's otherwise */
	start_with_doorbells(&fake, BAR0_BYTES);
	assert_int_equal(fake_open(&fake, &transport), 0);
	assert_int_equal(transport->ops->doorbells_map(transport, 0x2008, 0x2010, &doorbells), 0);
	assert_int_equal(ftruncate(fake.bells_fd, 0), 0);
	mmio_write32(doorbells.at, 7);
	mmio_write32((volatile char *)(uintptr_t)transport->mapped + 0x1000, 7);
	assert_int_equal(transport->ops->doorbells_bury(transport, &doorbells), 0);
	doorbells.ops->doorbells_unmap(&doorbells);
	end_with_doorbells(&fake, transport);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doorbells_are_stores_where_the_server_shares_them),
		cmocka_unit_test(doorbells_that_the_server_does_not_share_are_not_mapped),
		cmocka_unit_test(doorbells_in_a_file_that_is_cut_short_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
