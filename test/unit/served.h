/* SPDX-License-Identifier: MIT */
/*
 * served.h: the driver of mock_driver.h on a mock that is served: its registers are messages, its arena is shared
 * memory.
 */
#ifndef SERVED_H
#define SERVED_H

#include "mock_driver.h"
#include "vfio_user_client.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

enum { MEMORY_AND_MASTER = 6, CONFIG_COMMAND = 4, BOTH = FRAME_DMA_READABLE | FRAME_DMA_WRITEABLE };

struct served {
	struct driver driver; /* its transport is .client */
	struct client client;
	char folder[32];
	char path[48];
	int arena_fd;
};

/* Memory space and bus mastering on, as firmware does it. */
static inline void served_switch_on(struct served *served)
{
	const uint16_t command = MEMORY_AND_MASTER;

	assert_int_equal(
		client_region_write(&served->client, FRAME_CONFIG, CONFIG_COMMAND, &command, 2), 0);
}

/* A client that has its memory mapped and the function switched on. */
static inline void served_connect(struct served *served)
{
	client_open(&served->client, served->path,
		    served->driver.stepped ? served->driver.mock : NULL);
	served->driver.transport = &served->client.base;
	served->driver.used = 0;
	assert_int_equal(
		client_map(&served->client, ARENA_IOVA, ARENA_BYTES, served->arena_fd, 0, BOTH), 0);
	assert_int_equal(client_map(&served->client, ARENA_READ_IOVA, ARENA_BYTES, served->arena_fd,
				    0, FRAME_DMA_READABLE),
			 0);
	memset(served->driver.arena, 0, ARENA_BYTES);
	served_switch_on(served);
}

/* Makes a mock and serves it; no client yet. */
static inline void served_make(struct served *served, const struct nvu_mock_opts *opts)
{
	void *arena;

	*served = (struct served){ .folder = "/tmp/nvu-serve-XXXXXX" };
	assert_non_null(mkdtemp(served->folder));
	(void)snprintf(served->path, sizeof(served->path), "%s/sock", served->folder);
	served->driver.stepped = opts && opts->flags & NVU_MOCK_STEPPED;
	served->driver.stride = 4u << (opts ? opts->dstrd : 0);
	assert_int_equal(nvu_mock_create(opts, &served->driver.mock), 0);
	assert_int_equal(nvu_mock_serve(served->driver.mock, served->path), 0);
	served->arena_fd = client_memory(ARENA_BYTES, &arena);
	served->driver.arena = arena;
}

static inline void served_open(struct served *served, const struct nvu_mock_opts *opts)
{
	served_make(served, opts);
	served_connect(served);
}

/* Ready to read and write. */
static inline void served_start(struct served *served, const struct nvu_mock_opts *opts)
{
	served_open(served, opts);
	driver_enable(&served->driver);
	driver_create_io(&served->driver);
}

/* Ends the mock, while it is served or not, and expects no violation. */
static inline void served_end(struct served *served)
{
	struct nvu_mock *mock = served->driver.mock;

	if (nvu_mock_violations(mock))
		print_message("first violation: %s\n", nvu_mock_violation(mock, 0));
	assert_int_equal(nvu_mock_violations(mock), 0);
	nvu_mock_destroy(mock);
	assert_int_equal(access(served->path, F_OK), -1);
	if (served->client.fd > 0)
		(void)close(served->client.fd);
	(void)munmap(served->driver.arena, ARENA_BYTES);
	(void)close(served->arena_fd);
	assert_int_equal(rmdir(served->folder), 0);
}

/* Writes a block and reads it back; the mock has it as well. */
static inline void served_check_io(struct served *served, uint64_t lba, uint8_t byte)
{
	uint8_t *out = driver_alloc(&served->driver, PAGE),
		*in = driver_alloc(&served->driver, PAGE);
	uint8_t stored[512];

	memset(out, byte, 512);
	memset(in, 0, 512);
	assert_int_equal(
		driver_io(&served->driver,
			  driver_rw(NVU_CMD_WRITE, lba, 1, driver_iova(&served->driver, out), 0)),
		0);
	assert_int_equal(driver_io(&served->driver, driver_rw(NVU_CMD_READ, lba, 1,
							      driver_iova(&served->driver, in), 0)),
			 0);
	assert_memory_equal(in, out, 512);
	assert_int_equal(nvu_mock_data(served->driver.mock, 1, lba * 512, stored, 512, 0), 0);
	assert_memory_equal(stored, out, 512);
}

#endif
