/* SPDX-License-Identifier: MIT */
/*
 * vm_inject.c: see vm_inject.h.
 */
#include "vm_inject.h"

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
	REQUEST_MS_MAX = 60000,
	EVERY_ROUND_KILLS = 8,
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

/* One round, before it is shuffled. */
static const enum kind one_round[] = {
	KIND_RESET,	KIND_RESET,	  KIND_RESET,	    KIND_RESET, KIND_RESET, KIND_NO_MASTER,
	KIND_NO_MASTER, KIND_NO_MASTER_2, KIND_NO_MASTER_2, KIND_FLR,	KIND_FLR,   KIND_FLR_2,
	KIND_NO_MEMORY, KIND_NO_MEMORY_2, KIND_SLOW,	    KIND_SLOW,	KIND_KILL,  KIND_PULL,
};

_Static_assert(sizeof(one_round) / sizeof(one_round[0]) == ROUND_KINDS, "a whole round");

const char *inject_name(enum kind kind)
{
	return names[kind];
}

void inject_progress(struct injections *injections)
{
	__atomic_store_n(&injections->progress_ms, now_ms(), __ATOMIC_RELAXED);
}

/* Spreads the faults over time; the test waits for nothing here. Meanwhile it services the controller. */
static void pause_ms(struct inject_target *target, uint64_t ms)
{
	const uint64_t end_ms = now_ms() + ms;

	while (now_ms() < end_ms && __atomic_load_n(&target->active, __ATOMIC_ACQUIRE)) {
		(void)nvu_ctrl_service(target->ctrl, NULL);
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
	}
}

/* A function of guest.sh. */
static void guest(struct injections *injections, const char *words)
{
	char command[160];

	(void)snprintf(command, sizeof(command), ". /vm/guest.sh; %s >&2", words);
	if (system(command))
		die("\"%s\" failed", words);
	inject_progress(injections);
}

/* --- the faults --------------------------------------------------------------------------------------- */

void inject_gate(struct inject_target *target)
{
	if (!__atomic_load_n(&target->shut, __ATOMIC_ACQUIRE))
		return;
	(void)__atomic_add_fetch(&target->waiting, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&target->shut, __ATOMIC_ACQUIRE))
		(void)sched_yield();
	(void)__atomic_sub_fetch(&target->waiting, 1, __ATOMIC_ACQ_REL);
}

/* Returns when each worker waits at the gate, with its commands in flight, or has ended. */
static void shut_gate(struct inject_target *target)
{
	__atomic_store_n(&target->shut, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&target->waiting, __ATOMIC_ACQUIRE) <
	       __atomic_load_n(&target->active, __ATOMIC_ACQUIRE))
		(void)sched_yield();
}

static void open_gate(struct inject_target *target)
{
	__atomic_store_n(&target->shut, 0, __ATOMIC_RELEASE);
	while (__atomic_load_n(&target->waiting, __ATOMIC_ACQUIRE))
		(void)sched_yield();
}

/* The low byte of the PCI command register, without VFIO's knowledge. */
static void set_command_behind(const struct inject_target *target, uint8_t command)
{
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", target->address);
	file = fopen(path, "r+");
	if (!file || fseek(file, PCI_COMMAND, SEEK_SET) || fputc(command, file) == EOF ||
	    fclose(file))
		die("%s: %s", path, strerror(errno));
}

static void reset_behind(struct inject_target *target)
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

static void write_command(const struct inject_target *target, uint16_t command, bool behind)
{
	if (behind)
		set_command_behind(target, (uint8_t)command);
	else
		set_command(command | PCI_COMMAND_INTX_DISABLE);
}

/*
 * A controller that is dead when the fault ends stays without bus mastering: nvu has switched it off and
 * freed the buffers. If this test switched it on, the controller could write to their memory.
 */
static void inject_command(struct inject_target *target, uint16_t command, bool behind, uint64_t ms)
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

static void inject_slow(struct injections *injections, struct inject_target *target, uint64_t ms)
{
	guest(injections, "limit endured iops-total 100");
	pause_ms(target, 1500 + ms);
	guest(injections, "limit endured iops-total 0");
}

