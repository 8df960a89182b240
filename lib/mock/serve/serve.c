// SPDX-License-Identifier: MIT
/*
 * serve.c: see serve.h. A message is received in pieces, whenever some are there; then it is carried out, and
 * answered before the next one is looked at. So a client that does not read its answers holds up itself alone.
 */
#include "mock/serve/serve.h"

#include "base/error.h"
#include "mock/faults/call.h"
#include "mock/queues/doorbell.h"
#include "mock/registers/pci.h"
#include "mock/registers/regs.h"
#include "mock/serve/irqs.h"
#include "mock/serve/memory.h"
#include "mock/serve/region.h"
#include "mock/serve/socket.h"
#include "mock/state.h"
#include "transport/vfio_user/wire.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	TURN_MESSAGES = 64, /* then the queues have their turn */
	SILENCE_US = 1000000,
	SILENCE_STEPS = 1000,
};

struct mock_serve {
	struct serve_socket socket;
	struct serve_memory memory;
	const struct mock_dma *domain; /* the mock's, when it is not served */
	int client;		       /* -1: none */
	bool introduced;	       /* the client has sent its version */
	uint64_t silent_due;	       /* until then it may go without: mock_state_now() */
	int doorbells;		       /* file of the client's doorbells; -1: it sends messages */
	struct frame in, out;
	int out_fd; /* sent with .out; -1: none */
	struct wire_fds fds;
};

/* As a drive is when it is plugged in: a client's firmware switches memory and bus mastering on. */
static void plug_in(struct nvu_mock *mock)
{
	mock_doorbell_sweep(mock);
	mock_pci_init(mock);
	mock_pci_power_on(mock);
	mock_regs_power_on(mock);
}

static void leave(struct nvu_mock *mock)
{
	struct mock_serve *serve = mock->serve;

	if (!mock->gone && (mock->cc & NVU_CC_EN) && !(mock->cc & NVU_CC_SHN))
		mock->unsafe_shutdowns++;
	plug_in(mock);
	serve_irqs_clear(mock);
	serve_memory_clear(&serve->memory);
	if (serve->doorbells >= 0)
		serve_region_unshare(mock, serve->doorbells);
	serve->doorbells = -1;
	wire_fds_close(&serve->fds);
	if (serve->client >= 0)
		(void)close(serve->client);
	serve->client = -1;
	serve->introduced = false;
	serve->in.len = 0;
	serve->out = (struct frame){ .len = 0 };
	serve->out_fd = -1;
}

static bool meet(struct nvu_mock *mock)
{
	struct mock_serve *serve = mock->serve;

	serve->client = serve_socket_accept(&serve->socket);
	if (serve->client < 0)
		return false;
	serve->silent_due = mock_state_due(mock, mock->stepped ? SILENCE_STEPS : SILENCE_US);
	if (!(mock->config.opts.flags & NVU_MOCK_TRAP_DOORBELLS))
		(void)serve_region_share(mock, &serve->doorbells);
	return true;
}

/* Answers with a subset of what the client has proposed, but for limits that it has to know. */
static int answer_version(struct mock_serve *serve, const struct frame_request *request)
{
	struct {
		struct frame_version version;
		char json[200];
	} body = { .version = { 0, 0 } };
	uint64_t value;
	int len = snprintf(body.json, sizeof(body.json),
			   "{\"capabilities\":{\"max_msg_fds\":%d,\"max_data_xfer_size\":%d",
			   FRAME_FDS_MAX, FRAME_DATA_MAX);

	if (serve->introduced)
		return -EINVAL;
	if (frame_capability(request->data, request->data_len, "max_dma_maps", &value))
		len += snprintf(body.json + len, sizeof(body.json) - (size_t)len,
				",\"max_dma_maps\":%d", SERVE_REGIONS_MAX);
	len += snprintf(body.json + len, sizeof(body.json) - (size_t)len, "}}");
	serve->introduced = true;
	frame_reply(&serve->out, &request->header, &body,
		    (uint32_t)(sizeof(body.version) + (size_t)len + 1));
	return 0;
}

static int answer_unmap(struct nvu_mock *mock, const struct frame_request *request)
{
	const struct frame_dma_unmap *unmap = &request->unmap;
	bool all = unmap->flags & FRAME_UNMAP_ALL;
	int ret = serve_memory_unmap(mock, &mock->serve->memory, all ? 0 : unmap->address,
				     all ? UINT64_MAX : unmap->address + (unmap->size - 1));

	if (!ret)
		frame_reply(&mock->serve->out, &request->header, unmap, sizeof(*unmap));
	return ret;
}

