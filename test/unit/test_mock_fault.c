// SPDX-License-Identifier: MIT
/*
 * test_mock_fault.c: which commands faults apply to, and every kind of fault that
 * changes a command, its data or its completion.
 */
#include "mock_driver.h"

#include <errno.h>

static const struct nvu_sqe flush = { .opcode = NVU_CMD_FLUSH, .nsid = 1 };

static void start(struct driver *driver, const struct nvu_mock_fault *fault)
{
	driver_start(driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .namespaces = 2));
	assert_int_equal(nvu_mock_inject(driver->mock, fault), 0);
}

static int read_block(struct driver *driver, void *memory)
{
	return driver_io(driver, driver_rw(NVU_CMD_READ, 0, 1, driver_iova(driver, memory), 0));
}

static void status_is_returned_and_nothing_done(void **state)
{
	struct driver driver;
	uint8_t *data, stored;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .opcode = NVU_CMD_WRITE,
				      .status = NVU_SC_WRITE_FAULT | NVU_MOCK_DNR, .count = 1));
	data = driver_alloc(&driver, PAGE);
	data[0] = 1;
	assert_int_equal(
		driver_io(&driver, driver_rw(NVU_CMD_WRITE, 0, 1, driver_iova(&driver, data), 0)),
		NVU_SC_WRITE_FAULT);

	assert_int_equal(nvu_le16_get(driver.last.status) >> 15, 1); /* DNR */
	assert_int_equal(nvu_mock_data(driver.mock, 1, 0, &stored, 1, 0), 0);
	assert_int_equal(stored, 0);
	assert_int_equal(driver_stats(&driver).faults_injected, 1);
	driver_close(&driver, 0, NULL);
}

/* Which of the reads 1..6 fail, as bits, by skip and count. */
static void skip_and_count_choose_the_commands(void **state)
{
	static const struct {
		uint32_t skip, count, failed;
	} cases[] = {
		{ 0, 1, 0x01 }, { 2, 1, 0x04 }, { 1, 3, 0x0e }, { 4, 0, 0x30 }, { 0, 0, 0x3f }
	};
	(void)state;

	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++) {
		struct driver driver;
		uint32_t failed = 0;
		void *data;

		start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .opcode = NVU_CMD_READ,
					      .status = NVU_SC_INTERNAL, .skip = cases[idx].skip,
					      .count = cases[idx].count));
		data = driver_alloc(&driver, PAGE);
		for (uint32_t number = 0; number < 6; number++) {
			assert_int_equal(driver_io(&driver, flush), 0); /* does not count */
			failed |= (uint32_t)(read_block(&driver, data) != 0) << number;
		}
		assert_int_equal(failed, cases[idx].failed);
		driver_close(&driver, 0, NULL);
	}
}

