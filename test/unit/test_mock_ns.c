/* SPDX-License-Identifier: MIT */
/*
 * test_mock_ns.c: namespaces of the mock controller that are formatted, created, attached, detached,
 * deleted and resized, by commands and behind the driver's back; and how the driver learns of it.
 */
#include "covers.h"
#include "mock_driver.h"
#include "spec/feature.h"

#include <errno.h>
#include <nvu/identify.h>
#include <unistd.h>

COVERS(ADMIN, NS_MANAGEMENT);
COVERS(ADMIN, NS_ATTACHMENT);
COVERS(ADMIN, FORMAT_NVM);
COVERS(LOG_PAGE, CHANGED_NS);
COVERS(EVENT, NOTICE_NS_CHANGED);

enum { NOTICES = 1 << 8, NS_BYTES = 1 << 20 };

static void begin(struct driver *driver, uint32_t namespaces, uint32_t ns_max)
{
	driver_open(driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .namespaces = namespaces,
					  .ns_max = ns_max, .ns_bytes = NS_BYTES));
	driver_enable(driver);
	driver_create_io(driver);
}

static int command(struct driver *driver, uint8_t opcode, uint32_t nsid, uint32_t cdw10,
		   const void *page)
{
	return driver_admin(driver, (struct nvu_sqe){ .opcode = opcode,
						      .nsid = nvu_le32_put(nsid),
						      .prp1 = nvu_le64_put(
							      page ? driver_iova(driver, page) : 0),
						      .cdw10 = nvu_le32_put(cdw10) });
}

static int format(struct driver *driver, uint32_t nsid, uint32_t lbaf)
{
	return command(driver, NVU_ADMIN_FORMAT_NVM, nsid, lbaf, NULL);
}

static struct nvu_id_ns identify(struct driver *driver, uint32_t nsid)
{
	struct nvu_id_ns *id = driver_alloc(driver, PAGE);

	assert_int_equal(driver_identify(driver, NVU_CNS_NS, nsid, id), 0);
	return *id;
}

static uint64_t first_of_list(struct driver *driver, uint32_t cns)
{
	uint64_t *two = driver_alloc(driver, PAGE);

	assert_int_equal(driver_identify(driver, cns, 0, two), 0);
	return *two;
}

/* The first two entries of the Changed Namespace List. */
static uint64_t changed(struct driver *driver)
{
	uint64_t *two = driver_alloc(driver, PAGE);
	uint32_t cdw10 = NVU_LOG_CHANGED_NS | (PAGE / 4 - 1) << 16;

	assert_int_equal(command(driver, NVU_ADMIN_GET_LOG_PAGE, 0, cdw10, two), 0);
	return *two;
}

static void switch_on(struct driver *driver)
{
	assert_int_equal(
		driver_admin(driver,
			     (struct nvu_sqe){ .opcode = NVU_ADMIN_SET_FEATURES,
					       .cdw10 = nvu_le32_put(NVU_FEAT_ASYNC_EVENT_CONFIG),
					       .cdw11 = nvu_le32_put(NOTICES) }),
		0);
}

static void format_changes_the_block_size_and_the_data(void **state)
{
	uint8_t byte = 7;
	struct driver driver;
	struct nvu_id_ns id;

	(void)state;
	begin(&driver, 2, 0);
	assert_int_equal(nvu_mock_data(driver.mock, 1, 4096, &byte, 1, 1), 0);
	assert_int_equal(nvu_mock_data(driver.mock, 2, 4096, &byte, 1, 1), 0);
	assert_int_equal(format(&driver, 1, 3), 0);

	id = identify(&driver, 1);
	assert_int_equal(id.flbas, 3);
	assert_int_equal(nvu_le64_get(id.nsze), NS_BYTES / 4096);
	assert_int_equal(nvu_mock_data(driver.mock, 1, 4096, &byte, 1, 0), 0);
	assert_int_equal(byte, 0);
	assert_int_equal(nvu_le64_get(identify(&driver, 2).nsze), NS_BYTES / 512);
	assert_int_equal(
		driver_io(&driver, driver_rw(NVU_CMD_READ, NS_BYTES / 4096, 1, ARENA_IOVA, 0)),
		NVU_SC_LBA_RANGE);
	assert_int_equal(format(&driver, UINT32_MAX, 1), 0);
	assert_int_equal(nvu_le64_get(identify(&driver, 2).nsze), NS_BYTES / 1024);
	assert_int_equal(format(&driver, 1, 4), NVU_SC_INVALID_FORMAT);
	assert_int_equal(format(&driver, 1, 1 << 5), NVU_SC_INVALID_FORMAT);
	assert_int_equal(format(&driver, 3, 0), NVU_SC_INVALID_NS);
	driver_close(&driver, 0, NULL);
}

