// SPDX-License-Identifier: MIT
/*
 * mock_capacity.c: how many commands per second the mock's null mode can answer when no other thread
 * is in the way: the device's side alone, on one core. One thread plays both sides: the submission
 * ring holds prepared reads for good, so all that the host's side does is to move two doorbells.
 * A driver measured against `mock:null` is measured, not the mock, while this is well above.
 *
 *	mock_capacity [DEPTH] [SECONDS]
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/mmio.h"
#include "mock/engine/engine.h"
#include "mock/queues/queue.h"
#include "transport/transport.h"

#include <errno.h>
#include <nvu/mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { ENTRIES = 1024, ROUNDS_PER_LOOK = 1000 };

#define QUEUE_IOVA 0x100000ull
#define QUEUE_BYTES (ENTRIES * (sizeof(struct nvu_sqe) + sizeof(struct nvu_cqe)))

struct rig {
	struct nvu_mock *mock;
	struct mock_dma dma;
	struct mock_sq *sq;
	struct mock_cq *cq;
};

/* A queue pair of reads, made behind the admin queue's back. */
static int set_up(struct rig *rig)
{
	const struct mock_queue_attr cq = { .qid = 1, .entries = ENTRIES, .iova = QUEUE_IOVA };
	struct mock_queue_attr sq = cq;
	struct nvu_sqe *sqes;
	uint8_t *memory = mmap(NULL, QUEUE_BYTES, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	int ret = nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_NULL | NVU_MOCK_STEPPED),
				  &rig->mock);

	if (ret || memory == MAP_FAILED)
		return ret ? ret : -ENOMEM;
	sqes = (struct nvu_sqe *)(void *)(memory + ENTRIES * sizeof(struct nvu_cqe));
	for (uint16_t slot = 0; slot < ENTRIES; slot++)
		sqes[slot] = (struct nvu_sqe){ .opcode = NVU_CMD_READ, .cid = nvu_le16_put(slot) };
	ret = mock_dma_insert(&rig->dma, QUEUE_IOVA, memory, QUEUE_BYTES,
			      TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE);
	if (ret)
		return ret;
	rig->mock->dma = &rig->dma;
	sq.iova += ENTRIES * sizeof(struct nvu_cqe);
	if (mock_queue_create_cq(rig->mock, &cq) ||
	    mock_queue_create_sq(rig->mock, &sq, rig->mock->cqs[1]))
		return -EIO;
	rig->sq = rig->mock->sqs[1];
	rig->cq = rig->mock->cqs[1];
	rig->mock->running = true;
	return 0;
}

static uint64_t run(struct rig *rig, uint32_t depth, uint64_t duration_ns)
{
	uint64_t deadline = clock_ns() + duration_ns;
	uint64_t done = 0;
	uint32_t tail = 0;

	do {
		for (int round = 0; round < ROUNDS_PER_LOOK; round++) {
			tail = (tail + depth) % ENTRIES;
			mmio_write32(rig->sq->doorbell, tail);
			while (rig->sq->head != tail)
				done += mock_engine_scan(rig->mock);
			mmio_write32(rig->cq->doorbell, tail);
		}
	} while (clock_ns() < deadline);
	return done;
}

int main(int argc, char **argv)
{
	uint32_t depth = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 128;
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 1.0;
	struct rig rig = { 0 };
	clock_t start;
	uint64_t done;

	if (depth == 0 || depth >= ENTRIES || !(seconds > 0 && seconds < 3600)) {
		fprintf(stderr, "usage: mock_capacity [DEPTH 1..%d] [SECONDS]\n", ENTRIES - 1);
		return 2;
	}
	if (set_up(&rig)) {
		fprintf(stderr, "mock_capacity: %s\n", error_get());
		return 1;
	}
	start = clock(); /* processor time: others on the machine do not count */
	done = run(&rig, depth, (uint64_t)(seconds * 1e9));
	printf("depth %u: %.1f M completions/s of processor time\n", depth,
	       (double)done / ((double)(clock() - start) / CLOCKS_PER_SEC) / 1e6);
	rig.mock->running = false;
	nvu_mock_destroy(rig.mock);
	mock_dma_fini(&rig.dma);
	return 0;
}
