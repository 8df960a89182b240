/* SPDX-License-Identifier: MIT */
/*
 * hot.c: the program that bench/instructions counts: an application that does nothing but I/O, on
 * stepped mocks, so that every run takes the same path. Collection is on during the measured rounds
 * only; what is not the library's is recognised by its file.
 *
 * The clock is replaced by one that moves by a microsecond a call: how long a run takes under
 * valgrind must not decide how often the library looks up.
 *
 *	hot [-p read|write|empty|inflight] [-s SIZE] [-q DEPTH] [-n I/Os] [-w WARM-UP I/Os]
 *	    [-E ring entries] [-C controllers] [-Q queue pairs each] [-B registered buffers] [-e] [-c] [-G] [-L] [-R]
 *
 * A ring has one entry more than the depth unless -E says otherwise. empty polls queue pairs with nothing in
 * flight, inflight those whose commands are not answered. -e evicts the modelled cache, -c takes completions
 * by callback, -G polls the queue pairs as members of a group (with -p empty), -L keeps the latency histogram, -R keeps copies to send commands again.
 */
#include "hot.h"

#include <getopt.h>
#include <nvu/callback.h>
#include <nvu/mock.h>
#include <nvu/nvu.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { DEPTH_MAX = 1024, PAGE = 4096, EVICT_BYTES = 256 * 1024, LINE = 64 };

struct lane {
	struct nvu_mock *mock;
	const struct nvu_ns *ns;
	struct nvu_qpair *qpair;
	struct nvu_dma *buf;
};

struct plan {
	bool write, empty, inflight, evict, callbacks;
	struct nvu_group *group; /* NULL: none */
	uint32_t flags;		 /* of the queue pairs */
	uint32_t depth, entries, size, ctrls, qpairs, buffers;
	uint64_t count, warmup;
	uint32_t lanes; /* queue pairs altogether */
	uint32_t blocks;
	uint64_t units; /* of the namespace */
};

static struct nvu_cpl cpls[DEPTH_MAX];
static uint32_t called;

/* What clock_gettime() of libc takes without the kernel, about: the vdso's coarse clock. */
int clock_gettime(clockid_t id, struct timespec *now)
{
	static uint64_t ns = 1000000000;

	(void)id;
	ns += 1000;
	now->tv_sec = (time_t)(ns / 1000000000);
	now->tv_nsec = (long)(ns % 1000000000);
	return 0;
}

/*
 * Throws out of the modelled cache whatever the library has in it, so that each line that it then
 * touches is a miss; the caller's own completions are brought back.
 */
static void evict(const struct plan *plan)
{
	static volatile char other[EVICT_BYTES];
	volatile char *own = (volatile char *)cpls;

	if (!plan->evict)
		return;
	for (uint32_t i = 0; i < EVICT_BYTES; i += LINE)
		other[i]++;
	for (uint32_t i = 0; i < plan->depth * sizeof(cpls[0]); i += LINE / 2)
		own[i]++;
}

static uint64_t next_random(void)
{
	static uint64_t state = 1;

	return state = state * 0xd1342543de82ef95u + 0x9e3779b97f4a7c15u;
}

static void note_done(struct nvu_callback *self, const struct nvu_cpl *cpl)
{
	(void)self;
	check("completion", cpl->status);
	called++;
}

static int queue_batch(const struct plan *plan, const struct lane *lane)
{
	static struct nvu_callback callback = { .fn = note_done };
	uint64_t user_data = nvu_callback_data(&callback);
	int ret = 0;

	for (uint32_t i = 0; i < plan->depth && !ret; i++) {
		uint64_t unit = (uint64_t)((unsigned __int128)next_random() * plan->units >> 64);
		uint64_t lba = unit * plan->blocks;
		size_t offset = (size_t)i * plan->size;

		if (plan->write)
			ret = nvu_write(lane->qpair, lane->ns, lba, plan->blocks, lane->buf, offset,
					user_data);
		else
			ret = nvu_read(lane->qpair, lane->ns, lba, plan->blocks, lane->buf, offset,
				       user_data);
	}
	return ret ? ret : nvu_submit(lane->qpair);
}

static uint32_t reap(const struct plan *plan, const struct lane *lane, uint32_t max)
{
	int reaped = plan->callbacks ? nvu_poll_callbacks(lane->qpair, max)
				     : nvu_poll(lane->qpair, cpls, max);

	check("poll", reaped < 0 ? reaped : 0);
	for (int i = 0; i < reaped && !plan->callbacks; i++)
		check("completion", cpls[i].status);
	return (uint32_t)reaped;
}

/* One batch there and back. */
static void round_trip(const struct plan *plan, const struct lane *lane)
{
	uint32_t left = plan->depth;

	evict(plan);
	check("I/O", queue_batch(plan, lane));
	(void)nvu_mock_step(lane->mock, plan->depth);
	evict(plan);
	while (left)
		left -= reap(plan, lane, left);
}

