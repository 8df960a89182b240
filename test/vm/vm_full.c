// SPDX-License-Identifier: MIT
/*
 * vm_full.c: buffers have taken all mappings of the IOMMU, or all memory that may be locked.
 */
#include "vm_tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { BUFFERS_MAX = 70000 };

/* Buffers until the kernel grants no more: the last of them. */
static struct nvu_dma *take_all(struct nvu_ctrl *ctrl)
{
	struct nvu_dma *last = NULL, *more;
	int count = 0, ret;

	must(nvu_dma_alloc(ctrl, 4 << 20, &last), "a buffer of 4 MiB");
	while (!(ret = nvu_dma_alloc(ctrl, 4096, &more)) && ++count < BUFFERS_MAX)
		last = more;
	if (ret != -ENOSPC && ret != -ENOMEM)
		die("%d buffers, then %d: %s", count, ret, nvu_last_error());
	printf("# %d buffers, then: %s\n", count, nvu_last_error());
	return last;
}

static int read_smart(struct nvu_ctrl *ctrl, struct nvu_smart_log *smart)
{
	const struct nvu_sqe cmd = {
		.opcode = NVU_ADMIN_GET_LOG_PAGE,
		.nsid = nvu_le32_put(UINT32_MAX),
		.cdw10 = nvu_le32_put((sizeof(*smart) / 4 - 1) << 16 | NVU_LOG_SMART),
	};

	return nvu_admin(ctrl, &cmd, smart, sizeof(*smart), 0, NULL);
}

int cmd_full(int argc, char **argv)
{
	const struct nvu_sqe identify = { .opcode = NVU_ADMIN_IDENTIFY,
					  .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };
	struct drive drive = drive_open(argv[0], 0);
	const struct nvu_ns *ns = drive_ns(&drive, 1);
	struct nvu_dma *buf = take_all(drive.ctrl);
	struct nvu_smart_log smart, after;
	struct nvu_id_ctrl id;

	(void)argc;
	must(read_smart(drive.ctrl, &smart), "SMART");
	if (!smart.temperature[0] && !smart.temperature[1])
		die("the SMART log has no temperature");
	must(nvu_admin(drive.ctrl, &identify, &id, sizeof(id), 0, NULL), "identify");
	if (memcmp(&id, nvu_ctrl_identify(drive.ctrl), sizeof(id)))
		die("identify says something else than at open");
	must(nvu_read(drive.qpair, ns, 0, 1, buf, 0, 0), "queueing a read");
	drive_wait(&drive, 1);
	must(nvu_ctrl_reset(drive.ctrl), "reset");
	must(read_smart(drive.ctrl, &after), "SMART after a reset");
	return 0; /* the process's end gives all of it back */
}