/* Which of: read on ns 1, flush on ns 1, flush on ns 2, Identify 0, Identify 1, log page 2. */
static void match_by_queue_opcode_cns_and_nsid(void **state)
{
	const struct {
		struct nvu_mock_fault fault;
		uint32_t failed;
	} cases[] = {
		{ { .qid = 0 }, 0x07 },
		{ { .qid = 1 }, 0x07 },
		{ { .qid = 2 }, 0x00 },
		{ { .qid = NVU_MOCK_ADMIN_QUEUE }, 0x38 },
		{ { .qid = NVU_MOCK_ANY_QUEUE }, 0x3f },
		{ { .qid = NVU_MOCK_ANY_QUEUE, .opcode = 2 }, 0x21 },
		{ { .opcode = NVU_MOCK_OPCODE_ZERO }, 0x06 },
		{ { .nsid = 2 }, 0x04 },
		{ { .cns = 1 }, 0x10 },
		{ { .cns = NVU_MOCK_CNS_ZERO }, 0x08 },
		{ { .cns = 2, .opcode = NVU_ADMIN_GET_LOG_PAGE }, 0x20 },
		{ { .cns = 2, .opcode = NVU_ADMIN_IDENTIFY }, 0x00 },
	};
	(void)state;

	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++) {
		struct nvu_mock_fault fault = cases[idx].fault;
		struct nvu_sqe flush2 = { .opcode = 0, .nsid = 2 };
		struct nvu_sqe log = { .opcode = 2, .cdw10 = nvu_le32_put(127u << 16 | 2) };
		struct driver driver;
		uint32_t failed;
		void *data;

		fault.size = sizeof(fault);
		fault.kind = NVU_MOCK_FAULT_STATUS;
		fault.status = NVU_SC_INTERNAL;
		start(&driver, &fault);
		data = driver_alloc(&driver, PAGE);
		log.prp1 = nvu_le64_put(driver_iova(&driver, data));
		failed = (uint32_t)(read_block(&driver, data) != 0) |
			 (uint32_t)(driver_io(&driver, flush) != 0) << 1 |
			 (uint32_t)(driver_io(&driver, flush2) != 0) << 2 |
			 (uint32_t)(driver_identify(&driver, 0, 1, data) != 0) << 3 |
			 (uint32_t)(driver_identify(&driver, 1, 0, data) != 0) << 4 |
			 (uint32_t)(driver_admin(&driver, log) != 0) << 5;
		assert_int_equal(failed, cases[idx].failed);
		driver_close(&driver, 0, NULL);
	}
}

static void dropped_command_is_never_answered(void **state)
{
	struct driver driver;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	assert_int_equal(driver_io(&driver, flush), NO_ANSWER);
	assert_int_equal(driver_io(&driver, flush), 0); /* the next one is */
	assert_int_equal(nvu_le16_get(driver.last.sqhd), 2);
	driver_close(&driver, 0, NULL);
}

static void delayed_command_is_carried_out_late(void **state)
{
	struct driver driver;
	uint8_t *data, stored;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .delay = 3, .count = 1));
	data = driver_alloc(&driver, PAGE);
	data[0] = 5;
	(void)driver_queue_cmd(&driver, &driver.io,
			       driver_rw(NVU_CMD_WRITE, 0, 1, driver_iova(&driver, data), 0));
	driver_ring(&driver, &driver.io);
	for (int step = 0; step < 3; step++) {
		(void)nvu_mock_step(driver.mock, 1);
		assert_false(driver_take(&driver, &driver.io));
	}
	data[0] = 6; /* still on its way */
	(void)nvu_mock_step(driver.mock, 1);
	assert_true(driver_take(&driver, &driver.io));
	assert_int_equal(nvu_mock_data(driver.mock, 1, 0, &stored, 1, 0), 0);
	assert_int_equal(stored, 6);
	driver_close(&driver, 0, NULL);
}

static void delayed_command_overtaken_by_others(void **state)
{
	struct driver driver;
	uint16_t first, second;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .delay = 2, .count = 1));
	first = driver_queue_cmd(&driver, &driver.io, flush);
	second = driver_queue_cmd(&driver, &driver.io, flush);
	driver_ring(&driver, &driver.io);

	assert_int_equal(driver_wait(&driver, &driver.io), 0);
	assert_int_equal(nvu_le16_get(driver.last.cid), second);
	assert_int_equal(driver_wait(&driver, &driver.io), 0);
	assert_int_equal(nvu_le16_get(driver.last.cid), first);
	driver_close(&driver, 0, NULL);
}

static void delayed_command_into_unmapped_memory_is_a_violation(void **state)
{
	struct driver driver;
	uint8_t *page =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .delay = 2, .count = 1));
	assert_int_equal(driver_map(&driver, 0, page, PAGE, TRANSPORT_DMA_WRITE), 0);
	(void)driver_queue_cmd(&driver, &driver.io, driver_rw(NVU_CMD_READ, 0, 1, 0, 0));
	driver_ring(&driver, &driver.io);
	(void)nvu_mock_step(driver.mock, 1);
	assert_int_equal(driver_unmap(&driver, 0, PAGE), 0);
	(void)munmap(page, PAGE); /* freed too early: the mock must not touch it */

	assert_int_equal(driver_wait(&driver, &driver.io), NVU_SC_DATA_TRANSFER_ERROR);
	driver_close(&driver, 1, "queue 1: Read, CID 3: DMA write to 0x0");
}

