// SPDX-License-Identifier: MIT
/*
 * test_mock_serve.c: a mock that another process drives, over the vfio-user protocol: what it is, how it is brought
 * up, reset and driven, with a thread of its own and stepped; how it comes and goes.
 */
#include "served.h"

#define STEPPED NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED)

static void version_has_the_servers_limits(void **state)
{
	struct served served;
	struct client other;
	const char *json;
	uint64_t value = 0;

	(void)state;
	served_make(&served, STEPPED);
	other = (struct client){ .stepped = served.driver.mock, .fd = client_socket(served.path) };

	assert_int_equal(client_version(&other, "{\"capabilities\":{\"max_dma_maps\":65535}}"), 0);

	json = (const char *)other.reply.bytes + 20;
	assert_int_equal(json[other.reply.len - 21], 0);
	assert_true(frame_capability((const uint8_t *)json, other.reply.len - 20, "max_dma_maps",
				     &value));
	assert_in_range(value, 1000, 65535);
	assert_true(frame_capability((const uint8_t *)json, other.reply.len - 20,
				     "max_data_xfer_size", &value));
	assert_int_equal(value, FRAME_DATA_MAX);
	assert_int_equal(client_version(&other, "{}"), -EINVAL); /* once */
	client_close(&other);
	served_end(&served);
}

static void the_device_is_a_pci_function_with_msix_and_intx(void **state)
{
	struct served served;
	struct frame_info info = { .argsz = sizeof(info) };
	struct frame_region_info region = { .argsz = sizeof(region), .index = FRAME_BAR0 };
	struct frame_irq_info irq = { .argsz = sizeof(irq), .index = FRAME_MSIX };
	uint8_t config[4096] = { 0 };

	(void)state;
	served_open(&served, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .vectors = 200));
	assert_true(client_send(&served.client, FRAME_GET_INFO, &info, sizeof(info), NULL, 0));
	assert_int_equal(client_answer(&served.client, FRAME_GET_INFO, &info, sizeof(info)), 0);
	assert_true(client_send(&served.client, FRAME_GET_REGION_INFO, &region, 32, NULL, 0));
	assert_int_equal(client_answer(&served.client, FRAME_GET_REGION_INFO, &region, 32), 0);
	assert_true(client_send(&served.client, FRAME_GET_IRQ_INFO, &irq, sizeof(irq), NULL, 0));
	assert_int_equal(client_answer(&served.client, FRAME_GET_IRQ_INFO, &irq, sizeof(irq)), 0);
	assert_int_equal(client_region_read(&served.client, FRAME_CONFIG, 0, config, 4096), 0);

	assert_int_equal(info.flags, FRAME_DEVICE_PCI | FRAME_DEVICE_RESET);
	assert_int_equal(info.regions, 9);
	assert_int_equal(info.irqs, 5);
	assert_int_equal(region.size, 0x2000);
	assert_int_equal(region.argsz, 64); /* with the part that can be mapped */
	assert_int_equal(irq.count, 200);
	assert_int_equal(config[0] | config[1] << 8, 0x1b36);
	assert_int_equal(config[0x0b] << 16 | config[0x0a] << 8 | config[9], 0x010802);
	assert_int_equal(config[0x3d], 1);
	assert_int_equal(config[0x80], 0x11);
	assert_int_equal(config[0x82], 199);
	assert_int_equal(config[0x84], 4);			      /* table: BAR4 */
	assert_int_equal(config[0x88] | config[0x89] << 8, 3200 | 4); /* pending bits: behind it */
	served_end(&served);
}

static void bars_have_sizes_that_are_powers_of_two(void **state)
{
	static const uint32_t queues[] = { 1, 128, 1000, 65535 };
	struct frame_region_info region;

	(void)state;
	for (size_t row = 0; row < 4; row++) {
		struct served served;

		served_open(&served, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED,
						   .io_queues = queues[row], .vectors = 2048));
		for (uint32_t bar = 0; bar < 6; bar++) {
			region = (struct frame_region_info){ .argsz = 32, .index = bar };
			assert_true(client_send(&served.client, FRAME_GET_REGION_INFO, &region, 32,
						NULL, 0));
			assert_int_equal(
				client_answer(&served.client, FRAME_GET_REGION_INFO, &region, 32),
				0);
			assert_int_equal(region.size & (region.size - 1), 0);
			assert_true((bar == 0 || bar == 4) == (region.size != 0));
		}
		served_end(&served);
	}
}

