// SPDX-License-Identifier: MIT
/*
 * test_mock_admin.c: Identify, features, log pages, Abort and asynchronous events of the mock.
 */
#include "covers.h"
#include "mock_driver.h"
#include "spec/feature.h"

#include <errno.h>
#include <nvu/identify.h>

COVERS(ADMIN, IDENTIFY);
COVERS(ADMIN, GET_LOG_PAGE);
COVERS(ADMIN, ABORT);
COVERS(ADMIN, SET_FEATURES);
COVERS(ADMIN, GET_FEATURES);
COVERS(ADMIN, ASYNC_EVENT);
COVERS(FEATURE, NUM_QUEUES);
COVERS(FEATURE, ASYNC_EVENT_CONFIG);
COVERS(LOG_PAGE, ERROR);
COVERS(LOG_PAGE, SMART);
COVERS(LOG_PAGE, FW_SLOT);
COVERS(EVENT, ERROR_INVALID_DOORBELL);
COVERS(EVENT, ERROR_INVALID_DOORBELL_VALUE);

enum { EIGHT_REQUESTS = 8 };

static struct nvu_sqe log_cmd(const struct driver *driver, const void *page, uint32_t log_page,
			      uint32_t bytes, uint32_t offset)
{
	return (struct nvu_sqe){ .opcode = NVU_ADMIN_GET_LOG_PAGE,
				 .prp1 = nvu_le64_put(driver_iova(driver, page)),
				 .cdw10 = nvu_le32_put((bytes / 4 - 1) << 16 | log_page),
				 .cdw12 = nvu_le32_put(offset) };
}

static int feature(struct driver *driver, uint8_t opcode, uint32_t cdw10, uint32_t cdw11)
{
	return driver_admin(driver, (struct nvu_sqe){ .opcode = opcode,
						      .cdw10 = nvu_le32_put(cdw10),
						      .cdw11 = nvu_le32_put(cdw11) });
}

static void identify_ctrl_tells_the_options(void **state)
{
	struct driver driver;
	struct nvu_id_ctrl *id;

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.serial = "s-1", .mdts = 5, .namespaces = 3,
					   .flags = NVU_MOCK_SHADOW_DOORBELLS));
	driver_enable(&driver);
	id = driver_alloc(&driver, PAGE);
	assert_int_equal(driver_identify(&driver, NVU_CNS_CTRL, 0, id), 0);

	assert_memory_equal(id->sn, "s-1                 ", 20);
	assert_int_equal(id->mdts, 5);
	assert_int_equal(nvu_le32_get(id->nn), 3);
	assert_int_equal(nvu_le16_get(id->oacs),
			 NVU_OACS_DOORBELL_BUFFER | NVU_OACS_FORMAT | NVU_OACS_NS_MANAGEMENT);
	assert_int_equal(id->sqes, 0x66);
	assert_int_equal(id->cqes, 0x44);
	assert_int_equal(id->cntrltype, 1);
	driver_close(&driver, 0, NULL);
}

static void identify_ns_tells_size_and_format(void **state)
{
	struct driver driver;
	struct nvu_id_ns *id;

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.lba_bytes = 4096, .ns_bytes = 1 << 20));
	driver_enable(&driver);
	id = driver_alloc(&driver, PAGE);
	assert_int_equal(driver_identify(&driver, NVU_CNS_NS, 1, id), 0);

	assert_int_equal(nvu_le64_get(id->nsze), 256);
	assert_int_equal(id->flbas, 3);
	assert_int_equal(id->lbaf[3].lbads, 12);
	assert_int_equal(id->dlfeat, NVU_DLFEAT_WRITE_ZEROES | 1);
	driver_close(&driver, 0, NULL);
}

static void identify_ns_list_begins_above_the_nsid(void **state)
{
	struct driver driver;
	nvu_le32 *list;

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.namespaces = 1024, .ns_bytes = 4096));
	driver_enable(&driver);
	list = driver_alloc(&driver, PAGE);

	assert_int_equal(driver_identify(&driver, NVU_CNS_ACTIVE_NS_LIST, 0, list), 0);
	assert_int_equal(nvu_le32_get(list[0]), 1);
	assert_int_equal(nvu_le32_get(list[1023]), 1024);
	assert_int_equal(driver_identify(&driver, NVU_CNS_ACTIVE_NS_LIST, 1022, list), 0);
	assert_int_equal(nvu_le32_get(list[1]), 1024);
	assert_int_equal(nvu_le32_get(list[2]), 0);
	driver_close(&driver, 0, NULL);
}

