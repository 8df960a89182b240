/* SPDX-License-Identifier: MIT */
/*
 * options.h: what controller to model, checked and complete. life/config.h fills it in.
 */
#ifndef NVU_MOCK_OPTIONS_H
#define NVU_MOCK_OPTIONS_H

#include "mock/latency.h"

#include <nvu/mock.h>

#include <stdbool.h>
#include <stdint.h>

enum {
	MOCK_SERIAL_BYTES = 20,
	MOCK_PATH_BYTES = 1024,
	MOCK_LATENCY_BYTES = 48,
	MOCK_METADATA_MAX = 4096, /* of a block */
	MOCK_BLOCK_SIZES = 4,	  /* 512 to 4096: the formats without metadata; then those with */
	MOCK_CONFIG_FAULTS = 8
};

/* MDTS as the options say "no limit"; the field of Identify Controller is 0 then. */
#define MOCK_MDTS_NONE UINT32_MAX

/* .vectors of a mock without MSI-X. */
#define MOCK_VECTORS_NONE UINT32_MAX

#define MOCK_MAX_TRANSFER_BYTES (256ull << 20) /* NLB's 65,536 blocks of 4096 bytes */

struct mock_config {
	struct nvu_mock_opts
		opts; /* every number set; .backing, .serial and .latency point into here */
	bool sized;   /* ns_bytes was asked for, not the default */
	uint64_t id;  /* "id=3": the mock to attach to; 0: make one */
	char serial[MOCK_SERIAL_BYTES + 1];
	char backing[MOCK_PATH_BYTES];	       /* "" for RAM */
	char latency_text[MOCK_LATENCY_BYTES]; /* "" for none */
	struct mock_latency latency;
	uint32_t fault_count;
	struct nvu_mock_fault faults[MOCK_CONFIG_FAULTS]; /* to be armed at once */
};

/* The longest transfer that an MDTS of the options allows. */
static inline uint64_t mock_config_transfer_bytes(uint32_t mdts)
{
	const uint64_t by_mdts = mdts == MOCK_MDTS_NONE ? UINT64_MAX : 4096ull << mdts;

	return by_mdts < MOCK_MAX_TRANSFER_BYTES ? by_mdts : MOCK_MAX_TRANSFER_BYTES;
}

static inline uint32_t mock_config_vectors(const struct mock_config *config)
{
	return config->opts.vectors == MOCK_VECTORS_NONE ? 0 : config->opts.vectors;
}

/* Whether namespaces can be created and resized: not when they are in a file. */
static inline bool mock_config_has_managed_ns(const struct mock_config *config)
{
	return !config->opts.backing;
}

#endif
