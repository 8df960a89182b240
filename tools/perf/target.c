/* SPDX-License-Identifier: MIT */
/*
 * target.c: opens a controller and holds the command line against its limits.
 */
#include "target.h"

#include "parse.h"
#include "say.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { DEFAULT_IO_BYTES = 4096, CSI_KEY_VALUE = 1, CSI_ZONED = 2, ADDRESS_BYTES = 4096 };

/* Whether @sentence, of nvu, tells already which controller it is about. */
static bool names_controller(const char *sentence, const char *address)
{
	if (options_is_mock(address))
		return strncmp(sentence, "mock:", 5) == 0;
	if (strncmp(address, "vfio:", 5) == 0)
		address += 5;
	else if (strncmp(address, "iommufd:", 8) == 0)
		address += 8;
	return memmem(sentence, strlen(sentence), address, strcspn(address, "#")) != NULL;
}

static int complain_open(const char *address, int ret)
{
	const char *why = nvu_last_error();

	if (names_controller(why, address))
		say("%s", why);
	else
		say_about(address, "%s", why);
	return ret == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
}

static int open_ctrl(struct target *target, const struct options *options)
{
	char address[ADDRESS_BYTES];
	int ret;

	if (!parse_target(target->address, options->nsid, address, sizeof(address))) {
		say_about(target->address,
			  "-n %" PRIu32 " and a namespace in the address: give one", options->nsid);
		return EXIT_USAGE;
	}
	/* Targets with one controller share it. */
	ret = nvu_open(address,
		       NVU_CTRL_OPTS(.io_queues = options->threads * options->address_count,
				     .io_timeout_ms = options->timeout_ms),
		       &target->ctrl, &target->ns);
	if (ret)
		return complain_open(target->address, ret);
	target->info = nvu_ctrl_info(target->ctrl);
	target->ns_info = nvu_ns_info(target->ns);
	return 0;
}

static int check_queues(const struct target *target, const struct options *options)
{
	if (options->depth >= target->info->max_queue_entries) {
		say_about(target->address,
			  "-q %" PRIu32 " is too deep: a queue of this controller has %" PRIu32
			  " entries and holds %" PRIu32 " commands",
			  options->depth, target->info->max_queue_entries,
			  target->info->max_queue_entries - 1);
		return EXIT_USAGE;
	}
	if (options->threads > target->info->io_queues) {
		say_about(target->address,
			  "-j %" PRIu32 " is too many: this controller grants %" PRIu32
			  " queue pairs, and each thread needs one",
			  options->threads, target->info->io_queues);
		return EXIT_USAGE;
	}
	return 0;
}

static int check_namespace(const struct target *target, const struct options *options)
{
	const struct nvu_ns_info *info = target->ns_info;

	if (info->csi == CSI_KEY_VALUE || !info->max_transfer_blocks) {
		say_about(target->address,
			  "namespace %" PRIu32 " has no blocks that could be read as they are "
			  "(command set %d, %" PRIu32 " bytes of metadata)",
			  info->nsid, info->csi, info->metadata_bytes);
		return EXIT_FAILED;
	}
	if (info->csi == CSI_ZONED && (options->workload->writes || options->verify)) {
		say_about(target->address,
			  "namespace %" PRIu32 " is zoned: it can be read here, not written",
			  info->nsid);
		return EXIT_USAGE;
	}
	return 0;
}

static int set_io_size(struct target *target, const struct options *options)
{
	uint32_t block_bytes = target->ns_info->block_bytes;
	uint64_t limit = (uint64_t)block_bytes * target->ns_info->max_transfer_blocks;
	uint64_t bytes = options->io_bytes;

	if (!bytes)
		bytes = block_bytes > DEFAULT_IO_BYTES ? block_bytes : DEFAULT_IO_BYTES;
	if (bytes % block_bytes) {
		say_about(target->address,
			  "-s %" PRIu64 " is not a multiple of the block size, %" PRIu32 " bytes",
			  bytes, block_bytes);
		return EXIT_USAGE;
	}
	if (bytes > limit) {
		say_about(target->address,
			  "-s %" PRIu64 " is too large: one command to namespace %" PRIu32
			  " transfers at most %" PRIu64 " bytes",
			  bytes, target->ns_info->nsid, limit);
		return EXIT_USAGE;
	}
	target->io_bytes = (uint32_t)bytes;
	target->unit_blocks = (uint32_t)(bytes / block_bytes);
	return 0;
}

static int set_range(struct target *target, const struct options *options)
{
	uint64_t blocks = target->ns_info->blocks, first = options->first_lba;
	uint64_t count = options->lba_count;
	uint64_t parts = options->verify || !options->workload->random ? options->threads : 1;

	if (first >= blocks || count > blocks - first) {
		say_about(target->address,
			  "block %" PRIu64 " is past the end: namespace %" PRIu32 " has %" PRIu64
			  " blocks",
			  first >= blocks ? first : first + count - 1, target->ns_info->nsid,
			  blocks);
		return EXIT_USAGE;
	}
	if (!count)
		count = blocks - first;
	target->first_lba = first;
	target->units = count / target->unit_blocks;
	if (target->units < parts * (options->verify ? options->depth : 1)) {
		say_about(target->address,
			  "%" PRIu64 " blocks are too few: they hold %" PRIu64 " I/Os of %" PRIu32
			  " bytes, %" PRIu64 " are needed",
			  count, target->units, target->io_bytes,
			  parts * (options->verify ? options->depth : 1));
		return EXIT_USAGE;
	}
	return 0;
}

int target_open(const char *address, const struct options *options, struct target *ret_target)
{
	int status;

	*ret_target = (struct target){ .address = address };
	if ((status = open_ctrl(ret_target, options)) ||
	    (status = check_queues(ret_target, options)) ||
	    (status = check_namespace(ret_target, options)) ||
	    (status = set_io_size(ret_target, options)) ||
	    (status = set_range(ret_target, options)))
		target_close(ret_target);
	return status;
}

void target_close(struct target *target)
{
	nvu_ctrl_close(target->ctrl);
	*target = (struct target){ 0 };
}
