/* SPDX-License-Identifier: MIT */
/*
 * info.c: VFIO's convention for growing structures: argsz says how much room there is, and comes
 * back as how much is needed. The need is bounded here.
 */
#include "transport/vfio/info.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum { INFO_BYTES_MAX = 64 * 1024, INFO_TRIES = 4 };

int info_fetch(int fd, info_request request, const void *head, size_t bytes, void **ret_info,
	       size_t *ret_len)
{
	size_t len = bytes;
	int ret = -EAGAIN;

	/* More than one turn may be needed: the chain can grow between two calls. */
	for (int i = 0; i < INFO_TRIES; i++) {
		uint32_t argsz = (uint32_t)len;
		char *info = calloc(1, len);

		if (!info)
			return -ENOMEM;
		memcpy(info, head, bytes);
		memcpy(info, &argsz, sizeof(argsz));
		ret = ioctl(fd, request, info) < 0 ? -errno : 0;
		memcpy(&argsz, info, sizeof(argsz));
		if (!ret && argsz <= len) {
			*ret_info = info;
			*ret_len = len;
			return 0;
		}
		free(info);
		if (ret)
			return ret;
		if (argsz > INFO_BYTES_MAX)
			return -EMSGSIZE;
		len = argsz;
	}
	return -EAGAIN;
}
