/* SPDX-License-Identifier: MIT */
/*
 * limits.c: see limits.h.
 */
#include "ctrl/limits.h"

#include "ctrl/caps.h"
#include "spec/encode.h"

/* They have the unit of MDTS, and 0 also means that there is no limit. */
static uint32_t size_limit(const struct ctrl_caps *caps, uint8_t exponent)
{
	uint32_t bytes = caps_mdts_bytes(caps, exponent);

	return bytes == UINT32_MAX ? 0 : bytes;
}

void limits_decode(const struct ctrl_caps *caps, const struct nvu_id_ctrl_nvm *id,
		   struct ctrl_limits *ret_limits)
{
	*ret_limits = (struct ctrl_limits){
		.ranges = ENCODE_RANGES_MAX,
		.range_blocks = UINT32_MAX,
		.blocks = UINT64_MAX,
	};
	if (!id)
		return;
	ret_limits->verify_bytes = size_limit(caps, id->vsl);
	ret_limits->zeroes_bytes = size_limit(caps, id->wzsl);
	ret_limits->uncorrectable_bytes = size_limit(caps, id->wusl);
	if (id->dmrl)
		ret_limits->ranges = id->dmrl;
	if (nvu_le32_get(id->dmrsl))
		ret_limits->range_blocks = nvu_le32_get(id->dmrsl);
	if (nvu_le64_get(id->dmsl))
		ret_limits->blocks = nvu_le64_get(id->dmsl);
}
