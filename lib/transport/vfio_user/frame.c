// SPDX-License-Identifier: MIT
/*
 * frame.c: see frame.h.
 */
#include "transport/vfio_user/frame.h"

#include <errno.h>
#include <string.h>

enum { HEADER_BYTES = sizeof(struct frame_header) };

static struct frame_header header_of(const struct frame *frame)
{
	struct frame_header header;

	memcpy(&header, frame->bytes, sizeof(header));
	return header;
}

int frame_missing(const struct frame *in)
{
	uint32_t size;

	if (in->len < HEADER_BYTES)
		return HEADER_BYTES - (int)in->len;
	size = header_of(in).size;
	if (size < in->len || size > FRAME_BYTES_MAX)
		return -EPROTO;
	return (int)(size - in->len);
}

/* Whether the bytes from first on fit into 64 bits; they may end with the last one. */
static bool fits(uint64_t first, uint64_t size)
{
	return size && first <= UINT64_MAX - (size - 1);
}

/* Version data end with a NUL. */
static int check_version(const struct frame_request *request)
{
	if (request->data_len && request->data[request->data_len - 1])
		return -EINVAL;
	return request->version.major ? -ENOTSUP : 0;
}

static int check_map(const struct frame_dma_map *map)
{
	const uint32_t known = FRAME_DMA_READABLE | FRAME_DMA_WRITEABLE;

	if (map->argsz < sizeof(*map) || !(map->flags & known) || map->flags & ~known)
		return -EINVAL;
	return fits(map->address, map->size) && fits(map->offset, map->size) ? 0 : -EINVAL;
}

static int check_unmap(const struct frame_dma_unmap *unmap)
{
	if (unmap->flags & ~FRAME_UNMAP_ALL)
		return -EINVAL;
	return unmap->flags || fits(unmap->address, unmap->size) ? 0 : -EINVAL;
}

static bool is_one_bit(uint32_t bits)
{
	return bits && !(bits & (bits - 1));
}

static int check_set(const struct frame_request *request)
{
	const struct frame_irq_set *set = &request->set;

	if (set->flags & ~(FRAME_IRQ_DATA | FRAME_IRQ_ACTION) ||
	    !is_one_bit(set->flags & FRAME_IRQ_DATA) || !is_one_bit(set->flags & FRAME_IRQ_ACTION))
		return -EINVAL;
	if (set->flags & FRAME_IRQ_BOOL && request->data_len < set->count)
		return -EINVAL;
	return 0;
}

static int check_access(const struct frame_request *request)
{
	const struct frame_access *access = &request->access;
	bool writes = request->header.command == FRAME_REGION_WRITE;

	if (access->count > FRAME_DATA_MAX || !fits(access->offset, access->count))
		return -EINVAL;
	return request->data_len == (writes ? access->count : 0) ? 0 : -EINVAL;
}

/* Bytes of what follows the header, without data of any length; -ENOTSUP: no such command. */
static int body_bytes(uint32_t command)
{
	switch (command) {
	case FRAME_VERSION:
		return sizeof(struct frame_version);
	case FRAME_DMA_MAP:
		return sizeof(struct frame_dma_map);
	case FRAME_DMA_UNMAP:
		return sizeof(struct frame_dma_unmap);
	case FRAME_GET_INFO:
		return sizeof(struct frame_info);
	case FRAME_GET_REGION_INFO:
		return sizeof(struct frame_region_info);
	case FRAME_GET_IRQ_INFO:
		return sizeof(struct frame_irq_info);
	case FRAME_SET_IRQS:
		return sizeof(struct frame_irq_set);
	case FRAME_REGION_READ:
	case FRAME_REGION_WRITE:
		return sizeof(struct frame_access);
	case FRAME_RESET:
		return 0;
	default:
		return -ENOTSUP;
	}
}

static int check_body(const struct frame_request *request)
{
	switch (request->header.command) {
	case FRAME_VERSION:
		return check_version(request);
	case FRAME_DMA_MAP:
		return check_map(&request->map);
	case FRAME_DMA_UNMAP:
		return check_unmap(&request->unmap);
	case FRAME_GET_INFO:
		return request->info.argsz < sizeof(request->info) ? -EINVAL : 0;
	case FRAME_GET_REGION_INFO:
		return request->region.argsz < sizeof(request->region) ||
				       request->region.index >= FRAME_REGIONS
			       ? -EINVAL
			       : 0;
	case FRAME_GET_IRQ_INFO:
		return request->irq.argsz < sizeof(request->irq) || request->irq.index >= FRAME_IRQS
			       ? -EINVAL
			       : 0;
	case FRAME_SET_IRQS:
		return check_set(request);
	case FRAME_REGION_READ:
	case FRAME_REGION_WRITE:
		return check_access(request);
	default:
		return 0;
	}
}

