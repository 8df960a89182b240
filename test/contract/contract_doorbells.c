/* SPDX-License-Identifier: MIT */
/*
 * contract_doorbells.c: doorbells as memory, and as registers: what of them reaches the controller. A driver of
 * the admin queue alone, which is all that tells.
 */
#include "contract.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mmio.h"

#include <nvu/nvu.h>
#include <nvu/regs.h>
#include <nvu/spec.h>
#include <sys/mman.h>

enum {
	ENTRIES = 16,
	PAGE = 4096,
	ARENA_BYTES = 64 * 1024, /* a page of any size three times: commands, completions, data */
	CQ_AT = 16 * 1024,
	DATA_AT = 32 * 1024,
	SILENCE_MS = 30,
};

struct driver {
	struct transport *transport;
	char *arena;
	uint64_t iova;
	uint32_t stride;
	uint32_t tail, head; /* never more than ENTRIES commands: no wrapping */
	struct transport_doorbells doorbells;
};

static size_t doorbell_at(const struct driver *driver, uint32_t number)
{
	return NVU_REG_DOORBELLS + (size_t)number * driver->stride;
}

/* An enabled controller with an admin queue. */
static struct driver begin(void **state)
{
	const uint32_t cc = (uint32_t)(NVU_PUT(NVU_CC_IOSQES, 6) | NVU_PUT(NVU_CC_IOCQES, 4));
	struct contract *it = *state;
	struct driver driver = { .transport = it->transport };
	struct transport *transport = it->transport;
	const struct transport_ops *ops = transport->ops;
	uint64_t cap = 0;

	assert_int_equal(ops->reg_read64(transport, NVU_REG_CAP, &cap), 0);
	driver.stride = 4u << NVU_GET(NVU_CAP_DSTRD, cap);
	driver.arena = contract_memory(ARENA_BYTES);
	driver.iova = contract_iova(transport, ARENA_BYTES);
	assert_int_equal(contract_map(transport, driver.iova, driver.arena, ARENA_BYTES,
				      TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE),
			 0);
	assert_int_equal(ops->reg_write32(transport, NVU_REG_AQA,
					  (uint32_t)(NVU_PUT(NVU_AQA_ASQS, ENTRIES - 1) |
						     NVU_PUT(NVU_AQA_ACQS, ENTRIES - 1))),
			 0);
	assert_int_equal(ops->reg_write64(transport, NVU_REG_ASQ, driver.iova), 0);
	assert_int_equal(ops->reg_write64(transport, NVU_REG_ACQ, driver.iova + CQ_AT), 0);
	assert_int_equal(ops->reg_write32(transport, NVU_REG_CC, cc | (uint32_t)NVU_CC_EN), 0);
	contract_wait_csts(transport, NVU_CSTS_RDY, NVU_CSTS_RDY);
	return driver;
}

static void disable(struct driver *driver)
{
	assert_int_equal(driver->transport->ops->reg_write32(driver->transport, NVU_REG_CC, 0), 0);
	contract_wait_csts(driver->transport, NVU_CSTS_RDY, 0);
}

static void end(struct driver *driver)
{
	struct transport_domain *domain = driver->transport->domain;

	disable(driver);
	assert_int_equal(domain->ops->unmap(domain, driver->iova, ARENA_BYTES), 0);
	assert_int_equal(munmap(driver->arena, ARENA_BYTES), 0);
}

/* Queues Identify Controller; its doorbell is the case's to write. */
static void queue_identify(struct driver *driver)
{
	const struct nvu_sqe cmd = {
		.opcode = NVU_ADMIN_IDENTIFY,
		.cid = nvu_le16_put((uint16_t)driver->tail),
		.prp1 = nvu_le64_put(driver->iova + DATA_AT),
		.cdw10 = nvu_le32_put(1),
	};

	memset(driver->arena + DATA_AT, 0, PAGE);
	memcpy(driver->arena + driver->tail++ * sizeof(cmd), &cmd, sizeof(cmd));
}

/* Whether the next completion comes within `ms` milliseconds. */
static bool is_answered(struct driver *driver, uint32_t ms)
{
	struct nvu_cqe *cqe = (struct nvu_cqe *)(void *)(driver->arena + CQ_AT) + driver->head;
	uint64_t *upper = (uint64_t *)(void *)&cqe->sqhd; /* written at once */
	uint64_t end_ns = clock_ns() + ms * 1000000ull;

	do {
		uint32_t word =
			(uint32_t)(MMIO_LE64(__atomic_load_n(upper, __ATOMIC_ACQUIRE)) >> 32);

		if (word >> 16 & 1) {
			assert_int_equal(word >> 17, 0);
			assert_int_equal(word & UINT16_MAX, driver->head);
			assert_int_not_equal(driver->arena[DATA_AT + 4], 0); /* the serial number */
			driver->head++;
			return true;
		}
		driver->transport->ops->relax(driver->transport);
	} while (clock_ns() < end_ns);
	return false;
}

