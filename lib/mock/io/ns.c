// SPDX-License-Identifier: MIT
/*
 * ns.c: see ns.h. A namespace in RAM has memory of its own, so that it can grow. In a
 * file, namespaces lie one behind the other and keep their size.
 */
#include "mock/io/ns.h"

#include "base/error.h"
#include "mock/event.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NOTICE_NS_CHANGED = 0, LIST_ENTRIES = 1024 };

#define AEC_NS_NOTICES (1u << 8) /* Base figure 326: attached namespace attribute notices */

static int open_one(struct nvu_mock *mock, uint32_t idx)
{
	const struct nvu_mock_opts *opts = &mock->config.opts;
	struct mock_ns *ns = &mock->ns[idx];
	int ret = 0;

	assert(idx < opts->namespaces && !ns->bytes);
	if (opts->backing)
		mock_store_part(&mock->file, idx * opts->ns_bytes, opts->ns_bytes, &ns->store);
	else
		ret = mock_store_open(&ns->store, NULL, opts->ns_bytes);
	if (ret)
		return ret;
	ns->bytes = opts->ns_bytes;
	ns->lba_bytes = opts->lba_bytes;
	ns->attached = true;
	return 0;
}

int mock_ns_open(struct nvu_mock *mock)
{
	const struct nvu_mock_opts *opts = &mock->config.opts;
	int ret = 0;

	assert(opts->namespaces <= opts->ns_max);
	mock->cache.capacity = opts->cache_bytes;
	mock->cache.random = opts->seed;
	mock->ns = calloc(opts->ns_max, sizeof(*mock->ns));
	if (!mock->ns)
		return error_set(-ENOMEM, "mock: no memory for %u namespaces", opts->ns_max);
	for (uint32_t idx = 0; idx < opts->ns_max; idx++)
		mock->ns[idx].store.fd = -1;
	if (opts->backing)
		ret = mock_store_open(&mock->file, opts->backing,
				      opts->ns_bytes * opts->namespaces);
	for (uint32_t idx = 0; !ret && idx < opts->namespaces; idx++)
		ret = open_one(mock, idx);
	return ret;
}

void mock_ns_close(struct nvu_mock *mock)
{
	mock_cache_flush(&mock->cache, NULL);
	for (uint32_t idx = 0; mock->ns && idx < mock->config.opts.ns_max; idx++) {
		mock_store_close(&mock->ns[idx].store);
		mock_bad_clear(&mock->ns[idx].bad);
	}
	mock_store_close(&mock->file);
	free(mock->ns);
}

bool mock_ns_is_valid(const struct nvu_mock *mock, uint32_t nsid)
{
	return nsid && nsid <= mock->config.opts.ns_max;
}

struct mock_ns *mock_ns_find(const struct nvu_mock *mock, uint32_t nsid)
{
	return mock_ns_is_valid(mock, nsid) && mock->ns[nsid - 1].bytes ? &mock->ns[nsid - 1]
									: NULL;
}

struct mock_ns *mock_ns_attached(const struct nvu_mock *mock, uint32_t nsid)
{
	struct mock_ns *ns = mock_ns_find(mock, nsid);

	return ns && ns->attached ? ns : NULL;
}

uint64_t mock_ns_unallocated(const struct nvu_mock *mock)
{
	const struct nvu_mock_opts *opts = &mock->config.opts;
	uint64_t total = opts->ns_bytes * opts->ns_max, used = 0;

	for (uint32_t idx = 0; idx < opts->ns_max; idx++)
		used += mock->ns[idx].bytes;
	return used < total ? total - used : 0;
}

int mock_ns_format(struct nvu_mock *mock, struct mock_ns *ns, uint32_t lba_bytes)
{
	assert(lba_bytes >= 512 && !(lba_bytes & (lba_bytes - 1)));
	mock_cache_flush(&mock->cache, &ns->store);
	ns->lba_bytes = lba_bytes;
	mock_bad_clear(&ns->bad);
	return mock_store_zero(&ns->store, 0, ns->bytes);
}

int mock_ns_resize(struct nvu_mock *mock, struct mock_ns *ns, uint64_t bytes)
{
	int ret;

	assert(ns->bytes && bytes);
	if (!mock_config_has_managed_ns(&mock->config))
		return -ENOTSUP;
	mock_cache_flush(&mock->cache, &ns->store);
	ret = mock_bad_remove(&ns->bad, bytes, UINT64_MAX);
	if (!ret)
		ret = mock_store_resize(&ns->store, bytes);
	if (!ret)
		ns->bytes = bytes;
	return ret;
}

int mock_ns_create(struct nvu_mock *mock, struct mock_ns *ns, uint64_t bytes, uint32_t lba_bytes)
{
	int ret = mock_config_has_managed_ns(&mock->config)
			  ? mock_store_open(&ns->store, NULL, bytes)
			  : -ENOTSUP;

	assert(bytes);
	if (ret)
		return ret;
	ns->bytes = bytes;
	ns->lba_bytes = lba_bytes;
	ns->attached = false;
	ns->error_recovery = 0;
	memset(ns->lba_ranges, 0, sizeof(ns->lba_ranges));
	ns->identity++;
	return 0;
}

void mock_ns_delete(struct nvu_mock *mock, struct mock_ns *ns)
{
	assert(ns->bytes);
	mock_cache_flush(&mock->cache, &ns->store);
	mock_store_close(&ns->store);
	mock_bad_clear(&ns->bad);
	ns->bytes = 0;
	ns->attached = false;
}

void mock_ns_notice(struct nvu_mock *mock, struct mock_ns *ns)
{
	assert(ns >= mock->ns && ns < mock->ns + mock->config.opts.ns_max);
	ns->changed = true;
	if (!(mock->features[NVU_FEAT_ASYNC_EVENT_CONFIG] & AEC_NS_NOTICES))
		return;
	for (uint32_t idx = 0; idx < mock->event_count; idx++)
		if (mock->events[idx].type == MOCK_EVENT_NOTICE &&
		    mock->events[idx].info == NOTICE_NS_CHANGED)
			return; /* one event for all changes until it is reported */
	(void)mock_event_push(mock, MOCK_EVENT_NOTICE, NOTICE_NS_CHANGED, NVU_LOG_CHANGED_NS);
}

void mock_ns_changed_list(struct nvu_mock *mock, uint8_t *page, bool forget)
{
	uint32_t count = 0;

	for (uint32_t idx = 0; idx < mock->config.opts.ns_max && count < LIST_ENTRIES; idx++) {
		nvu_le32 entry = nvu_le32_put(idx + 1);

		if (!mock->ns[idx].changed)
			continue;
		memcpy(page + count++ * sizeof(entry), &entry, sizeof(entry));
		if (forget)
			mock->ns[idx].changed = false;
	}
}
