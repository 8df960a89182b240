/* SPDX-License-Identifier: MIT */
/*
 * command.h: one command of an operation: its part of the blocks, and how it is queued.
 */
#ifndef NVU_BLOCK_COMMAND_H
#define NVU_BLOCK_COMMAND_H

#include "block/operation.h"

/*
 * Makes the next part of the operation a command; moves the operation on. Lock held, but not while data are copied.
 * False: no bounce buffer is free, nothing has changed.
 */
bool command_stage(struct operation *operation, struct command *command);

/* Queues it. As nvu_read() does. Lock held. */
int command_queue(struct operation *operation, struct command *command);

/* Its data are in several pieces of registered memory. */
bool command_has_pieces(const struct operation *operation, const struct command *command);

/* Makes its blocks the next part of the operation again. False: others have been made into commands since. */
bool command_take_back(struct operation *operation, const struct command *command);

#endif
