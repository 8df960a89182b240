/* SPDX-License-Identifier: MIT */
/*
 * ring.c: nanoseconds of the rings: queuing a command, submitting, polling, an empty poll; and,
 * alternately in one run, nvu's submit and poll against a bare loop that only writes 64-byte
 * submission entries and reads 16-byte completion entries (bare.h). Twice:
 *
 *	device on this core	a batch at a time; the device's part lies outside of what is timed
 *	device on another core	as in life: commands always outstanding, lines travel between cores
 *
 * Of the second kind the lowest tenth is what counts on a machine that has other work: a slice during
 * which one of the two threads did not run says nothing.
 *
 *	ring [-q DEPTH] [-r ROUNDS] [-j FILE]      -j: the tables as JSON, too
 */
#include "bare.h"
#include "pin.h"
#include "qpair/qpair.h"
#include "timer.h"

#include <errno.h>
#include <getopt.h>
#include <nvu/mock.h>
#include <nvu/nvu.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BATCHES = 64, DEPTH_MAX = 512, PART_DEPTH = 32, SLICE = 2000, SLICES_MAX = 1000 };
enum { IDLE_QUEUES = 64, DEPTHS_MAX = 8 };

struct bench {
	struct nvu_ctrl *ctrl;
	struct nvu_qpair *qpair;
	struct nvu_qpair *idle_qpairs[IDLE_QUEUES]; /* nothing is ever queued there */
	const struct nvu_ns *ns;
	struct nvu_dma *buf;
	struct bare_device nvu, bare;
	struct bare_ring ring;
	uint32_t depth;
	uint64_t lba;
	uint64_t idle;		     /* ticks of timing nothing */
	struct bare_device *at_work; /* atomic: what the device's thread serves; NULL: end */
};

enum { TARGET_DEPTH = 32 };
static const double target_must = 1.7, target_goal = 1.5;
static const char one_core_name[] = "one core", two_cores_name[] = "two cores";

static struct nvu_cpl cpls[DEPTH_MAX];
static volatile uint64_t sink;

static void check(const char *what, int ret)
{
	if (__builtin_expect(ret == 0, 1))
		return;
	fprintf(stderr, "ring: %s: %s\n", what,
		*nvu_last_error() ? nvu_last_error() : nvu_strerror(ret));
	exit(1);
}

static inline void queue(struct bench *bench, uint64_t idx)
{
	check("read", nvu_read(bench->qpair, bench->ns, bench->lba++ & 0xffff, BARE_BLOCKS,
			       bench->buf, idx * BARE_IO_BYTES, idx));
}

static inline uint32_t poll_nvu(struct bench *bench, uint32_t max)
{
	int reaped = nvu_poll(bench->qpair, cpls, max);

	check("poll", reaped < 0 ? reaped : 0);
	return (uint32_t)reaped;
}

/* A batch through nvu: the ticks of queuing and submitting, and of polling. */
static uint64_t batch_nvu(struct bench *bench)
{
	uint64_t start = timer_now(), spent;

	for (uint32_t i = 0; i < bench->depth; i++)
		queue(bench, i);
	check("submit", nvu_submit(bench->qpair));
	spent = timer_now() - start;
	bare_play(&bench->nvu, bench->depth);
	start = timer_now();
	for (uint32_t left = bench->depth; left;)
		left -= poll_nvu(bench, left);
	return spent + timer_now() - start - 2 * bench->idle;
}

/* The same without everything: no checks, no table of commands, no doorbells, no completions. */
static uint64_t batch_bare(struct bench *bench)
{
	struct bare_ring ring = bench->ring;
	uint64_t start = timer_now(), spent;
	uint32_t answer = 0;

	for (uint32_t i = 0; i < bench->depth; i++)
		bare_push(&ring, bench->lba++ & 0xffff, i);
	spent = timer_now() - start;
	bare_play(&bench->bare, bench->depth);
	start = timer_now();
	for (uint32_t i = 0; i < bench->depth;)
		i += (uint32_t)bare_pop(&ring, &answer);
	spent += timer_now() - start - 2 * bench->idle;
	sink = answer;
	bench->ring = ring;
	return spent;
}

static void *memory(size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	check("mmap", at == MAP_FAILED ? -ENOMEM : 0);
	return at;
}

