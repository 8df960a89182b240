// SPDX-License-Identifier: MIT
/*
 * test_mock_rows.c: the mock has what the rows of lib/spec say that it has, and nothing else: every opcode,
 * feature and log page is tried, and what it says of itself is compared with what it does.
 */
#include "covers.h"
#include "mock_driver.h"
#include "spec/command.h"

#include <nvu/identify.h>

COVERS(FEATURE, POWER_MANAGEMENT);
COVERS(FEATURE, ERROR_RECOVERY);
COVERS(FEATURE, INTERRUPT_COALESCING);
COVERS(LOG_PAGE, SUPPORTED);
COVERS(LOG_PAGE, COMMANDS);
COVERS(NVM, VERIFY);

/* Names the row that failed. */
#define assert_row(name, condition)                                         \
	do {                                                                \
		if (!(condition))                                           \
			fail_msg("%s: %s does not hold", name, #condition); \
	} while (0)

enum { IDENTIFIERS = 256, VENDOR_SPECIFIC = 0xc0 };

static void begin(struct driver *driver, uint32_t flags)
{
	driver_open(driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | flags, .ns_bytes = 1 << 20));
	driver_enable(driver);
}

static int send(struct driver *driver, uint8_t opcode, uint32_t nsid, uint32_t cdw10, void *page)
{
	return driver_admin(driver,
			    (struct nvu_sqe){ .opcode = opcode,
					      .nsid = nvu_le32_put(nsid),
					      .prp1 = nvu_le64_put(driver_iova(driver, page)),
					      .cdw10 = nvu_le32_put(cdw10) });
}

