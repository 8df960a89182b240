// SPDX-License-Identifier: MIT
/*
 * config.c: reads mock addresses and options by one table of keys, so that both have the same
 * names, bounds and words.
 */
#include "mock/life/config.h"

#include "base/error.h"
#include "base/opts.h"
#include "mock/faults/fault_text.h"
#include "mock/life/text.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

enum key_kind { KEY_SIZE, KEY_NUMBER, KEY_TEXT, KEY_FLAG, KEY_FAULTS };

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

enum { KEY_ID = 25, KEY_FILE, KEY_SERIAL, KEY_FAULT }; /* rows that are no number of the options */

static const struct key keys[] = {
	{ "size", KEY_SIZE, 512, 1ull << 46, 1ull << 30, FIELD(ns_bytes), "size=1G" },
	{ "lba", KEY_NUMBER, 512, 4096, 512, FIELD(lba_bytes), "lba=4096" },
	{ "ns", KEY_NUMBER, 1, 131072, 1, FIELD(namespaces), "ns=2" },
	{ "mdts", KEY_NUMBER, 1, 20, 8, FIELD(mdts), "mdts=5" },
	{ "queues", KEY_NUMBER, 1, 65535, 128, FIELD(io_queues), "queues=4" },
	{ "entries", KEY_NUMBER, 2, 65536, 65536, FIELD(max_entries), "entries=1024" },
	{ "dstrd", KEY_NUMBER, 0, 15, 0, FIELD(dstrd), "dstrd=4" },
	{ "to_ms", KEY_NUMBER, 500, 127500, 500, FIELD(ready_timeout_ms), "to_ms=1000" },
	{ "latency_us", KEY_NUMBER, 0, 10000000, 0, FIELD(latency_us), "latency_us=80" },
	{ "ns_max", KEY_NUMBER, 1, 131072, 0, FIELD(ns_max), "ns_max=8" },
	{ "mappings", KEY_NUMBER, 1, UINT32_MAX, 65535, FIELD(dma_mappings), "mappings=200" },
	{ "locked", KEY_SIZE, 4096, 1ull << 46, 1ull << 46, FIELD(dma_bytes), "locked=8M" },
	{ "null", KEY_FLAG, 0, 0, NVU_MOCK_NULL, FIELD(flags), "null" },
	{ "stepped", KEY_FLAG, 0, 0, NVU_MOCK_STEPPED, FIELD(flags), "stepped" },
	{ "trap", KEY_FLAG, 0, 0, NVU_MOCK_TRAP_DOORBELLS, FIELD(flags), "trap" },
	{ "shadow", KEY_FLAG, 0, 0, NVU_MOCK_SHADOW_DOORBELLS, FIELD(flags), "shadow" },
	{ "shadow_admin", KEY_FLAG, 0, 0, NVU_MOCK_SHADOW_ADMIN, FIELD(flags), "shadow_admin" },
	{ "crms", KEY_NUMBER, 0, 3, 0, FIELD(crms), "crms=1" },
	{ "crto", KEY_NUMBER, 0, UINT32_MAX, 0x10001, FIELD(crto), "crto=0x10004" },
	{ "vid", KEY_NUMBER, 1, UINT16_MAX, 0x1b36, FIELD(vid), "vid=0x1b36" },
	{ "did", KEY_NUMBER, 1, UINT16_MAX, 0x10, FIELD(did), "did=0x10" },
	{ "offline", KEY_FLAG, 0, 0, NVU_MOCK_OFFLINE, FIELD(flags), "offline" },
	{ "extended", KEY_FLAG, 0, 0, NVU_MOCK_EXTENDED_FORMATS, FIELD(flags), "extended" },
	{ "release", KEY_FLAG, 0, 0, NVU_MOCK_RELEASE, FIELD(flags), "release" },
	{ "csi", KEY_NUMBER, 0, 2, 0, FIELD(csi), "csi=2" },
	[KEY_ID] = { "id", KEY_NUMBER, 1, UINT32_MAX, 0, 0, "id=3" },
	[KEY_FILE] = { "file", KEY_TEXT, 1, MOCK_PATH_BYTES - 1, 0, 0, "file=disk.img" },
	[KEY_SERIAL] = { "serial", KEY_TEXT, 1, MOCK_SERIAL_BYTES, 0, 0, "serial=abc" },
	[KEY_FAULT] = { "fault", KEY_FAULTS, 0, 0, 0, 0, "fault=drop:op=read:skip=1000:count=1" },
};

enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

static const char known_keys[] =
	"size, lba, ns, ns_max, mdts, queues, entries, dstrd, to_ms, latency_us, mappings, locked, "
	"file, serial, id, null, stepped, trap, shadow, shadow_admin, crms, crto, vid, did, "
	"offline, extended, "
	"release, csi, fault";

#define KNOWN_FLAGS                                                                               \
	(NVU_MOCK_NULL | NVU_MOCK_STEPPED | NVU_MOCK_TRAP_DOORBELLS | NVU_MOCK_SHADOW_DOORBELLS | \
	 NVU_MOCK_OFFLINE | NVU_MOCK_RELEASE | NVU_MOCK_EXTENDED_FORMATS | NVU_MOCK_SHADOW_ADMIN)

