/* SPDX-License-Identifier: MIT */
/*
 * vm_fault.c: the subcommands of vm_tool around a drive that hangs, vanishes or fails.
 */
#include "covers.h"
#include "vm_tool.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

COVERS(ADMIN, ABORT);

enum { BYTES = 4096, DEPTH = 32, BEFORE = 0x11, GIVEN_BACK = 0xa5 };

/* Well above all steps of the recovery together; a loaded machine emulates slowly. */
enum { LIMIT_MS = 60000 };

/* QEMU reads a queue a little after its doorbell was written; on a busy host that may be later. */
enum { LOSE_MS = 300, LOSE_MS_MAX = 20000 };

/* The sentence behind an error, or the words for a status. */
static const char *why(int ret)
{
	return ret < 0 && *nvu_last_error() ? nvu_last_error() : nvu_strerror(ret);
}

/* --- hang: a command that is not answered in time --------------------------------------------------- */

static void print_line(void *arg, int level, const char *line)
{
	(void)arg;
	(void)level;
	printf("# %s\n", line);
}

/* A queue pair that is being recovered takes nothing: it is polled until it does. */
static void queue_read(struct drive *drive, const struct nvu_ns *ns, const struct nvu_dma *buf,
		       size_t offset, uint64_t user_data)
{
	const uint32_t blocks = BYTES / nvu_ns_info(ns)->block_bytes;
	const uint64_t begin_ms = now_ms();
	struct nvu_cpl cpl;
	int ret, reaped;

	while ((ret = nvu_read(drive->qpair, ns, 0, blocks, buf, offset, user_data)) == -EAGAIN) {
		reaped = nvu_poll(drive->qpair, &cpl, 1);
		if (reaped)
			die("polling for a place: %d: %s", reaped, why(reaped));
		if (now_ms() - begin_ms > LIMIT_MS)
			die("the queue is still full after %d ms", LIMIT_MS);
	}
	must(ret, "queueing a read");
}

/* The one answer that is due: its status. */
static int wait_answer(struct drive *drive, const char *what)
{
	const uint64_t begin_ms = now_ms();
	struct nvu_cpl cpl;
	int reaped;

	do {
		reaped = nvu_poll(drive->qpair, &cpl, 1);
		if (now_ms() - begin_ms > LIMIT_MS)
			die("%s: no answer within %d ms", what, LIMIT_MS);
	} while (!reaped);
	if (reaped < 0)
		die("%s: the queue pair ended without an answer: %s", what, why(reaped));
	printf("# %s: %s after %llu ms\n", what, nvu_strerror(cpl.status),
	       (unsigned long long)(now_ms() - begin_ms));
	return cpl.status;
}

static void check_filled(const unsigned char *memory, size_t len, unsigned char with)
{
	for (size_t i = 0; i < len; i++)
		if (memory[i] != with)
			die("byte %zu is 0x%02x, not 0x%02x", i, memory[i], with);
}

int cmd_hang(int argc, char **argv)
{
	struct nvu_qpair_stats stats;
	struct nvu_dma *held, *other;
	const struct nvu_ns *ns;
	struct drive drive;
	int status;

	(void)argc;
	nvu_set_log(NVU_LOG_LEVEL_INFO, print_line, NULL);
	drive = drive_open(argv[0], 0);
	ns = drive_ns(&drive, 1);
	held = dma_alloc(&drive, BYTES);
	other = dma_alloc(&drive, BYTES);
	/* The first read is free; the drive pays for it before it does the next one. */
	queue_read(&drive, ns, other, 0, 0);
	must(wait_answer(&drive, "a read"), "a read");
	nvu_qpair_set_timeout(drive.qpair, (uint32_t)number_of(argv[1]));
	memset(nvu_dma_addr(held), BEFORE, BYTES);
	queue_read(&drive, ns, held, 0, 1);
	status = wait_answer(&drive, "the held read");
	/* The truth, however late, or that there is none. */
	if (!status)
		check_filled(nvu_dma_addr(held), BYTES, 0);
	else if (status != -ETIMEDOUT)
		die("the answer is %d", status);
	memset(nvu_dma_addr(held), GIVEN_BACK, BYTES);
	say("answered");
	while (getchar() != EOF)
		;
	queue_read(&drive, ns, other, 0, 2);
	must(wait_answer(&drive, "the next read"), "the next read");
	check_filled(nvu_dma_addr(held), BYTES, GIVEN_BACK);
	nvu_qpair_stats(drive.qpair, &stats, sizeof(stats));
	if (stats.submitted != 3 || stats.completed != 3 || stats.bad_completions)
		die("3 reads: %llu submitted, %llu answered, %llu bad completions",
		    (unsigned long long)stats.submitted, (unsigned long long)stats.completed,
		    (unsigned long long)stats.bad_completions);
	must(nvu_dma_free(held), "freeing memory");
	must(nvu_dma_free(other), "freeing memory");
	drive_close(&drive);
	return 0;
}

