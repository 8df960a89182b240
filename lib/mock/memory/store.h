/* SPDX-License-Identifier: MIT */
/*
 * store.h: the bytes behind the namespaces of a mock: memory that the system allocates when it is written,
 * or a file. Offsets and lengths are checked by the caller.
 */
#ifndef NVU_MOCK_MEMORY_STORE_H
#define NVU_MOCK_MEMORY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mock_store {
	uint8_t *ram;	/* NULL with a file */
	int fd;		/* -1 with RAM */
	bool shared;	/* a part of another store, which closes the file */
	uint64_t first; /* in the file */
	uint64_t bytes;
};

/* The size of a backing file in *ret_bytes; 0 when it does not exist yet. */
int mock_store_file_bytes(const char *path, uint64_t *ret_bytes);

/* path NULL: RAM. A file is created or extended when shorter than bytes. */
int mock_store_open(struct mock_store *store, const char *path, uint64_t bytes);
void mock_store_close(struct mock_store *store);

/* A part of a store in a file, which stays open as long as that does. */
void mock_store_part(const struct mock_store *whole, uint64_t first, uint64_t bytes,
		     struct mock_store *ret_part);

/* RAM only: what is new reads as zeroes. 0 or -ENOMEM. */
int mock_store_resize(struct mock_store *store, uint64_t bytes);

/* All: 0 or -errno, without a sentence (the caller answers with an NVMe status). */
int mock_store_read(const struct mock_store *store, uint64_t offset, void *buf, size_t len);
int mock_store_write(const struct mock_store *store, uint64_t offset, const void *buf, size_t len);
int mock_store_zero(const struct mock_store *store, uint64_t offset, uint64_t len);
int mock_store_flush(const struct mock_store *store);

#endif
