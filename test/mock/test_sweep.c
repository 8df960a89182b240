// SPDX-License-Identifier: MIT
/*
 * test_sweep.c: the n-th call into the transport fails, for n = 1, 2, 3 ... until a whole life of a
 * controller passes undisturbed: open, queue pair, buffers, I/O, admin command, reset, close.
 * Wherever it strikes: one call of the library says so, with an error and a sentence; every command
 * is answered; no descriptor, no mapping and no byte is left behind.
 *
 * The one exception is an unmap that fails inside the library: memory that the device may still
 * reach is kept from any other use for ever, which is a leak on purpose.
 */
#include "harness.h"

#include <malloc.h>
#include <stdlib.h>

enum { SHORT_MS = 20, SPAN = 16 };

struct sweep {
	struct rig *rig;
	struct nvu_dma *registered;
	uint8_t *memory;
	int error;	     /* that the call fails with */
	uint32_t opcode;     /* of the admin command that fails besides; 0: nothing else does */
	bool ladder;	     /* the calls of the recovery ladder are counted */
	uint64_t n;	     /* which call ... */
	uint64_t armed_at;   /* ... after so many */
	uint32_t complaints; /* calls of the library that returned an error */
	bool struck;	     /* there was such a call */
	bool unmap;	     /* what failed was an unmap */
	const char *step;    /* that complained last */
};

static void note_unmap(struct sweep *sweep)
{
	sweep->unmap |= strstr(nvu_last_error(), "unmap failed") != NULL;
}

/* Notes what a call returned. True when it was 0. */
static bool went_well(struct sweep *sweep, const char *step, int ret)
{
	note_unmap(sweep);
	if (ret == 0)
		return true;
	sweep->complaints++;
	sweep->step = step;
	if (ret != sweep->error && ret != -ETIMEDOUT && ret != -EIO && ret != -ENODEV &&
	    ret != -ECANCELED)
		fail_msg("call %llu, %s: %d: %s", (unsigned long long)sweep->n, step, ret,
			 nvu_last_error());
	assert_string_not_equal(nvu_last_error(), "");
	return false;
}

/* Until the commands are answered, or the queue pair is dead. The worst of their statuses. */
static int finish(struct sweep *sweep, uint32_t commands)
{
	double end = rig_now() + RIG_PATIENCE_S;
	int worst = 0;

	(void)nvu_submit(sweep->rig->qpair);
	while (commands && rig_now() < end) {
		struct nvu_cpl cpls[SPAN];
		int ret = rig_poll(sweep->rig, cpls, SPAN);

		if (ret < 0)
			return ret;
		commands -= (uint32_t)ret;
		for (int idx = 0; idx < ret; idx++)
			worst = cpls[idx].status ? cpls[idx].status : worst;
	}
	assert_int_equal(commands, 0);
	return worst;
}

/* Some queue pairs have lost their queues and learn of it by polling. */
static void settle(struct sweep *sweep)
{
	struct nvu_cpl cpl;

	for (int turn = 0; turn < 100; turn++)
		(void)rig_poll(sweep->rig, &cpl, 1);
}

static bool write_and_read(struct sweep *sweep, struct nvu_dma *buf)
{
	struct rig *rig = sweep->rig;
	uint8_t *data = nvu_dma_addr(buf);
	uint32_t queued = 0;
	int ret = 0;

	settle(sweep);
	rig_fill(data, SPAN * 512, sweep->n);
	for (uint64_t lba = 0; lba < SPAN && !ret; lba++) {
		ret = nvu_write(rig->qpair, rig->ns, lba, 1, buf, lba * 512, lba);
		queued += !ret;
	}
	if (!went_well(sweep, "write", ret) || !went_well(sweep, "write", finish(sweep, queued)))
		return false;
	memset(data, 0, SPAN * 512);
	ret = nvu_read(rig->qpair, rig->ns, 0, SPAN, buf, 0, 0);
	if (!went_well(sweep, "read", ret) || !went_well(sweep, "read", finish(sweep, 1)))
		return false;
	assert_true(rig_is_filled(data, SPAN * 512, sweep->n));
	return true;
}

