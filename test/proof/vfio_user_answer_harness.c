/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever bytes a server sends as a message of vfio-user, decoding it as the answer to a request reads and
 * writes nothing outside the message and the caller's variables; an answer that is accepted has the request's number
 * and command, its body inside the message, and an errno value if it is a refusal; limits that are accepted are in the
 * bounds that the client counts on.
 *
 * Bounds: every header and request; messages of up to 48 bytes whose body is any. What the JSON of a version says may be
 * anything: `vfio_user_json` proves how it is read, and `vfio_user_frame` that a message is whole.
 *
 * @sources transport/vfio_user/answer.c
 * @options --unwind 2 --object-bits 10
 * @without conversion-check pointer-overflow-check
 */
#include "proof.h"
#include "transport/vfio_user/answer.h"

#include <errno.h>
#include <string.h>

enum { LONGEST = 48, JSON_MAX = 4, ERRNO_MAX = 4095 };

/* Those of frame.c, which have proofs of their own. */
int frame_missing(const struct frame *in)
{
	(void)in;
	return 0;
}

bool frame_capability(const uint8_t *json, uint32_t len, const char *name, uint64_t *ret_value)
{
	(void)name;
	prove(!len || (json[0] | json[len - 1]) >= 0, "the JSON is in the message");
	*ret_value = nondet_u64();
	return nondet_bool();
}

void harness_decode(void)
{
	struct frame in;
	struct frame_header request, header;
	struct answer answer;
	int ret;

	assume(in.len <= LONGEST && in.len >= sizeof(struct frame_header));
	ret = answer_decode(&in, &request, &answer);
	memcpy(&header, in.bytes, sizeof(header));
	prove(ret == 0 || ret == -EAGAIN || ret == -EPROTO, "errors");
	if (!ret) {
		prove(header.id == request.id && header.command == request.command,
		      "to this request");
		prove((header.flags & FRAME_TYPE) == FRAME_TYPE_REPLY, "an answer");
		prove(answer.error >= 0 && answer.error <= ERRNO_MAX, "an errno value");
		prove(!(header.flags & FRAME_ERROR) || answer.error, "a refusal is one");
		prove(answer.body + answer.len == in.bytes + in.len, "the rest of the message");
	}
	reached();
}

/* A body of any bytes, up to `max` of them. */
static struct answer any_answer(const uint8_t *body, uint32_t max)
{
	const struct answer answer = { .error = nondet_bool() ? 0 : EIO,
				       .body = body,
				       .len = nondet_u32() };

	assume(answer.len <= max);
	return answer;
}

void harness_version(void)
{
	uint8_t body[sizeof(struct frame_version) + JSON_MAX];
	struct answer answer = any_answer(body, sizeof(body));
	struct answer_limits limits;
	int ret = answer_version(&answer, &limits);

	prove(ret == 0 || ret == -EPROTO || ret == -ENOTSUP || ret == -ERANGE, "errors");
	if (!ret) {
		prove(limits.data_max >= 8 && limits.data_max <= FRAME_DATA_MAX, "data");
		prove(limits.maps_max && limits.maps_max <= UINT16_MAX, "mappings");
		prove(limits.page_bytes >= 4096 && limits.page_bytes <= 1 << 21 &&
			      !(limits.page_bytes & (limits.page_bytes - 1)),
		      "pages");
	}
	reached();
}

void harness_bodies(void)
{
	uint8_t body[LONGEST], data[8], before = nondet_u8();
	struct answer answer = any_answer(body, sizeof(body));
	struct frame_access access = { nondet_u64(), nondet_u32(), nondet_u32() };
	struct frame_region_info region;
	struct frame_irq_info irq;
	struct frame_info info;
	uint32_t index = nondet_u32();

	assume(access.count <= 4);
	data[access.count] = before;
	prove(answer_region(&answer, index, &region) || region.index == index, "this region");
	prove(answer_irq(&answer, index, &irq) || irq.index == index, "these interrupts");
	prove(answer_info(&answer, &info) || !answer.error, "no refusal");
	prove(answer_read(&answer, &access, data) || answer.len == sizeof(access) + access.count,
	      "as many bytes as were asked for");
	prove(data[access.count] == before, "and no more");
	reached();
}
