// SPDX-License-Identifier: MIT
/*
 * harness.c: see harness.h.
 */
#include "harness.h"

#include "clock.h"
#include "descriptors.h"

#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SERVED_TURNS = 4 };

/* The rig's mock, if it is served; nothing otherwise. */
static struct {
	struct nvu_mock *mock; /* a stepped one */
	char folder[32], address[64];
} served;

double rig_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- served rigs ---------------------------------------------------------------------------- */

static const char *socket_path(void)
{
	return strchr(served.address, ':') + 1;
}

/* nvu sleeps while it waits for a command. */
static void work(void)
{
	if (served.mock)
		(void)nvu_mock_step(served.mock, 1);
}

/*
 * nvu waits for an answer, which a stepped mock gives at once or never. This function comes before libc's, for the
 * library too.
 */
int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	const struct timespec none = { 0 },
			      limit = { timeout_ms / 1000, timeout_ms % 1000 * 1000000l };
	int ret = 0;

	if (!served.mock || !timeout_ms) /* the mock asks, too, and does not wait */
		return (int)syscall(SYS_ppoll, fds, count, timeout_ms < 0 ? NULL : &limit, NULL, 0);
	/* A server that notices the end of one client takes the next one only then. */
	for (int turn = 0; !ret && turn < SERVED_TURNS; turn++) {
		(void)nvu_mock_step(served.mock, 0);
		ret = (int)syscall(SYS_ppoll, fds, count, &none, NULL, 0);
	}
	if (!ret && timeout_ms > 0)
		clock_advance_ms((uint64_t)timeout_ms);
	return ret;
}

/* A server notices that a client has closed the connection in its next steps. */
static void notice_the_end(void)
{
	for (int turn = 0; served.mock && turn < SERVED_TURNS; turn++)
		(void)nvu_mock_step(served.mock, 0);
}

static void serve(struct rig *rig)
{
	(void)snprintf(served.folder, sizeof(served.folder), "/tmp/nvu-rig-XXXXXX");
	assert_non_null(mkdtemp(served.folder));
	(void)snprintf(served.address, sizeof(served.address), "vfio-user:%s/sock", served.folder);
	assert_int_equal(nvu_mock_serve(rig->mock, socket_path()), 0);
	served.mock = rig->stepped ? rig->mock : NULL;
	clock_on_sleep(work);
}

static void end_serving(struct rig *rig)
{
	if (!served.address[0])
		return;
	(void)nvu_mock_serve_stop(rig->mock);
	(void)rmdir(served.folder);
	served.mock = NULL;
	served.address[0] = '\0';
}

const char *rig_address(const struct rig *rig)
{
	return served.address[0] ? served.address : nvu_mock_address(rig->mock);
}

/* --- rigs ----------------------------------------------------------------------------------- */

int rig_begin(void **state)
{
	static struct rig rig;

	clock_start();
	rig = (struct rig){ .descriptors = count_descriptors() };
	*state = &rig;
	return 0;
}

void rig_close(struct rig *rig)
{
	nvu_qpair_destroy(rig->qpair);
	(void)nvu_dma_free(rig->buf);
	nvu_ctrl_close(rig->ctrl);
	rig->qpair = NULL;
	rig->buf = NULL;
	rig->ctrl = NULL;
}

static int show_violations(struct rig *rig)
{
	uint32_t count = nvu_mock_violations(rig->mock);

	for (uint32_t idx = 0; idx < count && nvu_mock_violation(rig->mock, idx); idx++)
		print_error("violation: %s\n", nvu_mock_violation(rig->mock, idx));
	return count ? -1 : 0;
}

int rig_end(void **state)
{
	struct rig *rig = *state;
	int ret = 0;

	rig_close(rig);
	end_serving(rig);
	if (rig->mock) {
		ret = rig->inconsistent ? 0 : show_violations(rig);
		if (rig_mock_stats(rig).cq_full && !rig->inconsistent) {
			print_error("%llu times a completion queue had no room\n",
				    (unsigned long long)rig_mock_stats(rig).cq_full);
			ret = -1;
		}
		if (rig_mock_stats(rig).dma_mappings != rig->mappings) {
			print_error("%llu mappings are left, %llu were there before\n",
				    (unsigned long long)rig_mock_stats(rig).dma_mappings,
				    (unsigned long long)rig->mappings);
			ret = -1;
		}
	}
	nvu_mock_destroy(rig->mock);
	rig->mock = NULL;
	if (count_descriptors() != rig->descriptors) {
		print_error("descriptors: %d are open, %d were before\n", count_descriptors(),
			    rig->descriptors);
		ret = -1;
	}
	return ret;
}