/* --- vanish: registers that are not there any more ------------------------------------------------- */

static sigjmp_buf jump;
static volatile sig_atomic_t own_signals;

static void on_own_signal(int signal)
{
	(void)signal;
	own_signals++;
	siglongjmp(jump, 1);
}

/* Memory behind the end of a file: the program's own affair. */
static void raise_own_signal(void)
{
	const int fd = memfd_create("empty", MFD_CLOEXEC);
	volatile char *memory = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	if (!sigsetjmp(jump, 1))
		(void)memory[0];
	(void)munmap((void *)(uintptr_t)memory, BYTES);
	(void)close(fd);
}

int find_device(void)
{
	char path[64], target[64];

	for (int fd = 3; fd < 256; fd++) {
		ssize_t len;

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, target, sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		if (!strcmp(target, "anon_inode:[vfio-device]") ||
		    !strncmp(target, "/dev/vfio/devices/", 18))
			return fd;
	}
	die("no VFIO device is open");
}

/* Where memory decoding goes off, the kernel takes the mapping of BAR0 away as well. */
void set_command(uint16_t command)
{
	const int fd = find_device();
	struct vfio_region_info region = { .argsz = sizeof(region),
					   .index = VFIO_PCI_CONFIG_REGION_INDEX };

	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &region) ||
	    pwrite(fd, &command, sizeof(command), (off_t)region.offset + PCI_COMMAND) !=
		    sizeof(command))
		die("the command register cannot be written: %s", strerror(errno));
}

/* What was sent and is not answered yet, a bit per command. */
struct flight {
	struct drive *drive;
	const struct nvu_ns *ns;
	struct nvu_dma *buf;
	uint32_t outstanding;
	int ended_with; /* the one status of those that are not good; 0: any of an end */
	uint64_t good, ended, begin_ms;
};

static struct flight prepare(struct drive *drive)
{
	return (struct flight){ .drive = drive,
				.ns = drive_ns(drive, 1),
				.buf = dma_alloc(drive, DEPTH * BYTES),
				.begin_ms = now_ms() };
}

static void take_answer(struct flight *flight, const struct nvu_cpl *cpl)
{
	const uint32_t bit = 1u << cpl->user_data;

	if (!(flight->outstanding & bit))
		die("command %llu was answered twice", (unsigned long long)cpl->user_data);
	flight->outstanding &= ~bit;
	if (cpl->status &&
	    (flight->ended_with ? cpl->status != flight->ended_with
				: cpl->status != -ECANCELED && cpl->status != -ETIMEDOUT))
		die("an answer of %d: %s", cpl->status, nvu_strerror(cpl->status));
	*(cpl->status ? &flight->ended : &flight->good) += 1;
}

static void send_all(struct flight *flight)
{
	for (uint32_t i = 0; i < DEPTH; i++) {
		if (flight->outstanding & 1u << i)
			continue;
		queue_read(flight->drive, flight->ns, flight->buf, (size_t)i * BYTES, i);
		flight->outstanding |= 1u << i;
	}
}

static int poll_flight(struct flight *flight)
{
	struct nvu_cpl cpls[DEPTH];
	int reaped = nvu_poll(flight->drive->qpair, cpls, DEPTH);

	for (int i = 0; i < reaped; i++)
		take_answer(flight, &cpls[i]);
	if (now_ms() - flight->begin_ms > LIMIT_MS)
		die("commands %x: no answer within %d ms", flight->outstanding, LIMIT_MS);
	return reaped;
}

int cmd_vanish(int argc, char **argv)
{
	struct sigaction now, own = { .sa_handler = on_own_signal };
	struct flight flight;
	struct drive drive;
	uint64_t begin_ms;
	int ret;

	(void)argc;
	(void)sigaction(SIGBUS, &own, NULL);
	drive = drive_open_opts(argv[0], NVU_CTRL_OPTS(.ready_timeout_ms = ready_timeout_ms()),
				NULL);
	flight = prepare(&drive);
	while (flight.good < 1000) {
		send_all(&flight);
		must(poll_flight(&flight) < 0, "polling");
	}
	raise_own_signal();
	send_all(&flight);
	set_command(0);
	begin_ms = now_ms();
	do
		ret = poll_flight(&flight);
	while (ret >= 0);
	printf("# %llu good answers, %llu ended, after %llu ms: %s\n",
	       (unsigned long long)flight.good, (unsigned long long)flight.ended,
	       (unsigned long long)(now_ms() - begin_ms), why(ret));
	if (ret != -ENODEV || flight.outstanding)
		die("%d instead of -ENODEV, commands %x have no answer", ret, flight.outstanding);
	ret = nvu_read(drive.qpair, flight.ns, 0, 1, flight.buf, 0, 0);
	if (ret != -ENODEV)
		die("a read is taken with %d, not -ENODEV", ret);
	raise_own_signal();
	begin_ms = now_ms();
	must(nvu_dma_free(flight.buf), "freeing memory");
	drive_close(&drive);
	printf("# closed within %llu ms\n", (unsigned long long)(now_ms() - begin_ms));
	raise_own_signal();
	(void)sigaction(SIGBUS, NULL, &now);
	if (own_signals != 3 || now.sa_handler != on_own_signal)
		die("%d of 3 signals of the program's own came", (int)own_signals);
	return 0;
}

