/* SPDX-License-Identifier: MIT */
/*
 * test_mock_window.c: doorbells that a driver has mapped for one queue pair: what the mock sees of them, and
 * the violation of a driver that does not bury them.
 */
#include "mock_driver.h"

#include <errno.h>

struct rig {
	struct driver driver;
	struct transport_doorbells doorbells; /* of queue 1 */
};

static int map_queue(struct rig *rig, uint32_t qid, struct transport_doorbells *ret_doorbells)
{
	struct transport *transport = rig->driver.transport;
	size_t stride = rig->driver.stride;
	size_t first = NVU_REG_DOORBELLS + 2 * qid * stride;

	return transport->ops->doorbells_map(transport, first, first + stride + 4, ret_doorbells);
}

static void bury(struct rig *rig)
{
	assert_int_equal(
		rig->driver.transport->ops->doorbells_bury(rig->driver.transport, &rig->doorbells),
		0);
}

static void renew(struct rig *rig)
{
	assert_int_equal(
		rig->driver.transport->ops->doorbells_renew(rig->driver.transport, &rig->doorbells),
		0);
}

/* An enabled controller without I/O queues, and the doorbells of queue 1. */
static void begin(struct rig *rig, const struct nvu_mock_opts *opts)
{
	driver_open(&rig->driver, opts);
	driver_enable(&rig->driver);
	assert_int_equal(map_queue(rig, 1, &rig->doorbells), 0);
}

static void end(struct rig *rig, uint32_t violations, const char *text)
{
	if (!rig->doorbells.buried)
		bury(rig);
	driver_close(&rig->driver, violations, text);
	rig->doorbells.ops->doorbells_unmap(&rig->doorbells);
}

static void ring(struct rig *rig, uint32_t value, bool cq)
{
	mmio_write32(rig->doorbells.at + (cq ? rig->driver.stride : 0), value);
}

/* One command that is published through the mapping: its status, or NO_ANSWER. */
static int flush(struct rig *rig)
{
	struct driver_queue *io = &rig->driver.io;

	(void)driver_queue_cmd(
		&rig->driver, io,
		(struct nvu_sqe){ .opcode = NVU_CMD_FLUSH, .nsid = nvu_le32_put(1) });
	ring(rig, io->tail, false);
	return driver_wait(&rig->driver, io);
}

static void doorbell_is_written_through_its_mapping_until_it_is_buried(void **state)
{
	static const uint32_t dstrds[] = { 0, 3, 11 };

	(void)state;
	for (uint32_t row = 0; row < 3; row++) {
		struct rig rig;

		begin(&rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .dstrd = dstrds[row]));
		driver_create_io(&rig.driver);
		assert_int_equal(flush(&rig), 0);
		bury(&rig);
		assert_int_equal(flush(&rig), NO_ANSWER);
		ring(&rig, 1000, true);
		end(&rig, 0, NULL);
	}
}