static int create(struct driver *driver, uint64_t blocks, uint64_t capacity, uint8_t flbas)
{
	struct nvu_id_ns *id = driver_alloc(driver, PAGE);

	id->nsze = nvu_le64_put(blocks);
	id->ncap = nvu_le64_put(capacity);
	id->flbas = flbas;
	return command(driver, NVU_ADMIN_NS_MANAGEMENT, 0, 0, id);
}

static int attach(struct driver *driver, uint32_t nsid, uint32_t select, uint8_t cntlid)
{
	uint8_t *list = driver_alloc(driver, PAGE);

	list[0] = 1;
	list[2] = cntlid;
	return command(driver, NVU_ADMIN_NS_ATTACHMENT, nsid, select, list);
}

static void namespaces_are_created_attached_detached_and_deleted(void **state)
{
	struct driver driver;

	(void)state;
	begin(&driver, 1, 3);
	assert_int_equal(create(&driver, 16, 16, 3), 0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), 2);
	assert_int_equal(first_of_list(&driver, NVU_CNS_ACTIVE_NS_LIST), 1);
	assert_int_equal(first_of_list(&driver, NVU_CNS_ALLOCATED_NS_LIST), 1 | 2ull << 32);
	assert_int_equal(nvu_le64_get(identify(&driver, 2).nsze), 0); /* not active: zeroes */

	assert_int_equal(attach(&driver, 2, 0, 9), NVU_SC_CTRL_LIST);
	assert_int_equal(attach(&driver, 2, 1, 1), NVU_SC_NS_NOT_ATTACHED);
	assert_int_equal(attach(&driver, 2, 0, 1), 0);
	assert_int_equal(attach(&driver, 2, 0, 1), NVU_SC_NS_ATTACHED);
	assert_int_equal(nvu_le64_get(identify(&driver, 2).nsze), 16);
	assert_int_equal(first_of_list(&driver, NVU_CNS_ACTIVE_NS_LIST), 1 | 2ull << 32);

	assert_int_equal(attach(&driver, 2, 1, 1), 0);
	assert_int_equal(driver_io(&driver, (struct nvu_sqe){ .opcode = NVU_CMD_FLUSH,
							      .nsid = nvu_le32_put(2) }),
			 NVU_SC_INVALID_FIELD);
	assert_int_equal(command(&driver, NVU_ADMIN_NS_MANAGEMENT, 2, 1, NULL), 0);
	assert_int_equal(command(&driver, NVU_ADMIN_NS_MANAGEMENT, 2, 1, NULL),
			 NVU_SC_INVALID_FIELD);
	assert_int_equal(attach(&driver, 2, 0, 1), NVU_SC_INVALID_FIELD);
	driver_close(&driver, 0, NULL);
}

static void creation_is_refused_with_its_status(void **state)
{
	const uint64_t free_blocks = NS_BYTES / 512;
	struct driver driver;

	(void)state;
	begin(&driver, 1, 2);
	assert_int_equal(create(&driver, free_blocks + 1, free_blocks + 1, 0), NVU_SC_NS_CAPACITY);
	assert_int_equal(create(&driver, 8, 7, 0), NVU_SC_THIN_PROVISIONING);
	assert_int_equal(create(&driver, 0, 0, 0), NVU_SC_INVALID_FIELD);
	assert_int_equal(create(&driver, 8, 8, 4), NVU_SC_INVALID_FORMAT);
	assert_int_equal(create(&driver, 8, 8, 0), 0);
	assert_int_equal(create(&driver, 8, 8, 0), NVU_SC_NS_ID_UNAVAILABLE);
	driver_close(&driver, 0, NULL);
}

static void namespace_created_again_has_other_identifiers(void **state)
{
	struct nvu_id_ns before, after;
	struct driver driver;

	(void)state;
	begin(&driver, 1, 0);
	before = identify(&driver, 1);
	assert_int_equal(command(&driver, NVU_ADMIN_NS_MANAGEMENT, 1, 1, NULL), 0);
	assert_int_equal(create(&driver, 8, 8, 0), 0);
	assert_int_equal(attach(&driver, 1, 0, 1), 0);
	after = identify(&driver, 1);
	assert_memory_not_equal(before.nguid, after.nguid, sizeof(before.nguid));
	assert_memory_not_equal(before.eui64, after.eui64, sizeof(before.eui64));
	driver_close(&driver, 0, NULL);
}

