/* SPDX-License-Identifier: MIT */
/*
 * rw.c: the public function of nvu/io.h.
 */
#include "base/opts.h"
#include "io/rw_check.h"
#include "io/rw_plan.h"
#include "io/slow.h"

#include <nvu/io.h>

int nvu_rw(struct nvu_qpair *qpair, const struct nvu_rw_args *args)
{
	struct nvu_rw_args copy;
	struct rw_plan plan;
	struct nvu_sqe cmd;
	int ret = opts_copy(&copy, sizeof(copy), args);

	if (!ret)
		ret = rw_check(qpair, &copy, &plan);
	if (ret)
		return ret;
	rw_plan_command(&plan, 0, (uint32_t)plan.blocks, &cmd);
	return slow_queue(qpair, __func__, &cmd, plan.buf, plan.offset,
			  rw_plan_bytes(&plan, (uint32_t)plan.blocks), copy.user_data);
}
