// SPDX-License-Identifier: MIT
/*
 * scenario.c: see scenario.h.
 */
#include "scenario.h"

enum { SPAN = 16 };

/* A failure inside a call that succeeds has no sentence: the log tells of it. */
static void note_unmap(void *arg, int level, const char *line)
{
	struct scenario *scenario = arg;

	(void)level;
	scenario->unmap |= strstr(line, "unmap failed") != NULL;
}

/* Notes what a call returned. True when it was 0. */
static bool went_well(struct scenario *scenario, const char *step, int ret)
{
	if (ret == 0)
		return true;
	scenario->complaints++;
	scenario->step = step;
	if (!scenario->inconsistent && !(scenario->statuses && ret > 0) && ret != scenario->error &&
	    ret != -ETIMEDOUT && ret != -EIO && ret != -ENODEV && ret != -ECANCELED)
		fail_msg("call %llu, %s: %d: %s", (unsigned long long)scenario->n, step, ret,
			 nvu_last_error());
	assert_string_not_equal(nvu_last_error(), "");
	return false;
}

/* Until the commands are answered, or the queue pair is dead. The worst of their statuses. */
int scenario_finish(struct scenario *scenario, uint32_t commands)
{
	double end = rig_now() + RIG_PATIENCE_S;
	int worst = 0;

	(void)nvu_submit(scenario->rig->qpair);
	while (commands && rig_now() < end) {
		struct nvu_cpl cpls[SPAN];
		int ret = rig_poll(scenario->rig, cpls, SPAN);

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
void scenario_settle(struct scenario *scenario)
{
	struct nvu_cpl cpl;

	for (int turn = 0; turn < 100; turn++)
		(void)rig_poll(scenario->rig, &cpl, 1);
}

bool scenario_write_and_read(struct scenario *scenario, struct nvu_dma *buf)
{
	struct rig *rig = scenario->rig;
	uint8_t *data = nvu_dma_addr(buf);
	uint32_t queued = 0;
	int ret = 0;

	scenario_settle(scenario);
	rig_fill(data, SPAN * 512, scenario->n);
	for (uint64_t lba = 0; lba < SPAN && !ret; lba++) {
		ret = nvu_write(rig->qpair, rig->ns, lba, 1, buf, lba * 512, lba);
		queued += !ret;
	}
	if (!went_well(scenario, "write", ret) ||
	    !went_well(scenario, "write", scenario_finish(scenario, queued)))
		return false;
	memset(data, 0, SPAN * 512);
	ret = nvu_read(rig->qpair, rig->ns, 0, SPAN, buf, 0, 0);
	if (!went_well(scenario, "read", ret) ||
	    !went_well(scenario, "read", scenario_finish(scenario, 1)))
		return false;
	assert_true(scenario->inconsistent || rig_is_filled(data, SPAN * 512, scenario->n));
	return true;
}

bool scenario_talk(struct scenario *scenario)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_IDENTIFY,
				     .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };
	const struct nvu_sqe set = { .opcode = NVU_ADMIN_SET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION) };
	uint8_t page[PAGE];
	struct nvu_event event;
	int ret;

	if (!went_well(scenario, "admin",
		       nvu_admin(scenario->rig->ctrl, &cmd, page, PAGE, 0, NULL)))
		return false;
	if (!went_well(scenario, "feature", nvu_admin(scenario->rig->ctrl, &set, NULL, 0, 0, NULL)))
		return false;
	ret = nvu_ctrl_service(scenario->rig->ctrl, &event);
	/* A reset that the failure has caused is reported. */
	return went_well(scenario, "service",
			 ret == 1 && event.type == NVU_EVENT_RESET ? 0 : ret) &&
	       went_well(scenario, "reset", nvu_ctrl_reset(scenario->rig->ctrl));
}

bool scenario_begin(struct scenario *scenario, const struct nvu_qpair_opts *opts)
{
	struct rig *rig = scenario->rig;
	const struct nvu_ctrl_opts *ctrl_opts =
		NVU_CTRL_OPTS(.ready_timeout_ms = SCENARIO_SHORT_MS,
			      .admin_timeout_ms = SCENARIO_SHORT_MS,
			      .io_timeout_ms = SCENARIO_SHORT_MS,
			      .shutdown_timeout_ms = SCENARIO_SHORT_MS, .io_queues = 4);

	nvu_set_log(NVU_LOG_LEVEL_INFO, note_unmap, scenario);
	return went_well(scenario, "open",
			 nvu_ctrl_open(rig_address(rig), ctrl_opts, &rig->ctrl)) &&
	       went_well(scenario, "namespace", nvu_ns_get(rig->ctrl, 1, &rig->ns)) &&
	       went_well(scenario, "queue pair", nvu_qpair_create(rig->ctrl, opts, &rig->qpair)) &&
	       went_well(scenario, "allocate",
			 nvu_dma_alloc(rig->ctrl, RIG_DATA_BYTES, &rig->buf)) &&
	       went_well(scenario, "register",
			 nvu_dma_register(rig->ctrl, scenario->memory, SCENARIO_MEMORY_BYTES,
					  &scenario->registered));
}

static bool join_group(struct scenario *scenario)
{
	struct nvu_qpair *qpair = scenario->rig->qpair;
	struct nvu_group *group = NULL;
	struct nvu_cpl cpl;
	bool good = went_well(scenario, "group", nvu_group_create(&group)) &&
		    went_well(scenario, "member", nvu_group_add(group, qpair)) &&
		    went_well(scenario, "group's poll", nvu_group_poll(group, &cpl, 1)) &&
		    went_well(scenario, "remove", nvu_group_remove(group, qpair));

	nvu_group_destroy(group);
	return good;
}

/* A buffer that could not be unmapped is the caller's still, to be freed again. */
static void give_back(struct scenario *scenario, struct nvu_dma **buf)
{
	if (!went_well(scenario, "free", nvu_dma_free(*buf))) {
		assert_int_equal(nvu_dma_free(*buf), 0);
		scenario->unmap = false;
	}
	*buf = NULL;
}

void scenario_end(struct scenario *scenario)
{
	struct rig *rig = scenario->rig;

	nvu_qpair_destroy(rig->qpair);
	rig->qpair = NULL;
	if (!scenario->unmap) {
		give_back(scenario, &scenario->registered);
		give_back(scenario, &rig->buf);
	}
	(void)nvu_dma_free(scenario->registered);
	scenario->registered = NULL;
	(void)nvu_dma_free(rig->buf);
	rig->buf = NULL;
	nvu_ctrl_close(rig->ctrl);
	nvu_set_log(NVU_LOG_LEVEL_OFF, NULL, NULL);
	rig->ctrl = NULL;
}

void scenario_run(struct scenario *scenario, const struct nvu_qpair_opts *opts)
{
	if (scenario_begin(scenario, opts) &&
	    scenario_write_and_read(scenario, scenario->rig->buf) && join_group(scenario) &&
	    scenario_talk(scenario))
		(void)scenario_write_and_read(scenario, scenario->registered);
	scenario_end(scenario);
}
