/* SPDX-License-Identifier: MIT */
/*
 * identify.c: shows the identity and limits of a controller and its namespaces, as text or as JSON.
 *
 *	identify mock:ns=2
 *	identify --json 0000:01:00.0
 *
 * nvu_ctrl_info() and nvu_ns_info() are decoded and checked; the rest comes from the raw Identify
 * data, and the names of bits from nvu/print.h. Both outputs are made from one tree of JSON values.
 */
#include <nvu/nvu.h>
#include <nvu/print.h>

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct json_object json;

static void put_text(json *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void put_count(json *object, const char *key, uint64_t count)
{
	json_object_object_add(object, key, json_object_new_uint64(count));
}

static void put_hex(json *object, const char *key, uint64_t number, int digits)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "0x%0*" PRIx64, digits, number);
	put_text(object, key, text);
}

/* An identifier as its bytes in hexadecimal; a UUID with its four hyphens. */
static void put_identifier(json *object, const char *key, const uint8_t *bytes, int count)
{
	char text[48] = "";
	size_t len = 0;

	for (int i = 0; i < count; i++) {
		if (strcmp(key, "uuid") == 0 && (i == 4 || i == 6 || i == 8 || i == 10))
			text[len++] = '-';
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%02x", bytes[i]);
	}
	put_text(object, key, text);
}

/* A field of Identify Controller as the names of its bits that are set; those that are reserved have none. */
static void put_bits(json *object, const char *key, const char *field, uint32_t bits)
{
	const struct nvu_figure *figure = nvu_figure_find("identify-controller");
	json *array = json_object_new_array();

	for (uint32_t bit = 0; bit < 32; bit++) {
		const char *name = bits >> bit & 1 ? nvu_figure_bit(figure, field, bit) : NULL;

		if (name)
			json_object_array_add(array, json_object_new_string(name));
	}
	json_object_object_add(object, key, array);
}

static const char *type_name(const struct nvu_id_ctrl *id)
{
	static const char *const names[] = { "not reported", "I/O", "discovery", "administrative" };

	return id->cntrltype < 4 ? names[id->cntrltype] : "reserved";
}

static json *ctrl_json(const struct nvu_ctrl *ctrl)
{
	const struct nvu_ctrl_info *info = nvu_ctrl_info(ctrl);
	const struct nvu_id_ctrl *id = nvu_ctrl_identify(ctrl);
	json *object = json_object_new_object();
	char version[32];

	(void)snprintf(version, sizeof(version), "%u.%u.%u", info->version >> 16,
		       info->version >> 8 & 0xff, info->version & 0xff);
	put_text(object, "model", info->model);
	put_text(object, "serial", info->serial);
	put_text(object, "firmware", info->firmware);
	put_text(object, "subnqn", info->subnqn);
	put_hex(object, "vendor", info->vid, 4);
	put_hex(object, "subsystem_vendor", nvu_le16_get(id->ssvid), 4);
	put_count(object, "controller_id", info->cntlid);
	put_text(object, "controller_type", type_name(id));
	put_text(object, "nvme_version", version);
	put_hex(object, "cap", info->cap, 16);
	put_count(object, "page_bytes", info->page_bytes);
	put_count(object, "max_queue_entries", info->max_queue_entries);
	put_count(object, "max_transfer_bytes", info->max_transfer_bytes);
	put_count(object, "io_queues", info->io_queues);
	put_count(object, "async_event_requests", info->aerl);
	put_count(object, "namespaces", info->namespaces);
	put_bits(object, "admin_commands", "oacs", info->oacs);
	put_bits(object, "io_commands", "oncs", info->oncs);
	json_object_object_add(object, "volatile_write_cache",
			       json_object_new_boolean(id->vwc & 1));
	json_object_object_add(object, "shadow_doorbells",
			       json_object_new_boolean(info->shadow_doorbells != 0));
	json_object_object_add(object, "numa_node", json_object_new_int(info->numa_node));
	return object;
}

static json *formats_json(const struct nvu_id_ns *id)
{
	json *array = json_object_new_array();
	int count = id->nlbaf < 64 ? id->nlbaf + 1 : 64;

	for (int i = 0; i < count; i++) {
		const struct nvu_lbaf *format = &id->lbaf[i];
		json *object;

		if (format->lbads < 9 || format->lbads > 31) /* 0: not offered at present */
			continue;
		object = json_object_new_object();
		put_count(object, "lbaf", (uint64_t)i);
		put_count(object, "block_bytes", 1ull << format->lbads);
		put_count(object, "metadata_bytes", nvu_le16_get(format->ms));
		put_count(object, "relative_performance", format->rp & 3);
		json_object_array_add(array, object);
	}
	return array;
}

