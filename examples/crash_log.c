/* SPDX-License-Identifier: MIT */
/*
 * crash_log.c: how an application tests that it survives a power loss, with nvu's mock controller.
 *
 * The upper half is the application: a log of records of one block. A record is committed when log_append()
 * returns 0, so it has to be there after a power loss: that takes the flush. The lower half cuts the power at
 * a random command, many times, opens the log again and counts the committed records that are missing: none
 * with the flush, some without it. The virtual drive loses a random part of what was not flushed, as drives
 * with a volatile write cache may.
 *
 *	crash_log		cuts the power a hundred times each way
 *	crash_log 5000		as many times each way
 */
#include <nvu/mock.h>
#include <nvu/nvu.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The application: a log in the first blocks of namespace 1. */

enum { RECORD_BYTES = 512, TEXT_BYTES = RECORD_BYTES - 24 };

struct record {
	uint64_t number; /* of the record, from 1 on: an older log has others */
	uint64_t log;	 /* which log it belongs to */
	uint64_t sum;	 /* of the text */
	char text[TEXT_BYTES];
};

struct record_log {
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns;
	struct nvu_qpair *qpair;
	struct nvu_dma *buf; /* one record */
	uint64_t id;
	uint64_t count; /* of the records */
	bool flushes;	/* as it has to */
	void (*wait)(void *arg);
	void *wait_arg;
};

static uint64_t sum_of(const struct record *record)
{
	uint64_t sum = record->number * 0x9e3779b97f4a7c15u;

	for (int i = 0; i < TEXT_BYTES; i++)
		sum = (sum ^ (uint8_t)record->text[i]) * 0x100000001b3u;
	return sum;
}

/* Waits for the only command in flight. @ret is the result of queueing it. */
static int finish(struct record_log *log, int ret)
{
	struct nvu_cpl cpl;

	while (!ret) {
		ret = nvu_poll(log->qpair, &cpl, 1);
		if (ret > 0)
			return cpl.status;
		log->wait(log->wait_arg);
	}
	return ret;
}

/* 0: the record is committed. */
static int log_append(struct record_log *log, const char *text)
{
	struct record *record = nvu_dma_addr(log->buf);
	int ret;

	memset(record, 0, sizeof(*record));
	record->number = log->count + 1;
	record->log = log->id;
	(void)snprintf(record->text, sizeof(record->text), "%s", text);
	record->sum = sum_of(record);
	ret = finish(log, nvu_write(log->qpair, log->ns, log->count, 1, log->buf, 0, 0));
	if (!ret && log->flushes)
		ret = finish(log, nvu_flush(log->qpair, log->ns, 0));
	if (!ret)
		log->count++;
	return ret;
}

/* Reads the records from the first one on, up to the first that is not whole. */
static int log_recover(struct record_log *log)
{
	const struct record *record = nvu_dma_addr(log->buf);
	int ret;

	for (log->count = 0;; log->count++) {
		ret = finish(log, nvu_read(log->qpair, log->ns, log->count, 1, log->buf, 0, 0));
		if (ret || record->number != log->count + 1 || record->log != log->id ||
		    record->sum != sum_of(record))
			return ret;
	}
}

static int log_open(struct record_log *log, const char *address)
{
	int ret;

	if ((ret = nvu_ctrl_open(address, NULL, &log->ctrl)) ||
	    (ret = nvu_ns_get(log->ctrl, 1, &log->ns)) ||
	    (ret = nvu_qpair_create(log->ctrl, NULL, &log->qpair)) ||
	    (ret = nvu_dma_alloc(log->ctrl, RECORD_BYTES, &log->buf)))
		return ret;
	return log_recover(log);
}

static void log_close(struct record_log *log)
{
	nvu_qpair_destroy(log->qpair);
	if (log->buf)
		(void)nvu_dma_free(log->buf);
	nvu_ctrl_close(log->ctrl);
	log->qpair = NULL;
	log->buf = NULL;
	log->ctrl = NULL;
}

/* The test. */

enum { RUNS = 100, COMMANDS_MAX = 60, CACHE_BYTES = 1 << 20, NS_BYTES = 1 << 20 };

struct result {
	unsigned long committed, lost, runs_with_loss;
};

/* The mock has no thread, so that a seed gives the same run each time; and no deadline takes real time. */
static void let_it_work(void *mock)
{
	(void)nvu_mock_step(mock, 1);
	(void)nvu_mock_advance(mock, 1);
}

/* One life of a drive, which loses its power at a random command. 0 or -errno. */
static int run(uint32_t seed, bool flushes, struct result *result)
{
	struct record_log log = { .id = seed, .flushes = flushes, .wait = let_it_work };
	struct nvu_mock *mock;
	uint64_t committed;
	int ret = nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = NS_BYTES,
						.cache_bytes = CACHE_BYTES, .seed = seed),
				  &mock);

	if (ret)
		return ret;
	log.wait_arg = mock;
	ret = log_open(&log, nvu_mock_address(mock));
	if (!ret)
		ret = nvu_mock_inject(mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_POWER_LOSS,
							   .skip = seed * 7 % COMMANDS_MAX));
	while (!ret && !log_append(&log, "a record"))
		continue;
	committed = log.count;
	log_close(&log);
	nvu_mock_clear_faults(mock);
	if (!ret)
		ret = log_open(&log, nvu_mock_address(mock)); /* the power is on again */
	result->committed += committed;
	if (!ret && log.count < committed) {
		result->lost += committed - log.count;
		result->runs_with_loss++;
	}
	log_close(&log);
	if (!ret && nvu_mock_violations(mock)) {
		fprintf(stderr, "crash_log: %s\n", nvu_mock_violation(mock, 0));
		ret = -1;
	}
	nvu_mock_destroy(mock);
	return ret;
}

static int run_all(uint32_t runs, bool flushes, struct result *ret_result)
{
	*ret_result = (struct result){ 0 };
	for (uint32_t seed = 1; seed <= runs; seed++) {
		if (run(seed, flushes, ret_result)) {
			fprintf(stderr, "crash_log: seed %u: %s\n", seed, nvu_last_error());
			return 1;
		}
	}
	printf("%s the flush: %u power losses, %lu records committed, %lu of them lost, in %lu "
	       "runs\n",
	       flushes ? "with   " : "without", runs, ret_result->committed, ret_result->lost,
	       ret_result->runs_with_loss);
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t runs = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : RUNS;
	struct result with, without;

	if (argc > 2 || !runs) {
		fprintf(stderr, "usage: crash_log [RUNS], such as crash_log 5000: how often the "
				"power is cut with the flush, and without it\n");
		return 2;
	}
	if (run_all(runs, false, &without) || run_all(runs, true, &with))
		return 1;
	if (with.lost || !without.lost || !with.committed) {
		fprintf(stderr, "crash_log: expected losses without the flush, and none with it\n");
		return 1;
	}
	return 0;
}
