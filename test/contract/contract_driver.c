// SPDX-License-Identifier: MIT
/*
 * contract_driver.c: see contract_driver.h.
 */
#include "contract_driver.h"

#include "base/clock.h"
#include "base/mmio.h"

#include <sys/mman.h>

enum {
	ENTRIES = 16,
	PAGE = 4096,
	ARENA_BYTES = 64 * 1024, /* a page of any size three times: commands, completions, data */
	CQ_AT = 16 * 1024,
	DATA_AT = 32 * 1024,
};

struct driver driver_begin(void **state)
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

void driver_disable(struct driver *driver)
{
	assert_int_equal(driver->transport->ops->reg_write32(driver->transport, NVU_REG_CC, 0), 0);
	contract_wait_csts(driver->transport, NVU_CSTS_RDY, 0);
}

void driver_end(struct driver *driver)
{
	struct transport_domain *domain = driver->transport->domain;

	driver_disable(driver);
	assert_int_equal(domain->ops->unmap(domain, driver->iova, ARENA_BYTES), 0);
	assert_int_equal(munmap(driver->arena, ARENA_BYTES), 0);
}

void driver_identify(struct driver *driver)
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

bool driver_is_answered(struct driver *driver, uint32_t ms)
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

void driver_must_be_answered(struct driver *driver)
{
	assert_true(driver_is_answered(driver, 10000));
}