static json *ns_json(const struct nvu_ns *ns)
{
	static const char *const csi_names[] = { "NVM", "key value", "zoned" };
	const struct nvu_ns_info *info = nvu_ns_info(ns);
	json *object = json_object_new_object();

	put_count(object, "nsid", info->nsid);
	put_text(object, "command_set", info->csi < 3 ? csi_names[info->csi] : "unknown");
	put_count(object, "block_bytes", info->block_bytes);
	put_count(object, "blocks", info->blocks);
	put_count(object, "capacity_blocks", info->capacity_blocks);
	put_count(object, "used_blocks", info->used_blocks);
	put_count(object, "metadata_bytes", info->metadata_bytes);
	put_count(object, "protection_type", info->protection);
	put_count(object, "max_transfer_blocks", info->max_transfer_blocks);
	if (info->has_nguid)
		put_identifier(object, "nguid", info->nguid, sizeof(info->nguid));
	if (info->has_eui64)
		put_identifier(object, "eui64", info->eui64, sizeof(info->eui64));
	if (info->has_uuid)
		put_identifier(object, "uuid", info->uuid, sizeof(info->uuid));
	put_count(object, "lbaf", info->lbaf);
	json_object_object_add(object, "formats", formats_json(nvu_ns_identify(ns)));
	return object;
}

static json *identify_json(const char *address, struct nvu_ctrl *ctrl)
{
	json *object = json_object_new_object(), *array = json_object_new_array();
	const struct nvu_ns *ns;

	put_text(object, "address", address);
	json_object_object_add(object, "controller", ctrl_json(ctrl));
	for (uint32_t nsid = nvu_ns_next(ctrl, 0); nsid; nsid = nvu_ns_next(ctrl, nsid)) {
		if (!nvu_ns_get(ctrl, nsid, &ns))
			json_object_array_add(array, ns_json(ns));
	}
	json_object_object_add(object, "namespaces", array);
	return object;
}

/* "max_queue_entries" as "max queue entries". */
static void print_key(const char *key)
{
	char text[32];
	size_t len;

	(void)snprintf(text, sizeof(text), "%s", key);
	for (len = 0; text[len]; len++) {
		if (text[len] == '_')
			text[len] = ' ';
	}
	printf("  %-22s", text);
}

static void print_list(json *array)
{
	size_t count = json_object_array_length(array);

	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? ", " : "",
		       json_object_get_string(json_object_array_get_idx(array, i)));
	printf("%s\n", count ? "" : "none");
}

static void print_formats(json *array, uint64_t used)
{
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json *format = json_object_array_get_idx(array, i);
		uint64_t lbaf = json_object_get_uint64(json_object_object_get(format, "lbaf"));
		json *block = json_object_object_get(format, "block_bytes");
		json *metadata = json_object_object_get(format, "metadata_bytes");

		printf("  format %-15" PRIu64 "%s B", lbaf, json_object_get_string(block));
		if (json_object_get_uint64(metadata))
			printf(" + %s B of metadata", json_object_get_string(metadata));
		printf("%s\n", lbaf == used ? ", in use" : "");
	}
}

static void print_members(json *object)
{
	json_object_object_foreach(object, key, value)
	{
		if (strcmp(key, "formats") == 0) {
			json *used = json_object_object_get(object, "lbaf");

			print_formats(value, json_object_get_uint64(used));
			continue;
		}
		print_key(key);
		if (json_object_is_type(value, json_type_array))
			print_list(value);
		else
			printf("%s\n", json_object_get_string(value));
	}
}

static void print_text(json *object)
{
	json *namespaces = json_object_object_get(object, "namespaces");

	printf("controller %s\n",
	       json_object_get_string(json_object_object_get(object, "address")));
	print_members(json_object_object_get(object, "controller"));
	for (size_t i = 0; i < json_object_array_length(namespaces); i++) {
		json *ns = json_object_array_get_idx(namespaces, i);
		uint64_t blocks = json_object_get_uint64(json_object_object_get(ns, "blocks"));
		json *block = json_object_object_get(ns, "block_bytes");

		printf("\nnamespace %s, %.2f GiB\n",
		       json_object_get_string(json_object_object_get(ns, "nsid")),
		       (double)blocks * (double)json_object_get_uint64(block) / (1 << 30));
		print_members(ns);
	}
}

static int identify(const char *address, bool as_json)
{
	struct nvu_ctrl *ctrl = NULL;
	json *object;
	int ret;

	ret = nvu_ctrl_open(address, NULL, &ctrl);
	if (ret) {
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, nvu_last_error());
		return ret == -EINVAL ? 2 : 1;
	}
	object = identify_json(address, ctrl);
	if (as_json)
		printf("%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY));
	else
		print_text(object);
	json_object_put(object);
	nvu_ctrl_close(ctrl);
	return fflush(stdout) ? 1 : 0;
}

int main(int argc, char **argv)
{
	const char *name = program_invocation_short_name;
	bool as_json = argc > 1 && strcmp(argv[1], "--json") == 0;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		printf("Usage: %s [--json] ADDRESS\n"
		       "Show the identity and limits of an NVMe controller and its namespaces.\n"
		       "An ADDRESS is 0000:01:00.0 (bound to vfio-pci) or mock:size=1G,lba=4096.\n",
		       name);
		return 0;
	}
	if (argc != 2 + as_json || argv[argc - 1][0] == '-') {
		fprintf(stderr, "%s: usage: %s [--json] ADDRESS (--help explains)\n", name, name);
		return 2;
	}
	return identify(argv[argc - 1], as_json);
}
