/* SPDX-License-Identifier: MIT */
/*
 * options.h: what the user asked for.
 */
#ifndef PERF_OPTIONS_H
#define PERF_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct workload {
	const char *name;
	bool random;
	bool reads;
	bool writes;
};

struct options {
	const struct workload *workload;
	uint32_t depth;	       /* outstanding commands of a queue pair */
	uint32_t batch;	       /* completions of a poll, commands of a doorbell write */
	uint32_t threads;      /* each with one queue pair on every controller */
	uint32_t nsid;	       /* 0: the one that the address names, or 1 */
	uint32_t read_percent; /* of a mixed workload */
	uint32_t timeout_ms;   /* of one command */
	uint64_t io_bytes;     /* 0: 4 KiB, or the block if that is larger */
	uint64_t time_ns;      /* 0: until count is reached */
	uint64_t warmup_ns;
	uint64_t count; /* I/Os of a thread on a controller; 0: until time has passed */
	uint64_t first_lba;
	uint64_t lba_count; /* 0: to the end of the namespace */
	uint64_t seed;	    /* of offsets and of --verify's data */
	bool verify;
	bool yes_destroy;
	bool wait;
	const char *json_path; /* "-": stdout, instead of the table */
	const char *plot_path;
	char *const *addresses;
	uint32_t address_count;
};

/*
 * Fills @ret_options. Returns -1 to go on, or the status to exit with: 0 after --help or
 * --version, EXIT_USAGE after a complaint on stderr.
 */
int options_parse(int argc, char **argv, struct options *ret_options);

/* A software controller holds nothing that could be lost. */
bool options_is_mock(const char *address);

#endif /* PERF_OPTIONS_H */