static void must_be_answered(struct driver *driver)
{
	assert_true(is_answered(driver, 10000));
}

static int map_doorbells(struct driver *driver, uint32_t qid,
			 struct transport_doorbells *ret_doorbells)
{
	size_t first = doorbell_at(driver, 2 * qid);

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
	queue_identify(driver);
	store_tail(driver);
	must_be_answered(driver);
	store_head(driver);
}

/* With doorbells that are mapped, and not buried. */
static void end_mapped(struct driver *driver)
{
	assert_int_equal(bury(driver), 0);
	driver->doorbells.ops->doorbells_unmap(&driver->doorbells);
	end(driver);
}

static void reg_write32_of_a_doorbell_reaches_the_controller(void **state)
{
	struct driver driver = begin(state);
	struct transport *transport = driver.transport;

	for (int round = 0; round < 3; round++) {
		queue_identify(&driver);
		assert_int_equal(transport->ops->reg_write32(
					 transport, (uint32_t)doorbell_at(&driver, 0), driver.tail),
				 0);
		must_be_answered(&driver);
		assert_int_equal(transport->ops->reg_write32(
					 transport, (uint32_t)doorbell_at(&driver, 1), driver.head),
				 0);
	}
	end(&driver);
}

static void doorbells_map_describes_the_mapping(void **state)
{
	struct driver driver = begin(state);

	if (maps_doorbells(&driver)) {
		const struct transport_doorbells *doorbells = &driver.doorbells;

		assert_ptr_equal(doorbells->ops, driver.transport->ops);
		assert_non_null(doorbells->at);
		assert_int_equal(doorbells->first, NVU_REG_DOORBELLS);
		assert_int_equal(doorbells->end, doorbell_at(&driver, 1) + 4);
		assert_false(doorbells->buried);
		assert_int_equal(bury(&driver), 0);
		assert_true(doorbells->buried);
		doorbells->ops->doorbells_unmap(&driver.doorbells);
		assert_null(doorbells->ops);
	}
	end(&driver);
}

static void doorbells_that_are_not_there_are_not_mapped(void **state)
{
	struct driver driver = begin(state);
	struct transport *transport = driver.transport;
	struct transport_doorbells none = { .ops = NULL };
	size_t end_of_all = transport->reg_bytes;

	assert_true(REFUSED(transport->ops->doorbells_map(transport, end_of_all - 4, end_of_all + 4,
							  &none)) < 0);
	assert_true(REFUSED(transport->ops->doorbells_map(transport, end_of_all, end_of_all + 8,
							  &none)) < 0);
	assert_null(none.ops);
	assert_null(none.map);
	end(&driver);
}

/* At one address from the first mapping to the unmapping, whatever lies there. */
static void store_reaches_the_controller_unless_it_is_buried(void **state)
{
	struct driver driver = begin(state);
	volatile char *at;

	if (!maps_doorbells(&driver)) {
		end(&driver);
		return;
	}
	at = driver.doorbells.at;
	identify_by_stores(&driver);

	for (int round = 0; round < 3; round++) {
		assert_int_equal(bury(&driver), 0);
		assert_true(driver.doorbells.buried);
		queue_identify(&driver);
		store_tail(&driver);
		assert_false(is_answered(&driver, SILENCE_MS));
		assert_int_not_equal(contract_read32(driver.transport, NVU_REG_CSTS), UINT32_MAX);

		assert_int_equal(renew(&driver), 0);
		assert_false(driver.doorbells.buried);
		assert_ptr_equal(driver.doorbells.at, at);
		assert_false(is_answered(&driver, SILENCE_MS));
		store_tail(&driver);
		must_be_answered(&driver);
		store_head(&driver);
	}
	end_mapped(&driver);
}

/* Those of another queue pair, often in the same page, still reach the controller, and registers do. */
static void bury_takes_these_doorbells_alone(void **state)
{
	struct driver driver = begin(state);
	struct transport_doorbells other = { .ops = NULL };

	if (!maps_doorbells(&driver)) {
		end(&driver);
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
	struct driver driver = begin(state);
	struct transport_doorbells earlier;

	if (!maps_doorbells(&driver)) {
		end(&driver);
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
	struct driver driver = begin(state);
	bool mapped = maps_doorbells(&driver);

	if (mapped)
		assert_int_equal(bury(&driver), 0);
	end(&driver);
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
	struct driver driver = begin(state);
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
		disable(&driver);
	}

	assert_int_equal(contract_read32(transport, NVU_REG_CC) & NVU_CC_EN, 0);
	assert_int_equal(contract_read32(transport, NVU_REG_CSTS) & NVU_CSTS_RDY, 0);
	assert_int_equal(contract_command(transport), command);
	if (mapped) {
		assert_int_equal(renew(&driver), 0);
		assert_int_equal(bury(&driver), 0);
		driver.doorbells.ops->doorbells_unmap(&driver.doorbells);
	}
	end(&driver);
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
