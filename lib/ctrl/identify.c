/* SPDX-License-Identifier: MIT */
/*
 * identify.c: what the controller says about itself, checked: CAP, VS and Identify Controller.
 */
#include "ctrl/identify.h"

#include "base/error.h"
#include "ctrl/admin.h"

#include <errno.h>
#include <nvu/regs.h>
#include <string.h>

enum {
	SHUTDOWN_TIMEOUT_MAX_MS = 30000,
	TRANSFER_NO_LIMIT = 1 << 20, /* without MDTS and without a wish */
	TRANSFER_DEFAULT_MAX = 4 << 20,
	TRANSFER_MAX = 64 << 20,
	EVENTS_ARMED_MAX = 4,
};

int identify_caps(struct nvu_ctrl *ctrl)
{
	struct transport *transport = ctrl->transport;
	uint64_t cap;
	int ret = transport->ops->reg_read64(transport, NVU_REG_CAP, &cap);

	if (!ret)
		ret = ctrl_read32(ctrl, NVU_REG_VS, &ctrl->info.version);
	if (!ret)
		ret = caps_decode(cap, &ctrl->caps);
	if (!ret && !caps_doorbell_pairs(&ctrl->caps, transport->reg_bytes))
		ret = error_set(-ENOTSUP,
				"%s: the doorbells, %u bytes apart, do not fit in the "
				"%zu bytes of registers",
				ctrl_name(ctrl), ctrl->caps.doorbell_stride, transport->reg_bytes);
	if (ret)
		return ret;
	ctrl->info.cap = cap;
	ctrl->info.page_bytes = 1u << ctrl->caps.page_shift;
	ctrl->info.max_queue_entries = ctrl->caps.max_entries;
	ctrl->info.numa_node = transport->numa_node;
	return 0;
}

/* Text of the controller: to the last character that is neither blank nor unprintable. */
static void copy_text(char *to, const char *from, size_t len)
{
	size_t end = 0;

	for (size_t i = 0; i < len && from[i]; i++) {
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
		if (to[i] != ' ')
			end = i + 1;
	}
	to[end] = '\0';
}

static void set_transfer_limit(struct nvu_ctrl *ctrl)
{
	uint32_t mdts = caps_mdts_bytes(&ctrl->caps, ctrl->id.mdts);
	uint32_t want = ctrl->opts.max_transfer_bytes;

	if (!want)
		want = mdts == UINT32_MAX ? TRANSFER_NO_LIMIT : TRANSFER_DEFAULT_MAX;
	if (want > TRANSFER_MAX)
		want = TRANSFER_MAX;
	ctrl->info.max_transfer_bytes = want < mdts ? want : mdts;
}

static void set_shutdown_timeout(struct nvu_ctrl *ctrl, uint32_t rtd3e_us)
{
	uint32_t ms = rtd3e_us / 1000;

	if (ms > SHUTDOWN_TIMEOUT_MAX_MS)
		ms = SHUTDOWN_TIMEOUT_MAX_MS;
	if (ms > ctrl->opts.shutdown_timeout_ms)
		ctrl->opts.shutdown_timeout_ms = ms;
}

int identify_ctrl(struct nvu_ctrl *ctrl, bool shutdown_wish)
{
	struct nvu_ctrl_info *info = &ctrl->info;
	const void *data;
	int ret = admin_identify(ctrl, NVU_CNS_CTRL, 0, &data);

	if (ret)
		return ret;
	memcpy(&ctrl->id, data, sizeof(ctrl->id));
	/* Base figure 275: SQES and CQES minimums are fixed; more than our sizes cannot be driven. */
	if ((ctrl->id.sqes & 0xf) > 6 || (ctrl->id.cqes & 0xf) > 4)
		return error_set(-ENOTSUP,
				 "%s: the controller wants queue entries of 2^%u and "
				 "2^%u bytes instead of 64 and 16",
				 ctrl_name(ctrl), ctrl->id.sqes & 0xfu, ctrl->id.cqes & 0xfu);
	copy_text(info->serial, ctrl->id.sn, sizeof(ctrl->id.sn));
	copy_text(info->model, ctrl->id.mn, sizeof(ctrl->id.mn));
	copy_text(info->firmware, ctrl->id.fr, sizeof(ctrl->id.fr));
	copy_text(info->subnqn, ctrl->id.subnqn, sizeof(ctrl->id.subnqn));
	info->vid = nvu_le16_get(ctrl->id.vid);
	info->cntlid = nvu_le16_get(ctrl->id.cntlid);
	info->oacs = nvu_le16_get(ctrl->id.oacs);
	info->oncs = nvu_le16_get(ctrl->id.oncs);
	info->aerl = ctrl->id.aerl + 1u;
	ctrl->events_max = info->aerl < EVENTS_ARMED_MAX ? info->aerl : EVENTS_ARMED_MAX;
	set_transfer_limit(ctrl);
	if (!shutdown_wish)
		set_shutdown_timeout(ctrl, nvu_le32_get(ctrl->id.rtd3e));
	return 0;
}
