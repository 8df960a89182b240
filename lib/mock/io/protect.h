/* SPDX-License-Identifier: MIT */
/*
 * protect.h: the protection information of one command: what it says of its tuples, and the tuple of a block, checked
 * or inserted (NVM 1.0c 5.2). A block is its data and its metadata behind them. Pure.
 */
#ifndef NVU_MOCK_IO_PROTECT_H
#define NVU_MOCK_IO_PROTECT_H

#include "mock/io/range.h"
#include "tuple/layout.h"

struct protect {
	bool on; /* the namespace has protection information; else the rest is not set */
	struct layout layout;
	uint64_t storage, ref;
	uint16_t app, app_mask;
	uint32_t checks; /* NVU_RW_PRCHK_..., NVU_RW_STC */
	bool action;	 /* PRACT */
};

/* 0, or the status of a command whose fields do not go with the namespace's format. */
uint16_t protect_begin(const struct range *range, const struct nvu_sqe *sqe,
		       struct protect *ret_protect);

/* The metadata of a block that the command transfers: without a tuple that the controller strips or inserts. */
uint32_t protect_metadata(const struct protect *protect, const struct mock_ns *ns);

/* Checks the tuple of the command's block number idx. 0, or the status. */
uint16_t protect_check(const struct protect *protect, uint64_t idx, const uint8_t *block);

/* Writes it. */
void protect_insert(const struct protect *protect, uint64_t idx, uint8_t *block);

/*
 * The store keeps each bit of a tuple inverted: a store of zeroes, blocks that were never written or are
 * deallocated, has tuples of ones, which no check applies to (NVM 1.0c 3.2.3.2.1).
 */
void protect_invert(const struct protect *protect, uint8_t *block);

#endif