void rig_again(struct rig *rig)
{
	void *state = rig;

	assert_int_equal(rig_end(&state), 0);
	clock_start();
	*rig = (struct rig){ .descriptors = rig->descriptors };
}

void rig_create(struct rig *rig, const struct nvu_mock_opts *opts)
{
	static const struct nvu_mock_opts usual = { .size = sizeof(usual),
						    .flags = NVU_MOCK_STEPPED,
						    .ns_bytes = 64 << 20 };

	if (!opts)
		opts = &usual;
	assert_int_equal(nvu_mock_create(opts, &rig->mock), 0);
	rig->stepped = opts->flags & NVU_MOCK_STEPPED;
	if (!rig->stepped)
		clock_stop();
	rig->mappings = rig_mock_stats(rig).dma_mappings;
	if (getenv("RIG_SERVED"))
		serve(rig);
}

void rig_open(struct rig *rig, const struct nvu_mock_opts *mock_opts,
	      const struct nvu_ctrl_opts *ctrl_opts)
{
	int ret;

	rig_create(rig, mock_opts);
	ret = nvu_ctrl_open(rig_address(rig), ctrl_opts, &rig->ctrl);
	if (ret)
		fail_msg("open: %d: %s", ret, nvu_last_error());
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
}

void rig_equip(struct rig *rig, const struct nvu_qpair_opts *qpair_opts)
{
	int ret = nvu_qpair_create(rig->ctrl, qpair_opts, &rig->qpair);

	if (ret)
		fail_msg("queue pair: %d: %s", ret, nvu_last_error());
	assert_int_equal(nvu_dma_alloc(rig->ctrl, RIG_DATA_BYTES, &rig->buf), 0);
	rig->data = nvu_dma_addr(rig->buf);
}

void rig_start(struct rig *rig, const struct nvu_mock_opts *mock_opts,
	       const struct nvu_ctrl_opts *ctrl_opts, const struct nvu_qpair_opts *qpair_opts)
{
	rig_open(rig, mock_opts, ctrl_opts);
	rig_equip(rig, qpair_opts);
}

void rig_start_patched(struct rig *rig, uint32_t cns, uint32_t offset, uint8_t byte,
		       const struct nvu_qpair_opts *qpair_opts)
{
	rig_create(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = cns, .offset = offset,
				       .len = 1, .bytes = { byte }));
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, qpair_opts);
}

void rig_inject(struct rig *rig, const struct nvu_mock_fault *fault)
{
	assert_int_equal(nvu_mock_inject(rig->mock, fault), 0);
}

struct nvu_mock_stats rig_mock_stats(struct rig *rig)
{
	struct nvu_mock_stats stats;

	notice_the_end();
	nvu_mock_stats(rig->mock, &stats, sizeof(stats));
	return stats;
}

struct nvu_qpair_stats rig_stats(struct rig *rig)
{
	struct nvu_qpair_stats stats;

	nvu_qpair_stats(rig->qpair, &stats, sizeof(stats));
	return stats;
}

int rig_poll(struct rig *rig, struct nvu_cpl *cpls, uint32_t max)
{
	int ret;

	if (rig->stepped)
		(void)nvu_mock_step(rig->mock, UINT32_MAX);
	ret = nvu_poll(rig->qpair, cpls, max);
	if (ret == 0 && !rig->stepped)
		(void)sched_yield();
	return ret;
}

void rig_reap(struct rig *rig, struct nvu_cpl *cpls, uint32_t want)
{
	double end = rig_now() + RIG_PATIENCE_S;
	uint32_t have = 0;

	assert_int_equal(nvu_submit(rig->qpair), 0);
	while (have < want && rig_now() < end) {
		int ret = rig_poll(rig, cpls + have, want - have);

		if (ret < 0)
			fail_msg("poll: %d: %s", ret, nvu_last_error());
		have += (uint32_t)ret;
	}
	assert_int_equal(have, want);
}

struct nvu_cpl rig_answer(struct rig *rig)
{
	struct nvu_cpl cpl, other;

	rig_reap(rig, &cpl, 1);
	assert_int_equal(rig_poll(rig, &other, 1), 0);
	return cpl;
}

int rig_status(struct rig *rig)
{
	struct nvu_cpl cpl;

	rig_reap(rig, &cpl, 1);
	return cpl.status;
}

void rig_settle(struct rig *rig)
{
	double end = rig_now() + RIG_PATIENCE_S;
	struct nvu_cpl cpl;
	int ret;

	while ((ret = nvu_flush(rig->qpair, rig->ns, 0)) == -EAGAIN && rig_now() < end)
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
	assert_int_equal(ret, 0);
	assert_int_equal(rig_status(rig), 0);
}

