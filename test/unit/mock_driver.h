/* SPDX-License-Identifier: MIT */
/*
 * mock_driver.h: the smallest driver that can ask a mock controller anything, for the mock's own
 * tests: an arena of DMA memory, an admin queue, one I/O queue pair. It checks nothing and can be
 * that a test makes do everything wrong.
 */
#ifndef MOCK_DRIVER_H
#define MOCK_DRIVER_H

#include "base/clock.h"
#include "base/error.h"
#include "base/mmio.h"
#include "mock/transport/transport.h"

#include <nvu/mock.h>
#include <nvu/regs.h>
#include <nvu/spec.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

/* The arena twice: for the device to read and write, and for it to read only. */
#define ARENA_IOVA 0x100000ull
#define ARENA_READ_IOVA 0x1000000ull
#define CC_ENABLE 0x460001u /* IOCQES 4, IOSQES 6, EN */

enum { ARENA_BYTES = 8 << 20, PAGE = 4096, ADMIN_ENTRIES = 16, IO_ENTRIES = 8 };
enum { NO_ANSWER = -1, PATIENCE_S = 120 };

/* A queue pair; ids of both queues are the same. */
struct driver_queue {
	struct nvu_sqe *sqes;
	struct nvu_cqe *cqes;
	uint32_t entries, tail, head, phase, qid;
	uint64_t sq_iova, cq_iova;
};

struct driver {
	struct nvu_mock *mock;
	struct transport *transport;
	uint8_t *arena;
	size_t used;
	uint16_t cid;
	bool stepped;
	uint32_t stride;
	struct driver_queue admin, io;
	struct nvu_cqe last;
};

static inline uint64_t driver_iova(const struct driver *driver, const void *memory)
{
	return ARENA_IOVA + (uint64_t)((const uint8_t *)memory - driver->arena);
}

/* Where the device may only read it: submission queues, PRP lists. */
static inline uint64_t driver_read_iova(const struct driver *driver, const void *memory)
{
	return ARENA_READ_IOVA + (uint64_t)((const uint8_t *)memory - driver->arena);
}

/* Whole pages of zeroes from the arena. */
static inline void *driver_alloc(struct driver *driver, size_t bytes)
{
	void *memory = driver->arena + driver->used;

	driver->used += (bytes + PAGE - 1) / PAGE * PAGE;
	assert_true(driver->used <= ARENA_BYTES);
	return memory;
}

static inline uint32_t driver_read(struct driver *driver, uint32_t offset)
{
	uint32_t value = 0;

	assert_int_equal(driver->transport->ops->reg_read32(driver->transport, offset, &value), 0);
	return value;
}

static inline void driver_write(struct driver *driver, uint32_t offset, uint32_t value)
{
	assert_int_equal(driver->transport->ops->reg_write32(driver->transport, offset, value), 0);
}

static inline void driver_write64(struct driver *driver, uint32_t offset, uint64_t value)
{
	assert_int_equal(driver->transport->ops->reg_write64(driver->transport, offset, value), 0);
}

static inline int driver_map(struct driver *driver, uint64_t iova, void *memory, size_t len,
			     uint32_t prot)
{
	struct transport_domain *domain = driver->transport->domain;

	return domain->ops->map(domain, iova, &(struct dma_source){ memory, len, -1, 0 }, prot);
}

static inline int driver_unmap(struct driver *driver, uint64_t iova, size_t len)
{
	struct transport_domain *domain = driver->transport->domain;

	return domain->ops->unmap(domain, iova, len);
}

/* Creates a mock, opens it, maps the arena. */
static inline void driver_open(struct driver *driver, const struct nvu_mock_opts *opts)
{
	const char *address;

	*driver = (struct driver){ .stepped = opts && opts->flags & NVU_MOCK_STEPPED,
				   .stride = 4u << (opts ? opts->dstrd : 0) };
	assert_int_equal(nvu_mock_create(opts, &driver->mock), 0);
	address = nvu_mock_address(driver->mock) + strlen("mock:");
	assert_int_equal(mock_transport_ops.open(address, NULL, &driver->transport), 0);
	driver->arena =
		mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(driver->arena != MAP_FAILED);
	assert_int_equal(driver_map(driver, ARENA_IOVA, driver->arena, ARENA_BYTES,
				    TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE),
			 0);
	assert_int_equal(
		driver_map(driver, ARENA_READ_IOVA, driver->arena, ARENA_BYTES, TRANSPORT_DMA_READ),
		0);
}

