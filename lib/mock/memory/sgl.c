// SPDX-License-Identifier: MIT
/*
 * sgl.c: walks SGL descriptors and chained segments, strictly: what the controller does not announce, a reserved
 * field that is not 0, a length that is not that of the data, or an address that is not mapped, ends the walk with a
 * status and a reason. Nothing is copied before the whole walk has succeeded.
 */
#include "mock/memory/sgl.h"

#include "transport/transport.h"

#include <nvu/identify.h>
#include <string.h>

enum { DESCRIPTOR_BYTES = sizeof(struct nvu_sgl) };

/* A walk under way. */
struct walk {
	const struct mock_dma *dma;
	const struct mock_sgl *sgl;
	uint32_t *hints; /* of the data, of the segments */
	struct mock_xfer *xfer;
	uint64_t left;	      /* bytes not yet resolved */
	uint32_t descriptors; /* read from segments */
};

#define refuse(walk, ...) mock_xfer_refuse((walk)->xfer, __VA_ARGS__)

static bool is_segment(const struct nvu_sgl *descriptor)
{
	return descriptor->type == NVU_SGL_SEGMENT || descriptor->type == NVU_SGL_LAST_SEGMENT;
}

/* The address of a bit bucket is reserved, and so are three bytes of all. */
static uint16_t check_reserved(struct walk *walk, const struct nvu_sgl *descriptor)
{
	static const uint8_t zeroes[sizeof(descriptor->rsvd12)];

	if (memcmp(descriptor->rsvd12, zeroes, sizeof(zeroes)))
		return refuse(walk, NVU_SC_INVALID_FIELD,
			      "SGL descriptor of type 0x%x: bytes 14:12 are reserved",
			      descriptor->type);
	if (descriptor->type == NVU_SGL_BIT_BUCKET && nvu_le64_get(descriptor->address))
		return refuse(walk, NVU_SC_INVALID_FIELD,
			      "SGL bit bucket with the address 0x%llx: reserved",
			      (unsigned long long)nvu_le64_get(descriptor->address));
	return 0;
}

static uint16_t check_type(struct walk *walk, const struct nvu_sgl *descriptor)
{
	if (descriptor->type == NVU_SGL_DATA_BLOCK)
		return 0;
	if (descriptor->type == NVU_SGL_BIT_BUCKET && (walk->sgl->sgls & NVU_SGLS_BIT_BUCKET))
		return 0;
	return refuse(walk, NVU_SC_SGL_TYPE, "SGL descriptor of type 0x%x, which is not announced",
		      descriptor->type);
}

static uint16_t check_granularity(struct walk *walk, uint64_t iova, uint32_t len)
{
	if ((walk->sgl->sgls & NVU_SGLS_SUPPORT) == NVU_SGLS_BYTES || !((iova | len) & 3))
		return 0;
	return refuse(walk, NVU_SC_SGL_GRANULARITY,
		      "SGL data block 0x%llx of %u bytes is not in dwords",
		      (unsigned long long)iova, len);
}

/* A descriptor of data. A bit bucket of data from the driver has none. */
static uint16_t take_data(struct walk *walk, const struct nvu_sgl *descriptor)
{
	bool is_bucket = descriptor->type == NVU_SGL_BIT_BUCKET;
	uint64_t iova = nvu_le64_get(descriptor->address);
	uint32_t len = nvu_le32_get(descriptor->length);
	uint16_t status = check_type(walk, descriptor);

	if (!status)
		status = check_reserved(walk, descriptor);
	if (!status && !is_bucket)
		status = check_granularity(walk, iova, len);
	if (status || (is_bucket && !(walk->sgl->prot & TRANSPORT_DMA_WRITE)))
		return status;
	if (len > walk->left && !(walk->sgl->sgls & NVU_SGLS_LONGER))
		return refuse(walk, NVU_SC_DATA_SGL_LENGTH, "SGL is longer than the %llu bytes",
			      (unsigned long long)walk->sgl->len);
	if (len > walk->left)
		len = (uint32_t)walk->left;
	walk->left -= len;
	if (!is_bucket)
		return mock_xfer_map(walk->xfer, walk->dma, &walk->hints[0], walk->sgl->prot, iova,
				     len);
	return !len || mock_xfer_add(walk->xfer, NULL, len)
		       ? 0
		       : refuse(walk, NVU_SC_INTERNAL, "more pieces than the mock can hold");
}

