/* SPDX-License-Identifier: MIT */
/*
 * vm_strike.h: injects faults into a controller of the virtual machine. The kinds of faults are in a list,
 * which the seed shuffles: each round injects every entry of the list once.
 */
#ifndef VM_STRIKE_H
#define VM_STRIKE_H

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

enum { STRIKE_CARDS = 18 };

/* The faults injected so far, and those to come. May be in memory that outlives the process. */
struct strikes {
	uint64_t random;
	enum kind cards[STRIKE_CARDS];
	uint32_t drawn; /* of these */
	uint64_t decks; /* begun */
	uint64_t struck[KINDS], reset_errors;
	uint64_t beat_ms; /* atomic: time of the last sign of progress, for the watchdog */
};

/* The controller under test. */
struct strike_target {
	const char *address;
	struct nvu_ctrl *ctrl;
	unsigned workers; /* which there are, until the controller is dead or the life over */
	unsigned active;  /* atomic: those still there; without any nothing is waited for */
	/*
	 * Atomic. While it is shut, workers that come to it wait there. QEMU 7.2 crashes, now and then,
	 * when one processor uses registers while another takes them away without VFIO's knowledge.
	 */
	unsigned shut, waiting;
};

/* Workers call it before each poll. */
void strike_gate(struct strike_target *target);

const char *strike_name(enum kind kind);

void strike_init(struct strikes *strikes, uint64_t seed);

/* Whether one round has injected every entry. */
bool strike_had_all(const struct strikes *strikes);

/*
 * After a pause, takes the next kind, reports it by `tell`, and injects it. KINDS: the workers ended before.
 * After KIND_PULL the kernel waits until the controller is closed; then strike_plug() puts the drive back.
 */
enum kind strike_next(struct strikes *strikes, struct strike_target *target,
		      void (*tell)(enum kind kind));
void strike_plug(struct strikes *strikes);

/* Resets the watchdog. */
void strike_beat(struct strikes *strikes);

#endif
