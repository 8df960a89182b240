/* SPDX-License-Identifier: MIT */
/*
 * traced.c: a program to trace with scripts/trace/nvu.bt. It reads 8 blocks at block 40 every 10 ms until
 * its standard input has a byte; then it resets the controller once and goes on, until the input ends.
 */
#include <nvu/mock.h>
#include <nvu/nvu.h>

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static int read_once(struct nvu_qpair *qpair, const struct nvu_ns *ns, const struct nvu_dma *buf)
{
	struct nvu_cpl cpl;
	int ret = nvu_read(qpair, ns, 40, 8, buf, 0, 0);

	while (!ret)
		ret = nvu_poll(qpair, &cpl, 1);
	return ret > 0 ? 0 : ret;
}

/* Whether to go on. */
static bool wait_a_moment(struct nvu_ctrl *ctrl, int *ret)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char byte;

	if (poll(&input, 1, 10) <= 0)
		return true;
	if (read(STDIN_FILENO, &byte, 1) != 1)
		return false;
	*ret = nvu_ctrl_reset(ctrl);
	return true;
}

int main(void)
{
	struct nvu_ctrl *ctrl = NULL;
	struct nvu_qpair *qpair = NULL;
	struct nvu_dma *buf = NULL;
	const struct nvu_ns *ns;
	int ret;

	if (!(ret = nvu_ctrl_open("mock:", NULL, &ctrl)) && !(ret = nvu_ns_get(ctrl, 1, &ns)) &&
	    !(ret = nvu_qpair_create(ctrl, NULL, &qpair)) &&
	    !(ret = nvu_dma_alloc(ctrl, 4096, &buf)))
		while (!(ret = read_once(qpair, ns, buf)) && wait_a_moment(ctrl, &ret) && !ret)
			;
	if (ret)
		fprintf(stderr, "traced: %s\n", nvu_last_error());
	nvu_qpair_destroy(qpair);
	(void)nvu_dma_free(buf);
	nvu_ctrl_close(ctrl);
	return ret != 0;
}
