/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever bytes another process sends as a message of vfio-user, deciding how many of them are missing,
 * and decoding the request, read and write nothing outside the message and the
 * caller's variables; what a decoded request names (data, a range of memory, interrupts, bytes of a region) is
 * whole: no end is before its beginning, and no more data are claimed than there are.
 *
 * Bounds: every header; messages of 48 bytes whose body is any, and of any length up to that.
 *
 * @sources transport/vfio_user/frame.c
 * @options --unwind 2 --object-bits 10
 * @without conversion-check pointer-overflow-check
 */
#include "proof.h"
#include "transport/vfio_user/frame.h"

#include <errno.h>
#include <string.h>

enum { LONGEST = 48 };

static bool is_whole(uint64_t first, uint64_t size)
{
	return size && first + (size - 1) >= first;
}

static void check_decoded(const struct frame *in, const struct frame_request *request)
{
	const struct frame_irq_set *set = &request->set;
	uint32_t have = nondet_u32();

	prove(request->data >= in->bytes && request->data_len <= in->len &&
		      request->data + request->data_len == in->bytes + in->len,
	      "data are the rest of the message");
	switch (request->header.command) {
	case FRAME_DMA_MAP:
		prove(is_whole(request->map.address, request->map.size) &&
			      is_whole(request->map.offset, request->map.size),
		      "memory and file do not wrap");
		break;
	case FRAME_DMA_UNMAP:
		prove(request->unmap.flags || is_whole(request->unmap.address, request->unmap.size),
		      "memory does not wrap");
		break;
	case FRAME_GET_REGION_INFO:
		prove(request->region.index < FRAME_REGIONS, "a region");
		break;
	case FRAME_GET_IRQ_INFO:
		prove(request->irq.index < FRAME_IRQS, "a kind of interrupts");
		break;
	case FRAME_SET_IRQS:
		prove(!(set->flags & FRAME_IRQ_BOOL) || request->data_len >= set->count,
		      "a boolean each");
		prove(!frame_has_irqs(set, have) || (uint64_t)set->start + set->count <= have,
		      "all of them exist");
		break;
	case FRAME_REGION_READ:
	case FRAME_REGION_WRITE:
		prove(request->access.count <= FRAME_DATA_MAX, "bounded");
		prove(is_whole(request->access.offset, request->access.count),
		      "the region does not wrap");
		prove(request->header.command == FRAME_REGION_READ ||
			      request->data_len == request->access.count,
		      "the data are there");
		break;
	default:
		break;
	}
}

void harness_missing(void)
{
	struct frame in;
	int missing;

	assume(in.len <= FRAME_BYTES_MAX);
	missing = frame_missing(&in);
	prove(missing == -EPROTO || missing >= 0, "a count, or an error");
	prove(missing < 0 || (uint32_t)missing <= FRAME_BYTES_MAX - in.len,
	      "there is room for what is missing");
	reached();
}

void harness_decode(void)
{
	struct frame in;
	struct frame_request request = { .data_len = 0 };
	int ret;

	assume(in.len <= LONGEST && in.len >= sizeof(struct frame_header));
	assume(frame_missing(&in) == 0);
	ret = frame_decode(&in, &request);
	prove(ret == 0 || ret == -EPROTO || ret == -EINVAL || ret == -ENOTSUP, "errors");
	if (!ret)
		check_decoded(&in, &request);
	reached();
}
