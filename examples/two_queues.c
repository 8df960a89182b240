/* SPDX-License-Identifier: MIT */
/*
 * two_queues.c: one controller, two threads, no lock: each thread has a queue pair and a buffer of
 * its own and reads its half of the namespace. It only reads.
 *
 *	two_queues ADDRESS [READS]		READS per thread, 200,000 if not given
 */
#include <nvu/nvu.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DEPTH = 32, DEFAULT_READS = 200000 };

/* What a thread needs. Nothing in it is shared but ctrl and ns, which any thread may use. */
struct reader {
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns;
	uint64_t first_lba;
	uint64_t blocks; /* of this half */
	uint64_t reads;
	uint64_t failed;
	double seconds;
	char why[256]; /* empty: all went well */
};

static double now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Keep DEPTH one-block reads in flight until all are done. */
static int read_half(struct reader *reader, struct nvu_qpair *qpair, struct nvu_dma *buf)
{
	uint32_t block_bytes = nvu_ns_info(reader->ns)->block_bytes;
	uint64_t begun = 0, done = 0;
	uint64_t free_slots[DEPTH]; /* parts of the buffer that no read uses */
	struct nvu_cpl cpls[DEPTH];
	int ret, free_count = DEPTH;

	for (int i = 0; i < DEPTH; i++)
		free_slots[i] = (uint64_t)i;
	while (done < reader->reads) {
		for (; free_count && begun < reader->reads; begun++) {
			uint64_t slot = free_slots[--free_count];

			ret = nvu_read(qpair, reader->ns,
				       reader->first_lba + begun % reader->blocks, 1, buf,
				       slot * block_bytes, slot);
			if (ret)
				return ret;
		}
		ret = nvu_poll(qpair, cpls, DEPTH); /* publishes the reads, collects answers */
		if (ret < 0)
			return ret;
		for (int i = 0; i < ret; i++, done++) {
			free_slots[free_count++] = cpls[i].user_data;
			reader->failed += cpls[i].status != 0;
		}
	}
	return 0;
}

static void *reader_main(void *arg)
{
	struct reader *reader = arg;
	size_t bytes = (size_t)DEPTH * nvu_ns_info(reader->ns)->block_bytes;
	struct nvu_qpair *qpair = NULL;
	struct nvu_dma *buf = NULL;
	double began;
	int ret;

	ret = nvu_qpair_create(reader->ctrl, NVU_QPAIR_OPTS(.depth = DEPTH + 1), &qpair);
	if (!ret)
		ret = nvu_dma_alloc(reader->ctrl, bytes, &buf);
	began = now_s();
	if (!ret)
		ret = read_half(reader, qpair, buf);
	reader->seconds = now_s() - began;
	if (ret) /* nvu_last_error() is the thread's own: copy it before the thread ends */
		(void)snprintf(reader->why, sizeof(reader->why), "%s", nvu_last_error());
	nvu_qpair_destroy(qpair);
	if (buf)
		(void)nvu_dma_free(buf);
	return NULL;
}

static int run_readers(struct reader readers[2])
{
	pthread_t threads[2];
	int started = 0, status = 0;

	while (started < 2 &&
	       !pthread_create(&threads[started], NULL, reader_main, &readers[started]))
		started++;
	for (int i = 0; i < started; i++) {
		const struct reader *reader = &readers[i];

		pthread_join(threads[i], NULL);
		if (*reader->why)
			fprintf(stderr, "two_queues: thread %d: %s\n", i, reader->why);
		else
			printf("thread %d: %llu reads from block %llu on, %llu failed, %.2f s, "
			       "%.0f IOPS\n",
			       i, (unsigned long long)reader->reads,
			       (unsigned long long)reader->first_lba,
			       (unsigned long long)reader->failed, reader->seconds,
			       (double)reader->reads / reader->seconds);
		if (*reader->why || reader->failed)
			status = 1;
	}
	return started < 2 ? 1 : status;
}

int main(int argc, char **argv)
{
	unsigned long long reads = argc > 2 ? strtoull(argv[2], NULL, 10) : DEFAULT_READS;
	struct nvu_ctrl *ctrl = NULL;
	const struct nvu_ns *ns;
	int ret, status = 1;

	if (argc < 2 || argc > 3 || argv[1][0] == '-' || !reads) {
		fprintf(stderr, "two_queues: usage: two_queues ADDRESS [READS]\n");
		return 2;
	}
	ret = nvu_open(argv[1], NULL, &ctrl, &ns);
	if (ret) {
		fprintf(stderr, "two_queues: %s\n", nvu_last_error());
	} else if (nvu_ns_info(ns)->blocks < 2) {
		fprintf(stderr, "two_queues: namespace %u is too small to halve\n",
			nvu_ns_info(ns)->nsid);
	} else {
		uint64_t half = nvu_ns_info(ns)->blocks / 2;
		struct reader lower = {
			.ctrl = ctrl, .ns = ns, .first_lba = 0, .blocks = half, .reads = reads
		};
		struct reader readers[2] = { lower, lower };

		readers[1].first_lba = half;
		status = run_readers(readers);
	}
	nvu_ctrl_close(ctrl);
	return status;
}
