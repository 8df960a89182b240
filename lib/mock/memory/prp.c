// SPDX-License-Identifier: MIT
/*
 * prp.c: walks PRP entries and chained PRP lists, strictly: an offset that must be zero, or an address
 * that is not mapped, ends the walk with a status and a reason. Nothing is copied before the whole walk has
 * succeeded.
 */
#include "mock/memory/prp.h"

#include "transport/transport.h"

#include <assert.h>
#include <errno.h>
#include <nvu/spec.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRP_BYTES = 8, PAGE_MIN_BYTES = 4096 };

/* A walk under way. */
struct walk {
	const struct mock_dma *dma;
	const struct mock_prp *prp;
	uint32_t *hints; /* of the data, of the lists */
	struct mock_xfer *xfer;
	uint64_t left; /* bytes not yet resolved */
};

int mock_xfer_init(struct mock_xfer *xfer, uint64_t max_bytes)
{
	uint64_t pieces = max_bytes / PAGE_MIN_BYTES + 2 + MOCK_SGL_DESCRIPTORS;

	assert(max_bytes && pieces <= UINT32_MAX);
	*xfer = (struct mock_xfer){ .max = (uint32_t)pieces };
	xfer->segs = calloc(pieces, sizeof(*xfer->segs));
	return xfer->segs ? 0 : -ENOMEM;
}

void mock_xfer_fini(struct mock_xfer *xfer)
{
	free(xfer->segs);
	*xfer = (struct mock_xfer){ 0 };
}

uint16_t mock_xfer_refuse(struct mock_xfer *xfer, uint16_t status, const char *format, ...)
{
	va_list args;

	assert(status);
	va_start(args, format);
	(void)vsnprintf(xfer->reason, sizeof(xfer->reason), format, args);
	va_end(args);
	return status;
}

#define refuse(walk, ...) mock_xfer_refuse((walk)->xfer, __VA_ARGS__)

bool mock_xfer_add(struct mock_xfer *xfer, uint8_t *base, uint64_t len)
{
	struct mock_seg *last = xfer->count ? &xfer->segs[xfer->count - 1] : NULL;

	if (last && last->base && base && last->base + last->len == base) {
		last->len += len;
		return true;
	}
	if (xfer->count == xfer->max)
		return false;
	xfer->segs[xfer->count++] = (struct mock_seg){ base, len };
	return true;
}

uint16_t mock_xfer_map(struct mock_xfer *xfer, const struct mock_dma *dma, uint32_t *hint,
		       uint32_t prot, uint64_t iova, uint64_t len)
{
	while (len) {
		uint64_t piece;
		uint8_t *base = mock_dma_translate(dma, iova, len, prot, hint, &piece);

		if (!base)
			return mock_xfer_refuse(xfer, NVU_SC_DATA_TRANSFER_ERROR,
						"DMA %s 0x%llx, which is not mapped for it",
						prot & TRANSPORT_DMA_WRITE ? "write to" : "read of",
						(unsigned long long)iova);
		if (!mock_xfer_add(xfer, base, piece))
			return mock_xfer_refuse(xfer, NVU_SC_INTERNAL,
						"more pieces than the mock can hold");
		iova += piece;
		len -= piece;
	}
	return 0;
}

/* Resolves the part of one page that belongs to the transfer. */
static uint16_t take_page(struct walk *walk, uint64_t iova)
{
	uint64_t page_left = walk->prp->page_bytes - (iova & (walk->prp->page_bytes - 1));
	uint64_t len = walk->left < page_left ? walk->left : page_left;

	walk->left -= len;
	return mock_xfer_map(walk->xfer, walk->dma, &walk->hints[0], walk->prp->prot, iova, len);
}

/* Reads one entry of a PRP list. */
static uint16_t read_entry(struct walk *walk, uint64_t iova, uint64_t *ret_entry)
{
	uint64_t piece = 0;
	nvu_le64 entry;
	const uint8_t *base = mock_dma_translate(walk->dma, iova, PRP_BYTES, TRANSPORT_DMA_READ,
						 &walk->hints[1], &piece);

	if (!base || piece < PRP_BYTES)
		return refuse(walk, NVU_SC_DATA_TRANSFER_ERROR,
			      "PRP list entry at 0x%llx, which is not mapped",
			      (unsigned long long)iova);
	if (mock_dma_translate(walk->dma, iova, PRP_BYTES, TRANSPORT_DMA_WRITE, &walk->hints[1],
			       &piece))
		walk->xfer->list_writable = true;
	memcpy(&entry, base, sizeof(entry));
	*ret_entry = nvu_le64_get(entry);
	return 0;
}

