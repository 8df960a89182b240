/* SPDX-License-Identifier: MIT */
/*
 * opts.c: see opts.h.
 */
#include "base/opts.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { SIZE_MAX_SANE = 4096 };

int opts_copy(void *to, size_t known_bytes, const void *from)
{
	size_t size;

	assert(known_bytes >= sizeof(size) && known_bytes <= SIZE_MAX_SANE);
	memset(to, 0, known_bytes);
	if (!from)
		return 0;
	memcpy(&size, from, sizeof(size));
	if (size < sizeof(size) || size > SIZE_MAX_SANE)
		return error_set(-EINVAL,
				 "options.size is %zu, expected the sizeof of the struct; use "
				 "its NVU_..._OPTS() macro",
				 size);
	for (size_t i = known_bytes; i < size; i++)
		if (((const char *)from)[i])
			return error_set(-EINVAL,
					 "the option at byte %zu is newer than this library", i);
	memcpy(to, from, size < known_bytes ? size : known_bytes);
	return 0;
}
