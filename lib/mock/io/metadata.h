/* SPDX-License-Identifier: MIT */
/*
 * metadata.h: what commands do to blocks with metadata, block by block: from the driver's memory to the store and
 * back, with the checks of protection information between them. The mock's lock is held; each returns 0 or an NVMe
 * status.
 */
#ifndef NVU_MOCK_IO_METADATA_H
#define NVU_MOCK_IO_METADATA_H

#include "mock/io/protect.h"

/* A command on such blocks: mock->xfer has the data, pieces the separate metadata. */
struct metadata {
	struct protect protect;
	uint32_t moved; /* bytes of a block's metadata that the command transfers */
	bool interleaved;
	uint64_t iova; /* MPTR */
	uint32_t prot; /* TRANSPORT_DMA_... */
};

/* Looks up what the command reads or writes; prot 0: it moves nothing. */
uint16_t metadata_begin(struct nvu_mock *mock, const struct mock_cmd *cmd,
			const struct range *range, uint32_t prot, struct metadata *ret_metadata);

uint16_t metadata_read(struct nvu_mock *mock, const struct range *range,
		       const struct metadata *metadata);
/* The checks of a write, of all its blocks; then the write. */
uint16_t metadata_check(struct nvu_mock *mock, const struct range *range,
			const struct metadata *metadata);
uint16_t metadata_write(struct nvu_mock *mock, const struct range *range,
			const struct metadata *metadata);
uint16_t metadata_compare(struct nvu_mock *mock, const struct range *range,
			  const struct metadata *metadata);
uint16_t metadata_verify(struct nvu_mock *mock, const struct range *range,
			 const struct metadata *metadata);
/* Zeroes, also as tuples; with PRACT, tuples of zeroes. */
uint16_t metadata_zero(struct nvu_mock *mock, const struct range *range,
		       const struct metadata *metadata);

#endif
