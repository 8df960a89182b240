/* SPDX-License-Identifier: MIT */
/*
 * operation.c: see operation.h.
 */
#include "block/operation.h"

#include "base/error.h"
#include "block/command.h"

#include <errno.h>
#include <inttypes.h>
#include <nvu/error.h>
#include <nvu/qpair.h>

enum { TRIES = 8 }; /* of an operation that the namespace's changes, or resets, end */

static bool has_more(const struct operation *operation)
{
	return !operation->error && operation->blocks;
}

/* The first error counts, and its sentence. */
static void fail(struct operation *operation, int error)
{
	if (operation->error)
		return;
	operation->error = error;
	error_keep(&operation->kept);
}

static void fail_command(struct operation *operation, const struct command *command)
{
	const int status = command->errand.status;

	if (operation->kind == OPERATION_FLUSH)
		fail(operation, error_set(nvu_errno(status), "namespace %u was not flushed: %s",
					  operation->block->nsid, nvu_strerror(status)));
	else
		fail(operation, error_set(nvu_errno(status),
					  "blocks %" PRIu64 " to %" PRIu64 " of namespace %u: %s",
					  command->lba, command->lba + command->blocks - 1,
					  operation->block->nsid, nvu_strerror(status)));
}

static void release(struct operation *operation, struct command *command)
{
	command->state = COMMAND_FREE;
	if (command->bounced)
		pair_give_slot(operation->pair, command->slot);
}

/* nvu_rw() cannot say where its pieces are. True: its blocks are to be made into commands again, which copy. */
static bool do_without_pieces(struct operation *operation, struct command *command)
{
	if (!command_take_back(operation, command))
		return false;
	operation->without_pieces = true;
	release(operation, command);
	return true;
}

static bool is_refused(const struct operation *operation, const struct command *command, int ret)
{
	return (ret == -ENOTSUP || ret == -EINVAL) && !operation->error &&
	       command_has_pieces(operation, command);
}

/* False: the queue is full. Otherwise it is outstanding, is to be made again, or has failed. */
static bool queue(struct operation *operation, struct command *command)
{
	int ret = operation->error;

	command->errand.waiter = &operation->waiter;
	command->errand.answered = false;
	if (!ret)
		ret = command_queue(operation, command);
	if (ret == -EAGAIN)
		return false;
	operation->staged--;
	if (!ret) {
		command->state = COMMAND_OUTSTANDING;
		operation->outstanding++;
		return true;
	}
	if (is_refused(operation, command, ret)) {
		if (do_without_pieces(operation, command))
			return true;
		ret = -ESTALE; /* sent again, to a controller that a reset has changed */
	}
	if (ret == -ENOSPC)
		pair_end(operation->pair);
	fail(operation, nvu_errno(ret));
	release(operation, command);
	return true;
}

/* What has been made already. Returns what is missing. */
static enum want feed_staged(struct operation *operation)
{
	for (uint32_t i = 0; operation->staged && i < operation->used; i++)
		if (operation->commands[i].state == COMMAND_STAGED &&
		    !queue(operation, &operation->commands[i]))
			return WANT_ROOM;
	return WANT_NOTHING;
}

static struct command *find_free(struct operation *operation)
{
	struct command *command;

	for (uint32_t i = 0; i < operation->used; i++)
		if (operation->commands[i].state == COMMAND_FREE)
			return &operation->commands[i];
	if (operation->used == OPERATION_COMMANDS)
		return NULL;
	command = &operation->commands[operation->used++];
	command->state = COMMAND_FREE;
	return command;
}

static enum want feed_new(struct operation *operation)
{
	while (has_more(operation)) {
		struct command *command = find_free(operation);

		if (!command)
			return WANT_NOTHING;
		if (!command_stage(operation, command))
			return WANT_SLOT;
		operation->staged++;
		if (!queue(operation, command))
			return WANT_ROOM;
	}
	return WANT_NOTHING;
}

