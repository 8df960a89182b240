// SPDX-License-Identifier: MIT
/*
 * test_errno.c: statuses as errno, against the list of Linux's NVMe driver and block layer.
 */
#include "spec/status.h"
#include "unit.h"

#include <errno.h>
#include <nvu/error.h>

/* All that nvme_error_status() names, under the kernel's values. */
static const struct {
	int status;
	int error;
} named[] = {
	{ 0x081, ENOSPC },	 /* CAP_EXCEEDED: BLK_STS_NOSPC */
	{ 0x080, EREMOTEIO },	 /* LBA_RANGE: BLK_STS_TARGET */
	{ 0x021, EREMOTEIO },	 /* CMD_INTERRUPTED */
	{ 0x082, EREMOTEIO },	 /* NS_NOT_READY */
	{ 0x180, EOPNOTSUPP },	 /* BAD_ATTRIBUTES: BLK_STS_NOTSUPP */
	{ 0x183, EOPNOTSUPP },	 /* ONCS_NOT_SUPPORTED */
	{ 0x001, EOPNOTSUPP },	 /* INVALID_OPCODE */
	{ 0x002, EOPNOTSUPP },	 /* INVALID_FIELD */
	{ 0x00b, EOPNOTSUPP },	 /* INVALID_NS */
	{ 0x280, ENODATA },	 /* WRITE_FAULT: BLK_STS_MEDIUM */
	{ 0x281, ENODATA },	 /* READ_ERROR */
	{ 0x287, ENODATA },	 /* UNWRITTEN_BLOCK */
	{ 0x286, ENODATA },	 /* ACCESS_DENIED */
	{ 0x182, ENODATA },	 /* READ_ONLY */
	{ 0x285, ENODATA },	 /* COMPARE_FAILED */
	{ 0x282, EILSEQ },	 /* GUARD_CHECK: BLK_STS_PROTECTION */
	{ 0x283, EILSEQ },	 /* APPTAG_CHECK */
	{ 0x284, EILSEQ },	 /* REFTAG_CHECK */
	{ 0x181, EILSEQ },	 /* INVALID_PI */
	{ 0x083, EBADE },	 /* RESERVATION_CONFLICT: BLK_STS_RESV_CONFLICT */
	{ 0x370, ENOLINK },	 /* HOST_PATH_ERROR: BLK_STS_TRANSPORT */
	{ 0x1bd, EOVERFLOW },	 /* ZONE_TOO_MANY_ACTIVE: BLK_STS_ZONE_ACTIVE_RESOURCE */
	{ 0x1be, ETOOMANYREFS }, /* ZONE_TOO_MANY_OPEN: BLK_STS_ZONE_OPEN_RESOURCE */
};

static int expected(int status)
{
	for (size_t row = 0; row < sizeof(named) / sizeof(named[0]); row++)
		if (named[row].status == status)
			return -named[row].error;
	return status ? -EIO : 0; /* BLK_STS_IOERR */
}

static void errno_of_every_status_is_linux_s(void **state)
{
	(void)state;
	for (int status = 0; status <= 0x7ff; status++) {
		assert_int_equal(status_errno(status), expected(status));
		assert_int_equal(nvu_errno(status), expected(status));
	}
}

/* CRD, More and DNR are no part of a status. */
static void errno_of_a_status_does_not_depend_on_its_flags(void **state)
{
	(void)state;
	assert_int_equal(nvu_errno(0x281 | 0x4000), -ENODATA);
	assert_int_equal(nvu_errno(0x2000 | 0x1800 | 0x083), -EBADE);
}

static void errno_of_an_errno_is_itself(void **state)
{
	(void)state;
	assert_int_equal(nvu_errno(-ESTALE), -ESTALE);
	assert_int_equal(nvu_errno(-EAGAIN), -EAGAIN);
	assert_int_equal(nvu_errno(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errno_of_every_status_is_linux_s),
		cmocka_unit_test(errno_of_a_status_does_not_depend_on_its_flags),
		cmocka_unit_test(errno_of_an_errno_is_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