static void identify_descriptors_are_well_formed(void **state)
{
	static const uint8_t lens[5] = { 0, 8, 16, 16, 1 };
	struct driver driver;
	struct nvu_ns_desc desc;
	uint8_t *page;
	size_t at = 0;

	(void)state;
	driver_open(&driver, NULL);
	driver_enable(&driver);
	page = driver_alloc(&driver, PAGE);
	assert_int_equal(driver_identify(&driver, NVU_CNS_NS_DESC_LIST, 1, page), 0);
	for (uint8_t type = 1; type <= 4; type++) {
		memcpy(&desc, page + at, sizeof(desc));
		assert_int_equal(desc.nidt, type);
		assert_int_equal(desc.nidl, lens[type]);
		at += sizeof(desc) + desc.nidl;
	}
	assert_int_equal(page[at], 0);
	driver_close(&driver, 0, NULL);
}

static void identify_answers_each_cns(void **state)
{
	static const struct {
		uint32_t cns, nsid;
		int status;
	} cases[] = {
		{ 0x00, 1, 0 },
		{ 0x00, 0, NVU_SC_INVALID_NS },
		{ 0x00, 2, NVU_SC_INVALID_NS },
		{ 0x00, UINT32_MAX, NVU_SC_INVALID_NS },
		{ 0x01, 0, 0 },
		{ 0x02, 0, 0 },
		{ 0x02, UINT32_MAX, NVU_SC_INVALID_NS },
		{ 0x03, 1, 0 },
		{ 0x03, 9, NVU_SC_INVALID_NS },
		{ 0x04, 0, NVU_SC_INVALID_FIELD },
		{ 0x05, 1, 0 },
		{ 0x06, 0, 0 },
		{ 0x07, 0, 0 },
		{ 0x08, 1, 0 },
		{ 0x08, 2, NVU_SC_INVALID_NS },
		{ 0x10, 0, 0 },
		{ 0x11, 1, 0 },
		{ 0x12, 1, 0 },
		{ 0x13, 0, 0 },
		{ 0x1c, 0, 0 },
		{ 0xff, 0, NVU_SC_INVALID_FIELD },
	};
	struct driver driver;
	void *page;

	(void)state;
	driver_open(&driver, NULL);
	driver_enable(&driver);
	page = driver_alloc(&driver, PAGE);
	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++)
		assert_int_equal(driver_identify(&driver, cases[idx].cns, cases[idx].nsid, page),
				 cases[idx].status);
	driver_close(&driver, 0, NULL);
}

static void identify_into_unmapped_memory_is_a_violation(void **state)
{
	struct nvu_sqe sqe = { .opcode = NVU_ADMIN_IDENTIFY, .cdw10 = nvu_le32_put(1) };
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	driver_enable(&driver);
	sqe.prp1 = nvu_le64_put(0x1000);
	assert_int_equal(driver_admin(&driver, sqe), NVU_SC_DATA_TRANSFER_ERROR);
	driver_close(&driver, 1, "queue 0: Identify, CID 1: DMA write to 0x1000");
}

static void num_queues_grants_up_to_the_limit(void **state)
{
	struct driver driver;

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.io_queues = 4));
	driver_enable(&driver);
	assert_int_equal(feature(&driver, NVU_ADMIN_SET_FEATURES, NVU_FEAT_NUM_QUEUES, 0x10009), 0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), 0x10003);
	assert_int_equal(feature(&driver, NVU_ADMIN_GET_FEATURES, NVU_FEAT_NUM_QUEUES, 0), 0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), 0x10003);
	assert_int_equal(feature(&driver, NVU_ADMIN_SET_FEATURES, NVU_FEAT_NUM_QUEUES, 0xffff),
			 NVU_SC_INVALID_FIELD);
	driver_close(&driver, 0, NULL);
}

static void num_queues_with_queues_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	assert_int_equal(feature(&driver, NVU_ADMIN_SET_FEATURES, NVU_FEAT_NUM_QUEUES, 0),
			 NVU_SC_SEQUENCE);
	driver_close(&driver, 1, "Number of Queues is set while I/O queues exist");
}

