// SPDX-License-Identifier: MIT
/*
 * sentences_io.c: calls of nvu/dma.h, nvu/qpair.h, nvu/mock.h and the rest that fail, and that work.
 */
#include "sentences.h"

static int alloc(struct rig *rig)
{
	struct nvu_dma *buf;
	int ret = nvu_dma_alloc(rig->ctrl, 3 << 20, &buf);

	return ret ? ret : nvu_dma_free(buf);
}
static int alloc_nothing(struct rig *rig)
{
	struct nvu_dma *buf;

	return nvu_dma_alloc(rig->ctrl, 0, &buf);
}
static int alloc_opts(struct rig *rig)
{
	struct nvu_dma *buf;
	int ret =
		nvu_dma_alloc_opts(rig->ctrl, PAGE, NVU_DMA_OPTS(.flags = NVU_DMA_ANY_NODE), &buf);

	return ret ? ret : nvu_dma_free(buf);
}
static int alloc_unknown_option(struct rig *rig)
{
	struct nvu_dma *buf;

	return nvu_dma_alloc_opts(rig->ctrl, PAGE, NVU_DMA_OPTS(.flags = 1u << 31), &buf);
}
static int alloc_unmappable(struct rig *rig)
{
	struct nvu_dma *buf;

	nvu_mock_fail_call(rig->mock, 1, -ENOMEM);
	return nvu_dma_alloc(rig->ctrl, PAGE, &buf);
}
/* Succeeds although there is no memory to be mapped. */
static int admin_when_memory_is_full(struct rig *rig)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_IDENTIFY,
				     .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };
	static char data[PAGE];

	nvu_mock_fail_call(rig->mock, 1, -ENOMEM);
	return nvu_admin(rig->ctrl, &cmd, data, sizeof(data), 0, NULL);
}
static int find_at(struct rig *rig, const void *p, size_t len)
{
	const struct nvu_dma *buf;
	size_t offset;

	return nvu_dma_find(rig->ctrl, p, len, &buf, &offset);
}
static int find(struct rig *rig)
{
	return find_at(rig, rig->data, 1);
}
static int find_nothing(struct rig *rig)
{
	return find_at(rig, rig->data, 0);
}
static int do_register(struct rig *rig)
{
	static _Alignas(PAGE) char memory[PAGE];
	struct nvu_dma *buf;
	int ret = nvu_dma_register(rig->ctrl, memory, sizeof(memory), &buf);

	return ret ? ret : nvu_dma_free(buf);
}
static int register_unaligned(struct rig *rig)
{
	struct nvu_dma *buf;

	return nvu_dma_register(rig->ctrl, rig->data + 1, PAGE, &buf);
}
static int register_twice(struct rig *rig)
{
	struct nvu_dma *buf;

	return nvu_dma_register(rig->ctrl, rig->data, PAGE, &buf);
}
static int register_opts(struct rig *rig)
{
	static _Alignas(PAGE) char memory[PAGE];
	struct nvu_dma *buf;
	int ret = nvu_dma_register_opts(rig->ctrl, memory, sizeof(memory),
					NVU_DMA_OPTS(.flags = NVU_DMA_DEVICE_READS_ONLY), &buf);

	return ret ? ret : nvu_dma_free(buf);
}
static int register_shared(struct rig *rig)
{
	struct nvu_dma *buf;

	return nvu_dma_register_opts(rig->ctrl, rig->data, PAGE,
				     NVU_DMA_OPTS(.flags = NVU_DMA_SHARED, .fd = -1), &buf);
}
static int free_nothing(struct rig *rig)
{
	(void)rig;
	return nvu_dma_free(NULL);
}
static int free_twice(struct rig *rig)
{
	struct nvu_dma *buf;

	assert_int_equal(nvu_dma_alloc(rig->ctrl, PAGE, &buf), 0);
	assert_int_equal(nvu_dma_free(buf), 0);
	return nvu_dma_free(buf);
}
static int free_unmappable(struct rig *rig)
{
	struct nvu_dma *buf;
	int ret;

	assert_int_equal(nvu_dma_alloc(rig->ctrl, PAGE, &buf), 0);
	nvu_mock_fail_call(rig->mock, 1, -EIO);
	ret = nvu_dma_free(buf);
	nvu_mock_fail_call(rig->mock, 0, 0);
	assert_int_equal(nvu_dma_free(buf), 0);
	return ret;
}

