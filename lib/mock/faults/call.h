/* SPDX-License-Identifier: MIT */
/*
 * call.h: counts the driver's transport calls and lets one of them fail (nvu_mock_fail_call()).
 */
#ifndef NVU_MOCK_FAULTS_CALL_H
#define NVU_MOCK_FAULTS_CALL_H

#include "base/error.h"
#include "mock/model.h"

/* Counts a call with the mock's lock held: 0, or the -errno it is to fail with. */
static inline int mock_call_count(struct nvu_mock *mock, const char *what)
{
	mock->stats.transport_calls++;
	if (mock->fail_call == 0 || --mock->fail_call != 0)
		return 0;
	mock->call_failed = true;
	return error_set(mock->fail_error, "%s: %s failed because a test asked for it",
			 mock->address, what);
}

#endif
