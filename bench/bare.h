/* SPDX-License-Identifier: MIT */
/*
 * bare.h: what nvu's submit and poll are held against: a loop that writes 64-byte submission entries
 * and reads 16-byte completion entries, and nothing else; and the least device that serves both.
 */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include "base/mmio.h"

#include <nvu/spec.h>
#include <stdint.h>

enum { BARE_ENTRIES = 1024, BARE_BLOCKS = 8, BARE_IO_BYTES = 4096 };

/* Both rings as the device sees them. */
struct bare_device {
	const struct nvu_sqe *sq;
	struct nvu_cqe *cq;
	volatile void *doorbell; /* of the submission queue; the completion queue's is not read */
	uint32_t cq_entries;
	uint32_t head, tail;
	uint16_t phase, sqid;
};

/* The loop's place in the same rings. */
struct bare_ring {
	struct nvu_sqe *sq;
	const struct nvu_cqe *cq;
	uint32_t tail, head, phase;
};

/* Answers count commands with success. */
static inline void bare_play(struct bare_device *device, uint32_t count)
{
	for (; count; count--) {
		struct nvu_cqe *entry = &device->cq[device->tail];
		uint16_t cid = nvu_le16_get(device->sq[device->head].cid);
		uint64_t upper;

		device->head = (device->head + 1) % BARE_ENTRIES;
		entry->dw0 = entry->dw1 = nvu_le32_put(0);
		upper = device->head | (uint32_t)device->sqid << 16 | (uint64_t)cid << 32 |
			(uint64_t)device->phase << 48;
		dma_wmb();
		__atomic_store_n((uint64_t *)(void *)&entry->sqhd, MMIO_LE64(upper),
				 __ATOMIC_RELEASE);
		if (++device->tail == device->cq_entries) {
			device->tail = 0;
			device->phase ^= 1;
		}
	}
}

/* A 4 KiB read, in the order of memory. */
static inline void bare_push(struct bare_ring *ring, uint64_t lba, uint32_t idx)
{
	typedef uint64_t __attribute__((may_alias)) sqe_word;
	sqe_word *words = (sqe_word *)&ring->sq[ring->tail];

	words[0] = NVU_SWAP(64, 1ull << 32 | (uint64_t)idx << 16 | NVU_CMD_READ);
	words[1] = 0;
	words[2] = 0;
	words[3] = NVU_SWAP(64, (uint64_t)idx * BARE_IO_BYTES);
	words[4] = 0;
	words[5] = NVU_SWAP(64, lba);
	words[6] = NVU_SWAP(64, BARE_BLOCKS - 1ull);
	words[7] = 0;
	ring->tail = (ring->tail + 1) % BARE_ENTRIES;
}

/* True when there is a completion; *ret_answer is its identifier and status then. */
static inline int bare_pop(struct bare_ring *ring, uint32_t *ret_answer)
{
	uint32_t answer = mmio_read32(&ring->cq[ring->head].cid);

	if ((answer >> 16 & 1) != ring->phase)
		return 0;
	*ret_answer = answer;
	ring->head = (ring->head + 1) % BARE_ENTRIES;
	ring->phase ^= ring->head == 0;
	return 1;
}

#endif
