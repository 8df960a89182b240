/* SPDX-License-Identifier: MIT */
/*
 * end.c: why a queue pair has ended, for who uses it afterwards.
 */
#include "base/error.h"
#include "qpair/qpair.h"

#include <errno.h>

int qpair_end(struct nvu_qpair *qpair, enum qpair_end end, uint32_t limit)
{
	qpair->end = end;
	qpair->end_limit = limit;
	return -ENOSPC;
}

int qpair_report_end(const struct nvu_qpair *qpair)
{
	switch (qpair->error == -ENOSPC ? qpair->end : QPAIR_END_NONE) {
	case QPAIR_END_QUEUES:
		return error_set(qpair->error,
				 "queue pair %u has ended: since a reset the controller grants %u "
				 "queue pairs; destroy it, the others go on",
				 qpair->id, qpair->end_limit);
	case QPAIR_END_ENTRIES:
		return error_set(
			qpair->error,
			"queue pair %u has ended: since a reset the controller takes queues "
			"of %u entries, and it has %u; destroy it and create another",
			qpair->id, qpair->end_limit, qpair->entries);
	default:
		return error_set(qpair->error,
				 "queue pair %u has ended: its controller has failed or was "
				 "closed; every command has been answered",
				 qpair->id);
	}
}