static int answer_info(struct mock_serve *serve, const struct frame_request *request)
{
	const struct frame_info info = { .argsz = sizeof(info),
					 .flags = FRAME_DEVICE_PCI | FRAME_DEVICE_RESET,
					 .regions = FRAME_REGIONS,
					 .irqs = FRAME_IRQS };

	frame_reply(&serve->out, &request->header, &info, sizeof(info));
	return 0;
}

/* A client whose buffer is too small learns how large it has to be, and asks again. */
static int answer_region(struct nvu_mock *mock, const struct frame_request *request)
{
	struct mock_serve *serve = mock->serve;
	struct {
		struct frame_region_info info;
		struct frame_sparse sparse;
	} body = { .info = { .argsz = sizeof(body.info), .index = request->region.index } };
	uint32_t len = sizeof(body.info);

	body.info.size = serve_region_bytes(mock, body.info.index);
	if (body.info.size)
		body.info.flags = FRAME_REGION_READABLE | FRAME_REGION_WRITEABLE;
	if (body.info.index == FRAME_BAR0 && serve->doorbells >= 0) {
		body.info.flags |= FRAME_REGION_MMAP | FRAME_REGION_CAPS;
		body.info.argsz = sizeof(body);
		body.info.cap_offset = sizeof(body.info); /* QEMU expects it in either reply */
		body.sparse = (struct frame_sparse){ .id = 1,
						     .version = 1,
						     .areas = 1,
						     .offset = NVU_REG_DOORBELLS,
						     .size = mock->bar_bytes - NVU_REG_DOORBELLS };
	}
	if (body.info.flags & FRAME_REGION_CAPS && request->region.argsz >= sizeof(body)) {
		len = sizeof(body);
		serve->out_fd = serve->doorbells;
	}
	frame_reply(&serve->out, &request->header, &body, len);
	return 0;
}

static int answer_irq(struct nvu_mock *mock, const struct frame_request *request)
{
	struct frame_irq_info info = { .index = request->irq.index };

	serve_irqs_describe(mock, &info);
	frame_reply(&mock->serve->out, &request->header, &info, sizeof(info));
	return 0;
}

static int answer_access(struct nvu_mock *mock, const struct frame_request *request)
{
	struct {
		struct frame_access access;
		uint8_t data[FRAME_DATA_MAX];
	} body = { .access = request->access };
	bool reads = request->header.command == FRAME_REGION_READ;
	int ret = reads ? serve_region_read(mock, &body.access, body.data)
			: serve_region_write(mock, &body.access, request->data);

	if (!ret)
		frame_reply(&mock->serve->out, &request->header, &body,
			    sizeof(body.access) + (reads ? body.access.count : 0));
	return ret;
}

/* An answer without a body, unless it is made already. */
static int answer_nothing(struct mock_serve *serve, const struct frame_request *request, int ret)
{
	if (!ret)
		frame_reply(&serve->out, &request->header, NULL, 0);
	return ret;
}

static int answer(struct nvu_mock *mock, const struct frame_request *request)
{
	struct mock_serve *serve = mock->serve;

	switch (request->header.command) {
	case FRAME_VERSION:
		return answer_version(serve, request);
	case FRAME_DMA_MAP:
		return answer_nothing(serve, request,
				      serve_memory_map(&serve->memory, &request->map,
						       serve->fds.count ? serve->fds.fds[0] : -1));
	case FRAME_DMA_UNMAP:
		return answer_unmap(mock, request);
	case FRAME_GET_INFO:
		return answer_info(serve, request);
	case FRAME_GET_REGION_INFO:
		return answer_region(mock, request);
	case FRAME_GET_IRQ_INFO:
		return answer_irq(mock, request);
	case FRAME_SET_IRQS:
		return answer_nothing(serve, request, serve_irqs_set(mock, request, &serve->fds));
	case FRAME_REGION_READ:
	case FRAME_REGION_WRITE:
		return answer_access(mock, request);
	case FRAME_RESET:
		return answer_nothing(serve, request, serve_region_reset(mock));
	default:
		return -ENOTSUP;
	}
}

