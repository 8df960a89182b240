/* SPDX-License-Identifier: MIT */
/*
 * vm_limits.c: the subcommands of vm_tool for what a controller tells, limits and refuses.
 */
#include "covers.h"
#include "vm_tool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

COVERS(ADMIN, GET_LOG_PAGE);
COVERS(ZONED, MANAGEMENT_SEND);
COVERS(ADMIN, ASYNC_EVENT);
COVERS(LOG_PAGE, SMART);
COVERS(LOG_PAGE, ERROR);
COVERS(FEATURE, ASYNC_EVENT_CONFIG);

enum { WAIT_MS = 30000, SMART_BYTES = 512, ERROR_BYTES = 64, CSI_ZONED = 2, RETRY_TURNS = 50 };

/* --- log pages and events ---------------------------------------------------------------------------- */

/* Base 5.16.1: LID, and how many dwords, 0's based. */
static int get_log_page(struct nvu_ctrl *ctrl, uint32_t page, void *ret_data, uint32_t bytes)
{
	const struct nvu_sqe cmd = {
		.opcode = NVU_ADMIN_GET_LOG_PAGE,
		.nsid = nvu_le32_put(UINT32_MAX),
		.cdw10 = nvu_le32_put((bytes / 4 - 1) << 16 | page),
	};

	return nvu_admin(ctrl, &cmd, ret_data, bytes, 0, NULL);
}

int cmd_log(int argc, char **argv)
{
	uint8_t smart[SMART_BYTES], error[ERROR_BYTES];
	struct nvu_ctrl *ctrl;
	uint16_t kelvin;
	int ret;

	(void)argc;
	must(nvu_ctrl_open(argv[0], NULL, &ctrl), argv[0]);
	memset(smart, 0xff, sizeof(smart));
	memset(error, 0xff, sizeof(error));
	must(get_log_page(ctrl, NVU_LOG_SMART, smart, SMART_BYTES), "the SMART log page");
	must(get_log_page(ctrl, NVU_LOG_ERROR, error, ERROR_BYTES), "the error log page");
	memcpy(&kelvin, smart + 1, sizeof(kelvin));
	printf("# critical warning 0x%02x, %u K, available spare %u %%\n", smart[0], kelvin,
	       smart[3]);
	if (kelvin < 200 || kelvin > 400 || smart[3] > 100)
		die("that is no SMART log page");
	if (error[10] == 0xff)
		die("the error log page was not written");
	ret = get_log_page(ctrl, 0xbf, error, ERROR_BYTES);
	if (ret != NVU_SC_INVALID_LOG_PAGE && ret != NVU_SC_INVALID_FIELD)
		die("log page bfh: %d: %s", ret, nvu_strerror(ret));
	printf("# log page bfh: %s\n", nvu_last_error());
	nvu_ctrl_close(ctrl);
	return 0;
}

static void wait_event(struct nvu_ctrl *ctrl, struct nvu_event *ret_event)
{
	const uint64_t begin_ms = now_ms();
	int ret;

	while (!(ret = nvu_ctrl_service(ctrl, ret_event)))
		if (now_ms() - begin_ms > WAIT_MS)
			die("no event within %d ms", WAIT_MS);
	if (ret != 1)
		die("waiting for an event: %s", nvu_last_error());
}

/* One event each time that the log page has been read: until then it is masked, Base 5.2. */
int cmd_events(int argc, char **argv)
{
	const struct nvu_sqe all = {
		.opcode = NVU_ADMIN_SET_FEATURES,
		.cdw10 = nvu_le32_put(NVU_FEAT_ASYNC_EVENT_CONFIG),
		.cdw11 = nvu_le32_put(0x1f),
	};
	uint8_t smart[SMART_BYTES];
	struct nvu_event event;
	struct nvu_ctrl *ctrl;

	(void)argc;
	must(nvu_ctrl_open(argv[0], NULL, &ctrl), argv[0]);
	must(nvu_admin(ctrl, &all, NULL, 0, 0, NULL), "asking for all events");
	if (nvu_ctrl_service(ctrl, &event))
		die("there is an event already");
	for (uint64_t i = number_of(argv[1]); i; i--) {
		say("waiting");
		wait_event(ctrl, &event);
		must(get_log_page(ctrl, event.log_page, smart, SMART_BYTES), "its log page");
		printf("event type %u, info %u, log page %u, critical warning 0x%02x\n", event.type,
		       event.info, event.log_page, smart[0]);
	}
	(void)fflush(stdout);
	nvu_ctrl_close(ctrl);
	return 0;
}

