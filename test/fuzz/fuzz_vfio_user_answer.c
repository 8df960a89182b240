// SPDX-License-Identifier: MIT
/*
 * fuzz_vfio_user_answer.c: lib/transport/vfio_user/answer.c on the bytes that a server sends. What it accepts is to the
 * request, and inside the message; the part of a region that may be mapped is inside the region.
 *
 * The input: the kind of the request (1 byte), the number that it has (2 bytes), the index of the region or of the
 * interrupts (1 byte); then the message as it arrives.
 */
#include "transport/vfio/caps.h"
#include "transport/vfio_user/answer.h"

#include "input.h"

#include <errno.h>
#include <string.h>

enum { HOT_AT = 0x1000, PAGE = 4096 };

static void check_version(const struct answer *answer)
{
	struct answer_limits limits;
	int ret = answer_version(answer, &limits);

	PROMISE(ret == 0 || ret == -EPROTO || ret == -ENOTSUP || ret == -ERANGE);
	if (ret)
		return;
	PROMISE(limits.data_max >= 8 && limits.data_max <= FRAME_DATA_MAX);
	PROMISE(limits.maps_max && limits.maps_max <= UINT16_MAX);
	PROMISE(limits.page_bytes >= PAGE && !(limits.page_bytes & (limits.page_bytes - 1)));
}

static void check_region(const struct answer *answer, uint32_t index)
{
	struct frame_region_info info;
	struct caps_window window;

	if (answer_region(answer, index, &info))
		return;
	PROMISE(info.index == index);
	if (!caps_mappable_window(answer->body, answer->len, HOT_AT, PAGE, &window))
		PROMISE(window.first <= HOT_AT && window.end > HOT_AT && window.end <= info.size &&
			window.first % PAGE == 0);
}

static void check_body(uint32_t command, const struct answer *answer, uint8_t index)
{
	const struct frame_access access = { 8u * index, FRAME_BAR0, index };
	struct frame_irq_info irq;
	struct frame_info info;
	uint8_t data[UINT8_MAX];

	switch (command) {
	case FRAME_VERSION:
		check_version(answer);
		break;
	case FRAME_GET_INFO:
		PROMISE(answer_info(answer, &info) || answer->len >= sizeof(info));
		break;
	case FRAME_GET_REGION_INFO:
		check_region(answer, index);
		break;
	case FRAME_GET_IRQ_INFO:
		PROMISE(answer_irq(answer, index, &irq) || irq.index == index);
		break;
	case FRAME_REGION_READ:
		PROMISE(answer_read(answer, &access, data) ||
			answer->len == sizeof(access) + index);
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	struct frame_header request = { .command = 0 };
	static struct frame in;
	struct answer answer;
	uint8_t index = 0, kind = 0;
	int missing, ret;

	input_bytes(&input, &kind, sizeof(kind));
	input_bytes(&input, &request.id, sizeof(request.id));
	input_bytes(&input, &index, sizeof(index));
	request.command = kind;
	in.len = 0;
	while ((missing = frame_missing(&in)) > 0) {
		PROMISE((uint32_t)missing <= FRAME_BYTES_MAX - in.len);
		input_bytes(&input, in.bytes + in.len, (uint32_t)missing);
		in.len += (uint32_t)missing;
	}
	if (missing)
		return 0;
	ret = answer_decode(&in, &request, &answer);
	PROMISE(ret == 0 || ret == -EAGAIN || ret == -EPROTO);
	if (ret)
		return 0;
	PROMISE(answer.body + answer.len == in.bytes + in.len);
	PROMISE(answer.error >= 0);
	check_body(kind, &answer, index);
	return 0;
}
