/* SPDX-License-Identifier: MIT */
/*
 * scan.c: reads which namespaces a controller has. Checks that the identifiers of its lists ascend, so it
 * notices a list that repeats, descends or never ends.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "ctrl/admin.h"
#include "ns/ns.h"

#include <assert.h>
#include <errno.h>
#include <nvu/regs.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAMESPACES_MAX = 65536,
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

/* Takes the identifiers of Identify Namespace. Those of the descriptor list, if any, replace them. */
static void take_identifiers(struct nvu_ns *ns)
{
	memcpy(ns->info.nguid, ns->id.nguid, sizeof(ns->info.nguid));
	memcpy(ns->info.eui64, ns->id.eui64, sizeof(ns->info.eui64));
	ns->info.has_nguid = !is_zero(ns->id.nguid, sizeof(ns->id.nguid));
	ns->info.has_eui64 = !is_zero(ns->id.eui64, sizeof(ns->id.eui64));
}

static bool has_descriptors(const struct nvu_ctrl *ctrl)
{
	return ctrl->info.version >= NVU_VS(1, 3, 0) &&
	       !(ctrl->quirks & (NVU_QUIRK_NO_DESCRIPTORS | NVU_QUIRK_NO_LISTS));
}

static int read_identity(struct nvu_ctrl *ctrl, struct nvu_ns *ns, uint32_t nsid)
{
	const void *data;
	int ret = admin_identify_step(ctrl, NVU_CNS_NS, nsid, &data);

	assert(nsid && nsid != UINT32_MAX);
	if (ret)
		return ret;
	memcpy(&ns->id, data, sizeof(ns->id));
	take_identifiers(ns);
	ns->has_csi = !ctrl->caps.css; /* no other command set is switched on */
	return 0;
}

static int read_descriptors(struct nvu_ctrl *ctrl, struct nvu_ns *ns, uint32_t nsid)
{
	const void *data;
	int ret;

	if (!has_descriptors(ctrl))
		return 0;
	ret = admin_identify_step(ctrl, NVU_CNS_NS_DESC_LIST, nsid, &data);
	if (ret == -ETIMEDOUT)
		log_line(LOG_INFO, "%s: namespace %u: no descriptors: %s", ctrl_name(ctrl), nsid,
			 error_get());
	else if (ret < 0)
		return ret;
	ns->incomplete = ret != 0;
	if (!ret)
		ns->has_csi |= ns_decode_descriptors(&ns->info, data, CTRL_BOUNCE_BYTES);
	return 0;
}

static int decode(struct nvu_ctrl *ctrl, struct nvu_ns *ns, uint32_t nsid)
{
	ns_decode(ns, ctrl->owner_id, nsid, ctrl->info.max_transfer_bytes);
	ns_decode_limits(ns, &ctrl->id, ctrl->info.oncs, &ctrl->limits);
	return 0;
}

/* Without extended LBA formats there is one format only, which ns_decode() assumes. */
static int read_protection(struct nvu_ctrl *ctrl, struct nvu_ns *ns, uint32_t nsid)
{
	const void *data;
	int ret;

	if (!ns->info.protection || !(nvu_le32_get(ctrl->id.ctratt) & NVU_CTRATT_EXTENDED_FORMATS))
		return 0;
	ret = admin_identify_step(ctrl, NVU_CNS_CSI_NS, nsid, &data);
	if (ret < 0 && ret != -ETIMEDOUT)
		return ret;
	if (ret)
		log_line(LOG_INFO, "%s: namespace %u: unknown format of protection information: %s",
			 ctrl_name(ctrl), nsid, error_get());
	ns_decode_protection(&ns->info, ret ? NULL : data);
	return 0;
}

/* Each sends one command at most. */
static int (*const parts[])(struct nvu_ctrl *ctrl, struct nvu_ns *ns, uint32_t nsid) = {
	read_identity,
	read_descriptors,
	decode,
	read_protection,
};

static int read_namespace(struct nvu_ctrl *ctrl, struct ns_scan *scan, uint32_t nsid)
{
	while (scan->part < sizeof(parts) / sizeof(parts[0])) {
		int ret = parts[scan->part](ctrl, scan->ns, nsid);

		if (ret)
			return ret;
		scan->part++;
	}
	return 0;
}

static int grow(struct ns_table *table)
{
	uint32_t capacity = table->capacity ? table->capacity * 2 : 4;
	struct nvu_ns **more = realloc(table->entries, capacity * sizeof(*more));

	assert(table->count == table->capacity);
	if (!more)
		return error_set(-ENOMEM, "no memory for %u namespaces", capacity);
	table->entries = more;
	table->capacity = capacity;
	return 0;
}

