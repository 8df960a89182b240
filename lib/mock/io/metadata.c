// SPDX-License-Identifier: MIT
/*
 * metadata.c: see metadata.h.
 */
#include "mock/io/metadata.h"

#include "mock/faults/violation.h"
#include "mock/memory/sgl.h"
#include "mock/memory/store.h"
#include "mock/queues/data.h"
#include "transport/transport.h"

#include <assert.h>
#include <string.h>

enum { BLOCK_MAX = 4096 + MOCK_METADATA_MAX };

static uint16_t refuse_pointer(struct nvu_mock *mock, const struct mock_cmd *cmd, uint64_t iova,
			       const char *why, uint16_t status)
{
	mock_violation_add_cmd(mock, cmd, "MPTR is 0x%llx: %s", (unsigned long long)iova, why);
	return MOCK_DNR(status);
}

/* MPTR is the address of a descriptor: it says where the metadata are. */
static uint16_t read_descriptor(struct nvu_mock *mock, const struct mock_cmd *cmd,
				struct metadata *metadata, uint64_t len)
{
	uint64_t iova = metadata->iova;
	struct nvu_sgl descriptor;

	if (!(mock->config.opts.sgls & NVU_SGLS_METADATA_SGL))
		return refuse_pointer(mock, cmd, iova, "an SGL, which is not announced",
				      NVU_SC_INVALID_FIELD);
	if (iova & 7)
		return refuse_pointer(mock, cmd, iova, "not 8-byte aligned",
				      NVU_SC_INVALID_SGL_SEGMENT);
	mock->xfer.list_writable = false;
	if (mock_sgl_read(mock->dma, iova, &cmd->sq->dma_hints[1], &mock->xfer, &descriptor))
		return refuse_pointer(mock, cmd, iova, "its descriptor is not mapped",
				      NVU_SC_DATA_TRANSFER_ERROR);
	if (mock->xfer.list_writable && !mock->serve)
		return refuse_pointer(mock, cmd, iova, "the device may write to its descriptor",
				      NVU_SC_DATA_TRANSFER_ERROR);
	if (descriptor.type != NVU_SGL_DATA_BLOCK)
		return refuse_pointer(mock, cmd, iova, "its descriptor is no data block",
				      NVU_SC_SGL_TYPE);
	if (nvu_le32_get(descriptor.length) != len)
		return refuse_pointer(mock, cmd, iova, "its descriptor has another length",
				      NVU_SC_METADATA_SGL_LENGTH);
	metadata->iova = nvu_le64_get(descriptor.address);
	return 0;
}

/* Base 3.3.3.1, figure 87: by PSDT. */
static uint16_t check_form(struct nvu_mock *mock, const struct mock_cmd *cmd,
			   struct metadata *metadata, uint64_t len)
{
	uint32_t sgls = mock->config.opts.sgls;

	switch (cmd->sqe.flags & NVU_PSDT) {
	case NVU_PSDT_SGL_METADATA:
		return read_descriptor(mock, cmd, metadata, len);
	case NVU_PSDT_SGL:
		if (!(sgls & NVU_SGLS_METADATA))
			return refuse_pointer(mock, cmd, metadata->iova,
					      "an address beside an SGL, which is not announced",
					      NVU_SC_INVALID_FIELD);
		return 0;
	default:
		if (metadata->iova & 3)
			return refuse_pointer(mock, cmd, metadata->iova, "not dword aligned",
					      NVU_SC_INVALID_FIELD);
		return 0;
	}
}

/* A contiguous buffer. All of it has to be mapped, before anything is moved. */
static uint16_t check_pointer(struct nvu_mock *mock, const struct mock_cmd *cmd,
			      struct metadata *metadata, uint64_t len)
{
	uint16_t status = check_form(mock, cmd, metadata, len);
	uint64_t iova = metadata->iova, piece;

	if (status)
		return status;
	for (; len; iova += piece, len -= piece)
		if (!mock_dma_translate(mock->dma, iova, len, metadata->prot,
					&cmd->sq->dma_hints[0], &piece))
			return refuse_pointer(mock, cmd, metadata->iova,
					      metadata->prot & TRANSPORT_DMA_WRITE
						      ? "its metadata are not mapped for writing"
						      : "its metadata are not mapped",
					      NVU_SC_DATA_TRANSFER_ERROR);
	return 0;
}

uint16_t metadata_begin(struct nvu_mock *mock, const struct mock_cmd *cmd,
			const struct range *range, uint32_t prot, struct metadata *ret_metadata)
{
	const struct mock_format *format = &range->ns->format;
	uint64_t of_block = format->lba_bytes;
	uint16_t status = protect_begin(range, &cmd->sqe, &ret_metadata->protect);

	ret_metadata->moved = protect_metadata(&ret_metadata->protect, range->ns);
	ret_metadata->interleaved = format->interleaved;
	ret_metadata->iova = nvu_le64_get(cmd->sqe.mptr);
	ret_metadata->prot = prot;
	if (status || !prot)
		return status;
	if (format->interleaved)
		of_block += ret_metadata->moved;
	status = mock_data_map(mock, cmd, range->blocks * of_block, prot);
	if (status || format->interleaved || !ret_metadata->moved)
		return status;
	return check_pointer(mock, cmd, ret_metadata, range->blocks * ret_metadata->moved);
}

