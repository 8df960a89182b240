/* SPDX-License-Identifier: MIT */
/*
 * memory.h: memory that a program has registered with a block device: which of it goes without a copy.
 */
#ifndef NVU_BLOCK_MEMORY_H
#define NVU_BLOCK_MEMORY_H

#include <nvu/types.h>
#include <pthread.h>
#include <stdbool.h>

struct region {
	uintptr_t key;	      /* as the program passed it */
	uintptr_t first, end; /* its whole pages; 0 and 0: none */
	struct nvu_dma *buf;  /* NULL: none */
};

struct memory {
	pthread_rwlock_t lock;
	struct region *regions; /* ascending */
	size_t count;		/* atomic: read without the lock to see whether there is any */
	size_t capacity;
};

void memory_init(struct memory *memory);
void memory_destroy(struct memory *memory);

static inline bool memory_is_empty(const struct memory *memory)
{
	return !__atomic_load_n(&memory->count, __ATOMIC_RELAXED);
}

/* 0; -errno or a status > 0, sentence set. */
int memory_add(struct memory *memory, struct nvu_ctrl *ctrl, void *addr, size_t len);
int memory_remove(struct memory *memory, const void *addr);

/*
 * How much of the `len` bytes at p is registered, from p on: its buffer and the place in it. If p is not: 0, and
 * *ret_until is how far it is to the next byte that is, at most len.
 */
size_t memory_find(struct memory *memory, const void *p, size_t len, const struct nvu_dma **ret_buf,
		   size_t *ret_offset, size_t *ret_until);

#endif
