/* SPDX-License-Identifier: MIT */
/*
 * error.h: the calling thread's sentence about its last failure. Whoever finds the cause sets the
 * sentence and returns the -errno; callers pass both up unchanged or set a better one.
 */
#ifndef NVU_BASE_ERROR_H
#define NVU_BASE_ERROR_H

/* Sets the sentence and returns ret, so that `return error_set(-EINVAL, "...")` reads well. */
int error_set(int ret, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* The sentence; empty before the first failure. */
const char *error_get(void);

/* Words for an errno value (positive); thread-safe, constant. */
const char *error_errno_words(int err);

#endif
