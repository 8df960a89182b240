// SPDX-License-Identifier: MIT
/*
 * change.c: see change.h.
 */
#include "mock/admin/change.h"

#include "base/error.h"
#include "base/opts.h"
#include "mock/io/ns.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum {
	FLAGS = NVU_MOCK_CHANGE_ATTACH | NVU_MOCK_CHANGE_DETACH | NVU_MOCK_CHANGE_DELETE |
		NVU_MOCK_CHANGE_IDENTITY | NVU_MOCK_CHANGE_SILENT,
	MDTS_MAX = 20,
	ENTRIES_MAX = 65536,
};

static bool is_block_size(uint64_t bytes)
{
	return bytes >= 512 && bytes <= 4096 && !(bytes & (bytes - 1));
}

static int check_limits(const struct nvu_mock *mock, const struct nvu_mock_changes *change)
{
	if (change->mdts > MDTS_MAX && change->mdts != MOCK_MDTS_NONE)
		return error_set(-EINVAL, "mock: mdts %u: expected 1 to %d", change->mdts,
				 MDTS_MAX);
	if (change->io_queues > mock->config.opts.io_queues)
		return error_set(-EINVAL, "mock: %u I/O queues: it was created with %u",
				 change->io_queues, mock->config.opts.io_queues);
	if (change->max_entries == 1 || change->max_entries > ENTRIES_MAX)
		return error_set(-EINVAL, "mock: queues of %u entries: expected 2 to %d",
				 change->max_entries, ENTRIES_MAX);
	if (change->firmware && strlen(change->firmware) >= sizeof(mock->firmware))
		return error_set(-EINVAL, "mock: firmware %s: expected up to 8 characters",
				 change->firmware);
	return 0;
}

static int check(const struct nvu_mock *mock, const struct nvu_mock_changes *change)
{
	const struct mock_ns *ns = mock_ns_find(mock, change->nsid);
	uint32_t lba_bytes = change->lba_bytes ? change->lba_bytes
			     : ns	       ? ns->format.lba_bytes
					       : mock->config.opts.lba_bytes;

	if (change->flags & ~(uint32_t)FLAGS)
		return error_set(-EINVAL, "mock: flags 0x%x of a change are unknown",
				 change->flags & ~(uint32_t)FLAGS);
	if (change->nsid && !mock_ns_is_valid(mock, change->nsid))
		return error_set(-EINVAL, "mock: namespace %u: identifiers are 1 to %u (ns_max)",
				 change->nsid, mock->config.opts.ns_max);
	if (change->nsid && !ns && !change->ns_bytes)
		return error_set(-EINVAL, "mock: namespace %u does not exist: .ns_bytes creates it",
				 change->nsid);
	if (change->lba_bytes && !is_block_size(change->lba_bytes))
		return error_set(-EINVAL, "mock: blocks of %u bytes: expected 512 to 4096",
				 change->lba_bytes);
	if (change->ns_bytes % lba_bytes)
		return error_set(-EINVAL,
				 "mock: %llu bytes are not a multiple of the block size %u",
				 (unsigned long long)change->ns_bytes, lba_bytes);
	return check_limits(mock, change);
}

/* What a format that nvu_mock_change() asks for is: without metadata, for a namespace that has none. */
static struct mock_format format_for(const struct nvu_mock *mock, const struct mock_ns *ns,
				     uint32_t lba_bytes)
{
	const struct mock_format plain = {
		.lba_bytes = lba_bytes ? lba_bytes : mock->config.opts.lba_bytes,
	};
	bool has = ns->bytes ? ns->format.metadata_bytes : mock->config.opts.metadata_bytes;

	return mock_ns_format_of(mock, mock_ns_format_index(&plain) + (has ? MOCK_BLOCK_SIZES : 0));
}

static int change_size(struct nvu_mock *mock, struct mock_ns *ns, uint64_t bytes,
		       uint32_t lba_bytes)
{
	const struct mock_format format = format_for(mock, ns, lba_bytes);
	int ret = !bytes      ? 0
		  : ns->bytes ? mock_ns_resize(mock, ns, bytes)
			      : mock_ns_create(mock, ns, bytes, &format);

	return ret ? error_set(ret, "mock: a namespace of %llu bytes is not possible: %s",
			       (unsigned long long)bytes,
			       ret == -ENOTSUP ? "the data are in a file" : error_errno_words(-ret))
		   : 0;
}

