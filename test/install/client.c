/* SPDX-License-Identifier: MIT */
/*
 * client.c: a program as a user of the installed library writes it; compiled as C and as C++ against
 * the installed prefix only. Writes and reads one block of the mock controller.
 */
#include <nvu/mock.h>
#include <nvu/nvu.h>

#include <stdio.h>
#include <string.h>

/* Publish what is queued and wait for its one completion. */
static int finish(struct nvu_qpair *qpair)
{
	struct nvu_cpl cpl;
	int reaped;

	do {
		reaped = nvu_poll(qpair, &cpl, 1);
	} while (reaped == 0);
	return reaped < 0 ? reaped : cpl.status;
}

static int round_trip(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, struct nvu_dma *buf)
{
	const struct nvu_ns *ns = NULL;
	char *memory = (char *)nvu_dma_addr(buf);
	int ret = nvu_ns_get(ctrl, 1, &ns);

	if (ret)
		return ret;
	memset(memory, 'n', 512);
	if ((ret = nvu_write(qpair, ns, 7, 1, buf, 0, 1)) || (ret = finish(qpair)))
		return ret;
	memset(memory, 0, 512);
	if ((ret = nvu_read(qpair, ns, 7, 1, buf, 0, 2)) || (ret = finish(qpair)))
		return ret;
	for (int i = 0; i < 512; i++)
		if (memory[i] != 'n')
			return -1;
	return 0;
}

int main(void)
{
	struct nvu_ctrl *ctrl = NULL;
	struct nvu_qpair *qpair = NULL;
	struct nvu_dma *buf = NULL;
	int ret;

	if (!(ret = nvu_ctrl_open("mock:size=1M", NULL, &ctrl)) &&
	    !(ret = nvu_qpair_create(ctrl, NULL, &qpair)) &&
	    !(ret = nvu_dma_alloc(ctrl, 4096, &buf)))
		ret = round_trip(ctrl, qpair, buf);
	if (ret)
		fprintf(stderr, "%s: %s\n", nvu_strerror(ret), nvu_last_error());
	else
		printf("nvu %s works\n", nvu_version());
	nvu_qpair_destroy(qpair);
	(void)nvu_dma_free(buf);
	nvu_ctrl_close(ctrl);
	return ret != 0;
}
