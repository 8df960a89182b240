// SPDX-License-Identifier: MIT
/*
 * wire.c: see wire.h.
 */
#include "transport/vfio_user/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Takes over the descriptors of a control message; those beyond the limit are closed. */
static bool take_fds(const struct cmsghdr *control, struct wire_fds *fds)
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

int wire_receive(int socket, void *ret_bytes, uint32_t len, struct wire_fds *fds)
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
	ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
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

int wire_send(int socket, struct frame *out, int fd)
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
		put = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (put < 0)
			return errno == EINTR ? -EAGAIN : -errno;
		out->sent += (uint32_t)put;
	}
	return 0;
}

int wire_fds_take(struct wire_fds *fds, uint32_t idx)
{
	int fd = idx < fds->count ? fds->fds[idx] : -1;

	if (fd >= 0)
		fds->fds[idx] = -1;
	return fd;
}

void wire_fds_close(struct wire_fds *fds)
{
	for (uint32_t idx = 0; idx < fds->count; idx++)
		if (fds->fds[idx] >= 0)
			(void)close(fds->fds[idx]);
	fds->count = 0;
}