/* --- fatal: commands that the controller cannot fetch make it fail --------------------------------------- */

/* Until the controller has noticed; nvu_ctrl_service() tells, and does nothing about it. */
static void wait_fatal(struct nvu_ctrl *ctrl)
{
	const uint64_t begin_ms = now_ms();
	int ret;

	while (!(ret = nvu_ctrl_service(ctrl, NULL)))
		if (now_ms() - begin_ms > LIMIT_MS)
			die("the controller does not fail");
	if (ret != -EIO)
		die("%d instead of -EIO: %s", ret, why(ret));
	printf("# %s\n", nvu_last_error());
}

/* Sends reads that cannot be fetched. */
static void send_in_vain(struct flight *flight)
{
	memset(nvu_dma_addr(flight->buf), BEFORE, DEPTH * BYTES);
	set_command(PCI_COMMAND_MEMORY);
	send_all(flight);
	must(nvu_submit(flight->drive->qpair), "submitting");
}

/* Whether all of them were ended, rather than answered after all. */
static bool end_all(struct flight *flight)
{
	const uint64_t begin_ms = now_ms();

	while (flight->outstanding)
		must(poll_flight(flight) < 0, "polling");
	printf("# %llu good answers, %llu ended after %llu ms\n", (unsigned long long)flight->good,
	       (unsigned long long)flight->ended, (unsigned long long)(now_ms() - begin_ms));
	return flight->ended == DEPTH;
}

/* Then their memory is the program's again, and the queue pair works. */
static void end_well(struct flight *flight)
{
	struct drive *drive = flight->drive;

	memset(nvu_dma_addr(flight->buf), GIVEN_BACK, DEPTH * BYTES);
	queue_read(drive, flight->ns, flight->buf, 0, 0);
	must(wait_answer(drive, "a read after that"), "a read after that");
	check_filled((unsigned char *)nvu_dma_addr(flight->buf) + BYTES, (DEPTH - 1) * BYTES,
		     GIVEN_BACK);
	must(nvu_dma_free(flight->buf), "freeing memory");
	drive_close(drive);
}

int cmd_fatal(int argc, char **argv)
{
	struct drive drive;
	struct flight flight;

	(void)argc;
	nvu_set_log(NVU_LOG_LEVEL_INFO, print_line, NULL);
	drive = drive_open_opts(argv[0], NVU_CTRL_OPTS(.flags = NVU_CTRL_NO_SHADOW_DOORBELLS),
				NULL);
	flight = prepare(&drive);
	flight.ended_with = -ECANCELED;
	send_in_vain(&flight);
	wait_fatal(drive.ctrl);
	/* Bus mastering is still off: switching it on again is a part of the reset. */
	if (!end_all(&flight))
		die("not all were ended");
	end_well(&flight);
	return 0;
}

/* True when the controller has lost them all: it looked while it could not read its queue. */
static bool lose_all(struct flight *flight, uint64_t wait_ms)
{
	const uint64_t begin_ms = now_ms();

	/* With shadow doorbells QEMU's controller sees an empty queue, not a failure. */
	send_in_vain(flight);
	while (now_ms() - begin_ms < wait_ms)
		must(nvu_ctrl_service(flight->drive->ctrl, NULL), "looking at the controller");
	set_command(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return end_all(flight);
}

int cmd_lose(int argc, char **argv)
{
	uint64_t wait_ms = LOSE_MS;
	struct flight flight;
	struct drive drive;

	(void)argc;
	nvu_set_log(NVU_LOG_LEVEL_INFO, print_line, NULL);
	drive = drive_open(argv[0], 0);
	flight = prepare(&drive);
	flight.ended_with = -ETIMEDOUT;
	nvu_qpair_set_timeout(drive.qpair, (uint32_t)number_of(argv[1]));
	while (!lose_all(&flight, wait_ms)) {
		wait_ms *= 2;
		if (wait_ms > LOSE_MS_MAX)
			die("the controller loses no commands");
		flight.good = flight.ended = 0;
		flight.begin_ms = now_ms();
	}
	end_well(&flight);
	return 0;
}