/* Copies separate metadata to or from the driver's memory, which check_pointer() has found to be there. */
static void move_separate(struct nvu_mock *mock, const struct metadata *metadata, uint64_t idx,
			  uint8_t *at)
{
	uint64_t iova = metadata->iova + idx * metadata->moved, len = metadata->moved, piece;
	uint32_t hint = 0;

	for (; len; iova += piece, at += piece, len -= piece) {
		uint8_t *base =
			mock_dma_translate(mock->dma, iova, len, metadata->prot, &hint, &piece);

		assert(base);
		if (metadata->prot & TRANSPORT_DMA_WRITE)
			memcpy(base, at, piece);
		else
			memcpy(at, base, piece);
	}
}

/* Block number idx of the command, between the driver's memory and `block`. What is not transferred is zero. */
static void move(struct nvu_mock *mock, const struct range *range, const struct metadata *metadata,
		 uint64_t idx, uint8_t *block)
{
	uint32_t lba_bytes = range->ns->format.lba_bytes;
	uint64_t of_block = lba_bytes + (metadata->interleaved ? metadata->moved : 0u);

	if (metadata->prot & TRANSPORT_DMA_WRITE) {
		mock_xfer_put(&mock->xfer, idx * of_block, block, of_block);
	} else {
		memset(block, 0, BLOCK_MAX);
		mock_xfer_get(&mock->xfer, idx * of_block, block, of_block);
	}
	if (!metadata->interleaved && metadata->moved)
		move_separate(mock, metadata, idx, block + lba_bytes);
}

static uint32_t stride_of(const struct range *range)
{
	return mock_format_stride(&range->ns->format);
}

static uint16_t load(const struct range *range, const struct metadata *metadata, uint64_t idx,
		     uint8_t *block)
{
	uint32_t stride = stride_of(range);

	if (mock_store_read(range->store, range->offset + idx * stride, block, stride))
		return NVU_SC_UNRECOVERED_READ;
	protect_invert(&metadata->protect, block);
	return 0;
}

static uint16_t save(const struct range *range, const struct metadata *metadata, uint64_t idx,
		     uint8_t *block)
{
	uint32_t stride = stride_of(range);

	protect_invert(&metadata->protect, block);
	return mock_store_write(range->store, range->offset + idx * stride, block, stride)
		       ? NVU_SC_WRITE_FAULT
		       : 0;
}

uint16_t metadata_read(struct nvu_mock *mock, const struct range *range,
		       const struct metadata *metadata)
{
	uint8_t block[BLOCK_MAX];
	uint16_t status = 0;

	for (uint64_t idx = 0; idx < range->blocks && !status; idx++) {
		status = load(range, metadata, idx, block);
		if (!status)
			status = protect_check(&metadata->protect, idx, block);
		if (!status)
			move(mock, range, metadata, idx, block);
	}
	return status;
}

/* With PRACT there is nothing to check: the controller inserts the tuples. */
uint16_t metadata_check(struct nvu_mock *mock, const struct range *range,
			const struct metadata *metadata)
{
	uint8_t block[BLOCK_MAX];
	uint16_t status = 0;

	for (uint64_t idx = 0; idx < range->blocks && !status && !metadata->protect.action; idx++) {
		move(mock, range, metadata, idx, block);
		status = protect_check(&metadata->protect, idx, block);
	}
	return status;
}

uint16_t metadata_write(struct nvu_mock *mock, const struct range *range,
			const struct metadata *metadata)
{
	uint8_t block[BLOCK_MAX];
	uint16_t status = 0;

	for (uint64_t idx = 0; idx < range->blocks && !status; idx++) {
		move(mock, range, metadata, idx, block);
		if (metadata->protect.action)
			protect_insert(&metadata->protect, idx, block);
		status = save(range, metadata, idx, block);
	}
	return status;
}

/* NVM 1.0c 3.2.1: tuples are checked, not compared. */
static bool is_same(const struct metadata *metadata, const struct mock_format *format,
		    uint8_t *stored, uint8_t *sent)
{
	const struct layout *layout = &metadata->protect.layout;
	uint32_t bytes = format->lba_bytes + metadata->moved;

	if (metadata->protect.on) {
		uint32_t at = layout->block_bytes + layout->tuple_at;

		memcpy(sent + at, stored + at, layout_tuple_bytes(layout->pif));
	}
	return memcmp(stored, sent, bytes) == 0;
}

uint16_t metadata_compare(struct nvu_mock *mock, const struct range *range,
			  const struct metadata *metadata)
{
	uint8_t stored[BLOCK_MAX], sent[BLOCK_MAX];
	uint16_t status = 0;

	for (uint64_t idx = 0; idx < range->blocks && !status; idx++) {
		status = load(range, metadata, idx, stored);
		if (!status)
			status = protect_check(&metadata->protect, idx, stored);
		if (status)
			break;
		move(mock, range, metadata, idx, sent);
		if (!is_same(metadata, &range->ns->format, stored, sent))
			status = MOCK_DNR(NVU_SC_COMPARE_FAILED);
	}
	return status;
}

uint16_t metadata_verify(struct nvu_mock *mock, const struct range *range,
			 const struct metadata *metadata)
{
	uint8_t block[BLOCK_MAX];
	uint16_t status = 0;

	(void)mock;
	for (uint64_t idx = 0; idx < range->blocks && !status; idx++) {
		status = load(range, metadata, idx, block);
		if (!status)
			status = protect_check(&metadata->protect, idx, block);
	}
	return status;
}

uint16_t metadata_zero(struct nvu_mock *mock, const struct range *range,
		       const struct metadata *metadata)
{
	uint16_t status = 0;

	(void)mock;
	for (uint64_t idx = 0; idx < range->blocks && !status; idx++) {
		uint8_t block[BLOCK_MAX] = { 0 };

		if (metadata->protect.action)
			protect_insert(&metadata->protect, idx, block);
		status = save(range, metadata, idx, block);
	}
	return status;
}