static bool talk(struct sweep *sweep)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_IDENTIFY,
				     .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };
	uint8_t page[PAGE];
	struct nvu_event event;

	return went_well(sweep, "admin", nvu_admin(sweep->rig->ctrl, &cmd, page, PAGE, 0, NULL)) &&
	       went_well(sweep, "service", nvu_ctrl_service(sweep->rig->ctrl, &event)) &&
	       went_well(sweep, "reset", nvu_ctrl_reset(sweep->rig->ctrl));
}

static bool begin(struct sweep *sweep)
{
	struct rig *rig = sweep->rig;
	const struct nvu_ctrl_opts *opts =
		NVU_CTRL_OPTS(.ready_timeout_ms = SHORT_MS, .admin_timeout_ms = SHORT_MS,
			      .io_timeout_ms = SHORT_MS, .shutdown_timeout_ms = SHORT_MS,
			      .io_queues = 4);

	return went_well(sweep, "open",
			 nvu_ctrl_open(nvu_mock_address(rig->mock), opts, &rig->ctrl)) &&
	       went_well(sweep, "namespace", nvu_ns_get(rig->ctrl, 1, &rig->ns)) &&
	       went_well(sweep, "queue pair", nvu_qpair_create(rig->ctrl, NULL, &rig->qpair)) &&
	       went_well(sweep, "allocate", nvu_dma_alloc(rig->ctrl, RIG_DATA_BYTES, &rig->buf)) &&
	       went_well(sweep, "register",
			 nvu_dma_register(rig->ctrl, sweep->memory, 4 * PAGE, &sweep->registered));
}

/* A buffer that could not be unmapped is the caller's still, to be freed again. */
static void give_back(struct sweep *sweep, struct nvu_dma **buf)
{
	if (!went_well(sweep, "free", nvu_dma_free(*buf)))
		assert_int_equal(nvu_dma_free(*buf), 0);
	sweep->unmap = false;
	*buf = NULL;
}

static void end(struct sweep *sweep)
{
	struct rig *rig = sweep->rig;

	nvu_qpair_destroy(rig->qpair);
	note_unmap(sweep);
	rig->qpair = NULL;
	if (!sweep->unmap) {
		give_back(sweep, &sweep->registered);
		give_back(sweep, &rig->buf);
	}
	(void)nvu_dma_free(sweep->registered);
	sweep->registered = NULL;
	(void)nvu_dma_free(rig->buf);
	rig->buf = NULL;
	nvu_ctrl_close(rig->ctrl);
	note_unmap(sweep);
	rig->ctrl = NULL;
}

static void arm(struct sweep *sweep)
{
	sweep->armed_at = rig_mock_stats(sweep->rig).transport_calls;
	nvu_mock_fail_call(sweep->rig->mock, sweep->n, sweep->error);
}

/* A lost command, and what it costs: an abort, the queues, a reset when they cannot be deleted. */
static void climb(struct sweep *sweep)
{
	struct rig *rig = sweep->rig;
	int ret;

	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	if (sweep->opcode)
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .count = 1,
					       .qid = NVU_MOCK_ADMIN_QUEUE, .opcode = sweep->opcode,
					       .status = NVU_SC_INTERNAL));
	arm(sweep);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), 0);
	ret = finish(sweep, 1);
	assert_true(ret == -ETIMEDOUT || ret == -ECANCELED);
	settle(sweep);
}

static void disarm(struct sweep *sweep)
{
	sweep->struck = rig_mock_stats(sweep->rig).transport_calls - sweep->armed_at >= sweep->n;
	nvu_mock_fail_call(sweep->rig->mock, 0, 0);
}

static void live(struct sweep *sweep)
{
	arm(sweep);
	if (begin(sweep) && write_and_read(sweep, sweep->rig->buf) && talk(sweep))
		(void)write_and_read(sweep, sweep->registered);
	end(sweep);
	disarm(sweep);
}

