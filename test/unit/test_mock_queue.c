// SPDX-License-Identifier: MIT
/*
 * test_mock_queue.c: creating and deleting queues, the rules for doorbells, shadow doorbells.
 */
#include "covers.h"
#include "mock_driver.h"

#include <errno.h>

COVERS(ADMIN, DELETE_SQ);
COVERS(ADMIN, CREATE_SQ);
COVERS(ADMIN, DELETE_CQ);
COVERS(ADMIN, CREATE_CQ);
COVERS(ADMIN, DOORBELL_BUFFER);

static const struct nvu_sqe flush = { .opcode = NVU_CMD_FLUSH, .nsid = 1 };

/* The command of Create I/O SQ or CQ with everything chosen. */
static int create(struct driver *driver, uint8_t opcode, uint32_t cdw10, uint32_t cdw11,
		  uint64_t iova)
{
	return driver_admin(driver, (struct nvu_sqe){ .opcode = opcode,
						      .prp1 = nvu_le64_put(iova),
						      .cdw10 = nvu_le32_put(cdw10),
						      .cdw11 = nvu_le32_put(cdw11) });
}

static void create_bad_arguments_have_their_status(void **state)
{
	static const struct {
		uint8_t opcode;
		uint32_t cdw10, cdw11;
		uint64_t iova;
		int status;
		const char *text;
	} cases[] = {
		{ NVU_ADMIN_CREATE_CQ, 7u << 16 | 0, 1, ARENA_IOVA, NVU_SC_INVALID_QID,
		  "queue identifier 0 was not granted" },
		{ NVU_ADMIN_CREATE_CQ, 7u << 16 | 5, 1, ARENA_IOVA, NVU_SC_INVALID_QID,
		  "queue identifier 5 was not granted" },
		{ NVU_ADMIN_CREATE_CQ, 7u << 16 | 1, 1, ARENA_IOVA, NVU_SC_INVALID_QID, "in use" },
		{ NVU_ADMIN_CREATE_CQ, 0u << 16 | 2, 1, ARENA_IOVA, NVU_SC_INVALID_QUEUE_SIZE,
		  "a queue of 1 entries: expected 2 to 64" },
		{ NVU_ADMIN_CREATE_CQ, 64u << 16 | 2, 1, ARENA_IOVA, NVU_SC_INVALID_QUEUE_SIZE,
		  "a queue of 65 entries" },
		{ NVU_ADMIN_CREATE_CQ, 7u << 16 | 2, 0, ARENA_IOVA, NVU_SC_INVALID_FIELD,
		  "PC is 0" },
		{ NVU_ADMIN_CREATE_CQ, 7u << 16 | 2, 1, ARENA_IOVA + 8, NVU_SC_INVALID_PRP_OFFSET,
		  "CQ base address 0x100008 is not page aligned" },
		{ NVU_ADMIN_CREATE_CQ, 7u << 16 | 2, 1, 0, NVU_SC_DATA_TRANSFER_ERROR,
		  "not mapped in one piece" },
		{ NVU_ADMIN_CREATE_SQ, 7u << 16 | 2, 2u << 16 | 1, ARENA_IOVA, NVU_SC_INVALID_CQ,
		  "completion queue 2 does not exist" },
		{ NVU_ADMIN_CREATE_SQ, 7u << 16 | 2, 1, ARENA_IOVA, NVU_SC_INVALID_CQ,
		  "completion queue 0 does not exist" },
		{ NVU_ADMIN_CREATE_SQ, 7u << 16 | 1, 1u << 16 | 1, ARENA_IOVA, NVU_SC_INVALID_QID,
		  "in use" },
		{ NVU_ADMIN_DELETE_CQ, 1, 0, 0, NVU_SC_INVALID_QUEUE_DELETION,
		  "deleted before its 1 submission queue" },
		{ NVU_ADMIN_DELETE_CQ, 2, 0, 0, NVU_SC_INVALID_QID, "does not exist" },
		{ NVU_ADMIN_DELETE_SQ, 0, 0, 0, NVU_SC_INVALID_QID, "does not exist" },
		{ NVU_ADMIN_DELETE_SQ, 0xffff, 0, 0, NVU_SC_INVALID_QID, "does not exist" },
	};
	(void)state;

	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++) {
		struct driver driver;

		driver_start(&driver, NVU_MOCK_OPTS(.io_queues = 4, .max_entries = 64,
						    .flags = NVU_MOCK_STEPPED));
		assert_int_equal(create(&driver, cases[idx].opcode, cases[idx].cdw10,
					cases[idx].cdw11, cases[idx].iova),
				 cases[idx].status);
		driver_close(&driver, 1, cases[idx].text);
	}
}

