/* SPDX-License-Identifier: MIT */
/*
 * cells.h: what a stretch of blocks may hold. A write that succeeded leaves one version; one that
 * failed leaves the version before it or its own, until a later read or write tells. Pure; where
 * cells lie in memory that outlives its process, that may be killed at any point.
 */
#ifndef NVU_TEST_CELLS_H
#define NVU_TEST_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CELL_BYTES = 4096, CELL_VERSIONS = 6 };

struct cell {
	uint64_t versions[CELL_VERSIONS]; /* that it may hold; 0: zeroes, as new */
	uint32_t count;			  /* of these; 0: anything */
	bool busy;			  /* a command on it is in flight ... */
	bool writing;			  /* ... which is a write of: */
	uint64_t version;
	uint32_t span; /* cells that this command is on, in the first of them; else 0 */
};

/* Contents of a version. */
void cell_fill(void *data, uint64_t version);

void cell_init(struct cell *cell);

/* A command is on its way; a write of a version. */
void cell_begin(struct cell *cell, bool write, uint64_t version, uint32_t span);
void cell_write_ended(struct cell *cell, bool success);

enum cell_data {
	CELL_GOOD,    /* one of the versions that it may hold */
	CELL_CORRUPT, /* one of them but for one inverted byte: what NVU_MOCK_FAULT_CORRUPT does */
	CELL_WRONG,
};

/* A read did not succeed. */
void cell_read_failed(struct cell *cell);

/* A read succeeded. */
enum cell_data cell_read_ended(struct cell *cell, const void *data);

/*
 * In words: what a read of the cell has brought, in memory that held EEh before, and what the cell may hold.
 * Versions from next_version on have not been written.
 */
void cell_describe(const struct cell *cell, const void *data, uint64_t next_version, char *text,
		   size_t len);

#endif