int rig_read(struct rig *rig, uint64_t lba, uint32_t blocks, size_t offset)
{
	assert_int_equal(nvu_read(rig->qpair, rig->ns, lba, blocks, rig->buf, offset, 0), 0);
	return rig_status(rig);
}

int rig_write(struct rig *rig, uint64_t lba, uint32_t blocks, size_t offset)
{
	assert_int_equal(nvu_write(rig->qpair, rig->ns, lba, blocks, rig->buf, offset, 0), 0);
	return rig_status(rig);
}

void rig_queue_reads(struct rig *rig, uint32_t count, uint64_t first)
{
	uint32_t blocks = (uint32_t)(RIG_DATA_BYTES / PAGE);

	for (uint32_t idx = 0; idx < count; idx++)
		assert_int_equal(nvu_read(rig->qpair, rig->ns, idx % blocks, 1, rig->buf,
					  idx % blocks * (size_t)PAGE, first + idx),
				 0);
	assert_int_equal(nvu_submit(rig->qpair), 0);
}

static uint64_t word_at(uint64_t place, uint64_t seed)
{
	return (place + seed) * 0x9e3779b97f4a7c15ull ^ seed << 17;
}

void rig_fill(void *data, size_t len, uint64_t seed)
{
	for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
		uint64_t word = word_at(at, seed);
		size_t left = len - at;

		memcpy((char *)data + at, &word, left < sizeof(word) ? left : sizeof(word));
	}
}

bool rig_is_filled(const void *data, size_t len, uint64_t seed)
{
	for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
		uint64_t word = word_at(at, seed);
		size_t left = len - at;

		if (memcmp((const char *)data + at, &word,
			   left < sizeof(word) ? left : sizeof(word)))
			return false;
	}
	return true;
}

struct nvu_dma *rig_register_read_only(struct rig *rig, void *memory, size_t len)
{
	struct nvu_dma *buf = NULL;

	assert_int_equal(nvu_dma_register_opts(rig->ctrl, memory, len,
					       NVU_DMA_OPTS(.flags = NVU_DMA_DEVICE_READS_ONLY),
					       &buf),
			 0);
	return buf;
}

void rig_assert_sentence(const char *word)
{
	if (!strstr(nvu_last_error(), word))
		fail_msg("\"%s\" does not say \"%s\"", nvu_last_error(), word);
}

void ledger_init(struct ledger *ledger, uint64_t limit)
{
	*ledger = (struct ledger){ .limit = limit };
	ledger->bits = calloc(limit / 64 + 1, sizeof(uint64_t));
	assert_non_null(ledger->bits);
}

void ledger_free(struct ledger *ledger)
{
	free(ledger->bits);
	ledger->bits = NULL;
}

bool ledger_note(struct ledger *ledger, uint64_t user_data)
{
	uint64_t bit = 1ull << (user_data & 63);

	if (user_data >= ledger->accepted || user_data >= ledger->limit ||
	    (ledger->bits[user_data / 64] & bit))
		return false;
	ledger->bits[user_data / 64] |= bit;
	ledger->answered++;
	return true;
}

bool ledger_is_even(const struct ledger *ledger)
{
	return ledger->answered == ledger->accepted;
}

void batch_start(struct batch *batch, struct rig *rig, uint32_t count)
{
	assert_in_range(count, 1, BATCH_MAX);
	*batch = (struct batch){ .error = 0 };
	ledger_init(&batch->ledger, BATCH_MAX);
	rig_queue_reads(rig, count, 0);
	batch->ledger.accepted = count;
}

void batch_finish(struct batch *batch, struct rig *rig)
{
	double end = rig_now() + RIG_PATIENCE_S;
	struct nvu_cpl cpls[16];

	while (!ledger_is_even(&batch->ledger) && !batch->error && rig_now() < end) {
		int ret = rig_poll(rig, cpls, COUNT(cpls));

		batch->error = ret < 0 ? ret : 0;
		for (int idx = 0; idx < ret; idx++) {
			if (!ledger_note(&batch->ledger, cpls[idx].user_data))
				fail_msg("command %llu is answered twice, or was never sent",
					 (unsigned long long)cpls[idx].user_data);
			batch->status[cpls[idx].user_data] = cpls[idx].status;
		}
	}
	if (!ledger_is_even(&batch->ledger))
		fail_msg("%llu of %llu commands are answered; poll said %d",
			 (unsigned long long)batch->ledger.answered,
			 (unsigned long long)batch->ledger.accepted, batch->error);
	ledger_free(&batch->ledger);
}

uint32_t batch_count(const struct batch *batch, int status)
{
	uint32_t count = 0;

	for (uint64_t idx = 0; idx < batch->ledger.accepted; idx++)
		count += batch->status[idx] == status;
	return count;
}