static void drive(const struct plan *plan, const struct lane *lanes, uint64_t count)
{
	uint32_t lane = 0;

	for (uint64_t done = 0; done < count; lane = lane + 1 == plan->lanes ? 0 : lane + 1) {
		if (plan->group) {
			check("poll", nvu_group_poll(plan->group, cpls, plan->depth));
			done += plan->lanes;
			continue;
		}
		if (plan->empty) {
			check("poll", nvu_poll(lanes[lane].qpair, cpls, plan->depth));
			done++;
			continue;
		}
		round_trip(plan, &lanes[lane]);
		done += plan->depth;
	}
}

static void register_buffers(const struct plan *plan, struct nvu_ctrl *ctrl)
{
	struct nvu_dma *buf;
	char *memory;

	memory = mmap(NULL, (size_t)plan->buffers * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	check("mmap", memory == MAP_FAILED ? -1 : 0);
	for (uint32_t i = 0; i < plan->buffers; i++)
		check("register", nvu_dma_register(ctrl, memory + (size_t)i * PAGE, PAGE, &buf));
}

static void make_ctrl(struct plan *plan, struct lane *lanes)
{
	struct nvu_ctrl *ctrl;
	struct lane lane;

	check("mock", nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_NULL),
				      &lane.mock));
	check("open", nvu_ctrl_open(nvu_mock_address(lane.mock), NULL, &ctrl));
	check("namespace", nvu_ns_get(ctrl, 1, &lane.ns));
	plan->blocks = plan->size / nvu_ns_info(lane.ns)->block_bytes;
	plan->units = nvu_ns_info(lane.ns)->blocks / plan->blocks;
	check("buffer", nvu_dma_alloc(ctrl, (size_t)plan->depth * plan->size, &lane.buf));
	for (uint32_t i = 0; i < plan->qpairs; i++) {
		check("queue pair",
		      nvu_qpair_create(ctrl,
				       NVU_QPAIR_OPTS(.depth = plan->entries, .flags = plan->flags),
				       &lane.qpair));
		lanes[i] = lane;
	}
	if (plan->buffers)
		register_buffers(plan, ctrl);
	plan->buffers = 0; /* one domain: once is enough */
}

static void set_option(struct plan *plan, int key, const char *arg)
{
	uint32_t number = (uint32_t)strtoul(arg ? arg : "0", NULL, 10);

	switch (key) {
	case 'p':
		plan->write = arg[0] == 'w';
		plan->inflight = arg[0] == 'i';
		plan->empty = arg[0] == 'e' || plan->inflight;
		break;
	case 's':
		plan->size = number;
		break;
	case 'q':
		plan->depth = number;
		break;
	case 'E':
		plan->entries = number;
		break;
	case 'n':
		plan->count = number;
		break;
	case 'w':
		plan->warmup = number;
		break;
	case 'C':
		plan->ctrls = number;
		break;
	case 'Q':
		plan->qpairs = number;
		break;
	case 'B':
		plan->buffers = number;
		break;
	case 'e':
		plan->evict = true;
		break;
	case 'c':
		plan->callbacks = true;
		break;
	case 'G':
		check("group", nvu_group_create(&plan->group));
		break;
	case 'L':
		plan->flags |= NVU_QPAIR_LATENCY;
		break;
	case 'R':
		plan->flags |= NVU_QPAIR_RETRY;
		break;
	default:
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct plan plan = { .depth = 32, .size = 4096, .ctrls = 1, .qpairs = 1, .count = 200000 };
	struct lane *lanes;
	int key;

	while ((key = getopt(argc, argv, "p:s:q:E:n:w:C:Q:B:ecGLR")) != -1)
		set_option(&plan, key, optarg);
	if (!plan.depth || plan.depth > DEPTH_MAX || plan.size < PAGE || !plan.ctrls ||
	    !plan.qpairs || optind < argc || (plan.group && !plan.empty))
		exit(2);
	plan.entries = plan.entries ? plan.entries : plan.depth + 1;
	plan.lanes = plan.ctrls * plan.qpairs;
	lanes = calloc(plan.lanes, sizeof(*lanes));
	check("calloc", lanes ? 0 : -1);
	for (uint32_t i = 0; i < plan.ctrls; i++)
		make_ctrl(&plan, lanes + (size_t)i * plan.qpairs);
	for (uint32_t i = 0; plan.group && i < plan.lanes; i++)
		check("member", nvu_group_add(plan.group, lanes[i].qpair) < 0);
	drive(&plan, lanes, plan.warmup);
	for (uint32_t i = 0; plan.inflight && i < plan.lanes; i++)
		check("I/O", queue_batch(&plan, &lanes[i]));
	/* Until a millisecond has passed, and the commands in flight have their deadlines. */
	if (plan.inflight)
		drive(&plan, lanes, plan.warmup);
	CALLGRIND_START_INSTRUMENTATION; /* with --instr-atstart=no: a long warm-up is quicker without */
	CALLGRIND_TOGGLE_COLLECT;
	drive(&plan, lanes, plan.count);
	CALLGRIND_TOGGLE_COLLECT;
	for (uint32_t i = 0; i < plan.lanes; i++)
		check("violations", (int)nvu_mock_violations(lanes[i].mock));
	return 0; /* the process ends with everything open: closing is not what is measured */
}
