/* SPDX-License-Identifier: MIT */
/*
 * info.h: asks the kernel for an info structure whose length only the kernel knows.
 */
#ifndef NVU_TRANSPORT_VFIO_INFO_H
#define NVU_TRANSPORT_VFIO_INFO_H

#include <features.h>
#include <stddef.h>

/* What ioctl() takes: POSIX's int, or glibc's own. */
#ifdef __GLIBC__
typedef unsigned long info_request;
#else
typedef int info_request;
#endif

/*
 * Does ioctl `request` with a copy of `head` (its first field is argsz; bytes long), again with as
 * much room as the kernel then asks for. *ret_info is at least `bytes` long and to be freed.
 * Returns 0 or -errno, without a sentence.
 */
int info_fetch(int fd, info_request request, const void *head, size_t bytes, void **ret_info,
	       size_t *ret_len);

#endif
