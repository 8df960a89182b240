/* SPDX-License-Identifier: MIT */
/*
 * follow.h: how a queue pair's thread takes over a change of namespaces (ns/refresh.h), and why nvu refuses a
 * handle.
 */
#ifndef NVU_NS_FOLLOW_H
#define NVU_NS_FOLLOW_H

#include "ns/ns.h"

/*
 * Gives the queue pair the controller's present owner id, which separates the commands queued before this call
 * from those queued after it. The controller is open. The queue pair's thread.
 */
void follow_change(struct nvu_qpair *qpair);

/*
 * A handle whose owner id is not the queue pair's: 0 when the queue pair has followed and has the same one
 * now; -ESTALE or -EINVAL (of another controller), with the sentence set. The queue pair's thread.
 */
int follow_handle(struct nvu_qpair *qpair, const struct nvu_ns *ns, const char *function);

/* A raw command: 0, or -ESTALE if its namespace has changed and no caller has got its handle since. */
int follow_raw(struct nvu_qpair *qpair, uint32_t nsid);

/* Returns the command sets that a command for this namespace may belong to: see resend_csi_bits of qpair/resend.h. */
uint32_t follow_csi_bits(const struct nvu_qpair *qpair, uint32_t nsid);

/* What the controller says to its CRD, if it is asked for it: retry_delay_ms of qpair/retry.h. */
uint32_t follow_retry_delay_ms(const struct nvu_qpair *qpair, uint32_t crd);

#endif
