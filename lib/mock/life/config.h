/* SPDX-License-Identifier: MIT */
/*
 * config.h: what controller to model, checked and complete: from an address ("size=1G,ns=2")
 * or from the options of nvu_mock_create(). Pure: no I/O, no allocation.
 */
#ifndef NVU_MOCK_LIFE_CONFIG_H
#define NVU_MOCK_LIFE_CONFIG_H

#include <nvu/mock.h>

#include <stdbool.h>
#include <stdint.h>

enum { MOCK_SERIAL_BYTES = 20, MOCK_PATH_BYTES = 1024, MOCK_CONFIG_FAULTS = 8 };

/* MDTS as the options say "no limit"; the field of Identify Controller is 0 then. */
#define MOCK_MDTS_NONE UINT32_MAX

#define MOCK_MAX_TRANSFER_BYTES (256ull << 20) /* NLB's 65,536 blocks of 4096 bytes */

struct mock_config {
	struct nvu_mock_opts opts; /* every number set; .backing and .serial point into here */
	bool sized;		   /* ns_bytes was asked for, not the default */
	uint64_t id;		   /* "id=3": the mock to attach to; 0: make one */
	char serial[MOCK_SERIAL_BYTES + 1];
	char backing[MOCK_PATH_BYTES]; /* "" for RAM */
	uint32_t fault_count;
	struct nvu_mock_fault faults[MOCK_CONFIG_FAULTS]; /* to be armed at once */
};

/* The longest transfer that an MDTS of the options allows. */
uint64_t mock_config_transfer_bytes(uint32_t mdts);

/* Reads the address behind "mock:". -EINVAL with a sentence; *ret_config untouched then. */
int mock_config_parse(const char *target, struct mock_config *ret_config);

/* Takes the options of nvu_mock_create(), fills in defaults, checks. */
int mock_config_from_opts(const struct nvu_mock_opts *opts, struct mock_config *ret_config);

#endif