static void deleted_queue_takes_its_delayed_commands_along(void **state)
{
	struct driver driver;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .delay = 5, .count = 1));
	(void)driver_queue_cmd(&driver, &driver.io, flush);
	driver_ring(&driver, &driver.io);
	(void)nvu_mock_step(driver.mock, 1);
	assert_int_equal(driver_delete(&driver, NVU_ADMIN_DELETE_SQ, 1), 0);

	for (int step = 0; step < 20; step++)
		(void)nvu_mock_step(driver.mock, 1);

	assert_false(driver_take(&driver, &driver.io));
	driver_close(&driver, 0, NULL);
}

/* One field of the completion is wrong, the others are right. */
static void completion_fields_are_replaced(void **state)
{
	static const struct {
		enum nvu_mock_fault_kind kind;
		uint16_t cid, sqid, sqhd;
	} cases[] = { { NVU_MOCK_FAULT_UNKNOWN_CID, 0x7777, 1, 1 },
		      { NVU_MOCK_FAULT_WRONG_SQID, 3, 0x7777, 1 },
		      { NVU_MOCK_FAULT_WRONG_SQHD, 3, 1, 0x7777 } };
	(void)state;

	for (size_t idx = 0; idx < 3; idx++) {
		struct driver driver;

		start(&driver,
		      NVU_MOCK_FAULT(.kind = cases[idx].kind, .value = 0x7777, .count = 1));
		assert_int_equal(driver_io(&driver, flush), 0);
		assert_int_equal(nvu_le16_get(driver.last.cid), cases[idx].cid);
		assert_int_equal(nvu_le16_get(driver.last.sqid), cases[idx].sqid);
		assert_int_equal(nvu_le16_get(driver.last.sqhd), cases[idx].sqhd);
		driver_close(&driver, 0, NULL);
	}
}

static void duplicated_completion_comes_twice(void **state)
{
	struct driver driver;
	uint16_t cid;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DUPLICATE_CID, .count = 1));
	assert_int_equal(driver_io(&driver, flush), 0);
	cid = nvu_le16_get(driver.last.cid);
	assert_int_equal(driver_wait(&driver, &driver.io), 0);
	assert_int_equal(nvu_le16_get(driver.last.cid), cid);
	assert_int_equal(driver_wait(&driver, &driver.io), NO_ANSWER);
	driver_close(&driver, 0, NULL);
}

static void flooded_completion_comes_again_and_again(void **state)
{
	struct driver driver;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_FLOOD, .value = 3, .count = 1));
	assert_int_equal(driver_io(&driver, flush), 0);
	for (int more = 0; more < 3; more++) {
		assert_int_equal(driver_wait(&driver, &driver.io), 0);
		assert_int_equal(nvu_le16_get(driver.last.cid), driver.cid);
	}
	assert_int_equal(driver_wait(&driver, &driver.io), NO_ANSWER);
	driver_close(&driver, 0, NULL);
}

static void result_is_replaced(void **state)
{
	const struct nvu_sqe get = { .opcode = NVU_ADMIN_GET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_NUM_QUEUES) };
	struct driver driver;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_RESULT, .qid = NVU_MOCK_ADMIN_QUEUE,
				      .value = 0x123456789abcdef0, .count = 1));
	assert_int_equal(driver_admin(&driver, get), 0);
	assert_int_equal(nvu_le32_get(driver.last.dw0), 0x9abcdef0);
	assert_int_equal(nvu_le32_get(driver.last.dw1), 0x12345678);
	driver_close(&driver, 0, NULL);
}