static int create(struct rig *rig)
{
	struct nvu_qpair *qpair;
	int ret = nvu_qpair_create(rig->ctrl, NULL, &qpair);

	if (!ret)
		nvu_qpair_destroy(qpair);
	return ret;
}
static int create_depth_1(struct rig *rig)
{
	struct nvu_qpair *qpair;

	return nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.depth = 1), &qpair);
}
static int create_unknown_option(struct rig *rig)
{
	struct nvu_qpair *qpair;

	return nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.flags = 1u << 31), &qpair);
}
static int create_too_late(struct rig *rig)
{
	struct nvu_qpair *qpair;

	return nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.io_timeout_ms = UINT32_MAX), &qpair);
}
static int create_refused(struct rig *rig)
{
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .qid = NVU_MOCK_ADMIN_QUEUE,
				  .opcode = NVU_ADMIN_CREATE_CQ, .status = NVU_SC_INVALID_FIELD));
	return create(rig);
}
static int create_dead(struct rig *rig)
{
	sentence_die(rig);
	return create(rig);
}
static int latency(struct rig *rig)
{
	struct nvu_qpair *qpair;
	uint64_t buckets[64];
	int ret;

	assert_int_equal(
		nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.flags = NVU_QPAIR_LATENCY), &qpair), 0);
	ret = nvu_qpair_latency(qpair, buckets, COUNT(buckets));
	nvu_qpair_destroy(qpair);
	return ret;
}
static int latency_without(struct rig *rig)
{
	uint64_t buckets[64];

	return nvu_qpair_latency(rig->qpair, buckets, COUNT(buckets));
}

static int answer(struct rig *rig, int ret)
{
	return ret ? ret : rig_status(rig);
}
static int read_works(struct rig *rig)
{
	return answer(rig, nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0));
}
static int read_past_the_end(struct rig *rig)
{
	return nvu_read(rig->qpair, rig->ns, UINT64_MAX, 1, rig->buf, 0, 0);
}
static int read_without_buffer(struct rig *rig)
{
	return nvu_read(rig->qpair, rig->ns, 0, 1, NULL, 0, 0);
}
static int read_dead(struct rig *rig)
{
	sentence_die(rig);
	return nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0);
}
static int write_works(struct rig *rig)
{
	return answer(rig, nvu_write(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0));
}
static int write_past_the_buffer(struct rig *rig)
{
	return nvu_write(rig->qpair, rig->ns, 0, 1, rig->buf, RIG_DATA_BYTES, 0);
}
static int write_dead(struct rig *rig)
{
	sentence_die(rig);
	return nvu_write(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0);
}
static int flush_works(struct rig *rig)
{
	return answer(rig, nvu_flush(rig->qpair, rig->ns, 0));
}
static int flush_foreign(struct rig *rig)
{
	const struct nvu_ns *ns;
	struct nvu_ctrl *other;
	int ret;

	assert_int_equal(nvu_ctrl_open("mock:size=1M", NULL, &other), 0);
	assert_int_equal(nvu_ns_get(other, 1, &ns), 0);
	ret = nvu_flush(rig->qpair, ns, 0);
	nvu_ctrl_close(other);
	return ret;
}
static int flush_dead(struct rig *rig)
{
	sentence_die(rig);
	return nvu_flush(rig->qpair, rig->ns, 0);
}
static int io(struct rig *rig, size_t len)
{
	const struct nvu_sqe cmd = { .opcode = NVU_CMD_READ, .nsid = nvu_le32_put(1) };

	return nvu_io(rig->qpair, &cmd, rig->buf, 0, len, 0);
}
static int io_works(struct rig *rig)
{
	return answer(rig, io(rig, 512));
}
static int io_odd_length(struct rig *rig)
{
	return io(rig, 3);
}
static int io_dead(struct rig *rig)
{
	sentence_die(rig);
	return io(rig, 512);
}

