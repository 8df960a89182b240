/* SPDX-License-Identifier: MIT */
/*
 * advice.c: see status.h.
 */
#include "spec/status.h"

#include <nvu/spec.h>
#include <stddef.h>

/* What helps whether the controller sets DNR or not. */
static const char *own_advice(uint32_t status)
{
	switch (status) {
	case NVU_SC_INVALID_OPCODE:
		return "ask nvu_ns_info()->commands what the controller has";
	case NVU_SC_INVALID_NS:
	case NVU_SC_LBA_RANGE:
		return "get the namespace again with nvu_ns_get(): it may have changed";
	case NVU_SC_ABORT_REQUESTED:
	case NVU_SC_ABORT_SQ_DELETED:
	case NVU_SC_ABORT_PREEMPTED:
		return "it may have been carried out in part; send it again if it is still wanted";
	case NVU_SC_ABORT_FUSED_FAILED:
		return "it was not carried out: the first command of the pair says why";
	case NVU_SC_SANITIZE_FAILED:
		return "repeat the sanitize operation: nothing else works before that";
	case NVU_SC_NS_WRITE_PROTECTED:
	case NVU_SC_READ_ONLY_RANGE:
		return "write elsewhere, or lift the protection";
	case NVU_SC_CAPACITY_EXCEEDED:
		return "deallocate blocks that are no longer needed";
	case NVU_SC_RESERVATION_CONFLICT:
		return "another host has reserved the namespace: do not send it again before that "
		       "has "
		       "changed";
	case NVU_SC_WRITE_FAULT:
		return "write the blocks again, or elsewhere";
	case NVU_SC_UNRECOVERED_READ:
	case NVU_SC_DEALLOCATED:
		return "take the data from another copy: the blocks can be read again once they "
		       "are "
		       "written";
	case NVU_SC_GUARD_CHECK:
	case NVU_SC_APP_TAG_CHECK:
	case NVU_SC_REF_TAG_CHECK:
	case NVU_SC_STORAGE_TAG_CHECK:
		return "take the data from another copy: these are not what was written here";
	case NVU_SC_COMPARE_FAILED:
		return "read the blocks to see what they contain";
	default:
		return NULL;
	}
}

const char *status_advice(int status, bool again, bool later)
{
	const char *advice = own_advice((uint32_t)status & 0x7ff);

	if (advice)
		return advice;
	if (!again)
		return "do not send it again unchanged: it would fail again";
	return later ? "send it again after a while" : "send it again: that may succeed";
}
