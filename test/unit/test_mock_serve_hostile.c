// SPDX-License-Identifier: MIT
/*
 * test_mock_serve_hostile.c: a served mock whose clients come and go, share and take back memory, die, and send what
 * they should not; the faults of a mock that is served.
 */
#include "served.h"

#include "descriptors.h"

enum { MANY = 1500 };

#define STEPPED NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED)

static void many_regions_come_and_go_and_no_descriptor_stays(void **state)
{
	struct served served;
	int before;

	(void)state;
	served_open(&served, STEPPED);
	before = count_descriptors();
	for (uint64_t idx = 0; idx < MANY; idx++)
		assert_int_equal(client_map(&served.client, (1ull << 40) + idx * 2 * PAGE, PAGE,
					    served.arena_fd, 0, BOTH),
				 0);
	assert_int_equal(driver_stats(&served.driver).dma_mappings, MANY + 2);
	assert_int_equal(count_descriptors(), before);

	for (uint64_t idx = 0; idx < MANY; idx++)
		assert_int_equal(
			client_unmap(&served.client, (1ull << 40) + idx * 2 * PAGE, PAGE, 0), 0);

	assert_int_equal(driver_stats(&served.driver).dma_mappings, 2);
	assert_int_equal(client_unmap(&served.client, 0, 0, FRAME_UNMAP_ALL), 0);
	assert_int_equal(driver_stats(&served.driver).dma_mappings, 0);
	served_end(&served);
}

static void unmap_takes_ranges_that_were_never_mapped(void **state)
{
	struct served served;

	(void)state;
	served_open(&served, STEPPED);
	assert_int_equal(client_unmap(&served.client, 1ull << 50, PAGE, 0), 0);
	assert_int_equal(client_unmap(&served.client, 1ull << 63, 1ull << 63, 0), 0);
	/* Not a part of a region. */
	assert_int_equal(client_unmap(&served.client, ARENA_IOVA, PAGE, 0), -EINVAL);
	assert_int_equal(client_unmap(&served.client, ARENA_IOVA + PAGE, 1ull << 40, 0), -EINVAL);
	assert_int_equal(driver_stats(&served.driver).dma_mappings, 2);
	/* All that lies in a larger range. */
	assert_int_equal(client_unmap(&served.client, 0, 1ull << 63, 0), 0);
	assert_int_equal(driver_stats(&served.driver).dma_mappings, 0);
	served_end(&served);
}

static void map_refuses_what_cannot_be_reached(void **state)
{
	static const struct {
		const char *name;
		uint64_t iova, len, offset;
		bool has_fd;
		int expected;
	} rows[] = {
		{ "without a file", 1ull << 40, PAGE, 0, false, 0 },
		{ "without a file, a part of a page", 1ull << 40, 100, 0, false, 0 },
		{ "overlaps", ARENA_IOVA + PAGE, PAGE, 0, true, -EEXIST },
		{ "address", (1ull << 40) + 1, PAGE, 0, true, -EINVAL },
		{ "size", 1ull << 40, PAGE - 1, 0, true, -EINVAL },
		{ "offset", 1ull << 40, PAGE, 1, true, -EINVAL },
		{ "past the file's end", 1ull << 40, ARENA_BYTES + PAGE, 0, true, -EINVAL },
		{ "behind the file", 1ull << 40, PAGE, ARENA_BYTES, true, -EINVAL },
		{ "far behind the file", 1ull << 40, PAGE, 1ull << 63, true, -EINVAL },
		{ "everything", 0, UINT64_MAX - PAGE + 1, 0, true, -EINVAL },
	};
	struct served served;

	(void)state;
	served_open(&served, STEPPED);
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		int ret =
			client_map(&served.client, rows[row].iova, rows[row].len,
				   rows[row].has_fd ? served.arena_fd : -1, rows[row].offset, BOTH);

		if (ret != rows[row].expected)
			fail_msg("%s: %d", rows[row].name, ret);
	}
	assert_int_equal(driver_stats(&served.driver).dma_mappings, 2);
	served_end(&served);
}

