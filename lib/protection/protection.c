// SPDX-License-Identifier: MIT
/*
 * protection.c: the public functions of nvu/protection.h that need no namespace.
 */
#include "base/error.h"
#include "protection/format.h"
#include "tuple/guard.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Where a transfer's blocks are: the data and the metadata of one, and how far it is to the next. */
struct cursor {
	const uint8_t *data;
	const uint8_t *metadata;
	size_t data_step, metadata_step;
};

static int check_memory(const struct transfer *transfer, const void *data, const void *metadata,
			uint64_t blocks)
{
	const struct layout *layout = &transfer->layout;
	size_t both = (size_t)layout->block_bytes + layout->metadata_bytes;

	if (!blocks || blocks > PTRDIFF_MAX / both)
		return error_set(-EINVAL,
				 "blocks is %" PRIu64
				 ": expected 1 to %zu of %zu bytes with metadata",
				 blocks, PTRDIFF_MAX / both, both);
	if (!metadata)
		return error_set(-EINVAL, "metadata is NULL");
	if (transfer->interleaved && data)
		return error_set(-EINVAL,
				 "data is not NULL, but the format is interleaved: pass the "
				 "blocks with their metadata as metadata");
	if (!transfer->interleaved && !data)
		return error_set(-EINVAL, "data is NULL, and the format is not interleaved");
	return 0;
}

static struct cursor first_block(const struct transfer *transfer, const void *data,
				 const void *metadata)
{
	const struct layout *layout = &transfer->layout;
	size_t both = (size_t)layout->block_bytes + layout->metadata_bytes;

	if (transfer->interleaved)
		return (struct cursor){ metadata, (const uint8_t *)metadata + layout->block_bytes,
					both, both };
	return (struct cursor){ data, metadata, layout->block_bytes, layout->metadata_bytes };
}

static void next_block(struct cursor *cursor)
{
	cursor->data += cursor->data_step;
	cursor->metadata += cursor->metadata_step;
}

static uint64_t compute_guard(const struct layout *layout, const struct cursor *cursor)
{
	uint64_t guard = guard_begin(layout->pif);

	guard = guard_update(layout->pif, guard, cursor->data, layout->block_bytes);
	if (layout->covered)
		guard = guard_update(layout->pif, guard, cursor->metadata, layout->covered);
	return guard_end(layout->pif, guard);
}

int nvu_protection_generate(const struct nvu_protection_format *format,
			    const struct nvu_protection_args *args, const void *data,
			    void *metadata, uint64_t blocks)
{
	struct transfer transfer;
	struct layout *layout = &transfer.layout;
	struct cursor cursor;
	uint8_t *at;
	int ret = format_take(format, args, &transfer);

	if (!ret)
		ret = check_memory(&transfer, data, metadata, blocks);
	if (ret)
		return ret;
	cursor = first_block(&transfer, data, metadata);
	at = (uint8_t *)metadata + (transfer.interleaved ? layout->block_bytes : 0) +
	     layout->tuple_at;
	for (uint64_t block = 0; block < blocks; block++) {
		struct tuple tuple = {
			.guard = compute_guard(layout, &cursor),
			.app = transfer.args.app_tag,
			.storage = transfer.args.storage_tag,
			.ref = layout_ref(layout, transfer.args.ref_tag, block),
		};

		layout_write(layout, at, &tuple);
		if (block + 1 < blocks) {
			next_block(&cursor);
			at += cursor.metadata_step;
		}
	}
	return 0;
}

/* The words of a status for the sentence, and how many hexadecimal digits its field has. */
static int refuse(const struct layout *layout, const struct nvu_protection_error *error,
		  struct nvu_protection_error *ret_error)
{
	const char *field = "reference tag";
	int digits = (int)(layout->ref_bits + 3) / 4;

	if (error->status == NVU_SC_GUARD_CHECK) {
		field = "guard";
		digits = (int)layout->guard_bytes * 2;
	} else if (error->status == NVU_SC_APP_TAG_CHECK) {
		field = "application tag";
		digits = 4;
	} else if (error->status == NVU_SC_STORAGE_TAG_CHECK) {
		field = "storage tag";
		digits = (int)(layout->storage_bits + 3) / 4;
	}
	if (ret_error)
		*ret_error = *error;
	return error_set(error->status,
			 "block %" PRIu64 " of the transfer: its %s is %0*" PRIX64 "h, expected "
			 "%0*" PRIX64 "h",
			 error->block, field, digits, error->found, digits, error->expected);
}

