/* SPDX-License-Identifier: MIT */
/*
 * operation.h: a call as commands: how many are queued, where their data are, what has become of them.
 */
#ifndef NVU_BLOCK_OPERATION_H
#define NVU_BLOCK_OPERATION_H

#include "base/error.h"
#include "block/block.h"
#include "block/cursor.h"

enum { OPERATION_COMMANDS = 8 }; /* outstanding at once */

enum operation_kind {
	OPERATION_READ,
	OPERATION_WRITE,
	OPERATION_ZERO, /* by Write Zeroes */
	OPERATION_DISCARD,
	OPERATION_FLUSH,
};

enum command_state {
	COMMAND_FREE,
	COMMAND_STAGED, /* ready to be queued */
	COMMAND_OUTSTANDING,
	COMMAND_ANSWERED,
};

/* A command of an operation. */
struct command {
	struct errand errand; /* first: its address is the user data */
	enum command_state state;
	uint64_t lba;
	uint64_t blocks;
	bool bounced;
	uint32_t slot;		   /* of a bounced one */
	const struct nvu_dma *buf; /* its data; NULL: in pieces */
	size_t offset;
	uint32_t piece_count;
	struct cursor place; /* where a bounced read is copied to; where pieces begin */
	uint32_t resets;     /* that have ended it */
	uint32_t timeouts;
};

struct operation {
	struct waiter waiter;
	struct nvu_block *block;
	struct pair *pair;
	const struct nvu_ns *ns;
	enum operation_kind kind;
	uint32_t flags; /* NVU_BLOCK_... */
	/* What is still to be made into commands. */
	uint64_t lba;
	uint64_t blocks;
	struct cursor cursor;
	struct command commands[OPERATION_COMMANDS];
	uint32_t used;	 /* of these; the others have no state yet */
	uint32_t staged; /* of these, in this state */
	uint32_t outstanding;
	bool without_pieces;	/* nvu_rw() has refused some */
	int error;		/* the first one: -errno */
	struct error_kept kept; /* its sentence */
	/* Of each command. */
	struct nvu_piece pieces[OPERATION_COMMANDS][CURSOR_PIECES];
};

struct operation_what {
	enum operation_kind kind;
	uint32_t flags;
	uint64_t lba, blocks;	     /* of a flush: 1 block */
	const struct pieces *pieces; /* of a read or a write */
};

/* Carries it out. 0; -errno, sentence set. */
int operation_run(struct nvu_block *block, const struct operation_what *what);

#endif
