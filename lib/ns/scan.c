/* SPDX-License-Identifier: MIT */
/*
 * scan.c: which namespaces a controller has. Its lists are checked: identifiers must ascend, so a
 * list that repeats, goes down or never ends is noticed.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "ctrl/admin.h"
#include "ns/ns.h"

#include <errno.h>
#include <nvu/regs.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAMESPACES_MAX = 4096,
	LIST_ENTRIES = 1024,
	SCAN_TIMEOUTS = 32, /* of admin commands: how long all of it may take */
};

static bool is_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Identifiers in Identify Namespace itself; the descriptor list's, if any, win. */
static void take_identifiers(struct nvu_ns *ns)
{
	memcpy(ns->info.nguid, ns->id.nguid, sizeof(ns->info.nguid));
	memcpy(ns->info.eui64, ns->id.eui64, sizeof(ns->info.eui64));
	ns->info.has_nguid = !is_zero(ns->id.nguid, sizeof(ns->id.nguid));
	ns->info.has_eui64 = !is_zero(ns->id.eui64, sizeof(ns->id.eui64));
}

static int read_namespace(struct nvu_ctrl *ctrl, struct nvu_ns *ns, uint32_t nsid)
{
	const void *data;
	int ret = admin_identify(ctrl, NVU_CNS_NS, nsid, &data);

	if (ret)
		return ret;
	memcpy(&ns->id, data, sizeof(ns->id));
	take_identifiers(ns);
	if (ctrl->info.version >= NVU_VS(1, 3, 0)) {
		ret = admin_identify(ctrl, NVU_CNS_NS_DESC_LIST, nsid, &data);
		if (ret < 0)
			return ret;
		if (!ret)
			ns_decode_descriptors(&ns->info, data, CTRL_BOUNCE_BYTES);
	}
	ns_decode(ns, ctrl->key, nsid, ctrl->info.max_transfer_bytes);
	return 0;
}

static int grow(struct ns_table *table)
{
	uint32_t capacity = table->capacity ? table->capacity * 2 : 4;
	struct nvu_ns **more = realloc(table->entries, capacity * sizeof(*more));

	if (!more)
		return error_set(-ENOMEM, "no memory for %u namespaces", capacity);
	table->entries = more;
	table->capacity = capacity;
	return 0;
}

static int add_namespace(struct nvu_ctrl *ctrl, struct ns_table *table, uint32_t nsid)
{
	struct nvu_ns *ns;
	int ret = table->count == table->capacity ? grow(table) : 0;

	if (!ret && clock_ns() >= table->deadline_ns)
		ret = error_set(-ETIMEDOUT,
				"%s: the controller has identified only %u namespaces within %u "
				"times the time for one command (%u ms)",
				ctrl_name(ctrl), table->count, SCAN_TIMEOUTS,
				ctrl->opts.admin_timeout_ms);
	if (ret)
		return ret;
	ns = aligned_alloc(alignof(struct nvu_ns), sizeof(*ns));
	if (!ns)
		return error_set(-ENOMEM, "no memory for a namespace");
	memset(ns, 0, sizeof(*ns));
	ret = read_namespace(ctrl, ns, nsid);
	if (ret > 0)
		log_line(LOG_INFO, "namespace %u left out: %s", nsid, error_get());
	if (ret || !ns->blocks) {
		free(ns);
		return ret < 0 ? ret : 0;
	}
	table->entries[table->count++] = ns;
	return 0;
}

/* The next part of the active namespace list: identifiers above `after`. */
static int read_list(struct nvu_ctrl *ctrl, uint32_t after, uint32_t *ids, uint32_t *ret_count)
{
	const void *data;
	int ret = admin_identify(ctrl, NVU_CNS_ACTIVE_NS_LIST, after, &data);

	if (!ret)
		*ret_count = ns_decode_list(data, LIST_ENTRIES, after, ids);
	return ret;
}

static int scan_list(struct nvu_ctrl *ctrl, struct ns_table *table, uint32_t *ids)
{
	uint32_t last = 0, seen = 0, count;

	do {
		int ret = read_list(ctrl, last, ids, &count);

		for (uint32_t i = 0; !ret && i < count; i++) {
			if (++seen > NAMESPACES_MAX)
				return error_set(-EPROTO,
						 "%s: the controller lists more than %d active "
						 "namespaces",
						 ctrl_name(ctrl), NAMESPACES_MAX);
			last = ids[i];
			ret = add_namespace(ctrl, table, last);
		}
		if (ret)
			return ret;
	} while (count == LIST_ENTRIES);
	if (ids[count])
		return error_set(-EPROTO,
				 "%s: the controller's list of active namespaces is broken: %u "
				 "follows %u",
				 ctrl_name(ctrl), ids[count], last);
	return 0;
}

/* Before 1.1 there was no list: identifiers 1 to NN. */
static int scan_all(struct nvu_ctrl *ctrl, struct ns_table *table)
{
	uint32_t count = nvu_le32_get(ctrl->id.nn);

	if (count > NAMESPACES_MAX)
		count = NAMESPACES_MAX;
	for (uint32_t nsid = 1; nsid <= count; nsid++) {
		int ret = add_namespace(ctrl, table, nsid);

		if (ret)
			return ret;
	}
	return 0;
}

int ns_scan(struct nvu_ctrl *ctrl, struct ns_table **ret_table)
{
	struct ns_table *table = calloc(1, sizeof(*table));
	uint32_t *ids = calloc(LIST_ENTRIES, sizeof(*ids));
	int ret;

	if (table)
		table->deadline_ns =
			clock_ns() + SCAN_TIMEOUTS * 1000000ull * ctrl->opts.admin_timeout_ms;
	if (!table || !ids)
		ret = error_set(-ENOMEM, "no memory for the namespaces");
	else if (ctrl->info.version < NVU_VS(1, 1, 0))
		ret = scan_all(ctrl, table);
	else
		ret = scan_list(ctrl, table, ids);
	free(ids);
	if (ret) {
		ns_free(table);
		return ret;
	}
	*ret_table = table;
	return 0;
}

void ns_bury(struct ns_table *table)
{
	for (uint32_t i = 0; table && i < table->count; i++)
		table->entries[i]->key = 0;
}

int ns_is_open(const struct nvu_ns *ns, const char *function)
{
	return ns->key ? 0
		       : check_report(-EINVAL,
				      "%s: the controller of namespace %u was closed before",
				      function, ns->info.nsid);
}

void ns_free(struct ns_table *table)
{
	if (!table)
		return;
	for (uint32_t i = 0; i < table->count; i++)
		free(table->entries[i]);
	free(table->entries);
	free(table);
}

const struct nvu_ns *ns_find(const struct ns_table *table, uint32_t nsid)
{
	for (uint32_t i = 0; i < table->count; i++)
		if (table->entries[i]->info.nsid >= nsid)
			return table->entries[i];
	return NULL;
}
