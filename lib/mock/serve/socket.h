/* SPDX-License-Identifier: MIT */
/*
 * socket.h: the listening socket of a served mock. Nothing here waits.
 */
#ifndef NVU_MOCK_SERVE_SOCKET_H
#define NVU_MOCK_SERVE_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

struct serve_socket {
	int fd;
	struct sockaddr_un address;
	dev_t device; /* the file that this server has made */
	ino_t inode;
};

/*
 * Listens at a path, with mode 0600. A socket that a server has left behind is replaced. 0; -EADDRINUSE: somebody
 * listens there; -EEXIST: another kind of file; -ENAMETOOLONG; others. With a sentence.
 */
int serve_socket_open(struct serve_socket *ret_socket, const char *path);

/* Removes the file, if it is still this server's. */
void serve_socket_close(struct serve_socket *socket);

/* The next client, which does not block; -1: none waits. */
int serve_socket_accept(const struct serve_socket *socket);

/* Whether a client waits. */
bool serve_socket_is_wanted(const struct serve_socket *socket);

#endif
