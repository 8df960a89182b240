/* SPDX-License-Identifier: MIT */
/*
 * answer.h: what a server of the vfio-user protocol answers, decoded. Pure: the bytes of a message in, values out. A
 * server is hostile input: each answer must be to this request, and as long as what it has to say.
 */
#ifndef NVU_TRANSPORT_VFIO_USER_ANSWER_H
#define NVU_TRANSPORT_VFIO_USER_ANSWER_H

#include "transport/vfio_user/frame.h"

/* An answer that is to the request. */
struct answer {
	int error;	     /* 0, or why it refuses: an errno value, positive */
	const uint8_t *body; /* what follows the header; in the frame */
	uint32_t len;
};

/* What a server has said about itself; what it has not said is what the protocol says then. */
struct answer_limits {
	uint32_t fds_max;    /* descriptors of a message */
	uint32_t data_max;   /* bytes of a read or a write of a region, up to FRAME_DATA_MAX */
	uint32_t maps_max;   /* live mappings */
	uint32_t page_bytes; /* of mappings: the least, a power of two */
};

/*
 * Decodes a whole message. 0; -EAGAIN: it is a request of the server's own; -EPROTO: it answers another request, or
 * none.
 */
int answer_decode(const struct frame *in, const struct frame_header *request,
		  struct answer *ret_answer);

/* The answers without an error to each request. -EPROTO: it is too short, or contradicts the request or itself. */

/* -ENOTSUP: another major version; -ERANGE: limits under which no controller can be driven. */
int answer_version(const struct answer *answer, struct answer_limits *ret_limits);

int answer_info(const struct answer *answer, struct frame_info *ret_info);

/* The region of this index. It may say that it has more to tell: .argsz. */
int answer_region(const struct answer *answer, uint32_t index, struct frame_region_info *ret_info);

int answer_irq(const struct answer *answer, uint32_t index, struct frame_irq_info *ret_info);

/* Copies what was read: access->count bytes. */
int answer_read(const struct answer *answer, const struct frame_access *access, void *ret_data);

#endif
