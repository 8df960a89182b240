// SPDX-License-Identifier: MIT
/*
 * fuzz_vfio_pci.c: lib/transport/vfio/pci.c: an address of any content; then a sysfs of one device,
 * and another in its IOMMU group, whose attributes and links say anything. The input: lines; the
 * address, class, NUMA node, driver, group, the neighbour's name and driver, vendor, and device.
 */
#include "transport/vfio/pci.h"

#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_BYTES = 300, PATH_BYTES = 1024 };

#define DEVICES "bus/pci/devices"
#define BDF "0000:01:00.0"
#define GROUP_DEVICES "kernel/iommu_groups/7/devices"

static char root[] = "/tmp/nvu-fuzz-XXXXXX";

static void remove_root(void)
{
	char command[PATH_BYTES];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	if (system(command))
		(void)fprintf(stderr, "%s stays\n", root);
}

static void make_root(void)
{
	char command[PATH_BYTES];

	PROMISE(mkdtemp(root));
	(void)atexit(remove_root);
	(void)snprintf(command, sizeof(command),
		       "mkdir -p '%s/" DEVICES "/" BDF "' '%s/" GROUP_DEVICES "/" BDF "'", root,
		       root);
	PROMISE(!system(command));
	pci_sysfs_root = root;
}

/* Up to the next newline or NUL, which a name in a file system cannot hold. */
static void read_line(struct input *input, char line[LINE_BYTES])
{
	size_t len = 0;

	while (input_left(input)) {
		char c = (char)input_u8(input);

		if (c == '\n' || !c)
			break;
		if (len < LINE_BYTES - 1)
			line[len++] = c;
	}
	line[len] = '\0';
}

static void put_file(const char *name, const char *text)
{
	char path[PATH_BYTES];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/" DEVICES "/" BDF "/%s", root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	PROMISE(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	(void)close(fd);
}

static void put_link(const char *device, const char *name, const char *target)
{
	char path[PATH_BYTES];

	(void)snprintf(path, sizeof(path), "%s/" DEVICES "/%s/%s", root, device, name);
	(void)unlink(path);
	if (target[0])
		PROMISE(!symlink(target, path) || errno != EEXIST);
}

/* Another device in the group, if a file can have that name. Returns whether it is there. */
static bool put_neighbour(const char *bdf, const char *driver, bool present)
{
	char path[PATH_BYTES], device[PATH_BYTES / 2], class[PATH_BYTES];

	if (!bdf[0] || strchr(bdf, '/') || bdf[0] == '.' || !strcmp(bdf, BDF))
		return false;
	(void)snprintf(path, sizeof(path), "%s/" GROUP_DEVICES "/%s", root, bdf);
	(void)snprintf(device, sizeof(device), "%s/" DEVICES "/%s", root, bdf);
	(void)snprintf(class, sizeof(class), "%s/class", device);
	if (!present) {
		put_link(bdf, "driver", "");
		(void)rmdir(class);
		(void)rmdir(device);
		return !unlink(path);
	}
	/* Its class opens and cannot be read. */
	if (mkdir(device, 0700) || mkdir(class, 0700))
		return false;
	put_link(bdf, "driver", driver);
	return !symlink(".", path);
}

static void check_device(void)
{
	struct pci_info info;
	char text[128];

	if (pci_read_info(BDF, &info))
		return;
	PROMISE(info.class_code <= 0xffffff && info.group >= -1 && info.numa_node >= -1);
	PROMISE(memchr(info.driver, 0, sizeof(info.driver)) && !strcmp(info.bdf, BDF));
	(void)pci_check_usable(&info);
	info.group = 7;
	pci_describe_obstacle(&info, text, sizeof(text));
	PROMISE(memchr(text, 0, sizeof(text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	char address[LINE_BYTES], line[LINE_BYTES], name[LINE_BYTES], bdf[PCI_BDF_BYTES];
	struct pci_info info;

	if (!pci_sysfs_root || strcmp(pci_sysfs_root, root))
		make_root();
	read_line(&input, address);
	read_line(&input, line);
	put_file("class", line);
	read_line(&input, line);
	put_file("numa_node", line);
	read_line(&input, line);
	put_link(BDF, "driver", line);
	read_line(&input, line);
	put_link(BDF, "iommu_group", line);
	read_line(&input, name);
	read_line(&input, line);
	(void)put_neighbour(name, line, true);
	read_line(&input, line);
	put_file("vendor", line);
	read_line(&input, line);
	put_file("device", line);
	if (!pci_parse_address(address, bdf)) {
		PROMISE(memchr(bdf, 0, sizeof(bdf)) && strlen(bdf) >= 12);
		(void)pci_read_info(bdf, &info);
	}
	check_device();
	(void)put_neighbour(name, line, false);
	return 0;
}