static void features_are_kept_until_reset(void **state)
{
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	driver_enable(&driver);
	assert_int_equal(feature(&driver, NVU_ADMIN_SET_FEATURES, NVU_FEAT_ASYNC_EVENT_CONFIG, 7),
			 0);
	assert_int_equal(feature(&driver, NVU_ADMIN_GET_FEATURES, NVU_FEAT_ASYNC_EVENT_CONFIG, 0),
			 0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), 7);
	assert_int_equal(
		feature(&driver, NVU_ADMIN_GET_FEATURES, 1 << 8 | NVU_FEAT_ASYNC_EVENT_CONFIG, 0),
		0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), 0); /* the default */
	assert_int_equal(feature(&driver, NVU_ADMIN_GET_FEATURES, 0x7f, 0), NVU_SC_INVALID_FIELD);
	assert_int_equal(
		feature(&driver, NVU_ADMIN_SET_FEATURES, 1u << 31 | NVU_FEAT_TEMPERATURE, 0),
		0x10d);
	driver_close(&driver, 0, NULL);
}

static void log_smart_counts_what_was_done(void **state)
{
	struct driver driver;
	struct nvu_smart_log *log;

	(void)state;
	driver_start(&driver, NULL);
	log = driver_alloc(&driver, PAGE);
	for (int count = 0; count < 3; count++)
		assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_READ, 0, 8,
							      driver_iova(&driver, log), 0)),
				 0);
	assert_int_equal(driver_admin(&driver, log_cmd(&driver, log, NVU_LOG_SMART, 512, 0)), 0);

	assert_int_equal(log->host_reads[0], 3);
	assert_int_equal(log->data_units_read[0], 1);
	assert_int_equal(log->avail_spare, 100);
	assert_int_equal(log->temperature[0] | log->temperature[1] << 8, 310);
	driver_close(&driver, 0, NULL);
}

static void log_error_has_the_newest_first(void **state)
{
	struct driver driver;
	uint8_t *log;
	uint16_t cid;

	(void)state;
	driver_start(&driver, NULL);
	log = driver_alloc(&driver, PAGE);
	assert_int_equal(driver_io(&driver, (struct nvu_sqe){ .opcode = 0x77 }),
			 NVU_SC_INVALID_OPCODE);
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_READ, 1ull << 40, 1,
						      driver_iova(&driver, log), 0)),
			 NVU_SC_LBA_RANGE);
	cid = driver.cid;
	assert_int_equal(driver_admin(&driver, log_cmd(&driver, log, NVU_LOG_ERROR, 192, 0)), 0);

	assert_int_equal(log[0], 2); /* error count */
	assert_int_equal(log[8], 1); /* SQ identifier */
	assert_int_equal(log[10] | log[11] << 8, cid);
	assert_int_equal((log[12] | log[13] << 8) >> 1 & 0x7ff, NVU_SC_LBA_RANGE);
	assert_int_equal(log[21], 1); /* LBA 2^40 */
	assert_int_equal(log[64], 1);
	assert_int_equal(log[128], 0);
	driver_close(&driver, 0, NULL);
}

static void log_offset_and_length_are_respected(void **state)
{
	struct driver driver;
	uint8_t *log;

	(void)state;
	driver_open(&driver, NULL);
	driver_enable(&driver);
	log = driver_alloc(&driver, 2 * PAGE);
	memset(log, 0xee, 2 * PAGE);
	assert_int_equal(driver_admin(&driver, log_cmd(&driver, log, NVU_LOG_FW_SLOT, 8, 8)), 0);
	assert_memory_equal(log, "1.0     ", 8);
	assert_int_equal(log[8], 0xee);
	assert_int_equal(driver_admin(&driver, log_cmd(&driver, log, NVU_LOG_FW_SLOT, 1024, 0)),
			 0); /* longer than the page: zeroes behind it */
	assert_int_equal(log[1023], 0);
	assert_int_equal(log[1024], 0xee);
	assert_int_equal(driver_admin(&driver, log_cmd(&driver, log, NVU_LOG_FW_SLOT, 8, 516)),
			 NVU_SC_INVALID_FIELD);
	assert_int_equal(driver_admin(&driver, log_cmd(&driver, log, NVU_LOG_FW_SLOT, 8, 2)),
			 NVU_SC_INVALID_FIELD);
	assert_int_equal(driver_admin(&driver, log_cmd(&driver, log, 0x70, 8, 0)),
			 NVU_SC_INVALID_LOG_PAGE);
	driver_close(&driver, 0, NULL);
}

