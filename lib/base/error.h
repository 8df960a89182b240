/* SPDX-License-Identifier: MIT */
/*
 * error.h: the calling thread's sentence about its last failure. The function that detects a failure
 * sets the sentence and returns the -errno; callers pass both up unchanged or set a better one.
 *
 * A public call that can succeed although a step inside fails calls error_enter() and error_leave(): a
 * sentence set between them becomes the thread's sentence only if the public call fails.
 */
#ifndef NVU_BASE_ERROR_H
#define NVU_BASE_ERROR_H

/* Sets the sentence and returns ret, for `return error_set(-EINVAL, "...")`. */
int error_set(int ret, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* Returns the sentence; empty before the first failure. Inside a call: the sentence of the call, if it has set one. */
const char *error_get(void);

/* A call begins; calls inside it belong to it. */
void error_enter(void);

/* The call ends; a ret other than 0 is a failure. Returns ret. */
int error_leave(int ret);

/* The same for a call that returns a count: a negative value is a failure. */
int error_leave_count(int ret);

/* A copy of the sentence, kept while the caller undoes steps that may set other sentences. */
struct error_kept {
	char text[512];
};

void error_keep(struct error_kept *ret_kept);

/* Makes the copy the sentence again. Returns ret. */
int error_restore(const struct error_kept *kept, int ret);

/* Words for an errno value (positive); thread-safe, constant. */
const char *error_errno_words(int err);

#endif
