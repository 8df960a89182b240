/* SPDX-License-Identifier: MIT */
/*
 * status.h: the words of a status; the rows are those of statuses.def. Pure.
 */
#ifndef NVU_SPEC_STATUS_H
#define NVU_SPEC_STATUS_H

#include <stdbool.h>

/* A status, SCT << 8 | SC, for a sentence that a person reads. Constant, never NULL. */
const char *status_words(int status);

/* The negative errno that Linux's block layer reports for it; 0 for success; -EIO for one without a row. */
int status_errno(int status);

/*
 * What to do about a status that is no success, for the same sentence. again: the controller does not say that the
 * command would fail again (DNR); later: it wants a delay before that (CRD). Constant, never NULL.
 */
const char *status_advice(int status, bool again, bool later);

#endif
