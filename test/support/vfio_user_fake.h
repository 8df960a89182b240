/* SPDX-License-Identifier: MIT */
/*
 * vfio_user_fake.h: a server of the vfio-user protocol for tests of the client: a thread that answers properly but for
 * what its test changes.
 */
#ifndef VFIO_USER_FAKE_H
#define VFIO_USER_FAKE_H

#include "address/address.h"
#include "transport/vfio_user/wire.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { BAR0_BYTES = 0x4000, CONFIG_BYTES = 256, FAKE_COMMAND = 4, FAKE_MSIX = 0x50 };

/* What happens to the answer to a request of the fake's. */
enum twist {
	PROPER,
	CLOSE,	     /* closes the connection instead */
	SILENCE,     /* no answer */
	CUT,	     /* the first half, then closes */
	OTHER_ID,    /* to another request */
	OTHER_TYPE,  /* a request */
	TINY,	     /* a length below that of a header */
	HUGE_LENGTH, /* more than a message may have */
	SHORT,	     /* a header alone */
	REFUSAL,     /* EPERM */
	REQUESTS,    /* requests of its own before the answer */
	DESCRIPTORS, /* more than a message may have */
};

struct fake {
	char folder[32], path[48];
	int listening;
	pthread_t thread;
	enum twist twist;
	uint16_t command; /* whose answer is twisted */
	uint32_t after;	  /* and after how many of them */
	/* What it says. */
	uint16_t major;
	const char *json;
	struct frame_info info;
	uint64_t bar0_bytes, config_bytes;
	uint8_t config[CONFIG_BYTES];
	struct frame_sparse sparse; /* .id 0: nothing can be mapped */
	int bells_fd;		    /* the file of BAR0 */
	int out_fd;		    /* sent with the answer; -1: none */
	uint32_t refused;	    /* requests of its own that the client has refused; atomic */
	uint32_t seen;		    /* messages of .command; atomic */
};

