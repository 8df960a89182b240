/* SPDX-License-Identifier: MIT */
/*
 * notices.c: see notices.h.
 */
#include "ctrl/notices.h"

#include "base/error.h"
#include "base/log.h"
#include "ctrl/admin.h"

#include <assert.h>
#include <errno.h>

/* Bits of OAES and of Async Event Configuration (Base figures 275 and 326). */
#define NS_ATTRIBUTE (1u << 8)
#define FIRMWARE_ACTIVATION (1u << 9)
#define ALLOCATED_NS_ATTRIBUTE (1u << 19)
#define WANTED (NS_ATTRIBUTE | FIRMWARE_ACTIVATION | ALLOCATED_NS_ATTRIBUTE)

static bool is_lost(int ret)
{
	return ret == -EIO || ret == -ENODEV;
}

static int get_config(struct nvu_ctrl *ctrl)
{
	const struct nvu_sqe cmd = {
		.opcode = NVU_ADMIN_GET_FEATURES,
		.cdw10 = nvu_le32_put(NVU_FEAT_ASYNC_EVENT_CONFIG),
	};
	int ret = admin_own_step(ctrl, &cmd, NULL, 0, &ctrl->steps.value);

	if (ret > 0)
		ctrl->steps.value = 0;
	return ret < 0 ? ret : 0;
}

static int set_config(struct nvu_ctrl *ctrl)
{
	return admin_set_feature_step(ctrl, NVU_FEAT_ASYNC_EVENT_CONFIG,
				      (uint32_t)ctrl->steps.value | ctrl->notices, NULL);
}

/* What nvu needs, of what the controller offers. */
static uint32_t choose(const struct nvu_ctrl *ctrl)
{
	/* A notice comes again only once its log page has been read. */
	return ctrl->quirks & NVU_QUIRK_NO_LOG_PAGES ? 0 : nvu_le32_get(ctrl->id.oaes) & WANTED;
}

int notices_enable_step(struct nvu_ctrl *ctrl)
{
	static const ctrl_step stages[] = { get_config, set_config };
	int ret;

	assert(lock_is_held(&ctrl->lock));
	ctrl->notices = choose(ctrl);
	ctrl->unread_logs = 0;
	if (!ctrl->notices)
		return 0;
	ret = steps_run(ctrl, stages, sizeof(stages) / sizeof(stages[0]));
	if (ret == STEP_AGAIN)
		return ret;
	if (ret)
		log_line(LOG_INFO, "%s: no notices of changed namespaces: %s", ctrl_name(ctrl),
			 error_get());
	return is_lost(ret) ? ret : 0;
}

/* Base 5.16: NUMDL, RAE 0. The firmware slot log has 512 bytes, the lists 4096. */
static int read_log_step(struct nvu_ctrl *ctrl, uint32_t page)
{
	uint32_t bytes = page == NVU_LOG_FW_SLOT ? 512 : CTRL_BOUNCE_BYTES;
	const struct nvu_sqe cmd = {
		.opcode = NVU_ADMIN_GET_LOG_PAGE,
		.nsid = nvu_le32_put(UINT32_MAX),
		.cdw10 = nvu_le32_put((bytes / 4 - 1) << 16 | page),
	};
	int ret = ctrl->own.begun ? 0 : admin_bounce(ctrl);

	return ret ? ret : admin_own_step(ctrl, &cmd, ctrl->bounce, bytes, NULL);
}

int notices_acknowledge_step(struct nvu_ctrl *ctrl, uint32_t *unread)
{
	assert(lock_is_held(&ctrl->lock));
	for (;;) {
		int ret;

		if (!*unread) {
			*unread = ctrl->unread_logs;
			ctrl->unread_logs = 0;
		}
		if (!*unread)
			return 0;
		ret = read_log_step(ctrl, (uint32_t)__builtin_ctz(*unread));
		if (ret == STEP_AGAIN)
			return ret;
		*unread &= *unread - 1;
		if (ret)
			log_line(LOG_INFO, "%s: cannot acknowledge a notice: %s", ctrl_name(ctrl),
				 error_get());
	}
}

void notices_keep(const struct nvu_ctrl *ctrl, struct nvu_sqe *cmd)
{
	if (cmd->opcode == NVU_ADMIN_SET_FEATURES &&
	    (nvu_le32_get(cmd->cdw10) & 0xff) == NVU_FEAT_ASYNC_EVENT_CONFIG)
		cmd->cdw11 = nvu_le32_put(nvu_le32_get(cmd->cdw11) | ctrl->notices);
}
