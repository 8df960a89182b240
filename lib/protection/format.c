// SPDX-License-Identifier: MIT
/*
 * format.c: see format.h.
 */
#include "protection/format.h"

#include "base/error.h"
#include "base/opts.h"

#include <errno.h>
#include <inttypes.h>

enum { BLOCK_BYTES_MIN = 512, METADATA_BYTES_MAX = 65535, TYPES = 3 };

#define FLAGS (NVU_PROTECTION_FIRST | NVU_PROTECTION_INTERLEAVED)

static int check_sizes(const struct nvu_protection_format *format)
{
	uint32_t tuple_bytes = layout_tuple_bytes(format->pif);
	uint32_t least = layout_storage_bits_min(format->pif);
	uint32_t most = layout_storage_bits_max(format->pif);

	if (format->block_bytes < BLOCK_BYTES_MIN ||
	    format->block_bytes & (format->block_bytes - 1))
		return error_set(-EINVAL,
				 "format.block_bytes is %u: expected a power of two, %d or more",
				 format->block_bytes, BLOCK_BYTES_MIN);
	if (format->metadata_bytes < tuple_bytes || format->metadata_bytes > METADATA_BYTES_MAX)
		return error_set(
			-EINVAL,
			"format.metadata_bytes is %u: expected %u, the size of the tuple, to "
			"%d",
			format->metadata_bytes, tuple_bytes, METADATA_BYTES_MAX);
	if (format->storage_tag_bits < least || format->storage_tag_bits > most)
		return error_set(
			-EINVAL,
			"format.storage_tag_bits is %u: expected %u to %u with format.pif %u",
			format->storage_tag_bits, least, most, format->pif);
	return 0;
}

int format_check(const struct nvu_protection_format *format)
{
	if (format->type < 1 || format->type > TYPES)
		return error_set(-EINVAL, "format.type is %u: expected 1 to %d", format->type,
				 TYPES);
	if (!layout_tuple_bytes(format->pif))
		return error_set(
			-EINVAL,
			"format.pif is %u: expected NVU_PIF_16B, NVU_PIF_32B or NVU_PIF_64B",
			format->pif);
	if (format->flags & ~FLAGS)
		return error_set(-EINVAL, "format.flags is %#x: only bits of %#x are known",
				 format->flags, FLAGS);
	return check_sizes(format);
}

static int check_args(const struct nvu_protection_args *args, const struct layout *layout)
{
	if (args->checks & ~LAYOUT_CHECKS)
		return error_set(-EINVAL, "args.checks is %#x: only bits of %#x are known",
				 args->checks, LAYOUT_CHECKS);
	if (args->storage_tag & ~layout_mask(layout->storage_bits))
		return error_set(-EINVAL,
				 "args.storage_tag is %#" PRIx64
				 ": the format's storage tag has %u bits",
				 args->storage_tag, layout->storage_bits);
	return 0;
}

int format_take(const struct nvu_protection_format *format, const struct nvu_protection_args *args,
		struct transfer *ret_transfer)
{
	struct nvu_protection_format copy;
	int ret = opts_copy(&copy, sizeof(copy), format);

	if (!ret)
		ret = opts_copy(&ret_transfer->args, sizeof(ret_transfer->args), args);
	if (!ret)
		ret = format_check(&copy);
	if (ret)
		return ret;
	layout_make(&copy, &ret_transfer->layout);
	ret_transfer->interleaved = copy.flags & NVU_PROTECTION_INTERLEAVED;
	return check_args(&ret_transfer->args, &ret_transfer->layout);
}
