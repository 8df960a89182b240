/* SPDX-License-Identifier: MIT */
/*
 * socket.h: the listening socket of a served mock, and messages with descriptors over a client's. It knows nothing of
 * what they mean. Nothing here waits.
 */
#ifndef NVU_MOCK_SERVE_SOCKET_H
#define NVU_MOCK_SERVE_SOCKET_H

#include "transport/vfio_user/frame.h"

#include <sys/types.h>
#include <sys/un.h>

struct serve_socket {
	int fd;
	struct sockaddr_un address;
	dev_t device; /* the file that this server has made */
	ino_t inode;
};

/* Descriptors that came with a message. */
struct serve_fds {
	uint32_t count;
	int fds[FRAME_FDS_MAX];
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

/*
 * Up to len bytes, more than 0; descriptors that come with them are added to fds. -EAGAIN: there are none yet; other
 * errors: the client has gone, or sends more descriptors than a message may have.
 */
int serve_socket_receive(int client, void *ret_bytes, uint32_t len, struct serve_fds *fds);

/* Sends what of a message is not sent yet, with fd, -1: none, beside its first byte. 0: all; -EAGAIN; other errors. */
int serve_socket_send(int client, struct frame *out, int fd);

/* The idx-th descriptor becomes the caller's; -1: there is none. */
int serve_fds_take(struct serve_fds *fds, uint32_t idx);

/* Closes those that are left. */
void serve_fds_close(struct serve_fds *fds);

#endif
