// SPDX-License-Identifier: MIT
/*
 * vm_fds.c: vm_tool's "fds": a controller opened by descriptors. As root the files are opened; then the process is
 * an ordinary user in an empty directory, without /sys, /dev and /proc, where no path leads to the drive.
 */
#include "vm_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USER = 1000, LOCKED_BYTES = 64 << 20, BYTES = 65536 };

static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

static void leave_everything(const char *empty)
{
	const struct rlimit limit = { LOCKED_BYTES, LOCKED_BYTES };

	if ((mkdir(empty, 0755) && errno != EEXIST) || chroot(empty) || chdir("/") ||
	    setrlimit(RLIMIT_MEMLOCK, &limit) || setgroups(0, NULL) || setgid(USER) || setuid(USER))
		die("cannot become user %d in %s: %s", USER, empty, strerror(errno));
	if (!access("/sys", F_OK) || !access("/dev", F_OK) || !access("/proc", F_OK))
		die("%s is not empty", empty);
}

/* How many of the descriptors are open. */
static int count_open(const struct nvu_ctrl_fds *fds)
{
	const int all[] = { fds->group, fds->container, fds->device, fds->iommufd };
	int count = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		count += all[i] >= 0 && fcntl(all[i], F_GETFD) >= 0;
	return count;
}

static bool are_open(const struct nvu_ctrl_fds *fds)
{
	return count_open(fds) == 2;
}

static void limit_locked(rlim_t bytes)
{
	const struct rlimit limit = { bytes, LOCKED_BYTES };

	if (setrlimit(RLIMIT_MEMLOCK, &limit))
		die("a limit of locked memory: %s", strerror(errno));
}

/*
 * What fails leaves them with the program: another name (which iommufd does not know), a wrong option, no memory for
 * queues.
 */
static void fail_first(struct nvu_ctrl_fds fds)
{
	const char *name = fds.name;
	struct nvu_ctrl *ctrl;

	fds.name = "0000:00:1f.7";
	if (fds.iommufd < 0 && nvu_ctrl_open_fds(&fds, NULL, &ctrl) >= 0)
		die("a drive of another name was opened");
	if (!are_open(&fds))
		die("descriptors are closed after a failure");
	fds.name = name;
	if (nvu_ctrl_open_fds(&fds, NVU_CTRL_OPTS(.max_transfer_bytes = 1), &ctrl) != -EINVAL)
		die("a wrong option was taken");
	if (!are_open(&fds))
		die("descriptors are closed after a wrong option");
	limit_locked(4096);
	if (nvu_ctrl_open_fds(&fds, NULL, &ctrl) != -ENOMEM)
		die("queues were made without memory that may be locked");
	if (!are_open(&fds))
		die("descriptors are closed after bring-up has failed");
	limit_locked(LOCKED_BYTES);
}

static void use(struct nvu_ctrl *ctrl)
{
	struct drive drive = { .ctrl = ctrl };
	const struct nvu_ns *ns = drive_ns(&drive, 1);
	const uint32_t blocks = BYTES / nvu_ns_info(ns)->block_bytes;
	struct nvu_dma *out = dma_alloc(&drive, BYTES), *in = dma_alloc(&drive, BYTES);

	must(nvu_qpair_create(ctrl, NULL, &drive.qpair), "creating a queue pair");
	fill_noise(nvu_dma_addr(out), BYTES, 5);
	must(nvu_write(drive.qpair, ns, 0, blocks, out, 0, 0), "writing");
	drive_wait(&drive, 1);
	must(nvu_ctrl_reset(ctrl), "resetting");
	must(nvu_read(drive.qpair, ns, 0, blocks, in, 0, 0), "reading");
	drive_wait(&drive, 1);
	if (memcmp(nvu_dma_addr(out), nvu_dma_addr(in), BYTES) != 0)
		die("what was read is not what was written");
	must(nvu_dma_free(out), "freeing memory");
	must(nvu_dma_free(in), "freeing memory");
	nvu_qpair_destroy(drive.qpair);
}

static struct nvu_ctrl_fds open_files(const char *name, const char *file)
{
	struct nvu_ctrl_fds fds = *NVU_CTRL_FDS(name, -1, -1, -1);

	if (!strncmp(file, "/dev/vfio/devices/", 18)) {
		fds.device = open_file(file);
		fds.iommufd = open_file("/dev/iommu");
	} else {
		fds.group = open_file(file);
		fds.container = open_file("/dev/vfio/vfio");
	}
	return fds;
}

/* fds BDF FILE DIRECTORY: FILE is its group's, or its own: then through iommufd. */
int cmd_fds(int argc, char **argv)
{
	struct nvu_ctrl_fds fds = open_files(argv[0], argv[1]);
	struct nvu_ctrl *ctrl;

	(void)argc;
	leave_everything(argv[2]);
	fail_first(fds);
	must(nvu_ctrl_open_fds(&fds, NULL, &ctrl), argv[0]);
	use(ctrl);
	nvu_ctrl_close(ctrl);
	if (count_open(&fds))
		die("descriptors are open after the close");
	return 0;
}
