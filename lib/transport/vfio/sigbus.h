/* SPDX-License-Identifier: MIT */
/*
 * sigbus.h: surviving the disappearance of a mapped BAR. The kernel takes the mapping away when the
 * device is removed or its memory is switched off, and the next access would kill the program with
 * SIGBUS. For addresses in a window registered here, all ones appear instead, which is what a bus
 * answers for a device that has gone; every other SIGBUS goes to the handler before this one. A
 * program that installs a handler of its own afterwards has to pass on signals that are not its own, too.
 */
#ifndef NVU_TRANSPORT_VFIO_SIGBUS_H
#define NVU_TRANSPORT_VFIO_SIGBUS_H

#include <stddef.h>

/*
 * From now on the mapping is guarded. The handler is installed with the first window and removed
 * with the last, unless the program has installed its own meanwhile. 0 or -errno. Any thread.
 */
int sigbus_guard(void *map, size_t len);

/* Before the mapping is unmapped. */
void sigbus_release(void *map);

#endif
