/* SPDX-License-Identifier: MIT */
/*
 * namespace.c: see namespace.h.
 */
#include "address/namespace.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>

#ifndef NSID_LAST
#define NSID_LAST 0xfffffffeu /* Base 3.2.1.2: the one above addresses all of them */
#endif

/* Decimal digits only, up to the end of the text. False: no number, or none of a namespace. */
static bool parse_nsid(const char *text, uint32_t *ret_nsid)
{
	uint64_t nsid = 0;

	for (; *text >= '0' && *text <= '9' && nsid <= NSID_LAST; text++)
		nsid = nsid * 10 + (uint64_t)(*text - '0');
	if (*text || nsid < 1 || nsid > NSID_LAST)
		return false;
	*ret_nsid = (uint32_t)nsid;
	return true;
}

bool address_names_namespace(const char *address)
{
	const char *hash = strrchr(address, '#');

	return hash && hash[1] && strspn(hash + 1, "0123456789") == strlen(hash + 1);
}

int address_split(const char *address, size_t *ret_len, uint32_t *ret_nsid)
{
	const char *hash = strrchr(address, '#');
	uint32_t nsid = 0;

	if (hash && !parse_nsid(hash + 1, &nsid))
		return error_set(-EINVAL,
				 "'%.64s': expected the number of a namespace behind the #, from 1 "
				 "to %u, such as mock:size=1G#2 or 0000:01:00.0#1",
				 address, NSID_LAST);
	*ret_len = hash ? (size_t)(hash - address) : strlen(address);
	*ret_nsid = nsid;
	return 0;
}