/* Of a page full of FFh: how many bytes are left as they were. */
static void length_of_returned_data_is_another(void **state)
{
	static const struct {
		uint32_t cns, asked, value, returned;
	} cases[] = { { 1, 4096, 100, 100 }, { 1, 4096, 0, 0 },	     { 1, 4096, 9999, 4096 },
		      { 2, 512, 4, 4 },	     { 2, 512, 1000, 1000 }, { 2, 512, 1 << 20, 4096 } };
	(void)state;

	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++) {
		struct nvu_sqe log = { .opcode = 2, .cdw10 = nvu_le32_put(127u << 16 | 2) };
		struct driver driver;
		uint32_t bytes = 2 * PAGE;
		uint8_t *data;

		start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_LENGTH, .cns = cases[idx].cns,
					      .value = cases[idx].value));
		data = driver_alloc(&driver, 2 * PAGE);
		memset(data, 0xff, 2 * PAGE);
		log.prp1 = nvu_le64_put(driver_iova(&driver, data));
		if (cases[idx].cns == 1)
			assert_int_equal(driver_identify(&driver, 1, 0, data), 0);
		else
			assert_int_equal(driver_admin(&driver, log), 0);
		while (bytes && data[bytes - 1] == 0xff)
			bytes--;
		assert_int_equal(bytes, cases[idx].returned);
		driver_close(&driver, 0, NULL);
	}
}

static void endless_list_goes_on_from_anywhere(void **state)
{
	struct driver driver;
	nvu_le32 *ids;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ENDLESS));
	assert_int_equal(nvu_mock_inject(driver.mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ENDLESS,
								     .qid = NVU_MOCK_ADMIN_QUEUE)),
			 0);
	ids = driver_alloc(&driver, PAGE);
	for (uint32_t after = 0; after < 1 << 20; after = after * 3 + 1) {
		assert_int_equal(driver_identify(&driver, NVU_CNS_ACTIVE_NS_LIST, after, ids), 0);
		for (uint32_t idx = 0; idx < 1024; idx++)
			assert_int_equal(nvu_le32_get(ids[idx]), after + 1 + idx);
	}
	driver_close(&driver, 0, NULL);
}

static void ignored_write_leaves_the_register(void **state)
{
	struct driver driver;
	uint32_t cc;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_IGNORE, .offset = NVU_REG_CC,
				      .skip = 0, .count = 1));
	cc = driver_read(&driver, NVU_REG_CC);
	driver_write(&driver, NVU_REG_CC, 0);
	assert_int_equal(driver_read(&driver, NVU_REG_CC), cc);
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), NVU_CSTS_RDY);
	driver_write(&driver, NVU_REG_CC, 0);
	assert_int_equal(driver_read(&driver, NVU_REG_CC), 0);
	driver_close(&driver, 0, NULL);
}

static void wrong_phase_hides_the_completion(void **state)
{
	struct driver driver;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_WRONG_PHASE, .count = 1));
	assert_int_equal(driver_io(&driver, flush), NO_ANSWER);
	assert_int_equal(nvu_le16_get(driver.io.cqes[0].cid), driver.cid);
	assert_int_equal(nvu_le16_get(driver.io.cqes[0].status) & 1, 0);
	driver_close(&driver, 0, NULL);
}

static void corrupted_read_differs_in_one_byte(void **state)
{
	struct driver driver;
	uint8_t *data;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CORRUPT, .offset = 77, .count = 1));
	data = driver_alloc(&driver, PAGE);
	assert_int_equal(read_block(&driver, data), 0);
	for (int idx = 0; idx < 512; idx++)
		assert_int_equal(data[idx], idx == 77 ? 0xff : 0);
	assert_int_equal(read_block(&driver, data), 0);
	assert_int_equal(data[77], 0);
	driver_close(&driver, 0, NULL);
}

