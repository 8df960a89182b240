/* SPDX-License-Identifier: MIT */
/*
 * block.c: a block device opened and closed, its size, its memory, and the handle of its namespace.
 */
#include "block/block.h"

#include "base/error.h"
#include "base/opts.h"
#include "block/operation.h"

#include <errno.h>
#include <nvu/ctrl.h>
#include <nvu/dma.h>
#include <nvu/error.h>
#include <nvu/qpair.h>
#include <nvu/spec.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	QUEUES = 4,
	QUEUES_MAX = 1024,
	DEPTH = 64,
	BOUNCE_BYTES = 4 << 20,
	SLOT_BYTES = 64 << 10, /* what a bounced command moves */
	SLOTS_WANTED = 16,     /* of each pair, before slots become smaller */
	SPIN_US = 20,
	PAGE_BYTES = 4096,
	TUPLE_BYTES = 8,    /* of protection information with a 16-bit guard */
	BLOCKS_MAX = 65536, /* of any command */
};

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Blocks without metadata, or with protection information that the controller can generate and remove. */
static bool is_usable(const struct nvu_ns_info *info)
{
	if (!info->metadata_bytes)
		return info->max_transfer_blocks != 0;
	return info->block_bytes && info->metadata_bytes == TUPLE_BYTES &&
	       !info->metadata_extended && info->protection && info->pif == NVU_PIF_16B;
}

/* Of the controller that protects blocks, the program moves their data alone. */
static uint32_t choose_limit(const struct nvu_ctrl *ctrl, const struct nvu_ns_info *info)
{
	if (!info->metadata_bytes)
		return info->max_transfer_blocks;
	return least(nvu_ctrl_info(ctrl)->max_transfer_bytes / info->block_bytes, BLOCKS_MAX);
}

/* The controller generates, checks and removes protection information. No controller checks a reference tag of type 3. */
static uint32_t choose_protection(const struct nvu_ns_info *info)
{
	if (!info->metadata_bytes)
		return 0;
	return NVU_RW_PRACT | NVU_RW_PRCHK_GUARD | (info->protection == 3 ? 0 : NVU_RW_PRCHK_REF);
}

static bool is_same(const struct nvu_ns_info *a, const struct nvu_ns_info *b)
{
	return a->block_bytes == b->block_bytes && a->metadata_bytes == b->metadata_bytes &&
	       a->metadata_extended == b->metadata_extended && a->pif == b->pif &&
	       a->protection == b->protection && a->csi == b->csi &&
	       !memcmp(a->nguid, b->nguid, sizeof(a->nguid)) &&
	       !memcmp(a->eui64, b->eui64, sizeof(a->eui64)) &&
	       !memcmp(a->uuid, b->uuid, sizeof(a->uuid));
}

int block_follow(struct nvu_block *block)
{
	const struct nvu_ns_info *before = nvu_ns_info(block_ns(block)), *now;
	const struct nvu_ns *newest;
	int ret = nvu_ns_get(block->ctrl, block->nsid, &newest);

	if (ret)
		return nvu_errno(ret);
	now = nvu_ns_info(newest);
	if (!is_same(before, now) || now->blocks < before->blocks || !is_usable(now))
		return error_set(-ESTALE,
				 "namespace %u has changed: it has %llu blocks of %u bytes and "
				 "had %llu of %u, or is another one: close the block device and "
				 "open it again",
				 block->nsid, (unsigned long long)now->blocks, now->block_bytes,
				 (unsigned long long)before->blocks, before->block_bytes);
	/* Before the handle: a thread that has the new handle has its limit. */
	__atomic_store_n(&block->limit, choose_limit(block->ctrl, now), __ATOMIC_RELAXED);
	__atomic_store_n(&block->ns, newest, __ATOMIC_RELEASE);
	return 0;
}

struct pair *block_pair(struct nvu_block *block)
{
	static uint32_t threads;
	static _Thread_local uint32_t number; /* of this thread; 0: not given yet */
	uint32_t chosen;

	if (!number)
		number = __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED);
	chosen = number % block->pairs_count;
	for (uint32_t i = 0; i < block->pairs_count; i++) {
		struct pair *pair = &block->pairs[(chosen + i) % block->pairs_count];

		if (!pair_has_ended(pair))
			return pair;
	}
	return &block->pairs[chosen];
}

