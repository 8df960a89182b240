/* SPDX-License-Identifier: MIT */
/*
 * words.h: names for opcodes and status codes, for sentences that a person reads.
 */
#ifndef NVU_BASE_WORDS_H
#define NVU_BASE_WORDS_H

#include <stdint.h>

/* "Identify"; "vendor specific or unknown". Constant. */
const char *words_admin_opcode(uint8_t opcode);

/* A status: SCT << 8 | SC. Constant, never NULL. */
const char *words_status(int status);

#endif
