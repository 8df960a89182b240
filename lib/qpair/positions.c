/* SPDX-License-Identifier: MIT */
/*
 * positions.c: the submission ring's position where it does more than move on: see qpair_advance().
 */
#include "qpair/qpair.h"

int qpair_turn(struct nvu_qpair *qpair)
{
	if (sq_ring_turn(&qpair->sq))
		qpair->settled -= (uintptr_t)qpair->sq.end - (uintptr_t)qpair->sq.first;
	return 0;
}
