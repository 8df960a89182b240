/* SPDX-License-Identifier: MIT */
/*
 * contract_doorbells.c: doorbells as memory, and as registers: what of them reaches the controller.
 */
#include "contract_driver.h"

#include "base/error.h"
#include "base/mmio.h"

#include <nvu/regs.h>

enum { SILENCE_MS = 30 };

static int map_doorbells(struct driver *driver, uint32_t qid,
			 struct transport_doorbells *ret_doorbells)
{
	size_t first = driver_doorbell_at(driver, 2 * qid);

	return driver->transport->ops->doorbells_map(driver->transport, first,
						     first + driver->stride + 4, ret_doorbells);
}

/* The admin queue's. False, and the case is over: this transport maps none. */
static bool maps_doorbells(struct driver *driver)
{
	int ret;

	contract_forget_sentence();
	ret = map_doorbells(driver, 0, &driver->doorbells);
	if (!ret)
		return true;
	assert_int_equal(REFUSED(map_doorbells(driver, 0, &driver->doorbells)), -ENOTSUP);
	assert_null(driver->doorbells.ops);
	return false;
}

static void store_tail(struct driver *driver)
{
	mmio_write32(driver->doorbells.at, driver->tail);
}

static void store_head(struct driver *driver)
{
	mmio_write32(driver->doorbells.at + driver->stride, driver->head);
}

static int bury(struct driver *driver)
{
	return driver->transport->ops->doorbells_bury(driver->transport, &driver->doorbells);
}

static int renew(struct driver *driver)
{
	return driver->transport->ops->doorbells_renew(driver->transport, &driver->doorbells);
}

static void identify_by_stores(struct driver *driver)
{
	driver_identify(driver);
	store_tail(driver);
	driver_must_be_answered(driver);
	store_head(driver);
}

/* With doorbells that are mapped, and not buried. */
static void end_mapped(struct driver *driver)
{
	assert_int_equal(bury(driver), 0);
	driver->doorbells.ops->doorbells_unmap(&driver->doorbells);
	driver_end(driver);
}

static void reg_write32_of_a_doorbell_reaches_the_controller(void **state)
{
	struct driver driver = driver_begin(state);
	struct transport *transport = driver.transport;

	for (int round = 0; round < 3; round++) {
		driver_identify(&driver);
		assert_int_equal(
			transport->ops->reg_write32(
				transport, (uint32_t)driver_doorbell_at(&driver, 0), driver.tail),
			0);
		driver_must_be_answered(&driver);
		assert_int_equal(
			transport->ops->reg_write32(
				transport, (uint32_t)driver_doorbell_at(&driver, 1), driver.head),
			0);
	}
	driver_end(&driver);
}

static void doorbells_map_describes_the_mapping(void **state)
{
	struct driver driver = driver_begin(state);

	if (maps_doorbells(&driver)) {
		const struct transport_doorbells *doorbells = &driver.doorbells;

		assert_ptr_equal(doorbells->ops, driver.transport->ops);
		assert_non_null(doorbells->at);
		assert_int_equal(doorbells->first, NVU_REG_DOORBELLS);
		assert_int_equal(doorbells->end, driver_doorbell_at(&driver, 1) + 4);
		assert_false(doorbells->buried);
		assert_int_equal(bury(&driver), 0);
		assert_true(doorbells->buried);
		doorbells->ops->doorbells_unmap(&driver.doorbells);
		assert_null(doorbells->ops);
	}
	driver_end(&driver);
}

static void doorbells_that_are_not_there_are_not_mapped(void **state)
{
	struct driver driver = driver_begin(state);
	struct transport *transport = driver.transport;
	struct transport_doorbells none = { .ops = NULL };
	size_t end_of_all = transport->reg_bytes;

	assert_true(REFUSED(transport->ops->doorbells_map(transport, end_of_all - 4, end_of_all + 4,
							  &none)) < 0);
	assert_true(REFUSED(transport->ops->doorbells_map(transport, end_of_all, end_of_all + 8,
							  &none)) < 0);
	assert_null(none.ops);
	assert_null(none.map);
	driver_end(&driver);
}

