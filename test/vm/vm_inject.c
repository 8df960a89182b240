/* SPDX-License-Identifier: MIT */
/*
 * vm_strike.c: see vm_strike.h.
 */
#include "vm_strike.h"

#include "stress.h"
#include "vm_tool.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

enum {
	PAUSE_MS_MIN = 100,
	PAUSE_MS_SPREAD = 900,
	REQUEST_MS_MAX = 60000,
	EVERY_DECK_KILLS = 8,
};

static const char *const names[KINDS] = {
	"reset",
	"no bus mastering",
	"no bus mastering (sysfs)",
	"no memory",
	"no memory (sysfs)",
	"function reset",
	"function reset (sysfs)",
	"slow",
	"kill -9",
	"pulled out",
};

static const enum kind deck[] = {
	KIND_RESET,	KIND_RESET,	  KIND_RESET,	    KIND_RESET, KIND_RESET, KIND_NO_MASTER,
	KIND_NO_MASTER, KIND_NO_MASTER_2, KIND_NO_MASTER_2, KIND_FLR,	KIND_FLR,   KIND_FLR_2,
	KIND_NO_MEMORY, KIND_NO_MEMORY_2, KIND_SLOW,	    KIND_SLOW,	KIND_KILL,  KIND_PULL,
};

_Static_assert(sizeof(deck) / sizeof(deck[0]) == STRIKE_CARDS, "the deck is whole");

const char *strike_name(enum kind kind)
{
	return names[kind];
}

void strike_beat(struct strikes *strikes)
{
	__atomic_store_n(&strikes->beat_ms, now_ms(), __ATOMIC_RELAXED);
}

/* A pace, not a way to wait for anything. The control plane is looked at meanwhile. */
static void pause_ms(struct strike_target *target, uint64_t ms)
{
	const uint64_t end_ms = now_ms() + ms;

	while (now_ms() < end_ms && __atomic_load_n(&target->active, __ATOMIC_ACQUIRE)) {
		(void)nvu_ctrl_service(target->ctrl, NULL);
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
	}
}

/* A function of guest.sh. */
static void guest(struct strikes *strikes, const char *words)
{
	char command[160];

	(void)snprintf(command, sizeof(command), ". /vm/guest.sh; %s >&2", words);
	if (system(command))
		die("\"%s\" failed", words);
	strike_beat(strikes);
}

/* --- strikes --------------------------------------------------------------------------------------- */

void strike_gate(struct strike_target *target)
{
	if (!__atomic_load_n(&target->shut, __ATOMIC_ACQUIRE))
		return;
	(void)__atomic_add_fetch(&target->waiting, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&target->shut, __ATOMIC_ACQUIRE))
		(void)sched_yield();
	(void)__atomic_sub_fetch(&target->waiting, 1, __ATOMIC_ACQ_REL);
}

/* All workers are there, with their commands in flight, or have ended. */
static void shut_gate(struct strike_target *target)
{
	__atomic_store_n(&target->shut, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&target->waiting, __ATOMIC_ACQUIRE) <
	       __atomic_load_n(&target->active, __ATOMIC_ACQUIRE))
		(void)sched_yield();
}

static void open_gate(struct strike_target *target)
{
	__atomic_store_n(&target->shut, 0, __ATOMIC_RELEASE);
	while (__atomic_load_n(&target->waiting, __ATOMIC_ACQUIRE))
		(void)sched_yield();
}

/* The low byte of the PCI command register, without VFIO's knowledge. */
static void set_command_behind(const struct strike_target *target, uint8_t command)
{
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", target->address);
	file = fopen(path, "r+");
	if (!file || fseek(file, PCI_COMMAND, SEEK_SET) || fputc(command, file) == EOF ||
	    fclose(file))
		die("%s: %s", path, strerror(errno));
}

static void reset_behind(struct strike_target *target)
{
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", target->address);
	shut_gate(target);
	file = fopen(path, "w");
	if (!file || fputs("1", file) == EOF || fclose(file))
		die("%s: %s", path, strerror(errno));
	open_gate(target);
}

static void write_command(const struct strike_target *target, uint16_t command, bool behind)
{
	if (behind)
		set_command_behind(target, (uint8_t)command);
	else
		set_command(command | PCI_COMMAND_INTX_DISABLE);
}

/*
 * A controller that is dead when the strike is over stays without bus mastering: nvu has cut it off, its
 * buffers are gone, and nobody but this test would let it write to where they were.
 */
static void strike_command(struct strike_target *target, uint16_t command, bool behind, uint64_t ms)
{
	shut_gate(target);
	write_command(target, command, behind);
	open_gate(target);
	pause_ms(target, ms);
	shut_gate(target);
	command = PCI_COMMAND_MEMORY;
	if (__atomic_load_n(&target->active, __ATOMIC_ACQUIRE) == target->workers)
		command |= PCI_COMMAND_MASTER;
	write_command(target, command, behind);
	open_gate(target);
}

