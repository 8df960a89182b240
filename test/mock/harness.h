/* SPDX-License-Identifier: MIT */
/*
 * harness.h: what every behaviour test of nvu on its mock starts from. A rig is a mock, a controller
 * opened on it, a queue pair and a buffer; its tear-down closes whatever the test left open and
 * fails the test when the driver broke a rule of the specification, left the controller without room
 * for completions, leaked a descriptor or left memory mapped. Public API only.
 *
 * With RIG_SERVED=1 in the environment the mock is served, and the controller is opened on its socket: the same
 * suites judge nvu's client of vfio-user. A stepped mock works then whenever nvu waits for an answer or sleeps.
 */
#ifndef NVU_TEST_HARNESS_H
#define NVU_TEST_HARNESS_H

#ifdef NDEBUG
#error "tests need their assertions: build without NDEBUG"
#endif

#include <nvu/mock.h>
#include <nvu/nvu.h>
#include <nvu/regs.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	PAGE = 4096,
	RIG_DATA_BYTES = 2 << 20, /* of a rig's buffer */
	RIG_PATIENCE_S = 120,	  /* until something that never comes fails the test */
	RIG_LOOK_MS = 50,	  /* how often nvu looks for late commands */
};

struct rig {
	struct nvu_mock *mock;
	struct nvu_ctrl *ctrl;
	struct nvu_qpair *qpair;
	const struct nvu_ns *ns; /* namespace 1 */
	struct nvu_dma *buf;
	uint8_t *data; /* of buf */
	bool stepped;  /* rig_poll() lets the mock work */
	bool inconsistent; /* the mock contradicts itself: its violations and full queues are not asserted */
	uint64_t mappings; /* in the mock's domain before anything was opened */
	int descriptors;
};

/* Set-up and tear-down of each case: cmocka_unit_test_setup_teardown(case, rig_begin, rig_end). */
int rig_begin(void **state);
int rig_end(void **state);

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)

/* Between the rows of a table: ends as rig_end() does, asserts that all was well, begins again. */
void rig_again(struct rig *rig);

/* The mock alone. NULL: a stepped one of 64 MiB. */
void rig_create(struct rig *rig, const struct nvu_mock_opts *opts);

/* What opens it: its own address, or that of its socket where rigs are served. Until the mock is ended. */
const char *rig_address(const struct rig *rig);

/* Mock and controller. */
void rig_open(struct rig *rig, const struct nvu_mock_opts *mock_opts,
	      const struct nvu_ctrl_opts *ctrl_opts);

/* Mock, controller, queue pair and buffer. */
void rig_start(struct rig *rig, const struct nvu_mock_opts *mock_opts,
	       const struct nvu_ctrl_opts *ctrl_opts, const struct nvu_qpair_opts *qpair_opts);

/* Queue pair and buffer for a controller that is open already. */
void rig_equip(struct rig *rig, const struct nvu_qpair_opts *qpair_opts);

/* The same for a controller that says something else in one of its pages: byte `offset` of CNS `cns`. */
void rig_start_patched(struct rig *rig, uint32_t cns, uint32_t offset, uint8_t byte,
		       const struct nvu_qpair_opts *qpair_opts);

/* Closes what is open, in order; the mock stays. */
void rig_close(struct rig *rig);

/* nvu_mock_inject() that must be accepted. */
void rig_inject(struct rig *rig, const struct nvu_mock_fault *fault);

struct nvu_mock_stats rig_mock_stats(struct rig *rig);
struct nvu_qpair_stats rig_stats(struct rig *rig);

/* Lets the mock work if it is a stepped one, then polls. */
int rig_poll(struct rig *rig, struct nvu_cpl *cpls, uint32_t max);

/* Polls until exactly want completions have come. */
void rig_reap(struct rig *rig, struct nvu_cpl *cpls, uint32_t want);

/* The only request in flight: that it has one completion, and nothing else follows. */
struct nvu_cpl rig_answer(struct rig *rig);

/* Polls until commands are taken again after a recovery: nothing is in flight. */
void rig_settle(struct rig *rig);

/* The only command in flight: its status. */
int rig_status(struct rig *rig);

/* One whole read or write between the rig's buffer at offset and namespace 1: its status. */
int rig_read(struct rig *rig, uint64_t lba, uint32_t blocks, size_t offset);
int rig_write(struct rig *rig, uint64_t lba, uint32_t blocks, size_t offset);

/* Queues `count` reads of one block, user data first, first + 1, ...; and submits them. */
void rig_queue_reads(struct rig *rig, uint32_t count, uint64_t first);

/* Bytes that depend on their place and on seed; len of them. */
void rig_fill(void *data, size_t len, uint64_t seed);
bool rig_is_filled(const void *data, size_t len, uint64_t seed);

/* The caller's memory, which the device may only read. */
struct nvu_dma *rig_register_read_only(struct rig *rig, void *memory, size_t len);

/* The last sentence must contain a word. */
void rig_assert_sentence(const char *word);

/* Seconds since some moment. */
double rig_now(void);

/* Every command answered exactly once: a bit per command, by its user data. */
struct ledger {
	uint64_t accepted; /* user data of the next command */
	uint64_t answered;
	uint64_t *bits;
	uint64_t limit;
};

void ledger_init(struct ledger *ledger, uint64_t limit);
void ledger_free(struct ledger *ledger);

/* Notes an answer. False when it is for no command, or its second. */
bool ledger_note(struct ledger *ledger, uint64_t user_data);
bool ledger_is_even(const struct ledger *ledger);

/* Commands in flight on a rig whose controller misbehaves: each answer by its user data. */
enum { BATCH_MAX = 1024 };

struct batch {
	struct ledger ledger;
	int16_t status[BATCH_MAX];
	int error; /* of the poll that said that there will be no more answers; 0: none did */
};

/* Queues `count` reads of one block, user data 0, 1, ...; publishes them. */
void batch_start(struct batch *batch, struct rig *rig, uint32_t count);

/*
 * Polls until all are answered, or the queue pair says that it is dead. Asserts that each is
 * answered exactly once, none after the queue pair said that all were.
 */
void batch_finish(struct batch *batch, struct rig *rig);

/* How many were answered with this status. */
uint32_t batch_count(const struct batch *batch, int status);

#endif
