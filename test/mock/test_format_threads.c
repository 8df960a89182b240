/* SPDX-License-Identifier: MIT */
/*
 * test_format_threads.c: threads that read and look at a namespace while another one formats it back and
 * forth, resets the controller, and a third host changes its size. Each read is accepted with a handle
 * of the present geometry, or refused with -ESTALE and a new handle is there; each is answered once.
 */
#include "harness.h"

#include <pthread.h>

enum { READERS = 2, TURNS = 16, READS_MIN = 8, NS_BYTES = 1 << 20 };

struct reader {
	pthread_t thread;
	struct rig *rig;
	struct nvu_qpair *qpair;
	struct nvu_dma *buf;
	const unsigned *stop; /* atomic */
	unsigned answered;    /* atomic: reads */
	unsigned stale;
	int failures;
};

/* One block each: it fits in a page whatever a format that is under way makes of it. */
static int queue_read(struct reader *reader, const struct nvu_ns **ns)
{
	int ret = nvu_read(reader->qpair, *ns, 0, 1, reader->buf, 0, 0);

	if (ret != -ESTALE)
		return ret;
	reader->stale++;
	reader->failures += !strstr(nvu_last_error(), "nvu_ns_get");
	reader->failures += nvu_ns_info(*ns)->nsid != 1; /* readable all the same */
	if (nvu_ns_get(reader->rig->ctrl, 1, ns))
		reader->failures++;
	return -EAGAIN;
}

static bool is_expected(int status)
{
	return status >= 0 || status == -ECANCELED || status == -ESTALE || status == -ETIMEDOUT;
}

static void *read_on(void *arg)
{
	struct reader *reader = arg;
	const struct nvu_ns *ns = reader->rig->ns;
	uint32_t in_flight = 0;

	while (in_flight || !__atomic_load_n(reader->stop, __ATOMIC_RELAXED)) {
		struct nvu_cpl cpls[8];
		int ret = 0;

		if (!__atomic_load_n(reader->stop, __ATOMIC_RELAXED) && in_flight < 4)
			ret = queue_read(reader, &ns);
		else
			ret = -EAGAIN;
		in_flight += !ret;
		reader->failures += ret && ret != -EAGAIN;
		ret = nvu_poll(reader->qpair, cpls, 8);
		reader->failures += ret < 0;
		for (int idx = 0; idx < ret; idx++)
			reader->failures += !is_expected(cpls[idx].status);
		if (ret < 0)
			break;
		in_flight -= (uint32_t)ret;
		__atomic_add_fetch(&reader->answered, (unsigned)ret, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Looks at what there is, without a queue pair. */
static void *look_on(void *arg)
{
	struct reader *reader = arg;
	struct nvu_ctrl *ctrl = reader->rig->ctrl;

	while (!__atomic_load_n(reader->stop, __ATOMIC_RELAXED)) {
		const struct nvu_ns *ns = NULL;
		struct nvu_event event;
		uint32_t bytes;

		reader->failures += nvu_ns_next(ctrl, 0) != 1;
		reader->failures += nvu_ns_get(ctrl, 1, &ns) != 0;
		bytes = ns ? nvu_ns_info(ns)->block_bytes : 0;
		reader->failures += bytes != 512 && bytes != 4096;
		reader->failures += nvu_ctrl_info(ctrl)->namespaces != 1;
		reader->failures += nvu_ctrl_identify(ctrl)->sqes != 0x66;
		reader->failures += nvu_ctrl_service(ctrl, &event) < 0;
	}
	return NULL;
}

static void begin(struct rig *rig, struct reader *readers, const unsigned *stop)
{
	for (uint32_t idx = 0; idx <= READERS; idx++) {
		struct reader *reader = &readers[idx];

		*reader = (struct reader){ .rig = rig, .stop = stop };
		if (idx < READERS) {
			const uint32_t flags = idx ? NVU_QPAIR_RETRY : 0;

			assert_int_equal(nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.flags = flags),
							  &reader->qpair),
					 0);
			assert_int_equal(nvu_dma_alloc(rig->ctrl, 2 * PAGE, &reader->buf), 0);
		}
		assert_int_equal(pthread_create(&reader->thread, NULL,
						idx < READERS ? read_on : look_on, reader),
				 0);
	}
}

static void end(struct reader *readers)
{
	for (uint32_t idx = 0; idx <= READERS; idx++) {
		assert_int_equal(pthread_join(readers[idx].thread, NULL), 0);
		nvu_qpair_destroy(readers[idx].qpair);
		assert_int_equal(nvu_dma_free(readers[idx].buf), 0);
		assert_int_equal(readers[idx].failures, 0);
		assert_true(idx == READERS || readers[idx].stale > 0);
	}
}

/* Until the readers have had some answers: each change is met by commands. */
static void wait_for_reads(struct reader *readers)
{
	for (uint32_t idx = 0; idx < READERS; idx++) {
		unsigned before = __atomic_load_n(&readers[idx].answered, __ATOMIC_RELAXED);
		double deadline = rig_now() + RIG_PATIENCE_S;

		while (__atomic_load_n(&readers[idx].answered, __ATOMIC_RELAXED) - before <
			       READS_MIN &&
		       rig_now() < deadline)
			(void)nvu_ns_next(readers[idx].rig->ctrl, 0);
	}
}

static void namespace_is_formatted_and_resized_while_others_read(void **state)
{
	struct rig *rig = *state;
	struct reader readers[READERS + 1];
	unsigned stop = 0;

	rig_open(rig, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES), NULL);
	begin(rig, readers, &stop);
	for (uint32_t turn = 0; turn < TURNS; turn++) {
		const struct nvu_sqe format = { .opcode = NVU_ADMIN_FORMAT_NVM,
						.nsid = nvu_le32_put(1),
						.cdw10 = nvu_le32_put(turn % 2 ? 0 : 3) };

		wait_for_reads(readers);
		assert_int_equal(nvu_admin(rig->ctrl, &format, NULL, 0, 0, NULL), 0);
		assert_int_equal(
			nvu_mock_change(
				rig->mock,
				NVU_MOCK_CHANGE(.nsid = 1, .ns_bytes = NS_BYTES + turn % 3 * PAGE)),
			0);
		if (turn % 8 == 7)
			assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	}
	wait_for_reads(readers);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	end(readers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(namespace_is_formatted_and_resized_while_others_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
