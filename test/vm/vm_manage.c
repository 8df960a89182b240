/* SPDX-License-Identifier: MIT */
/*
 * vm_manage.c: the subcommand of vm_tool that asks a controller which the kernel's driver has to bring
 * one of its SR-IOV virtual functions online, or take it offline: Virtualization Management, Base 5.28.
 */
#include "covers.h"
#include "vm_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <string.h>
#include <sys/ioctl.h>

COVERS(ADMIN, VIRT_MANAGEMENT);

enum { VIRTUALIZATION_MANAGEMENT = 0x1c, QUEUES = 0, INTERRUPTS = 1, EACH = 2 };
enum action { OFFLINE = 7, ASSIGN = 8, ONLINE = 9 };

static void manage(int fd, uint32_t cntlid, enum action action, uint32_t resource, uint32_t count)
{
	struct nvme_admin_cmd cmd = {
		.opcode = VIRTUALIZATION_MANAGEMENT,
		.cdw10 = cntlid << 16 | resource << 8 | (uint32_t)action,
		.cdw11 = count,
	};
	int ret = ioctl(fd, NVME_IOCTL_ADMIN_CMD, &cmd);

	if (ret)
		die("action %d on controller %u: %s", (int)action, cntlid,
		    ret < 0 ? strerror(errno) : "refused");
}

int cmd_manage(int argc, char **argv)
{
	const uint32_t cntlid = (uint32_t)number_of(argv[1]);
	int fd = open(argv[0], O_RDWR | O_CLOEXEC);

	(void)argc;
	if (fd < 0)
		die("%s: %s", argv[0], strerror(errno));
	if (!strcmp(argv[2], "offline")) {
		manage(fd, cntlid, OFFLINE, 0, 0);
		return 0;
	}
	manage(fd, cntlid, ASSIGN, QUEUES, EACH);
	manage(fd, cntlid, ASSIGN, INTERRUPTS, EACH);
	manage(fd, cntlid, ONLINE, 0, 0);
	return 0;
}
