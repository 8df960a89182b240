// SPDX-License-Identifier: MIT
/*
 * test_mock_random.c: a driver gone mad. Random commands, doorbells and registers, with and without
 * faults; the mock has to survive it (the sanitizers look on), and to work again after a reset.
 */
#include "mock_driver.h"

enum { ROUNDS = 20000 };

struct chaos {
	struct driver driver;
	uint32_t state;
};

static uint32_t draw(struct chaos *chaos, uint32_t below)
{
	chaos->state = chaos->state * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)chaos->state * below >> 32);
}

/* Mostly small or plausible values, now and then anything. */
static uint32_t draw_word(struct chaos *chaos)
{
	switch (draw(chaos, 6)) {
	case 0:
		return 0;
	case 1:
		return draw(chaos, 8);
	case 2:
		return draw(chaos, 4) << 16 | draw(chaos, 4);
	case 3:
		return (uint32_t)ARENA_IOVA + draw(chaos, ARENA_BYTES / PAGE) * PAGE;
	case 4:
		return UINT32_MAX - draw(chaos, 3);
	default:
		return draw(chaos, UINT32_MAX);
	}
}

static uint64_t draw_address(struct chaos *chaos)
{
	uint64_t address = ARENA_IOVA + draw(chaos, ARENA_BYTES / PAGE) * PAGE;

	return draw(chaos, 8) ? address : address + draw_word(chaos);
}

static struct nvu_sqe draw_command(struct chaos *chaos)
{
	return (struct nvu_sqe){
		.opcode = (uint8_t)(draw(chaos, 10) ? draw(chaos, 16) : draw(chaos, 256)),
		.flags = (uint8_t)(draw(chaos, 20) ? 0 : draw(chaos, 256)),
		.cid = nvu_le16_put((uint16_t)draw(chaos, 0x10000)),
		.nsid = nvu_le32_put(draw(chaos, 4) ? draw(chaos, 3) : draw_word(chaos)),
		.prp1 = nvu_le64_put(draw_address(chaos)),
		.prp2 = nvu_le64_put(draw_address(chaos)),
		.cdw10 = nvu_le32_put(draw_word(chaos)),
		.cdw11 = nvu_le32_put(draw_word(chaos)),
		.cdw12 = nvu_le32_put(draw_word(chaos)),
		.cdw13 = nvu_le32_put(draw_word(chaos)),
	};
}

static void send_command(struct chaos *chaos)
{
	struct driver *driver = &chaos->driver;
	struct driver_queue *queue = draw(chaos, 3) ? &driver->io : &driver->admin;
	const struct nvu_sqe sqe = draw_command(chaos);

	driver_push(queue, &sqe);
	driver_ring(driver, queue);
	(void)nvu_mock_step(driver->mock, draw(chaos, 4));
	while (draw(chaos, 2) && driver_take(driver, queue))
		continue;
}

static void arm_fault(struct chaos *chaos)
{
	struct nvu_mock_fault fault = { .size = sizeof(fault),
					.kind = (enum nvu_mock_fault_kind)draw(chaos, 24),
					.qid = (int32_t)draw(chaos, 5) - 2,
					.skip = draw(chaos, 3),
					.count = draw(chaos, 3),
					.status = (uint16_t)draw(chaos, 0x800),
					.delay = draw(chaos, 20),
					.value = draw_word(chaos),
					.offset = draw_word(chaos),
					.len = draw(chaos, 66) };

	if (nvu_mock_inject(chaos->driver.mock, &fault) || draw(chaos, 4) == 0)
		nvu_mock_clear_faults(chaos->driver.mock);
}

static void restart(struct chaos *chaos)
{
	struct driver *driver = &chaos->driver;

	nvu_mock_clear_faults(driver->mock);
	assert_int_equal(driver->transport->ops->reset(driver->transport), 0);
	memset(driver->arena, 0, ARENA_BYTES);
	driver->used = 0;
	driver_enable(driver);
	driver_create_io(driver);
}

static void act(struct chaos *chaos)
{
	struct driver *driver = &chaos->driver;

	switch (draw(chaos, 40)) {
	case 0:
		driver_doorbell(driver, draw(chaos, 8), draw_word(chaos));
		break;
	case 1:
		driver_write(driver, draw(chaos, 16) * 4, draw_word(chaos));
		break;
	case 2:
		arm_fault(chaos);
		break;
	case 3:
		(void)nvu_mock_event(driver->mock, (uint8_t)draw(chaos, 256), 0, 2);
		break;
	case 4:
		restart(chaos);
		break;
	default:
		send_command(chaos);
		break;
	}
}

static void go_mad(uint32_t flags, uint32_t seed)
{
	struct chaos chaos = { .state = seed };
	struct driver *driver = &chaos.driver;

	driver_start(driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | flags, .ns_bytes = 1 << 20,
					   .namespaces = 2, .io_queues = 3, .mdts = 4));
	for (int round = 0; round < ROUNDS; round++)
		act(&chaos);
	restart(&chaos);
	/* It may have been deleted, or detached. */
	assert_int_equal(
		nvu_mock_change(driver->mock, NVU_MOCK_CHANGE(.nsid = 1, .ns_bytes = 1 << 20,
							      .flags = NVU_MOCK_CHANGE_ATTACH)),
		0);
	assert_int_equal(driver_io(driver, (struct nvu_sqe){ .opcode = NVU_CMD_FLUSH, .nsid = 1 }),
			 0);
	assert_true(nvu_mock_violations(driver->mock) > 0);
	driver_close(driver, nvu_mock_violations(driver->mock), NULL);
}

static void mapped_doorbells_survive(void **state)
{
	(void)state;
	go_mad(0, 1);
}

static void trapped_doorbells_survive(void **state)
{
	(void)state;
	go_mad(NVU_MOCK_TRAP_DOORBELLS, 2);
}

static void shadow_doorbells_survive(void **state)
{
	(void)state;
	go_mad(NVU_MOCK_SHADOW_DOORBELLS, 3);
}

static void null_mode_survives(void **state)
{
	(void)state;
	go_mad(NVU_MOCK_NULL, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mapped_doorbells_survive),
		cmocka_unit_test(trapped_doorbells_survive),
		cmocka_unit_test(shadow_doorbells_survive),
		cmocka_unit_test(null_mode_survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