static void map_refuses_a_descriptor_that_is_no_memory(void **state)
{
	struct served served;
	int pipes[2];

	(void)state;
	served_open(&served, STEPPED);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(client_map(&served.client, 1ull << 40, PAGE, pipes[0], 0, BOTH), -EINVAL);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	served_end(&served);
}

static void queue_memory_that_is_unmapped_fails_the_controller(void **state)
{
	struct served served;

	(void)state;
	served_start(&served, STEPPED);
	assert_int_equal(client_unmap(&served.client, ARENA_READ_IOVA, ARENA_BYTES, 0), 0);
	assert_int_equal(driver_read(&served.driver, NVU_REG_CSTS) & NVU_CSTS_CFS, NVU_CSTS_CFS);
	assert_int_equal(client_ask(&served.client, FRAME_RESET, NULL, 0), 0);
	assert_int_equal(driver_read(&served.driver, NVU_REG_CSTS), 0);
	assert_int_not_equal(nvu_mock_violations(served.driver.mock), 0);
	nvu_mock_destroy(served.driver.mock);
	(void)close(served.client.fd);
	(void)rmdir(served.folder);
	(void)munmap(served.driver.arena, ARENA_BYTES);
	(void)close(served.arena_fd);
}

/* As a client does whose IOMMU maps page by page: in the file they lie elsewhere, and in another order. */
static void queues_may_lie_in_pages_that_are_mapped_one_by_one(void **state)
{
	enum { ENTRIES = 256, SQ_PAGES = 4 };
	struct served served;
	struct driver_queue *queue = &served.driver.io;
	uint8_t *sq, *cq;

	(void)state;
	served_open(&served, STEPPED);
	driver_enable(&served.driver);
	sq = driver_alloc(&served.driver, SQ_PAGES * PAGE);
	cq = driver_alloc(&served.driver, PAGE);
	for (uint64_t page = 0; page < SQ_PAGES; page++)
		assert_int_equal(
			client_map(&served.client, (1ull << 40) + page * PAGE, PAGE,
				   served.arena_fd,
				   (uint64_t)(sq - served.driver.arena) + (page ^ 1) * PAGE, BOTH),
			0);
	*queue = (struct driver_queue){ .entries = ENTRIES,
					.phase = 1,
					.qid = 1,
					.sqes = (struct nvu_sqe *)(void *)sq,
					.cqes = (struct nvu_cqe *)(void *)cq,
					.sq_iova = 1ull << 40,
					.cq_iova = driver_iova(&served.driver, cq) };
	assert_int_equal(driver_create_cq(&served.driver, queue), 0);
	assert_int_equal(driver_create_sq(&served.driver, queue), 0);
	queue->sqes += PAGE / sizeof(*queue->sqes); /* the queue's first page is the second one */

	served_check_io(&served, 5, 0x66);

	assert_int_equal(driver_delete(&served.driver, NVU_ADMIN_DELETE_SQ, 1), 0);
	assert_int_equal(client_unmap(&served.client, 1ull << 40, SQ_PAGES * PAGE, 0), 0);
	served_end(&served);
}

/* As a virtual machine that is switched off. */
static void memory_may_go_after_the_shutdown(void **state)
{
	struct served served;

	(void)state;
	served_start(&served, STEPPED);
	driver_write(&served.driver, NVU_REG_CC, CC_ENABLE | 1u << 14);

	assert_int_equal(client_unmap(&served.client, 0, 1ull << 63, 0), 0);

	client_close(&served.client);
	served_end(&served);
}