static void stepped_it_reads_and_writes(void **state)
{
	struct served served;

	(void)state;
	served_start(&served, STEPPED);
	served_check_io(&served, 7, 0x5a);
	served_end(&served);
}

static void with_a_thread_it_reads_and_writes(void **state)
{
	struct served served;

	(void)state;
	served_start(&served, NULL);
	for (uint32_t round = 0; round < 20; round++)
		served_check_io(&served, round, (uint8_t)(round + 1));
	served_end(&served);
}

/* Maps the doorbells, as QEMU does once MSI-X is on. */
static void *map_doorbells(struct served *served)
{
	struct {
		struct frame_region_info info;
		struct frame_sparse sparse;
	} region = { .info = { .argsz = sizeof(region), .index = FRAME_BAR0 } };
	uint8_t *map;

	assert_true(client_send(&served->client, FRAME_GET_REGION_INFO, &region.info, 32, NULL, 0));
	assert_int_equal(
		client_answer(&served->client, FRAME_GET_REGION_INFO, &region, sizeof(region)), 0);
	assert_int_equal(region.info.flags, 15);
	assert_int_equal(region.info.cap_offset, 32);
	assert_int_equal(region.sparse.areas, 1);
	assert_int_equal(region.sparse.offset, NVU_REG_DOORBELLS);
	assert_true(served->client.reply_fd >= 0);
	map = mmap(NULL, region.sparse.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   served->client.reply_fd, (off_t)(region.info.offset + region.sparse.offset));
	assert_true(map != MAP_FAILED);
	(void)close(served->client.reply_fd);
	served->client.base.mapped = map - NVU_REG_DOORBELLS;
	return map;
}

static void doorbells_are_shared_memory(void **state)
{
	struct nvu_mock_stats stats;
	struct served served;
	void *map;

	(void)state;
	served_open(&served, NULL);
	map = map_doorbells(&served);
	driver_enable(&served.driver);
	driver_create_io(&served.driver);

	served_check_io(&served, 1, 0x11);

	nvu_mock_stats(served.driver.mock, &stats, sizeof(stats));
	assert_int_equal(stats.sq_doorbells, 0); /* none by message */
	served_end(&served);
	(void)munmap(map, 4096);
}

/* A client that has gone keeps its mapping. */
static void doorbells_of_a_former_client_do_nothing(void **state)
{
	struct served served;
	uint32_t *map;

	(void)state;
	served_open(&served, STEPPED);
	map = map_doorbells(&served);
	client_close(&served.client);
	served_connect(&served);
	driver_enable(&served.driver);
	driver_create_io(&served.driver);
	map[2] = 5; /* the tail of queue 1 */
	(void)nvu_mock_step(served.driver.mock, 1);

	served_check_io(&served, 1, 0x11);

	served_end(&served);
	(void)munmap(map, 4096);
}

static void trapped_doorbells_are_not_mapped(void **state)
{
	struct frame_region_info region = { .argsz = 64, .index = FRAME_BAR0 };
	struct served served;

	(void)state;
	served_start(&served, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_TRAP_DOORBELLS));
	assert_true(client_send(&served.client, FRAME_GET_REGION_INFO, &region, 32, NULL, 0));
	assert_int_equal(client_answer(&served.client, FRAME_GET_REGION_INFO, &region, 32), 0);

	assert_int_equal(region.flags, 3);
	assert_int_equal(region.argsz, 32);
	served_check_io(&served, 1, 0x11);
	served_end(&served);
}

