/* SPDX-License-Identifier: MIT */
/*
 * vm_tool.h: what the parts of vm_tool share. Like any application it knows the public API only.
 * An unmet expectation prints one line and ends the program: 1 what nvu did is wrong, 2 usage.
 */
#ifndef VM_TOOL_H
#define VM_TOOL_H

#include <nvu/nvu.h>

#include <stdint.h>

/* A controller with one queue pair. */
struct drive {
	struct nvu_ctrl *ctrl;
	struct nvu_qpair *qpair;
};

void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Ends the program unless ret is 0. */
void must(int ret, const char *what);

/* Prints a line at once: a suite waits for it. */
void say(const char *line);

/* A clock that only goes forward. */
uint64_t now_ms(void);

/* What the calling thread has used of the processor. */
uint64_t cpu_ns(void);

/*
 * wait() returns 0 after idle_ms of waiting for nothing on `qpairs` queue pairs, and takes less than 1 % of a core: once in
 * four times, as a busy host adds to it.
 */
void must_be_idle(int (*wait)(void *arg), void *arg, uint64_t idle_ms, int qpairs);

/* What the environment says in READY_TIMEOUT_MS; without it 0: the controller's own, 7.5 s of QEMU's. */
uint32_t ready_timeout_ms(void);

/* depth 0: the library's default. */
struct drive drive_open(const char *address, uint32_t depth);
struct drive drive_open_opts(const char *address, const struct nvu_ctrl_opts *ctrl_opts,
			     const struct nvu_qpair_opts *qpair_opts);
void drive_close(struct drive *drive);

const struct nvu_ns *drive_ns(struct drive *drive, uint32_t nsid);

/* Polls until `count` commands have completed with success; 30 s are plenty. */
void drive_wait(struct drive *drive, uint32_t count);

struct nvu_dma *dma_alloc(struct drive *drive, size_t len);

/* Repeatable noise. */
void fill_noise(void *memory, size_t len, uint64_t seed);

uint64_t number_of(const char *text);

/* What the kernel says of this process; what a leak would show in. */
struct usage {
	long descriptors;
	long mappings;	     /* lines of /proc/self/maps */
	long locked_kib;     /* VmLck */
	long pinned_kib;     /* VmPin */
	long resident_kib;   /* VmRSS */
	long free_hugepages; /* of the whole guest, in which nothing else uses any */
};
struct usage usage_now(void);

/* The descriptor of the only VFIO device that this process has open. */
int find_device(void);

/* Writes the PCI command register through VFIO. */
void set_command(uint16_t command);

/* The subcommands; most have the address in argv[0]. */
int cmd_noise(int argc, char **argv);
int cmd_same(int argc, char **argv);
int cmd_write(int argc, char **argv);
int cmd_read(int argc, char **argv);
int cmd_sizes(int argc, char **argv);
int cmd_shared(int argc, char **argv);
int cmd_depth(int argc, char **argv);
int cmd_wild(int argc, char **argv);
int cmd_cycles(int argc, char **argv);
int cmd_hang(int argc, char **argv);
int cmd_vanish(int argc, char **argv);
int cmd_fatal(int argc, char **argv);
int cmd_lose(int argc, char **argv);
int cmd_reset(int argc, char **argv);
int cmd_storm(int argc, char **argv);
int cmd_doorbells(int argc, char **argv);
int cmd_db_count(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_figures(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_features(int argc, char **argv);
int cmd_change(int argc, char **argv);
int cmd_limits(int argc, char **argv);
int cmd_formats(int argc, char **argv);
int cmd_protect(int argc, char **argv);
int cmd_tuples(int argc, char **argv);
int cmd_manage(int argc, char **argv);
int cmd_endure(int argc, char **argv);
int cmd_full(int argc, char **argv);
int cmd_rings(int argc, char **argv);
int cmd_nvm(int argc, char **argv);
int cmd_block(int argc, char **argv);
int cmd_gather(int argc, char **argv);
int cmd_wait(int argc, char **argv);
int cmd_late(int argc, char **argv);
int cmd_group(int argc, char **argv);
int cmd_fds(int argc, char **argv);

#endif