/* --- limits ------------------------------------------------------------------------------------------- */

static void refused(int ret, int expected, const char *text)
{
	if (ret != expected || !strstr(nvu_last_error(), text))
		die("%d instead of %d with \"%s\": %s", ret, expected, text, nvu_last_error());
	printf("# %s\n", nvu_last_error());
}

int cmd_limits(int argc, char **argv)
{
	struct drive drive = drive_open(argv[0], 0);
	const struct nvu_ctrl_info *info = nvu_ctrl_info(drive.ctrl);
	const struct nvu_ns *ns = drive_ns(&drive, 1);
	const uint32_t most = nvu_ns_info(ns)->max_transfer_blocks;
	struct nvu_dma *buf = dma_alloc(&drive, info->max_transfer_bytes * 2ul);
	struct nvu_qpair *second, *third;

	(void)argc;
	if (info->max_transfer_bytes != number_of(argv[1]) || info->io_queues != number_of(argv[2]))
		die("%u bytes, %u queue pairs", info->max_transfer_bytes, info->io_queues);
	must(nvu_qpair_create(drive.ctrl, NULL, &second), "the second queue pair");
	refused(nvu_qpair_create(drive.ctrl, NULL, &third), -ENOSPC, "are in use");
	nvu_qpair_destroy(second);
	must(nvu_qpair_create(drive.ctrl, NULL, &second), "the second queue pair again");
	nvu_qpair_destroy(second);
	must(nvu_read(drive.qpair, ns, 0, most, buf, 0, 0), "queueing the longest read");
	drive_wait(&drive, 1);
	refused(nvu_read(drive.qpair, ns, 0, most + 1, buf, 0, 0), -EINVAL, "a transfer has 1 to");
	must(nvu_dma_free(buf), "freeing memory");
	drive_close(&drive);
	return 0;
}

/* --- formats: what nvu_read() and nvu_write() can serve, and what they say to the rest ------------------ */

static int answer_of(struct drive *drive)
{
	const uint64_t begin_ms = now_ms();
	struct nvu_cpl cpl;
	int reaped;

	while (!(reaped = nvu_poll(drive->qpair, &cpl, 1)))
		if (now_ms() - begin_ms > WAIT_MS)
			die("no answer within %d ms", WAIT_MS);
	if (reaped < 0)
		must(reaped, "polling");
	return cpl.status;
}

/* A zone is written at its write pointer only, ZNS 2.1.1.3.3; that is the controller's to check. */
static void try_zoned(struct drive *drive, struct nvu_dma *buf)
{
	const struct nvu_ns *ns = drive_ns(drive, 1);
	char *memory = nvu_dma_addr(buf);
	int status;

	if (nvu_ns_info(ns)->csi != CSI_ZONED)
		die("namespace 1 is not zoned: %u", nvu_ns_info(ns)->csi);
	fill_noise(memory, 4096, 5);
	must(nvu_write(drive->qpair, ns, 0, 8, buf, 0, 0), "queueing a write");
	must(answer_of(drive), "writing at the write pointer");
	must(nvu_read(drive->qpair, ns, 0, 8, buf, 4096, 0), "queueing a read");
	must(answer_of(drive), "reading");
	if (memcmp(memory, memory + 4096, 4096))
		die("the zoned namespace brought back something else");
	must(nvu_write(drive->qpair, ns, 100, 8, buf, 0, 0), "queueing a write");
	status = answer_of(drive);
	if (status != 0x1bc)
		die("a write beside the write pointer: %s", nvu_strerror(status));
	printf("# beside the write pointer: %s\n", nvu_strerror(status));
}

/* ZNS 1.1, 3.4.3: ZSA 4, the zone is empty again. */
static void reset_zone(struct drive *drive)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ZONED_MANAGEMENT_SEND,
				     .nsid = nvu_le32_put(1),
				     .cdw13 = nvu_le32_put(4) };

	must(nvu_io(drive->qpair, &cmd, NULL, 0, 0, 0), "queueing a zone's reset");
	must(answer_of(drive), "resetting a zone");
}

