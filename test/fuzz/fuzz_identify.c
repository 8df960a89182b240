// SPDX-License-Identifier: MIT
/*
 * fuzz_identify.c: what a controller says of itself and its namespaces, as nvu_ctrl_open() reads it:
 * Identify Controller, lists of active namespaces, Identify Namespace, identification descriptors, and the NVM
 * command set's Identify Controller and Identify Namespace.
 * The device of the target "device" returns them; the input is their content.
 *
 * The input: VS, then sections, each a byte that says of which data, the offset where it begins, its
 * length and its bytes. A list of namespaces may be a run: beginning, step, how many. 7fh says of the NVM command
 * set's Identify Namespace: how a namespace is protected.
 */
#include "device.h"
#include "input.h"

#include <errno.h>
#include <nvu/nvu.h>

enum { PAGE_BYTES = 4096, KINDS = 6, CSI_CTRL = 4, CSI_NS = 5, SAYS_CSI_NS = 0x7f };

static uint8_t pages[KINDS][PAGE_BYTES];
static const uint8_t cns[KINDS] = { NVU_CNS_CTRL,	  NVU_CNS_NS,	    NVU_CNS_ACTIVE_NS_LIST,
				    NVU_CNS_NS_DESC_LIST, NVU_CNS_CSI_CTRL, NVU_CNS_CSI_NS };

static void put_run(struct input *input, uint8_t *page)
{
	uint32_t at = input_u16(input) % 1024, id = input_u32(input), by = input_u8(input);

	for (uint32_t count = input_u16(input); count && at < 1024; count--, at++, id += by) {
		nvu_le32 entry = nvu_le32_put(id);

		memcpy(page + at * sizeof(entry), &entry, sizeof(entry));
	}
}

/* Which data a section's first byte means. */
static uint32_t kind_of(uint8_t what)
{
	if (what == SAYS_CSI_NS)
		return CSI_NS;
	return what % 16 == 12 ? CSI_CTRL : what % 4;
}

static void put_section(struct input *input)
{
	uint8_t what = input_u8(input);
	uint8_t *page = pages[kind_of(what)];
	uint32_t offset, len;

	device.pages[cns[kind_of(what)]] = page;
	if (what & 0x80) {
		put_run(input, page);
		return;
	}
	offset = input_u16(input) % PAGE_BYTES;
	len = input_u8(input);
	input_bytes(input, page + offset, len < PAGE_BYTES - offset ? len : PAGE_BYTES - offset);
}

static void check_text(const char *text, size_t room)
{
	size_t len = strlen(text);

	PROMISE(len < room && (!len || text[len - 1] != ' '));
	for (size_t i = 0; i < len; i++)
		PROMISE(text[i] >= ' ' && text[i] <= '~');
}

/* A format that nvu accepts can be used. */
static void check_protection(const struct nvu_ns *ns)
{
	struct nvu_protection_format format;
	struct nvu_sqe cmd = { .opcode = NVU_CMD_READ };
	int ret = nvu_protection_of(ns, &format, sizeof(format));

	PROMISE(ret == 0 || ret == -ENOTSUP || ret == -EPROTO);
	PROMISE(ret || nvu_protection_encode(&format, NULL, &cmd) == 0);
}

static void check_ctrl(struct nvu_ctrl *ctrl)
{
	const struct nvu_ctrl_info *info = nvu_ctrl_info(ctrl);
	uint32_t nsid = 0, last = 0, count = 0;
	const struct nvu_ns *ns;

	check_text(info->serial, sizeof(info->serial));
	check_text(info->model, sizeof(info->model));
	check_text(info->firmware, sizeof(info->firmware));
	check_text(info->subnqn, sizeof(info->subnqn));
	PROMISE(info->max_transfer_bytes >= 4096 && info->max_transfer_bytes <= 64 << 20);
	while ((nsid = nvu_ns_next(ctrl, nsid))) {
		PROMISE(nsid > last && !nvu_ns_get(ctrl, nsid, &ns));
		PROMISE(nvu_ns_info(ns)->nsid == nsid && nvu_ns_info(ns)->blocks);
		check_protection(ns);
		last = nsid;
		count++;
	}
	PROMISE(count == info->namespaces && count <= 65536);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	struct nvu_ctrl *ctrl = NULL;

	device_init();
	pages_start();
	clock_start();
	memset(pages, 0, sizeof(pages));
	device_fill(pages[0], NVU_CNS_CTRL, 0);
	device_fill(pages[1], NVU_CNS_NS, 1);
	device_fill(pages[2], NVU_CNS_ACTIVE_NS_LIST, 0);
	device.vs = input_u8(&input) & 1 ? NVU_VS(1, 0, 0) : NVU_VS(2, 0, 0);
	while (input_left(&input))
		put_section(&input);
	if (!nvu_ctrl_open(DEVICE_ADDRESS, NULL, &ctrl)) {
		check_ctrl(ctrl);
		device.calls = device.jumps = 0;
		nvu_ctrl_close(ctrl);
	}
	PROMISE(!device.open && !device.map_count && !device.domain_refs);
	clock_stop();
	return 0;
}
