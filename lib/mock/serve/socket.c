// SPDX-License-Identifier: MIT
/*
 * socket.c: see socket.h.
 */
#include "mock/serve/socket.h"

#include "base/error.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 8, MODE = 0600 };

/* Whether somebody listens at the path. */
static bool is_alive(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive;

	if (fd < 0)
		return true;
	/* A full queue of clients is an answer as well. */
	alive = !connect(fd, (const struct sockaddr *)address, sizeof(*address)) || errno == EAGAIN;
	(void)close(fd);
	return alive;
}

/* Makes room where a server that has ended has left its socket. */
static int remove_dead(const struct sockaddr_un *address)
{
	struct stat status;

	if (lstat(address->sun_path, &status))
		return errno == ENOENT ? 0
				       : error_set(-errno, "%s: %s", address->sun_path,
						   error_errno_words(errno));
	if (!S_ISSOCK(status.st_mode))
		return error_set(-EEXIST,
				 "%s exists and is not a socket: choose another path, or remove it",
				 address->sun_path);
	if (is_alive(address))
		return error_set(
			-EADDRINUSE,
			"%s: another server listens there: stop it, or choose another path",
			address->sun_path);
	if (unlink(address->sun_path) && errno != ENOENT)
		return error_set(-errno, "%s cannot be replaced: %s", address->sun_path,
				 error_errno_words(errno));
	return 0;
}

/* The mode comes before the name: no other user can connect in between. */
static int listen_there(struct serve_socket *socket)
{
	const struct sockaddr_un *address = &socket->address;
	struct stat status;

	if (fchmod(socket->fd, MODE) ||
	    bind(socket->fd, (const struct sockaddr *)address, sizeof(*address)) ||
	    listen(socket->fd, BACKLOG))
		return error_set(-errno, "%s: cannot listen there: %s", address->sun_path,
				 error_errno_words(errno));
	if (!lstat(address->sun_path, &status)) {
		socket->device = status.st_dev;
		socket->inode = status.st_ino;
	}
	return 0;
}

int serve_socket_open(struct serve_socket *ret_socket, const char *path)
{
	struct serve_socket own = { .fd = -1, .address.sun_family = AF_UNIX };
	size_t len = strnlen(path, sizeof(own.address.sun_path));
	int ret;

	if (!len)
		return error_set(-EINVAL, "the path of the socket is empty");
	if (len == sizeof(own.address.sun_path))
		return error_set(-ENAMETOOLONG,
				 "the path of a socket has up to %zu characters: choose a shorter "
				 "one than %s",
				 sizeof(own.address.sun_path) - 1, path);
	memcpy(own.address.sun_path, path, len);
	ret = remove_dead(&own.address);
	if (ret)
		return ret;
	own.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (own.fd < 0)
		return error_set(-errno, "%s: no socket: %s", path, error_errno_words(errno));
	ret = listen_there(&own);
	if (ret) {
		(void)close(own.fd);
		return ret;
	}
	*ret_socket = own;
	return 0;
}

void serve_socket_close(struct serve_socket *socket)
{
	struct stat status;

	if (!lstat(socket->address.sun_path, &status) && status.st_dev == socket->device &&
	    status.st_ino == socket->inode)
		(void)unlink(socket->address.sun_path);
	(void)close(socket->fd);
	socket->fd = -1;
}

int serve_socket_accept(const struct serve_socket *socket)
{
	return accept4(socket->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

bool serve_socket_is_wanted(const struct serve_socket *socket)
{
	struct pollfd each = { .fd = socket->fd, .events = POLLIN };

	return poll(&each, 1, 0) == 1;
}

/* Takes over the descriptors of a control message; those beyond the limit are closed. */
static bool take_fds(const struct cmsghdr *control, struct serve_fds *fds)
{
	size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	bool room = true;

	for (size_t idx = 0; idx < count; idx++) {
		int fd;

		memcpy(&fd, CMSG_DATA(control) + idx * sizeof(fd), sizeof(fd));
		if (fds->count < FRAME_FDS_MAX) {
			fds->fds[fds->count++] = fd;
		} else {
			(void)close(fd);
			room = false;
		}
	}
	return room;
}

int serve_socket_receive(int client, void *ret_bytes, uint32_t len, struct serve_fds *fds)
{
	union {
		char bytes[CMSG_SPACE(FRAME_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} room_for;
	struct iovec piece = { ret_bytes, len };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = room_for.bytes,
				  .msg_controllen = sizeof(room_for.bytes) };
	const struct cmsghdr *control; /* the kernel makes one of all descriptors of a message */
	ssize_t got = recvmsg(client, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	bool room = true;

	if (got < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	control = CMSG_FIRSTHDR(&message);
	if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS)
		room = take_fds(control, fds);
	if (got == 0)
		return -ECONNRESET;
	return room && !(message.msg_flags & MSG_CTRUNC) ? (int)got : -EPROTO;
}

int serve_socket_send(int client, struct frame *out, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };

	while (out->sent < out->len) {
		struct iovec piece = { out->bytes + out->sent, out->len - out->sent };
		struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
		ssize_t put;

		if (fd >= 0 && out->sent == 0) {
			message.msg_control = control.bytes;
			message.msg_controllen = sizeof(control.bytes);
			control.align.cmsg_level = SOL_SOCKET;
			control.align.cmsg_type = SCM_RIGHTS;
			control.align.cmsg_len = CMSG_LEN(sizeof(fd));
			memcpy(CMSG_DATA(&control.align), &fd, sizeof(fd));
		}
		put = sendmsg(client, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (put < 0)
			return errno == EINTR ? -EAGAIN : -errno;
		out->sent += (uint32_t)put;
	}
	return 0;
}

int serve_fds_take(struct serve_fds *fds, uint32_t idx)
{
	int fd = idx < fds->count ? fds->fds[idx] : -1;

	if (fd >= 0)
		fds->fds[idx] = -1;
	return fd;
}

void serve_fds_close(struct serve_fds *fds)
{
	for (uint32_t idx = 0; idx < fds->count; idx++)
		if (fds->fds[idx] >= 0)
			(void)close(fds->fds[idx]);
	fds->count = 0;
}