static uint64_t take_events(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static void msix_interrupts_when_a_completion_comes(void **state)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct served served;

	(void)state;
	served_start(&served, STEPPED);
	/* As QEMU: a vector without a descriptor first. */
	assert_int_equal(client_irqs(&served.client, FRAME_IRQ_FDS | FRAME_IRQ_TRIGGER, FRAME_MSIX,
				     0, 1, -1),
			 0);
	assert_int_equal(client_irqs(&served.client, FRAME_IRQ_FDS | FRAME_IRQ_TRIGGER, FRAME_MSIX,
				     0, 1, fd),
			 0);
	assert_int_equal(take_events(fd), 0);

	assert_int_equal(driver_identify(&served.driver, 1, 0, driver_alloc(&served.driver, PAGE)),
			 0);

	assert_int_equal(take_events(fd), 1);
	assert_int_equal(client_irqs(&served.client, FRAME_IRQ_NONE | FRAME_IRQ_TRIGGER, FRAME_MSIX,
				     0, 1, -1),
			 0); /* the client itself */
	assert_int_equal(take_events(fd), 1);
	assert_int_equal(client_irqs(&served.client, FRAME_IRQ_NONE | FRAME_IRQ_TRIGGER, FRAME_MSIX,
				     0, 0, -1),
			 0); /* off */
	assert_int_equal(driver_identify(&served.driver, 1, 0, driver_alloc(&served.driver, PAGE)),
			 0);
	assert_int_equal(take_events(fd), 0);
	(void)close(fd);
	served_end(&served);
}

/* An admin command that is carried out; its completion is not fetched. */
static void complete_one(struct served *served)
{
	(void)driver_queue_cmd(
		&served->driver, &served->driver.admin,
		(struct nvu_sqe){ .opcode = NVU_ADMIN_GET_FEATURES, .cdw10 = nvu_le32_put(7) });
	driver_ring(&served->driver, &served->driver.admin);
	(void)nvu_mock_step(served->driver.mock, 1);
}

/* The interrupt came before its descriptor: the mock reports it when it has one. */
static void msix_reports_what_came_before_the_descriptor(void **state)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct served served;

	(void)state;
	served_start(&served, STEPPED);
	complete_one(&served);

	assert_int_equal(client_irqs(&served.client, FRAME_IRQ_FDS | FRAME_IRQ_TRIGGER, FRAME_MSIX,
				     0, 1, fd),
			 0);

	assert_int_equal(take_events(fd), 1);
	(void)close(fd);
	served_end(&served);
}

static void intx_masks_itself_until_it_is_unmasked(void **state)
{
	const uint32_t unmask = FRAME_IRQ_NONE | FRAME_IRQ_UNMASK;
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct served served;

	(void)state;
	served_start(&served, STEPPED);
	assert_int_equal(client_irqs(&served.client, FRAME_IRQ_FDS | FRAME_IRQ_TRIGGER, FRAME_INTX,
				     0, 1, fd),
			 0);
	complete_one(&served);
	driver_write(&served.driver, NVU_REG_INTMC, 1);

	assert_int_equal(take_events(fd), 1);
	assert_int_equal(client_irqs(&served.client, unmask, FRAME_INTX, 0, 1, -1), 0);
	assert_int_equal(take_events(fd), 1); /* the entry has not been returned */
	assert_int_equal(driver_wait(&served.driver, &served.driver.admin), 0);
	assert_int_equal(client_irqs(&served.client, unmask, FRAME_INTX, 0, 1, -1), 0);
	assert_int_equal(take_events(fd), 0);
	(void)close(fd);
	served_end(&served);
}

/* By the command register, by INTMS. */
static void intx_can_be_switched_off(void **state)
{
	const uint16_t off = MEMORY_AND_MASTER | 1 << 10;
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct served served;

	(void)state;
	served_start(&served, STEPPED);
	assert_int_equal(client_irqs(&served.client, FRAME_IRQ_FDS | FRAME_IRQ_TRIGGER, FRAME_INTX,
				     0, 1, fd),
			 0);
	assert_int_equal(client_region_write(&served.client, FRAME_CONFIG, CONFIG_COMMAND, &off, 2),
			 0);
	driver_write(&served.driver, NVU_REG_INTMS, 1);
	complete_one(&served);

	assert_int_equal(take_events(fd), 0);
	served_switch_on(&served);
	assert_int_equal(take_events(fd), 0);
	driver_write(&served.driver, NVU_REG_INTMC, 1);
	assert_int_equal(take_events(fd), 1);
	assert_int_equal(driver_wait(&served.driver, &served.driver.admin), 0);
	(void)close(fd);
	served_end(&served);
}

