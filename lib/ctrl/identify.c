/* SPDX-License-Identifier: MIT */
/*
 * identify.c: what the controller says about itself, checked: CAP, VS and Identify Controller.
 */
#include "ctrl/identify.h"

#include "base/drives.h"
#include "base/error.h"
#include "base/log.h"
#include "ctrl/admin.h"
#include "ctrl/bringup.h"
#include "ctrl/bus.h"

#include <assert.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <nvu/regs.h>
#include <string.h>

enum {
	SHUTDOWN_TIMEOUT_MAX_MS = 30000,
	TRANSFER_NO_LIMIT = 1 << 20, /* without MDTS and without a wish */
	TRANSFER_DEFAULT_MAX = 4 << 20,
	TRANSFER_MAX = 64 << 20,
	EVENTS_ARMED_MAX = 4,
};

/* Host Behavior Support, by bytes; formats of a copy, as bits of OCFS and CDFE. */
enum { ACRE = 0, LBAFEE = 2, CDFE = 4, BEHAVIOR_BYTES = 512 };
enum { COPY_FORMATS = 3, COPY_FORMATS_OF_NS = 3 << 2 };

/* Commands that Identify Controller of the NVM command set limits. */
#define LIMITED_COMMANDS \
	(NVU_ONCS_WRITE_UNCORRECTABLE | NVU_ONCS_DSM | NVU_ONCS_WRITE_ZEROES | NVU_ONCS_VERIFY)

/* CAP, of a controller that may need a moment, or a reset, until its registers can be read. */
static int read_cap(struct nvu_ctrl *ctrl)
{
	struct transport *transport = ctrl->transport;
	struct ctrl_steps *steps = &ctrl->steps;
	bool may_reset = !steps->was_reset && !(ctrl->opts.flags & NVU_CTRL_NO_DEVICE_RESET);
	int ret = transport->ops->reg_read64(transport, NVU_REG_CAP, &steps->value);

	if (ret)
		return ret;
	/* Bits 23:19 are reserved. */
	if ((uint32_t)steps->value != UINT32_MAX) {
		bus_has_answered(ctrl);
		return 0;
	}
	ret = bus_silence_step(ctrl);
	if (ret != -ENODEV || !may_reset || !bus_answers(ctrl) || transport->ops->reset(transport))
		return ret;
	steps->was_reset = true;
	ctrl->silent = false;
	return STEP_AGAIN;
}

static int read_version(struct nvu_ctrl *ctrl)
{
	return bus_read_step(ctrl, NVU_REG_VS, &ctrl->info.version);
}

/* CRTO may be all ones: then CSTS, which cannot, says whether registers can be read. */
static int read_crto(struct nvu_ctrl *ctrl, uint32_t *ret_crto)
{
	uint32_t csts;
	int ret = ctrl_read32(ctrl, NVU_REG_CRTO, ret_crto);

	if (ret || *ret_crto != UINT32_MAX)
		return ret;
	ret = bus_read_step(ctrl, NVU_REG_CSTS, &csts);
	return ret ? ret : ctrl_read32(ctrl, NVU_REG_CRTO, ret_crto);
}

/* The drive's row in the table, and the caller's word about it. Once, when its registers answer. */
static void identify_drive(struct nvu_ctrl *ctrl)
{
	struct transport *transport = ctrl->transport;
	struct nvu_ctrl_info *info = &ctrl->info;
	uint8_t ids[4]; /* vendor, device: little-endian */

	assert(lock_is_held(&ctrl->lock));
	if (info->pci_vendor)
		return;
	if (!transport->ops->config_read(transport, PCI_VENDOR_ID, ids, sizeof(ids))) {
		info->pci_vendor = (uint16_t)(ids[0] | ids[1] << 8);
		info->pci_device = (uint16_t)(ids[2] | ids[3] << 8);
	}
	ctrl->quirks = drives_quirks(info->pci_vendor, info->pci_device) | ctrl->opts.quirks;
	ctrl->quirks &= ~ctrl->opts.quirks_off;
	if (ctrl->quirks & NVU_QUIRK_SHARED_IDENTIFIERS)
		ctrl->quirks |= NVU_QUIRK_PLAIN_IDENTIFIERS;
	info->quirks = ctrl->quirks;
	if (ctrl->quirks)
		log_line(LOG_INFO, "%s: %04x:%04x: quirks %#x", ctrl_name(ctrl), info->pci_vendor,
			 info->pci_device, ctrl->quirks);
}