static void memory_that_is_cut_short_ends_the_connection(const struct nvu_mock_opts *opts)
{
	struct served served;

	served_start(&served, opts);
	assert_int_equal(ftruncate(served.arena_fd, 0), 0);
	assert_int_equal(client_send(&served.client, FRAME_REGION_WRITE, &(struct {
				 struct frame_access access;
				 uint32_t value;
			 }){ { NVU_REG_DOORBELLS, 0, 4 }, 3 },
				     20, NULL, 0),
			 true);

	(void)client_receive(&served.client);
	assert_true(client_is_closed(&served.client));

	(void)close(served.client.fd);
	assert_int_equal(ftruncate(served.arena_fd, ARENA_BYTES), 0);
	served_connect(&served); /* the next client finds it as new */
	driver_enable(&served.driver);
	driver_create_io(&served.driver);
	served_check_io(&served, 3, 0x77);
	/* The queue's entries, which had become zeroes, were a driver's mistake. */
	nvu_mock_destroy(served.driver.mock);
	(void)close(served.client.fd);
	(void)rmdir(served.folder);
	(void)munmap(served.driver.arena, ARENA_BYTES);
	(void)close(served.arena_fd);
}

static void stepped_it_survives_memory_that_is_cut_short(void **state)
{
	(void)state;
	memory_that_is_cut_short_ends_the_connection(STEPPED);
}

static void with_a_thread_it_survives_memory_that_is_cut_short(void **state)
{
	(void)state;
	memory_that_is_cut_short_ends_the_connection(NULL);
}

static void a_client_that_dies_makes_room_for_the_next(void **state)
{
	struct served served;

	(void)state;
	served_start(&served, NULL);
	served_check_io(&served, 3, 0x77);
	assert_true(client_send_raw(&served.client, "\1\0\2", 3, NULL, 0)); /* of a message */
	client_close(&served.client);

	served_connect(&served);
	driver_enable(&served.driver);
	driver_create_io(&served.driver);

	served_check_io(&served, 4, 0x78);
	served_end(&served);
}

static void the_second_client_waits_for_the_first(void **state)
{
	struct served served;
	struct client second;
	struct pollfd each;

	(void)state;
	served_open(&served, STEPPED);
	second = (struct client){ .fd = client_socket(served.path) };
	assert_true(client_send(&second, FRAME_VERSION, "\0\0\0\0", 4, NULL, 0));
	assert_int_equal(driver_read(&served.driver, NVU_REG_CSTS), 0);
	each = (struct pollfd){ .fd = second.fd, .events = POLLIN };
	assert_int_equal(poll(&each, 1, 0), 0);

	client_close(&served.client);
	second.stepped = served.driver.mock;

	assert_int_equal(client_answer(&second, FRAME_VERSION, NULL, 0), 0);
	client_close(&second);
	served_end(&served);
}

static void messages_may_come_byte_by_byte(void **state)
{
	struct served served;
	struct {
		struct frame_header header;
		struct frame_access access;
	} message = { { 77, FRAME_REGION_READ, sizeof(message), 0, 0 }, { NVU_REG_VS, 0, 4 } };

	(void)state;
	served_open(&served, STEPPED);
	for (size_t idx = 0; idx < sizeof(message); idx++) {
		assert_true(
			client_send_raw(&served.client, (const char *)&message + idx, 1, NULL, 0));
		(void)nvu_mock_step(served.driver.mock, 0);
	}
	served.client.id = 77;

	assert_int_equal(client_answer(&served.client, FRAME_REGION_READ, NULL, 0), 0);
	served_end(&served);
}

static void a_message_that_wants_no_reply_gets_none(void **state)
{
	struct served served;
	struct {
		struct frame_header header;
	} message = { { 5, FRAME_RESET, sizeof(message), FRAME_NO_REPLY, 0 } };

	(void)state;
	served_start(&served, STEPPED);
	assert_true(client_send_raw(&served.client, &message, sizeof(message), NULL, 0));

	assert_int_equal(driver_read(&served.driver, NVU_REG_CC), 0); /* the only reply */
	served_end(&served);
}