static void it_can_be_reset_again_and_again(void **state)
{
	struct served served;

	(void)state;
	served_open(&served, STEPPED);
	for (uint32_t round = 0; round < 20; round++) {
		served.driver.used = 0;
		memset(served.driver.arena, 0, 64 * PAGE);
		driver_enable(&served.driver);
		driver_create_io(&served.driver);
		served_check_io(&served, round, (uint8_t)(round + 1));
		assert_int_equal(client_ask(&served.client, FRAME_RESET, NULL, 0), 0);
		assert_int_equal(driver_read(&served.driver, NVU_REG_CC), 0);
		assert_int_equal(driver_read(&served.driver, NVU_REG_CSTS), 0);
	}
	served_end(&served);
}

static void a_function_level_reset_by_configuration_space_works(void **state)
{
	const uint16_t flr = 1 << 15;
	struct served served;

	(void)state;
	served_start(&served, STEPPED);

	assert_int_equal(client_region_write(&served.client, FRAME_CONFIG, 0x48, &flr, 2), 0);

	assert_int_equal(driver_read(&served.driver, NVU_REG_CC), 0);
	served_end(&served);
}

static void registers_can_be_read_in_any_length(void **state)
{
	struct served served;
	uint64_t cap = 0;
	uint8_t bytes[3];
	uint32_t beyond;

	(void)state;
	served_open(&served, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .io_queues = 1000));
	assert_int_equal(client_region_read(&served.client, FRAME_BAR0, NVU_REG_CAP, &cap, 8), 0);
	assert_int_equal(client_region_read(&served.client, FRAME_BAR0, 3, bytes, 3), 0);

	assert_int_equal(NVU_GET(NVU_CAP_MQES, cap), 65535);
	assert_memory_equal(bytes, (const uint8_t *)&cap + 3, 3);
	/* Registers end before the BAR, which is a power of two. */
	assert_int_equal(client_region_read(&served.client, FRAME_BAR0, 0x3ffc, &beyond, 4), 0);
	assert_int_equal(beyond, 0);
	assert_int_equal(client_region_write(&served.client, FRAME_BAR0, 0x3ffc, &beyond, 4), 0);
	assert_int_equal(client_region_read(&served.client, 4, 0, &beyond, 4), 0);
	assert_int_equal(client_region_read(&served.client, FRAME_BAR0, 0x4000, &beyond, 4),
			 -EINVAL);
	assert_int_equal(client_region_read(&served.client, 1, 0, &beyond, 4), -EINVAL);
	assert_int_equal(client_region_read(&served.client, 9, 0, &beyond, 4), -EINVAL);
	served_end(&served);
}

static void without_memory_space_registers_do_not_answer(void **state)
{
	const uint16_t none = 0;
	struct served served;

	(void)state;
	served_open(&served, STEPPED);
	assert_int_equal(
		client_region_write(&served.client, FRAME_CONFIG, CONFIG_COMMAND, &none, 2), 0);
	assert_int_equal(driver_read(&served.driver, NVU_REG_CAP), UINT32_MAX);
	served_end(&served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_has_the_servers_limits),
		cmocka_unit_test(the_device_is_a_pci_function_with_msix_and_intx),
		cmocka_unit_test(bars_have_sizes_that_are_powers_of_two),
		cmocka_unit_test(stepped_it_reads_and_writes),
		cmocka_unit_test(with_a_thread_it_reads_and_writes),
		cmocka_unit_test(doorbells_are_shared_memory),
		cmocka_unit_test(doorbells_of_a_former_client_do_nothing),
		cmocka_unit_test(trapped_doorbells_are_not_mapped),
		cmocka_unit_test(msix_interrupts_when_a_completion_comes),
		cmocka_unit_test(msix_reports_what_came_before_the_descriptor),
		cmocka_unit_test(intx_masks_itself_until_it_is_unmasked),
		cmocka_unit_test(intx_can_be_switched_off),
		cmocka_unit_test(it_can_be_reset_again_and_again),
		cmocka_unit_test(a_function_level_reset_by_configuration_space_works),
		cmocka_unit_test(registers_can_be_read_in_any_length),
		cmocka_unit_test(without_memory_space_registers_do_not_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