/* Carries a whole message out. False: the client cannot be understood. */
static bool handle(struct nvu_mock *mock)
{
	struct mock_serve *serve = mock->serve;
	struct frame_request request;
	int ret = frame_decode(&serve->in, &request);

	serve->out.len = 0;
	serve->out_fd = -1;
	if (ret == -EPROTO || (!serve->introduced && request.header.command != FRAME_VERSION))
		return false;
	if (!ret)
		ret = mock_call_count(mock, "a message of the client");
	if (!ret)
		ret = answer(mock, &request);
	if (ret)
		frame_refuse(&serve->out, &request.header, (uint32_t)-ret);
	if (request.header.flags & FRAME_NO_REPLY)
		serve->out.len = 0;
	serve->out.sent = 0;
	serve->in.len = 0;
	wire_fds_close(&serve->fds);
	return true;
}

/* Receives what is there of a message. 1: it is whole; 0: not yet; -errno: the client has gone. */
static int receive(struct mock_serve *serve)
{
	int missing, got;

	while ((missing = frame_missing(&serve->in)) > 0) {
		got = wire_receive(serve->client, serve->in.bytes + serve->in.len,
				   (uint32_t)missing, &serve->fds);
		if (got < 0)
			return got == -EAGAIN ? 0 : got;
		serve->in.len += (uint32_t)got;
	}
	return missing < 0 ? missing : 1;
}

/* The next message, if it can be answered at once. 1, 0 or -errno, as receive(). */
static int turn(struct nvu_mock *mock)
{
	struct mock_serve *serve = mock->serve;
	int ret;

	if (__atomic_load_n(&serve->memory.lost, __ATOMIC_ACQUIRE))
		return -EFAULT;
	ret = wire_send(serve->client, &serve->out, serve->out_fd);
	if (ret)
		return ret == -EAGAIN ? 0 : ret;
	ret = receive(serve);
	if (ret <= 0)
		return ret;
	if (!handle(mock))
		return -EPROTO;
	ret = wire_send(serve->client, &serve->out, serve->out_fd);
	return ret && ret != -EAGAIN ? ret : 1;
}

/* A client that has never said a word does not keep others waiting. */
static bool is_in_the_way(const struct nvu_mock *mock)
{
	const struct mock_serve *serve = mock->serve;

	return serve->client >= 0 && !serve->introduced &&
	       mock_state_now(mock) >= serve->silent_due && serve_socket_is_wanted(&serve->socket);
}

uint32_t mock_serve_work(struct nvu_mock *mock)
{
	uint32_t done = 0;
	int ret = 1;

	assert(mock_is_locked(mock));
	if (is_in_the_way(mock))
		leave(mock);
	if (mock->serve->client < 0 && !meet(mock))
		return 0;
	while (ret > 0 && done < TURN_MESSAGES) {
		ret = turn(mock);
		done += ret > 0;
	}
	if (ret < 0)
		leave(mock);
	return done + (ret < 0);
}

void mock_serve_wait(struct nvu_mock *mock, long ns)
{
	const struct mock_serve *serve = mock->serve;
	const struct timespec limit = { 0, ns };
	struct pollfd each = {
		.fd = serve->client < 0 ? serve->socket.fd : serve->client,
		.events = serve->out.sent < serve->out.len ? POLLOUT : POLLIN,
	};

	(void)ppoll(&each, 1, &limit, NULL);
}

int mock_serve_open(struct nvu_mock *mock, const char *path)
{
	struct mock_serve *serve = calloc(1, sizeof(*serve));
	int ret;

	assert(mock_is_locked(mock) && !mock->serve);
	if (!serve)
		return error_set(-ENOMEM, "%s: no memory to serve it", mock->address);
	serve->client = serve->doorbells = serve->out_fd = -1;
	ret = serve_socket_open(&serve->socket, path);
	if (ret) {
		free(serve);
		return ret;
	}
	serve->memory.dma.lost = &serve->memory.lost;
	serve->domain = mock->dma;
	mock->dma = &serve->memory.dma;
	mock->serve = serve;
	plug_in(mock);
	return 0;
}

void mock_serve_close(struct nvu_mock *mock)
{
	struct mock_serve *serve = mock->serve;

	assert(mock_is_locked(mock) && serve);
	leave(mock);
	serve_socket_close(&serve->socket);
	mock->dma = serve->domain;
	mock->serve = NULL;
	mock_pci_init(mock);
	mock_regs_power_on(mock);
	free(serve);
}
