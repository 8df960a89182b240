/* SPDX-License-Identifier: MIT */
/*
 * region.h: what a client reads and writes of a served mock: BAR0, configuration space, the table of MSI-X. The mock's
 * lock is held.
 */
#ifndef NVU_MOCK_SERVE_REGION_H
#define NVU_MOCK_SERVE_REGION_H

#include "mock/model.h"
#include "transport/vfio_user/frame.h"

/* The size of a region, for a BAR a power of two; 0: there is none. */
uint64_t serve_region_bytes(const struct nvu_mock *mock, uint32_t index);

/* access->count bytes, up to FRAME_DATA_MAX. 0; -EINVAL: outside the region, which is not accessed. */
int serve_region_read(struct nvu_mock *mock, const struct frame_access *access, uint8_t *ret_data);
int serve_region_write(struct nvu_mock *mock, const struct frame_access *access,
		       const uint8_t *data);

/* A function level reset. -ENODEV: the registers have gone. */
int serve_region_reset(struct nvu_mock *mock);

/* The doorbells as memory that a client can map: *ret_fd has them behind the registers. 0 or -errno. */
int serve_region_share(struct nvu_mock *mock, int *ret_fd);

/* The doorbells are this process's own again. */
void serve_region_unshare(struct nvu_mock *mock, int fd);

#endif