static void create_interrupt_vector_past_the_end_is_refused(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.vectors = 9));
	assert_int_equal(
		create(&driver, NVU_ADMIN_CREATE_CQ, 7u << 16 | 2, 9u << 16 | 3, ARENA_IOVA),
		NVU_SC_INVALID_IRQ_VECTOR);
	driver_close(&driver, 1, "interrupt vector 9: there are 9");
}

static void create_without_entry_sizes_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	driver_set_admin(&driver);
	driver_write(&driver, NVU_REG_CC, 1);
	driver_make_queue(&driver, &driver.io, 1, IO_ENTRIES);
	assert_int_equal(driver_create_cq(&driver, &driver.io), NVU_SC_INVALID_QUEUE_SIZE);
	driver_close(&driver, 1, "CC.IOSQES is 0 and IOCQES 0");
}

static void delete_in_order_frees_the_identifier(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	assert_int_equal(driver_delete(&driver, NVU_ADMIN_DELETE_SQ, 1), 0);
	assert_int_equal(driver_delete(&driver, NVU_ADMIN_DELETE_CQ, 1), 0);

	driver_create_io(&driver);

	assert_int_equal(driver_io(&driver, flush), 0);
	driver_close(&driver, 0, NULL);
}

static void queues_several_sqs_share_a_cq(void **state)
{
	struct driver driver;
	struct driver_queue second;

	(void)state;
	driver_start(&driver, NULL);
	driver_make_queue(&driver, &second, 2, IO_ENTRIES);
	assert_int_equal(create(&driver, NVU_ADMIN_CREATE_SQ, (IO_ENTRIES - 1) << 16 | 2,
				1u << 16 | 1, second.sq_iova),
			 0);
	(void)driver_queue_cmd(&driver, &second, flush);
	driver_ring(&driver, &second);

	assert_int_equal(driver_wait(&driver, &driver.io), 0);
	assert_int_equal(nvu_le16_get(driver.last.sqid), 2);
	assert_int_equal(nvu_le16_get(driver.last.sqhd), 1);
	driver_close(&driver, 0, NULL);
}

static void queue_wraps_many_times_without_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	for (uint32_t round = 0; round < 5 * IO_ENTRIES; round++) {
		assert_int_equal(driver_io(&driver, flush), 0);
		assert_int_equal(nvu_le16_get(driver.last.sqhd), (round + 1) % IO_ENTRIES);
		assert_int_equal(nvu_le16_get(driver.last.cid), driver.cid);
	}
	driver_close(&driver, 0, NULL);
}

static void full_cq_holds_completions_back(void **state)
{
	struct driver driver;
	struct driver_queue sq;

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	driver_enable(&driver);
	driver_make_queue(&driver, &driver.io, 1, 4); /* room for 3 */
	driver_make_queue(&driver, &sq, 1, 16);
	assert_int_equal(driver_create_cq(&driver, &driver.io), 0);
	assert_int_equal(driver_create_sq(&driver, &sq), 0);
	for (int count = 0; count < 10; count++)
		(void)driver_queue_cmd(&driver, &sq, flush);
	driver_ring(&driver, &sq);

	assert_int_equal(nvu_mock_step(driver.mock, 100), 3);
	assert_int_equal(nvu_mock_step(driver.mock, 100), 0);
	for (int count = 0; count < 10; count++)
		assert_int_equal(driver_wait(&driver, &driver.io), 0);
	driver_close(&driver, 0, NULL);
}

