/* SPDX-License-Identifier: MIT */
/*
 * stopped.c: a program to look at with scripts/gdb/nvu.py: stop_here() is called while two commands are
 * in flight, one of them answered and not polled, and a third is queued and not submitted.
 */
#include <nvu/mock.h>
#include <nvu/nvu.h>

#include <stdio.h>

/* What test_gdb.py looks at. */
struct nvu_ctrl *the_ctrl;
struct nvu_qpair *the_qpair;
struct nvu_dma *the_buf;
void *nothing;

void stop_here(void);

__attribute__((noinline)) void stop_here(void)
{
	__asm__ volatile("" ::: "memory");
}

static int fail(int ret)
{
	fprintf(stderr, "stopped: %s\n", nvu_last_error());
	return ret != 0;
}

int main(void)
{
	struct nvu_mock *mock;
	const struct nvu_ns *ns;
	struct nvu_cpl cpl;
	int ret;

	if ((ret = nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED), &mock)) ||
	    (ret = nvu_ctrl_open(nvu_mock_address(mock), NVU_CTRL_OPTS(.io_timeout_ms = 60000),
				 &the_ctrl)) ||
	    (ret = nvu_ns_get(the_ctrl, 1, &ns)) ||
	    (ret = nvu_qpair_create(the_ctrl, NVU_QPAIR_OPTS(.depth = 8), &the_qpair)) ||
	    (ret = nvu_dma_alloc(the_ctrl, 16384, &the_buf)) ||
	    (ret = nvu_poll(the_qpair, &cpl, 1)) ||
	    (ret = nvu_read(the_qpair, ns, 40, 8, the_buf, 0, 0x1001)) ||
	    (ret = nvu_write(the_qpair, ns, 48, 4, the_buf, 4096, 0x1002)) ||
	    (ret = nvu_submit(the_qpair)))
		return fail(ret);
	nvu_qpair_set_timeout(the_qpair, 1); /* the two have their deadlines now */
	nvu_qpair_set_timeout(the_qpair, 0);
	if ((ret = nvu_flush(the_qpair, ns, 0x1003)))
		return fail(ret);
	nvu_mock_step(mock, 1);
	stop_here();
	nvu_qpair_destroy(the_qpair);
	(void)nvu_dma_free(the_buf);
	nvu_ctrl_close(the_ctrl);
	nvu_mock_destroy(mock);
	return 0;
}
