/* SPDX-License-Identifier: MIT */
/*
 * vfio_user_client.h: the smallest client of the vfio-user protocol: it sends what a test says, right or wrong, and
 * takes what comes back. It is a transport as well (struct transport), so that unit/mock_driver.h can drive
 * a served mock as it drives one in this process.
 */
#ifndef VFIO_USER_CLIENT_H
#define VFIO_USER_CLIENT_H

#include "transport/transport.h"
#include "transport/vfio_user/frame.h"

#include <errno.h>
#include <nvu/mock.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { CLIENT_FDS = 20, CLIENT_PATIENCE_MS = 120000, CLIENT_STEPS = 8 };

struct client {
	struct transport base; /* first */
	struct transport_domain domain;
	int fd;
	uint16_t id;
	struct nvu_mock *stepped; /* NULL: it has a thread */
	struct frame reply;	  /* the last one */
	int reply_fd;		  /* that came with it; the test closes it */
};

static inline int client_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Sends bytes, and descriptors beside the first one. False: the other side has closed. */
static inline bool client_send_raw(struct client *client, const void *bytes, size_t len,
				   const int *fds, uint32_t fd_count)
{
	union {
		char bytes[CMSG_SPACE(CLIENT_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec piece = { (void *)(uintptr_t)bytes, len };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	if (fd_count) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, fd_count * sizeof(int));
	}
	return sendmsg(client->fd, &message, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Waits for bytes, or the end of the connection; a stepped mock works meanwhile. */
static inline void client_wait(struct client *client)
{
	struct pollfd each = { .fd = client->fd, .events = POLLIN };

	for (int turn = 0; client->stepped && turn < CLIENT_STEPS; turn++)
		(void)nvu_mock_step(client->stepped, 0);
	assert_int_equal(poll(&each, 1, client->stepped ? 0 : CLIENT_PATIENCE_MS), 1);
}

static inline ssize_t client_take_piece(struct client *client, void *bytes, size_t len)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec piece = { bytes, len };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t got;

	client_wait(client);
	got = recvmsg(client->fd, &message, MSG_CMSG_CLOEXEC);
	if (got > 0 && CMSG_FIRSTHDR(&message))
		memcpy(&client->reply_fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return got;
}

/* Receives a message into .reply. -ECONNRESET: the connection is over. */
static inline int client_receive(struct client *client)
{
	int missing;

	client->reply.len = 0;
	client->reply_fd = -1;
	while ((missing = frame_missing(&client->reply)) > 0) {
		ssize_t got = client_take_piece(client, client->reply.bytes + client->reply.len,
						(size_t)missing);

		if (got <= 0)
			return -ECONNRESET;
		client->reply.len += (uint32_t)got;
	}
	assert_int_equal(missing, 0);
	return 0;
}

/* Sends a request. */
static inline bool client_send(struct client *client, uint16_t command, const void *body,
			       size_t len, const int *fds, uint32_t fd_count)
{
	const struct frame_header header = { .id = ++client->id,
					     .command = command,
					     .size = (uint32_t)(sizeof(header) + len) };
	uint8_t bytes[FRAME_BYTES_MAX + 64];

	memcpy(bytes, &header, sizeof(header));
	if (len)
		memcpy(bytes + sizeof(header), body, len);
	return client_send_raw(client, bytes, header.size, fds, fd_count);
}

/* The error of the reply, -errno; or 0, and its body in ret_body. -ECONNRESET: the connection is over. */
static inline int client_answer(struct client *client, uint16_t command, void *ret_body, size_t max)
{
	struct frame_header header;
	int ret = client_receive(client);

	if (ret)
		return ret;
	memcpy(&header, client->reply.bytes, sizeof(header));
	assert_int_equal(header.id, client->id);
	assert_int_equal(header.command, command);
	assert_int_equal(header.flags & FRAME_TYPE, FRAME_TYPE_REPLY);
	if (header.flags & FRAME_ERROR)
		return -(int)header.error;
	max = max < header.size - sizeof(header) ? max : header.size - sizeof(header);
	if (max)
		memcpy(ret_body, client->reply.bytes + sizeof(header), max);
	return 0;
}

static inline int client_ask_fds(struct client *client, uint16_t command, const void *body,
				 size_t len, const int *fds, uint32_t fd_count)
{
	if (!client_send(client, command, body, len, fds, fd_count))
		return -ECONNRESET;
	return client_answer(client, command, NULL, 0);
}

static inline int client_ask(struct client *client, uint16_t command, const void *body, size_t len)
{
	return client_ask_fds(client, command, body, len, NULL, 0);
}

static inline int client_version(struct client *client, const char *json)
{
	struct {
		struct frame_version version;
		char json[200];
	} body = { .version = { 0, 0 } };

	(void)snprintf(body.json, sizeof(body.json), "%s", json);
	return client_ask(client, FRAME_VERSION, &body, sizeof(body.version) + strlen(json) + 1);
}

static inline int client_region_read(struct client *client, uint32_t region, uint64_t offset,
				     void *ret_data, uint32_t len)
{
	const struct frame_access access = { offset, region, len };
	struct {
		struct frame_access access;
		uint8_t data[FRAME_DATA_MAX];
	} body;
	int ret;

	if (!client_send(client, FRAME_REGION_READ, &access, sizeof(access), NULL, 0))
		return -ECONNRESET;
	ret = client_answer(client, FRAME_REGION_READ, &body, sizeof(body));
	if (!ret)
		memcpy(ret_data, body.data, len);
	return ret;
}

static inline int client_region_write(struct client *client, uint32_t region, uint64_t offset,
				      const void *data, uint32_t len)
{
	struct {
		struct frame_access access;
		uint8_t data[FRAME_DATA_MAX];
	} body = { .access = { offset, region, len } };

	memcpy(body.data, data, len);
	return client_ask(client, FRAME_REGION_WRITE, &body, sizeof(body.access) + len);
}

static inline int client_map(struct client *client, uint64_t iova, uint64_t len, int fd,
			     uint64_t offset, uint32_t flags)
{
	const struct frame_dma_map map = { sizeof(map), flags, offset, iova, len };

	return client_ask_fds(client, FRAME_DMA_MAP, &map, sizeof(map), &fd, fd >= 0);
}

static inline int client_unmap(struct client *client, uint64_t iova, uint64_t len, uint32_t flags)
{
	const struct frame_dma_unmap unmap = { sizeof(unmap), flags, iova, len };

	return client_ask(client, FRAME_DMA_UNMAP, &unmap, sizeof(unmap));
}

static inline int client_irqs(struct client *client, uint32_t flags, uint32_t index, uint32_t start,
			      uint32_t count, int fd)
{
	const struct frame_irq_set set = { sizeof(set), flags, index, start, count };

	return client_ask_fds(client, FRAME_SET_IRQS, &set, sizeof(set), &fd, fd >= 0);
}

/* The operations of a transport that mock_driver.h uses. */
static inline int client_reg_read32(struct transport *base, uint32_t offset, uint32_t *ret_value)
{
	return client_region_read((struct client *)base, FRAME_BAR0, offset, ret_value, 4);
}

static inline int client_reg_write32(struct transport *base, uint32_t offset, uint32_t value)
{
	return client_region_write((struct client *)base, FRAME_BAR0, offset, &value, 4);
}

static inline int client_reg_write64(struct transport *base, uint32_t offset, uint64_t value)
{
	return client_region_write((struct client *)base, FRAME_BAR0, offset, &value, 8);
}

static inline void client_relax(struct transport *base)
{
	struct client *client = (struct client *)base;

	if (client->stepped)
		(void)nvu_mock_step(client->stepped, 1);
	else
		(void)usleep(100);
}

static inline const struct transport_ops *client_ops(void)
{
	static const struct transport_ops ops = {
		.reg_read32 = client_reg_read32,
		.reg_write32 = client_reg_write32,
		.reg_write64 = client_reg_write64,
		.relax = client_relax,
	};

	return &ops;
}

/* Connects and introduces itself. stepped: the mock, if it has no thread. */
static inline void client_open(struct client *client, const char *path, struct nvu_mock *stepped)
{
	*client = (struct client){ .base.ops = client_ops(),
				   .stepped = stepped,
				   .fd = client_socket(path),
				   .reply_fd = -1 };
	assert_int_equal(client_version(client, "{\"capabilities\":{\"max_msg_fds\":1}}"), 0);
}

static inline void client_close(struct client *client)
{
	(void)close(client->fd);
	client->fd = -1;
	for (int turn = 0; client->stepped && turn < CLIENT_STEPS; turn++)
		(void)nvu_mock_step(client->stepped, 0);
}

/* Whether the server has closed the connection. */
static inline bool client_is_closed(struct client *client)
{
	struct pollfd each = { .fd = client->fd, .events = POLLIN };
	char byte;

	for (int turn = 0; client->stepped && turn < CLIENT_STEPS; turn++)
		(void)nvu_mock_step(client->stepped, 1);
	return poll(&each, 1, client->stepped ? 0 : CLIENT_PATIENCE_MS) == 1 &&
	       recv(client->fd, &byte, 1, MSG_PEEK) <= 0;
}

/* Memory that can be shared. */
static inline int client_memory(size_t bytes, void **ret_memory)
{
	int fd = memfd_create("client", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	*ret_memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(*ret_memory != MAP_FAILED);
	return fd;
}

#endif