static int check_namespace(const struct nvu_ns *ns)
{
	const struct nvu_ns_info *info = ns ? nvu_ns_info(ns) : NULL;

	if (!ns)
		return error_set(-EINVAL, "the namespace is NULL");
	if (info->csi)
		return error_set(-ENOTSUP,
				 "namespace %u is of command set %u: a block device needs one of "
				 "the NVM command set (0)",
				 info->nsid, info->csi);
	if (info->metadata_bytes && !is_usable(info))
		return error_set(
			-ENOTSUP,
			"namespace %u has %u bytes of metadata a block, %s: a block device "
			"needs a format without metadata, or with 8 separate bytes that "
			"are protection information with a 16-bit guard (Format NVM)",
			info->nsid, info->metadata_bytes,
			info->metadata_extended ? "interleaved" : "separate");
	if (!is_usable(info))
		return error_set(-ENOTSUP,
				 "namespace %u has a format that nvu does not read: "
				 "blocks of %u bytes",
				 info->nsid, info->block_bytes);
	return 0;
}

/* Defaults in the place of zeroes. */
static int complete_opts(const struct nvu_ctrl *ctrl, struct nvu_block_opts *opts)
{
	const struct nvu_ctrl_info *info = nvu_ctrl_info(ctrl);
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (opts->flags & ~NVU_BLOCK_INTERRUPT || opts->rsvd)
		return error_set(
			-EINVAL,
			"flags are %#x and rsvd is %#x: expected NVU_BLOCK_INTERRUPT (%#x) or "
			"0, and 0",
			opts->flags, opts->rsvd, NVU_BLOCK_INTERRUPT);
	if (opts->queues > QUEUES_MAX)
		return error_set(-EINVAL, "queues is %u: expected %u at most", opts->queues,
				 QUEUES_MAX);
	if (!opts->queues)
		opts->queues = least(least(QUEUES, processors > 0 ? (uint32_t)processors : 1),
				     info->io_queues ? info->io_queues : 1);
	if (!opts->depth)
		opts->depth = least(DEPTH, info->max_queue_entries - 1);
	if (!opts->bounce_bytes)
		opts->bounce_bytes = BOUNCE_BYTES;
	if (!opts->spin_us)
		opts->spin_us = SPIN_US;
	return 0;
}

/* Slots are whole pages, so that a bounced command needs as few PRP entries as it can. */
static int choose_slots(struct nvu_block *block, const struct nvu_block_opts *opts,
			uint32_t *ret_each)
{
	const struct nvu_ns_info *info = nvu_ns_info(block->ns);
	const uint32_t unit = info->block_bytes > PAGE_BYTES ? info->block_bytes : PAGE_BYTES;
	const uint32_t share = opts->bounce_bytes / opts->queues;
	const uint64_t most = (uint64_t)block_limit(block) << block->shift;
	uint32_t slot = least(SLOT_BYTES, share / SLOTS_WANTED);

	if (share < unit)
		return error_set(-EINVAL,
				 "bounce_bytes is %u: expected %u for each of %u queue pairs at "
				 "least",
				 opts->bounce_bytes, unit, opts->queues);
	if (slot > most)
		slot = (uint32_t)most;
	slot = slot < unit ? unit : slot - slot % unit;
	block->slot_bytes = slot;
	*ret_each = share / slot;
	return 0;
}

static int make_pair(struct nvu_block *block, const struct nvu_block_opts *opts, uint32_t each)
{
	struct pair *pair = &block->pairs[block->pairs_count];
	const uint32_t first = block->pairs_count * each;
	const uint32_t flags = opts->flags & NVU_BLOCK_INTERRUPT ? NVU_QPAIR_INTERRUPT : 0;
	int ret = nvu_qpair_create(
		block->ctrl, NVU_QPAIR_OPTS(.commands = opts->depth, .flags = flags), &pair->qpair);

	if (ret)
		return nvu_errno(ret);
	pair->sleep_fd = -1;
	pthread_mutex_init(&pair->lock, NULL);
	pair->last = &pair->first;
	pair->spin_ns = opts->spin_us * 1000ull;
	pair->slots = block->slots + first;
	pair->free_slots = each;
	for (uint32_t i = 0; i < each; i++)
		pair->slots[i] = first + i;
	block->pairs_count++;
	return flags ? pair_use_interrupts(pair) : 0;
}

