/* SPDX-License-Identifier: MIT */
/*
 * abort.c: nvu_abort().
 */
#include "recovery/abort.h"
#include "qpair/misuse.h"

#include <nvu/io.h>

int nvu_abort(struct nvu_qpair *qpair, uint64_t user_data)
{
	int ret = misuse_enter(qpair, __func__);

	if (ret)
		return ret;
	ret = qpair->error ? qpair_report_end(qpair) : (int)recovery_abort(qpair, user_data);
	misuse_leave(qpair);
	return ret;
}
