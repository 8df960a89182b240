// SPDX-License-Identifier: MIT
/*
 * test_print.c: nvu_print_text() and nvu_print_json() through the public interface: golden outputs of
 * recorded structures, hostile data, and errors.
 *
 *	test_print FOLDER [write]	FOLDER has the recorded structures and the golden outputs; write:
 *					records those of the mock, and writes the outputs of all
 */
#include "../unit/unit.h"

#include <nvu/mock.h>
#include <nvu/nvu.h>
#include <nvu/print.h>

#include <stdlib.h>

typedef int print_fn(const struct nvu_figure *figure, const void *data, size_t len, FILE *out);

static const char *folder;
static bool writes;

static char *print(print_fn *fn, const char *name, const void *data)
{
	const struct nvu_figure *figure = nvu_figure_find(name);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(figure);
	assert_non_null(out);
	assert_int_equal(fn(figure, data, nvu_figure_bytes(figure), out), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_golden(const char *file, char *text)
{
	char path[1024], *golden = NULL;
	size_t len = 0;
	FILE *in;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, file);
	in = fopen(path, writes ? "w" : "r");
	if (!in)
		fail_msg("%s: %s", path, strerror(errno));
	if (writes)
		assert_true(fputs(text, in) >= 0);
	else if (getdelim(&golden, &len, '\0', in) < 0 || strcmp(golden, text) != 0)
		fail_msg("%s is not what is printed now:\n%s", path, text);
	assert_int_equal(fclose(in), 0);
	free(golden);
	free(text);
}

static void keep(const char *file, const void *data, size_t len)
{
	char path[1024];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/%s.bin", folder, file);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static void load(const char *file, void *data, size_t len)
{
	char path[1024];
	FILE *in;

	(void)snprintf(path, sizeof(path), "%s/%s.bin", folder, file);
	in = fopen(path, "r");
	if (!in)
		fail_msg("%s: %s", path, strerror(errno));
	assert_int_equal(fread(data, 1, len, in), len);
	assert_int_equal(fclose(in), 0);
}

static void admin(struct nvu_ctrl *ctrl, uint8_t opcode, uint32_t nsid, uint32_t cdw10,
		  uint32_t cdw11, void *data)
{
	const struct nvu_sqe cmd = {
		.opcode = opcode,
		.nsid = nvu_le32_put(nsid),
		.cdw10 = nvu_le32_put(cdw10),
		.cdw11 = nvu_le32_put(cdw11),
	};

	assert_int_equal(nvu_admin(ctrl, &cmd, data, 4096, 0, NULL), 0);
}

/* A zoned mock: its structures have the most fields that are not 0. */
static void capture(void)
{
	const uint32_t zoned = (uint32_t)NVU_CSI_ZONED << 24, log_dwords = (4096 / 4 - 1) << 16;
	struct nvu_ctrl *ctrl = NULL;
	const struct nvu_ns *ns;
	uint8_t page[4096];

	assert_int_equal(nvu_ctrl_open("mock:size=1M,ns=2,shadow,csi=2", NULL, &ctrl), 0);
	assert_int_equal(nvu_ns_get(ctrl, 1, &ns), 0);
	keep("identify-controller", nvu_ctrl_identify(ctrl), 4096);
	keep("identify-namespace", nvu_ns_identify(ns), 4096);
	admin(ctrl, NVU_ADMIN_IDENTIFY, 1, NVU_CNS_CSI_NS, zoned, page);
	keep("identify-namespace-zoned", page, 4096);
	admin(ctrl, NVU_ADMIN_IDENTIFY, 0, NVU_CNS_ACTIVE_NS_LIST, 0, page);
	keep("namespace-list", page, 4096);
	admin(ctrl, NVU_ADMIN_GET_LOG_PAGE, UINT32_MAX, log_dwords | NVU_LOG_SMART, 0, page);
	keep("smart", page, 512);
	admin(ctrl, NVU_ADMIN_GET_LOG_PAGE, UINT32_MAX, log_dwords | NVU_LOG_FW_SLOT, 0, page);
	keep("firmware-slot", page, 512);
	admin(ctrl, NVU_ADMIN_GET_LOG_PAGE, UINT32_MAX, log_dwords | NVU_LOG_COMMANDS, 0, page);
	keep("commands", page, 4096);
	nvu_ctrl_close(ctrl);
}

static void assert_page_is_printed(const char *figure, const char *file)
{
	uint8_t data[4096];
	char path[256];

	load(file, data, nvu_figure_bytes(nvu_figure_find(figure)));
	(void)snprintf(path, sizeof(path), "%s.txt", file);
	assert_golden(path, print(nvu_print_text, figure, data));
	(void)snprintf(path, sizeof(path), "%s.json", file);
	assert_golden(path, print(nvu_print_json, figure, data));
}

static void pages_of_the_mock_are_printed(void **state)
{
	static const char *const files[] = {
		"identify-controller",
		"identify-namespace",
		"identify-namespace-zoned",
		"namespace-list",
		"smart",
		"firmware-slot",
		"commands",
	};

	(void)state;
	if (writes)
		capture();
	for (size_t idx = 0; idx < COUNT(files); idx++)
		assert_page_is_printed(files[idx], files[idx]);
}

/* Recorded from QEMU 7.2, of which test/vm/suites/figures.sh compares the values with those of nvme-cli. */
static void pages_of_qemu_are_printed(void **state)
{
	static const struct {
		const char *figure, *file;
	} rows[] = {
		{ "identify-controller", "qemu-identify-controller" },
		{ "identify-namespace", "qemu-identify-namespace-1" },
		{ "identify-namespace", "qemu-identify-namespace-3" },
		{ "smart", "qemu-smart" },
		{ "error-entry", "qemu-error-entry" },
		{ "firmware-slot", "qemu-firmware-slot" },
		{ "commands", "qemu-commands" },
	};

	(void)state;
	for (size_t idx = 0; idx < COUNT(rows); idx++)
		assert_page_is_printed(rows[idx].figure, rows[idx].file);
}

/* A terminal's commands, quotes and what is no ASCII. */
static void hostile_text_is_harmless(void **state)
{
	struct nvu_id_ctrl id = { .mn = "\x1b[2J\"quoted\"\\\xff\n\t" };
	char *text;

	(void)state;
	text = print(nvu_print_text, "identify-controller", &id);
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "?[2J\"quoted\"\\???"));
	free(text);
	text = print(nvu_print_json, "identify-controller", &id);
	assert_non_null(
		strstr(text, "\"mn\":\"\\u001b[2J\\\"quoted\\\"\\\\\\u00ff\\u000a\\u0009\""));
	free(text);
}

