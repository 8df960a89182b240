// SPDX-License-Identifier: MIT
/*
 * life.c: see life.h.
 */
#include "life.h"

enum { SPAN = 16 };

/* A failure inside a call that succeeds has no sentence: the log tells of it. */
static void note_unmap(void *arg, int level, const char *line)
{
	struct life *life = arg;

	(void)level;
	life->unmap |= strstr(line, "unmap failed") != NULL;
}

/* Notes what a call returned. True when it was 0. */
static bool went_well(struct life *life, const char *step, int ret)
{
	if (ret == 0)
		return true;
	life->complaints++;
	life->step = step;
	if (!life->inconsistent && !(life->statuses && ret > 0) && ret != life->error &&
	    ret != -ETIMEDOUT && ret != -EIO && ret != -ENODEV && ret != -ECANCELED)
		fail_msg("call %llu, %s: %d: %s", (unsigned long long)life->n, step, ret,
			 nvu_last_error());
	assert_string_not_equal(nvu_last_error(), "");
	return false;
}

/* Until the commands are answered, or the queue pair is dead. The worst of their statuses. */
int life_finish(struct life *life, uint32_t commands)
{
	double end = rig_now() + RIG_PATIENCE_S;
	int worst = 0;

	(void)nvu_submit(life->rig->qpair);
	while (commands && rig_now() < end) {
		struct nvu_cpl cpls[SPAN];
		int ret = rig_poll(life->rig, cpls, SPAN);

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
void life_settle(struct life *life)
{
	struct nvu_cpl cpl;

	for (int turn = 0; turn < 100; turn++)
		(void)rig_poll(life->rig, &cpl, 1);
}

bool life_write_and_read(struct life *life, struct nvu_dma *buf)
{
	struct rig *rig = life->rig;
	uint8_t *data = nvu_dma_addr(buf);
	uint32_t queued = 0;
	int ret = 0;

	life_settle(life);
	rig_fill(data, SPAN * 512, life->n);
	for (uint64_t lba = 0; lba < SPAN && !ret; lba++) {
		ret = nvu_write(rig->qpair, rig->ns, lba, 1, buf, lba * 512, lba);
		queued += !ret;
	}
	if (!went_well(life, "write", ret) || !went_well(life, "write", life_finish(life, queued)))
		return false;
	memset(data, 0, SPAN * 512);
	ret = nvu_read(rig->qpair, rig->ns, 0, SPAN, buf, 0, 0);
	if (!went_well(life, "read", ret) || !went_well(life, "read", life_finish(life, 1)))
		return false;
	assert_true(life->inconsistent || rig_is_filled(data, SPAN * 512, life->n));
	return true;
}

bool life_talk(struct life *life)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_IDENTIFY,
				     .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };
	const struct nvu_sqe set = { .opcode = NVU_ADMIN_SET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION) };
	uint8_t page[PAGE];
	struct nvu_event event;
	int ret;

	if (!went_well(life, "admin", nvu_admin(life->rig->ctrl, &cmd, page, PAGE, 0, NULL)))
		return false;
	if (!went_well(life, "feature", nvu_admin(life->rig->ctrl, &set, NULL, 0, 0, NULL)))
		return false;
	ret = nvu_ctrl_service(life->rig->ctrl, &event);
	/* A reset that the failure has caused is told. */
	return went_well(life, "service", ret == 1 && event.type == NVU_EVENT_RESET ? 0 : ret) &&
	       went_well(life, "reset", nvu_ctrl_reset(life->rig->ctrl));
}

bool life_begin(struct life *life, const struct nvu_qpair_opts *opts)
{
	struct rig *rig = life->rig;
	const struct nvu_ctrl_opts *ctrl_opts =
		NVU_CTRL_OPTS(.ready_timeout_ms = LIFE_SHORT_MS, .admin_timeout_ms = LIFE_SHORT_MS,
			      .io_timeout_ms = LIFE_SHORT_MS, .shutdown_timeout_ms = LIFE_SHORT_MS,
			      .io_queues = 4);

	nvu_set_log(NVU_LOG_LEVEL_INFO, note_unmap, life);
	return went_well(life, "open",
			 nvu_ctrl_open(nvu_mock_address(rig->mock), ctrl_opts, &rig->ctrl)) &&
	       went_well(life, "namespace", nvu_ns_get(rig->ctrl, 1, &rig->ns)) &&
	       went_well(life, "queue pair", nvu_qpair_create(rig->ctrl, opts, &rig->qpair)) &&
	       went_well(life, "allocate", nvu_dma_alloc(rig->ctrl, RIG_DATA_BYTES, &rig->buf)) &&
	       went_well(life, "register",
			 nvu_dma_register(rig->ctrl, life->memory, LIFE_MEMORY_BYTES,
					  &life->registered));
}

/* A buffer that could not be unmapped is the caller's still, to be freed again. */
static void give_back(struct life *life, struct nvu_dma **buf)
{
	if (!went_well(life, "free", nvu_dma_free(*buf))) {
		assert_int_equal(nvu_dma_free(*buf), 0);
		life->unmap = false;
	}
	*buf = NULL;
}

void life_end(struct life *life)
{
	struct rig *rig = life->rig;

	nvu_qpair_destroy(rig->qpair);
	rig->qpair = NULL;
	if (!life->unmap) {
		give_back(life, &life->registered);
		give_back(life, &rig->buf);
	}
	(void)nvu_dma_free(life->registered);
	life->registered = NULL;
	(void)nvu_dma_free(rig->buf);
	rig->buf = NULL;
	nvu_ctrl_close(rig->ctrl);
	nvu_set_log(NVU_LOG_LEVEL_OFF, NULL, NULL);
	rig->ctrl = NULL;
}

void life_live(struct life *life, const struct nvu_qpair_opts *opts)
{
	if (life_begin(life, opts) && life_write_and_read(life, life->rig->buf) && life_talk(life))
		(void)life_write_and_read(life, life->registered);
	life_end(life);
}
