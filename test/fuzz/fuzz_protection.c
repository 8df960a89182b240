// SPDX-License-Identifier: MIT
/*
 * fuzz_protection.c: lib/protection: any format, tags and contents. The input: the format (block size as a
 * shift, metadata, type, PIF, storage tag size, flags, mask), the tags, the number of blocks, what to change
 * before the tuples are verified, and the contents of the blocks, which repeat.
 *
 * Promised: nothing is read or written beyond the memory; what is generated is verified; a tuple that comes from
 * a device is read whatever it is; apart or interleaved, the tuples are the same; if one bit was changed, the
 * result is a status of the kind that the bit belongs to, or 0.
 */
#include "input.h"

#include <nvu/protection.h>

enum { BLOCKS_MAX = 5, METADATA_MAX = 80 };

/* Memory of its exact size, so that a sanitizer notices the first byte beyond. */
struct blocks {
	uint8_t *data, *metadata, *both;
	size_t data_bytes, metadata_bytes, both_bytes;
};

static struct nvu_protection_format read_format(struct input *input)
{
	struct nvu_protection_format format = {
		.size = sizeof(format),
		.block_bytes = 1u << input_u8(input) % 14,
		.metadata_bytes = input_u8(input) % (METADATA_MAX + 1u),
		.type = input_u8(input) % 8,
		.pif = input_u8(input) % 4,
		.storage_tag_bits = input_u8(input),
		.flags = input_u8(input) % 4,
	};

	format.storage_tag_unchecked = input_u64(input);
	return format;
}

static struct nvu_protection_args read_args(struct input *input)
{
	struct nvu_protection_args args = { .size = sizeof(args) };

	args.ref_tag = input_u64(input);
	args.storage_tag = input_u64(input);
	args.app_tag = input_u16(input);
	args.app_mask = input_u16(input);
	args.checks = input_u32(input) &
		      (NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_APP | NVU_RW_PRCHK_REF | NVU_RW_STC);
	return args;
}

static void *make(size_t bytes, const struct input *contents)
{
	size_t len = (size_t)(contents->end - contents->at);
	uint8_t *memory = malloc(bytes ? bytes : 1);

	PROMISE(memory);
	for (size_t i = 0; i < bytes; i++)
		memory[i] = len ? contents->at[i % len] : 0;
	return memory;
}

static void check_encoded(const struct nvu_protection_format *format,
			  const struct nvu_protection_args *args)
{
	struct nvu_sqe cmd = { .opcode = 1, .cdw10 = nvu_le32_put(7) };

	PROMISE(nvu_protection_encode(format, args, &cmd) == 0);
	PROMISE(cmd.opcode == 1 && nvu_le32_get(cmd.cdw10) == 7);
	PROMISE((nvu_le32_get(cmd.cdw12) & ~args->checks) == 0);
	if (format->pif != NVU_PIF_32B)
		PROMISE(nvu_le32_get(cmd.cdw2) == 0);
	PROMISE(nvu_le32_get(cmd.cdw2) <= UINT16_MAX);
}

/* What is generated apart is what is generated interleaved. */
static void check_interleaved(struct nvu_protection_format format,
			      const struct nvu_protection_args *args, const struct blocks *blocks,
			      uint32_t count)
{
	size_t step = (size_t)format.block_bytes + format.metadata_bytes;

	for (uint32_t i = 0; i < count; i++) {
		memcpy(blocks->both + i * step, blocks->data + (size_t)i * format.block_bytes,
		       format.block_bytes);
		memcpy(blocks->both + i * step + format.block_bytes,
		       blocks->metadata + (size_t)i * format.metadata_bytes, format.metadata_bytes);
	}
	format.flags &= ~NVU_PROTECTION_INTERLEAVED;
	PROMISE(!nvu_protection_generate(&format, args, blocks->data, blocks->metadata, count));
	format.flags |= NVU_PROTECTION_INTERLEAVED;
	PROMISE(!nvu_protection_generate(&format, args, NULL, blocks->both, count));
	for (uint32_t i = 0; i < count; i++) {
		PROMISE(!memcmp(blocks->both + i * step,
				blocks->data + (size_t)i * format.block_bytes, format.block_bytes));
		PROMISE(!memcmp(blocks->both + i * step + format.block_bytes,
				blocks->metadata + (size_t)i * format.metadata_bytes,
				format.metadata_bytes));
	}
}

static void check_status(int ret, const struct nvu_protection_error *error, uint32_t count)
{
	if (ret == 0)
		return;
	PROMISE(ret == NVU_SC_GUARD_CHECK || ret == NVU_SC_APP_TAG_CHECK ||
		ret == NVU_SC_REF_TAG_CHECK || ret == NVU_SC_STORAGE_TAG_CHECK);
	PROMISE(error->status == ret && error->block < count && error->expected != error->found);
}

static void check(const struct nvu_protection_format *format,
		  const struct nvu_protection_args *args, const struct blocks *blocks,
		  uint32_t count, uint32_t bit)
{
	const bool interleaved = format->flags & NVU_PROTECTION_INTERLEAVED;
	uint8_t *data = interleaved ? NULL : blocks->data;
	uint8_t *metadata = interleaved ? blocks->both : blocks->metadata;
	size_t bytes = interleaved ? blocks->both_bytes : blocks->metadata_bytes;
	struct nvu_protection_error error = { .status = 0 };

	/* As a device left them. */
	check_status(nvu_protection_verify(format, args, data, metadata, count, &error), &error,
		     count);
	check_interleaved(*format, args, blocks, count);
	PROMISE(!nvu_protection_verify(format, args, data, metadata, count, NULL));
	metadata[bit / 8 % bytes] ^= (uint8_t)(1u << bit % 8);
	check_status(nvu_protection_verify(format, args, data, metadata, count, &error), &error,
		     count);
	check_encoded(format, args);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	struct nvu_protection_format format = read_format(&input);
	struct nvu_protection_args args = read_args(&input);
	uint32_t count = 1 + input_u8(&input) % BLOCKS_MAX, bit = input_u32(&input);
	struct nvu_sqe cmd;
	struct blocks blocks = {
		.data_bytes = (size_t)count * format.block_bytes,
		.metadata_bytes = (size_t)count * format.metadata_bytes,
		.both_bytes = (size_t)count * (format.block_bytes + format.metadata_bytes),
	};

	if (!args.checks || nvu_protection_encode(&format, &args, &cmd))
		return 0;
	blocks.data = make(blocks.data_bytes, &input);
	blocks.metadata = make(blocks.metadata_bytes, &input);
	blocks.both = make(blocks.both_bytes, &input);
	check(&format, &args, &blocks, count, bit);
	free(blocks.data);
	free(blocks.metadata);
	free(blocks.both);
	return 0;
}
