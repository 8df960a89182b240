/* SPDX-License-Identifier: MIT */
/*
 * follow.h: how a queue pair's thread learns that namespaces have changed (ns/refresh.h), and why a
 * handle is refused.
 */
#ifndef NVU_NS_FOLLOW_H
#define NVU_NS_FOLLOW_H

#include "ns/ns.h"

/*
 * Gives the queue pair the controller's present owner id: it separates commands from before it from
 * those after it. Its controller is open. The queue pair's thread.
 */
void follow_change(struct nvu_qpair *qpair);

/*
 * A handle whose owner id is not the queue pair's: 0 when the queue pair has followed and has the same one
 * now; -ESTALE or -EINVAL (of another controller), with the sentence set. The queue pair's thread.
 */
int follow_handle(struct nvu_qpair *qpair, const struct nvu_ns *ns, const char *function);

/* A raw command: 0, or -ESTALE if its namespace has changed and no caller has got its handle since. */
int follow_raw(struct nvu_qpair *qpair, uint32_t nsid);

/* Which command sets a command for this namespace may be of: see resend_csi_bits of qpair/resend.h. */
uint32_t follow_csi_bits(const struct nvu_qpair *qpair, uint32_t nsid);

#endif
