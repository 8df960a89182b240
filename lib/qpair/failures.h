/* SPDX-License-Identifier: MIT */
/*
 * failures.h: what the last commands were that failed, were late, or were cancelled, for nvu_cpl_describe(). Noted
 * where completions with a status are made, all beside the I/O path.
 *
 * A record in flight does not say what its command is: its entry in the submission ring does, as long as no other
 * command has been written there. The newest entry with the identifier is the command's: entries are overwritten
 * oldest first, so an entry of an earlier use of the identifier is there only if the command's own is. The entry at
 * sq.slot is not looked at, as a refused call may have written to it.
 */
#ifndef NVU_QPAIR_FAILURES_H
#define NVU_QPAIR_FAILURES_H

#include "qpair/qpair.h"

/* The command with this identifier, which is still in flight, is answered with this completion, not a success. */
void failures_note(struct nvu_qpair *qpair, uint32_t cid, const struct nvu_cpl *cpl)
	__attribute__((cold));

/* The same, of a request of several commands. */
void failures_put(struct nvu_qpair *qpair, const struct qpair_failure *failure)
	__attribute__((cold));

/*
 * What is known of the command that this is the completion of. NULL: nothing, or there are several such
 * completions of different commands.
 */
const struct qpair_failure *failures_find(const struct nvu_qpair *qpair, const struct nvu_cpl *cpl);

#endif
