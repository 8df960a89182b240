/* SPDX-License-Identifier: MIT */
/*
 * program.h: a program that uses nvu as the input says, by the rules of the public headers, and keeps
 * account of every command: which are outstanding, on which queue pair, in which buffer.
 */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include "device.h"
#include "input.h"

#include <nvu/callback.h>
#include <nvu/nvu.h>

enum { PROGRAM_QPAIRS = 4, PROGRAM_BUFFERS = 8, PROGRAM_COMMANDS = 1024 };
enum { PROGRAM_NO_BUFFER = PROGRAM_BUFFERS };
enum { PROGRAM_PIECE_SETS = 32, PROGRAM_PIECES = 4 };

struct command {
	struct nvu_callback callback; /* its address is the command's user_data */
	bool outstanding;
	bool after;   /* nvu_flush_after() */
	bool aborted; /* nvu_abort() has found it */
	uint8_t qpair;
	uint8_t buffer;
	uint32_t reasons; /* device_reasons() when it was accepted */
};

struct program {
	struct input *input;
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *first[DEVICE_NAMESPACES + 1]; /* handles of when it was opened */
	struct program_qpair {
		struct nvu_qpair *qpair;
		bool orphan;	   /* its controller was closed */
		bool latency;	   /* NVU_QPAIR_LATENCY */
		bool retries;	   /* NVU_QPAIR_RETRY_STATUS */
		bool splits;	   /* there have been requests of several commands */
		uint64_t accepted; /* commands */
		uint64_t answered;
	} qpairs[PROGRAM_QPAIRS];
	struct program_buffer {
		struct nvu_dma *dma;
		void *own; /* registered memory */
		uint32_t users;
	} buffers[PROGRAM_BUFFERS];
	struct nvu_piece pieces[PROGRAM_PIECE_SETS]
			       [PROGRAM_PIECES]; /* of requests, each used once */
	uint32_t piece_sets;
	struct command commands[PROGRAM_COMMANDS];
	uint32_t command_count;
	uint64_t
		started; /* bitmap: the user_data of nvu_admin_start() that have no completion yet */
};

#define PICK(table, input) (table)[input_u8(input) % (sizeof(table) / sizeof((table)[0]))]

/* program_admin.c */
uint32_t program_timeout_ms(struct input *input);
void program_admin(struct program *program);
void program_service(struct program *program);

/* program_io.c: commands and their answers. */

/* A queue pair of the input's choice; NULL: there is none. */
struct nvu_qpair *program_choose_qpair(struct program *program, uint32_t *ret_idx);

/* The account of a command, which there has to be room for. Then whether it was accepted (0) or refused. */
bool program_has_room(const struct program *program);
struct command *program_command(struct program *program, uint32_t qpair, uint32_t buffer);
void program_account(struct program *program, struct command *command, int ret);

void program_read_write(struct program *program);
void program_flush(struct program *program);
void program_abort(struct program *program);
void program_io(struct program *program);
void program_answered(struct program *program, uint32_t idx, const struct nvu_cpl *cpl);
void program_poll(struct program *program, uint32_t idx, uint32_t max, bool by_callbacks);

/*
 * program_nvm.c: queues a command by the function that it has, without data of the caller; and one with: false: it has
 * none. lba, blocks: of the input, whatever the function takes.
 */
bool program_nvm(struct program *program, struct nvu_qpair *qpair, const struct nvu_sqe *cmd,
		 uint64_t lba, uint32_t blocks, uint64_t user_data, int *ret_result);
bool program_nvm_data(struct program *program, struct nvu_qpair *qpair, const struct nvu_sqe *cmd,
		      const struct nvu_dma *dma, size_t offset, size_t len, uint64_t user_data,
		      int *ret_result);

/* program_group.c: polls all queue pairs as a group. */
void program_group(struct program *program);

/* program_rw.c: a command with all that it can carry, or one of program_nvm.c, by its number and not by its opcode. */
void program_rw(struct program *program);

/* Decodes what the device may have written to the buffer of a report. */
void program_decode(const void *data, size_t len, uint32_t flags);

/* Polls, while time passes, until every accepted command of the queue pair is answered. */
void program_drain(struct program *program, uint32_t idx);

/* Its commands are not answered any more: the queue pair was destroyed, or its controller closed. */
void program_forget(struct program *program, uint32_t idx);

#endif