static void set_up(struct bench *bench)
{
	struct nvu_mock *mock;
	struct nvu_cqe *cqes = memory(BARE_ENTRIES * sizeof(struct nvu_cqe));
	struct nvu_sqe *sqes = memory(BARE_ENTRIES * sizeof(struct nvu_sqe));

	/* Doorbells that are memory have a line each, so that one's write does not disturb another. */
	check("mock", nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .dstrd = 4), &mock));
	check("open", nvu_ctrl_open(nvu_mock_address(mock), NULL, &bench->ctrl));
	check("namespace", nvu_ns_get(bench->ctrl, 1, &bench->ns));
	check("queue pair",
	      nvu_qpair_create(bench->ctrl, NVU_QPAIR_OPTS(.depth = BARE_ENTRIES), &bench->qpair));
	for (int i = 0; i < IDLE_QUEUES; i++)
		check("queue pair", nvu_qpair_create(bench->ctrl, NULL, &bench->idle_qpairs[i]));
	check("buffer", nvu_dma_alloc(bench->ctrl, (size_t)DEPTH_MAX * BARE_IO_BYTES, &bench->buf));
	/* From here on the mock does not work any more: bare.h is the device, behind its back. */
	bench->nvu = (struct bare_device){ .sq = nvu_dma_addr(bench->qpair->sq_memory),
					   .cq = nvu_dma_addr(bench->qpair->cq_memory),
					   .doorbell = bench->qpair->sq_doorbell.reg,
					   .cq_entries = bench->qpair->cq_entries,
					   .phase = 1,
					   .sqid = 1 };
	bench->bare = bench->nvu;
	bench->bare.sq = sqes;
	bench->bare.cq = cqes;
	bench->bare.cq_entries = BARE_ENTRIES;
	bench->bare.doorbell = memory(sizeof(uint32_t));
	bench->ring = (struct bare_ring){ .sq = sqes, .cq = cqes, .phase = 1 };
	bench->idle = timer_idle();
}

/* What is reported: nanoseconds, [0] nvu, [1] bare. */
struct ratio {
	const char *where;
	uint32_t depth;
	double median[2], tenth[2];
};

static struct ratio ratios[2 * DEPTHS_MAX];
static uint32_t ratio_count;

static void heading(const char *what)
{
	printf("\n%-38s%30s%36s\n", what, "median", "undisturbed: lowest tenth");
	printf("%-38s%10s%10s%10s%16s%10s%10s\n", "", "nvu", "bare", "ratio", "nvu", "bare",
	       "ratio");
}

/* Nanoseconds of an I/O: [0] nvu, [1] bare. */
static void report(const char *where, uint32_t depth, double *samples[2], uint32_t count)
{
	struct ratio *ratio = &ratios[ratio_count++];
	double *median = ratio->median, *tenth = ratio->tenth;

	ratio->where = where;
	ratio->depth = depth;

	for (int i = 0; i < 2; i++) {
		median[i] = timer_median(samples[i], count); /* sorts */
		tenth[i] = samples[i][count / 10];
	}
	printf("  depth %-30u%10.2f%10.2f%10.2f%16.2f%10.2f%10.2f\n", depth, median[0], median[1],
	       median[0] / median[1], tenth[0], tenth[1], tenth[0] / tenth[1]);
}

/* What one core may take at depth 32, undisturbed: the ratio is of instructions and of little else. */
static void report_target(void)
{
	for (uint32_t i = 0; i < ratio_count; i++)
		if (ratios[i].depth == TARGET_DEPTH && ratios[i].where == one_core_name)
			printf("  at depth %d: %.2f; must %.1f, goal %.1f\n", TARGET_DEPTH,
			       ratios[i].tenth[0] / ratios[i].tenth[1], target_must, target_goal);
}

/* A sample is the mean of some batches, so that a disturbed one does not decide. */
static void one_core(struct bench *bench, uint32_t depth, uint32_t rounds, double *samples[2])
{
	bench->depth = depth;
	for (uint32_t round = 0; round < rounds; round++) {
		uint64_t ticks[2] = { 0 };

		for (uint32_t i = 0; i < BATCHES; i++) {
			ticks[0] += batch_nvu(bench);
			ticks[1] += batch_bare(bench);
		}
		for (int i = 0; i < 2; i++)
			samples[i][round] = timer_ns(ticks[i]) / (BATCHES * depth);
	}
	report(one_core_name, depth, samples, rounds);
}

static void *device_main(void *arg)
{
	struct bench *bench = arg;
	struct bare_device *device;

	while ((device = __atomic_load_n(&bench->at_work, __ATOMIC_ACQUIRE))) {
		uint32_t tail = mmio_read32(device->doorbell);

		bare_play(device, (tail - device->head) % BARE_ENTRIES);
	}
	return NULL;
}