/* What a row gives as the default; -1: the mock does not have it. */
#define MOCK(preset) (preset)
#define MOCK_SAVEABLE(preset) (preset)
#define NO_MOCK (-1)
enum { SCOPE_CTRL, SCOPE_NS, SCOPE_SET, SCOPE_GROUP, SCOPE_DOMAIN };
#define FEATURE(symbol, fid, name, scope, bytes, mock, ...) \
	[fid] = { #symbol, SCOPE_##scope, mock, bytes },
static const struct {
	const char *name;
	int scope;
	int preset;
	int bytes;
} features[IDENTIFIERS] = {
#include "spec/features.def"
};
#undef MOCK
#undef NO_MOCK

static void features_are_those_of_the_rows(void **state)
{
	struct driver driver;
	void *page;

	(void)state;
	begin(&driver, 0);
	page = driver_alloc(&driver, PAGE);
	for (uint32_t fid = 0; fid < VENDOR_SPECIFIC; fid++) {
		bool has = features[fid].name && features[fid].preset >= 0;
		const char *name = features[fid].name ? features[fid].name : "no row";
		int status;

		status = send(&driver, NVU_ADMIN_GET_FEATURES, 1, 1u << 8 | fid, page);
		assert_row(name, status == (has ? 0 : NVU_SC_INVALID_FIELD));
		if (has)
			assert_row(name,
				   nvu_le32_get(driver.last.dw0) == (uint32_t)features[fid].preset);
		if (has && !features[fid].bytes && fid != NVU_FEAT_NUM_QUEUES)
			assert_row(name, !send(&driver, NVU_ADMIN_SET_FEATURES,
					       features[fid].scope == SCOPE_NS, fid, page));
	}
	driver_close(&driver, 0, NULL);
}

/* Base 5.27: only a feature of a namespace may name one; its NSID names one, or all. */
static void set_features_checks_the_nsid_by_the_scope_of_the_row(void **state)
{
	struct driver driver;
	void *page;

	(void)state;
	begin(&driver, 0);
	page = driver_alloc(&driver, PAGE);
	for (uint32_t fid = 0; fid < VENDOR_SPECIFIC; fid++) {
		bool per_ns = features[fid].scope == SCOPE_NS;

		if (!features[fid].name || features[fid].preset < 0 || fid == NVU_FEAT_NUM_QUEUES)
			continue;
		assert_row(features[fid].name,
			   send(&driver, NVU_ADMIN_SET_FEATURES, 1, fid, page) ==
				   (per_ns ? 0 : NVU_SC_FEATURE_NOT_PER_NS));
		assert_row(features[fid].name, send(&driver, NVU_ADMIN_SET_FEATURES, 0, fid,
						    page) == (per_ns ? NVU_SC_INVALID_NS : 0));
		assert_row(features[fid].name,
			   !send(&driver, NVU_ADMIN_SET_FEATURES, UINT32_MAX, fid, page));
	}
	driver_close(&driver, 0, NULL);
}

#define MOCK true
#define NO_MOCK false
#define LOG_PAGE(symbol, lid, name, bytes, unit, mock, ...) [lid] = (mock),
static const bool log_pages[IDENTIFIERS] = {
#include "spec/log_pages.def"
};

static void log_pages_are_those_of_the_rows(void **state)
{
	struct driver driver;
	uint8_t *supported, *page;

	(void)state;
	begin(&driver, 0);
	supported = driver_alloc(&driver, PAGE);
	page = driver_alloc(&driver, PAGE);
	assert_int_equal(send(&driver, NVU_ADMIN_GET_LOG_PAGE, UINT32_MAX,
			      (1024 / 4 - 1) << 16 | NVU_LOG_SUPPORTED, supported),
			 0);
	for (uint32_t lid = 0; lid < IDENTIFIERS; lid++) {
		int status =
			send(&driver, NVU_ADMIN_GET_LOG_PAGE, UINT32_MAX, 15u << 16 | lid, page);

		assert_int_equal(status, log_pages[lid] ? 0 : NVU_SC_INVALID_LOG_PAGE);
		assert_int_equal(supported[lid * 4] & 1, log_pages[lid]);
	}
	driver_close(&driver, 0, NULL);
}

/* Of the Commands Supported and Effects log page: the entry of an opcode. */
static uint32_t effects_of(const uint8_t *log, bool io, uint32_t opcode)
{
	nvu_le32 entry;

	memcpy(&entry, log + (io ? 1024 : 0) + opcode * sizeof(entry), sizeof(entry));
	return nvu_le32_get(entry);
}

/* An opcode without a row, or with one that says NO_MOCK, is none to the mock. */
static void opcodes_are_those_of_the_rows(void **state)
{
	struct driver driver;
	uint8_t *log;

	(void)state;
	begin(&driver, NVU_MOCK_SHADOW_DOORBELLS);
	driver_create_io(&driver);
	log = driver_alloc(&driver, PAGE);
	assert_int_equal(send(&driver, NVU_ADMIN_GET_LOG_PAGE, UINT32_MAX,
			      (PAGE / 4 - 1) << 16 | NVU_LOG_COMMANDS, log),
			 0);
	for (uint32_t opcode = 0; opcode < IDENTIFIERS; opcode++) {
		const struct spec_command *admin = command_of_admin((uint8_t)opcode);
		const struct spec_command *io = command_of_io(NVU_CSI_NVM, (uint8_t)opcode);
		const struct nvu_sqe cmd = { .opcode = (uint8_t)opcode, .nsid = nvu_le32_put(1) };

		assert_int_equal(effects_of(log, false, opcode),
				 admin && admin->mocked ? 1 | admin->effects : 0);
		assert_int_equal(effects_of(log, true, opcode),
				 io && io->mocked ? 1 | io->effects : 0);
		if (!admin || !admin->mocked)
			assert_int_equal(driver_admin(&driver, cmd), NVU_SC_INVALID_OPCODE);
		if (!io || !io->mocked)
			assert_int_equal(driver_io(&driver, cmd), NVU_SC_INVALID_OPCODE);
	}
	driver_close(&driver, 0, NULL);
}

/* Support bits of Identify Controller: of a command that the mock has, and of no other. */
static void support_bits_are_those_of_the_rows(void **state)
{
	const struct nvu_id_ctrl *id;
	struct driver driver;
	uint32_t oacs, oncs;

	(void)state;
	begin(&driver, NVU_MOCK_SHADOW_DOORBELLS);
	id = driver_alloc(&driver, PAGE);
	assert_int_equal(driver_identify(&driver, NVU_CNS_CTRL, 0, (void *)(uintptr_t)id), 0);
	oacs = nvu_le16_get(id->oacs);
	oncs = nvu_le16_get(id->oncs);
	for (uint32_t opcode = 0; opcode < IDENTIFIERS; opcode++) {
		const struct spec_command *admin = command_of_admin((uint8_t)opcode);
		const struct spec_command *io = command_of_io(NVU_CSI_NVM, (uint8_t)opcode);

		if (admin && admin->gate == COMMAND_BY_OACS)
			assert_row(admin->name, !(oacs & admin->gate_bits) == !admin->mocked);
		if (io && io->gate == COMMAND_BY_ONCS)
			assert_row(io->name, !(oncs & io->gate_bits) == !io->mocked);
	}
	driver_close(&driver, 0, NULL);
}

static void verify_looks_at_the_range(void **state)
{
	struct nvu_sqe cmd = { .opcode = NVU_CMD_VERIFY, .nsid = nvu_le32_put(1) };
	struct driver driver;

	(void)state;
	begin(&driver, 0);
	driver_create_io(&driver);
	cmd.cdw12 = nvu_le32_put(2047);
	assert_int_equal(driver_io(&driver, cmd), 0);
	cmd.cdw10 = nvu_le32_put(1);
	assert_int_equal(driver_io(&driver, cmd), NVU_SC_LBA_RANGE);
	driver_close(&driver, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(features_are_those_of_the_rows),
		cmocka_unit_test(set_features_checks_the_nsid_by_the_scope_of_the_row),
		cmocka_unit_test(log_pages_are_those_of_the_rows),
		cmocka_unit_test(opcodes_are_those_of_the_rows),
		cmocka_unit_test(support_bits_are_those_of_the_rows),
		cmocka_unit_test(verify_looks_at_the_range),
	};

	return cmocka_run_group_tests_name("mock rows", tests, NULL, NULL);
}