static int change_ns(struct nvu_mock *mock, const struct nvu_mock_changes *change)
{
	struct mock_ns *ns = &mock->ns[change->nsid - 1];
	int ret = change_size(mock, ns, change->ns_bytes, change->lba_bytes);
	struct mock_format format;

	assert(mock_ns_is_valid(mock, change->nsid));
	if (!ret && change->lba_bytes) {
		format = format_for(mock, ns, change->lba_bytes);
		ret = mock_ns_format(mock, ns, &format);
	}
	if (ret)
		return ret;
	ns->identity += change->flags & NVU_MOCK_CHANGE_IDENTITY ? 1 : 0;
	if (change->flags & NVU_MOCK_CHANGE_ATTACH)
		ns->attached = true;
	if (change->flags & NVU_MOCK_CHANGE_DETACH)
		ns->attached = false;
	if (change->flags & NVU_MOCK_CHANGE_DELETE)
		mock_ns_delete(mock, ns);
	if (!(change->flags & NVU_MOCK_CHANGE_SILENT))
		mock_ns_notice(mock, ns);
	return 0;
}

static void keep_limits(struct nvu_mock *mock, const struct nvu_mock_changes *change)
{
	struct mock_limits *next = &mock->limits;

	next->mdts = change->mdts ? change->mdts : next->mdts;
	next->io_queues = change->io_queues ? change->io_queues : next->io_queues;
	next->max_entries = change->max_entries ? change->max_entries : next->max_entries;
	if (change->firmware)
		memcpy(next->firmware, change->firmware, strlen(change->firmware) + 1);
}

int mock_change(struct nvu_mock *mock, const struct nvu_mock_changes *change)
{
	struct nvu_mock_changes copy;
	int ret = opts_copy(&copy, sizeof(copy), change);

	assert(mock_is_locked(mock));
	if (!ret)
		ret = check(mock, &copy);
	if (!ret && copy.nsid)
		ret = change_ns(mock, &copy);
	if (!ret)
		keep_limits(mock, &copy);
	return ret;
}

void mock_change_by_fault(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint32_t nsid = nvu_le32_get(cmd->sqe.nsid);
	struct nvu_mock_changes change = {
		.size = sizeof(change),
		.nsid = mock_ns_is_valid(mock, nsid) ? nsid : 1,
		.ns_bytes = cmd->effects.resize_bytes,
		.lba_bytes = (uint32_t)cmd->effects.reformat_bytes,
	};

	if (change.ns_bytes || change.lba_bytes)
		(void)mock_change(mock, &change);
}

/* Allocates room for the pieces of longer transfers; without memory the old limit stays. */
static void change_transfer(struct nvu_mock *mock, uint32_t mdts)
{
	uint64_t bytes = mock_config_transfer_bytes(mdts);

	assert(bytes && bytes <= MOCK_MAX_TRANSFER_BYTES);
	if (bytes > mock->max_transfer_bytes) {
		struct mock_xfer wider = { 0 };

		if (mock_xfer_init(&wider, bytes))
			return;
		mock_xfer_fini(&mock->xfer);
		mock->xfer = wider;
	}
	mock->max_transfer_bytes = bytes;
	mock->config.opts.mdts = mdts;
}

bool mock_change_limits(struct nvu_mock *mock)
{
	const struct mock_limits next = mock->limits;
	bool any = next.mdts || next.io_queues || next.max_entries || next.firmware[0];

	assert(next.io_queues <= mock->config.opts.io_queues);
	mock->limits = (struct mock_limits){ 0 };
	if (next.mdts)
		change_transfer(mock, next.mdts);
	if (next.io_queues)
		mock->queues_max = next.io_queues;
	if (next.max_entries)
		mock->config.opts.max_entries = next.max_entries;
	if (next.firmware[0])
		memcpy(mock->firmware, next.firmware, sizeof(mock->firmware));
	return any;
}