/* A write and a read that a reset may end: both statuses, by user data. */
static void reset_meanwhile(struct drive *drive, struct nvu_dma *buf, int16_t status[2])
{
	const struct nvu_ns *ns = drive_ns(drive, 1);

	must(nvu_write(drive->qpair, ns, 0, 8, buf, 0, 0), "queueing a write");
	must(nvu_read(drive->qpair, ns, 0, 8, buf, 4096, 1), "queueing a read");
	must(nvu_submit(drive->qpair), "submitting");
	must(nvu_ctrl_reset(drive->ctrl), "resetting");
	for (int answers = 0; answers < 2;) {
		struct nvu_cpl cpl;
		int ret = nvu_poll(drive->qpair, &cpl, 1);

		if (ret < 0)
			must(ret, "polling");
		if (ret)
			status[cpl.user_data] = cpl.status;
		answers += ret;
	}
}

/*
 * NVU_QPAIR_RETRY: a write that was carried out and not answered would fail when it is sent again, since
 * the write pointer has moved. A read is sent again.
 */
static void try_retry(const char *address)
{
	struct drive drive =
		drive_open_opts(address, NULL, NVU_QPAIR_OPTS(.flags = NVU_QPAIR_RETRY));
	struct nvu_dma *buf = dma_alloc(&drive, 8192);
	struct nvu_qpair_stats stats;
	uint32_t ended = 0;

	for (uint32_t turn = 0; turn < RETRY_TURNS; turn++) {
		int16_t status[2] = { 1, 1 };

		reset_zone(&drive);
		reset_meanwhile(&drive, buf, status);
		if (status[0] && status[0] != -ECANCELED)
			die("a write to a zone, ended by a reset: %s", nvu_strerror(status[0]));
		if (status[1])
			die("a read that a reset ended: %s", nvu_strerror(status[1]));
		ended += status[0] != 0;
	}
	nvu_qpair_stats(drive.qpair, &stats, sizeof(stats));
	printf("# %u of %d writes were ended by a reset, %llu reads sent again\n", ended,
	       RETRY_TURNS, (unsigned long long)stats.retried);
	must(nvu_dma_free(buf), "freeing memory");
	drive_close(&drive);
}

static void try_metadata(struct drive *drive, struct nvu_dma *buf)
{
	const struct nvu_ns *ns = drive_ns(drive, 2);
	const struct nvu_sqe cmd = {
		.opcode = NVU_CMD_READ,
		.nsid = nvu_le32_put(2),
		.mptr = nvu_le64_put(nvu_dma_iova(buf) + 4096),
		.cdw12 = nvu_le32_put(7),
	};

	if (nvu_ns_info(ns)->metadata_bytes != 8)
		die("%u bytes of metadata", nvu_ns_info(ns)->metadata_bytes);
	refused(nvu_read(drive->qpair, ns, 0, 8, buf, 0, 0), -ENOTSUP, "metadata");
	refused(nvu_write(drive->qpair, ns, 0, 8, buf, 0, 0), -ENOTSUP, "metadata");
	memset(nvu_dma_addr(buf), 0xff, 8192);
	must(nvu_io(drive->qpair, &cmd, buf, 0, 4096, 0), "queueing a read with metadata");
	must(answer_of(drive), "reading with metadata");
	for (size_t i = 0; i < 8192; i++) {
		const bool filled = i < 4096 + 8 * 8;

		if (((unsigned char *)nvu_dma_addr(buf))[i] != (filled ? 0 : 0xff))
			die("byte %zu of data and metadata is wrong", i);
	}
}

int cmd_formats(int argc, char **argv)
{
	struct drive drive = drive_open(argv[0], 0);
	struct nvu_dma *buf = dma_alloc(&drive, 8192);

	(void)argc;
	try_zoned(&drive, buf);
	try_metadata(&drive, buf);
	must(nvu_dma_free(buf), "freeing memory");
	drive_close(&drive);
	try_retry(argv[0]);
	return 0;
}
