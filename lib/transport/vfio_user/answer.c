// SPDX-License-Identifier: MIT
/*
 * answer.c: see answer.h.
 */
#include "transport/vfio_user/answer.h"

#include <errno.h>
#include <string.h>

enum {
	HEADER_BYTES = sizeof(struct frame_header),
	ERRNO_MAX = 4095, /* of the kernel's */
	DATA_MIN = 8,	  /* a register */
	PAGE_MIN = 4096,
	PAGE_MAX = 1 << 21,
};

int answer_decode(const struct frame *in, const struct frame_header *request,
		  struct answer *ret_answer)
{
	struct frame_header header;

	assert(frame_missing(in) == 0);
	memcpy(&header, in->bytes, sizeof(header));
	if ((header.flags & FRAME_TYPE) == FRAME_TYPE_COMMAND)
		return -EAGAIN;
	if ((header.flags & FRAME_TYPE) != FRAME_TYPE_REPLY || header.id != request->id ||
	    header.command != request->command)
		return -EPROTO;
	ret_answer->error = 0;
	if (header.flags & FRAME_ERROR)
		ret_answer->error =
			header.error && header.error <= ERRNO_MAX ? (int)header.error : EIO;
	ret_answer->body = in->bytes + HEADER_BYTES;
	ret_answer->len = in->len - HEADER_BYTES;
	return 0;
}

/* Copies what an answer begins with. */
static bool take(const struct answer *answer, void *ret_head, uint32_t bytes)
{
	if (answer->error || answer->len < bytes)
		return false;
	memcpy(ret_head, answer->body, bytes);
	return true;
}

/* A number that the server names; otherwise, or if it names a larger one, what it is without. */
static uint64_t up_to(const uint8_t *json, uint32_t len, const char *name, uint64_t without)
{
	uint64_t value;

	return frame_capability(json, len, name, &value) && value < without ? value : without;
}

/* The least of the page sizes, each of which is a bit; 0: none that can be used. */
static uint32_t least_page(uint64_t sizes)
{
	uint64_t least = sizes ? sizes & ~(sizes - 1) : 0;

	if (!least || least > PAGE_MAX)
		return 0;
	return least < PAGE_MIN ? PAGE_MIN : (uint32_t)least;
}

int answer_version(const struct answer *answer, struct answer_limits *ret_limits)
{
	struct frame_version version;
	struct answer_limits limits;
	const uint8_t *json;
	uint64_t sizes = PAGE_MIN;
	uint32_t len;

	if (!take(answer, &version, sizeof(version)))
		return -EPROTO;
	json = answer->body + sizeof(version);
	len = answer->len - (uint32_t)sizeof(version);
	if (version.major)
		return -ENOTSUP;
	if (len && json[len - 1])
		return -EPROTO;
	(void)frame_capability(json, len, "pgsizes", &sizes);
	limits.fds_max = (uint32_t)up_to(json, len, "max_msg_fds", 1); /* more are of no use */
	limits.data_max = (uint32_t)up_to(json, len, "max_data_xfer_size", FRAME_DATA_MAX);
	limits.maps_max = (uint32_t)up_to(json, len, "max_dma_maps", UINT16_MAX);
	limits.page_bytes = least_page(sizes);
	if (!limits.fds_max || limits.data_max < DATA_MIN || !limits.maps_max || !limits.page_bytes)
		return -ERANGE;
	*ret_limits = limits;
	return 0;
}

int answer_info(const struct answer *answer, struct frame_info *ret_info)
{
	struct frame_info info;

	if (!take(answer, &info, sizeof(info)))
		return -EPROTO;
	*ret_info = info;
	return 0;
}

int answer_region(const struct answer *answer, uint32_t index, struct frame_region_info *ret_info)
{
	struct frame_region_info info;

	if (!take(answer, &info, sizeof(info)) || info.index != index)
		return -EPROTO;
	*ret_info = info;
	return 0;
}

int answer_irq(const struct answer *answer, uint32_t index, struct frame_irq_info *ret_info)
{
	struct frame_irq_info info;

	if (!take(answer, &info, sizeof(info)) || info.index != index)
		return -EPROTO;
	*ret_info = info;
	return 0;
}

int answer_read(const struct answer *answer, const struct frame_access *access, void *ret_data)
{
	struct frame_access done;

	if (!take(answer, &done, sizeof(done)) || done.offset != access->offset ||
	    done.region != access->region || done.count != access->count ||
	    answer->len - sizeof(done) != access->count)
		return -EPROTO;
	memcpy(ret_data, answer->body + sizeof(done), access->count);
	return 0;
}
