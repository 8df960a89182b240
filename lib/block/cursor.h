/* SPDX-License-Identifier: MIT */
/*
 * cursor.h: a place in the program's memory, which may lie in many pieces, and what is before and behind it.
 */
#ifndef NVU_BLOCK_CURSOR_H
#define NVU_BLOCK_CURSOR_H

#include "block/memory.h"

#include <nvu/io.h>
#include <stddef.h>
#include <sys/uio.h>

/*
 * The memory of an operation: as many bytes as its blocks have. Where iov_base is NULL, what is read is dropped,
 * and zeroes are written.
 */
struct pieces {
	struct iovec head; /* the part of the first block that the program did not name */
	const struct iovec *iov;
	int count;
	struct iovec tail;
};

struct cursor {
	const struct pieces *pieces;
	int piece; /* 0: the head; count + 1: the tail */
	size_t offset;
};

/* Copies len bytes between the memory at the cursor and `other`; moves the cursor. */
void cursor_copy_out(struct cursor *cursor, void *other, size_t len);
void cursor_copy_in(struct cursor *cursor, const void *other, size_t len);
void cursor_skip(struct cursor *cursor, size_t len);

/* Memory that the device can reach as it is, from a cursor on; or not. */
struct reach {
	const struct nvu_dma *buf; /* NULL: it must be copied */
	size_t offset;
	size_t len; /* of the first `most` bytes: reachable, or to be copied until some are reachable */
};

/* What is reachable begins at a multiple of 4 bytes. */
struct reach cursor_reach(const struct cursor *cursor, struct memory *memory, size_t most);

enum {
	CURSOR_PIECES = 16
}; /* of a command: as the option pieces of nvu_qpair_create() has it by default */

/* What of the next bytes lies in registered memory, however many pieces that is. */
struct gathered {
	size_t len; /* whole units */
	uint32_t count;
};

/*
 * The next bytes, up to `most`, as pieces of nvu_rw() together as long as whole units, up to CURSOR_PIECES of them. With
 * holes, what is read and dropped is a piece without a buffer; else it ends them, as does memory that is not registered.
 */
struct gathered cursor_gather(const struct cursor *cursor, struct memory *memory, size_t most,
			      size_t unit, bool holes, struct nvu_piece *ret_pieces);

#endif
