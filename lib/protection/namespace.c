// SPDX-License-Identifier: MIT
/*
 * namespace.c: nvu_protection_of(): the format of a namespace.
 */
#include "base/error.h"
#include "ns/ns.h"
#include "protection/format.h"

#include <errno.h>
#include <string.h>

int nvu_protection_of(const struct nvu_ns *ns, struct nvu_protection_format *ret_format,
		      size_t size)
{
	const struct nvu_ns_info *info = &ns->info;
	struct nvu_protection_format format = {
		.size = size < sizeof(format) ? size : sizeof(format),
		.block_bytes = info->block_bytes,
		.metadata_bytes = info->metadata_bytes,
		.type = info->protection,
		.pif = info->pif,
		.storage_tag_bits = info->storage_tag_bits,
		.flags = (info->protection_first ? NVU_PROTECTION_FIRST : 0) |
			 (info->metadata_extended ? NVU_PROTECTION_INTERLEAVED : 0),
		.storage_tag_unchecked = ~info->storage_tag_mask,
	};
	int ret = ns_is_open(ns, __func__);

	if (ret)
		return ret;
	if (!info->protection)
		return error_set(-ENOTSUP,
				 "namespace %u is formatted without protection information",
				 info->nsid);
	if (info->pif == NVU_PIF_UNKNOWN || !info->block_bytes)
		return error_set(-ENOTSUP,
				 "namespace %u: the controller does not say which format its "
				 "protection information has",
				 info->nsid);
	if (format_check(&format))
		return error_set(
			-EPROTO,
			"namespace %u: what the controller says of its format contradicts the "
			"specification: %s",
			info->nsid, error_get());
	memcpy(ret_format, &format, format.size);
	return 0;
}