/* Doorbell values that may not be, by number from the first doorbell on. */
static void doorbell_bad_values_are_violations(void **state)
{
	static const struct {
		uint32_t number, value;
		const char *text;
	} cases[] = {
		{ 2, 8, "queue 1: SQ tail doorbell 8 is outside 0..7" },
		{ 2, UINT32_MAX, "queue 1: SQ tail doorbell 4294967295 is outside 0..7" },
		{ 3, 8, "queue 1: CQ head doorbell 8 is outside 0..7" },
		{ 3, 1, "queue 1: CQ head doorbell 1 passes the tail: 0 completions" },
		{ 4, 1, "queue 2: SQ tail doorbell written with 1, but there is no such queue" },
		{ 5, 3, "queue 2: CQ head doorbell written with 3, but there is no such queue" },
		{ 0, 16, "queue 0: SQ tail doorbell 16 is outside 0..15" },
	};
	static const uint32_t flags[] = { NVU_MOCK_STEPPED,
					  NVU_MOCK_STEPPED | NVU_MOCK_TRAP_DOORBELLS };
	(void)state;

	for (size_t idx = 0; idx < 2 * sizeof(cases) / sizeof(cases[0]); idx++) {
		struct driver driver;

		driver_start(&driver, NVU_MOCK_OPTS(.flags = flags[idx & 1]));
		driver_doorbell(&driver, cases[idx / 2].number, cases[idx / 2].value);
		assert_int_equal(nvu_mock_step(driver.mock, 10), 0);
		assert_int_equal(nvu_mock_step(driver.mock, 10), 0);
		driver_close(&driver, 1, cases[idx / 2].text);
	}
}

static void doorbell_trapped_overrun_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_TRAP_DOORBELLS));
	for (uint32_t count = 0; count < IO_ENTRIES - 1; count++)
		(void)driver_queue_cmd(&driver, &driver.io, flush);
	driver_doorbell(&driver, 2, IO_ENTRIES - 1);
	driver_doorbell(&driver, 2, 1); /* two more than fit */
	driver_close(&driver, 1, "adds 2 commands to 7 that wait in a queue for 7: overrun");
}

static void doorbell_trapped_same_value_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_TRAP_DOORBELLS));
	driver_doorbell(&driver, 2, 0);
	driver_close(&driver, 1, "SQ tail doorbell written with 0, which it holds already");
}

static void doorbell_trapped_writes_are_counted(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_TRAP_DOORBELLS, .dstrd = 2));
	assert_null(driver.transport->mapped);
	for (int count = 0; count < 5; count++)
		assert_int_equal(driver_io(&driver, flush), 0);
	assert_int_equal(driver_stats(&driver).sq_doorbells, 5); /* not the admin queue's */
	assert_int_equal(driver_stats(&driver).cq_doorbells, 5);
	driver_write(&driver, NVU_REG_DOORBELLS + 4, 1); /* between two doorbells */
	driver_close(&driver, 1, "register 0x1004 is no doorbell: they are 16 bytes apart");
}

static void doorbell_read_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	assert_int_equal(driver_read(&driver, NVU_REG_DOORBELLS + 8), 0);
	driver_close(&driver, 1, "doorbell 0x1008 is read");
}

static void cid_in_use_is_answered_with_a_conflict(void **state)
{
	struct nvu_sqe sqe = flush;
	struct driver driver;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	sqe.cid = nvu_le16_put(300);
	driver_push(&driver.io, &sqe);
	driver_push(&driver.io, &sqe);
	driver_ring(&driver, &driver.io);

	assert_int_equal(driver_wait(&driver, &driver.io), 0);
	assert_int_equal(driver_wait(&driver, &driver.io), NVU_SC_CID_CONFLICT);
	driver_push(&driver.io, &sqe); /* free again */
	driver_ring(&driver, &driver.io);
	assert_int_equal(driver_wait(&driver, &driver.io), 0);
	driver_close(&driver, 1, "queue 1: CID 300 is used again by the command in slot 1");
}