/* Returns when the kernel has requested the device. The caller closes the controller. */
static void inject_pull(struct injections *injections, struct nvu_ctrl *ctrl)
{
	struct nvu_event event = { 0 };
	int ret;

	guest(injections, "pull endured");
	do {
		ret = nvu_ctrl_service(ctrl, &event);
		if (now_ms() - __atomic_load_n(&injections->progress_ms, __ATOMIC_RELAXED) >
		    REQUEST_MS_MAX)
			die("the kernel does not request the device");
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
	} while (ret <= 0 || event.type != NVU_EVENT_RELEASE);
}

/* Marks the kernel's log, so that a complaint of the kernel follows the fault that caused it. */
static void log_to_kernel(const char *words)
{
	FILE *file = fopen("/dev/kmsg", "w");

	if (!file)
		return;
	(void)fprintf(file, "<7>fault: %s\n", words);
	(void)fclose(file);
}

static void inject(struct injections *injections, struct inject_target *target, enum kind kind)
{
	const uint64_t ms = stress_random(&injections->random) % injections->spread_ms;

	injections->count[kind]++;
	(void)printf("%s\n", names[kind]);
	(void)fflush(stdout);
	log_to_kernel(names[kind]);
	inject_progress(injections);
	if (kind == KIND_RESET)
		injections->reset_errors += nvu_ctrl_reset(target->ctrl) != 0;
	else if (kind == KIND_NO_MASTER || kind == KIND_NO_MASTER_2)
		inject_command(target, PCI_COMMAND_MEMORY, kind == KIND_NO_MASTER_2, ms);
	else if (kind == KIND_NO_MEMORY || kind == KIND_NO_MEMORY_2)
		inject_command(target, 0, kind == KIND_NO_MEMORY_2, ms);
	else if (kind == KIND_FLR && ioctl(find_device(), VFIO_DEVICE_RESET))
		die("function level reset: %s", strerror(errno));
	else if (kind == KIND_FLR_2)
		reset_behind(target);
	else if (kind == KIND_SLOW)
		inject_slow(injections, target, ms);
	else if (kind == KIND_KILL)
		(void)raise(SIGKILL);
	else if (kind == KIND_PULL)
		inject_pull(injections, target->ctrl);
	log_to_kernel("over");
	inject_progress(injections);
}

void inject_plug(struct injections *injections)
{
	guest(injections, "plug endured $K rp2 k2 nvu-K");
}

/* --- the order of the faults ---------------------------------------------------------------------------------------- */

static void shuffle(struct injections *injections)
{
	memcpy(injections->order, one_round, sizeof(one_round));
	for (uint32_t left = ROUND_KINDS; left > 1; left--) {
		uint32_t at = (uint32_t)(stress_random(&injections->random) % left);
		enum kind last = injections->order[left - 1];

		injections->order[left - 1] = injections->order[at];
		injections->order[at] = last;
	}
	injections->taken = 0;
	injections->rounds++;
}

/* Kills become rare in later rounds, so that some processes live long: their memory must not grow. */
static bool is_due(const struct injections *injections, enum kind kind)
{
	const uint64_t rounds = injections->rounds;

	return kind != KIND_KILL || rounds <= EVERY_ROUND_KILLS || !(rounds & (rounds - 1));
}

static enum kind take(struct injections *injections)
{
	enum kind kind;

	do {
		if (injections->taken == ROUND_KINDS)
			shuffle(injections);
		kind = injections->order[injections->taken++];
	} while (!is_due(injections, kind));
	return kind;
}

void inject_init(struct injections *injections, uint64_t seed, uint64_t spread_ms)
{
	injections->spread_ms = spread_ms;
	injections->random = seed * 2 + 1; /* not 0 */
	shuffle(injections);
}

bool inject_had_round(const struct injections *injections)
{
	return injections->rounds > 1 || injections->taken == ROUND_KINDS;
}

enum kind inject_next(struct injections *injections, struct inject_target *target,
		      void (*report)(enum kind kind))
{
	enum kind kind;

	pause_ms(target, PAUSE_MS_MIN + stress_random(&injections->random) % injections->spread_ms);
	if (!__atomic_load_n(&target->active, __ATOMIC_ACQUIRE))
		return KINDS;
	kind = take(injections);
	report(kind);
	inject(injections, target, kind);
	return kind;
}