static uint64_t field_get(const struct nvu_mock_opts *opts, const struct key *key)
{
	uint32_t narrow;
	uint64_t wide;

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

static int take_number(struct mock_config *config, const struct key *key, const char *text,
		       size_t len)
{
	bool no_limit = key->offset == FIELD(mdts) && len == 1 && text[0] == '0';
	uint64_t value;
	bool good;

	if (key == &keys[KEY_ID])
		return mock_text_number(text, len, &config->id) && config->id >= key->min &&
				       config->id <= key->max
			       ? 0
			       : refuse_number(key, text, len);
	if (no_limit) {
		config->opts.mdts = MOCK_MDTS_NONE;
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
	char *into = key == &keys[KEY_FILE] ? config->backing : config->serial;

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
static int parse_item(struct mock_config *config, const char *item, size_t len, uint32_t *seen)
{
	const char *equals = memchr(item, '=', len);
	size_t name_len = equals ? (size_t)(equals - item) : len;
	const struct key *key = find_key(item, name_len);
	uint32_t bit;

	if (!key)
		return error_set(-EINVAL, "mock: unknown key \"%.*s\"; known are %s", (int)name_len,
				 item, known_keys);
	bit = 1u << (key - keys);
	if ((*seen & bit) && key->kind != KEY_FAULTS)
		return error_set(-EINVAL, "mock: %s is given twice", key->name);
	*seen |= bit;
	return take_item(config, key, equals ? equals + 1 : NULL, equals ? len - name_len - 1 : 0);
}

uint64_t mock_config_transfer_bytes(uint32_t mdts)
{
	uint64_t by_mdts = mdts == MOCK_MDTS_NONE ? UINT64_MAX : 4096ull << mdts;

	return by_mdts < MOCK_MAX_TRANSFER_BYTES ? by_mdts : MOCK_MAX_TRANSFER_BYTES;
}

static int check_serial(const char *serial)
{
	for (; *serial; serial++)
		if (*serial < 0x20 || *serial > 0x7e)
			return error_set(-EINVAL, "mock: serial: expected printable ASCII");
	return 0;
}

/* What the bounds of single keys do not say. */
static int check_whole(const struct mock_config *config)
{
	const struct nvu_mock_opts *opts = &config->opts;
	uint64_t doorbells = ((uint64_t)opts->io_queues + 1) * 2 * (4ull << opts->dstrd);

	if (opts->lba_bytes & (opts->lba_bytes - 1))
		return error_set(-EINVAL, "mock: lba=%u: expected 512, 1024, 2048 or 4096",
				 opts->lba_bytes);
	if (opts->ns_bytes % opts->lba_bytes)
		return error_set(-EINVAL, "mock: size=%llu is no multiple of the block size %u",
				 (unsigned long long)opts->ns_bytes, opts->lba_bytes);
	if (doorbells > 8ull << 30)
		return error_set(-EINVAL,
				 "mock: queues=%u with dstrd=%u need %llu bytes of doorbells; "
				 "expected at most 8 GiB",
				 opts->io_queues, opts->dstrd, (unsigned long long)doorbells);
	return check_serial(config->serial);
}

/* Zero fields get their default, all others are checked against the table. */
static int complete_config(struct mock_config *config)
{
	struct nvu_mock_opts *opts = &config->opts;

	config->sized = opts->ns_bytes != 0;
	for (size_t idx = 0; idx < KEY_ID; idx++) {
		const struct key *key = &keys[idx];
		uint64_t value = field_get(opts, key);

		if (key->kind == KEY_FLAG)
			continue;
		if (value == 0)
			field_set(opts, key, key->preset);
		else if ((value < key->min || value > key->max) &&
			 !(key->offset == FIELD(mdts) && value == MOCK_MDTS_NONE))
			return error_set(-EINVAL, "mock: %s=%llu: expected %llu to %llu", key->name,
					 (unsigned long long)value, (unsigned long long)key->min,
					 (unsigned long long)key->max);
	}
	opts->ready_timeout_ms = (opts->ready_timeout_ms + 499) / 500 * 500;
	if (opts->ns_max < opts->namespaces)
		opts->ns_max = opts->namespaces;
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
}

int mock_config_parse(const char *target, struct mock_config *ret_config)
{
	struct mock_config config = { 0 };
	const char *item = target;
	uint32_t seen = 0;
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
	if (config.id && seen != 1u << KEY_ID)
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
	if (config.opts.flags & ~KNOWN_FLAGS)
		return error_set(-EINVAL, "mock: unknown flag in 0x%x", config.opts.flags);
	ret = copy_text(&keys[KEY_FILE], config.opts.backing, config.backing);
	if (!ret)
		ret = copy_text(&keys[KEY_SERIAL], config.opts.serial, config.serial);
	if (!ret)
		ret = complete_config(&config);
	if (!ret)
		hand_out(&config, ret_config);
	return ret;
}
