/* SPDX-License-Identifier: MIT */
/*
 * memory.h: whether the kernel would map a piece of this process's memory for a device.
 */
#ifndef NVU_MOCK_MEMORY_MEMORY_H
#define NVU_MOCK_MEMORY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Makes the memory present, as the kernel's locking does, and leaves its contents alone. written: the
 * device may write to it. 0; -EINVAL: it wraps around; -EFAULT: it is not there, or may not be used
 * so. The sentence is set.
 */
int mock_memory_check(const void *vaddr, size_t len, bool written);

#endif