/* At one address from the first mapping to the unmapping, whatever lies there. */
static void store_reaches_the_controller_unless_it_is_buried(void **state)
{
	struct driver driver = driver_begin(state);
	volatile char *at;

	if (!maps_doorbells(&driver)) {
		driver_end(&driver);
		return;
	}
	at = driver.doorbells.at;
	identify_by_stores(&driver);

	for (int round = 0; round < 3; round++) {
		assert_int_equal(bury(&driver), 0);
		assert_true(driver.doorbells.buried);
		driver_identify(&driver);
		store_tail(&driver);
		assert_false(driver_is_answered(&driver, SILENCE_MS));
		assert_int_not_equal(contract_read32(driver.transport, NVU_REG_CSTS), UINT32_MAX);

		assert_int_equal(renew(&driver), 0);
		assert_false(driver.doorbells.buried);
		assert_ptr_equal(driver.doorbells.at, at);
		assert_false(driver_is_answered(&driver, SILENCE_MS));
		store_tail(&driver);
		driver_must_be_answered(&driver);
		store_head(&driver);
	}
	end_mapped(&driver);
}

/* Those of another queue pair, often in the same page, still reach the controller, and registers do. */
static void bury_takes_these_doorbells_alone(void **state)
{
	struct driver driver = driver_begin(state);
	struct transport_doorbells other = { .ops = NULL };

	if (!maps_doorbells(&driver)) {
		driver_end(&driver);
		return;
	}
	assert_int_equal(map_doorbells(&driver, 1, &other), 0);
	assert_int_equal(other.ops->doorbells_bury(driver.transport, &other), 0);
	mmio_write32(other.at, 5);
	identify_by_stores(&driver);
	other.ops->doorbells_unmap(&other);

	identify_by_stores(&driver);
	end_mapped(&driver);
}

/* One queue pair may have its queue identifier from another, which buries its own only then. */
static void bury_leaves_a_later_mapping_of_the_same_doorbells(void **state)
{
	struct driver driver = driver_begin(state);
	struct transport_doorbells earlier;

	if (!maps_doorbells(&driver)) {
		driver_end(&driver);
		return;
	}
	earlier = driver.doorbells;
	assert_int_equal(map_doorbells(&driver, 0, &driver.doorbells), 0);
	identify_by_stores(&driver);
	assert_int_equal(earlier.ops->doorbells_bury(driver.transport, &earlier), 0);
	identify_by_stores(&driver);
	earlier.ops->doorbells_unmap(&earlier);

	identify_by_stores(&driver);
	end_mapped(&driver);
}

/* A thread may store to them until they are unmapped, after the transport has been closed too. */
static void buried_doorbells_outlive_their_transport(void **state)
{
	struct contract *it = *state;
	struct driver driver = driver_begin(state);
	bool mapped = maps_doorbells(&driver);

	if (mapped)
		assert_int_equal(bury(&driver), 0);
	driver_end(&driver);
	contract_close(it);
	if (!mapped)
		return;
	store_tail(&driver);
	store_head(&driver);
	driver.doorbells.ops->doorbells_unmap(&driver.doorbells);
	assert_null(driver.doorbells.ops);
}

/*
 * The controller is disabled then, whatever it did; what open() has set in configuration space is as it was, and
 * buried doorbells can be renewed.
 */
static void reset_is_of_the_function(void **state)
{
	struct driver driver = driver_begin(state);
	struct transport *transport = driver.transport;
	uint16_t command = contract_command(transport);
	bool mapped = maps_doorbells(&driver);
	int ret;

	if (mapped)
		assert_int_equal(bury(&driver), 0);
	contract_forget_sentence();
	ret = transport->ops->reset(transport);
	if (ret) {
		assert_int_equal(REFUSED(ret), -ENOTSUP);
		driver_disable(&driver);
	}

	assert_int_equal(contract_read32(transport, NVU_REG_CC) & NVU_CC_EN, 0);
	assert_int_equal(contract_read32(transport, NVU_REG_CSTS) & NVU_CSTS_RDY, 0);
	assert_int_equal(contract_command(transport), command);
	if (mapped) {
		assert_int_equal(renew(&driver), 0);
		assert_int_equal(bury(&driver), 0);
		driver.doorbells.ops->doorbells_unmap(&driver.doorbells);
	}
	driver_end(&driver);
}

static const struct CMUnitTest tests[] = {
	CASE(reg_write32_of_a_doorbell_reaches_the_controller),
	CASE(doorbells_map_describes_the_mapping),
	CASE(doorbells_that_are_not_there_are_not_mapped),
	CASE(store_reaches_the_controller_unless_it_is_buried),
	CASE(bury_takes_these_doorbells_alone),
	CASE(bury_leaves_a_later_mapping_of_the_same_doorbells),
	CASE(buried_doorbells_outlive_their_transport),
	CASE(reset_is_of_the_function),
};

const struct cases doorbell_cases = { tests, COUNT(tests) };
