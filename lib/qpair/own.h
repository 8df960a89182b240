/* SPDX-License-Identifier: MIT */
/*
 * own.h: answers that nvu has ready for commands which it never sends (aside.h: OWN): the next poll delivers them.
 */
#ifndef NVU_QPAIR_OWN_H
#define NVU_QPAIR_OWN_H

#include "qpair/aside.h"

/* Up to max of them. Returns how many. A queue pair that is cut delivers them with the others: qpair_cancel(). */
uint32_t own_take(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max);

#endif