static inline bool fake_take(int client, void *bytes, size_t len)
{
	return recv(client, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

static inline bool fake_put(int client, const void *bytes, size_t len)
{
	return send(client, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static inline bool fake_receive(int client, struct frame *in)
{
	int missing;

	in->len = 0;
	while ((missing = frame_missing(in)) > 0) {
		if (!fake_take(client, in->bytes + in->len, (size_t)missing))
			return false;
		in->len += (uint32_t)missing;
	}
	return !missing;
}

static inline void fake_answer_version_request(struct fake *fake, struct frame *out,
					       const struct frame_header *header)
{
	struct {
		struct frame_version version;
		char json[200];
	} body = { .version = { fake->major, 0 } };

	(void)snprintf(body.json, sizeof(body.json), "%s", fake->json ? fake->json : "{}");
	frame_reply(out, header, &body, (uint32_t)(sizeof(body.version) + strlen(body.json) + 1));
}

static inline void fake_answer_access(struct fake *fake, struct frame *out,
				      const struct frame_request *request)
{
	struct {
		struct frame_access access;
		uint8_t data[CONFIG_BYTES];
	} body = { .access = request->access };
	bool config = request->access.region == FRAME_CONFIG, reads;

	reads = request->header.command == FRAME_REGION_READ;
	if (request->access.count > CONFIG_BYTES ||
	    (config && request->access.offset + request->access.count > CONFIG_BYTES) ||
	    (config && !reads && request->access.count == 1)) {
		frame_refuse(out, &request->header, EINVAL);
		return;
	}
	if (config && reads)
		memcpy(body.data, fake->config + request->access.offset, request->access.count);
	else if (config)
		memcpy(fake->config + request->access.offset, request->data, request->access.count);
	frame_reply(out, &request->header, &body,
		    (uint32_t)sizeof(body.access) + (reads ? request->access.count : 0));
}

/* With a capability behind it only if that is asked for. */
static inline void fake_answer_region(struct fake *fake, struct frame *out,
				      const struct frame_request *request)
{
	struct {
		struct frame_region_info info;
		struct frame_sparse sparse;
	} body = { .info = { .argsz = sizeof(body.info), .index = request->region.index },
		   .sparse = fake->sparse };
	uint32_t len = sizeof(body.info);

	body.info.size = body.info.index ? fake->config_bytes : fake->bar0_bytes;
	if (!body.info.index && fake->sparse.id) {
		body.info.flags = FRAME_REGION_MMAP | FRAME_REGION_CAPS;
		body.info.argsz = sizeof(body);
		body.info.cap_offset = sizeof(body.info);
		if (request->region.argsz >= sizeof(body)) {
			len = sizeof(body);
			fake->out_fd = fake->bells_fd;
		}
	}
	frame_reply(out, &request->header, &body, len);
}

static inline void fake_answer_properly(struct fake *fake, struct frame *out,
					const struct frame_request *request)
{
	struct frame_irq_info irq = { sizeof(irq), FRAME_IRQ_EVENTFD, request->irq.index, 4 };

	switch (request->header.command) {
	case FRAME_VERSION:
		fake_answer_version_request(fake, out, &request->header);
		return;
	case FRAME_GET_INFO:
		frame_reply(out, &request->header, &fake->info, sizeof(fake->info));
		return;
	case FRAME_GET_REGION_INFO:
		fake_answer_region(fake, out, request);
		return;
	case FRAME_GET_IRQ_INFO:
		frame_reply(out, &request->header, &irq, sizeof(irq));
		return;
	case FRAME_REGION_READ:
	case FRAME_REGION_WRITE:
		fake_answer_access(fake, out, request);
		return;
	case FRAME_RESET:
		/* What a reset may clear, and the client has to restore. */
		memset(fake->config + FAKE_COMMAND, 0, 2);
		memset(fake->config + FAKE_MSIX + 2, 0, 2);
		frame_reply(out, &request->header, NULL, 0);
		return;
	default:
		frame_reply(out, &request->header, NULL, 0);
		return;
	}
}

static inline bool fake_put_descriptors(int client, const struct frame *out)
{
	enum { COUNT_OF = FRAME_FDS_MAX + 4 };
	union {
		char bytes[CMSG_SPACE(COUNT_OF * sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec piece = { (void *)(uintptr_t)out->bytes, out->len };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	int fds[COUNT_OF];

	for (size_t idx = 0; idx < COUNT_OF; idx++)
		fds[idx] = client;
	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(&control.align), fds, sizeof(fds));
	return sendmsg(client, &message, MSG_NOSIGNAL) == (ssize_t)out->len;
}

/* Requests for memory of the client's, each of which it has to refuse. */
static inline bool fake_put_requests(struct fake *fake, int client)
{
	const struct frame_header read = { 100, 11, sizeof(read), FRAME_TYPE_COMMAND, 0 };
	struct frame_header refusal;

	for (int round = 0; round < 3; round++) {
		if (!fake_put(client, &read, sizeof(read)) ||
		    !fake_take(client, &refusal, sizeof(refusal)))
			return false;
		if (refusal.id == 100 && refusal.flags == (FRAME_TYPE_REPLY | FRAME_ERROR))
			(void)__atomic_add_fetch(&fake->refused, 1, __ATOMIC_RELAXED);
	}
	return true;
}

/* Sends the twisted answer. False: the connection ends. */
static inline bool fake_put_twisted(struct fake *fake, int client, struct frame *out)
{
	struct frame_header header;

	memcpy(&header, out->bytes, sizeof(header));
	switch (__atomic_load_n(&fake->twist, __ATOMIC_RELAXED)) {
	case CLOSE:
		return false;
	case SILENCE:
		return true;
	case CUT:
		(void)fake_put(client, out->bytes, out->len / 2);
		return false;
	case OTHER_ID:
		header.id++;
		break;
	case OTHER_TYPE:
		header.flags |= 2;
		break;
	case TINY:
		header.size = sizeof(header) - 1;
		break;
	case HUGE_LENGTH:
		header.size = UINT32_MAX;
		break;
	case SHORT:
		header.size = out->len = sizeof(header);
		break;
	case REFUSAL:
		frame_refuse(out, &header, EPERM);
		return fake_put(client, out->bytes, out->len);
	case REQUESTS:
		if (!fake_put_requests(fake, client))
			return false;
		break;
	case DESCRIPTORS:
		return fake_put_descriptors(client, out);
	default:
		break;
	}
	memcpy(out->bytes, &header, sizeof(header));
	return fake_put(client, out->bytes, out->len);
}

static inline bool fake_handle(struct fake *fake, int client, const struct frame *in,
			       struct frame *out)
{
	struct frame_request request;
	int ret = frame_decode(in, &request);

	fake->out_fd = -1;
	if (ret)
		frame_refuse(out, &request.header, (uint32_t)-ret);
	else
		fake_answer_properly(fake, out, &request);
	if (request.header.flags & FRAME_NO_REPLY)
		return true;
	if (request.header.command == fake->command &&
	    __atomic_fetch_add(&fake->seen, 1, __ATOMIC_RELAXED) >= fake->after)
		return fake_put_twisted(fake, client, out);
	if (fake->out_fd >= 0)
		return !wire_send(client, out, fake->out_fd);
	return fake_put(client, out->bytes, out->len);
}

/* One client after the other, until the listening socket is shut. */
static inline void *fake_serve(void *arg)
{
	static struct frame in, out;
	struct fake *fake = arg;
	int client;

	while ((client = accept(fake->listening, NULL, NULL)) >= 0) {
		while (fake_receive(client, &in) && fake_handle(fake, client, &in, &out))
			;
		(void)close(client);
	}
	return NULL;
}

static inline void fake_start(struct fake *fake, uint16_t command, enum twist twist)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*fake = (struct fake){ .folder = "/tmp/nvu-client-XXXXXX",
			       .command = command,
			       .twist = twist,
			       .info = { sizeof(fake->info), FRAME_DEVICE_PCI | FRAME_DEVICE_RESET,
					 FRAME_REGIONS, FRAME_IRQS },
			       .bells_fd = -1,
			       .bar0_bytes = BAR0_BYTES,
			       .config_bytes = CONFIG_BYTES };
	assert_non_null(mkdtemp(fake->folder));
	(void)snprintf(fake->path, sizeof(fake->path), "%s/sock", fake->folder);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", fake->path);
	fake->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fake->listening >= 0);
	assert_int_equal(bind(fake->listening, (const struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(listen(fake->listening, 4), 0);
	assert_int_equal(pthread_create(&fake->thread, NULL, fake_serve, fake), 0);
}

static inline void fake_end(struct fake *fake)
{
	(void)shutdown(fake->listening, SHUT_RDWR);
	assert_int_equal(pthread_join(fake->thread, NULL), 0);
	(void)close(fake->listening);
	(void)unlink(fake->path);
	assert_int_equal(rmdir(fake->folder), 0);
}

/* Opens a transport on it. */
static inline int fake_open(const struct fake *fake, struct transport **ret_transport)
{
	char address[64];

	(void)snprintf(address, sizeof(address), "vfio-user:%s", fake->path);
	return address_open(address, NULL, ret_transport);
}

#endif