#define SAME(quirk) static_assert((int)NVU_QUIRK_##quirk == (int)DRIVE_##quirk, "one value")
SAME(PLAIN_IDENTIFIERS);
SAME(WIDE_ENTRIES);
SAME(SLOW_STOP);
SAME(NO_DESCRIPTORS);
SAME(NO_LISTS);
SAME(NO_LOG_PAGES);
SAME(DMA_48);
SAME(SHARED_IDENTIFIERS);
SAME(ONE_COMMAND);
SAME(MEDIUM_PRIORITY);
SAME(NO_WRITE_ZEROES);
SAME(LAST_SLOT);

/* What CAP says, once CRTO has been read too. */
static int take_caps(struct nvu_ctrl *ctrl)
{
	struct transport *transport = ctrl->transport;
	uint64_t cap = ctrl->steps.value;
	struct ctrl_caps caps;
	uint32_t crto;
	int ret = 0;

	identify_drive(ctrl);
	if (!cap && transport->is_virtual_function)
		ret = bringup_report_offline(ctrl);
	if (!ret)
		ret = caps_decode(cap, &caps);
	if (!ret && caps.has_crto)
		ret = read_crto(ctrl, &crto);
	if (!ret && caps.has_crto)
		caps_take_crto(&caps, crto);
	if (!ret && !caps_doorbell_pairs(&caps, transport->reg_bytes))
		ret = error_set(-ENOTSUP,
				"%s: the doorbells, %u bytes apart, do not fit in the "
				"%zu bytes of registers",
				ctrl_name(ctrl), caps.doorbell_stride, transport->reg_bytes);
	if (ret)
		return ret;
	if (ctrl->quirks & NVU_QUIRK_ONE_COMMAND)
		caps.max_entries = 2;
	ctrl->caps = caps;
	ctrl->info.cap = cap;
	ctrl->info.page_bytes = 1u << caps.page_shift;
	ctrl->info.max_queue_entries = caps.max_entries;
	ctrl->info.numa_node = transport->numa_node;
	return 0;
}

int identify_caps_step(struct nvu_ctrl *ctrl)
{
	static const ctrl_step stages[] = { read_cap, read_version, take_caps };

	return steps_run(ctrl, stages, sizeof(stages) / sizeof(stages[0]));
}

int identify_caps_again_step(struct nvu_ctrl *ctrl)
{
	uint32_t shift = ctrl->caps.page_shift;
	int ret = identify_caps_step(ctrl);

	if (ret)
		return ret;
	/* Queues and page lists are laid out for the page size of the open. */
	if (shift < ctrl->caps.page_shift || shift > 12 + NVU_GET(NVU_CAP_MPSMAX, ctrl->caps.cap))
		return error_set(
			-ENOTSUP,
			"%s: after a reset the controller no longer supports memory pages of "
			"2^%u bytes: close it and open it again",
			ctrl_name(ctrl), shift);
	ctrl->caps.page_shift = shift;
	ctrl->info.page_bytes = 1u << shift;
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

	assert(ctrl->caps.page_shift >= 12);
	if (!want)
		want = mdts == UINT32_MAX ? TRANSFER_NO_LIMIT : TRANSFER_DEFAULT_MAX;
	if (want > TRANSFER_MAX)
		want = TRANSFER_MAX;
	if (want > mdts)
		want = mdts;
	/* After a reset: queue pairs that are there have no room for longer lists. */
	if (ctrl->transfer_cap && want > ctrl->transfer_cap)
		want = ctrl->transfer_cap;
	ctrl->info.max_transfer_bytes = want;
}

