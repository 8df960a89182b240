// SPDX-License-Identifier: MIT
/*
 * contract_interrupts.c: the vectors of MSI-X: those of the admin queue, which interrupts at vector 0, tell.
 */
#include "contract_driver.h"

#include "base/error.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SILENCE_MS = 30, PATIENCE_MS = 10000 };

/* 0, and the case is over: this transport has none. */
static uint32_t enable(struct transport *transport)
{
	uint32_t count = 0;

	if (!transport->ops->vectors_enable(transport, &count))
		return count;
	assert_int_equal(REFUSED(transport->ops->vectors_enable(transport, &count)), -ENOTSUP);
	assert_int_equal(count, 0);
	return 0;
}

static int make_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	assert_true(fd >= 0);
	return fd;
}

/* How often it has been signalled since the last call, within `ms` milliseconds. */
static uint64_t signals(struct driver *driver, int fd, int ms)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	uint64_t count = 0;

	/* A stepped device has signalled by now. */
	driver->transport->ops->relax(driver->transport);
	if (poll(&one, 1, ms) == 1)
		assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
	return count;
}

static void identify(struct driver *driver)
{
	const struct transport_ops *ops = driver->transport->ops;

	driver_identify(driver);
	assert_int_equal(ops->reg_write32(driver->transport,
					  (uint32_t)driver_doorbell_at(driver, 0), driver->tail),
			 0);
	driver_must_be_answered(driver);
}

static void take_back(struct driver *driver)
{
	const struct transport_ops *ops = driver->transport->ops;

	assert_int_equal(ops->reg_write32(driver->transport,
					  (uint32_t)driver_doorbell_at(driver, 1), driver->head),
			 0);
}

static void vectors_enable_is_one_number_or_not_supported(void **state)
{
	struct contract *it = *state;
	uint32_t count = enable(it->transport);

	assert_int_equal(enable(it->transport), count);
	assert_true(count <= 2048);
}

static void vectors_that_are_not_there_are_refused(void **state)
{
	struct contract *it = *state;
	struct transport *transport;
	uint32_t count;

	contract_close(it);
	transport = contract_open(it, true);
	assert_int_equal(REFUSED(transport->ops->vector_set(transport, 0, -1)), -EINVAL);
	count = enable(transport);
	if (!count)
		return;
	assert_int_equal(REFUSED(transport->ops->vector_set(transport, count, -1)), -EINVAL);
	assert_int_equal(REFUSED(transport->ops->vector_set(transport, UINT32_MAX, -1)), -EINVAL);
	assert_int_equal(transport->ops->vector_set(transport, count - 1, -1), 0);
}

static void vector_signals_its_descriptor(void **state)
{
	struct driver driver = driver_begin(state);
	const struct transport_ops *ops = driver.transport->ops;
	int fd;

	if (!enable(driver.transport)) {
		driver_end(&driver);
		return;
	}
	fd = make_eventfd();
	assert_int_equal(ops->vector_set(driver.transport, 0, fd), 0);
	for (int round = 0; round < 3; round++) {
		identify(&driver);
		assert_true(signals(&driver, fd, PATIENCE_MS) > 0);
		take_back(&driver);
		assert_int_equal(signals(&driver, fd, 0), 0);
	}
	assert_int_equal(ops->vector_set(driver.transport, 0, -1), 0);
	identify(&driver);
	assert_int_equal(signals(&driver, fd, SILENCE_MS), 0);
	(void)close(fd);
	driver_end(&driver);
}

/* It may close it: the copy that it has goes on. */
static void vector_descriptor_stays_the_callers(void **state)
{
	struct driver driver = driver_begin(state);
	const struct transport_ops *ops = driver.transport->ops;
	int fd, copy;

	if (!enable(driver.transport)) {
		driver_end(&driver);
		return;
	}
	fd = make_eventfd();
	copy = dup(fd);
	assert_int_equal(ops->vector_set(driver.transport, 0, fd), 0);
	assert_int_equal(close(fd), 0);
	identify(&driver);
	assert_true(signals(&driver, copy, PATIENCE_MS) > 0);
	take_back(&driver);
	/* Another one in its place. */
	fd = make_eventfd();
	assert_int_equal(ops->vector_set(driver.transport, 0, fd), 0);
	identify(&driver);
	assert_true(signals(&driver, fd, PATIENCE_MS) > 0);
	assert_int_equal(signals(&driver, copy, 0), 0);
	(void)close(copy);
	(void)close(fd);
	driver_end(&driver);
}

static void interrupts_go_on_after_a_reset(void **state)
{
	struct driver driver = driver_begin(state);
	const struct transport_ops *ops = driver.transport->ops;
	int fd, ret;

	if (!enable(driver.transport)) {
		driver_end(&driver);
		return;
	}
	fd = make_eventfd();
	assert_int_equal(ops->vector_set(driver.transport, 0, fd), 0);
	driver_end(&driver);
	ret = ops->reset(driver.transport);
	assert_true(!ret || ret == -ENOTSUP);
	driver = driver_begin(state);
	identify(&driver);
	assert_true(signals(&driver, fd, PATIENCE_MS) > 0);
	(void)close(fd);
	driver_end(&driver);
}

/* contract_close() asserts that no descriptor stays open. */
static void interrupts_end_with_the_transport(void **state)
{
	struct contract *it = *state;
	struct driver driver = driver_begin(state);
	uint32_t count = enable(driver.transport);
	int fd = make_eventfd();

	if (count)
		assert_int_equal(driver.transport->ops->vector_set(driver.transport, 0, fd), 0);
	driver_end(&driver);
	(void)close(fd);
	contract_close(it);
	(void)contract_open(it, true);
	assert_int_equal(REFUSED(it->transport->ops->vector_set(it->transport, 0, -1)), -EINVAL);
}

static const struct CMUnitTest tests[] = {
	CASE(vectors_enable_is_one_number_or_not_supported),
	CASE(vectors_that_are_not_there_are_refused),
	CASE(vector_signals_its_descriptor),
	CASE(vector_descriptor_stays_the_callers),
	CASE(interrupts_go_on_after_a_reset),
	CASE(interrupts_end_with_the_transport),
};

const struct cases interrupt_cases = { tests, COUNT(tests) };
