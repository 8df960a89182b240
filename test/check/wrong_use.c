/* SPDX-License-Identifier: MIT */
/*
 * wrong_use.c: frees a buffer twice. 0 when the second time is refused.
 */
#include <nvu/nvu.h>

#include <errno.h>

int main(void)
{
	struct nvu_ctrl *ctrl;
	struct nvu_dma *buf;

	if (nvu_ctrl_open("mock:size=1M", NULL, &ctrl))
		return 1;
	if (nvu_dma_alloc(ctrl, 4096, &buf) || nvu_dma_free(buf))
		return 2;
	if (nvu_dma_free(buf) != -EINVAL)
		return 3;
	nvu_ctrl_close(ctrl);
	return 0;
}
