/* SPDX-License-Identifier: MIT */
/*
 * job.c: the I/O loop. job_step() to nvu_read() is what costs processor time for every I/O; the
 * rest of the file happens at the beginning, at the end, or when something fails.
 *
 * The clock is read once per poll. That moment ends the commands the poll has returned and begins
 * those that take their places, so a latency holds all that the application waits for, the
 * encoding of its own batch included.
 */
#include "job.h"

#include "say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 100 }; /* then the thread looks whether the phase is over */

#define unlikely(x) __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE inline __attribute__((always_inline))

/*
 * What a command carries: its slot, and its direction in bit 0. A slot's place in the table is a
 * multiple of 16, so there is little to be computed.
 */
static inline uint64_t pack(uint64_t slot, bool write)
{
	return slot << 4 | write;
}

static inline uint64_t slot_of(const struct nvu_cpl *cpl)
{
	return cpl->user_data >> 4;
}

static inline bool wrote(const struct nvu_cpl *cpl)
{
	return cpl->user_data & 1;
}

/* A linear congruential generator: two instructions, and its upper bits are good enough. */
static inline uint64_t next_random(uint64_t *state)
{
	return *state = *state * 0xd1342543de82ef95u + 0x14057b7fu;
}

/* A random word to 0..range - 1 without a division. */
static inline uint64_t scale(uint64_t random, uint64_t range)
{
	return (uint64_t)((unsigned __int128)random * range >> 64);
}

static inline uint64_t next_in_order(struct job *job)
{
	uint64_t unit = job->next_unit;

	job->next_unit = unit + 1 < job->units ? unit + 1 : 0;
	return unit;
}

static char *slot_data(const struct job *job, uint64_t slot)
{
	return (char *)nvu_dma_addr(job->buf) + slot * job->io_bytes;
}

/* The queue pair is of no more use. Its first reason stays. */
static void give_up(struct job *job, const char *why)
{
	job->left = 0;
	if (!job->dead)
		(void)snprintf(job->why, sizeof(job->why), "%s", why);
	job->dead = true;
}

/* A full queue has no sentence. */
static const char *why_failed(int ret)
{
	return ret == -EAGAIN ? nvu_strerror(ret) : nvu_last_error();
}

static inline bool send(struct job *job, uint64_t slot, bool write, uint64_t lba, uint64_t now)
{
	size_t offset = slot * job->io_bytes;
	uint64_t user_data = pack(slot, write);
	int ret;

	job->slots[slot] = (struct job_slot){ .start = now, .lba = lba };
	if (write)
		ret = nvu_write(job->qpair, job->ns, lba, (uint32_t)job->unit_blocks, job->buf,
				offset, user_data);
	else
		ret = nvu_read(job->qpair, job->ns, lba, (uint32_t)job->unit_blocks, job->buf,
			       offset, user_data);
	if (unlikely(ret))
		give_up(job, why_failed(ret));
	return !ret;
}

/* Begin the next I/O of the workload. False when it could not be queued. */
static ALWAYS_INLINE bool begin_io(struct job *job, uint64_t slot, uint64_t now, bool verify)
{
	uint64_t random = next_random(&job->rng);
	uint64_t unit = job->random ? scale(random, job->units) : next_in_order(job);
	bool write = (uint32_t)(random >> 16) >= job->read_below;

	job->left--;
	if (verify) {
		unit = verify_begin(job->verify, slot, unit, write, slot_data(job, slot));
		now = ticks_now(job->counter);
	}
	return send(job, slot, write, job->first_lba + unit * job->unit_blocks, now);
}

static void count_error(struct job *job, const struct nvu_cpl *cpl)
{
	bool write = wrote(cpl);
	uint32_t kind = 0;

	atomic_fetch_add_explicit(&job->errors, 1, memory_order_relaxed);
	while (kind < job->error_kinds &&
	       (job->kinds[kind].status != cpl->status || job->kinds[kind].write != write))
		kind++;
	if (kind == JOB_ERROR_KINDS) /* more kinds than the table holds: count it as the last */
		kind--;
	if (kind == job->error_kinds) {
		job->kinds[kind] = (struct job_error){ .status = cpl->status,
						       .write = write,
						       .lba = job->slots[slot_of(cpl)].lba };
		job->error_kinds++;
	}
	job->kinds[kind].count++;
	if (cpl->status < 0) /* lost, or ended by a reset: nothing to go on with */
		give_up(job, nvu_strerror(cpl->status));
}