static void unmap_of_a_live_queue_is_a_violation(void **state)
{
	struct driver driver;
	uint8_t *page =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	driver_open(&driver, NULL);
	driver_enable(&driver);
	assert_int_equal(driver_map(&driver, 0, page, PAGE, TRANSPORT_DMA_WRITE), 0);
	assert_int_equal(create(&driver, NVU_ADMIN_CREATE_CQ, 7u << 16 | 1, 1, 0), 0);
	assert_int_equal(driver_unmap(&driver, 0, PAGE), 0);

	assert_int_equal(driver_read(&driver, NVU_REG_CSTS) & 2, 2);
	driver_close(&driver, 1, "queue 1: the memory of the CQ is unmapped before Delete I/O CQ");
	(void)munmap(page, 2 * PAGE);
}

static void queue_of_65536_entries_wraps(void **state)
{
	struct driver driver;
	struct driver_queue *io = &driver.io;

	(void)state;
	driver_open(&driver, NULL);
	driver_enable(&driver);
	driver_make_queue(&driver, io, 1, 65536);
	assert_int_equal(driver_create_cq(&driver, io), 0);
	assert_int_equal(driver_create_sq(&driver, io), 0);
	for (uint32_t round = 0; round < 80; round++) {
		for (uint32_t count = 0; count < 1000; count++)
			(void)driver_queue_cmd(&driver, io, flush);
		driver_ring(&driver, io);
		for (uint32_t count = 0; count < 1000; count++)
			assert_int_equal(driver_wait(&driver, io), 0);
	}
	assert_int_equal(nvu_le16_get(driver.last.sqhd), 80000 % 65536);
	driver_close(&driver, 0, NULL);
}

/* Shadow doorbells: where they lie for queue 1 with stride 4. Base 5.8. */
struct shadow {
	uint32_t *tail, *head, *tail_event, *head_event;
};

static struct shadow set_shadow(struct driver *driver)
{
	uint32_t *doorbells = driver_alloc(driver, PAGE);
	uint32_t *events = driver_alloc(driver, PAGE);

	assert_int_equal(
		driver_admin(driver,
			     (struct nvu_sqe){ .opcode = NVU_ADMIN_DOORBELL_BUFFER,
					       .prp1 = nvu_le64_put(driver_iova(driver, doorbells)),
					       .prp2 = nvu_le64_put(driver_iova(driver, events)) }),
		0);
	return (struct shadow){ doorbells + 2, doorbells + 3, events + 2, events + 3 };
}

/* A sleeping queue needs its doorbell; then its shadow is followed until it is empty again. */
static void shadow_doorbell_wakes_then_the_shadow_counts(void **state)
{
	struct driver driver;
	struct shadow shadow;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_SHADOW_DOORBELLS |
						     NVU_MOCK_TRAP_DOORBELLS));
	shadow = set_shadow(&driver);
	(void)nvu_mock_step(driver.mock, 1);
	(void)driver_queue_cmd(&driver, &driver.io, flush);
	mmio_write32(shadow.tail, 1);
	assert_int_equal(nvu_mock_step(driver.mock, 1), 0); /* asleep */
	assert_int_equal(mmio_read32(shadow.tail_event), 0);

	driver_doorbell(&driver, 2, 1);
	(void)driver_queue_cmd(&driver, &driver.io, flush);
	mmio_write32(shadow.tail, 2); /* no doorbell */
	assert_int_equal(nvu_mock_step(driver.mock, 10), 2);
	assert_int_equal(mmio_read32(shadow.tail_event), 2); /* asleep again: ring from 2 on */
	assert_int_equal(driver_stats(&driver).sq_doorbells, 1);
	driver_close(&driver, 0, NULL);
}

