/* SPDX-License-Identifier: MIT */
/*
 * registers.c: see registers.h.
 */
#include "admin/registers.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <nvu/regs.h>
#include <string.h>

int registers_read(struct nvu_ctrl *ctrl, void *data, size_t len)
{
	uint8_t *to = data;
	bool answers = false;

	assert(lock_is_held(&ctrl->lock));
	if (!data || !len || len % sizeof(nvu_le32) || len > NVU_REGS_BYTES)
		return error_set(
			-EINVAL,
			"%s: len is %zu: it must be a multiple of 4 between 4 and %d, and data "
			"memory for it",
			ctrl_name(ctrl), len, NVU_REGS_BYTES);
	for (size_t at = 0; at < len; at += sizeof(nvu_le32)) {
		uint32_t value;
		nvu_le32 stored;
		int ret = ctrl_read32(ctrl, (uint32_t)at, &value);

		if (ret)
			return ret;
		answers |= value != UINT32_MAX;
		stored = nvu_le32_put(value);
		memcpy(to + at, &stored, sizeof(stored));
	}
	if (!answers)
		return error_set(-ENODEV,
				 "%s: its registers read as all ones: it has gone, or is off",
				 ctrl_name(ctrl));
	return 0;
}
