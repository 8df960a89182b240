/* SPDX-License-Identifier: MIT */
/*
 * buffer_pool.c: a first-in first-out pool of buffer handles, grown by chunks, never shrunk.
 */
#include "dma/buffer_pool.h"

#include "dma/dma.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_HANDLES = 62 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* all below */

struct chunk {
	struct nvu_dma handles[CHUNK_HANDLES];
	struct chunk *next;
};

/* All chunks: a leak checker that finds them here does not report them. */
static struct chunk *chunks;

/* Free handles, oldest first: the pool reuses a freed handle as late as possible. */
static struct nvu_dma *first, *last;

static void append(struct nvu_dma *handle)
{
	memset(handle, 0, sizeof(*handle));
	if (first)
		last->next_free = handle;
	else
		first = handle;
	last = handle;
}

static void grow(void)
{
	struct chunk *chunk = aligned_alloc(alignof(struct chunk), sizeof(*chunk));

	if (!chunk)
		return;
	chunk->next = chunks;
	chunks = chunk;
	for (int i = 0; i < CHUNK_HANDLES; i++)
		append(&chunk->handles[i]);
}

struct nvu_dma *buffer_pool_take(void)
{
	struct nvu_dma *handle;

	pthread_mutex_lock(&lock);
	if (!first)
		grow();
	handle = first;
	if (handle) {
		first = handle->next_free;
		handle->next_free = NULL;
	}
	pthread_mutex_unlock(&lock);
	return handle;
}

void buffer_pool_give(struct nvu_dma *handle)
{
	pthread_mutex_lock(&lock);
	append(handle);
	pthread_mutex_unlock(&lock);
}