/* True when the slot goes on by reading back what it has written. */
static bool verify_io(struct job *job, const struct nvu_cpl *cpl)
{
	uint64_t slot = slot_of(cpl), mismatches = job->verify->mismatches;
	bool write = wrote(cpl);

	if (verify_end(job->verify, slot, write, cpl->status != 0, slot_data(job, slot)))
		return send(job, slot, false, job->slots[slot].lba, ticks_now(job->counter));
	if (job->verify->mismatches != mismatches)
		atomic_fetch_add_explicit(&job->errors, 1, memory_order_relaxed);
	return false;
}

static ALWAYS_INLINE void end_io(struct job *job, const struct nvu_cpl *cpl, uint64_t now,
				 bool verify)
{
	uint64_t slot = slot_of(cpl);

	if (unlikely(cpl->status))
		count_error(job, cpl);
	else
		histogram_add(&job->histograms[wrote(cpl)], now - job->slots[slot].start);
	if (verify && verify_io(job, cpl))
		return;
	if (!job->left || !begin_io(job, slot, now, verify))
		job->outstanding--;
}

/* @verify is a constant at each call: without it nothing of it is left in the loop. */
static ALWAYS_INLINE void end_ios(struct job *job, const struct nvu_cpl *cpl, int reaped,
				  uint64_t now, bool verify)
{
	for (const struct nvu_cpl *end = cpl + reaped; cpl < end; cpl++)
		end_io(job, cpl, now, verify);
}

/*
 * Random reads, each followed by the next: what most measurements consist of, with all that does
 * not change kept out of the loop. Ends before what is not as plain, and returns how many it took.
 */
static ALWAYS_INLINE int end_plain_reads(struct job *job, int reaped, uint64_t now)
{
	struct histogram *histogram = &job->histograms[JOB_READ];
	const struct nvu_cpl *cpl = job->cpls, *end = cpl + reaped;
	uint64_t rng = job->rng;
	int ret = 0;

	if (job->left < (uint64_t)reaped)
		end = cpl + job->left;
	for (; cpl < end && !unlikely(ret | cpl->status); cpl++) {
		uint64_t slot = slot_of(cpl), lba;

		histogram_add(histogram, now - job->slots[slot].start);
		lba = job->first_lba + scale(next_random(&rng), job->units) * job->unit_blocks;
		job->slots[slot] = (struct job_slot){ .start = now, .lba = lba };
		ret = nvu_read(job->qpair, job->ns, lba, (uint32_t)job->unit_blocks, job->buf,
			       slot * job->io_bytes, cpl->user_data);
	}
	job->rng = rng;
	job->left -= (uint64_t)(cpl - job->cpls);
	if (unlikely(ret)) {
		give_up(job, why_failed(ret));
		job->outstanding--;
	}
	return (int)(cpl - job->cpls);
}

static void queue_pair_failed(struct job *job, int ret)
{
	give_up(job, why_failed(ret));
	job->lost += job->outstanding; /* none: nvu answers all before it says so */
	job->outstanding = 0;
}

/* Not inline: its pattern for comparing would be on the stack of those that do not verify. */
static __attribute__((noinline)) void end_and_verify(struct job *job, int reaped, uint64_t now)
{
	end_ios(job, job->cpls, reaped, now, true);
}

/* Not inline: an empty poll is to save no registers for it. */
static __attribute__((noinline)) void take_answers(struct job *job, int reaped)
{
	uint64_t now;
	int taken = 0;

	if (unlikely(reaped < 0)) {
		queue_pair_failed(job, reaped);
		return;
	}
	now = ticks_now(job->counter);
	if (job->plain_reads)
		taken = end_plain_reads(job, reaped, now);
	if (job->verify)
		end_and_verify(job, reaped, now);
	else
		end_ios(job, job->cpls + taken, reaped - taken, now, false);
	atomic_store_explicit(&job->done,
			      atomic_load_explicit(&job->done, memory_order_relaxed) +
				      (uint64_t)reaped,
			      memory_order_relaxed);
}

void job_step(struct job *job)
{
	int reaped = job->options->wait ? nvu_wait(job->qpair, job->cpls, job->batch, WAIT_MS)
					: nvu_poll(job->qpair, job->cpls, job->batch);

	if (reaped)
		take_answers(job, reaped);
}

static void start_all_slots(struct job *job)
{
	int ret = 0;

	for (uint32_t slot = 0; slot < job->depth && job->left; slot++) {
		if (!begin_io(job, slot, ticks_now(job->counter), job->verify != NULL))
			return;
		job->outstanding++;
		if (job->outstanding % job->batch == 0)
			ret = nvu_submit(job->qpair);
	}
	if (!ret)
		ret = nvu_submit(job->qpair);
	if (ret) /* polling hands out the answers and then says why */
		job->left = 0;
}

