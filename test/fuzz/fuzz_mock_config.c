// SPDX-License-Identifier: MIT
/*
 * fuzz_mock_config.c: lib/mock/life/config.c: a mock's address of any content. What is accepted is
 * within the bounds of nvu/mock.h, and means the same when it is given as options. An input that
 * begins with a zero byte is the options themselves, then the serial number.
 */
#include "mock/life/config.h"

#include "input.h"

static void check(const struct nvu_mock_opts *opts)
{
	PROMISE(opts->namespaces >= 1 && opts->namespaces <= 131072);
	PROMISE(opts->ns_max >= opts->namespaces && opts->ns_max <= 131072);
	PROMISE(opts->lba_bytes >= 512 && opts->lba_bytes <= 4096);
	PROMISE(!(opts->lba_bytes & (opts->lba_bytes - 1)));
	PROMISE(opts->ns_bytes && opts->ns_bytes % opts->lba_bytes == 0);
	PROMISE(opts->max_entries >= 2 && opts->max_entries <= 65536);
	PROMISE(!opts->cache_bytes ||
		(opts->cache_bytes >= 4096 && opts->cache_bytes <= 1ull << 32));
	PROMISE(opts->atomic_blocks >= 1 && opts->atomic_blocks <= 65536 && opts->seed >= 1);
	PROMISE(opts->io_queues >= 1 && opts->io_queues <= 65535 && opts->dstrd <= 15);
	PROMISE(opts->metadata_bytes <= 4096 && opts->protection <= 3 && opts->pif <= 2);
	PROMISE(!opts->protection || opts->metadata_bytes >= (opts->pif ? 16 : 8));
	PROMISE(!opts->interleaved || opts->metadata_bytes);
	PROMISE(opts->storage_tag_bits <= (opts->pif == 0 ? 32u : opts->pif == 1 ? 64u : 48u));
	PROMISE(opts->mdts == MOCK_MDTS_NONE || (opts->mdts >= 1 && opts->mdts <= 20));
}

static void check_same(const struct mock_config *config)
{
	struct nvu_mock_opts opts = config->opts;
	struct mock_config again;

	opts.size = sizeof(opts);
	opts.serial = config->serial;
	opts.backing = config->backing[0] ? config->backing : NULL;
	opts.latency = config->latency_text;
	PROMISE(!mock_config_from_opts(&opts, &again));
	PROMISE(again.opts.ns_bytes == opts.ns_bytes && again.opts.mdts == opts.mdts);
	PROMISE(again.opts.flags == opts.flags && !strcmp(again.serial, config->serial));
}

static void try_options(const uint8_t *data, size_t size)
{
	static struct mock_config config;
	struct input input = { data, data + size };
	struct nvu_mock_opts opts;
	char serial[64];

	input_bytes(&input, &opts, sizeof(opts));
	input_bytes(&input, serial, sizeof(serial) - 1);
	serial[sizeof(serial) - 1] = '\0';
	opts.size = opts.size % (sizeof(opts) + 1) / 8 * 8; /* no pointer is cut in two */
	opts.serial = opts.serial ? serial : NULL;
	opts.backing = opts.backing ? serial : NULL;
	opts.latency = opts.latency ? serial : NULL;
	if (!mock_config_from_opts(&opts, &config))
		check(&config.opts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mock_config config;
	char *target = malloc(size + 1);

	if (size && !data[0])
		try_options(data + 1, size - 1);
	PROMISE(target);
	memcpy(target, data, size);
	target[size] = '\0';
	if (!mock_config_parse(target, &config)) {
		check(&config.opts);
		if (!config.id)
			check_same(&config);
	}
	free(target);
	return 0;
}