/* All ones: every number at its largest, texts without an end. */
static void largest_values_are_printed_whole(void **state)
{
	const struct nvu_figure *figure = NULL;
	static uint8_t ones[8192];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	while ((figure = nvu_figure_next(figure))) {
		assert_true(nvu_figure_bytes(figure) <= sizeof(ones));
		free(print(nvu_print_text, nvu_figure_name(figure), ones));
		free(print(nvu_print_json, nvu_figure_name(figure), ones));
	}
}

static void short_data_are_not_printed(void **state)
{
	const struct nvu_figure *figure = nvu_figure_find("smart");
	const struct nvu_smart_log log = { .avail_spare = 1 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_int_equal(nvu_figure_bytes(figure), sizeof(log));
	assert_int_equal(nvu_print_text(figure, &log, sizeof(log) - 1, out), -EINVAL);
	assert_int_equal(nvu_print_json(figure, &log, 0, out), -EINVAL);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(len, 0);
	free(text);
}

static void full_disk_is_an_error(void **state)
{
	const struct nvu_smart_log log = { .avail_spare = 1 };
	print_fn *const fns[] = { nvu_print_text, nvu_print_json };

	(void)state;
	for (size_t idx = 0; idx < COUNT(fns); idx++) {
		FILE *out = fopen("/dev/full", "w");

		assert_non_null(out);
		assert_int_equal(fns[idx](nvu_figure_find("smart"), &log, sizeof(log), out), -EIO);
		(void)fclose(out);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_of_the_mock_are_printed),
		cmocka_unit_test(pages_of_qemu_are_printed),
		cmocka_unit_test(hostile_text_is_harmless),
		cmocka_unit_test(largest_values_are_printed_whole),
		cmocka_unit_test(short_data_are_not_printed),
		cmocka_unit_test(full_disk_is_an_error),
	};

	folder = argc > 1 ? argv[1] : "golden";
	writes = argc > 2 && strcmp(argv[2], "write") == 0;
	return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
