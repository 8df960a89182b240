// SPDX-License-Identifier: MIT
/*
 * socket.c: see socket.h.
 */
#include "mock/serve/socket.h"

#include "base/error.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
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
