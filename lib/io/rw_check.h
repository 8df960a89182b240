/* SPDX-License-Identifier: MIT */
/*
 * rw_check.h: whether a request of nvu_rw() may be sent, asked before anything is.
 */
#ifndef NVU_IO_RW_CHECK_H
#define NVU_IO_RW_CHECK_H

#include "ns/ns.h"
#include "qpair/qpair.h"
#include "qpair/rw_plan.h"

#include <nvu/io.h>

/* 0, the plan filled in; or an errno with the sentence set, which names the field and the remedy. */
int rw_check(struct nvu_qpair *qpair, const struct nvu_rw_args *args, struct rw_plan *ret_plan);

#endif
