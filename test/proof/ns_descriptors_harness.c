/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever bytes a controller sends as Namespace Identification Descriptor list,
 * ns_decode_descriptors() reads none beyond them, writes none beyond the fields that they are for,
 * takes an identifier only when its length is right, and comes to an end.
 *
 * Bounds: lists of 3, 12 and 20 bytes, any content; large: of more sizes from 0 to 24 bytes: up to six
 * headers, each identifier whole and cut off.
 *
 * @sources ns/decode.c
 * @options --unwind 18 --object-bits 11 --unwindset ns_decode_descriptors.0:8
 */
#include "ns/ns.h"
#include "proof.h"

#include <stdlib.h>

static void check_list(uint32_t bytes)
{
	struct nvu_ns_info info = { .nsid = 7 };
	uint8_t *list = malloc(bytes);

	ns_decode_descriptors(&info, list, bytes);
	prove(info.nsid == 7 && info.blocks == 0 && info.lbaf == 0, "only identifiers are written");
	prove(!info.has_eui64 || bytes >= 4 + 8, "there was room for an EUI-64");
	prove(!info.has_nguid || bytes >= 4 + 16, "there was room for an NGUID");
	prove(!info.has_uuid || bytes >= 4 + 16, "there was room for a UUID");
	prove(info.csi == 0 || bytes >= 4 + 1, "there was room for a command set");
	prove(!info.has_nguid || !info.has_uuid, "and not for two");
}

void harness(void)
{
	static const uint8_t sizes[] = { 3, 12, 20, 0, 4, 5, 11, 13, 24 };

	for (size_t i = 0; i < BOUND(sizeof(sizes), 3); i++)
		check_list(sizes[i]);
	reached();
}