static void log_supported_lists_the_pages(void **state)
{
	struct driver driver;
	uint8_t *log;

	(void)state;
	driver_open(&driver, NULL);
	driver_enable(&driver);
	log = driver_alloc(&driver, PAGE);
	assert_int_equal(driver_admin(&driver, log_cmd(&driver, log, NVU_LOG_SUPPORTED, 1024, 0)),
			 0);
	assert_int_equal(log[NVU_LOG_SMART * 4], 1);
	assert_int_equal(log[0x70 * 4], 0);
	assert_int_equal(driver_admin(&driver, log_cmd(&driver, log, NVU_LOG_COMMANDS, 4096, 0)),
			 0);
	assert_int_equal(log[NVU_ADMIN_IDENTIFY * 4], 1);
	assert_int_equal(log[1024 + NVU_CMD_WRITE * 4], 3);
	assert_int_equal(driver_admin(&driver, log_cmd(&driver, log, NVU_LOG_CHANGED_NS, 4096, 0)),
			 0);
	driver_close(&driver, 0, NULL);
}

static void abort_ends_a_delayed_command(void **state)
{
	struct driver driver;
	uint16_t cid;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	assert_int_equal(nvu_mock_inject(driver.mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY,
								     .delay = 1000000)),
			 0);
	cid = driver_queue_cmd(&driver, &driver.io,
			       (struct nvu_sqe){ .opcode = NVU_CMD_FLUSH, .nsid = 1 });
	driver_ring(&driver, &driver.io);
	(void)nvu_mock_step(driver.mock, 10);
	assert_int_equal(driver_delete(&driver, NVU_ADMIN_ABORT, (uint32_t)cid << 16 | 1), 0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), 0);
	assert_int_equal(driver_wait(&driver, &driver.io), NVU_SC_ABORT_REQUESTED);
	assert_int_equal(driver_delete(&driver, NVU_ADMIN_ABORT, (uint32_t)cid << 16 | 1), 0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), 1); /* not there any more */
	driver_close(&driver, 0, NULL);
}

static void aer_past_the_limit_is_refused(void **state)
{
	const struct nvu_sqe aer = { .opcode = NVU_ADMIN_ASYNC_EVENT };
	struct driver driver;

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	driver_enable(&driver);
	for (int count = 0; count < EIGHT_REQUESTS; count++)
		(void)driver_queue_cmd(&driver, &driver.admin, aer);
	assert_int_equal(driver_admin(&driver, aer), NVU_SC_AER_LIMIT);
	driver_close(&driver, 0, NULL);
}

static void aer_can_be_aborted(void **state)
{
	struct driver driver;
	uint16_t cid;

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	driver_enable(&driver);
	cid = driver_queue_cmd(&driver, &driver.admin,
			       (struct nvu_sqe){ .opcode = NVU_ADMIN_ASYNC_EVENT });
	assert_int_equal(driver_delete(&driver, NVU_ADMIN_ABORT, (uint32_t)cid << 16),
			 NVU_SC_ABORT_REQUESTED);
	assert_int_equal(nvu_le16_get(driver.last.cid), cid);
	assert_int_equal(driver_wait(&driver, &driver.admin), 0);
	driver_close(&driver, 0, NULL);
}

