/* SPDX-License-Identifier: MIT */
/*
 * gather.h: data in several pieces of memory, and how one command can say where they are. Pure; the proof is
 * test/proof/gather_harness.c.
 *
 * Pieces that follow on in I/O address space are one run. There are three forms:
 *
 *	BUFFER	all are in one piece: the page list of its buffer serves, as for other commands
 *	PRP	every run but the first begins, and every run but the last ends, where a memory page does (Base 4.1.1)
 *	SGL	a descriptor for each run (Base 4.1.2), where the controller has SGLs; runs without a buffer
 *		are bit buckets
 *
 * A command takes the form by which it says the most blocks; of several, that which has the controller fetch the
 * fewest bytes. Lists are in memory of the command's slot, so that they are there until it is answered: also while
 * it waits for new queues, is sent again, or has been given up.
 */
#ifndef NVU_QPAIR_GATHER_H
#define NVU_QPAIR_GATHER_H

#include <nvu/io.h>
#include <nvu/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Memory for the list of a command: a power of two, so that none crosses a page. With the least there is none: a command
 * says what takes no list.
 */
enum { GATHER_LIST_MIN = 16, GATHER_LIST_MAX = 4096, GATHER_DESCRIPTOR_BYTES = 16 };

struct gather {
	const struct nvu_piece *pieces; /* the caller's, until the request is answered */
	uint32_t count;
	uint32_t unit;	     /* a command has a multiple of these bytes: a block, a multiple of 4 */
	uint32_t page_shift; /* CC.MPS */
	uint32_t list_bytes; /* of a command */
	uint32_t sgls;	     /* SGLS; 0: PRPs only */
	/* Of a block, if the metadata pointer of a command with SGLs is the address of a descriptor; else 0. */
	uint32_t metadata_bytes;
};

/* How far pieces have been taken: all before this one, and its first `done` bytes. */
struct gather_place {
	uint32_t index;
	size_t done;
};

enum gather_form { GATHER_NONE, GATHER_BUFFER, GATHER_PRP, GATHER_SGL };

/* Why a command cannot go on. */
enum gather_stop {
	GATHER_WHOLE, /* it can */
	GATHER_HOLE,  /* a piece has no buffer, and there is no bit bucket */
	GATHER_DWORD, /* a piece is not in dwords */
	GATHER_BEGIN, /* a piece begins inside a page */
	GATHER_END,   /* a piece ends inside a page */
	GATHER_FULL,  /* the list is full */
};

/* What one command says of the pieces. */
struct gather_reach {
	uint64_t bytes;
	uint32_t cost;	/* bytes of the list that the controller fetches */
	uint32_t index; /* the piece at which it stops, if it does */
	enum gather_stop stop;
};

/* How much of the next `bytes` a command of this form says: any number, not only whole units. */
struct gather_reach gather_reach(const struct gather *gather, enum gather_form form,
				 struct gather_place place, uint64_t bytes);

/* The best form for a command with the next `bytes`, and how many of them it has: whole units. GATHER_NONE: not one. */
enum gather_form gather_choose(const struct gather *gather, const struct gather_place *place,
			       uint64_t bytes, uint64_t *ret_bytes);

/* Goes past the next `bytes`. */
void gather_skip(const struct gather *gather, struct gather_place *place, uint64_t bytes);

/* The next `bytes` are in one piece, GATHER_BUFFER: which. Goes past them. */
const struct nvu_piece *gather_buffer(const struct gather *gather, struct gather_place *place,
				      uint64_t bytes, size_t *ret_offset);

/*
 * The data pointer of a command with the next `bytes`, for which gather_choose() says this form: two words, PRP 1 and 2 or
 * an SGL descriptor. list: memory of gather->list_bytes. Goes past them.
 */
void gather_prp(const struct gather *gather, struct gather_place *place, uint64_t bytes,
		nvu_le64 *list, uint64_t list_iova, nvu_le64 ret_pointer[2]);
void gather_sgl(const struct gather *gather, struct gather_place *place, uint64_t bytes,
		nvu_le64 *list, uint64_t list_iova, nvu_le64 ret_pointer[2]);

/* An SGL descriptor: its two words. len: less than 4 GiB. */
void gather_descriptor(nvu_le64 words[2], uint32_t type, uint64_t iova, uint64_t len);

/* The most descriptors of the data of one command. */
static inline uint32_t gather_descriptors(const struct gather *gather)
{
	return gather->list_bytes / GATHER_DESCRIPTOR_BYTES - (gather->metadata_bytes != 0);
}

#endif