static inline void driver_make_queue(struct driver *driver, struct driver_queue *queue,
				     uint32_t qid, uint32_t entries)
{
	*queue = (struct driver_queue){ .entries = entries, .phase = 1, .qid = qid };
	queue->sqes = driver_alloc(driver, entries * sizeof(*queue->sqes));
	queue->cqes = driver_alloc(driver, entries * sizeof(*queue->cqes));
	queue->sq_iova = driver_read_iova(driver, queue->sqes);
	queue->cq_iova = driver_iova(driver, queue->cqes);
}

static inline void driver_set_admin(struct driver *driver)
{
	driver_make_queue(driver, &driver->admin, 0, ADMIN_ENTRIES);
	driver_write(driver, NVU_REG_AQA, (ADMIN_ENTRIES - 1) << 16 | (ADMIN_ENTRIES - 1));
	driver_write64(driver, NVU_REG_ASQ, driver->admin.sq_iova);
	driver_write64(driver, NVU_REG_ACQ, driver->admin.cq_iova);
}

static inline void driver_enable(struct driver *driver)
{
	driver_set_admin(driver);
	driver_write(driver, NVU_REG_CC, CC_ENABLE);
	assert_int_equal(driver_read(driver, NVU_REG_CSTS), 1);
}

static inline void driver_doorbell(struct driver *driver, uint32_t number, uint32_t value)
{
	struct transport *transport = driver->transport;
	uint32_t offset = NVU_REG_DOORBELLS + number * driver->stride;

	if (transport->mapped)
		mmio_write32((volatile char *)transport->mapped + offset, value);
	else
		driver_write(driver, offset, value);
}

static inline void driver_push(struct driver_queue *queue, const struct nvu_sqe *sqe)
{
	queue->sqes[queue->tail] = *sqe;
	queue->tail = (queue->tail + 1) % queue->entries;
}

static inline void driver_ring(struct driver *driver, struct driver_queue *queue)
{
	driver_doorbell(driver, queue->qid * 2, queue->tail);
}

/* Pushes with a CID of its own, which is returned. */
static inline uint16_t driver_queue_cmd(struct driver *driver, struct driver_queue *queue,
					struct nvu_sqe sqe)
{
	sqe.cid = nvu_le16_put(++driver->cid);
	driver_push(queue, &sqe);
	return driver->cid;
}

/* Takes a completion into driver->last, when there is one. */
static inline bool driver_take(struct driver *driver, struct driver_queue *queue)
{
	const struct nvu_cqe *entry = &queue->cqes[queue->head];
	const uint64_t *upper = (const uint64_t *)(const void *)&entry->sqhd;
	uint32_t last = (uint32_t)(MMIO_LE64(__atomic_load_n(upper, __ATOMIC_ACQUIRE)) >> 32);

	if ((last >> 16 & 1) != queue->phase)
		return false;
	driver->last = (struct nvu_cqe){ .dw0 = entry->dw0,
					 .dw1 = entry->dw1,
					 .sqhd = entry->sqhd,
					 .sqid = entry->sqid,
					 .cid = nvu_le16_put((uint16_t)last),
					 .status = nvu_le16_put((uint16_t)(last >> 16)) };
	if (++queue->head == queue->entries) {
		queue->head = 0;
		queue->phase ^= 1;
	}
	driver_doorbell(driver, queue->qid * 2 + 1, queue->head);
	return true;
}

static inline int driver_last_status(const struct driver *driver)
{
	return nvu_le16_get(driver->last.status) >> 1 & 0x7ff;
}

/* The status of the next completion; NO_ANSWER when none comes. */
static inline int driver_wait(struct driver *driver, struct driver_queue *queue)
{
	uint64_t deadline = clock_ns() + PATIENCE_S * 1000000000ull;
	uint32_t steps = 0;

	while (!driver_take(driver, queue)) {
		driver->transport->ops->relax(driver->transport);
		if (driver->stepped ? ++steps > 100 : clock_ns() > deadline)
			return NO_ANSWER;
	}
	return driver_last_status(driver);
}

static inline int driver_cmd(struct driver *driver, struct driver_queue *queue, struct nvu_sqe sqe)
{
	(void)driver_queue_cmd(driver, queue, sqe);
	driver_ring(driver, queue);
	return driver_wait(driver, queue);
}

