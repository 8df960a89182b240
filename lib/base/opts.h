/* SPDX-License-Identifier: MIT */
/*
 * opts.h: copies option structs whose first member is their size, which lets older and newer callers use the
 * same function.
 */
#ifndef NVU_BASE_OPTS_H
#define NVU_BASE_OPTS_H

#include <stddef.h>

/*
 * Copies the caller's options, or zeroes for NULL, to `to`, which is known_bytes long. Fields that
 * an older caller does not have are 0; bytes that the library does not know must be 0.
 * 0, -EINVAL with the sentence set.
 */
int opts_copy(void *to, size_t known_bytes, const void *from);

#endif