static void strike_slow(struct strikes *strikes, struct strike_target *target, uint64_t ms)
{
	guest(strikes, "limit endured iops-total 100");
	pause_ms(target, 1500 + ms);
	guest(strikes, "limit endured iops-total 0");
}

/* Until the kernel's request has come. The caller closes the controller. */
static void strike_pull(struct strikes *strikes, struct nvu_ctrl *ctrl)
{
	struct nvu_event event = { 0 };
	int ret;

	guest(strikes, "pull endured");
	do {
		ret = nvu_ctrl_service(ctrl, &event);
		if (now_ms() - __atomic_load_n(&strikes->beat_ms, __ATOMIC_RELAXED) >
		    REQUEST_MS_MAX)
			die("the kernel does not ask for the device");
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
	} while (ret <= 0 || event.type != NVU_EVENT_RELEASE);
}

/* Where the kernel's complaints are: what came before one tells what it is about. */
static void tell_kernel(const char *words)
{
	FILE *file = fopen("/dev/kmsg", "w");

	if (!file)
		return;
	(void)fprintf(file, "<7>strike: %s\n", words);
	(void)fclose(file);
}

static void strike(struct strikes *strikes, struct strike_target *target, enum kind kind)
{
	const uint64_t ms = stress_random(&strikes->random) % 1000;

	strikes->struck[kind]++;
	(void)printf("%s\n", names[kind]);
	(void)fflush(stdout);
	tell_kernel(names[kind]);
	strike_beat(strikes);
	if (kind == KIND_RESET)
		strikes->reset_errors += nvu_ctrl_reset(target->ctrl) != 0;
	else if (kind == KIND_NO_MASTER || kind == KIND_NO_MASTER_2)
		strike_command(target, PCI_COMMAND_MEMORY, kind == KIND_NO_MASTER_2, ms);
	else if (kind == KIND_NO_MEMORY || kind == KIND_NO_MEMORY_2)
		strike_command(target, 0, kind == KIND_NO_MEMORY_2, ms);
	else if (kind == KIND_FLR && ioctl(find_device(), VFIO_DEVICE_RESET))
		die("function level reset: %s", strerror(errno));
	else if (kind == KIND_FLR_2)
		reset_behind(target);
	else if (kind == KIND_SLOW)
		strike_slow(strikes, target, ms);
	else if (kind == KIND_KILL)
		(void)raise(SIGKILL);
	else if (kind == KIND_PULL)
		strike_pull(strikes, target->ctrl);
	tell_kernel("over");
	strike_beat(strikes);
}

void strike_plug(struct strikes *strikes)
{
	guest(strikes, "plug endured $K rp2 k2 nvu-K");
}

/* --- the deck ---------------------------------------------------------------------------------------- */

static void shuffle(struct strikes *strikes)
{
	memcpy(strikes->cards, deck, sizeof(deck));
	for (uint32_t left = STRIKE_CARDS; left > 1; left--) {
		uint32_t at = (uint32_t)(stress_random(&strikes->random) % left);
		enum kind last = strikes->cards[left - 1];

		strikes->cards[left - 1] = strikes->cards[at];
		strikes->cards[at] = last;
	}
	strikes->drawn = 0;
	strikes->decks++;
}

/* Later on kills are seldom, so that there are long lives, whose memory must not grow. */
static bool is_due(const struct strikes *strikes, enum kind kind)
{
	const uint64_t decks = strikes->decks;

	return kind != KIND_KILL || decks <= EVERY_DECK_KILLS || !(decks & (decks - 1));
}

static enum kind draw(struct strikes *strikes)
{
	enum kind kind;

	do {
		if (strikes->drawn == STRIKE_CARDS)
			shuffle(strikes);
		kind = strikes->cards[strikes->drawn++];
	} while (!is_due(strikes, kind));
	return kind;
}

void strike_init(struct strikes *strikes, uint64_t seed)
{
	strikes->random = seed * 2 + 1; /* not 0 */
	shuffle(strikes);
}

bool strike_had_all(const struct strikes *strikes)
{
	return strikes->decks > 1 || strikes->drawn == STRIKE_CARDS;
}

enum kind strike_next(struct strikes *strikes, struct strike_target *target,
		      void (*tell)(enum kind kind))
{
	enum kind kind;

	pause_ms(target, PAUSE_MS_MIN + stress_random(&strikes->random) % PAUSE_MS_SPREAD);
	if (!__atomic_load_n(&target->active, __ATOMIC_ACQUIRE))
		return KINDS;
	kind = draw(strikes);
	tell(kind);
	strike(strikes, target, kind);
	return kind;
}
