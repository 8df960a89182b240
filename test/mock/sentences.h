/* SPDX-License-Identifier: MIT */
/*
 * sentences.h: what test_sentences.c runs: for each public function calls that fail, and one that
 * works.
 */
#ifndef NVU_TEST_SENTENCES_H
#define NVU_TEST_SENTENCES_H

#include "harness.h"

/* A function may have several rows. Neither: it has no error to return. */
struct sentence_row {
	const char *function;
	int (*fails)(struct rig *rig);
	int (*works)(struct rig *rig);
};

/* All end with a row without a function. */
extern const struct sentence_row sentence_ctrl_rows[], sentence_io_rows[], sentence_nvm_rows[],
	sentence_block_rows[], sentence_wait_rows[], sentence_mock_rows[];

/* Sets a sentence that no call in a row sets: about namespace 4242. */
void sentence_say_something(struct rig *rig);

/* The controller fails for good, all commands are answered; and something is said. */
void sentence_die(struct rig *rig);

#endif
