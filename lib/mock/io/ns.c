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

enum { NOTICE_NS_CHANGED = 0, LIST_ENTRIES = 1024, LBADS_FIRST = 9 };

#define AEC_NS_NOTICES (1u << 8) /* Base figure 326: attached namespace attribute notices */

uint64_t mock_ns_stored_bytes(uint64_t bytes, const struct mock_format *format)
{
	return bytes / format->lba_bytes * mock_format_stride(format);
}

uint32_t mock_ns_formats(const struct nvu_mock *mock)
{
	return mock->config.opts.metadata_bytes ? 2 * MOCK_BLOCK_SIZES : MOCK_BLOCK_SIZES;
}

uint32_t mock_ns_format_index(const struct mock_format *format)
{
	uint32_t size = (uint32_t)__builtin_ctz(format->lba_bytes) - LBADS_FIRST;

	return format->metadata_bytes ? MOCK_BLOCK_SIZES + size : size;
}

struct mock_format mock_ns_format_of(const struct nvu_mock *mock, uint32_t index)
{
	const struct nvu_mock_opts *opts = &mock->config.opts;
	struct mock_format format = { .lba_bytes = 1u << (LBADS_FIRST + index % MOCK_BLOCK_SIZES) };

	assert(index < mock_ns_formats(mock));
	if (index < MOCK_BLOCK_SIZES)
		return format;
	format.metadata_bytes = opts->metadata_bytes;
	format.interleaved = opts->interleaved;
	format.type = (uint8_t)opts->protection;
	format.pif = (uint8_t)opts->pif;
	format.storage_bits = opts->storage_tag_bits;
	format.first = opts->protection_first;
	return format;
}

/* The one that a namespace has when the mock is made. */
static struct mock_format first_format(const struct nvu_mock *mock)
{
	const struct mock_format plain = { .lba_bytes = mock->config.opts.lba_bytes };
	uint32_t index = mock_ns_format_index(&plain);

	return mock_ns_format_of(mock, mock->config.opts.metadata_bytes ? MOCK_BLOCK_SIZES + index
									: index);
}

static int open_one(struct nvu_mock *mock, uint32_t idx)
{
	const struct nvu_mock_opts *opts = &mock->config.opts;
	struct mock_ns *ns = &mock->ns[idx];
	int ret = 0;

	assert(idx < opts->namespaces && !ns->bytes);
	ns->format = first_format(mock);
	if (opts->backing)
		mock_store_part(&mock->file, idx * opts->ns_bytes, opts->ns_bytes, &ns->store);
	else
		ret = mock_store_open(&ns->store, NULL,
				      mock_ns_stored_bytes(opts->ns_bytes, &ns->format));
	if (ret)
		return ret;
	ns->bytes = opts->ns_bytes;
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
		free(mock->ns[idx].reservation);
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

int mock_ns_format(struct nvu_mock *mock, struct mock_ns *ns, const struct mock_format *format)
{
	uint64_t bytes = mock_ns_stored_bytes(ns->bytes, format);
	int ret = 0;

	assert(format->lba_bytes >= 512 && !(format->lba_bytes & (format->lba_bytes - 1)));
	mock_cache_flush(&mock->cache, &ns->store);
	if (bytes != mock_ns_stored_bytes(ns->bytes, &ns->format))
		ret = mock_store_resize(&ns->store, bytes);
	if (ret)
		return ret;
	ns->format = *format;
	mock_bad_clear(&ns->bad);
	return mock_store_zero(&ns->store, 0, bytes);
}

int mock_ns_resize(struct nvu_mock *mock, struct mock_ns *ns, uint64_t bytes)
{
	uint64_t stored = mock_ns_stored_bytes(bytes, &ns->format);
	int ret;

	assert(ns->bytes && bytes);
	if (!mock_config_has_managed_ns(&mock->config))
		return -ENOTSUP;
	mock_cache_flush(&mock->cache, &ns->store);
	ret = mock_bad_remove(&ns->bad, stored, UINT64_MAX);
	if (!ret)
		ret = mock_store_resize(&ns->store, stored);
	if (!ret)
		ns->bytes = bytes;
	return ret;
}

int mock_ns_create(struct nvu_mock *mock, struct mock_ns *ns, uint64_t bytes,
		   const struct mock_format *format)
{
	int ret = mock_config_has_managed_ns(&mock->config)
			  ? mock_store_open(&ns->store, NULL, mock_ns_stored_bytes(bytes, format))
			  : -ENOTSUP;

	assert(bytes);
	if (ret)
		return ret;
	ns->bytes = bytes;
	ns->format = *format;
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
	free(ns->reservation);
	ns->reservation = NULL;
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
