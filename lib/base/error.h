/* SPDX-License-Identifier: MIT */
/*
 * error.h: the calling thread's sentence about its last failure. The function that detects a failure
 * sets the sentence and returns the -errno; callers pass both up unchanged or set a better one.
 *
 * A public call that may fail inside and succeed all the same is put between error_enter() and
 * error_leave(): what is said in between becomes the thread's sentence only if the call fails.
 */
#ifndef NVU_BASE_ERROR_H
#define NVU_BASE_ERROR_H

/* Sets the sentence and returns ret, so that `return error_set(-EINVAL, "...")` reads well. */
int error_set(int ret, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* The sentence; empty before the first failure. Inside a call: that of the call, if it has one. */
const char *error_get(void);

/* A call begins; calls inside it belong to it. */
void error_enter(void);

/* It ends. Not 0 is a failure. Returns ret, so that `return error_leave(...)` reads well. */
int error_leave(int ret);

/* The same for a call that returns a count: a negative value is a failure. */
int error_leave_count(int ret);

/* The sentence, kept over an undoing that may set others. */
struct error_kept {
	char text[512];
};

void error_keep(struct error_kept *ret_kept);

/* It is the sentence again. Returns ret. */
int error_restore(const struct error_kept *kept, int ret);

/* Words for an errno value (positive); thread-safe, constant. */
const char *error_errno_words(int err);

#endif