static void set_shutdown_timeout(struct nvu_ctrl *ctrl, uint32_t rtd3e_us)
{
	uint32_t ms = rtd3e_us / 1000;

	if (ms > SHUTDOWN_TIMEOUT_MAX_MS)
		ms = SHUTDOWN_TIMEOUT_MAX_MS;
	if (ms > ctrl->opts.shutdown_timeout_ms)
		ctrl->opts.shutdown_timeout_ms = ms;
}

/* Controllers before 2.0 have CNS 06h if they have several I/O command sets. */
static bool has_csi_ctrl(const struct nvu_ctrl *ctrl)
{
	return (ctrl->info.version >= NVU_VS(2, 0, 0) || (ctrl->caps.cap & NVU_CAP_CSS_CSI)) &&
	       !(ctrl->quirks & NVU_QUIRK_NO_LISTS);
}

/* In units of 100 ms. */
static void set_delays(struct nvu_ctrl *ctrl)
{
	const nvu_le16 crdt[LIMITS_DELAYS] = { ctrl->id.crdt1, ctrl->id.crdt2, ctrl->id.crdt3 };

	for (uint32_t i = 0; i < LIMITS_DELAYS; i++)
		ctrl->limits.retry_delay_ms[i] =
			ctrl->delays_enabled ? nvu_le16_get(crdt[i]) * 100u : 0;
}

static bool has_delays(const struct nvu_id_ctrl *id)
{
	return nvu_le16_get(id->crdt1) || nvu_le16_get(id->crdt2) || nvu_le16_get(id->crdt3);
}

/* id: NULL if the controller has not said. */
static void decode_limits(struct nvu_ctrl *ctrl, const struct nvu_id_ctrl_nvm *id)
{
	uint32_t usable = COPY_FORMATS | ctrl->copy_enabled;

	limits_decode(&ctrl->caps, id, &ctrl->limits);
	set_delays(ctrl);
	ctrl->limits.copy_formats = nvu_le16_get(ctrl->id.ocfs) & usable;
}

/*
 * Identify Controller of the NVM command set: limits of the commands that MDTS does not limit. If the controller
 * refuses the command or does not answer it, nvu knows no limit.
 */
int identify_limits_step(struct nvu_ctrl *ctrl)
{
	const void *page;
	int ret;

	decode_limits(ctrl, NULL);
	if (!(ctrl->info.oncs & LIMITED_COMMANDS) || !has_csi_ctrl(ctrl))
		return 0;
	ret = admin_identify_step(ctrl, NVU_CNS_CSI_CTRL, 0, &page);
	if (ret > 0 || ret == -ETIMEDOUT) {
		log_line(LOG_INFO, "%s: no limits of the NVM command set: %s", ctrl_name(ctrl),
			 error_get());
		return 0;
	}
	if (!ret)
		decode_limits(ctrl, page);
	return ret;
}

/* 0 where its alignment is a reserved value. */
static uint32_t usable_sgls(uint32_t sgls)
{
	uint32_t support = sgls & NVU_SGLS_SUPPORT;

	return support == NVU_SGLS_BYTES || support == NVU_SGLS_DWORDS ? sgls : 0;
}