/* Fewer pairs than the default will do. */
static int make_pairs(struct nvu_block *block, const struct nvu_block_opts *opts, bool chosen,
		      uint32_t each)
{
	int ret = 0;

	while (!ret && block->pairs_count < opts->queues)
		ret = make_pair(block, opts, each);
	return ret == -ENOSPC && block->pairs_count && !chosen ? 0 : ret;
}

static int equip(struct nvu_block *block, const struct nvu_block_opts *opts, bool chosen)
{
	uint32_t each = 0;
	int ret = choose_slots(block, opts, &each);

	if (ret)
		return ret;
	block->slots = calloc((size_t)each * opts->queues, sizeof(*block->slots));
	if (!block->slots)
		return error_set(-ENOMEM, "no memory for the numbers of bounce buffers");
	ret = nvu_dma_alloc(block->ctrl, (size_t)each * opts->queues * block->slot_bytes,
			    &block->bounce);
	if (ret)
		return nvu_errno(ret);
	block->bounce_addr = nvu_dma_addr(block->bounce);
	return make_pairs(block, opts, chosen, each);
}

static int open_block(struct nvu_ctrl *ctrl, const struct nvu_ns *ns,
		      const struct nvu_block_opts *from, struct nvu_block **ret_block)
{
	struct nvu_block_opts opts;
	struct nvu_block *block;
	int ret = opts_copy(&opts, sizeof(opts), from);
	const bool chosen = opts.queues != 0;

	if (!ret)
		ret = check_namespace(ns);
	if (!ret)
		ret = complete_opts(ctrl, &opts);
	if (ret)
		return ret;
	block = calloc(1, sizeof(*block) + opts.queues * sizeof(block->pairs[0]));
	if (!block)
		return error_set(-ENOMEM, "no memory for a block device");
	block->ctrl = ctrl;
	block->ns = ns;
	block->nsid = nvu_ns_info(ns)->nsid;
	block->block_bytes = nvu_ns_info(ns)->block_bytes;
	block->shift = (uint32_t)__builtin_ctz(block->block_bytes);
	block->limit = choose_limit(ctrl, nvu_ns_info(ns));
	block->protection = choose_protection(nvu_ns_info(ns));
	holds_init(&block->holds);
	memory_init(&block->memory);
	ret = equip(block, &opts, chosen);
	if (ret)
		nvu_block_close(block);
	else
		*ret_block = block;
	return ret;
}

int nvu_block_open(struct nvu_ctrl *ctrl, const struct nvu_ns *ns,
		   const struct nvu_block_opts *opts, struct nvu_block **ret_block)
{
	error_enter();
	return error_leave(open_block(ctrl, ns, opts, ret_block));
}

void nvu_block_close(struct nvu_block *block)
{
	struct error_kept kept;

	if (!block)
		return;
	error_keep(&kept);
	for (uint32_t i = 0; i < block->pairs_count; i++) {
		nvu_qpair_destroy(block->pairs[i].qpair);
		pthread_mutex_destroy(&block->pairs[i].lock);
		pair_fini(&block->pairs[i]);
	}
	(void)nvu_dma_free(block->bounce);
	memory_destroy(&block->memory);
	holds_destroy(&block->holds);
	free(block->slots);
	free(block);
	(void)error_restore(&kept, 0);
}

uint64_t nvu_block_bytes(const struct nvu_block *block)
{
	const struct nvu_ns_info *info = nvu_ns_info(block_ns(block));
	const struct nvu_ns *newest;

	error_enter();
	if (!nvu_ns_get(block->ctrl, block->nsid, &newest) && is_same(info, nvu_ns_info(newest)) &&
	    nvu_ns_info(newest)->blocks > info->blocks)
		info = nvu_ns_info(newest);
	(void)error_leave(0);
	return info->blocks << block->shift;
}

int nvu_block_register(struct nvu_block *block, void *addr, size_t len)
{
	error_enter();
	return error_leave(memory_add(&block->memory, block->ctrl, addr, len));
}

int nvu_block_unregister(struct nvu_block *block, void *addr)
{
	error_enter();
	return error_leave(memory_remove(&block->memory, addr));
}
