// SPDX-License-Identifier: MIT
/*
 * fuzz_vfio_user_frame.c: lib/transport/vfio_user/frame.c on the bytes of a message. What it accepts has its data
 * inside the message, and ranges that do not wrap; what it makes is a message that it accepts.
 *
 * The input is the message as it arrives, at first in pieces that its own bytes choose.
 */
#include "transport/vfio_user/frame.h"

#include "input.h"

#include <errno.h>

static bool is_whole(uint64_t first, uint64_t size)
{
	return size && size - 1 <= UINT64_MAX - first;
}

static void check_request(const struct frame *in, const struct frame_request *request)
{
	PROMISE(request->data + request->data_len == in->bytes + in->len);
	PROMISE(request->data_len <= in->len - sizeof(struct frame_header));
	switch (request->header.command) {
	case FRAME_DMA_MAP:
		PROMISE(is_whole(request->map.address, request->map.size));
		PROMISE(is_whole(request->map.offset, request->map.size));
		break;
	case FRAME_DMA_UNMAP:
		PROMISE(request->unmap.flags ||
			is_whole(request->unmap.address, request->unmap.size));
		break;
	case FRAME_SET_IRQS:
		PROMISE(!(request->set.flags & FRAME_IRQ_BOOL) ||
			request->data_len >= request->set.count);
		if (frame_has_irqs(&request->set, 2048))
			PROMISE(request->set.start + request->set.count <= 2048);
		break;
	case FRAME_REGION_READ:
	case FRAME_REGION_WRITE:
		PROMISE(request->access.count && request->access.count <= FRAME_DATA_MAX);
		PROMISE(is_whole(request->access.offset, request->access.count));
		break;
	default:
		break;
	}
}

static void check_replies(const struct frame_header *request)
{
	struct frame out;
	struct frame_request none;

	frame_reply(&out, request, "body", 4);
	PROMISE(out.len == 20 && frame_missing(&out) == 0);
	PROMISE(frame_decode(&out, &none) == -EPROTO);
	frame_refuse(&out, request, EINVAL);
	PROMISE(out.len == 16 && frame_missing(&out) == 0);
	PROMISE(frame_decode(&out, &none) == -EPROTO);
}

/* What a client makes of the same request. */
static void check_ask(const struct frame *in, const struct frame_request *request)
{
	static struct frame out;
	uint32_t head_len = in->len - (uint32_t)sizeof(request->header) - request->data_len;
	struct frame_request again;

	frame_ask(&out, &request->header, request->raw, head_len, request->data, request->data_len);
	PROMISE(out.len == in->len && frame_missing(&out) == 0);
	PROMISE(frame_decode(&out, &again) == 0);
	PROMISE(again.data_len == request->data_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	struct frame in = { .len = 0 };
	struct frame_request request;
	uint64_t value = 0;
	int missing, ret;

	while ((missing = frame_missing(&in)) > 0) {
		uint32_t piece = size ? data[in.len % size] % (uint32_t)missing + 1 : 1;

		PROMISE((uint32_t)missing <= FRAME_BYTES_MAX - in.len);
		input_bytes(&input, in.bytes + in.len, piece);
		in.len += piece;
	}
	if (missing)
		return 0;
	ret = frame_decode(&in, &request);
	PROMISE(ret == 0 || ret == -EPROTO || ret == -EINVAL || ret == -ENOTSUP);
	check_replies(&request.header);
	if (ret)
		return 0;
	check_request(&in, &request);
	check_ask(&in, &request);
	if (frame_capability(request.data, request.data_len, "max_msg_fds", &value))
		PROMISE(request.data_len > sizeof("max_msg_fds"));
	return 0;
}
