/* SPDX-License-Identifier: MIT */
/*
 * vm_inject.h: injects faults into a controller of the virtual machine. The kinds of faults are in a list,
 * which the seed shuffles: each round injects every entry of the list once.
 */
#ifndef VM_INJECT_H
#define VM_INJECT_H

#include <nvu/nvu.h>

#include <stdbool.h>
#include <stdint.h>

enum kind {
	KIND_RESET,
	KIND_NO_MASTER,	  /* bus mastering off, through VFIO */
	KIND_NO_MASTER_2, /* ... and without its knowledge */
	KIND_NO_MEMORY,	  /* memory decoding off, through VFIO: the mapping goes, SIGBUS */
	KIND_NO_MEMORY_2, /* ... and without its knowledge: a read returns the answer of the bus */
	KIND_FLR,	  /* function level reset through VFIO */
	KIND_FLR_2,	  /* ... and through sysfs */
	KIND_SLOW,	  /* the drive takes longer than the deadline */
	KIND_KILL,
	KIND_PULL, /* pulled out in order, and put back */
	KINDS,
};

enum { ROUND_KINDS = 18 };

/* The faults injected so far, and the order of the next ones. May be in memory that outlives the process. */
struct injections {
	uint64_t random;
	enum kind order[ROUND_KINDS];
	uint32_t taken;	 /* of .order */
	uint64_t rounds; /* begun */
	uint64_t spread_ms;
	uint64_t count[KINDS], reset_errors;
	uint64_t progress_ms; /* atomic: time of the last sign of progress, for the watchdog */
};

/* The controller under test. */
struct inject_target {
	const char *address;
	struct nvu_ctrl *ctrl;
	unsigned workers; /* started */
	unsigned active;  /* atomic: those that have not ended; 0 ends every wait */
	/*
	 * Atomic: a gate. While .shut is 1, workers wait in inject_gate(), and .waiting counts them. QEMU 7.2 crashes, now and then,
	 * when one processor uses registers while another takes them away without VFIO's knowledge.
	 */
	unsigned shut, waiting;
};

/* Workers call it before each poll. */
void inject_gate(struct inject_target *target);

const char *inject_name(enum kind kind);

/* Pauses between faults, and how long one lasts, differ by up to spread_ms. */
void inject_init(struct injections *injections, uint64_t seed, uint64_t spread_ms);

/* Whether one round has injected every entry. */
bool inject_had_round(const struct injections *injections);

/*
 * After a pause, takes the next kind, reports it by `report`, and injects it. KINDS: the workers ended before.
 * After KIND_PULL the kernel waits until the controller is closed; then inject_plug() puts the drive back.
 */
enum kind inject_next(struct injections *injections, struct inject_target *target,
		      void (*report)(enum kind kind));
void inject_plug(struct injections *injections);

/* Resets the watchdog. */
void inject_progress(struct injections *injections);

#endif
