/* SPDX-License-Identifier: MIT */
/*
 * features.c: features. lib/spec/features.def has their numbers, names and lengths.
 */
#include "feature_rows.h"

#include "drive.h"
#include "input.h"
#include "names.h"
#include "show.h"
#include "subcommands.h"

#include <inttypes.h>
#include <nvu/nvu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEL_CURRENT = 0, SEL_SUPPORTED = 3, SEL_COUNT = 4, SAVE_BIT = 31 };

static const char *const selections[SEL_COUNT] = { "current", "default", "saved", "supported" };

static const struct feature_row {
	struct name_row row;
	bool of_ns;
} features[] = {
#define NS 1
#define CTRL 0
#define SET 0
#define GROUP 0
#define DOMAIN 0
#define FEATURE(symbol, fid, name, scope, bytes, mock, section, since) \
	{ { fid, #symbol, name, bytes }, scope },
#include "spec/features.def"
#undef FEATURE
#undef NS
#undef CTRL
#undef SET
#undef GROUP
#undef DOMAIN
};

enum { FEATURE_COUNT = sizeof(features) / sizeof(features[0]) };

/* A feature as Get Features answers. */
struct answer {
	uint8_t fid, sel;
	uint32_t value;
	size_t len; /* of the data; 0: the value says it all */
	uint8_t *data;
};

void features_list(void)
{
	printf("\nFeatures:\n");
	for (size_t idx = 0; idx < FEATURE_COUNT; idx++)
		names_list(&features[idx].row, 1);
}

static const struct feature_row *find_row(uint8_t fid)
{
	for (size_t idx = 0; idx < FEATURE_COUNT; idx++)
		if (features[idx].row.number == fid)
			return &features[idx];
	return NULL;
}

static int take_fid(const struct args *args, uint8_t *ret_fid)
{
	const char *text = args->text[OPTION_FID_ID];

	for (size_t idx = 0; idx < FEATURE_COUNT; idx++)
		if (names_find(&features[idx].row, 1, text, ret_fid))
			return 0;
	return cli_complain(args->subcommand, EXIT_USAGE,
			    "--fid %s: expected 0 to 0xff or a name of `nvu help get-feature`",
			    text);
}

static int take_sel(const struct args *args, uint8_t *ret_sel)
{
	const char *text = args->text[OPTION_SEL_ID];
	uint64_t number;

	*ret_sel = SEL_CURRENT;
	if (!text)
		return 0;
	for (uint8_t sel = 0; sel < SEL_COUNT; sel++) {
		if (!strcmp(text, selections[sel]) ||
		    (cli_number(text, false, &number) && number == sel)) {
			*ret_sel = sel;
			return 0;
		}
	}
	return cli_complain(args->subcommand, EXIT_USAGE,
			    "--sel %s: expected current, default, saved, supported or 0 to 3",
			    text);
}

static size_t data_bytes(const struct args *args, uint8_t fid)
{
	const struct feature_row *row = find_row(fid);

	if (cli_has(args, O(FEATURE_LEN)))
		return args->number[OPTION_FEATURE_LEN_ID];
	/* A host identifier of 8 or of 16 bytes, as EXHID of CDW11 says, Base 5.27.1.25. */
	if (fid == NVU_FEAT_HOST_ID)
		return args->number[OPTION_CDW11_ID] & 1 || args->number[OPTION_VALUE_ID] & 1 ? 16
											      : 8;
	return row ? row->row.bytes : 0;
}

/* The namespace that a feature is of: none, unless the user or the row says so. */
static uint32_t feature_nsid(const struct drive *drive, uint8_t fid)
{
	const struct feature_row *row = find_row(fid);

	return drive->nsid ? drive->nsid : row && row->of_ns ? 1 : 0;
}

static struct nvu_sqe encode(const struct args *args, const struct drive *drive, uint8_t opcode,
			     uint8_t fid)
{
	struct nvu_sqe cmd = { .opcode = opcode };

	cmd.nsid = nvu_le32_put(feature_nsid(drive, fid));
	cmd.cdw14 = nvu_le32_put((uint32_t)args->number[OPTION_UUID_INDEX_ID]);
	return cmd;
}

/* As nvu_admin() returns. */
static int get(const struct args *args, struct drive *drive, struct answer *answer)
{
	struct nvu_sqe cmd = encode(args, drive, NVU_ADMIN_GET_FEATURES, answer->fid);
	uint64_t result = 0;
	int ret;

	cmd.cdw10 = nvu_le32_put((uint32_t)answer->sel << 8 | answer->fid);
	cmd.cdw11 = nvu_le32_put((uint32_t)args->number[OPTION_CDW11_ID]);
	ret = nvu_admin(drive->ctrl, &cmd, answer->data, answer->len, 0, &result);
	answer->value = (uint32_t)result;
	return ret;
}

static const char *name_of(uint8_t fid)
{
	const struct feature_row *row = find_row(fid);

	return row ? row->row.name : "of the vendor";
}

static void show_text(const struct answer *answer)
{
	printf("0x%02x %-40s %s 0x%08" PRIx32 "\n", answer->fid, name_of(answer->fid),
	       selections[answer->sel], answer->value);
	if (answer->sel == SEL_SUPPORTED)
		printf("     %s, %s, %s\n", answer->value & 1 ? "saveable" : "not saveable",
		       answer->value & 2 ? "of a namespace" : "of the controller",
		       answer->value & 4 ? "changeable" : "not changeable");
	else if (answer->len)
		show_hex(answer->data, answer->len);
}

static void show_json(const struct answer *answer)
{
	printf("{\"fid\":%u,\"name\":\"%s\",\"select\":\"%s\",\"value\":%" PRIu32, answer->fid,
	       name_of(answer->fid), selections[answer->sel], answer->value);
	if (answer->sel == SEL_SUPPORTED) {
		printf(",\"saveable\":%s,\"of_namespace\":%s,\"changeable\":%s",
		       answer->value & 1 ? "true" : "false", answer->value & 2 ? "true" : "false",
		       answer->value & 4 ? "true" : "false");
	} else if (answer->len) {
		printf(",\"data\":");
		show_json_hex(answer->data, answer->len);
	}
	printf("}");
}

static int show(const struct args *args, const struct answer *answer)
{
	nvu_le32 value = nvu_le32_put(answer->value);

	if (cli_has(args, O(RAW)) && answer->len && answer->sel != SEL_SUPPORTED)
		return show_raw(args, answer->data, answer->len);
	if (cli_has(args, O(RAW)))
		return show_raw(args, &value, sizeof(value));
	if (!cli_has(args, O(JSON))) {
		show_text(answer);
		return 0;
	}
	show_json(answer);
	printf("\n");
	return 0;
}

static int show_one(const struct args *args, struct drive *drive, struct answer *answer)
{
	int ret = get(args, drive, answer);

	return ret ? cli_complain_nvu(args, ret) : show(args, answer);
}

/* Those of the rows that the controller answers. */
static int show_all(const struct args *args, struct drive *drive, uint8_t sel, uint8_t *data)
{
	int shown = 0;

	if (cli_has(args, O(RAW)))
		return cli_complain(args->subcommand, EXIT_USAGE, "--raw needs --fid");
	if (cli_has(args, O(JSON)))
		printf("[");
	for (size_t idx = 0; idx < FEATURE_COUNT; idx++) {
		struct answer answer = { .fid = features[idx].row.number,
					 .sel = sel,
					 .data = data };

		answer.len = data_bytes(args, answer.fid);
		if (get(args, drive, &answer))
			continue;
		if (cli_has(args, O(JSON))) {
			printf("%s", shown ? ",\n" : "");
			show_json(&answer);
		} else {
			show_text(&answer);
		}
		shown++;
	}
	if (cli_has(args, O(JSON)))
		printf("]\n");
	return shown ? 0 : cli_complain(args->subcommand, EXIT_FAILED, "%s", nvu_last_error());
}

int run_get_feature(const struct args *args, struct drive *drive)
{
	enum { DATA_BYTES = 1 << 20 };
	struct answer answer = { .len = 0 };
	int status = take_sel(args, &answer.sel);

	if (!status && args->text[OPTION_FID_ID])
		status = take_fid(args, &answer.fid);
	if (status)
		return status;
	answer.data = calloc(1, DATA_BYTES);
	if (!answer.data)
		return cli_complain(args->subcommand, EXIT_FAILED, "out of memory");
	answer.len = data_bytes(args, answer.fid);
	if (args->text[OPTION_FID_ID])
		status = show_one(args, drive, &answer);
	else
		status = show_all(args, drive, answer.sel, answer.data);
	free(answer.data);
	return status;
}

static int set(const struct args *args, struct drive *drive, uint8_t fid, void *data, size_t len)
{
	struct nvu_sqe cmd = encode(args, drive, NVU_ADMIN_SET_FEATURES, fid);
	uint32_t save = cli_has(args, O(SAVE)) ? 1u << SAVE_BIT : 0;
	uint64_t result = 0;
	int status;

	cmd.cdw10 = nvu_le32_put(save | fid);
	cmd.cdw11 = nvu_le32_put((uint32_t)args->number[OPTION_VALUE_ID]);
	cmd.cdw12 = nvu_le32_put((uint32_t)args->number[OPTION_CDW12_ID]);
	status = drive_admin(args, drive, &cmd, data, len, &result);
	if (!status)
		printf("0x%02x %s set to 0x%08" PRIx64 ", the controller answers 0x%08" PRIx32 "\n",
		       fid, name_of(fid), args->number[OPTION_VALUE_ID], (uint32_t)result);
	return status;
}

int run_set_feature(const struct args *args, struct drive *drive)
{
	const char *path = args->text[OPTION_DATA_ID];
	uint8_t fid, *data = NULL;
	size_t len;
	int status;

	if (!args->text[OPTION_FID_ID])
		return cli_complain(
			args->subcommand, EXIT_USAGE,
			"--fid is missing: a number or a name of `nvu help set-feature`");
	status = take_fid(args, &fid);
	if (status)
		return status;
	len = data_bytes(args, fid);
	if (!path && !cli_has(args, O(VALUE)))
		return cli_complain(args->subcommand, EXIT_USAGE, "--value is missing%s",
				    len ? ", or --data" : "");
	if (len && !path)
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "feature 0x%02x has %zu bytes of data: --data FILE is missing",
				    fid, len);
	if (path && !len)
		return cli_complain(
			args->subcommand, EXIT_USAGE,
			"feature 0x%02x has no data; if it does, --data-len says how long", fid);
	if (len) {
		data = calloc(1, len);
		if (!data)
			return cli_complain(args->subcommand, EXIT_FAILED, "out of memory");
		status = input_read(args, path, data, len);
	}
	if (!status)
		status = set(args, drive, fid, data, len);
	free(data);
	return status;
}
