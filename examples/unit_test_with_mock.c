/* SPDX-License-Identifier: MIT */
/*
 * unit_test_with_mock.c: how an application tests its own storage code with nvu's mock controller.
 *
 * The upper half is the application: record_load() reads a record and knows what to do when the
 * drive fails. The lower half is its test, with cmocka: it makes a mock controller, injects a
 * media error and a lost command, and checks what the application did and what the controller
 * received.
 */
#include <nvu/mock.h>
#include <nvu/nvu.h>

/* cmocka.h needs these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

/* The application: records of one block, read through a queue pair of its own. */

enum { ATTEMPTS = 3, RECORD_BYTES = 512 };

struct record_store {
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns;
	struct nvu_qpair *qpair;
	struct nvu_dma *buf;
};

static int record_store_open(struct record_store *store, const char *address, uint32_t timeout_ms)
{
	int ret;

	memset(store, 0, sizeof(*store));
	if ((ret = nvu_ctrl_open(address, NVU_CTRL_OPTS(.io_timeout_ms = timeout_ms),
				 &store->ctrl)) ||
	    (ret = nvu_ns_get(store->ctrl, 1, &store->ns)) ||
	    (ret = nvu_qpair_create(store->ctrl, NULL, &store->qpair)))
		return ret;
	return nvu_dma_alloc(store->ctrl, RECORD_BYTES, &store->buf);
}

static void record_store_close(struct record_store *store)
{
	nvu_qpair_destroy(store->qpair);
	if (store->buf)
		(void)nvu_dma_free(store->buf);
	nvu_ctrl_close(store->ctrl);
}

static int read_block(struct record_store *store, uint64_t lba, struct nvu_cpl *ret_cpl)
{
	int ret = nvu_read(store->qpair, store->ns, lba, 1, store->buf, 0, lba);

	while (!ret) {
		ret = nvu_poll(store->qpair, ret_cpl, 1);
		if (ret > 0)
			return 0;
	}
	return ret;
}

/*
 * The controller may still carry out a lost command and write to the buffer. Once the queue pair is
 * destroyed it cannot, so the application destroys it before it uses the buffer again.
 */
static int renew_queue(struct record_store *store)
{
	nvu_qpair_destroy(store->qpair);
	store->qpair = NULL;
	return nvu_qpair_create(store->ctrl, NULL, &store->qpair);
}

/* The function under test. 0, -errno, or the status of the last attempt. */
static int record_load(struct record_store *store, uint64_t lba, void *ret_record)
{
	struct nvu_cpl cpl = { 0 };
	int ret;

	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		ret = read_block(store, lba, &cpl);
		if (ret)
			return ret;
		if (!cpl.status) {
			memcpy(ret_record, nvu_dma_addr(store->buf), RECORD_BYTES);
			return 0;
		}
		if (cpl.flags & NVU_CPL_DNR)
			break; /* Do Not Retry: the same command would fail again */
		if (cpl.status < 0 && (ret = renew_queue(store)))
			return ret;
	}
	return cpl.status;
}

/* The test. */

enum { LBA = 7, TIMEOUT_MS = 50 };

struct fixture {
	struct nvu_mock *mock;
	struct record_store store;
};

static const char expected[RECORD_BYTES] = "a record";

static int set_up(void **state)
{
	static struct fixture fixture;
	char record[RECORD_BYTES];

	*state = &fixture;
	if (nvu_mock_create(NVU_MOCK_OPTS(.ns_bytes = 1 << 20), &fixture.mock))
		return -1;
	memcpy(record, expected, sizeof(record));
	if (nvu_mock_data(fixture.mock, 1, LBA * RECORD_BYTES, record, sizeof(record), 1))
		return -1;
	return record_store_open(&fixture.store, nvu_mock_address(fixture.mock), TIMEOUT_MS);
}

/* In every test, the driver must keep the rules of NVMe. */
static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	uint32_t violations;

	record_store_close(&fixture->store);
	violations = nvu_mock_violations(fixture->mock);
	if (violations)
		print_error("%s\n", nvu_mock_violation(fixture->mock, 0));
	nvu_mock_destroy(fixture->mock);
	return violations ? -1 : 0;
}

static uint64_t commands_seen(struct fixture *fixture)
{
	struct nvu_mock_stats stats;

	nvu_mock_stats(fixture->mock, &stats, sizeof(stats));
	return stats.io_commands;
}

static void record_load_returns_what_is_stored(void **state)
{
	struct fixture *fixture = *state;
	char record[RECORD_BYTES];

	assert_int_equal(record_load(&fixture->store, LBA, record), 0);

	assert_memory_equal(record, expected, RECORD_BYTES);
	assert_int_equal(commands_seen(fixture), 1);
}

static void record_load_media_error_once_tries_again(void **state)
{
	struct fixture *fixture = *state;
	char record[RECORD_BYTES];

	nvu_mock_inject(fixture->mock,
			NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .opcode = NVU_CMD_READ,
				       .status = NVU_SC_UNRECOVERED_READ, .count = 1));

	assert_int_equal(record_load(&fixture->store, LBA, record), 0);

	assert_memory_equal(record, expected, RECORD_BYTES);
	assert_int_equal(commands_seen(fixture), 2);
}

static void record_load_media_error_always_gives_up_and_says_why(void **state)
{
	struct fixture *fixture = *state;
	char record[RECORD_BYTES];

	nvu_mock_inject(fixture->mock,
			NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .opcode = NVU_CMD_READ,
				       .status = NVU_SC_UNRECOVERED_READ));

	assert_int_equal(record_load(&fixture->store, LBA, record), NVU_SC_UNRECOVERED_READ);

	assert_int_equal(commands_seen(fixture), ATTEMPTS);
}

static void record_load_do_not_retry_is_obeyed(void **state)
{
	struct fixture *fixture = *state;
	char record[RECORD_BYTES];

	nvu_mock_inject(fixture->mock,
			NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .opcode = NVU_CMD_READ,
				       .status = NVU_SC_UNRECOVERED_READ | NVU_MOCK_DNR));

	assert_int_equal(record_load(&fixture->store, LBA, record), NVU_SC_UNRECOVERED_READ);

	assert_int_equal(commands_seen(fixture), 1);
}

static void record_load_lost_command_tries_again_on_a_new_queue(void **state)
{
	struct fixture *fixture = *state;
	char record[RECORD_BYTES];

	nvu_mock_inject(fixture->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP,
						      .opcode = NVU_CMD_READ, .count = 1));

	assert_int_equal(record_load(&fixture->store, LBA, record), 0);

	assert_memory_equal(record, expected, RECORD_BYTES);
	assert_int_equal(commands_seen(fixture), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(record_load_returns_what_is_stored, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(record_load_media_error_once_tries_again, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			record_load_media_error_always_gives_up_and_says_why, set_up, tear_down),
		cmocka_unit_test_setup_teardown(record_load_do_not_retry_is_obeyed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(record_load_lost_command_tries_again_on_a_new_queue,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