static int begin_namespace(const struct nvu_ctrl *ctrl, struct ns_scan *scan)
{
	struct ns_table *table = scan->table;
	int ret = table->count == table->capacity ? grow(table) : 0;

	assert(!scan->ns);
	if (!ret && clock_ns() >= table->deadline_ns)
		ret = error_set(-ETIMEDOUT,
				"%s: the controller identified only %u namespaces within %u times "
				"the time-out of one command (%u ms)",
				ctrl_name(ctrl), table->count, SCAN_TIMEOUTS,
				ctrl->opts.admin_timeout_ms);
	if (ret)
		return ret;
	scan->ns = aligned_alloc(alignof(struct nvu_ns), sizeof(*scan->ns));
	if (!scan->ns)
		return error_set(-ENOMEM, "no memory for a namespace");
	memset(scan->ns, 0, sizeof(*scan->ns));
	scan->part = 0;
	return 0;
}

/* The namespace has been read (ret): it goes into the table, or is left out. 0, or what ends the scan. */
static int end_namespace(const struct nvu_ctrl *ctrl, struct ns_scan *scan, uint32_t nsid, int ret)
{
	struct ns_table *table = scan->table;
	struct nvu_ns *ns = scan->ns;

	scan->ns = NULL;
	table->refused += (ret > 0 && ret != NVU_SC_INVALID_NS) || ns->incomplete;
	if (ret > 0 && ret != NVU_SC_INVALID_NS)
		log_line(LOG_INFO, "%s: namespace %u left out: %s", ctrl_name(ctrl), nsid,
			 error_get());
	if (ret || !ns->blocks) {
		free(ns);
		return ret < 0 ? ret : 0;
	}
	ns->owner = ctrl;
	ns->made = table->made;
	table->made = ns;
	table->entries[table->count++] = ns;
	return 0;
}

static int add_namespace(struct nvu_ctrl *ctrl, struct ns_scan *scan, uint32_t nsid)
{
	int ret = scan->ns ? 0 : begin_namespace(ctrl, scan);

	if (ret)
		return ret;
	ret = read_namespace(ctrl, scan, nsid);
	return ret == STEP_AGAIN ? ret : end_namespace(ctrl, scan, nsid, ret);
}

static int reserve(struct ns_id_list *list, uint32_t more)
{
	uint32_t capacity = list->count + more;
	uint32_t *ids;

	assert(list->count <= list->capacity);
	if (capacity <= list->capacity)
		return 0;
	ids = realloc(list->ids, capacity * sizeof(*ids));
	if (!ids)
		return error_set(-ENOMEM, "no memory for %u namespace identifiers", capacity);
	list->ids = ids;
	list->capacity = capacity;
	return 0;
}

/* The next part of the active namespace list: identifiers above `after`. */
static int read_list(struct nvu_ctrl *ctrl, uint32_t after, struct ns_id_list *list,
		     uint32_t *ret_count)
{
	uint32_t *ids;
	const void *data;
	int ret = reserve(list, LIST_ENTRIES);

	if (!ret)
		ret = admin_identify_step(ctrl, NVU_CNS_ACTIVE_NS_LIST, after, &data);
	if (ret)
		return ret;
	ids = list->ids + list->count;
	*ret_count = ns_decode_list(data, LIST_ENTRIES, after, ids);
	if (list->count + *ret_count > NAMESPACES_MAX)
		return error_set(-EPROTO,
				 "%s: the controller lists more than %d active namespaces, the "
				 "limit of nvu",
				 ctrl_name(ctrl), NAMESPACES_MAX);
	if (*ret_count < LIST_ENTRIES && ids[*ret_count])
		return error_set(
			-EPROTO,
			"%s: the controller's list of active namespaces does not ascend: %u "
			"follows %u",
			ctrl_name(ctrl), ids[*ret_count], *ret_count ? ids[*ret_count - 1] : after);
	return 0;
}

/* Reads the whole list before nvu uses any of it, since it may have no end. */
static int read_lists(struct nvu_ctrl *ctrl, struct ns_id_list *list)
{
	uint32_t count;

	do {
		uint32_t after = list->count ? list->ids[list->count - 1] : 0;
		int ret = read_list(ctrl, after, list, &count);

		if (ret)
			return ret;
		list->count += count;
	} while (count == LIST_ENTRIES);
	return 0;
}

