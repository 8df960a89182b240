/* SPDX-License-Identifier: MIT */
/*
 * memlock.h: the process's locked-memory account, for the sentence when a mapping exceeds it.
 */
#ifndef NVU_TRANSPORT_VFIO_MEMLOCK_H
#define NVU_TRANSPORT_VFIO_MEMLOCK_H

#include <stddef.h>
#include <stdint.h>

/*
 * The bytes that a text in the form of /proc/self/status calls locked or pinned (VmLck, VmPin);
 * 0 where it does not say.
 */
uint64_t memlock_parse_status(const char *text);

/* Sets the sentence for a mapping of `len` bytes that failed for lack of memory; -ENOMEM. */
int memlock_explain(size_t len);

/* The same where the kernel counts what all processes of the user have locked. */
int memlock_explain_of_user(size_t len);

#endif
