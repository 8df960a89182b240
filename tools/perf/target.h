/* SPDX-License-Identifier: MIT */
/*
 * target.h: a controller under test, with the part of its namespace that is measured.
 */
#ifndef PERF_TARGET_H
#define PERF_TARGET_H

#include "options.h"

#include <nvu/nvu.h>

struct target {
	const char *address;
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns;
	const struct nvu_ctrl_info *info;
	const struct nvu_ns_info *ns_info;
	uint32_t io_bytes;
	uint32_t unit_blocks; /* of one I/O: the range is cut into units */
	uint64_t first_lba;
	uint64_t units;
};

/*
 * Open @address and check that it can do what @options ask for. Returns 0, or after a complaint
 * EXIT_USAGE or EXIT_FAILED.
 */
int target_open(const char *address, const struct options *options, struct target *ret_target);

void target_close(struct target *target);

#endif /* PERF_TARGET_H */
