// SPDX-License-Identifier: MIT
/*
 * sentences_block.c: calls of nvu/block.h that fail, and that work.
 */
#include "sentences.h"

#include <sys/uio.h>

/* A block device for one call. The rig's mock works only in calls that fail, or that send nothing. */
static int with_block(struct rig *rig, int (*call)(struct nvu_block *block, void *data))
{
	struct nvu_block *block;
	int ret = nvu_block_open(rig->ctrl, rig->ns, NVU_BLOCK_OPTS(.queues = 1), &block);

	assert_int_equal(ret, 0);
	ret = call(block, rig->data);
	nvu_block_close(block);
	return ret;
}

#define BLOCK_CALL(name, call)                                      \
	static int name##_call(struct nvu_block *block, void *data) \
	{                                                           \
		(void)data;                                         \
		return call;                                        \
	}                                                           \
	static int name(struct rig *rig)                            \
	{                                                           \
		return with_block(rig, name##_call);                \
	}

static const struct iovec nothing = { NULL, 1 };

BLOCK_CALL(read_past_the_end, nvu_block_read(block, data, 1, UINT64_MAX))
BLOCK_CALL(read_nothing, nvu_block_read(block, data, 0, 0))
BLOCK_CALL(readv_nowhere, nvu_block_readv(block, &nothing, 1, 0))
BLOCK_CALL(readv_nothing, nvu_block_readv(block, NULL, 0, 0))
BLOCK_CALL(write_with_a_flag, nvu_block_write(block, data, 1, 0, NVU_BLOCK_FAST_ONLY))
BLOCK_CALL(write_nothing, nvu_block_write(block, data, 0, 0, NVU_BLOCK_FUA))
BLOCK_CALL(writev_nowhere, nvu_block_writev(block, &nothing, 1, 0, 0))
BLOCK_CALL(writev_nothing, nvu_block_writev(block, NULL, 0, 0, 0))
BLOCK_CALL(zero_past_the_end, nvu_block_zero(block, 1, UINT64_MAX, 0))
BLOCK_CALL(zero_nothing, nvu_block_zero(block, 0, 0, 0))
BLOCK_CALL(discard_past_the_end, nvu_block_discard(block, 1, UINT64_MAX))
BLOCK_CALL(discard_no_whole_block, nvu_block_discard(block, 1, 511))
BLOCK_CALL(register_nothing, nvu_block_register(block, data, 0))
BLOCK_CALL(register_no_whole_page, nvu_block_register(block, data, 1))
BLOCK_CALL(unregister_stranger, nvu_block_unregister(block, data))
BLOCK_CALL(bytes, nvu_block_bytes(block) == 1 << 20 ? 0 : 1)

static int unregister_registered_call(struct nvu_block *block, void *data)
{
	assert_int_equal(nvu_block_register(block, data, 1), 0);
	return nvu_block_unregister(block, data);
}

static int unregister_registered(struct rig *rig)
{
	return with_block(rig, unregister_registered_call);
}

static int flush_dead(struct rig *rig)
{
	struct nvu_block *block;
	int ret;

	assert_int_equal(nvu_block_open(rig->ctrl, rig->ns, NVU_BLOCK_OPTS(.queues = 1), &block),
			 0);
	sentence_die(rig);
	ret = nvu_block_flush(block);
	nvu_block_close(block);
	return ret;
}

static int open_unknown_flag(struct rig *rig)
{
	struct nvu_block *block;

	return nvu_block_open(rig->ctrl, rig->ns, NVU_BLOCK_OPTS(.flags = 2), &block);
}

static int open_works_call(struct nvu_block *block, void *data)
{
	(void)block;
	(void)data;
	return 0;
}

static int open_works(struct rig *rig)
{
	return with_block(rig, open_works_call);
}

const struct sentence_row sentence_block_rows[] = {
	{ "nvu_block_open", open_unknown_flag, open_works },
	{ "nvu_block_close", NULL, open_works },
	{ "nvu_block_bytes", NULL, bytes },
	{ "nvu_block_read", read_past_the_end, read_nothing },
	{ "nvu_block_readv", readv_nowhere, readv_nothing },
	{ "nvu_block_write", write_with_a_flag, write_nothing },
	{ "nvu_block_writev", writev_nowhere, writev_nothing },
	{ "nvu_block_zero", zero_past_the_end, zero_nothing },
	{ "nvu_block_discard", discard_past_the_end, discard_no_whole_block },
	{ "nvu_block_flush", flush_dead, NULL },
	{ "nvu_block_register", register_nothing, register_no_whole_page },
	{ "nvu_block_unregister", unregister_stranger, unregister_registered },
	{ NULL, NULL, NULL },
};