/* Open and close are not counted again. */
static void live_with_loss(struct sweep *sweep)
{
	assert_true(begin(sweep));
	climb(sweep);
	(void)write_and_read(sweep, sweep->rig->buf);
	disarm(sweep);
	end(sweep);
}

/* One life with the n-th call failing. False when it made fewer calls. */
static bool live_with_failure(struct sweep *sweep, uint32_t flags)
{
	struct rig *rig = sweep->rig;

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | flags, .ns_bytes = 1 << 20));
	/* The last sentence must not be that of the life before. */
	(void)nvu_ctrl_open("", NULL, &rig->ctrl);
	sweep->complaints = 0;
	sweep->unmap = false;
	sweep->step = "no call";
	if (sweep->ladder)
		live_with_loss(sweep);
	else
		live(sweep);
	if (sweep->unmap)
		rig->mappings = rig_mock_stats(rig).dma_mappings;
	if (nvu_mock_violations(rig->mock) || rig_mock_stats(rig).dma_mappings != rig->mappings)
		print_error("call %llu fails with %d; %s complains\n", (unsigned long long)sweep->n,
			    sweep->error, sweep->step);
	assert_true(sweep->struck || sweep->complaints == 0);
	rig_again(rig);
	return sweep->struck;
}

/* Bytes in use; 0 where that cannot be known: freed memory in malloc's thread caches counts. */
static size_t bytes_in_use(void)
{
	return getenv("GLIBC_TUNABLES") ? mallinfo2().uordblks : 0;
}

static void sweep_over(struct rig *rig, uint32_t flags, struct sweep sweep)
{
	uint32_t kept = 0;
	bool struck = true;

	sweep.rig = rig;
	sweep.memory = aligned_alloc(PAGE, 4 * PAGE);
	assert_non_null(sweep.memory);
	sweep.n = UINT64_MAX;
	assert_false(live_with_failure(&sweep, flags)); /* all that is allocated but once */
	for (sweep.n = 1; struck; sweep.n++) {
		size_t bytes = bytes_in_use();

		struck = live_with_failure(&sweep, flags);
		kept += sweep.unmap;
		/* What is kept keeps its domain, whose tables may grow. */
		if (!kept && bytes_in_use() > bytes)
			fail_msg("call %llu: %zu bytes are left", (unsigned long long)sweep.n,
				 bytes_in_use() - bytes);
	}
	print_message("%llu calls, %u of them leave a mapping on purpose\n",
		      (unsigned long long)sweep.n - 2, kept);
	assert_in_range(sweep.n, 20, 1000);
	free(sweep.memory);
}

static void call_failing_with_eio_is_survived(void **state)
{
	sweep_over(*state, 0, (struct sweep){ .error = -EIO });
}

static void call_failing_with_enomem_is_survived(void **state)
{
	sweep_over(*state, 0, (struct sweep){ .error = -ENOMEM });
}

static void doorbell_failing_is_survived(void **state)
{
	sweep_over(*state, NVU_MOCK_TRAP_DOORBELLS, (struct sweep){ .error = -EIO });
}

static void call_failing_with_shadow_doorbells_is_survived(void **state)
{
	sweep_over(*state, NVU_MOCK_SHADOW_DOORBELLS, (struct sweep){ .error = -EIO });
}

static void call_failing_while_queues_are_made_anew_is_survived(void **state)
{
	sweep_over(*state, NVU_MOCK_TRAP_DOORBELLS,
		   (struct sweep){ .error = -EIO, .ladder = true });
}

static void call_failing_while_the_controller_is_reset_is_survived(void **state)
{
	sweep_over(*state, NVU_MOCK_TRAP_DOORBELLS,
		   (struct sweep){ .error = -EIO, .ladder = true, .opcode = NVU_ADMIN_DELETE_CQ });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(call_failing_with_eio_is_survived),
		RIG_TEST(call_failing_with_enomem_is_survived),
		RIG_TEST(doorbell_failing_is_survived),
		RIG_TEST(call_failing_with_shadow_doorbells_is_survived),
		RIG_TEST(call_failing_while_queues_are_made_anew_is_survived),
		RIG_TEST(call_failing_while_the_controller_is_reset_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