static int submit(struct rig *rig)
{
	return nvu_submit(rig->qpair);
}
static int submit_dead(struct rig *rig)
{
	sentence_die(rig);
	return submit(rig);
}
static int poll_works(struct rig *rig)
{
	struct nvu_cpl cpl;

	return nvu_poll(rig->qpair, &cpl, 1);
}
static int poll_dead(struct rig *rig)
{
	sentence_die(rig);
	return poll_works(rig);
}
static int poll_callbacks(struct rig *rig)
{
	return nvu_poll_callbacks(rig->qpair, 1);
}
static int poll_callbacks_dead(struct rig *rig)
{
	sentence_die(rig);
	return poll_callbacks(rig);
}
/* Ends with an answer, which is no failure of the poll, whatever was tried inside. */
static int poll_while_the_controller_dies(struct rig *rig)
{
	struct nvu_cpl cpl = { .status = 0 };
	int ret;

	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	while (!(ret = rig_poll(rig, &cpl, 1)))
		;
	assert_int_equal(ret, 1);
	assert_true(cpl.status < 0);
	return 0;
}

static int drain_works(struct rig *rig)
{
	struct nvu_cpl cpl;

	return nvu_qpair_drain(rig->qpair, &cpl, 1, 0);
}
static int drain_without_room(struct rig *rig)
{
	return nvu_qpair_drain(rig->qpair, NULL, 0, 0);
}
static int drain_too_short(struct rig *rig)
{
	struct nvu_cpl cpl;

	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), 0);
	return nvu_qpair_drain(rig->qpair, &cpl, 1, 1);
}
static int create_too_many_commands(struct rig *rig)
{
	struct nvu_qpair *qpair;

	return nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.commands = UINT32_MAX), &qpair);
}

const struct sentence_row sentence_io_rows[] = {
	{ "nvu_dma_alloc", alloc_nothing, alloc },
	{ "nvu_dma_alloc", alloc_unmappable, NULL },
	{ "nvu_admin", NULL, admin_when_memory_is_full },
	{ "nvu_dma_alloc_opts", alloc_unknown_option, alloc_opts },
	{ "nvu_dma_find", find_nothing, find },
	{ "nvu_dma_register", register_unaligned, do_register },
	{ "nvu_dma_register", register_twice, NULL },
	{ "nvu_dma_register_opts", register_shared, register_opts },
	{ "nvu_dma_free", free_twice, free_nothing },
	{ "nvu_dma_free", free_unmappable, NULL },
	{ "nvu_qpair_create", create_depth_1, create },
	{ "nvu_qpair_create", create_unknown_option, NULL },
	{ "nvu_qpair_create", create_too_late, NULL },
	{ "nvu_qpair_create", create_refused, NULL },
	{ "nvu_qpair_create", create_dead, NULL },
	{ "nvu_qpair_create", create_too_many_commands, NULL },
	{ "nvu_qpair_drain", drain_without_room, drain_works },
	{ "nvu_qpair_drain", drain_too_short, NULL },
	{ "nvu_qpair_latency", latency_without, latency },
	{ "nvu_read", read_past_the_end, read_works },
	{ "nvu_read", read_without_buffer, NULL },
	{ "nvu_read", read_dead, NULL },
	{ "nvu_write", write_past_the_buffer, write_works },
	{ "nvu_write", write_dead, NULL },
	{ "nvu_flush", flush_foreign, flush_works },
	{ "nvu_flush", flush_dead, NULL },
	{ "nvu_io", io_odd_length, io_works },
	{ "nvu_io", io_dead, NULL },
	{ "nvu_submit", submit_dead, submit },
	{ "nvu_poll", poll_dead, poll_works },
	{ "nvu_poll", NULL, poll_while_the_controller_dies },
	{ "nvu_poll_callbacks", poll_callbacks_dead, poll_callbacks },
	{ "nvu_dma_addr", NULL, NULL },
	{ "nvu_dma_iova", NULL, NULL },
	{ "nvu_dma_len", NULL, NULL },
	{ "nvu_errno", NULL, NULL },
	{ "nvu_last_error", NULL, NULL },
	{ "nvu_qpair_depth", NULL, NULL },
	{ "nvu_qpair_id", NULL, NULL },
	{ "nvu_qpair_room", NULL, NULL },
	{ "nvu_qpair_set_timeout", NULL, NULL },
	{ "nvu_qpair_stats", NULL, NULL },
	{ "nvu_set_log", NULL, NULL },
	{ "nvu_strerror", NULL, NULL },
	{ "nvu_version", NULL, NULL },
	{ NULL, NULL, NULL },
};
