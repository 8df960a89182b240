/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever a controller sends as a list of active namespaces, ns_decode_list() reads and writes
 * no more entries than there are, the identifiers that it counts ascend, are above what came before and
 * are identifiers, and what follows them, if anything, ends the list or is wrong there.
 *
 * Bounds: lists of 0, 1 and 5 entries, any content.
 *
 * @sources ns/decode.c
 * @options --unwind 7
 */
#include "ns/ns.h"
#include "proof.h"

#include <stdlib.h>

static void check_list(uint32_t entries)
{
	nvu_le32 *list = malloc(entries * sizeof(*list));
	uint32_t *ids = malloc(entries * sizeof(*ids));
	uint32_t after = nondet_u32(), i = nondet_u32(), count;

	count = ns_decode_list(list, entries, after, ids);
	prove(count <= entries, "no more than there are");
	if (i < count) {
		prove(ids[i] > (i ? ids[i - 1] : after), "they ascend");
		prove(ids[i] && ids[i] < 0xfffffffe, "they are identifiers");
		prove(ids[i] == nvu_le32_get(list[i]), "they are the controller's");
	}
	if (count < entries && ids[count])
		prove(ids[count] <= (count ? ids[count - 1] : after) || ids[count] >= 0xfffffffe,
		      "only what is wrong is called wrong");
}

void harness(void)
{
	check_list(0);
	check_list(1);
	check_list(5);
	reached();
}
