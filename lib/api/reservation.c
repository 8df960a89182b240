/* SPDX-License-Identifier: MIT */
/*
 * reservation.c: the function of nvu/reservation.h that sends an admin command.
 */
#include "admin/pass_through.h"
#include "base/error.h"
#include "ctrl/snapshot.h"
#include "ctrl/tombstone.h"

#include <errno.h>
#include <nvu/reservation.h>
#include <string.h>

enum { SHORT_BYTES = 8, LONG_BYTES = 16 };

#define EXHID 1u /* of CDW11: the identifier has 128 bits */

static int check_id(const struct nvu_ctrl *ctrl, const uint8_t *id, size_t len)
{
	static const uint8_t none[LONG_BYTES];
	uint32_t ctratt = nvu_le32_get(snapshot_get(ctrl)->id->ctratt);

	if (len != SHORT_BYTES && len != LONG_BYTES)
		return error_set(-EINVAL, "len is %zu: a host identifier has 8 or 16 bytes", len);
	if (!id || !memcmp(id, none, len))
		return error_set(-EINVAL, "host_id is %s: expected another value than 0",
				 id ? "all zeroes" : "NULL");
	if (len == LONG_BYTES && !(ctratt & NVU_CTRATT_HOST_ID))
		return error_set(-ENOTSUP,
				 "%s: the controller takes host identifiers of 8 bytes only "
				 "(CTRATT is %#x)",
				 ctrl_name(ctrl), ctratt);
	return 0;
}

int nvu_reservation_set_host_id(struct nvu_ctrl *ctrl, const void *host_id, size_t len)
{
	const struct nvu_sqe cmd = {
		.opcode = NVU_ADMIN_SET_FEATURES,
		.cdw10 = nvu_le32_put(NVU_FEAT_HOST_ID),
		.cdw11 = nvu_le32_put(len == LONG_BYTES ? EXHID : 0),
	};
	uint8_t copy[LONG_BYTES];
	int ret = ctrl_is_open(ctrl, __func__);

	if (!ret)
		ret = check_id(ctrl, host_id, len);
	if (ret)
		return ret;
	memcpy(copy, host_id, len);
	error_enter();
	return error_leave(pass_through_admin(ctrl, &cmd, copy, len, 0, NULL));
}
