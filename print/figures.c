/* SPDX-License-Identifier: MIT */
/*
 * figures.c: the rows of lib/spec/figures as tables: see figures.h. A list names a figure that is
 * defined above it.
 */
#include "figures.h"

#include <assert.h>
#include <errno.h>
#include <nvu/identify.h>
#include <nvu/spec.h>
#include <stddef.h>
#include <string.h>

#define FIELD(at, size, field, what, of, says) \
	{ .kind = FIGURE_##what,               \
	  .offset = (at),                      \
	  .bytes = (size),                     \
	  .count = 1,                          \
	  .name = #field,                      \
	  .unit = (of),                        \
	  .meaning = (says) },
#define BITS(top, bottom, field, says) \
	{ .kind = FIGURE_BITS, .high = (top), .low = (bottom), .name = #field, .meaning = (says) },
#define NUMBERS(at, number, size, field, says) \
	{ .kind = FIGURE_NUMBERS,              \
	  .offset = (at),                      \
	  .bytes = (size),                     \
	  .count = (number),                   \
	  .name = #field,                      \
	  .unit = "",                          \
	  .meaning = (says) },
#define LIST(at, number, field, of, says) \
	{ .kind = FIGURE_LIST,            \
	  .offset = (at),                 \
	  .count = (number),              \
	  .name = #field,                 \
	  .unit = "",                     \
	  .meaning = (says),              \
	  .figure = &figure_##of },
#define RSVD(at, size) \
	{ .kind = FIGURE_RESERVED, .offset = (at), .bytes = (size), .count = 1, .name = "" },

#define FIGURE(symbol, called, words, of, size)                                \
	static const struct nvu_figure figure_##symbol = {                     \
		.name = (called),                                              \
		.title = (words),                                              \
		.section = (of),                                               \
		.bytes = (size),                                               \
		.row_count = sizeof(rows_##symbol) / sizeof(rows_##symbol[0]), \
		.rows = rows_##symbol,                                         \
	}

static const struct figure_row rows_POWER_STATE[] = {
#include "spec/figures/power_state.def"
};
FIGURE(POWER_STATE, "power-state", "Power State Descriptor", "Base figure 276", 32);

static const struct figure_row rows_LBA_FORMAT[] = {
#include "spec/figures/lba_format.def"
};
FIGURE(LBA_FORMAT, "lba-format", "LBA Format", "NVM figure 98", 4);

static const struct figure_row rows_EXTENDED_LBA_FORMAT[] = {
#include "spec/figures/extended_lba_format.def"
};
FIGURE(EXTENDED_LBA_FORMAT, "extended-lba-format", "Extended LBA Format", "NVM 4.1.5.3", 4);

static const struct figure_row rows_LBA_FORMAT_EXTENSION[] = {
#include "spec/figures/lba_format_extension.def"
};
FIGURE(LBA_FORMAT_EXTENSION, "lba-format-extension", "LBA Format Extension", "ZNS 1.1, 4.1.5.1",
       16);

static const struct figure_row rows_SUPPORTED_LOG_PAGE[] = {
#include "spec/figures/supported_log_page.def"
};
FIGURE(SUPPORTED_LOG_PAGE, "supported-log-page", "Supported Log Page", "Base 5.16.1.1", 4);

static const struct figure_row rows_COMMAND_EFFECTS[] = {
#include "spec/figures/command_effects.def"
};
FIGURE(COMMAND_EFFECTS, "command-effects", "Command Supported and Effects",
       "Base 5.16.1.6, figure 211", 4);

static const struct figure_row rows_SELF_TEST_RESULT[] = {
#include "spec/figures/self_test_result.def"
};
FIGURE(SELF_TEST_RESULT, "self-test-result", "Self-test Result", "Base 5.16.1.7", 28);

static const struct figure_row rows_ID_CTRL[] = {
#include "spec/figures/id_ctrl.def"
};
FIGURE(ID_CTRL, "identify-controller", "Identify Controller", "Base 5.17.2.1, figure 275", 4096);

static const struct figure_row rows_ID_NS[] = {
#include "spec/figures/id_ns.def"
};
FIGURE(ID_NS, "identify-namespace", "Identify Namespace", "NVM figure 97", 4096);

static const struct figure_row rows_NS_LIST[] = {
#include "spec/figures/ns_list.def"
};
FIGURE(NS_LIST, "namespace-list", "Namespace List", "Base 5.17.2.2", 4096);

static const struct figure_row rows_NS_DESC[] = {
#include "spec/figures/ns_desc.def"
};
FIGURE(NS_DESC, "namespace-descriptor", "Namespace Identification Descriptor", "Base figure 278",
       4);

static const struct figure_row rows_ID_NS_INDEPENDENT[] = {
#include "spec/figures/id_ns_independent.def"
};
FIGURE(ID_NS_INDEPENDENT, "identify-namespace-independent",
       "I/O Command Set Independent Identify Namespace", "Base 5.17.2.8", 4096);

static const struct figure_row rows_ID_NS_NVM[] = {
#include "spec/figures/id_ns_nvm.def"
};
FIGURE(ID_NS_NVM, "identify-namespace-nvm", "NVM Command Set specific Identify Namespace",
       "NVM 4.1.5.3", 4096);

static const struct figure_row rows_ID_CTRL_NVM[] = {
#include "spec/figures/id_ctrl_nvm.def"
};
FIGURE(ID_CTRL_NVM, "identify-controller-nvm", "NVM Command Set specific Identify Controller",
       "NVM 4.1.5.4", 4096);

static const struct figure_row rows_ID_NS_ZONED[] = {
#include "spec/figures/id_ns_zoned.def"
};
FIGURE(ID_NS_ZONED, "identify-namespace-zoned",
       "Zoned Namespace Command Set specific Identify Namespace", "ZNS 1.1, 4.1.5.1", 4096);

static const struct figure_row rows_ID_CTRL_ZONED[] = {
#include "spec/figures/id_ctrl_zoned.def"
};
FIGURE(ID_CTRL_ZONED, "identify-controller-zoned",
       "Zoned Namespace Command Set specific Identify Controller", "ZNS 1.1, 4.1.5.2", 4096);

static const struct figure_row rows_SUPPORTED_LOG_PAGES[] = {
#include "spec/figures/supported_log_pages.def"
};
FIGURE(SUPPORTED_LOG_PAGES, "supported-log-pages", "Supported Log Pages", "Base 5.16.1.1", 1024);

static const struct figure_row rows_ERROR_ENTRY[] = {
#include "spec/figures/error_entry.def"
};
FIGURE(ERROR_ENTRY, "error-entry", "Error Information", "Base 5.16.1.2, figure 206", 64);

static const struct figure_row rows_SMART[] = {
#include "spec/figures/smart.def"
};
FIGURE(SMART, "smart", "SMART / Health Information", "Base 5.16.1.3, figure 207", 512);

static const struct figure_row rows_FW_SLOT[] = {
#include "spec/figures/fw_slot.def"
};
FIGURE(FW_SLOT, "firmware-slot", "Firmware Slot Information", "Base 5.16.1.4", 512);

static const struct figure_row rows_COMMANDS_LOG[] = {
#include "spec/figures/commands_log.def"
};
FIGURE(COMMANDS_LOG, "commands", "Commands Supported and Effects", "Base 5.16.1.6", 4096);

static const struct figure_row rows_SELF_TEST[] = {
#include "spec/figures/self_test.def"
};
FIGURE(SELF_TEST, "self-test", "Device Self-test", "Base 5.16.1.7", 564);

static const struct figure_row rows_TELEMETRY[] = {
#include "spec/figures/telemetry.def"
};
FIGURE(TELEMETRY, "telemetry-header", "Telemetry Header", "Base 5.16.1.8", 512);

static const struct figure_row rows_ENDURANCE_GROUP[] = {
#include "spec/figures/endurance_group.def"
};
FIGURE(ENDURANCE_GROUP, "endurance-group", "Endurance Group Information", "Base 5.16.1.10", 512);

static const struct figure_row rows_ANA[] = {
#include "spec/figures/ana.def"
};
FIGURE(ANA, "ana-header", "Asymmetric Namespace Access Header", "Base 5.16.1.13", 16);

static const struct figure_row rows_ANA_GROUP[] = {
#include "spec/figures/ana_group.def"
};
FIGURE(ANA_GROUP, "ana-group", "ANA Group Descriptor", "Base 5.16.1.13", 32);

static const struct figure_row rows_PERSISTENT_EVENTS[] = {
#include "spec/figures/persistent_events.def"
};
FIGURE(PERSISTENT_EVENTS, "persistent-event-log-header", "Persistent Event Log Header",
       "Base 5.16.1.14", 512);

static const struct figure_row rows_PERSISTENT_EVENT[] = {
#include "spec/figures/persistent_event.def"
};
FIGURE(PERSISTENT_EVENT, "persistent-event-header", "Persistent Event Header", "Base 5.16.1.14.1",
       24);

static const struct figure_row rows_SANITIZE[] = {
#include "spec/figures/sanitize.def"
};
FIGURE(SANITIZE, "sanitize", "Sanitize Status", "Base 5.16.1.25", 512);

static const struct figure_row rows_FDP_CONFIGS[] = {
#include "spec/figures/fdp_configs.def"
};
FIGURE(FDP_CONFIGS, "fdp-configurations-header", "FDP Configurations Header", "Base 2.1, 5.1.12",
       16);

static const struct figure_row rows_FDP_CONFIG[] = {
#include "spec/figures/fdp_config.def"
};
FIGURE(FDP_CONFIG, "fdp-configuration", "FDP Configuration Descriptor", "Base 2.1, 5.1.12", 64);

static const struct figure_row rows_FDP_STATISTICS[] = {
#include "spec/figures/fdp_statistics.def"
};
FIGURE(FDP_STATISTICS, "fdp-statistics", "FDP Statistics", "Base 2.1, 5.1.12", 64);

static const struct figure_row rows_REGISTERS[] = {
#include "spec/figures/registers.def"
};
FIGURE(REGISTERS, "registers", "Controller Properties", "Base 3.1.3", 108);

static const struct figure_row rows_SQE[] = {
#include "spec/figures/sqe.def"
};
FIGURE(SQE, "submission-entry", "Submission Queue Entry", "Base 3.3.3.1, figure 87", 64);

static const struct figure_row rows_CQE[] = {
#include "spec/figures/cqe.def"
};
FIGURE(CQE, "completion-entry", "Completion Queue Entry", "Base 3.3.3.2, figure 90", 16);

const struct nvu_figure *const figures_all[] = {
	&figure_POWER_STATE,
	&figure_LBA_FORMAT,
	&figure_EXTENDED_LBA_FORMAT,
	&figure_LBA_FORMAT_EXTENSION,
	&figure_SUPPORTED_LOG_PAGE,
	&figure_COMMAND_EFFECTS,
	&figure_SELF_TEST_RESULT,
	&figure_ID_CTRL,
	&figure_ID_NS,
	&figure_NS_LIST,
	&figure_NS_DESC,
	&figure_ID_NS_INDEPENDENT,
	&figure_ID_NS_NVM,
	&figure_ID_CTRL_NVM,
	&figure_ID_NS_ZONED,
	&figure_ID_CTRL_ZONED,
	&figure_SUPPORTED_LOG_PAGES,
	&figure_ERROR_ENTRY,
	&figure_SMART,
	&figure_FW_SLOT,
	&figure_COMMANDS_LOG,
	&figure_SELF_TEST,
	&figure_TELEMETRY,
	&figure_ENDURANCE_GROUP,
	&figure_ANA,
	&figure_ANA_GROUP,
	&figure_PERSISTENT_EVENTS,
	&figure_PERSISTENT_EVENT,
	&figure_SANITIZE,
	&figure_FDP_CONFIGS,
	&figure_FDP_CONFIG,
	&figure_FDP_STATISTICS,
	&figure_REGISTERS,
	&figure_SQE,
	&figure_CQE,
	NULL,
};

#undef FIELD
#undef BITS
#undef NUMBERS
#undef LIST
#undef RSVD

/* The structs of the public headers have their members where the rows have them. */
#define FIELD(at, size, field, ...)                                            \
	static_assert(offsetof(struct WIRE, field) == (at), "another offset"); \
	static_assert(sizeof(((struct WIRE *)0)->field) == (size), "another size");
#define BITS(...)
#define RSVD(...)
#define NUMBERS(at, number, size, field, ...)                                         \
	static_assert(offsetof(struct WIRE, field) == (at), "another offset");        \
	static_assert(sizeof(((struct WIRE *)0)->field) == (size_t)(number) * (size), \
		      "another size");
#define LIST(at, number, field, ...) \
	static_assert(offsetof(struct WIRE, field) == (at), "another offset");
#define WIRE nvu_psd
#include "spec/figures/power_state.def"
#undef WIRE
#define WIRE nvu_lbaf
#include "spec/figures/lba_format.def"
#undef WIRE
#define WIRE nvu_id_ctrl
#include "spec/figures/id_ctrl.def"
#undef WIRE
#define WIRE nvu_id_ns
#include "spec/figures/id_ns.def"
#undef WIRE
#define WIRE nvu_ns_desc
#include "spec/figures/ns_desc.def"
#undef WIRE
#define WIRE nvu_sqe
#include "spec/figures/sqe.def"
#undef WIRE
#define WIRE nvu_cqe
#include "spec/figures/cqe.def"
#undef WIRE
#define WIRE nvu_smart_log
#include "spec/figures/smart.def"
#undef WIRE

uint64_t figures_number(const uint8_t *at, uint32_t bytes)
{
	uint64_t number = 0;

	assert(bytes && bytes <= sizeof(number));
	while (bytes--)
		number = number << 8 | at[bytes];
	return number;
}

const char *figures_decimal(const uint8_t *at, uint32_t bytes, char *text)
{
	uint8_t left[16] = { 0 };
	char *digit = text + 39;
	bool any;

	assert(bytes && bytes <= sizeof(left));
	memcpy(left, at, bytes < sizeof(left) ? bytes : sizeof(left));
	*digit = '\0';
	do { /* divided by ten, from its highest byte down */
		uint32_t rest = 0;

		any = false;
		for (int idx = sizeof(left) - 1; idx >= 0; idx--) {
			rest = rest << 8 | left[idx];
			left[idx] = (uint8_t)(rest / 10);
			rest %= 10;
			any |= left[idx] != 0;
		}
		*--digit = (char)('0' + rest);
	} while (any);
	return digit;
}

static bool is_zero(const uint8_t *at, uint32_t bytes)
{
	while (bytes)
		if (at[--bytes])
			return false;
	return true;
}

uint32_t figures_used(const uint8_t *at, uint32_t count, uint32_t bytes)
{
	assert(bytes);
	while (count && is_zero(at + (size_t)(count - 1) * bytes, bytes))
		count--;
	return count;
}

uint32_t figures_text_length(const uint8_t *at, uint32_t bytes, enum figure_kind kind)
{
	const uint8_t *end = kind == FIGURE_STRING ? memchr(at, 0, bytes) : NULL;

	assert(kind == FIGURE_STRING || kind == FIGURE_TEXT);
	if (end)
		return (uint32_t)(end - at);
	while (kind == FIGURE_TEXT && bytes && (at[bytes - 1] == ' ' || !at[bytes - 1]))
		bytes--;
	return bytes;
}

int figures_check(const struct nvu_figure *figure, size_t len)
{
	assert(figure->bytes && figure->row_count && figure->rows[0].kind != FIGURE_BITS);
	return len < figure->bytes ? -EINVAL : 0;
}

const struct nvu_figure *nvu_figure_next(const struct nvu_figure *figure)
{
	for (size_t idx = 0; figure && figures_all[idx]; idx++)
		if (figures_all[idx] == figure)
			return figures_all[idx + 1];
	return figure ? NULL : figures_all[0];
}

const struct nvu_figure *nvu_figure_find(const char *name)
{
	for (size_t idx = 0; figures_all[idx]; idx++)
		if (!strcmp(figures_all[idx]->name, name))
			return figures_all[idx];
	return NULL;
}

const char *nvu_figure_name(const struct nvu_figure *figure)
{
	return figure->name;
}

const char *nvu_figure_title(const struct nvu_figure *figure)
{
	return figure->title;
}

const char *nvu_figure_section(const struct nvu_figure *figure)
{
	return figure->section;
}

size_t nvu_figure_bytes(const struct nvu_figure *figure)
{
	return figure->bytes;
}

/* The row of a field; NULL: there is none of this name. */
static const struct figure_row *find_field(const struct nvu_figure *figure, const char *name)
{
	for (uint32_t idx = 0; idx < figure->row_count; idx++) {
		const struct figure_row *row = &figure->rows[idx];

		if (row->kind != FIGURE_BITS && row->kind != FIGURE_RESERVED &&
		    !strcmp(row->name, name))
			return row;
	}
	return NULL;
}

const char *nvu_figure_bit(const struct nvu_figure *figure, const char *field, uint32_t bit)
{
	const struct figure_row *end = figure->rows + figure->row_count;
	const struct figure_row *row = find_field(figure, field);

	if (!row)
		return NULL;
	assert(row >= figure->rows && row < end);
	while (++row < end && row->kind == FIGURE_BITS)
		if (bit >= row->low && bit <= row->high)
			return row->meaning;
	return NULL;
}