int identify_ctrl_step(struct nvu_ctrl *ctrl, bool shutdown_wish)
{
	struct nvu_ctrl_info *info = &ctrl->info;
	const void *data;
	int ret = admin_identify_step(ctrl, NVU_CNS_CTRL, 0, &data);

	if (ret)
		return ret;
	memcpy(&ctrl->id, data, sizeof(ctrl->id));
	if (ctrl->quirks & NVU_QUIRK_WIDE_ENTRIES)
		return error_set(-ENOTSUP,
				 "%s: this drive (%04x:%04x) needs submission queue entries of 128 "
				 "bytes, which nvu does not support",
				 ctrl_name(ctrl), info->pci_vendor, info->pci_device);
	/* Base figure 275: SQES and CQES minimums are fixed; more than our sizes cannot be driven. */
	if ((ctrl->id.sqes & 0xf) > 6 || (ctrl->id.cqes & 0xf) > 4)
		return error_set(-ENOTSUP,
				 "%s: the controller needs queue entries of 2^%u and "
				 "2^%u bytes; nvu supports only 64 and 16",
				 ctrl_name(ctrl), ctrl->id.sqes & 0xfu, ctrl->id.cqes & 0xfu);
	copy_text(info->serial, ctrl->id.sn, sizeof(ctrl->id.sn));
	copy_text(info->model, ctrl->id.mn, sizeof(ctrl->id.mn));
	copy_text(info->firmware, ctrl->id.fr, sizeof(ctrl->id.fr));
	copy_text(info->subnqn, ctrl->id.subnqn, sizeof(ctrl->id.subnqn));
	info->vid = nvu_le16_get(ctrl->id.vid);
	info->cntlid = nvu_le16_get(ctrl->id.cntlid);
	info->oacs = nvu_le16_get(ctrl->id.oacs);
	info->oncs = nvu_le16_get(ctrl->id.oncs);
	if (ctrl->quirks & NVU_QUIRK_NO_WRITE_ZEROES)
		info->oncs &= ~NVU_ONCS_WRITE_ZEROES;
	info->sgls = usable_sgls(nvu_le32_get(ctrl->id.sgls));
	info->aerl = ctrl->id.aerl + 1u;
	ctrl->events_max = info->aerl < EVENTS_ARMED_MAX ? info->aerl : EVENTS_ARMED_MAX;
	set_transfer_limit(ctrl);
	if (!shutdown_wish)
		set_shutdown_timeout(ctrl, nvu_le32_get(ctrl->id.rtd3e));
	return 0;
}

int identify_host_step(struct nvu_ctrl *ctrl)
{
	/* NVM 4.1.7, figure 101: ACRE, ETDAS, LBAFEE, HDISNS, CDFE. */
	uint8_t behavior[BEHAVIOR_BYTES] = { 0 };
	const struct nvu_sqe cmd = {
		.opcode = NVU_ADMIN_SET_FEATURES,
		.cdw10 = nvu_le32_put(NVU_FEAT_HOST_BEHAVIOR),
	};
	bool formats = nvu_le32_get(ctrl->id.ctratt) & NVU_CTRATT_EXTENDED_FORMATS;
	uint16_t copies = nvu_le16_get(ctrl->id.ocfs) & COPY_FORMATS_OF_NS;
	bool delays = has_delays(&ctrl->id);
	int ret;

	assert(lock_is_held(&ctrl->lock));
	ctrl->copy_enabled = 0;
	ctrl->delays_enabled = false;
	if (!(ctrl->info.oncs & NVU_ONCS_COPY))
		copies = 0;
	if (!formats && !copies && !delays)
		return 0;
	behavior[ACRE] = delays;
	behavior[LBAFEE] = formats;
	behavior[CDFE] = (uint8_t)copies;
	ret = admin_set_data_step(ctrl, &cmd, behavior, sizeof(behavior));
	if (!ret) {
		ctrl->copy_enabled = copies;
		ctrl->limits.copy_formats |= copies;
		ctrl->delays_enabled = delays;
		set_delays(ctrl);
	}
	if (ret <= 0 && ret != -ETIMEDOUT)
		return ret;
	log_line(LOG_INFO,
		 "%s: formats above 16, copies between namespaces, and retry delays, are not "
		 "available: %s",
		 ctrl_name(ctrl), error_get());
	return 0;
}