/* Without a list: takes identifiers 1 to NN, also those that are not active. */
static int count_up(const struct nvu_ctrl *ctrl, struct ns_id_list *list)
{
	uint32_t count = nvu_le32_get(ctrl->id.nn);
	int ret;

	if (count > NAMESPACES_MAX) {
		log_line(LOG_INFO, "%s: up to %u namespaces (NN): looking for %d", ctrl_name(ctrl),
			 count, NAMESPACES_MAX);
		count = NAMESPACES_MAX;
	}
	list->count = 0;
	ret = reserve(list, count);
	if (ret)
		return ret;
	while (list->count < count) {
		list->ids[list->count] = list->count + 1;
		list->count++;
	}
	return 0;
}

/* Before 1.1 there was no list; some later drives do not answer the command either. */
static bool has_lists(const struct nvu_ctrl *ctrl)
{
	return ctrl->info.version >=
	       (ctrl->quirks & NVU_QUIRK_NO_LISTS ? NVU_VS(1, 2, 0) : NVU_VS(1, 1, 0));
}

static int find_namespaces(struct nvu_ctrl *ctrl, struct ns_id_list *list)
{
	int ret;

	if (!has_lists(ctrl))
		return count_up(ctrl, list);
	ret = read_lists(ctrl, list);
	if (ret <= 0 && ret != -ETIMEDOUT)
		return ret;
	log_line(LOG_INFO, "%s: no list of active namespaces: %s", ctrl_name(ctrl), error_get());
	return count_up(ctrl, list);
}

static int begin(const struct nvu_ctrl *ctrl, struct ns_scan *scan)
{
	struct ns_table *table = calloc(1, sizeof(*table));

	if (!table)
		return error_set(-ENOMEM, "no memory for the namespaces");
	table->deadline_ns = clock_ns() + SCAN_TIMEOUTS * 1000000ull * ctrl->opts.admin_timeout_ms;
	scan->table = table;
	return 0;
}

static int step(struct nvu_ctrl *ctrl, struct ns_scan *scan)
{
	int ret = scan->table ? 0 : begin(ctrl, scan);

	if (!ret && !scan->found) {
		ret = find_namespaces(ctrl, &scan->list);
		scan->found = !ret;
	}
	while (!ret && scan->next < scan->list.count) {
		ret = add_namespace(ctrl, scan, scan->list.ids[scan->next]);
		scan->next += !ret;
	}
	return ret;
}

int ns_scan_step(struct nvu_ctrl *ctrl, struct ns_scan *scan, struct ns_table **ret_table)
{
	int ret = step(ctrl, scan);

	assert(lock_is_held(&ctrl->lock));
	if (ret == STEP_AGAIN)
		return ret;
	if (!ret) {
		*ret_table = scan->table;
		scan->table = NULL;
	}
	ns_scan_drop(scan);
	return ret;
}

void ns_scan_drop(struct ns_scan *scan)
{
	ns_free(scan->table);
	free(scan->ns);
	free(scan->list.ids);
	*scan = (struct ns_scan){ .next = 0 };
}

void ns_keep_tombstones(struct ns_table *table)
{
	for (; table; table = table->older)
		for (struct nvu_ns *ns = table->made; ns; ns = ns->made)
			__atomic_store_n(&ns->owner_id, 0, __ATOMIC_RELAXED);
}

int ns_is_open(const struct nvu_ns *ns, const char *function)
{
	return __atomic_load_n(&ns->owner_id, __ATOMIC_RELAXED)
		       ? 0
		       : check_report(-EINVAL,
				      "%s: the controller of namespace %u was closed before",
				      function, ns->info.nsid);
}

void ns_free(struct ns_table *table)
{
	while (table) {
		struct ns_table *older = table->older;

		while (table->made) {
			struct nvu_ns *ns = table->made;

			table->made = ns->made;
			free(ns);
		}
		free(table->entries);
		free(table);
		table = older;
	}
}

const struct nvu_ns *ns_find(const struct ns_table *table, uint32_t nsid)
{
	uint32_t low = 0, high = table->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (table->entries[middle]->info.nsid < nsid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < table->count ? table->entries[low] : NULL;
}

struct nvu_ns *ns_find_exactly(const struct ns_table *table, uint32_t nsid)
{
	const struct nvu_ns *ns = ns_find(table, nsid);

	/* Its table is const here, it is not. */
	return ns && ns->info.nsid == nsid ? (struct nvu_ns *)(uintptr_t)ns : NULL;
}

struct nvu_ns *ns_find_former(const struct ns_table *table, uint32_t nsid)
{
	struct nvu_ns *ns = NULL;

	for (; table && !ns; table = table->older)
		ns = ns_find_exactly(table, nsid);
	return ns;
}