/* Commands always outstanding: every completion is followed by a command. */
static double slice_nvu(struct bench *bench)
{
	uint64_t start;
	uint32_t begun, done = 0;

	__atomic_store_n(&bench->at_work, &bench->nvu, __ATOMIC_RELEASE);
	start = timer_now();
	for (begun = 0; begun < bench->depth; begun++)
		queue(bench, begun);
	check("submit", nvu_submit(bench->qpair));
	while (done < SLICE) {
		uint32_t reaped = poll_nvu(bench, bench->depth);

		done += reaped;
		for (uint32_t i = 0; i < reaped && begun < SLICE; i++, begun++)
			queue(bench, cpls[i].user_data);
		check("submit", nvu_submit(bench->qpair));
	}
	return timer_ns(timer_now() - start) / SLICE;
}

static double slice_bare(struct bench *bench)
{
	struct bare_ring ring = bench->ring;
	uint32_t begun, done = 0, answer;
	uint64_t start;

	__atomic_store_n(&bench->at_work, &bench->bare, __ATOMIC_RELEASE);
	start = timer_now();
	for (begun = 0; begun < bench->depth; begun++)
		bare_push(&ring, bench->lba++ & 0xffff, begun);
	mmio_write32(bench->bare.doorbell, ring.tail);
	while (done < SLICE) {
		uint32_t tail = ring.tail;

		for (uint32_t i = 0; i < bench->depth && bare_pop(&ring, &answer); i++, done++)
			if (begun < SLICE) {
				bare_push(&ring, bench->lba++ & 0xffff, answer & 0xffff);
				begun++;
			}
		if (ring.tail != tail)
			mmio_write32(bench->bare.doorbell, ring.tail);
	}
	bench->ring = ring;
	return timer_ns(timer_now() - start) / SLICE;
}

static void two_cores(struct bench *bench, uint32_t depth, uint32_t rounds, double *samples[2])
{
	bench->depth = depth;
	rounds = rounds < SLICES_MAX ? rounds : SLICES_MAX;
	for (uint32_t round = 0; round < rounds; round++) {
		samples[0][round] = slice_nvu(bench);
		samples[1][round] = slice_bare(bench);
	}
	report(two_cores_name, depth, samples, rounds);
}

enum part { READ, SUBMIT, POLL, EMPTY, IDLE, PUSH, POP, PARTS };

static const char *const part_names[PARTS] = { "nvu_read()",
					       "nvu_submit(), for a batch",
					       "nvu_poll(), for a completion",
					       "nvu_poll(), nothing there",
					       "nvu_poll(), 64 idle queue pairs",
					       "bare push",
					       "bare pop" };

/* Ticks since *start, which is now. */
static uint64_t lap(struct bench *bench, uint64_t *start)
{
	uint64_t now = timer_now(), took = now - *start;

	*start = timer_now();
	return took > bench->idle ? took - bench->idle : 0;
}

/* One batch, taken apart. */
static void time_parts(struct bench *bench, uint64_t ticks[PARTS])
{
	struct bare_ring ring = bench->ring;
	uint64_t start = timer_now();
	uint32_t answer = 0;

	for (uint32_t i = 0; i < PART_DEPTH; i++)
		(void)poll_nvu(bench, PART_DEPTH);
	ticks[EMPTY] += lap(bench, &start);
	for (uint32_t i = 0; i < IDLE_QUEUES; i++)
		check("poll", nvu_poll(bench->idle_qpairs[i], cpls, PART_DEPTH));
	ticks[IDLE] += lap(bench, &start);
	for (uint32_t i = 0; i < PART_DEPTH; i++)
		queue(bench, i);
	ticks[READ] += lap(bench, &start);
	check("submit", nvu_submit(bench->qpair));
	ticks[SUBMIT] += lap(bench, &start);
	bare_play(&bench->nvu, PART_DEPTH);
	start = timer_now();
	for (uint32_t left = PART_DEPTH; left;)
		left -= poll_nvu(bench, left);
	ticks[POLL] += lap(bench, &start);
	for (uint32_t i = 0; i < PART_DEPTH; i++)
		bare_push(&ring, bench->lba++ & 0xffff, i);
	ticks[PUSH] += lap(bench, &start);
	bare_play(&bench->bare, PART_DEPTH);
	start = timer_now();
	for (uint32_t i = 0; i < PART_DEPTH;)
		i += (uint32_t)bare_pop(&ring, &answer);
	ticks[POP] += lap(bench, &start);
	bench->ring = ring;
}

static double part_medians[PARTS];

/* How many of it a batch has. */
static uint32_t part_count(int part)
{
	return part == SUBMIT ? 1 : part == IDLE ? IDLE_QUEUES : PART_DEPTH;
}

