/* SPDX-License-Identifier: MIT */
/*
 * wire.h: messages with descriptors over a stream socket, for the client and for the mock's server. It knows nothing
 * of what they mean. Nothing here waits, and none of it raises SIGPIPE.
 */
#ifndef NVU_TRANSPORT_VFIO_USER_WIRE_H
#define NVU_TRANSPORT_VFIO_USER_WIRE_H

#include "transport/vfio_user/frame.h"

/* Descriptors that came with a message. */
struct wire_fds {
	uint32_t count;
	int fds[FRAME_FDS_MAX];
};

/*
 * Up to len bytes, more than 0; descriptors that come with them are added to fds. -EAGAIN: there are none yet; other
 * errors: the other side has gone, or sends more descriptors than a message may have.
 */
int wire_receive(int socket, void *ret_bytes, uint32_t len, struct wire_fds *fds);

/* Sends what of a message is not sent yet, with fd, -1: none, beside its first byte. 0: all; -EAGAIN; other errors. */
int wire_send(int socket, struct frame *out, int fd);

/* The idx-th descriptor becomes the caller's; -1: there is none. */
int wire_fds_take(struct wire_fds *fds, uint32_t idx);

/* Closes those that are left. */
void wire_fds_close(struct wire_fds *fds);

#endif
