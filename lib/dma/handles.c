/* SPDX-License-Identifier: MIT */
/*
 * handles.c: a first-in first-out pool of buffer handles, grown by chunks, never shrunk.
 */
#include "dma/handles.h"

#include "dma/dma.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_HANDLES = 62 };

struct dma_handle_chunk {
	struct nvu_dma handles[CHUNK_HANDLES];
	struct dma_handle_chunk *next;
};

void handles_give(struct dma_handles *handles, struct nvu_dma *handle)
{
	memset(handle, 0, sizeof(*handle));
	if (handles->last)
		handles->last->next_free = handle;
	else
		handles->first = handle;
	handles->last = handle;
}

struct nvu_dma *handles_take(struct dma_handles *handles)
{
	struct nvu_dma *handle;

	if (!handles->first) {
		struct dma_handle_chunk *chunk =
			aligned_alloc(alignof(struct dma_handle_chunk), sizeof(*chunk));

		if (!chunk)
			return NULL;
		chunk->next = handles->chunks;
		handles->chunks = chunk;
		for (int i = 0; i < CHUNK_HANDLES; i++)
			handles_give(handles, &chunk->handles[i]);
	}
	handle = handles->first;
	handles->first = handle->next_free;
	if (!handles->first)
		handles->last = NULL;
	handle->next_free = NULL;
	return handle;
}

void handles_fini(struct dma_handles *handles)
{
	struct dma_handle_chunk *chunk = handles->chunks;

	while (chunk) {
		struct dma_handle_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	memset(handles, 0, sizeof(*handles));
}
