/* SPDX-License-Identifier: MIT */
/*
 * sigbus.h: surviving the disappearance of mapped memory: of a BAR that the kernel takes away when the
 * device is removed or its memory is switched off, or of a file that another process cuts short. The next access
 * would kill the program with SIGBUS. For addresses in a window registered here other memory appears
 * instead; every other SIGBUS goes to the handler before this one. A
 * program that installs a handler of its own afterwards has to pass on signals that are not its own, too.
 */
#ifndef NVU_TRANSPORT_SIGBUS_H
#define NVU_TRANSPORT_SIGBUS_H

#include <stddef.h>

/*
 * From now on the mapping is guarded: all ones appear in its place, which is what a bus answers for a device
 * that has gone. The handler is installed with the first window and removed
 * with the last, unless the program has installed its own meanwhile. 0 or -errno. Any thread.
 */
int sigbus_guard(void *map, size_t len);

/* The same for another process's memory: zeroes appear, and *lost becomes 1 (atomic). */
int sigbus_guard_shared(void *map, size_t len, int *lost);

/* Before the mapping is unmapped. */
void sigbus_release(void *map);

#endif
