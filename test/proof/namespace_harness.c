/* SPDX-License-Identifier: MIT */
/*
 * Proved: parse_nsid() returns exactly the number that decimal digits spell, if it is that of a namespace, and refuses
 * any other text; it reads nothing behind the terminator.
 *
 * Bounds: any text of up to 3 bytes (large: 4), the last namespace is 97 (large: 997).
 *
 * @options --unwind 5
 * @large --unwind 6
 */
#include "proof.h"

#define DIGITS BOUND(4u, 3u)
#define NSID_LAST BOUND(997u, 97u)

#include "address/namespace.c"

int error_set(int ret, const char *format, ...)
{
	(void)format;
	return ret;
}

void harness_number(void)
{
	char text[DIGITS + 1];
	uint32_t nsid = 0;
	uint64_t value = 0;
	bool digits = text[0] != '\0', taken;

	text[DIGITS] = '\0';
	for (uint32_t i = 0; i < DIGITS && text[i]; i++) {
		digits &= text[i] >= '0' && text[i] <= '9';
		if (digits)
			value = value * 10 + (uint64_t)(text[i] - '0');
	}
	taken = parse_nsid(text, &nsid);
	prove(taken == (digits && value >= 1 && value <= NSID_LAST),
	      "all numbers, and no other text");
	prove(IMPLIES(taken, nsid == value), "the number");
	prove(IMPLIES(!taken, nsid == 0), "untouched");
	reached();
}
