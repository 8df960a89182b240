/* SPDX-License-Identifier: MIT */
/*
 * vm_figures.c: vm_tool's "figures": reads what a controller says of itself, and writes it as bytes, as text
 * and as JSON, for the suite that compares it with what nvme-cli reads by the kernel's driver.
 */
#include "covers.h"
#include "vm_tool.h"

#include <nvu/print.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

COVERS(ADMIN, IDENTIFY);
COVERS(ADMIN, GET_LOG_PAGE);
COVERS(LOG_PAGE, ERROR);
COVERS(LOG_PAGE, SMART);
COVERS(LOG_PAGE, FW_SLOT);
COVERS(LOG_PAGE, COMMANDS);

enum { PAGE_BYTES = 4096 };

static const struct page {
	const char *figure, *file; /* the files are file.bin, file.txt, file.json */
	uint8_t opcode;
	uint32_t nsid, selector; /* CNS, or the log page */
} pages[] = {
	{ "identify-controller", "identify-controller", NVU_ADMIN_IDENTIFY, 0, NVU_CNS_CTRL },
	{ "identify-namespace", "identify-namespace-1", NVU_ADMIN_IDENTIFY, 1, NVU_CNS_NS },
	{ "identify-namespace", "identify-namespace-3", NVU_ADMIN_IDENTIFY, 3, NVU_CNS_NS },
	{ "smart", "smart", NVU_ADMIN_GET_LOG_PAGE, UINT32_MAX, NVU_LOG_SMART },
	{ "error-entry", "error-entry", NVU_ADMIN_GET_LOG_PAGE, UINT32_MAX, NVU_LOG_ERROR },
	{ "firmware-slot", "firmware-slot", NVU_ADMIN_GET_LOG_PAGE, UINT32_MAX, NVU_LOG_FW_SLOT },
	{ "commands", "commands", NVU_ADMIN_GET_LOG_PAGE, UINT32_MAX, NVU_LOG_COMMANDS },
};

static FILE *create(const char *folder, const struct page *page, const char *kind)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s.%s", folder, page->file, kind);
	file = fopen(path, "w");
	if (!file)
		die("%s cannot be written", path);
	return file;
}

static void write_page(const char *folder, const struct page *page, const void *data)
{
	const struct nvu_figure *figure = nvu_figure_find(page->figure);
	size_t bytes;
	FILE *file;

	if (!figure)
		die("there is no figure %s", page->figure);
	bytes = nvu_figure_bytes(figure);
	file = create(folder, page, "bin");
	if (fwrite(data, 1, bytes, file) != bytes || fclose(file))
		die("%s.bin is not whole", page->file);
	file = create(folder, page, "txt");
	must(nvu_print_text(figure, data, bytes, file), page->file);
	(void)fclose(file);
	file = create(folder, page, "json");
	must(nvu_print_json(figure, data, bytes, file), page->file);
	(void)fclose(file);
}

static void read_page(struct nvu_ctrl *ctrl, const struct page *page, void *ret_data, size_t bytes)
{
	const bool is_log = page->opcode == NVU_ADMIN_GET_LOG_PAGE;
	const uint32_t dwords = is_log ? (uint32_t)(bytes / 4 - 1) << 16 : 0; /* 0's based */
	const struct nvu_sqe cmd = {
		.opcode = page->opcode,
		.nsid = nvu_le32_put(page->nsid),
		.cdw10 = nvu_le32_put(dwords | page->selector),
	};

	must(nvu_admin(ctrl, &cmd, ret_data, bytes, 0, NULL), page->file);
}

int cmd_figures(int argc, char **argv)
{
	static uint8_t data[PAGE_BYTES];
	struct nvu_ctrl *ctrl;

	(void)argc;
	must(nvu_ctrl_open(argv[0], NULL, &ctrl), argv[0]);
	for (size_t idx = 0; idx < sizeof(pages) / sizeof(pages[0]); idx++) {
		size_t bytes = nvu_figure_bytes(nvu_figure_find(pages[idx].figure));

		memset(data, 0xff, sizeof(data));
		read_page(ctrl, &pages[idx], data, bytes);
		write_page(argv[1], &pages[idx], data);
	}
	nvu_ctrl_close(ctrl);
	return 0;
}