void job_begin_fill(struct job *job, struct histogram *histograms)
{
	job->histograms = histograms;
	job->random = false;
	job->plain_reads = false;
	job->read_below = 0;
	job->next_unit = 0;
	job->verify->filling = true;
	job->left = job->units;
	start_all_slots(job);
}

void job_begin(struct job *job, uint64_t count, struct histogram *histograms)
{
	const struct options *options = job->options;

	job->histograms = histograms;
	if (job->dead)
		return;
	job->left = count > job->outstanding ? count - job->outstanding : 0;
	if (job->outstanding) /* goes on, from the warm-up */
		return;
	job->random = options->workload->random;
	job->plain_reads = job->random && !options->workload->writes && !job->verify;
	job->read_below = !options->workload->writes ? 1ull << 32 : 0;
	if (options->workload->reads && options->workload->writes)
		job->read_below = ((uint64_t)options->read_percent << 32) / 100;
	job->next_unit = 0;
	if (job->verify)
		job->verify->filling = false;
	start_all_slots(job);
}

void job_stop(struct job *job, struct histogram *histograms)
{
	job->left = 0;
	job->histograms = histograms;
}

/* The whole range, or a part of it where threads must not meet. */
static void set_range(struct job *job, uint32_t thread)
{
	const struct options *options = job->options;
	const struct target *target = job->target;
	uint64_t part = target->units / options->threads;

	job->first_lba = target->first_lba;
	job->units = target->units;
	job->unit_blocks = target->unit_blocks;
	job->io_bytes = target->io_bytes;
	if (options->verify || !options->workload->random) {
		job->first_lba += thread * part * target->unit_blocks;
		job->units = part;
	}
}

static int init_verify(struct job *job)
{
	struct pattern first = { .lba = job->first_lba,
				 .blocks = (uint32_t)job->unit_blocks,
				 .block_bytes = job->target->ns_info->block_bytes,
				 .seed = job->options->seed };

	job->verify = calloc(1, sizeof(*job->verify));
	if (job->verify && !verify_init(job->verify, &first, job->units, job->depth))
		return 0;
	free(job->verify);
	job->verify = NULL;
	say_about(job->target->address,
		  "no memory to remember %" PRIu64 " units: narrow the range with -l", job->units);
	return EXIT_FAILED;
}

/* Waits without interrupts where the controller has none: then they nap. */
static int create_queue_pair(struct job *job)
{
	struct nvu_qpair_opts opts = { .size = sizeof(opts),
				       .commands = job->depth,
				       .io_timeout_ms = job->options->timeout_ms,
				       .flags = job->options->wait ? NVU_QPAIR_INTERRUPT : 0 };
	int ret = nvu_qpair_create(job->target->ctrl, &opts, &job->qpair);

	if (ret != -ENOTSUP)
		return ret;
	opts.flags = 0;
	return nvu_qpair_create(job->target->ctrl, &opts, &job->qpair);
}

static int create_queue(struct job *job)
{
	int ret = create_queue_pair(job);

	if (!ret)
		ret = nvu_dma_alloc(job->target->ctrl, (size_t)job->depth * job->io_bytes,
				    &job->buf);
	if (ret) {
		say_about(job->target->address, "%s", why_failed(ret));
		return EXIT_FAILED;
	}
	pattern_noise(job->rng, nvu_dma_addr(job->buf), nvu_dma_len(job->buf));
	return 0;
}

int job_init(struct job *job, const struct options *options, const struct target *target,
	     uint32_t thread, bool counter)
{
	int status;

	memset(job, 0, sizeof(*job));
	job->options = options;
	job->target = target;
	job->ns = target->ns;
	job->depth = options->depth;
	job->batch = options->batch;
	job->counter = counter;
	job->rng = (options->seed + thread + 1) * 0x9e3779b97f4a7c15u | 1;
	histogram_init(&job->measured[JOB_READ]);
	histogram_init(&job->measured[JOB_WRITE]);
	set_range(job, thread);
	job->slots = calloc(job->depth, sizeof(*job->slots));
	job->cpls = calloc(job->batch, sizeof(*job->cpls));
	if (!job->slots || !job->cpls) {
		say_about(target->address, "out of memory");
		return EXIT_FAILED;
	}
	status = options->verify ? init_verify(job) : 0;
	return status ? status : create_queue(job);
}

void job_fini(struct job *job)
{
	nvu_qpair_destroy(job->qpair); /* first: now the controller leaves the buffer alone */
	if (job->buf)
		(void)nvu_dma_free(job->buf);
	if (job->verify)
		verify_fini(job->verify);
	free(job->verify);
	free(job->slots);
	free(job->cpls);
	memset(job, 0, sizeof(*job));
}