int frame_decode(const struct frame *in, struct frame_request *ret_request)
{
	struct frame_request request = { .header = header_of(in) };
	uint32_t len = in->len - HEADER_BYTES;
	int body = body_bytes(request.header.command), ret;

	assert(frame_missing(in) == 0);
	ret_request->header = request.header;
	if ((request.header.flags & FRAME_TYPE) != FRAME_TYPE_COMMAND)
		return -EPROTO;
	if (body < 0 || len < (uint32_t)body)
		return body < 0 ? body : -EINVAL;
	memcpy(request.raw, in->bytes + HEADER_BYTES, (size_t)body);
	request.data = in->bytes + HEADER_BYTES + body;
	request.data_len = len - (uint32_t)body;
	ret = check_body(&request);
	if (!ret)
		*ret_request = request;
	return ret;
}

bool frame_has_irqs(const struct frame_irq_set *set, uint32_t have)
{
	return set->start <= have && set->count <= have - set->start;
}

static void put(struct frame *out, const struct frame_header *request, uint32_t flags,
		uint32_t error, uint32_t len)
{
	struct frame_header header = { .id = request->id,
				       .command = request->command,
				       .size = HEADER_BYTES + len,
				       .flags = FRAME_TYPE_REPLY | flags,
				       .error = error };

	memcpy(out->bytes, &header, sizeof(header));
	out->len = header.size;
	out->sent = 0;
}

void frame_reply(struct frame *out, const struct frame_header *request, const void *body,
		 uint32_t len)
{
	assert(len <= FRAME_BYTES_MAX - HEADER_BYTES);
	put(out, request, 0, 0, len);
	if (len)
		memcpy(out->bytes + HEADER_BYTES, body, len);
}

void frame_refuse(struct frame *out, const struct frame_header *request, uint32_t error)
{
	put(out, request, FRAME_ERROR, error, 0);
}

void frame_ask(struct frame *out, const struct frame_header *header, const void *head,
	       uint32_t head_len, const void *data, uint32_t data_len)
{
	struct frame_header own = { .id = header->id,
				    .command = header->command,
				    .flags = header->flags };

	assert(head_len <= FRAME_BYTES_MAX - HEADER_BYTES &&
	       data_len <= FRAME_BYTES_MAX - HEADER_BYTES - head_len);
	own.size = HEADER_BYTES + head_len + data_len;
	memcpy(out->bytes, &own, sizeof(own));
	if (head_len)
		memcpy(out->bytes + HEADER_BYTES, head, head_len);
	if (data_len)
		memcpy(out->bytes + HEADER_BYTES + head_len, data, data_len);
	out->len = own.size;
	out->sent = 0;
}

/* Whether the JSON has this name, in quotes, at `at`. *ret_end: what follows. */
static bool has_name(const uint8_t *json, uint32_t len, uint32_t at, const char *name,
		     uint32_t *ret_end)
{
	uint32_t name_len = (uint32_t)strlen(name);

	if (len - at < name_len + 2 || json[at] != '"' || json[at + 1 + name_len] != '"' ||
	    memcmp(json + at + 1, name, name_len))
		return false;
	*ret_end = at + name_len + 2;
	return true;
}

static uint32_t skip_blanks(const uint8_t *json, uint32_t len, uint32_t at)
{
	while (at < len &&
	       (json[at] == ' ' || json[at] == '\t' || json[at] == '\n' || json[at] == '\r'))
		at++;
	return at;
}

static bool take_number(const uint8_t *json, uint32_t len, uint32_t at, uint64_t *ret_value)
{
	uint64_t value = 0;
	uint32_t first = at;

	for (; at < len && json[at] >= '0' && json[at] <= '9'; at++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, json[at] - '0', &value))
			return false;
	if (at == first)
		return false;
	*ret_value = value;
	return true;
}

bool frame_capability(const uint8_t *json, uint32_t len, const char *name, uint64_t *ret_value)
{
	uint32_t end;

	for (uint32_t at = 0; at < len; at++) {
		if (!has_name(json, len, at, name, &end))
			continue;
		end = skip_blanks(json, len, end);
		if (end < len && json[end] == ':')
			return take_number(json, len, skip_blanks(json, len, end + 1), ret_value);
	}
	return false;
}