/* Each ends the connection, and nothing else. */
static void what_cannot_be_understood_ends_the_connection(void **state)
{
	static const struct frame_header rows[] = {
		{ 1, FRAME_RESET, 15, 0, 0 },
		{ 1, FRAME_RESET, 0, 0, 0 },
		{ 1, FRAME_RESET, UINT32_MAX, 0, 0 },
		{ 1, FRAME_VERSION, FRAME_BYTES_MAX + 1, 0, 0 },
		{ 1, FRAME_RESET, 16, FRAME_TYPE_REPLY, 0 },
	};
	struct served served;

	(void)state;
	served_make(&served, STEPPED);
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		client_open(&served.client, served.path, served.driver.mock);
		assert_true(
			client_send_raw(&served.client, &rows[row], sizeof(rows[row]), NULL, 0));
		assert_true(client_is_closed(&served.client));
		client_close(&served.client);
	}
	/* The version comes first. */
	served.client =
		(struct client){ .stepped = served.driver.mock, .fd = client_socket(served.path) };
	assert_true(client_send(&served.client, FRAME_RESET, NULL, 0, NULL, 0));
	assert_true(client_is_closed(&served.client));
	client_close(&served.client);
	served_end(&served);
}

static void too_many_descriptors_end_the_connection(void **state)
{
	struct served served;
	int fds[CLIENT_FDS], before;

	(void)state;
	served_open(&served, STEPPED);
	before = count_descriptors();
	for (int idx = 0; idx < CLIENT_FDS; idx++)
		fds[idx] = 0;
	assert_true(client_send(&served.client, FRAME_RESET, NULL, 0, fds, CLIENT_FDS));

	assert_true(client_is_closed(&served.client));
	assert_in_range(count_descriptors(), before - 2, before); /* its own two are closed */
	client_close(&served.client);
	served_end(&served);
}

static void interrupts_that_do_not_exist_are_refused(void **state)
{
	static const struct {
		uint32_t flags, index, start, count;
		int expected;
	} rows[] = {
		{ FRAME_IRQ_NONE | FRAME_IRQ_TRIGGER, FRAME_MSIX, 129, 1, -EINVAL },
		{ FRAME_IRQ_NONE | FRAME_IRQ_TRIGGER, FRAME_MSIX, 1, UINT32_MAX, -EINVAL },
		{ FRAME_IRQ_NONE | FRAME_IRQ_TRIGGER, FRAME_MSI, 0, 1, -EINVAL },
		{ FRAME_IRQ_NONE | FRAME_IRQ_TRIGGER, 5, 0, 1, -EINVAL },
		{ FRAME_IRQ_NONE | FRAME_IRQ_MASK, FRAME_MSIX, 0, 1, -ENOTSUP },
		{ FRAME_IRQ_FDS | FRAME_IRQ_MASK, FRAME_INTX, 0, 1, -ENOTSUP },
		{ FRAME_IRQ_FDS | FRAME_IRQ_TRIGGER, FRAME_ERR, 0, 1, 0 },
		{ FRAME_IRQ_FDS | FRAME_IRQ_TRIGGER, FRAME_REQ, 0, 1, 0 },
		{ FRAME_IRQ_NONE | FRAME_IRQ_TRIGGER, FRAME_REQ, 0, 0, 0 },
		{ FRAME_IRQ_NONE | FRAME_IRQ_TRIGGER, FRAME_INTX, 0, 0, 0 },
	};
	struct served served;
	int fd = eventfd(0, EFD_CLOEXEC);

	(void)state;
	served_open(&served, STEPPED);
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
		assert_int_equal(client_irqs(&served.client, rows[row].flags, rows[row].index,
					     rows[row].start, rows[row].count,
					     rows[row].flags & FRAME_IRQ_FDS ? fd : -1),
				 rows[row].expected);
	/* One descriptor for two vectors. */
	assert_int_equal(client_irqs(&served.client, FRAME_IRQ_FDS | FRAME_IRQ_TRIGGER, FRAME_MSIX,
				     0, 2, fd),
			 -EINVAL);
	(void)close(fd);
	served_end(&served);
}

/* The same numbers each time. */
static uint32_t draw(uint64_t *random)
{
	*random = *random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*random >> 33);
}

