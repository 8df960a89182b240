/* SPDX-License-Identifier: MIT */
/*
 * kind.h: what the rows of faults.def say of a kind of fault. Pure.
 */
#ifndef NVU_MOCK_FAULTS_KIND_H
#define NVU_MOCK_FAULTS_KIND_H

#include <nvu/mock.h>

#include <stddef.h>
#include <stdint.h>

/* When a fault takes effect: faults.def says what each word means. */
enum fault_applies {
	FAULT_APPLIES_COMMAND,
	FAULT_APPLIES_REGISTER,
	FAULT_APPLIES_STATE,
	FAULT_APPLIES_NOW,
};

struct fault_kind {
	const char *word; /* in a mock address; NULL: none */
	uint8_t symbol;	  /* enum nvu_mock_fault_kind */
	uint8_t applies;  /* enum fault_applies */
};

/* The row of a kind; NULL: there is none of this number. */
const struct fault_kind *mock_fault_kind(enum nvu_mock_fault_kind symbol);

/* The row of the kind that len bytes of a mock address name; NULL: there is none. */
const struct fault_kind *mock_fault_kind_named(const char *text, size_t len);

/* All words of mock addresses, for an error: "status, drop, ...". */
const char *mock_fault_kind_words(void);

#endif
