/* SPDX-License-Identifier: MIT */
/*
 * rw.c: the public function of nvu/io.h.
 */
#include "base/opts.h"
#include "io/rw_check.h"
#include "io/slow.h"

#include <nvu/io.h>

int nvu_rw(struct nvu_qpair *qpair, const struct nvu_rw_args *args)
{
	struct nvu_rw_args copy;
	struct rw_plan plan;
	int ret = opts_copy(&copy, sizeof(copy), args);

	if (!ret)
		ret = rw_check(qpair, &copy, &plan);
	return ret ? ret : slow_queue_plan(qpair, __func__, &plan, copy.user_data);
}