static void feed(struct operation *operation)
{
	const uint32_t before = operation->outstanding;
	enum want wants = feed_staged(operation);

	if (wants == WANT_NOTHING)
		wants = feed_new(operation);
	operation->waiter.wants = wants;
	operation->waiter.polls = operation->outstanding != 0;
	if (operation->outstanding > before)
		(void)nvu_submit(operation->pair->qpair);
}

/* Copies what a read has brought. Lock not held: an answered command is the operation's alone. */
static void copy_answers(struct operation *operation)
{
	struct nvu_block *block = operation->block;

	for (uint32_t i = 0; i < operation->used; i++) {
		struct command *command = &operation->commands[i];

		if (command->state == COMMAND_ANSWERED && !command->errand.status &&
		    command->bounced)
			cursor_copy_in(&command->place, block->bounce_addr + command->offset,
				       (size_t)command->blocks << block->shift);
	}
}

/*
 * Ended by a reset, or lost: once more, as any of these commands may be carried out twice. What is in its bounce
 * buffer is still there.
 */
static bool is_sent_again(struct command *command)
{
	if (command->errand.status == -ECANCELED)
		return command->resets++ < TRIES;
	return command->errand.status == -ETIMEDOUT && !command->timeouts++;
}

static void finish(struct operation *operation, struct command *command)
{
	if (command->errand.status && !operation->error && is_sent_again(command)) {
		command->state = COMMAND_STAGED;
		operation->staged++;
		return;
	}
	if (command->errand.status)
		fail_command(operation, command);
	release(operation, command);
}

/* Lock held, but not while data are copied. */
static void collect(struct operation *operation)
{
	for (uint32_t i = 0; i < operation->used; i++) {
		struct command *command = &operation->commands[i];

		if (command->state != COMMAND_OUTSTANDING || !command->errand.answered)
			continue;
		command->state = COMMAND_ANSWERED;
		operation->outstanding--;
	}
	if (operation->kind == OPERATION_READ) {
		pair_leave(operation->pair);
		copy_answers(operation);
		pair_enter(operation->pair);
	}
	for (uint32_t i = 0; i < operation->used; i++)
		if (operation->commands[i].state == COMMAND_ANSWERED)
			finish(operation, &operation->commands[i]);
}

static void carry_out(struct operation *operation)
{
	pair_enter(operation->pair);
	while (has_more(operation) || operation->outstanding || operation->staged) {
		feed(operation);
		if (!operation->outstanding && operation->waiter.wants == WANT_NOTHING)
			continue;
		pair_wait(operation->pair, &operation->waiter);
		collect(operation);
	}
	pair_leave(operation->pair);
}

static int run(struct nvu_block *block, struct pair *pair, const struct operation_what *what)
{
	struct operation operation;

	waiter_init(&operation.waiter);
	operation.block = block;
	operation.pair = pair;
	operation.ns = block_ns(block);
	operation.kind = what->kind;
	operation.flags = what->flags;
	operation.lba = what->lba;
	operation.blocks = what->blocks;
	operation.cursor = (struct cursor){ .pieces = what->pieces };
	operation.used = 0;
	operation.staged = 0;
	operation.outstanding = 0;
	operation.without_pieces = false;
	operation.error = 0;
	carry_out(&operation);
	waiter_destroy(&operation.waiter);
	return operation.error ? error_restore(&operation.kept, operation.error) : 0;
}

/* 0: it is worth another try. */
static int try_again(struct nvu_block *block, struct pair *pair, int ret)
{
	switch (ret) {
	case -ENOSPC:
		/* A queue pair may end alone, after a reset: the others do its work. */
		return pair_has_ended(pair) && !pair_has_ended(block_pair(block)) ? 0 : ret;
	case -ESTALE:
		/* With the limits of now, if it is the same namespace. */
		return block_follow(block);
	default:
		return ret;
	}
}

int operation_run(struct nvu_block *block, const struct operation_what *what)
{
	int ret = 0;

	for (uint32_t tries = 0; tries < TRIES; tries++) {
		struct pair *pair = block_pair(block);
		int error;

		ret = run(block, pair, what);
		error = ret ? try_again(block, pair, ret) : 0;
		if (!ret || error)
			return error;
	}
	return ret;
}