/* Base 5.2: an event masks its type until its log page is read. */
static void event_is_reported_then_masked_until_its_log_is_read(void **state)
{
	const struct nvu_sqe aer = { .opcode = NVU_ADMIN_ASYNC_EVENT };
	struct driver driver;
	void *log;

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	driver_enable(&driver);
	log = driver_alloc(&driver, PAGE);
	assert_int_equal(nvu_mock_event(driver.mock, 1, 1, NVU_LOG_SMART), 0);
	assert_int_equal(nvu_mock_event(driver.mock, 1, 2, NVU_LOG_SMART), 0);
	assert_int_equal(driver_admin(&driver, aer), 0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), 0x020101);
	assert_int_equal(driver_admin(&driver, aer), NO_ANSWER);
	assert_int_equal(nvu_mock_event(driver.mock, 2, 0, NVU_LOG_CHANGED_NS), 0);
	assert_int_equal(driver_wait(&driver, &driver.admin), 0); /* another type */
	assert_int_equal(nvu_le32_get(driver.last.dw0), 0x040002);

	(void)driver_queue_cmd(&driver, &driver.admin, aer);
	assert_int_equal(driver_admin(&driver, log_cmd(&driver, log, NVU_LOG_SMART, 512, 0)), 0);
	assert_int_equal(driver_wait(&driver, &driver.admin), 0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), 0x020201);
	driver_close(&driver, 0, NULL);
}

static void event_queue_full_returns_enospc(void **state)
{
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	for (int count = 0; count < 64; count++)
		assert_int_equal(nvu_mock_event(driver.mock, 1, 0, 2), 0);
	assert_int_equal(nvu_mock_event(driver.mock, 1, 0, 2), -ENOSPC);
	driver_close(&driver, 0, NULL);
}

static void doorbell_violation_is_an_error_event(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	driver_doorbell(&driver, 2, 99);
	assert_int_equal(driver_admin(&driver, (struct nvu_sqe){ .opcode = NVU_ADMIN_ASYNC_EVENT }),
			 0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), 0x010100);
	driver_close(&driver, 1, "outside 0..7");
}

static void doorbell_of_no_queue_is_an_error_event(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_TRAP_DOORBELLS));
	driver_doorbell(&driver, 4, 1);
	assert_int_equal(driver_admin(&driver, (struct nvu_sqe){ .opcode = NVU_ADMIN_ASYNC_EVENT }),
			 0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), 0x010000);
	driver_close(&driver, 1, "no such queue");
}

static void unknown_commands_are_invalid_opcodes(void **state)
{
	static const uint8_t opcodes[] = { NVU_ADMIN_SELF_TEST, NVU_ADMIN_SANITIZE, 0x18, 0xff };
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	driver_enable(&driver);
	for (size_t idx = 0; idx < sizeof(opcodes); idx++)
		assert_int_equal(driver_delete(&driver, opcodes[idx], 0), NVU_SC_INVALID_OPCODE);
	driver_close(&driver, 0, NULL);
}

static void nsid_where_none_belongs_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	driver_enable(&driver);
	assert_int_equal(driver_admin(&driver, (struct nvu_sqe){ .opcode = NVU_ADMIN_ABORT,
								 .nsid = nvu_le32_put(1) }),
			 NVU_SC_INVALID_FIELD);
	driver_close(&driver, 1, "Abort, CID 1: NSID is 1 in a command that has none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identify_ctrl_tells_the_options),
		cmocka_unit_test(identify_ns_tells_size_and_format),
		cmocka_unit_test(identify_ns_list_begins_above_the_nsid),
		cmocka_unit_test(identify_descriptors_are_well_formed),
		cmocka_unit_test(identify_answers_each_cns),
		cmocka_unit_test(identify_into_unmapped_memory_is_a_violation),
		cmocka_unit_test(num_queues_grants_up_to_the_limit),
		cmocka_unit_test(num_queues_with_queues_is_a_violation),
		cmocka_unit_test(features_are_kept_until_reset),
		cmocka_unit_test(log_smart_counts_what_was_done),
		cmocka_unit_test(log_error_has_the_newest_first),
		cmocka_unit_test(log_offset_and_length_are_respected),
		cmocka_unit_test(log_supported_lists_the_pages),
		cmocka_unit_test(abort_ends_a_delayed_command),
		cmocka_unit_test(aer_past_the_limit_is_refused),
		cmocka_unit_test(aer_can_be_aborted),
		cmocka_unit_test(event_is_reported_then_masked_until_its_log_is_read),
		cmocka_unit_test(event_queue_full_returns_enospc),
		cmocka_unit_test(doorbell_violation_is_an_error_event),
		cmocka_unit_test(doorbell_of_no_queue_is_an_error_event),
		cmocka_unit_test(unknown_commands_are_invalid_opcodes),
		cmocka_unit_test(nsid_where_none_belongs_is_a_violation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