static uint16_t check_list_pointer(struct walk *walk, uint64_t list)
{
	if (list & (PRP_BYTES - 1))
		return refuse(walk, NVU_SC_INVALID_PRP_OFFSET,
			      "PRP list pointer 0x%llx is not 8-byte aligned",
			      (unsigned long long)list);
	return 0;
}

/*
 * Base 4.1.1: a list ends with its page; when more entries are needed than fit, the last one of
 * the page points to the next list.
 */
static uint16_t walk_list(struct walk *walk, uint64_t list)
{
	uint32_t page_bytes = walk->prp->page_bytes;
	uint16_t status = check_list_pointer(walk, list);
	bool chained = false;

	while (!status && walk->left) {
		bool last_slot = ((list + PRP_BYTES) & (page_bytes - 1)) == 0;
		uint64_t entry = 0;

		status = read_entry(walk, list, &entry);
		if (status)
			break;
		if (last_slot && (walk->left > page_bytes || walk->xfer->last_slot_links)) {
			if (chained) /* the list might never end */
				return refuse(walk, NVU_SC_DATA_TRANSFER_ERROR,
					      "PRP list at 0x%llx holds nothing but a pointer",
					      (unsigned long long)list);
			chained = true;
			list = entry;
			status = check_list_pointer(walk, list);
			continue;
		}
		if (entry & (page_bytes - 1))
			return refuse(walk, NVU_SC_INVALID_PRP_OFFSET,
				      "PRP list entry 0x%llx has a page offset",
				      (unsigned long long)entry);
		status = take_page(walk, entry);
		list += PRP_BYTES;
		chained = false;
	}
	return status;
}

uint16_t mock_prp_walk(const struct mock_dma *dma, const struct mock_prp *prp, uint32_t hints[2],
		       struct mock_xfer *xfer)
{
	struct walk walk = { dma, prp, hints, xfer, prp->len };
	uint16_t status;

	xfer->count = 0;
	xfer->len = prp->len;
	xfer->reason[0] = '\0';
	xfer->list_writable = false;
	if (prp->prp1 & 3)
		return refuse(&walk, NVU_SC_INVALID_PRP_OFFSET, "PRP1 0x%llx is not dword aligned",
			      (unsigned long long)prp->prp1);
	status = take_page(&walk, prp->prp1);
	if (status || walk.left == 0)
		return status;
	if (walk.left > prp->page_bytes)
		return walk_list(&walk, prp->prp2);
	if (prp->prp2 & (prp->page_bytes - 1))
		return refuse(&walk, NVU_SC_INVALID_PRP_OFFSET, "PRP2 0x%llx has a page offset",
			      (unsigned long long)prp->prp2);
	return take_page(&walk, prp->prp2);
}

/* The piece at *offset, which becomes the offset within it; NULL past the end. */
static const struct mock_seg *seek(const struct mock_xfer *xfer, uint64_t *offset)
{
	const struct mock_seg *seg = xfer->segs;

	for (; seg < xfer->segs + xfer->count; seg++) {
		if (*offset < seg->len)
			return seg;
		*offset -= seg->len;
	}
	return NULL;
}

void mock_xfer_put(const struct mock_xfer *xfer, uint64_t offset, const void *data, size_t len)
{
	const struct mock_seg *seg = seek(xfer, &offset);

	for (; seg && len && seg < xfer->segs + xfer->count; seg++, offset = 0) {
		size_t chunk = seg->len - offset < len ? seg->len - offset : len;

		if (seg->base)
			memcpy(seg->base + offset, data, chunk);
		data = (const uint8_t *)data + chunk;
		len -= chunk;
	}
}

void mock_xfer_get(const struct mock_xfer *xfer, uint64_t offset, void *data, size_t len)
{
	const struct mock_seg *seg = seek(xfer, &offset);

	for (; seg && len && seg < xfer->segs + xfer->count; seg++, offset = 0) {
		size_t chunk = seg->len - offset < len ? seg->len - offset : len;

		if (seg->base)
			memcpy(data, seg->base + offset, chunk);
		data = (uint8_t *)data + chunk;
		len -= chunk;
	}
}
