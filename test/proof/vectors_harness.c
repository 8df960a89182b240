/* SPDX-License-Identifier: MIT */
/*
 * Proved: the vector of another queue pair is one of the device's, none has fewer users, and none before it has as few.
 * So as long as there is a vector without users, one of these is taken.
 *
 * Bounds: 1 to 4 vectors (large: 8) with any numbers of users.
 *
 * @options --unwind 9
 */
#include "ctrl/vectors.h"
#include "proof.h"

enum { VECTORS = BOUND(8, 4) };

void harness_choose(void)
{
	struct ctrl_vector vectors[VECTORS];
	uint32_t count = nondet_u32(), other = nondet_u32(), chosen;

	anything(vectors);
	assume(count >= 1 && count <= VECTORS && other < count);
	chosen = vectors_choose(vectors, count);
	prove(chosen < count, "a vector of the device");
	prove(vectors[other].users >= vectors[chosen].users, "none has fewer users");
	prove(other >= chosen || vectors[other].users > vectors[chosen].users,
	      "the first of those");
	reached();
}