/* The mock knows what was written until then. */
static void burying_loses_no_value(void **state)
{
	struct rig rig;
	struct driver_queue *io = &rig.driver.io;

	(void)state;
	begin(&rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	driver_create_io(&rig.driver);
	(void)driver_queue_cmd(
		&rig.driver, io,
		(struct nvu_sqe){ .opcode = NVU_CMD_FLUSH, .nsid = nvu_le32_put(1) });
	ring(&rig, io->tail, false);
	bury(&rig);
	assert_int_equal(driver_wait(&rig.driver, io), 0);
	renew(&rig);
	assert_int_equal(flush(&rig), 0);
	end(&rig, 0, NULL);
}

static void mapped_doorbell_of_no_queue_is_a_violation(void **state)
{
	static const char *const texts[] = {
		"queue 1: SQ tail doorbell written with 3, but there is no such queue",
		"queue 1: CQ head doorbell written with 3, but there is no such queue",
	};

	(void)state;
	for (int cq = 0; cq < 2; cq++) {
		/* Found by who looks; by a reset; when the queue is created; when the mapping is buried. */
		for (int finder = 0; finder < 4; finder++) {
			struct rig rig;

			begin(&rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
			ring(&rig, 3, cq);
			if (finder == 1) {
				driver_write(&rig.driver, NVU_REG_CC, 0);
				driver_enable(&rig.driver);
			} else if (finder == 2) {
				driver_create_io(&rig.driver);
			} else if (finder == 3) {
				bury(&rig);
			}
			end(&rig, 1, texts[cq]);
		}
	}
}

/* Between CC.EN = 0 and the creation of the queue, as a driver does that buries nothing. */
static void store_after_the_reset_is_a_violation_unless_it_is_buried(void **state)
{
	(void)state;
	for (int buried = 0; buried < 2; buried++) {
		struct rig rig;

		begin(&rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
		driver_create_io(&rig.driver);
		if (buried)
			bury(&rig);
		driver_write(&rig.driver, NVU_REG_CC, 0);
		driver_enable(&rig.driver);
		ring(&rig, 5, false);
		if (buried)
			renew(&rig);
		driver_create_io(&rig.driver);
		assert_int_equal(flush(&rig), 0);
		end(&rig, !buried, buried ? NULL : "there is no such queue");
	}
}

static void bounds_of_no_queue_pair_are_a_violation(void **state)
{
	static const size_t bounds[][2] = { { 0, 8 },
					    { 0x1004, 0x100c },
					    { 0x1008, 0x1014 },
					    { 0x1008, 0x100c },
					    { 0x1008 + 8 * 64, 0x1010 + 8 * 64 } };

	(void)state;
	for (uint32_t row = 0; row < sizeof(bounds) / sizeof(bounds[0]); row++) {
		struct transport_doorbells none = { .ops = NULL };
		struct driver driver;

		driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .io_queues = 64));
		driver_enable(&driver);
		assert_int_equal(driver.transport->ops->doorbells_map(
					 driver.transport, bounds[row][0], bounds[row][1], &none),
				 -EINVAL);
		assert_null(none.ops);
		driver_close(&driver, 1, "which are no queue pair's doorbells");
	}
}

static void trapped_doorbells_have_no_mapping(void **state)
{
	struct rig rig;

	(void)state;
	driver_open(&rig.driver,
		    NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_TRAP_DOORBELLS));
	driver_enable(&rig.driver);
	assert_int_equal(map_queue(&rig, 1, &rig.doorbells), -ENOTSUP);
	driver_close(&rig.driver, 0, NULL);
}

static void mapping_that_is_kept_beyond_the_close_is_a_violation(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	driver_write(&rig.driver, NVU_REG_CC, CC_ENABLE | 1u << 14);
	driver_write(&rig.driver, NVU_REG_CC, 0);
	(void)driver_unmap(&rig.driver, ARENA_IOVA, ARENA_BYTES);
	(void)driver_unmap(&rig.driver, ARENA_READ_IOVA, ARENA_BYTES);
	mock_transport_ops.close(rig.driver.transport);
	assert_int_equal(nvu_mock_violations(rig.driver.mock), 1);
	assert_string_equal(nvu_mock_violation(rig.driver.mock, 0),
			    "queue 1: its doorbells are still mapped at the close");
	ring(&rig, 1, false); /* the mock does not read it */
	rig.doorbells.ops->doorbells_unmap(&rig.doorbells);
	assert_int_equal(nvu_mock_violations(rig.driver.mock), 1);
	nvu_mock_destroy(rig.driver.mock);
	(void)munmap(rig.driver.arena, ARENA_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doorbell_is_written_through_its_mapping_until_it_is_buried),
		cmocka_unit_test(burying_loses_no_value),
		cmocka_unit_test(mapped_doorbell_of_no_queue_is_a_violation),
		cmocka_unit_test(store_after_the_reset_is_a_violation_unless_it_is_buried),
		cmocka_unit_test(bounds_of_no_queue_pair_are_a_violation),
		cmocka_unit_test(trapped_doorbells_have_no_mapping),
		cmocka_unit_test(mapping_that_is_kept_beyond_the_close_is_a_violation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
