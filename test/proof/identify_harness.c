/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever 4096 bytes a controller sends as Identify Controller, reading them stays inside
 * them and inside nvu_ctrl_info; texts end, not with a blank, and hold nothing but printable ASCII; a
 * transfer is at least a page and no more than MDTS allows; no more events are asked for than there is
 * room for; the time for a shutdown is at most 30 s, where the caller did not choose one; entries of
 * other sizes than 64 and 16 bytes are refused; whatever 4096 bytes it sends as Identify Controller of the
 * NVM command set, a limit of bytes is a power of two, and at least two pages, and one of ranges is 1 to 256.
 *
 * Bounds: the first 12 bytes of SUBNQN are anything and the rest 0, so that its text ends anywhere in
 * the first 12; large: the bytes 24 to 247 are all 0, or all 'x', and the other 32 anything, so that it
 * ends anywhere in the first 24, or at the field's end. All other bytes are anything; page sizes and
 * limits are those that caps_decode() leaves (proof caps).
 *
 * @sources ctrl/caps.c ctrl/limits.c
 * @options --unwind 258 --no-array-field-sensitivity --unwindset copy_text.0:42
 * @large --unwind 258 --no-array-field-sensitivity
 * @without conversion-check
 */
#include "proof.h"

#include "spec/encode.h"

#include "ctrl/identify.c"

static struct nvu_id_ctrl sent;
static struct nvu_id_ctrl_nvm limits;

/* The controller's answer. */
int admin_identify_step(struct nvu_ctrl *ctrl, uint8_t cns, uint32_t nsid, const void **ret_data)
{
	prove((cns == NVU_CNS_CTRL || cns == NVU_CNS_CSI_CTRL) && nsid == 0, "Identify Controller");
	(void)ctrl;
	if (cns == NVU_CNS_CTRL)
		*ret_data = &sent;
	else
		*ret_data = &limits;
	return nondet_bool() ? -EIO : 0;
}

/* A text in a field of this number of bytes, which were anything before. */
static void check_text(const char *text, size_t bytes)
{
	bool ended = false;

	for (size_t i = 0; i < bytes; i++) {
		ended |= !text[i];
		prove(ended || (text[i] >= ' ' && text[i] <= '~'), "printable");
		prove(ended || i + 1 == bytes || text[i] != ' ' || text[i + 1], "trimmed");
	}
	prove(ended, "the text ends inside its field");
}

static void check_size(const struct nvu_ctrl *ctrl, uint32_t bytes)
{
	prove(!bytes || (bytes >= 2u << ctrl->caps.page_shift && !(bytes & (bytes - 1))),
	      "a limit is a power of two, at least two pages");
}

/* One thread, which holds the lock. */
pthread_t pthread_self(void)
{
	return 1;
}

void harness(void)
{
	static struct transport transport;
	static struct nvu_ctrl ctrl;
	struct nvu_ctrl_info before;
	struct nvu_id_ctrl any;
	bool wish = nondet_bool(), long_name = BOUND(nondet_bool(), false);
	uint32_t wanted_ms = nondet_u32();

	sent = any;
	limits.vsl = nondet_u8();
	limits.wzsl = nondet_u8();
	limits.wusl = nondet_u8();
	limits.dmrl = nondet_u8();
	limits.dmrsl = nondet_u32();
	limits.dmsl = nondet_u64();
	for (size_t i = BOUND(24, 12); i < sizeof(sent.subnqn) - BOUND(8, 0); i++)
		sent.subnqn[i] = long_name ? 'x' : 0;
	ctrl.info = before;
	ctrl.transport = &transport;
	ctrl.lock.owner = lock_self();
	ctrl.caps.page_shift = nondet_bool() ? 12 : 16;
	ctrl.opts.max_transfer_bytes = nondet_u32();
	ctrl.opts.shutdown_timeout_ms = wanted_ms;
	assume(ctrl.opts.max_transfer_bytes == 0 || ctrl.opts.max_transfer_bytes >= 1u << 16);
	assume(wish || wanted_ms <= SHUTDOWN_TIMEOUT_MAX_MS);
	if (identify_ctrl_step(&ctrl, wish) || identify_limits_step(&ctrl))
		return;
	prove((sent.sqes & 15) <= 6 && (sent.cqes & 15) <= 4, "entries that nvu can write");
	prove(ctrl.info.max_transfer_bytes >= 1u << ctrl.caps.page_shift, "a page at least");
	prove(ctrl.info.max_transfer_bytes <= TRANSFER_MAX, "bounded");
	prove(!sent.mdts || sent.mdts > 10 ||
		      ctrl.info.max_transfer_bytes <= 1u << (ctrl.caps.page_shift + sent.mdts),
	      "what MDTS allows");
	prove(ctrl.events_max >= 1 && ctrl.events_max <= EVENTS_ARMED_MAX, "events");
	prove(ctrl.opts.shutdown_timeout_ms <= SHUTDOWN_TIMEOUT_MAX_MS || wish, "30 s");
	prove(!wish || ctrl.opts.shutdown_timeout_ms == wanted_ms, "the caller's wish");
	check_size(&ctrl, ctrl.limits.verify_bytes);
	check_size(&ctrl, ctrl.limits.zeroes_bytes);
	check_size(&ctrl, ctrl.limits.uncorrectable_bytes);
	prove(ctrl.limits.ranges >= 1 && ctrl.limits.ranges <= ENCODE_RANGES_MAX,
	      "ranges of a page");
	prove(ctrl.limits.range_blocks && ctrl.limits.blocks, "a block at least");
	check_text(ctrl.info.serial, sizeof(ctrl.info.serial));
	check_text(ctrl.info.model, sizeof(ctrl.info.model));
	check_text(ctrl.info.firmware, sizeof(ctrl.info.firmware));
	check_text(ctrl.info.subnqn, BOUND(sizeof(ctrl.info.subnqn), 13));
	reached();
}
