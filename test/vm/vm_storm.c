/* SPDX-License-Identifier: MIT */
/*
 * vm_storm.c: vm_tool's "storm": threads read, one command a doorbell, as fast as they can, while the main
 * thread resets the controller again and again. Whether a doorbell reaches a queue that is not there, QEMU's
 * controller says (test/vm/run looks for it); that each command is answered once, this does.
 */
#include "vm_tool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WORKERS = 4, SLOTS = 16, BYTES = 4096, BETWEEN = 24, LIMIT_MS = 60000 };

struct worker {
	struct nvu_qpair *qpair;
	const struct nvu_ns *ns;
	struct nvu_dma *buf;
	bool outstanding[SLOTS];
	uint64_t queued, answered, canceled;
	pthread_t thread;
};

static atomic_bool stop;
static atomic_ullong answers; /* with success, of all workers */

static void queue_one(struct worker *worker, uint32_t slot)
{
	const uint32_t blocks = BYTES / nvu_ns_info(worker->ns)->block_bytes;
	int ret = nvu_read(worker->qpair, worker->ns, (uint64_t)slot * blocks, blocks, worker->buf,
			   (size_t)slot * BYTES, slot);

	if (ret == -EAGAIN)
		return;
	must(ret, "queueing a read");
	worker->outstanding[slot] = true;
	worker->queued++;
	must(nvu_submit(worker->qpair), "submitting");
}

static void take(struct worker *worker, const struct nvu_cpl *cpl)
{
	if (cpl->user_data >= SLOTS || !worker->outstanding[cpl->user_data])
		die("command %llu was answered twice", (unsigned long long)cpl->user_data);
	worker->outstanding[cpl->user_data] = false;
	worker->answered++;
	if (cpl->status == -ECANCELED) {
		worker->canceled++;
		return;
	}
	must(cpl->status, "a read");
	atomic_fetch_add(&answers, 1);
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct nvu_cpl cpls[SLOTS];

	while (!atomic_load(&stop) || worker->answered < worker->queued) {
		int reaped;

		for (uint32_t slot = 0; slot < SLOTS && !atomic_load(&stop); slot++)
			if (!worker->outstanding[slot])
				queue_one(worker, slot);
		reaped = nvu_poll(worker->qpair, cpls, 1);
		must(reaped < 0 ? reaped : 0, "polling");
		for (int i = 0; i < reaped; i++)
			take(worker, &cpls[i]);
	}
	return NULL;
}

static void start(struct worker *worker, struct nvu_ctrl *ctrl)
{
	must(nvu_ns_get(ctrl, 1, &worker->ns), "namespace");
	must(nvu_dma_alloc(ctrl, (size_t)SLOTS * BYTES, &worker->buf), "allocating memory");
	must(nvu_qpair_create(ctrl, NVU_QPAIR_OPTS(.depth = SLOTS + 1), &worker->qpair),
	     "creating a queue pair");
	if (pthread_create(&worker->thread, NULL, work, worker))
		die("no thread");
}

/* Some workers are back, others perhaps not yet. */
static void wait_answers(unsigned long long count)
{
	const unsigned long long want = atomic_load(&answers) + count;
	const uint64_t begin_ms = now_ms();

	while (atomic_load(&answers) < want) {
		if (now_ms() - begin_ms > LIMIT_MS)
			die("%llu answers are not reached within %d ms", want, LIMIT_MS);
		(void)sched_yield();
	}
}

int cmd_storm(int argc, char **argv)
{
	const uint64_t count = number_of(argv[1]);
	const uint32_t flags = strcmp(argv[2], "plain") ? 0 : NVU_CTRL_NO_SHADOW_DOORBELLS;
	static struct worker workers[WORKERS];
	uint64_t queued = 0, answered = 0, canceled = 0;
	struct nvu_ctrl *ctrl;

	(void)argc;
	must(nvu_ctrl_open(argv[0], NVU_CTRL_OPTS(.flags = flags), &ctrl), argv[0]);
	for (uint32_t i = 0; i < WORKERS; i++)
		start(&workers[i], ctrl);
	for (uint64_t resets = 0; resets < count; resets++) {
		wait_answers(BETWEEN + resets % 7);
		must(nvu_ctrl_reset(ctrl), "resetting");
	}
	atomic_store(&stop, true);
	for (uint32_t i = 0; i < WORKERS; i++) {
		struct worker *worker = &workers[i];
		struct nvu_qpair_stats stats;

		(void)pthread_join(worker->thread, NULL);
		nvu_qpair_stats(worker->qpair, &stats, sizeof(stats));
		if (stats.completed != worker->answered || worker->queued != worker->answered)
			die("%llu commands, %llu answers, of which %llu came",
			    (unsigned long long)worker->queued, (unsigned long long)stats.completed,
			    (unsigned long long)worker->answered);
		queued += worker->queued;
		answered += worker->answered;
		canceled += worker->canceled;
		nvu_qpair_destroy(worker->qpair);
		must(nvu_dma_free(worker->buf), "freeing memory");
	}
	nvu_ctrl_close(ctrl);
	printf("# %s doorbells, %llu resets: %llu commands, %llu answers, %llu of them ended\n",
	       argv[2], (unsigned long long)count, (unsigned long long)queued,
	       (unsigned long long)answered, (unsigned long long)canceled);
	if (canceled < count)
		die("resets met no more than %llu commands", (unsigned long long)canceled);
	return 0;
}
