// SPDX-License-Identifier: MIT
/*
 * broker.c: a program without permission for /dev/vfio uses a drive. A broker that has it opens the files and passes
 * their descriptors over a unix socket, which only that user and root may connect to; the program opens the controller by them, and needs no path of its own.
 *
 *	broker serve 0000:01:00.0 /run/drive.sock 1000	as root: gives the drive to one client of user 1000, and ends
 *	broker use /run/drive.sock			as user 1000: reads its first 4096 bytes
 */
#include <errno.h>
#include <fcntl.h>
#include <nvu/nvu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { FDS = 2, NAME_BYTES = 32 };

union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(FDS * sizeof(int))];
};

/* One message: the drive's name, and the descriptors of its group and of a container. */
struct parcel {
	struct msghdr message;
	struct iovec part;
	char name[NAME_BYTES];
	union control control;
};

static void wrap(struct parcel *parcel)
{
	memset(parcel, 0, sizeof(*parcel));
	parcel->part = (struct iovec){ parcel->name, sizeof(parcel->name) };
	parcel->message = (struct msghdr){ .msg_iov = &parcel->part,
					   .msg_iovlen = 1,
					   .msg_control = parcel->control.bytes,
					   .msg_controllen = sizeof(parcel->control.bytes) };
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int make_socket(const char *path, struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	errno = ENAMETOOLONG;
	if (strlen(path) >= sizeof(ret_address->sun_path))
		return -1;
	memcpy(ret_address->sun_path, path, strlen(path) + 1);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int open_group(const char *bdf)
{
	char link[256], path[256];
	ssize_t len;

	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return -1;
	link[len] = '\0';
	(void)snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	return open(path, O_RDWR | O_CLOEXEC);
}

static int serve(const char *bdf, const char *socket_path, uid_t user)
{
	int fds[FDS] = { open_group(bdf), open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC) };
	struct sockaddr_un address;
	struct parcel parcel;
	int listener, client;

	if (fds[0] < 0 || fds[1] < 0)
		return fail(bdf);
	listener = make_socket(socket_path, &address);
	if (listener < 0 || (unlink(socket_path) && errno != ENOENT) ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    chown(socket_path, user, (gid_t)-1) || chmod(socket_path, 0600) || listen(listener, 1))
		return fail(socket_path);
	client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	(void)unlink(socket_path);
	if (client < 0)
		return fail(socket_path);
	wrap(&parcel);
	(void)snprintf(parcel.name, sizeof(parcel.name), "%s", bdf);
	parcel.control.head = (struct cmsghdr){ CMSG_LEN(sizeof(fds)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(&parcel.control.head), fds, sizeof(fds));
	return sendmsg(client, &parcel.message, 0) < 0 ? fail("sending") : 0;
}

static int read_block(struct nvu_ctrl *ctrl)
{
	struct nvu_block *block = NULL;
	unsigned char bytes[4096];
	const struct nvu_ns *ns;
	int ret = nvu_ns_get(ctrl, 1, &ns);

	if (!ret)
		ret = nvu_block_open(ctrl, ns, NULL, &block);
	if (!ret)
		ret = nvu_block_read(block, bytes, sizeof(bytes), 0);
	nvu_block_close(block);
	if (!ret)
		printf("%s: %zu bytes read\n", nvu_ctrl_info(ctrl)->model, sizeof(bytes));
	return ret;
}

static int use(const char *socket_path)
{
	struct sockaddr_un address;
	int fds[FDS], ret, server = make_socket(socket_path, &address);
	struct nvu_ctrl *ctrl;
	struct parcel parcel;

	wrap(&parcel);
	if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof(address)) ||
	    recvmsg(server, &parcel.message, MSG_CMSG_CLOEXEC) != sizeof(parcel.name) ||
	    parcel.control.head.cmsg_len != CMSG_LEN(sizeof(fds)))
		return fail(socket_path);
	memcpy(fds, CMSG_DATA(&parcel.control.head), sizeof(fds));
	parcel.name[sizeof(parcel.name) - 1] = '\0';
	ret = nvu_ctrl_open_fds(NVU_CTRL_FDS(parcel.name, fds[0], fds[1], -1), NULL, &ctrl);
	if (!ret) {
		ret = read_block(ctrl);
		nvu_ctrl_close(ctrl);
	}
	if (ret)
		(void)fprintf(stderr, "broker: %s\n", nvu_last_error());
	return ret != 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "serve"))
		return serve(argv[2], argv[3], (uid_t)strtoul(argv[4], NULL, 10));
	if (argc == 3 && !strcmp(argv[1], "use"))
		return use(argv[2]);
	(void)fprintf(stderr, "usage: broker serve BDF SOCKET UID | broker use SOCKET\n");
	return 2;
}