/* The list holds what has changed until it is read; an event comes if it was asked for. */
static void changes_are_reported_once(void **state)
{
	const struct nvu_sqe aer = { .opcode = NVU_ADMIN_ASYNC_EVENT };
	struct driver driver;

	(void)state;
	begin(&driver, 3, 0);
	assert_int_equal(format(&driver, 2, 1), 0);
	assert_int_equal(driver_admin(&driver, aer), NO_ANSWER); /* not switched on */
	assert_int_equal(changed(&driver), 2);
	assert_int_equal(changed(&driver), 0);

	switch_on(&driver);
	assert_int_equal(nvu_mock_change(driver.mock, NVU_MOCK_CHANGE(.nsid = 3, .ns_bytes = 4096)),
			 0);
	assert_int_equal(
		nvu_mock_change(driver.mock, NVU_MOCK_CHANGE(.nsid = 1, .lba_bytes = 4096)), 0);
	assert_int_equal(driver_wait(&driver, &driver.admin), 0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), NVU_LOG_CHANGED_NS << 16 | 2);
	assert_int_equal(driver_admin(&driver, aer), NO_ANSWER); /* one event for both */
	assert_int_equal(changed(&driver), 1 | 3ull << 32);
	assert_int_equal(
		nvu_mock_change(driver.mock, NVU_MOCK_CHANGE(.nsid = 3, .ns_bytes = 8192,
							     .flags = NVU_MOCK_CHANGE_SILENT)),
		0);
	assert_int_equal(changed(&driver), 0);
	driver_close(&driver, 0, NULL);
}

static void resize_keeps_the_data_and_gains_zeroes(void **state)
{
	uint8_t page[PAGE];
	struct driver driver;

	(void)state;
	begin(&driver, 1, 0);
	memset(page, 7, sizeof(page));
	assert_int_equal(nvu_mock_data(driver.mock, 1, 0, page, sizeof(page), 1), 0);
	assert_int_equal(nvu_mock_change(driver.mock, NVU_MOCK_CHANGE(.nsid = 1, .ns_bytes = 1024)),
			 0);
	assert_int_equal(nvu_le64_get(identify(&driver, 1).nsze), 2);
	assert_int_equal(nvu_mock_data(driver.mock, 1, 0, page, sizeof(page), 0), -EINVAL);
	assert_int_equal(
		nvu_mock_change(driver.mock, NVU_MOCK_CHANGE(.nsid = 1, .ns_bytes = 4 * NS_BYTES)),
		0);
	assert_int_equal(nvu_mock_data(driver.mock, 1, 0, page, sizeof(page), 0), 0);
	for (int at = 0; at < PAGE; at++)
		assert_int_equal(page[at], at < 1024 ? 7 : 0);
	driver_close(&driver, 0, NULL);
}

static void limits_change_at_the_next_reset(void **state)
{
	struct nvu_id_ctrl *id;
	struct driver driver;

	(void)state;
	begin(&driver, 1, 0);
	assert_int_equal(
		nvu_mock_change(driver.mock, NVU_MOCK_CHANGE(.mdts = 3, .io_queues = 1,
							     .max_entries = 64, .firmware = "2.0")),
		0);
	assert_int_equal(driver_read(&driver, NVU_REG_CAP) & 0xffff, 65535);
	driver_write(&driver, NVU_REG_CC, 0);
	assert_int_equal(driver_read(&driver, NVU_REG_CAP) & 0xffff, 63);
	driver_enable(&driver);
	id = driver_alloc(&driver, PAGE);
	assert_int_equal(driver_identify(&driver, NVU_CNS_CTRL, 0, id), 0);
	assert_int_equal(id->mdts, 3);
	assert_memory_equal(id->fr, "2.0     ", 8);
	assert_int_equal(command(&driver, NVU_ADMIN_GET_FEATURES, 0, NVU_FEAT_NUM_QUEUES, NULL), 0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), 0);
	driver_close(&driver, 0, NULL);
}

static void faults_change_the_namespace_of_a_command(void **state)
{
	struct driver driver;

	(void)state;
	begin(&driver, 1, 0);
	assert_int_equal(
		nvu_mock_inject(driver.mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_RESIZE,
							    .count = 1, .value = 2 * NS_BYTES)),
		0);
	assert_int_equal(
		nvu_mock_inject(driver.mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_REFORMAT,
							    .skip = 1, .count = 1, .value = 4096)),
		0);
	assert_int_equal(driver_io(&driver, (struct nvu_sqe){ .nsid = nvu_le32_put(1) }), 0);
	assert_int_equal(nvu_le64_get(identify(&driver, 1).nsze), 2 * NS_BYTES / 512);
	assert_int_equal(driver_io(&driver, (struct nvu_sqe){ .nsid = nvu_le32_put(1) }), 0);
	assert_int_equal(nvu_le64_get(identify(&driver, 1).nsze), 2 * NS_BYTES / 4096);
	driver_close(&driver, 0, NULL);
}

