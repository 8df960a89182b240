/* SPDX-License-Identifier: MIT */
/*
 * container_explain.h: the sentences for what the kernel refuses a container, by errno. Each returns -err.
 */
#ifndef NVU_TRANSPORT_VFIO_CONTAINER_EXPLAIN_H
#define NVU_TRANSPORT_VFIO_CONTAINER_EXPLAIN_H

#include <stddef.h>
#include <stdint.h>

/* open() of /dev/vfio/vfio. */
int container_explain_open(int err);

/* The joining of the group of the device `name`. */
int container_explain_join(int err, const char *name);

/* The mapping of `len` bytes. */
int container_explain_map(int err, uint64_t iova, size_t len);

#endif