static inline int driver_admin(struct driver *driver, struct nvu_sqe sqe)
{
	return driver_cmd(driver, &driver->admin, sqe);
}

static inline int driver_identify(struct driver *driver, uint32_t cns, uint32_t nsid, void *page)
{
	return driver_admin(driver,
			    (struct nvu_sqe){ .opcode = NVU_ADMIN_IDENTIFY,
					      .nsid = nvu_le32_put(nsid),
					      .prp1 = nvu_le64_put(driver_iova(driver, page)),
					      .cdw10 = nvu_le32_put(cns) });
}

static inline int driver_create_cq(struct driver *driver, const struct driver_queue *queue)
{
	return driver_admin(
		driver,
		(struct nvu_sqe){ .opcode = NVU_ADMIN_CREATE_CQ,
				  .prp1 = nvu_le64_put(queue->cq_iova),
				  .cdw10 = nvu_le32_put((queue->entries - 1) << 16 | queue->qid),
				  .cdw11 = nvu_le32_put(1) });
}

static inline int driver_create_sq(struct driver *driver, const struct driver_queue *queue)
{
	return driver_admin(
		driver,
		(struct nvu_sqe){ .opcode = NVU_ADMIN_CREATE_SQ,
				  .prp1 = nvu_le64_put(queue->sq_iova),
				  .cdw10 = nvu_le32_put((queue->entries - 1) << 16 | queue->qid),
				  .cdw11 = nvu_le32_put(queue->qid << 16 | 1) });
}

static inline int driver_delete(struct driver *driver, uint8_t opcode, uint32_t qid)
{
	return driver_admin(driver,
			    (struct nvu_sqe){ .opcode = opcode, .cdw10 = nvu_le32_put(qid) });
}

static inline void driver_create_io(struct driver *driver)
{
	driver_make_queue(driver, &driver->io, 1, IO_ENTRIES);
	assert_int_equal(driver_create_cq(driver, &driver->io), 0);
	assert_int_equal(driver_create_sq(driver, &driver->io), 0);
}

/* A read or write of blocks on namespace 1, PRP1 only or with PRP2. */
static inline struct nvu_sqe driver_rw(uint8_t opcode, uint64_t lba, uint32_t blocks, uint64_t prp1,
				       uint64_t prp2)
{
	return (struct nvu_sqe){ .opcode = opcode,
				 .nsid = nvu_le32_put(1),
				 .prp1 = nvu_le64_put(prp1),
				 .prp2 = nvu_le64_put(prp2),
				 .cdw10 = nvu_le32_put((uint32_t)lba),
				 .cdw11 = nvu_le32_put((uint32_t)(lba >> 32)),
				 .cdw12 = nvu_le32_put(blocks - 1) };
}

static inline int driver_io(struct driver *driver, struct nvu_sqe sqe)
{
	return driver_cmd(driver, &driver->io, sqe);
}

/* Ready to read and write. */
static inline void driver_start(struct driver *driver, const struct nvu_mock_opts *opts)
{
	driver_open(driver, opts);
	driver_enable(driver);
	driver_create_io(driver);
}

static inline struct nvu_mock_stats driver_stats(const struct driver *driver)
{
	struct nvu_mock_stats stats;

	nvu_mock_stats(driver->mock, &stats, sizeof(stats));
	return stats;
}

/* Shuts down, closes, and expects this number of violations; a text of the first, when there is one. */
static inline void driver_close(struct driver *driver, uint32_t violations, const char *text)
{
	uint32_t count = nvu_mock_violations(driver->mock);
	const char *first = nvu_mock_violation(driver->mock, 0);

	if (count != violations || (text && !strstr(first ? first : "", text)))
		print_message("first violation: %s\n", first ? first : "none");
	assert_int_equal(count, violations);
	if (text)
		assert_non_null(strstr(first, text));
	driver_write(driver, NVU_REG_CC, CC_ENABLE | 1u << 14);
	driver_write(driver, NVU_REG_CC, 0);
	(void)driver_unmap(driver, ARENA_IOVA, ARENA_BYTES);
	(void)driver_unmap(driver, ARENA_READ_IOVA, ARENA_BYTES);
	mock_transport_ops.close(driver->transport);
	assert_int_equal(driver_stats(driver).dma_mappings, 0);
	nvu_mock_destroy(driver->mock);
	(void)munmap(driver->arena, ARENA_BYTES);
}

#endif
