// SPDX-License-Identifier: MIT
/*
 * sentences_wait.c: calls of nvu/wait.h that fail, and that work.
 */
#include "sentences.h"

static int wait_works(struct rig *rig)
{
	struct nvu_cpl cpl;

	return nvu_wait(rig->qpair, &cpl, 1, 1) || nvu_qpair_wake(rig->qpair);
}

static int wait_without_room(struct rig *rig)
{
	return nvu_wait(rig->qpair, NULL, 0, 1);
}

static int fd_without_interrupts(struct rig *rig)
{
	return nvu_qpair_fd(rig->qpair);
}

static int fd_works(struct rig *rig)
{
	struct nvu_qpair *qpair;
	int ret = nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.flags = NVU_QPAIR_INTERRUPT), &qpair);

	if (ret)
		return ret;
	ret = nvu_qpair_fd(qpair) < 0;
	nvu_qpair_destroy(qpair);
	return ret;
}

const struct sentence_row sentence_wait_rows[] = {
	{ "nvu_wait", wait_without_room, wait_works },
	{ "nvu_qpair_wake", NULL, wait_works },
	{ "nvu_qpair_fd", fd_without_interrupts, fd_works },
	{ NULL, NULL, NULL },
};
