/* SPDX-License-Identifier: MIT */
/*
 * read.c: the first program to read. It opens the controller named on the command line, reads the
 * first eight blocks of the namespace with one doorbell write, and shows the first 64 bytes.
 *
 *	read mock:              a software controller: no hardware, no root
 *	read 0000:01:00.0       a drive that is bound to vfio-pci
 *	read 0000:01:00.0#2     its namespace 2
 */
#include <nvu/nvu.h>
#include <stdio.h>

enum { READS = 8, SHOWN_BYTES = 64 };

int main(int argc, char **argv)
{
	struct nvu_ctrl *ctrl = NULL;
	struct nvu_qpair *qpair = NULL;
	struct nvu_dma *buf = NULL;
	struct nvu_cpl cpls[READS];
	const struct nvu_ns *ns;
	uint32_t block_bytes = 0;
	int ret, done = 0, reaped, status = 0;

	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr, "read: usage: read ADDRESS, such as mock: or 0000:01:00.0\n");
		return 2;
	}
	if ((ret = nvu_open(argv[1], NULL, &ctrl, &ns)) ||
	    (ret = nvu_qpair_create(ctrl, NULL, &qpair)))
		goto out;
	block_bytes = nvu_ns_info(ns)->block_bytes;
	ret = nvu_dma_alloc(ctrl, (size_t)READS * block_bytes, &buf);

	/* Queue eight reads of one block each: into the ring only, the drive does not know yet. */
	for (uint32_t i = 0; !ret && i < READS; i++)
		ret = nvu_read(qpair, ns, i, 1, buf, (size_t)i * block_bytes, i);

	/* Polling publishes the commands and collects completions, which come in any order. */
	while (!ret && done < READS) {
		reaped = nvu_poll(qpair, cpls, READS); /* never blocks; 0 means "not yet" */
		ret = reaped < 0 ? reaped : 0;
		for (int i = 0; i < reaped; i++, done++)
			status = cpls[i].status ? cpls[i].status : status;
	}
	for (int i = 0; !ret && !status && i < SHOWN_BYTES; i++)
		printf("%02x%c", ((uint8_t *)nvu_dma_addr(buf))[i], i % 16 == 15 ? '\n' : ' ');
out:
	if (ret || status)
		fprintf(stderr, "read: %s\n", ret ? nvu_last_error() : nvu_strerror(status));
	nvu_qpair_destroy(qpair); /* first: after this the drive no longer writes to buf */
	nvu_dma_free(buf);
	nvu_ctrl_close(ctrl);
	return ret || status ? 1 : 0;
}