/* Compares one block with what is expected. False: it differs, *ret_error says how. */
static bool verify_block(const struct transfer *transfer, const struct cursor *cursor,
			 uint64_t block, struct nvu_protection_error *ret_error)
{
	const struct layout *layout = &transfer->layout;
	const struct nvu_protection_args *args = &transfer->args;
	uint64_t ref = layout_ref(layout, args->ref_tag, block), guard;
	struct tuple tuple;

	layout_read(layout, cursor->metadata + layout->tuple_at, &tuple);
	if (layout_is_escaped(layout, &tuple))
		return true;
	*ret_error = (struct nvu_protection_error){ .block = block };
	if (args->checks & NVU_RW_PRCHK_GUARD &&
	    (guard = compute_guard(layout, cursor)) != tuple.guard) {
		ret_error->status = NVU_SC_GUARD_CHECK;
		ret_error->expected = guard;
		ret_error->found = tuple.guard;
	} else if (args->checks & NVU_RW_PRCHK_APP &&
		   (args->app_tag ^ tuple.app) & args->app_mask) {
		ret_error->status = NVU_SC_APP_TAG_CHECK;
		ret_error->expected = args->app_tag;
		ret_error->found = tuple.app;
	} else if (args->checks & NVU_RW_STC &&
		   (args->storage_tag ^ tuple.storage) & layout->storage_mask) {
		ret_error->status = NVU_SC_STORAGE_TAG_CHECK;
		ret_error->expected = args->storage_tag;
		ret_error->found = tuple.storage;
	} else if (args->checks & NVU_RW_PRCHK_REF && ref != tuple.ref) {
		ret_error->status = NVU_SC_REF_TAG_CHECK;
		ret_error->expected = ref;
		ret_error->found = tuple.ref;
	}
	return !ret_error->status;
}

int nvu_protection_verify(const struct nvu_protection_format *format,
			  const struct nvu_protection_args *args, const void *data,
			  const void *metadata, uint64_t blocks,
			  struct nvu_protection_error *ret_error)
{
	struct nvu_protection_error error;
	struct transfer transfer;
	struct cursor cursor;
	int ret = format_take(format, args, &transfer);

	if (!ret && !transfer.args.checks)
		ret = error_set(-EINVAL, "args.checks is 0: it names no check");
	if (!ret)
		ret = check_memory(&transfer, data, metadata, blocks);
	if (ret)
		return ret;
	cursor = first_block(&transfer, data, metadata);
	for (uint64_t block = 0; block < blocks; block++) {
		if (!verify_block(&transfer, &cursor, block, &error))
			return refuse(&transfer.layout, &error, ret_error);
		if (block + 1 < blocks)
			next_block(&cursor);
	}
	return 0;
}

int nvu_protection_encode(const struct nvu_protection_format *format,
			  const struct nvu_protection_args *args, struct nvu_sqe *cmd)
{
	struct transfer transfer;
	struct space space;
	uint32_t checks;
	int ret = format_take(format, args, &transfer);

	if (ret)
		return ret;
	checks = transfer.args.checks;
	if (transfer.layout.type == 3)
		checks &= ~NVU_RW_PRCHK_REF;
	space = layout_pack(&transfer.layout, transfer.args.storage_tag,
			    layout_ref(&transfer.layout, transfer.args.ref_tag, 0));
	cmd->cdw2 = nvu_le32_put(space.high);
	cmd->cdw3 = nvu_le32_put((uint32_t)(space.low >> 32));
	cmd->cdw12 = nvu_le32_put((nvu_le32_get(cmd->cdw12) & ~LAYOUT_CHECKS) | checks);
	cmd->cdw14 = nvu_le32_put((uint32_t)space.low);
	cmd->cdw15 = nvu_le32_put((uint32_t)transfer.args.app_mask << 16 | transfer.args.app_tag);
	return 0;
}