static void parts(struct bench *bench, uint32_t rounds)
{
	double *samples[PARTS];

	for (int part = 0; part < PARTS; part++) {
		samples[part] = calloc(rounds, sizeof(double));
		check("calloc", samples[part] ? 0 : -ENOMEM);
	}
	for (uint32_t round = 0; round < rounds; round++) {
		uint64_t ticks[PARTS] = { 0 };

		for (int i = 0; i < BATCHES; i++)
			time_parts(bench, ticks);
		for (int part = 0; part < PARTS; part++)
			samples[part][round] = timer_ns(ticks[part]) / (BATCHES * part_count(part));
	}
	printf("%-36s%10s%10s%10s\n", "ns, in batches of 32", "median", "5%", "95%");
	for (int part = 0; part < PARTS; part++) {
		double median = timer_median(samples[part], rounds); /* sorts */

		part_medians[part] = median;
		printf("  %-34s%10.2f%10.2f%10.2f\n", part_names[part], median,
		       samples[part][rounds / 20], samples[part][rounds - 1 - rounds / 20]);
		free(samples[part]);
	}
}

static void compare(struct bench *bench, const uint32_t *depths, uint32_t count, uint32_t rounds)
{
	double *samples[2] = { calloc(rounds, sizeof(double)), calloc(rounds, sizeof(double)) };
	pthread_t thread;

	check("calloc", samples[0] && samples[1] ? 0 : -ENOMEM);
	heading("ns for an I/O, device on this core");
	for (uint32_t i = 0; i < count; i++)
		one_core(bench, depths[i], rounds, samples);
	report_target();
	if (pin_count() < 2)
		return;
	bench->at_work = &bench->bare;
	mmio_write32(bench->bare.doorbell, bench->ring.tail); /* it has not been rung so far */
	pin_to(1);
	check("thread", -pthread_create(&thread, NULL, device_main, bench));
	pin_to(0);
	heading("ns for an I/O, device on another core");
	for (uint32_t i = 0; i < count; i++)
		two_cores(bench, depths[i], rounds, samples);
	__atomic_store_n(&bench->at_work, NULL, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	free(samples[0]);
	free(samples[1]);
}

static void write_json(const char *path)
{
	FILE *file = fopen(path, "we");

	check("opening the JSON file", file ? 0 : -errno);
	fprintf(file, "{\n \"what\": \"ring\",\n \"parts_ns\": {");
	for (int part = 0; part < PARTS; part++)
		fprintf(file, "%s\n  \"%s\": %.3f", part ? "," : "", part_names[part],
			part_medians[part]);
	fprintf(file,
		"\n },\n \"target\": {\"where\": \"%s\", \"depth\": %d, \"must\": %.1f, "
		"\"goal\": %.1f},\n \"ratios\": [",
		one_core_name, TARGET_DEPTH, target_must, target_goal);
	for (uint32_t i = 0; i < ratio_count; i++)
		fprintf(file,
			"%s\n  {\"where\": \"%s\", \"depth\": %u, \"nvu_ns\": %.3f, \"bare_ns\": "
			"%.3f, "
			"\"median_ratio\": %.3f, \"tenth_nvu_ns\": %.3f, \"tenth_bare_ns\": %.3f, "
			"\"ratio\": %.3f}",
			i ? "," : "", ratios[i].where, ratios[i].depth, ratios[i].median[0],
			ratios[i].median[1], ratios[i].median[0] / ratios[i].median[1],
			ratios[i].tenth[0], ratios[i].tenth[1],
			ratios[i].tenth[0] / ratios[i].tenth[1]);
	fprintf(file, "\n ]\n}\n");
	check("writing the JSON file", fclose(file) ? -errno : 0);
}

int main(int argc, char **argv)
{
	static uint32_t depths[] = { 1, 8, 32, 128 };
	struct bench bench = { 0 };
	uint32_t rounds = 1000, count = sizeof(depths) / sizeof(depths[0]);
	const char *json = NULL;
	int key;

	while ((key = getopt(argc, argv, "q:r:j:")) != -1) {
		uint32_t number = (uint32_t)strtoul(optarg ? optarg : "0", NULL, 10);

		if (key == 'r')
			rounds = number;
		depths[0] = key == 'q' ? number : depths[0];
		count = key == 'q' ? 1 : count;
		json = key == 'j' ? optarg : json;
		optind += key == '?' ? argc : 0;
	}
	if (optind != argc || depths[0] < 1 || depths[0] > DEPTH_MAX || rounds < 1 ||
	    rounds > 1000000) {
		fprintf(stderr, "usage: ring [-q DEPTH 1..%d] [-r ROUNDS] [-j FILE]\n", DEPTH_MAX);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	set_up(&bench);
	parts(&bench, rounds);
	compare(&bench, depths, count, rounds);
	if (json)
		write_json(json);
	_exit(0); /* the mock knows nothing of what has happened: nothing to close in order */
}
