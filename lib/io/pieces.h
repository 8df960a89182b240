/* SPDX-License-Identifier: MIT */
/*
 * pieces.h: whether commands can say where the pieces of a request's data are, asked before anything is sent.
 */
#ifndef NVU_IO_PIECES_H
#define NVU_IO_PIECES_H

#include "qpair/qpair.h"
#include "qpair/rw_plan.h"

#include <nvu/io.h>

/*
 * 0: plan->gather is filled in; plan has the blocks and their bytes, and the rule by which they are cut. Else an errno with the
 * sentence set, which names the piece and the remedy.
 */
int pieces_check(const struct nvu_qpair *qpair, const struct nvu_rw_args *args,
		 struct rw_plan *plan);

#endif
