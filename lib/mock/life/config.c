// SPDX-License-Identifier: MIT
/*
 * config.c: reads mock addresses and options by the rows of keys.def, so that both have the same names,
 * bounds and words.
 */
#include "mock/life/config.h"

#include "base/error.h"
#include "base/opts.h"
#include "mock/life/fault_text.h"
#include "mock/life/latency_text.h"
#include "mock/life/text.h"
#include "tuple/layout.h"

#include <assert.h>
#include <errno.h>
#include <nvu/identify.h>
#include <stddef.h>
#include <string.h>

enum key_kind { KEY_SIZE, KEY_NUMBER, KEY_TEXT, KEY_FLAG, KEY_FAULTS, KEY_ID };

struct key {
	const char *name;
	enum key_kind kind;
	uint64_t min;
	uint64_t max;
	uint64_t preset; /* the default; the bit of a flag */
	size_t offset;	 /* of the field in struct nvu_mock_opts */
	const char *example;
};

#define FIELD(name) offsetof(struct nvu_mock_opts, name)

#define KEY(kind, word, ...) ROW_##word,
enum {
#include "mock/life/keys.def"
	KEY_COUNT
};
#undef KEY
static_assert(KEY_COUNT <= 64, "parse_item() has a bit for each key");

#define KEY(kind, word, field, min, max, preset, example) \
	{ #word, KEY_##kind, min, max, preset, FIELD(field), #word "=" example },
static const struct key keys[] = {
#include "mock/life/keys.def"
};
#undef KEY

/* field_get() and field_set() copy 8 bytes of a size and 4 of what else is a number. */
#define BYTES_SIZE 8
#define BYTES_NUMBER 4
#define BYTES_FLAG 4
#define BYTES_TEXT sizeof(const char *)
#define BYTES_FAULTS sizeof(size_t)
#define BYTES_ID sizeof(size_t)
#define KEY(kind, word, field, ...)                                               \
	static_assert(sizeof(((struct nvu_mock_opts *)0)->field) == BYTES_##kind, \
		      "the field has another size");
#include "mock/life/keys.def"
#undef KEY

#define KEY(kind, word, ...) ", " #word
static const char known_keys[] =
#include "mock/life/keys.def"
	;
#undef KEY

#define FLAG_SIZE(preset) 0
#define FLAG_NUMBER(preset) 0
#define FLAG_FLAG(preset) (preset)
#define FLAG_TEXT(preset) 0
#define FLAG_FAULTS(preset) 0
#define FLAG_ID(preset) 0
#define KEY(kind, word, field, min, max, preset, example) | FLAG_##kind(preset)
static const uint32_t known_flags = 0
#include "mock/life/keys.def"
	;
#undef KEY

static uint64_t field_get(const struct nvu_mock_opts *opts, const struct key *key)
{
	uint32_t narrow;
	uint64_t wide;

	assert(key->kind == KEY_SIZE || key->kind == KEY_NUMBER);
	if (key->kind == KEY_SIZE) {
		memcpy(&wide, (const char *)opts + key->offset, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, (const char *)opts + key->offset, sizeof(narrow));
	return narrow;
}

static void field_set(struct nvu_mock_opts *opts, const struct key *key, uint64_t value)
{
	uint32_t narrow = (uint32_t)value;

	assert(key->kind == KEY_SIZE || key->kind == KEY_NUMBER);
	if (key->kind == KEY_SIZE)
		memcpy((char *)opts + key->offset, &value, sizeof(value));
	else
		memcpy((char *)opts + key->offset, &narrow, sizeof(narrow));
}

static int refuse_number(const struct key *key, const char *text, size_t len)
{
	return error_set(-EINVAL,
			 "mock: %s=%.*s: expected a number from %llu to %llu%s, such as %s",
			 key->name, (int)len, text, (unsigned long long)key->min,
			 (unsigned long long)key->max,
			 key->kind == KEY_SIZE ? ", K, M, G or T may follow" : "", key->example);
}

/* 0 in an address, where 0 in the options is the default: no limit, or none at all. */
static bool has_none(const struct key *key)
{
	static_assert(MOCK_MDTS_NONE == UINT32_MAX && MOCK_VECTORS_NONE == UINT32_MAX,
		      "take_number() sets both");
	return key->offset == FIELD(mdts) || key->offset == FIELD(vectors);
}

static int take_number(struct mock_config *config, const struct key *key, const char *text,
		       size_t len)
{
	bool none = has_none(key) && len == 1 && text[0] == '0';
	uint64_t value;
	bool good;

	if (key->kind == KEY_ID)
		return mock_text_number(text, len, &config->id) && config->id >= key->min &&
				       config->id <= key->max
			       ? 0
			       : refuse_number(key, text, len);
	if (none) {
		field_set(&config->opts, key, UINT32_MAX);
		return 0;
	}
	good = key->kind == KEY_SIZE ? mock_text_size(text, len, &value)
				     : mock_text_number(text, len, &value);
	if (!good || value < key->min || value > key->max)
		return refuse_number(key, text, len);
	field_set(&config->opts, key, value);
	return 0;
}

static int take_text(struct mock_config *config, const struct key *key, const char *text,
		     size_t len)
{
	char *into = key == &keys[ROW_file]	? config->backing
		     : key == &keys[ROW_serial] ? config->serial
						: config->latency_text;

	assert(key->kind == KEY_TEXT);
	if (len < key->min || len > key->max)
		return error_set(-EINVAL, "mock: %s=%.*s: expected 1 to %llu characters", key->name,
				 (int)len, text, (unsigned long long)key->max);
	memcpy(into, text, len);
	into[len] = '\0';
	return 0;
}

static int take_fault(struct mock_config *config, const char *text, size_t len)
{
	if (config->fault_count == MOCK_CONFIG_FAULTS)
		return error_set(-EINVAL, "mock: more than %d faults in an address",
				 MOCK_CONFIG_FAULTS);
	return mock_fault_parse(text, len, &config->faults[config->fault_count++]);
}

static int take_item(struct mock_config *config, const struct key *key, const char *value,
		     size_t len)
{
	if (key->kind == KEY_FLAG) {
		if (value)
			return error_set(-EINVAL, "mock: %s=%.*s: the flag takes no value",
					 key->name, (int)len, value);
		config->opts.flags |= (uint32_t)key->preset;
		return 0;
	}
	if (!value)
		return error_set(-EINVAL, "mock: %s needs a value, such as %s", key->name,
				 key->example);
	if (key->kind == KEY_FAULTS)
		return take_fault(config, value, len);
	if (key->kind == KEY_TEXT)
		return take_text(config, key, value, len);
	return take_number(config, key, value, len);
}

static const struct key *find_key(const char *name, size_t len)
{
	for (size_t idx = 0; idx < KEY_COUNT; idx++)
		if (mock_text_is(name, len, keys[idx].name))
			return &keys[idx];
	return NULL;
}

/* One "key" or "key=value" of len bytes. *seen has a bit for each key met before. */
static int parse_item(struct mock_config *config, const char *item, size_t len, uint64_t *seen)
{
	const char *equals = memchr(item, '=', len);
	size_t name_len = equals ? (size_t)(equals - item) : len;
	const struct key *key = find_key(item, name_len);
	uint64_t bit;

	if (!key)
		return error_set(-EINVAL, "mock: unknown key \"%.*s\"; known are %s", (int)name_len,
				 item, known_keys + 2);
	bit = 1ull << (key - keys);
	if ((*seen & bit) && key->kind != KEY_FAULTS)
		return error_set(-EINVAL, "mock: %s is given twice", key->name);
	*seen |= bit;
	return take_item(config, key, equals ? equals + 1 : NULL, equals ? len - name_len - 1 : 0);
}

static int check_serial(const char *serial)
{
	for (; *serial; serial++)
		if (*serial < 0x20 || *serial > 0x7e)
			return error_set(-EINVAL, "mock: serial: expected printable ASCII");
	return 0;
}

/* Metadata and protection information: what goes with what. */
static int check_metadata(const struct mock_config *config)
{
	const struct nvu_mock_opts *opts = &config->opts;
	uint32_t tuple = layout_tuple_bytes(opts->pif);
	uint32_t least = layout_storage_bits_min(opts->pif);
	uint32_t most = layout_storage_bits_max(opts->pif);

	if (!opts->metadata_bytes && (opts->interleaved || opts->protection))
		return error_set(-EINVAL, "mock: mset and pi need metadata: add ms=8");
	if (!opts->protection && (opts->protection_first || opts->pif || opts->storage_tag_bits))
		return error_set(-EINVAL, "mock: pil, pif and sts need protection information: "
					  "add pi=1");
	if (opts->metadata_bytes && (config->backing[0] || opts->csi))
		return error_set(-EINVAL,
				 "mock: ms=%u: only namespaces of csi=0 that are not in a "
				 "file have metadata",
				 opts->metadata_bytes);
	if (opts->protection && opts->metadata_bytes < tuple)
		return error_set(-EINVAL, "mock: ms=%u: protection information of pif=%u needs %u",
				 opts->metadata_bytes, opts->pif, tuple);
	if (opts->protection && (opts->storage_tag_bits < least || opts->storage_tag_bits > most))
		return error_set(-EINVAL, "mock: sts=%u: expected %u to %u with pif=%u",
				 opts->storage_tag_bits, least, most, opts->pif);
	return 0;
}

static int check_sgls(uint32_t sgls)
{
	const uint32_t more =
		NVU_SGLS_BIT_BUCKET | NVU_SGLS_METADATA | NVU_SGLS_LONGER | NVU_SGLS_METADATA_SGL;
	uint32_t support = sgls & ~more;

	if (!sgls || support == NVU_SGLS_BYTES || support == NVU_SGLS_DWORDS)
		return 0;
	return error_set(-EINVAL,
			 "mock: sgls=0x%x: expected 1 (any alignment) or 2 (dwords), and bits of "
			 "0x%x",
			 sgls, more);
}

/* What the bounds of single keys do not say. */
static int check_whole(const struct mock_config *config)
{
	const struct nvu_mock_opts *opts = &config->opts;
	uint64_t doorbells = ((uint64_t)opts->io_queues + 1) * 2 * (4ull << opts->dstrd);
	int ret;

	if (opts->lba_bytes & (opts->lba_bytes - 1))
		return error_set(-EINVAL, "mock: lba=%u: expected 512, 1024, 2048 or 4096",
				 opts->lba_bytes);
	if (opts->ns_bytes % opts->lba_bytes)
		return error_set(-EINVAL, "mock: size=%llu is not a multiple of the block size %u",
				 (unsigned long long)opts->ns_bytes, opts->lba_bytes);
	if (doorbells > 8ull << 30)
		return error_set(-EINVAL,
				 "mock: queues=%u with dstrd=%u need %llu bytes of doorbells; "
				 "expected at most 8 GiB",
				 opts->io_queues, opts->dstrd, (unsigned long long)doorbells);
	if (opts->latency_us && config->latency.shape)
		return error_set(-EINVAL, "mock: latency and latency_us are both given");
	ret = check_metadata(config);
	if (!ret)
		ret = check_sgls(opts->sgls);
	return ret ? ret : check_serial(config->serial);
}

/* Zero fields get their default, all others are checked against the table. */
static int complete_config(struct mock_config *config)
{
	struct nvu_mock_opts *opts = &config->opts;
	int ret = mock_latency_parse(config->latency_text, &config->latency);

	if (ret)
		return ret;
	config->sized = opts->ns_bytes != 0;
	for (size_t idx = 0; idx < KEY_COUNT; idx++) {
		const struct key *key = &keys[idx];
		uint64_t value;

		if (key->kind != KEY_SIZE && key->kind != KEY_NUMBER)
			continue;
		value = field_get(opts, key);
		if (value == 0)
			field_set(opts, key, key->preset);
		else if ((value < key->min || value > key->max) &&
			 !(has_none(key) && value == UINT32_MAX))
			return error_set(-EINVAL, "mock: %s=%llu: expected %llu to %llu", key->name,
					 (unsigned long long)value, (unsigned long long)key->min,
					 (unsigned long long)key->max);
	}
	opts->ready_timeout_ms = (opts->ready_timeout_ms + 499) / 500 * 500;
	if (opts->ns_max < opts->namespaces)
		opts->ns_max = opts->namespaces;
	if (opts->pif)
		opts->flags |= NVU_MOCK_EXTENDED_FORMATS;
	if (opts->protection && !opts->storage_tag_bits)
		opts->storage_tag_bits = layout_storage_bits_min(opts->pif);
	if (config->serial[0] == '\0')
		memcpy(config->serial, "nvu-mock", sizeof("nvu-mock"));
	return check_whole(config);
}

static void hand_out(const struct mock_config *config, struct mock_config *ret_config)
{
	*ret_config = *config;
	ret_config->opts.size = sizeof(ret_config->opts);
	ret_config->opts.serial = ret_config->serial;
	ret_config->opts.backing = ret_config->backing[0] ? ret_config->backing : NULL;
	ret_config->opts.latency = ret_config->latency_text;
}

int mock_config_parse(const char *target, struct mock_config *ret_config)
{
	struct mock_config config = { 0 };
	const char *item = target;
	uint64_t seen = 0;
	int ret;

	while (*target) {
		size_t len = strcspn(item, ",");

		ret = parse_item(&config, item, len, &seen);
		if (ret)
			return ret;
		if (item[len] == '\0')
			break;
		item += len + 1;
	}
	if (config.id && seen != 1ull << ROW_id)
		return error_set(-EINVAL,
				 "mock: id=%llu names a mock that exists: no other key "
				 "goes with it",
				 (unsigned long long)config.id);
	ret = complete_config(&config);
	if (ret)
		return ret;
	hand_out(&config, ret_config);
	return 0;
}

static int copy_text(const struct key *key, const char *text, char *into)
{
	size_t len = text ? strlen(text) : 0;

	if (len > key->max)
		return error_set(-EINVAL, "mock: %s: expected up to %llu characters", key->name,
				 (unsigned long long)key->max);
	if (len)
		memcpy(into, text, len + 1);
	return 0;
}

int mock_config_from_opts(const struct nvu_mock_opts *opts, struct mock_config *ret_config)
{
	struct mock_config config = { 0 };
	int ret;

	ret = opts_copy(&config.opts, sizeof(config.opts), opts);
	if (ret)
		return ret;
	if (config.opts.flags & ~known_flags)
		return error_set(-EINVAL, "mock: unknown flag in 0x%x", config.opts.flags);
	ret = copy_text(&keys[ROW_file], config.opts.backing, config.backing);
	if (!ret)
		ret = copy_text(&keys[ROW_serial], config.opts.serial, config.serial);
	if (!ret)
		ret = copy_text(&keys[ROW_latency], config.opts.latency, config.latency_text);
	if (!ret)
		ret = complete_config(&config);
	if (!ret)
		hand_out(&config, ret_config);
	return ret;
}
