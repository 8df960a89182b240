// SPDX-License-Identifier: MIT
/*
 * fault_text.c: the kinds and fields of struct nvu_mock_fault by name. A zero in an
 * address means the value zero; a zero in the struct means "any".
 */
#include "mock/life/fault_text.h"

#include "base/error.h"
#include "mock/faults/kind.h"
#include "mock/life/text.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

struct word {
	const char *name;
	int64_t value;
};

/* Opcodes by the names of commands.def, and the queue that they are for. */
#define QUEUE_ADMIN NVU_MOCK_ADMIN_QUEUE
#define QUEUE_IO 0
#define QUEUE_NVM 0
#define QUEUE_ZONED 0
#define QUEUE_KV 0
#define COMMAND(set, symbol, opcode, name, ...) \
	{ name, (opcode) ? (opcode) : NVU_MOCK_OPCODE_ZERO, QUEUE_##set },
static const struct opcode_word {
	const char *name;
	uint16_t opcode;
	int16_t qid;
} commands[] = {
#include "spec/commands.def"
};
#undef COMMAND

static const struct word opcodes[] = { { "0", NVU_MOCK_OPCODE_ZERO } };

static const struct word queues[] = {
	{ "admin", NVU_MOCK_ADMIN_QUEUE },
	{ "any", NVU_MOCK_ANY_QUEUE },
	{ "0", NVU_MOCK_ADMIN_QUEUE },
};

static const struct word structures[] = { { "0", NVU_MOCK_CNS_ZERO } };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define WORDS(table) (table), COUNT(table)
#define FIELD(name) \
	offsetof(struct nvu_mock_fault, name), sizeof(((struct nvu_mock_fault *)0)->name)

static const struct field {
	const char *name;
	size_t offset, bytes;
	uint64_t max;
	const struct word *words;
	size_t word_count;
	const char *known; /* of the words */
} fields[] = {
	{ "op", FIELD(opcode), 255, WORDS(opcodes),
	  "a command, such as read or write-zeroes, or " },
	{ "qid", FIELD(qid), 65535, WORDS(queues), "admin, any or " },
	{ "cns", FIELD(cns), 255, WORDS(structures), "" },
	{ "nsid", FIELD(nsid), UINT32_MAX, NULL, 0, "" },
	{ "skip", FIELD(skip), UINT32_MAX, NULL, 0, "" },
	{ "count", FIELD(count), UINT32_MAX, NULL, 0, "" },
	{ "status", FIELD(status), NVU_MOCK_DNR | NVU_MOCK_CRD(3) | 0x7ff, NULL, 0, "" },
	{ "delay", FIELD(delay), UINT64_MAX, NULL, 0, "" },
	{ "value", FIELD(value), UINT64_MAX, NULL, 0, "" },
	{ "offset", FIELD(offset), UINT32_MAX, NULL, 0, "" },
};

static const char known_fields[] =
	"op, qid, cns, nsid, skip, count, status, delay, value, offset, bytes";

static const struct word *find_word(const struct word *words, size_t count, const char *text,
				    size_t len)
{
	for (size_t idx = 0; idx < count; idx++)
		if (mock_text_is(text, len, words[idx].name))
			return &words[idx];
	return NULL;
}

/* A name of the specification as one word: "write-zeroes", "i/o-management-send". */
static bool is_command(const char *name, const char *text, size_t len)
{
	size_t idx;

	for (idx = 0; idx < len && name[idx]; idx++)
		if ((name[idx] == ' ' ? '-' : name[idx] | 0x20) != text[idx])
			return false;
	return idx == len && !name[idx];
}

/* False: it is no command's name. One of the admin queue says so, too, unless a queue is given. */
static bool take_command(struct nvu_mock_fault *fault, const char *text, size_t len)
{
	for (size_t idx = 0; idx < COUNT(commands); idx++) {
		if (!is_command(commands[idx].name, text, len))
			continue;
		fault->opcode = commands[idx].opcode;
		if (!fault->qid)
			fault->qid = commands[idx].qid;
		return true;
	}
	return false;
}

/* Integers of two's complement, whatever their size and sign. */
static void store(struct nvu_mock_fault *fault, const struct field *field, uint64_t value)
{
	const uint16_t half = (uint16_t)value;
	const uint32_t word = (uint32_t)value;
	char *place = (char *)fault + field->offset;

	assert(field->bytes == sizeof(half) || field->bytes == sizeof(word) ||
	       field->bytes == sizeof(value));
	if (field->bytes == sizeof(half))
		memcpy(place, &half, sizeof(half));
	else if (field->bytes == sizeof(word))
		memcpy(place, &word, sizeof(word));
	else
		memcpy(place, &value, sizeof(value));
}

static int take_field(struct nvu_mock_fault *fault, const struct field *field, const char *text,
		      size_t len)
{
	const struct word *word = find_word(field->words, field->word_count, text, len);
	uint64_t value;

	if (field->words == opcodes && take_command(fault, text, len))
		return 0;
	if (word) {
		store(fault, field, (uint64_t)word->value);
		return 0;
	}
	if (!mock_text_number(text, len, &value) || value > field->max)
		return error_set(-EINVAL,
				 "mock: fault: %s=%.*s: expected %sa number up to %llu (0x... is "
				 "one too)",
				 field->name, (int)len, text, field->known,
				 (unsigned long long)field->max);
	store(fault, field, value);
	return 0;
}

static int take_bytes(struct nvu_mock_fault *fault, const char *text, size_t len)
{
	bool good = len > 0 && len % 2 == 0 && len / 2 <= sizeof(fault->bytes);

	for (size_t idx = 0; good && idx < len; idx += 2) {
		uint32_t high = mock_text_digit(text[idx]), low = mock_text_digit(text[idx + 1]);

		good = high < 16 && low < 16;
		fault->bytes[idx / 2] = (uint8_t)(high << 4 | low);
	}
	if (!good)
		return error_set(-EINVAL,
				 "mock: fault: bytes=%.*s: expected 1 to %zu bytes as two "
				 "hexadecimal digits each",
				 (int)len, text, sizeof(fault->bytes));
	fault->len = (uint32_t)(len / 2);
	return 0;
}

static int take_item(struct nvu_mock_fault *fault, const char *item, size_t len)
{
	const char *equals = memchr(item, '=', len);
	size_t name_len = equals ? (size_t)(equals - item) : len;
	size_t value_len = equals ? len - name_len - 1 : 0;

	for (size_t idx = 0; equals && idx < COUNT(fields); idx++)
		if (mock_text_is(item, name_len, fields[idx].name))
			return take_field(fault, &fields[idx], equals + 1, value_len);
	if (equals && mock_text_is(item, name_len, "bytes"))
		return take_bytes(fault, equals + 1, value_len);
	return error_set(-EINVAL, "mock: fault: unknown \"%.*s\"; a kind may be followed by %s",
			 (int)len, item, known_fields);
}

static size_t item_length(const char *item, size_t left)
{
	const char *colon = memchr(item, ':', left);

	return colon ? (size_t)(colon - item) : left;
}

int mock_fault_parse(const char *text, size_t len, struct nvu_mock_fault *ret_fault)
{
	struct nvu_mock_fault fault = { .size = sizeof(fault) };
	size_t at = item_length(text, len);
	const struct fault_kind *kind = mock_fault_kind_named(text, at);

	if (!kind)
		return error_set(-EINVAL, "mock: unknown fault \"%.*s\"; known are %s", (int)at,
				 text, mock_fault_kind_words());
	fault.kind = (enum nvu_mock_fault_kind)kind->symbol;
	while (at < len) {
		const char *item = text + at + 1;
		size_t item_len = item_length(item, len - at - 1);
		int ret = take_item(&fault, item, item_len);

		if (ret)
			return ret;
		at += 1 + item_len;
	}
	*ret_fault = fault;
	return 0;
}
