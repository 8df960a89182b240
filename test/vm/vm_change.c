/* SPDX-License-Identifier: MIT */
/*
 * vm_change.c: namespaces that change through a second controller of the subsystem. The first one's
 * program does nothing but poll.
 */
#include "covers.h"
#include "vm_tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

COVERS(ADMIN, NS_ATTACHMENT);
COVERS(ADMIN, FORMAT_NVM);

enum { WAIT_MS = 30000, LOOK_POLLS = 256, PAGE = 4096, LBAF_4096 = 4, ATTACH = 0, DETACH = 1 };

/* Namespace Attachment of a namespace to the first controller, through the second. */
static void attach(struct nvu_ctrl *by, const struct nvu_ctrl *to, uint32_t nsid, uint32_t select)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_NS_ATTACHMENT,
				     .nsid = nvu_le32_put(nsid),
				     .cdw10 = nvu_le32_put(select) };
	const uint16_t cntlid = nvu_ctrl_info(to)->cntlid;
	uint8_t list[PAGE] = { 1, 0, (uint8_t)cntlid, (uint8_t)(cntlid >> 8) };

	must(nvu_admin(by, &cmd, list, sizeof(list), 0, NULL), select ? "detaching" : "attaching");
}

/* Until the namespace after 1 is this one: nvu_ns_next() from 1 does not look for events. */
static void poll_until_next_is(struct drive *drive, uint32_t nsid)
{
	const uint64_t begin_ms = now_ms();
	struct nvu_cpl cpl;

	while (nvu_ns_next(drive->ctrl, 1) != nsid) {
		if (nvu_poll(drive->qpair, &cpl, 1) < 0)
			die("polling: %s", nvu_last_error());
		if (now_ms() - begin_ms > WAIT_MS)
			die("nothing is known of a change after %d ms", WAIT_MS);
	}
}

static void write_and_read(struct drive *drive, const struct nvu_ns *ns, struct nvu_dma *buf)
{
	const uint32_t blocks = PAGE / nvu_ns_info(ns)->block_bytes;
	uint8_t *data = nvu_dma_addr(buf);

	fill_noise(data, PAGE, now_ms());
	must(nvu_write(drive->qpair, ns, 0, blocks, buf, 0, 0), "a write");
	drive_wait(drive, 1);
	memset(data + PAGE, 0, PAGE);
	must(nvu_read(drive->qpair, ns, 0, blocks, buf, PAGE, 0), "a read");
	drive_wait(drive, 1);
	if (memcmp(data, data + PAGE, PAGE))
		die("namespace %u: other data", nvu_ns_info(ns)->nsid);
}

static void must_be_stale(struct drive *drive, const struct nvu_ns *ns, struct nvu_dma *buf)
{
	int ret = nvu_read(drive->qpair, ns, 0, 1, buf, 0, 0);

	if (ret != -ESTALE)
		die("a read of what has changed: %d instead of -ESTALE", ret);
	printf("# %s\n", nvu_last_error());
}

/* QEMU tells of no format: a reset finds it. */
static void format(struct drive *drive, struct nvu_ctrl *by, struct nvu_dma *buf)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_FORMAT_NVM,
				     .nsid = nvu_le32_put(1),
				     .cdw10 = nvu_le32_put(LBAF_4096) };
	const struct nvu_ns *old = drive_ns(drive, 1), *now;
	struct nvu_cpl cpl;

	must(nvu_admin(by, &cmd, NULL, 0, WAIT_MS, NULL), "formatting");
	must(nvu_ns_get(by, 1, &now), "its handle");
	if (nvu_ns_info(now)->block_bytes != PAGE)
		die("the controller that has formatted does not know the new block size");
	must(nvu_ctrl_reset(drive->ctrl), "the reset");
	must_be_stale(drive, old, buf);
	now = drive_ns(drive, 1);
	if (nvu_ns_info(now)->block_bytes != PAGE || nvu_ns_info(old)->block_bytes != 512)
		die("blocks of %u and %u bytes", nvu_ns_info(now)->block_bytes,
		    nvu_ns_info(old)->block_bytes);
	/* The queue pair learns of the reset when it looks, at every 256th poll at the latest. */
	for (int i = 0; i < LOOK_POLLS; i++)
		if (nvu_poll(drive->qpair, &cpl, 1))
			die("polling: %s", nvu_last_error());
	write_and_read(drive, now, buf);
}

int cmd_change(int argc, char **argv)
{
	struct drive drive = drive_open(argv[0], 0);
	struct nvu_dma *buf = dma_alloc(&drive, 2ul * PAGE);
	const struct nvu_ns *ns, *none;
	struct nvu_ctrl *other;

	(void)argc;
	must(nvu_ctrl_open(argv[1], NULL, &other), argv[1]);
	write_and_read(&drive, drive_ns(&drive, 1), buf);
	attach(other, drive.ctrl, 2, ATTACH);
	poll_until_next_is(&drive, 2);
	ns = drive_ns(&drive, 2);
	write_and_read(&drive, ns, buf);

	attach(other, drive.ctrl, 2, DETACH);
	poll_until_next_is(&drive, 0);
	must_be_stale(&drive, ns, buf);
	if (nvu_ns_get(drive.ctrl, 2, &none) != -ENODEV)
		die("a namespace that was detached is there");
	printf("# %s\n", nvu_last_error());

	attach(other, drive.ctrl, 2, ATTACH);
	poll_until_next_is(&drive, 2);
	write_and_read(&drive, drive_ns(&drive, 2), buf);
	format(&drive, other, buf);
	nvu_ctrl_close(other);
	must(nvu_dma_free(buf), "freeing");
	drive_close(&drive);
	return 0;
}