static void impossible_changes_are_refused(void **state)
{
	static const struct nvu_mock_changes changes[] = {
		{ .nsid = 4 },
		{ .nsid = 2 },
		{ .nsid = 1, .lba_bytes = 600 },
		{ .nsid = 1, .ns_bytes = 513 },
		{ .flags = 1u << 31 },
		{ .mdts = 21 },
		{ .io_queues = 129 },
		{ .max_entries = 1 },
		{ .firmware = "nine char" },
	};
	struct driver driver;

	(void)state;
	begin(&driver, 1, 3);
	for (size_t row = 0; row < sizeof(changes) / sizeof(changes[0]); row++) {
		struct nvu_mock_changes change = changes[row];

		change.size = sizeof(change);
		assert_int_equal(nvu_mock_change(driver.mock, &change), -EINVAL);
	}
	driver_close(&driver, 0, NULL);
}

static void data_in_a_file_are_formatted_and_not_resized(void **state)
{
	char path[] = "/tmp/nvu-mock-ns-XXXXXX";
	int fd = mkstemp(path);
	struct driver driver;
	uint8_t byte = 7;

	(void)state;
	assert_true(fd >= 0);
	driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .namespaces = 2,
					   .ns_bytes = NS_BYTES, .backing = path));
	driver_enable(&driver);
	assert_int_equal(nvu_mock_data(driver.mock, 1, 0, &byte, 1, 1), 0);
	assert_int_equal(nvu_mock_data(driver.mock, 2, 0, &byte, 1, 1), 0);
	assert_int_equal(nvu_mock_change(driver.mock, NVU_MOCK_CHANGE(.nsid = 1, .ns_bytes = 4096)),
			 -ENOTSUP);
	assert_int_equal(format(&driver, 2, 3), 0);
	assert_int_equal(nvu_mock_data(driver.mock, 2, 0, &byte, 1, 0), 0);
	assert_int_equal(byte, 0);
	assert_int_equal(nvu_mock_data(driver.mock, 1, 0, &byte, 1, 0), 0);
	assert_int_equal(byte, 7);
	assert_int_equal(create(&driver, 8, 8, 0), NVU_SC_INVALID_OPCODE);
	driver_close(&driver, 0, NULL);
	(void)close(fd);
	(void)unlink(path);
}

static int identify_csi(struct driver *driver, uint32_t cns, uint32_t csi, uint32_t nsid,
			void *page)
{
	return driver_admin(driver,
			    (struct nvu_sqe){ .opcode = NVU_ADMIN_IDENTIFY,
					      .nsid = nvu_le32_put(nsid),
					      .prp1 = nvu_le64_put(driver_iova(driver, page)),
					      .cdw10 = nvu_le32_put(cns),
					      .cdw11 = nvu_le32_put(csi << 24) });
}

/* A zoned controller has the NVM command set too, and no namespace of it. */
static void identify_by_command_set_tells_its_own(void **state)
{
	struct driver driver;
	uint8_t *page;

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 1 << 20,
					   .csi = NVU_CSI_ZONED));
	driver_enable(&driver);
	page = driver_alloc(&driver, PAGE);

	assert_int_equal(identify_csi(&driver, 0x1c, 0, 0, page), 0);
	assert_int_equal(page[0], 1 << NVU_CSI_NVM | 1 << NVU_CSI_ZONED);
	assert_int_equal(identify_csi(&driver, 0x07, NVU_CSI_ZONED, 0, page), 0);
	assert_int_equal(page[0], 1);
	assert_int_equal(identify_csi(&driver, 0x07, NVU_CSI_NVM, 0, page), 0);
	assert_int_equal(page[0], 0);
	assert_int_equal(identify_csi(&driver, 0x05, NVU_CSI_ZONED, 1, page), 0);
	assert_int_equal(page[4], 0xff);	     /* MAR: no limit */
	assert_int_equal(page[2816 + 1], 2048 >> 8); /* ZSZE of the format in use */
	assert_int_equal(identify_csi(&driver, 0x05, NVU_CSI_NVM, 1, page), NVU_SC_INVALID_FIELD);
	assert_int_equal(identify_csi(&driver, 0x06, NVU_CSI_ZONED, 0, page), 0);
	assert_int_equal(identify_csi(&driver, 0x06, NVU_CSI_KV, 0, page), NVU_SC_INVALID_FIELD);
	driver_close(&driver, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identify_by_command_set_tells_its_own),
		cmocka_unit_test(format_changes_the_block_size_and_the_data),
		cmocka_unit_test(namespaces_are_created_attached_detached_and_deleted),
		cmocka_unit_test(creation_is_refused_with_its_status),
		cmocka_unit_test(namespace_created_again_has_other_identifiers),
		cmocka_unit_test(changes_are_reported_once),
		cmocka_unit_test(resize_keeps_the_data_and_gains_zeroes),
		cmocka_unit_test(limits_change_at_the_next_reset),
		cmocka_unit_test(faults_change_the_namespace_of_a_command),
		cmocka_unit_test(impossible_changes_are_refused),
		cmocka_unit_test(data_in_a_file_are_formatted_and_not_resized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