static void random_messages_do_not_stop_it(void **state)
{
	uint64_t random = 1;
	struct served served;
	int fd = eventfd(0, EFD_CLOEXEC);

	(void)state;
	served_make(&served, STEPPED);
	for (uint32_t round = 0; round < 2000; round++) {
		uint8_t body[80];
		uint16_t command = (uint16_t)(draw(&random) % 16);
		const int fds[] = { draw(&random) % 2 ? fd : served.arena_fd };

		if (served.client.fd <= 0)
			client_open(&served.client, served.path, served.driver.mock);
		for (size_t idx = 0; idx < sizeof(body); idx++)
			body[idx] =
				(uint8_t)(draw(&random) % 4 ? 0
							    : draw(&random) >> draw(&random) % 8);
		body[0] |= 0x20; /* argsz, mostly */
		if (client_ask_fds(&served.client, command, body, draw(&random) % sizeof(body), fds,
				   draw(&random) % 2) != -ECONNRESET)
			continue;
		(void)close(served.client.fd);
		served.client.fd = -1;
	}
	if (served.client.fd > 0)
		client_close(&served.client);
	(void)close(fd);

	served_connect(&served);
	driver_enable(&served.driver);
	driver_create_io(&served.driver);
	served_check_io(&served, 1, 0x44);
	nvu_mock_destroy(served.driver.mock); /* the messages may have broken rules */
	(void)close(served.client.fd);
	(void)rmdir(served.folder);
	(void)munmap(served.driver.arena, ARENA_BYTES);
	(void)close(served.arena_fd);
}

static void faults_are_injected_into_a_served_mock(void **state)
{
	struct served served;

	(void)state;
	served_start(&served, STEPPED);
	assert_int_equal(
		nvu_mock_inject(served.driver.mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS,
								   .opcode = NVU_CMD_READ,
								   .status = 0x281, .count = 1)),
		0);
	assert_int_equal(
		driver_io(&served.driver,
			  driver_rw(NVU_CMD_READ, 0, 1,
				    driver_iova(&served.driver, driver_alloc(&served.driver, PAGE)),
				    0)),
		0x281);
	nvu_mock_fail_call(served.driver.mock, 1, -EIO);
	assert_int_equal(client_ask(&served.client, FRAME_RESET, NULL, 0), -EIO);

	assert_int_equal(nvu_mock_inject(served.driver.mock,
					 NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW)),
			 0);

	assert_int_equal(driver_read(&served.driver, NVU_REG_CSTS), UINT32_MAX);
	assert_int_equal(client_ask(&served.client, FRAME_RESET, NULL, 0), -ENODEV);
	served_end(&served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_regions_come_and_go_and_no_descriptor_stays),
		cmocka_unit_test(unmap_takes_ranges_that_were_never_mapped),
		cmocka_unit_test(map_refuses_what_cannot_be_reached),
		cmocka_unit_test(map_refuses_a_descriptor_that_is_no_memory),
		cmocka_unit_test(queue_memory_that_is_unmapped_fails_the_controller),
		cmocka_unit_test(queues_may_lie_in_pages_that_are_mapped_one_by_one),
		cmocka_unit_test(memory_may_go_after_the_shutdown),
		cmocka_unit_test(stepped_it_survives_memory_that_is_cut_short),
		cmocka_unit_test(with_a_thread_it_survives_memory_that_is_cut_short),
		cmocka_unit_test(a_client_that_dies_makes_room_for_the_next),
		cmocka_unit_test(the_second_client_waits_for_the_first),
		cmocka_unit_test(messages_may_come_byte_by_byte),
		cmocka_unit_test(a_message_that_wants_no_reply_gets_none),
		cmocka_unit_test(what_cannot_be_understood_ends_the_connection),
		cmocka_unit_test(too_many_descriptors_end_the_connection),
		cmocka_unit_test(interrupts_that_do_not_exist_are_refused),
		cmocka_unit_test(random_messages_do_not_stop_it),
		cmocka_unit_test(faults_are_injected_into_a_served_mock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
