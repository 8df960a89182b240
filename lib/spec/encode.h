/* SPDX-License-Identifier: MIT */
/*
 * encode.h: commands that the library builds off the I/O path, from their arguments to the dwords of a
 * submission queue entry. Pure: the caller has checked the arguments.
 */
#ifndef NVU_SPEC_ENCODE_H
#define NVU_SPEC_ENCODE_H

#include <nvu/spec.h>
#include <stdint.h>

/* NLB has 16 bits and counts from 0. */
enum { ENCODE_BLOCKS_MAX = 65536 };

/* Write Uncorrectable (NVM 3.2.7) for 1 to ENCODE_BLOCKS_MAX blocks from block `lba` on. */
struct nvu_sqe encode_write_uncorrectable(uint32_t nsid, uint64_t lba, uint32_t blocks);

/* Read, write, compare, verify or write zeroes: flags of CDW12, and all of CDW13. Then its blocks, as often as wanted. */
struct nvu_sqe encode_rw(uint8_t opcode, uint32_t nsid, uint32_t flags, uint32_t cdw13);
void encode_set_blocks(struct nvu_sqe *cmd, uint64_t lba, uint32_t blocks);

/* NR has 8 bits and counts from 0. */
enum { ENCODE_RANGES_MAX = 256 };

/* Dataset Management (NVM 3.2.3) that deallocates 1 to ENCODE_RANGES_MAX ranges, and one of these. */
struct nvu_sqe encode_deallocate(uint32_t nsid, uint32_t ranges);
struct nvu_dsm_range encode_range(uint64_t lba, uint32_t blocks);

#endif