uint16_t mock_sgl_read(const struct mock_dma *dma, uint64_t iova, uint32_t *hint,
		       struct mock_xfer *xfer, struct nvu_sgl *ret_descriptor)
{
	uint64_t piece = 0;
	const uint8_t *base =
		mock_dma_translate(dma, iova, DESCRIPTOR_BYTES, TRANSPORT_DMA_READ, hint, &piece);

	if (!base || piece < DESCRIPTOR_BYTES)
		return mock_xfer_refuse(xfer, NVU_SC_DATA_TRANSFER_ERROR,
					"SGL descriptor at 0x%llx, which is not mapped",
					(unsigned long long)iova);
	if (mock_dma_translate(dma, iova, DESCRIPTOR_BYTES, TRANSPORT_DMA_WRITE, hint, &piece))
		xfer->list_writable = true;
	memcpy(ret_descriptor, base, sizeof(*ret_descriptor));
	return 0;
}

static uint16_t check_segment(struct walk *walk, const struct nvu_sgl *segment)
{
	uint32_t len = nvu_le32_get(segment->length);
	uint64_t iova = nvu_le64_get(segment->address);

	if (!len || len % DESCRIPTOR_BYTES)
		return refuse(walk, NVU_SC_INVALID_SGL_SEGMENT, "SGL segment of %u bytes", len);
	if (iova & 7)
		return refuse(walk, NVU_SC_INVALID_SGL_SEGMENT,
			      "SGL segment 0x%llx is not 8-byte aligned", (unsigned long long)iova);
	return check_reserved(walk, segment);
}

/* One segment; its last descriptor leads to the next, which it becomes, but for that of a last segment. */
static uint16_t walk_segment(struct walk *walk, struct nvu_sgl *segment, bool *ret_more)
{
	const struct nvu_sgl whole = *segment;
	uint32_t count = nvu_le32_get(whole.length) / DESCRIPTOR_BYTES;
	uint16_t status = check_segment(walk, &whole);

	*ret_more = whole.type == NVU_SGL_SEGMENT;
	for (uint32_t i = 0; i < count && !status; i++) {
		bool leads_on = *ret_more && i == count - 1;

		if (++walk->descriptors > MOCK_SGL_DESCRIPTORS)
			return refuse(walk, NVU_SC_INVALID_SGL_COUNT,
				      "SGL of more than %d descriptors", MOCK_SGL_DESCRIPTORS);
		status = mock_sgl_read(walk->dma,
				       nvu_le64_get(whole.address) + i * (uint64_t)DESCRIPTOR_BYTES,
				       &walk->hints[1], walk->xfer, segment);
		if (status)
			return status;
		if (is_segment(segment) != leads_on)
			return refuse(
				walk,
				leads_on ? NVU_SC_INVALID_SGL_SEGMENT : NVU_SC_INVALID_SGL_COUNT,
				"SGL descriptor of type 0x%x as number %u of %u of a%s segment",
				segment->type, i, count, *ret_more ? "" : " last");
		if (!leads_on)
			status = take_data(walk, segment);
	}
	return status;
}

uint16_t mock_sgl_walk(const struct mock_dma *dma, const struct mock_sgl *sgl, uint32_t hints[2],
		       struct mock_xfer *xfer)
{
	struct walk walk = { dma, sgl, hints, xfer, sgl->len, 0 };
	struct nvu_sgl descriptor = sgl->first;
	bool more = is_segment(&descriptor);
	uint16_t status = 0;

	xfer->count = 0;
	xfer->len = sgl->len;
	xfer->reason[0] = '\0';
	xfer->list_writable = false;
	if (!more)
		status = take_data(&walk, &descriptor);
	while (more && !status)
		status = walk_segment(&walk, &descriptor, &more);
	if (!status && walk.left)
		status = refuse(&walk, NVU_SC_DATA_SGL_LENGTH,
				"SGL is %llu bytes shorter than the data",
				(unsigned long long)walk.left);
	return status;
}