static void patches_overwrite_returned_data(void **state)
{
	struct driver driver;
	uint8_t *data;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = 1, .offset = 77,
				      .len = 1, .bytes = { 3 }));
	assert_int_equal(
		nvu_mock_inject(driver.mock,
				NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = 1,
					       .offset = 512, .len = 2, .bytes = { 0x77, 0x55 })),
		0);
	data = driver_alloc(&driver, PAGE);
	assert_int_equal(driver_identify(&driver, NVU_CNS_CTRL, 0, data), 0);
	assert_int_equal(data[77], 3);
	assert_int_equal(data[512], 0x77);
	assert_int_equal(data[513], 0x55);
	assert_int_equal(driver_identify(&driver, NVU_CNS_NS, 1, data), 0);
	assert_int_not_equal(data[77], 3);
	driver_close(&driver, 0, NULL);
}

static void patch_past_the_end_is_dropped(void **state)
{
	struct driver driver;
	uint8_t *data;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .offset = 510, .len = 4,
				      .bytes = { 1, 2, 3, 4 }));
	data = driver_alloc(&driver, PAGE);
	assert_int_equal(read_block(&driver, data), 0);
	assert_memory_equal(data + 510, "\1\2\0\0", 4);
	driver_close(&driver, 0, NULL);
}

static void null_mode_obeys_faults_too(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_NULL));
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_READ, 0, 1, 0, 0)), 0);
	assert_int_equal(
		nvu_mock_inject(driver.mock,
				NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS,
					       .status = NVU_SC_UNRECOVERED_READ, .count = 1)),
		0);
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_READ, 0, 1, 0, 0)),
			 NVU_SC_UNRECOVERED_READ);
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_READ, 0, 1, 0, 0)), 0);
	driver_close(&driver, 0, NULL);
}

static void inject_bad_fault_is_refused(void **state)
{
	const struct nvu_mock_fault *cases[] = {
		NVU_MOCK_FAULT(.kind = 0),
		NVU_MOCK_FAULT(.kind = 99),
		NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .len = 65),
		NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .status = 0x2000),
		NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = -3),
		NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_FLOOD, .value = UINT64_MAX),
		&(struct nvu_mock_fault){ .kind = NVU_MOCK_FAULT_DROP },
	};
	struct nvu_mock *mock;

	(void)state;
	assert_int_equal(nvu_mock_create(NULL, &mock), 0);
	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++)
		assert_int_equal(nvu_mock_inject(mock, cases[idx]), -EINVAL);
	for (int count = 0; count < 64; count++)
		assert_int_equal(nvu_mock_inject(mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP)),
				 0);
	assert_int_equal(nvu_mock_inject(mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP)),
			 -ENOSPC);
	nvu_mock_destroy(mock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_is_returned_and_nothing_done),
		cmocka_unit_test(skip_and_count_choose_the_commands),
		cmocka_unit_test(match_by_queue_opcode_cns_and_nsid),
		cmocka_unit_test(dropped_command_is_never_answered),
		cmocka_unit_test(delayed_command_is_carried_out_late),
		cmocka_unit_test(delayed_command_overtaken_by_others),
		cmocka_unit_test(delayed_command_into_unmapped_memory_is_a_violation),
		cmocka_unit_test(deleted_queue_takes_its_delayed_commands_along),
		cmocka_unit_test(completion_fields_are_replaced),
		cmocka_unit_test(duplicated_completion_comes_twice),
		cmocka_unit_test(flooded_completion_comes_again_and_again),
		cmocka_unit_test(result_is_replaced),
		cmocka_unit_test(length_of_returned_data_is_another),
		cmocka_unit_test(endless_list_goes_on_from_anywhere),
		cmocka_unit_test(ignored_write_leaves_the_register),
		cmocka_unit_test(wrong_phase_hides_the_completion),
		cmocka_unit_test(corrupted_read_differs_in_one_byte),
		cmocka_unit_test(patches_overwrite_returned_data),
		cmocka_unit_test(patch_past_the_end_is_dropped),
		cmocka_unit_test(null_mode_obeys_faults_too),
		cmocka_unit_test(inject_bad_fault_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