static void shadow_cq_head_makes_room(void **state)
{
	struct driver driver;
	struct shadow shadow;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_SHADOW_DOORBELLS));
	shadow = set_shadow(&driver);
	for (uint32_t count = 0; count < 7; count++)
		(void)driver_queue_cmd(&driver, &driver.io, flush);
	mmio_write32(shadow.tail, 7);
	driver_doorbell(&driver, 2, 7);
	assert_int_equal(nvu_mock_step(driver.mock, 10), 7);
	(void)driver_queue_cmd(&driver, &driver.io, flush);
	mmio_write32(shadow.tail, 0);
	driver_doorbell(&driver, 2, 0);
	assert_int_equal(nvu_mock_step(driver.mock, 10), 0); /* the CQ is full */

	mmio_write32(shadow.head, 3);
	assert_int_equal(nvu_mock_step(driver.mock, 10), 1);
	driver_close(&driver, 0, NULL);
}

static void shadow_bad_buffers_are_refused(void **state)
{
	struct driver driver;
	struct nvu_sqe sqe = { .opcode = NVU_ADMIN_DOORBELL_BUFFER };

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_SHADOW_DOORBELLS));
	sqe.prp1 = nvu_le64_put(ARENA_IOVA);
	sqe.prp2 = nvu_le64_put(ARENA_IOVA + 64);
	assert_int_equal(driver_admin(&driver, sqe), NVU_SC_INVALID_FIELD);
	driver_close(&driver, 1, "buffer 0x100040 is not an aligned and mapped page");
}

static void shadow_without_the_flag_is_an_invalid_opcode(void **state)
{
	struct nvu_sqe sqe = { .opcode = NVU_ADMIN_DOORBELL_BUFFER };
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	assert_int_equal(driver_admin(&driver, sqe), NVU_SC_INVALID_OPCODE);
	driver_close(&driver, 0, NULL);
}

/* Of one command that is not there: what counts is how many there are at once. */
static void aborts(struct driver *driver, uint32_t count)
{
	const struct nvu_sqe sqe = { .opcode = NVU_ADMIN_ABORT, .cdw10 = nvu_le32_put(0x12340001) };

	for (uint32_t i = 0; i < count; i++)
		(void)driver_queue_cmd(driver, &driver->admin, sqe);
	driver_ring(driver, &driver->admin);
	(void)nvu_mock_step(driver->mock, 100);
	for (uint32_t i = 0; i < count; i++)
		assert_true(driver_take(driver, &driver->admin));
}

static void more_aborts_than_the_controller_takes_are_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	aborts(&driver, 4);
	aborts(&driver, 4);
	assert_int_equal(nvu_mock_violations(driver.mock), 0);
	aborts(&driver, 5);
	driver_close(&driver, 1, "more than 4 Abort commands are outstanding (ACL)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_aborts_than_the_controller_takes_are_a_violation),
		cmocka_unit_test(create_bad_arguments_have_their_status),
		cmocka_unit_test(create_interrupt_vector_past_the_end_is_refused),
		cmocka_unit_test(create_without_entry_sizes_is_a_violation),
		cmocka_unit_test(delete_in_order_frees_the_identifier),
		cmocka_unit_test(queues_several_sqs_share_a_cq),
		cmocka_unit_test(queue_wraps_many_times_without_a_violation),
		cmocka_unit_test(full_cq_holds_completions_back),
		cmocka_unit_test(doorbell_bad_values_are_violations),
		cmocka_unit_test(doorbell_trapped_overrun_is_a_violation),
		cmocka_unit_test(doorbell_trapped_same_value_is_a_violation),
		cmocka_unit_test(doorbell_trapped_writes_are_counted),
		cmocka_unit_test(doorbell_read_is_a_violation),
		cmocka_unit_test(cid_in_use_is_answered_with_a_conflict),
		cmocka_unit_test(unmap_of_a_live_queue_is_a_violation),
		cmocka_unit_test(queue_of_65536_entries_wraps),
		cmocka_unit_test(shadow_doorbell_wakes_then_the_shadow_counts),
		cmocka_unit_test(shadow_cq_head_makes_room),
		cmocka_unit_test(shadow_bad_buffers_are_refused),
		cmocka_unit_test(shadow_without_the_flag_is_an_invalid_opcode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
