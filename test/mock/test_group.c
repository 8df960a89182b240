// SPDX-License-Identifier: MIT
/*
 * test_group.c: nvu_group: which member a completion is of, deadlines, resets and ends of members, what ends a wait.
 */
#include "harness.h"

#include "clock.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>

enum { MEMBERS = 6, DEADLINE_MS = 200, LATE_MS = 100, ROUNDS = 200, ROUNDS_S = 5 };

struct scene {
	struct rig *rig;
	struct nvu_group *group;
	struct nvu_qpair *qpairs[MEMBERS];
};

static struct scene begin(void **state, const struct nvu_mock_opts *mock_opts, uint32_t flags)
{
	struct scene scene = { .rig = *state };

	rig_start(scene.rig, mock_opts, NULL, NULL);
	assert_int_equal(nvu_group_create(&scene.group), 0);
	for (int i = 0; i < MEMBERS; i++) {
		assert_int_equal(nvu_qpair_create(scene.rig->ctrl,
						  NVU_QPAIR_OPTS(.flags = flags,
								 .io_timeout_ms = DEADLINE_MS),
						  &scene.qpairs[i]),
				 0);
		assert_int_equal(nvu_group_add(scene.group, scene.qpairs[i]), i);
	}
	return scene;
}

static void end(struct scene *scene)
{
	for (int i = 0; i < MEMBERS; i++) {
		if (scene->qpairs[i])
			(void)nvu_group_remove(scene->group, scene->qpairs[i]);
		nvu_qpair_destroy(scene->qpairs[i]);
	}
	nvu_group_destroy(scene->group);
}

static void queue_read(struct scene *scene, int at, uint64_t user_data)
{
	assert_int_equal(
		nvu_read(scene->qpairs[at], scene->rig->ns, 0, 1, scene->rig->buf, 0, user_data),
		0);
}

static void group_poll_publishes_and_says_whose_completions_are(void **state)
{
	struct scene scene = begin(state, NULL, 0);
	struct nvu_cpl cpls[2 * MEMBERS];

	for (int i = 0; i < MEMBERS; i += 2) {
		queue_read(&scene, i, (uint64_t)i);
		queue_read(&scene, i, (uint64_t)i);
	}
	assert_int_equal(nvu_group_poll(scene.group, cpls, 2 * MEMBERS), 0);
	(void)nvu_mock_step(scene.rig->mock, UINT32_MAX);
	assert_int_equal(nvu_group_poll(scene.group, cpls, 2 * MEMBERS), MEMBERS);
	for (int i = 0; i < MEMBERS; i++) {
		assert_int_equal(cpls[i].member, cpls[i].user_data);
		assert_int_equal(cpls[i].status, 0);
	}
	assert_int_equal(nvu_group_poll(scene.group, cpls, 2 * MEMBERS), 0);
	end(&scene);
}

/* The next poll goes on with the member that had no room. */
static void group_poll_goes_round(void **state)
{
	struct scene scene = begin(state, NULL, 0);
	uint32_t seen[MEMBERS] = { 0 };
	struct nvu_cpl cpl;

	for (int round = 0; round < 3; round++)
		for (int i = 0; i < MEMBERS; i++)
			queue_read(&scene, i, (uint64_t)i);
	assert_int_equal(nvu_group_poll(scene.group, &cpl, 1), 0);
	(void)nvu_mock_step(scene.rig->mock, UINT32_MAX);
	for (int i = 0; i < 3 * MEMBERS; i++) {
		assert_int_equal(nvu_group_poll(scene.group, &cpl, 1), 1);
		seen[cpl.member]++;
	}
	for (int i = 0; i < MEMBERS; i++)
		assert_int_equal(seen[i], 3);
	end(&scene);
}

static void members_come_and_go_with_the_lowest_number(void **state)
{
	struct scene scene = begin(state, NULL, 0);
	struct nvu_group *other;

	assert_int_equal(nvu_group_create(&other), 0);
	assert_int_equal(nvu_group_add(other, scene.qpairs[1]), -EBUSY);
	rig_assert_sentence("is in a group");
	assert_int_equal(nvu_group_remove(other, scene.qpairs[1]), -EINVAL);
	rig_assert_sentence("is not a member");
	assert_int_equal(nvu_group_remove(scene.group, scene.qpairs[4]), 0);
	assert_int_equal(nvu_group_remove(scene.group, scene.qpairs[1]), 0);
	assert_int_equal(nvu_group_add(scene.group, scene.qpairs[4]), 1);
	assert_int_equal(nvu_group_add(scene.group, scene.qpairs[1]), 4);
	nvu_group_destroy(other);
	end(&scene);
}

static void group_wait_ends_a_lost_command_at_its_deadline(void **state)
{
	struct scene scene = begin(state, NULL, 0);
	struct nvu_cpl cpl;
	uint64_t began_ms;

	rig_inject(scene.rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	queue_read(&scene, 3, 7);
	began_ms = clock_now_ms();
	assert_int_equal(nvu_group_wait(scene.group, &cpl, 1, -1), 1);
	assert_int_equal(cpl.member, 3);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	assert_in_range(clock_now_ms() - began_ms, DEADLINE_MS, DEADLINE_MS + LATE_MS);
	end(&scene);
}

static void group_wait_is_bounded_and_woken(void **state)
{
	struct scene scene = begin(state, NULL, NVU_QPAIR_INTERRUPT);
	struct nvu_cpl cpl;
	uint64_t began_ms = clock_now_ms();

	assert_int_equal(nvu_group_wait(scene.group, &cpl, 0, -1), -EINVAL);
	assert_int_equal(nvu_group_wait(scene.group, &cpl, 1, 0), 0);
	assert_int_equal(nvu_group_wait(scene.group, &cpl, 1, 50), 0);
	assert_in_range(clock_now_ms() - began_ms, 50, 60);
	nvu_group_wake(scene.group);
	assert_int_equal(nvu_group_wait(scene.group, &cpl, 1, -1), 0);
	assert_int_equal(nvu_qpair_wake(scene.qpairs[2]), 0);
	assert_int_equal(nvu_group_wait(scene.group, &cpl, 1, -1), 0);
	assert_in_range(clock_now_ms() - began_ms, 50, 70);
	end(&scene);
}

static void members_follow_a_reset(void **state)
{
	struct scene scene = begin(state, NULL, 0);
	struct nvu_cpl cpls[MEMBERS];
	int count = 0;

	for (int i = 0; i < MEMBERS; i++)
		queue_read(&scene, i, (uint64_t)i);
	assert_int_equal(nvu_group_poll(scene.group, cpls, MEMBERS), 0);
	assert_int_equal(nvu_ctrl_reset(scene.rig->ctrl), 0);
	while (count < MEMBERS) {
		int ret = nvu_group_wait(scene.group, cpls, MEMBERS, -1);

		assert_true(ret > 0);
		for (int i = 0; i < ret; i++, count++)
			assert_int_equal(cpls[i].status, -ECANCELED);
	}
	queue_read(&scene, 5, 5);
	assert_int_equal(nvu_group_wait(scene.group, cpls, 1, -1), 1);
	assert_int_equal(cpls[0].status, 0);
	end(&scene);
}

/* One controller goes; the other's members go on. */
static void members_that_have_ended_leave_the_others_alone(void **state)
{
	struct scene scene = begin(state, NULL, 0);
	struct nvu_ctrl *ctrl;
	struct nvu_qpair *other;
	struct nvu_cpl cpl;
	struct nvu_sqe flush = { .opcode = NVU_CMD_FLUSH, .nsid = nvu_le32_put(1) };

	assert_int_equal(nvu_ctrl_open("mock:size=1M,stepped", NULL, &ctrl), 0);
	assert_int_equal(nvu_qpair_create(ctrl, NULL, &other), 0);
	assert_int_equal(nvu_group_add(scene.group, other), MEMBERS);
	rig_inject(scene.rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	assert_int_equal(nvu_group_wait(scene.group, &cpl, 1, 2000), 0);
	assert_int_equal(nvu_io(other, &flush, NULL, 0, 0, 9), 0);
	assert_int_equal(nvu_group_wait(scene.group, &cpl, 1, -1), 1);
	assert_int_equal(cpl.member, MEMBERS);
	assert_int_equal(cpl.status, 0);
	assert_int_equal(nvu_group_remove(scene.group, other), 0);
	assert_int_equal(nvu_group_poll(scene.group, &cpl, 1), -ENODEV);
	rig_assert_sentence("has ended");
	nvu_qpair_destroy(other);
	nvu_ctrl_close(ctrl);
	end(&scene);
}

static void group_descriptor_is_signalled_until_the_next_poll(void **state)
{
	struct scene scene = begin(state, NULL, NVU_QPAIR_INTERRUPT);
	struct pollfd one = { .events = POLLIN };
	struct nvu_qpair *silent;
	struct nvu_cpl cpl;

	one.fd = nvu_group_fd(scene.group);
	assert_true(one.fd >= 0);
	assert_int_equal(nvu_group_poll(scene.group, &cpl, 1), 0);
	for (int i = 0; i < 2 * MEMBERS; i++) {
		assert_int_equal(poll(&one, 1, 0), 0);
		queue_read(&scene, i % MEMBERS, (uint64_t)i);
		assert_int_equal(nvu_group_poll(scene.group, &cpl, 1), 0);
		assert_int_equal(poll(&one, 1, 0), 0);
		(void)nvu_mock_step(scene.rig->mock, UINT32_MAX);
		assert_int_equal(poll(&one, 1, 0), 1);
		assert_int_equal(nvu_group_poll(scene.group, &cpl, 1), 1);
		assert_int_equal(cpl.member, i % MEMBERS);
		assert_int_equal(nvu_group_poll(scene.group, &cpl, 1), 0);
	}
	assert_int_equal(nvu_qpair_create(scene.rig->ctrl, NULL, &silent), 0);
	assert_int_equal(nvu_group_add(scene.group, silent), -ENOTSUP);
	rig_assert_sentence("has no interrupts");
	nvu_qpair_destroy(silent);
	end(&scene);
}

/* On a mock with a thread: one command at a time, of each member in turn. */
static void wait_in_turn(struct scene *scene)
{
	struct nvu_cpl cpl;
	double began = rig_now();

	for (uint64_t i = 0; i < ROUNDS; i++) {
		int ret = 0;

		queue_read(scene, (int)(i % MEMBERS), i);
		while (!ret)
			ret = nvu_group_wait(scene->group, &cpl, 1, -1);
		assert_int_equal(ret, 1);
		assert_int_equal(cpl.user_data, i);
		assert_int_equal(cpl.member, i % MEMBERS);
	}
	assert_true(rig_now() - began < ROUNDS_S);
}

static void group_wait_loses_no_interrupt(void **state)
{
	struct scene scene =
		begin(state, NVU_MOCK_OPTS(.ns_bytes = 1 << 20, .latency_us = 200, .vectors = 3),
		      NVU_QPAIR_INTERRUPT);

	wait_in_turn(&scene);
	end(&scene);
}

static void group_wait_naps_without_interrupts(void **state)
{
	struct scene scene = begin(state, NVU_MOCK_OPTS(.ns_bytes = 1 << 20, .latency_us = 200), 0);

	wait_in_turn(&scene);
	end(&scene);
}

static void *wake_main(void *arg)
{
	nvu_group_wake(arg);
	return NULL;
}

static void thread_wakes_a_group(void **state)
{
	struct scene scene = begin(state, NVU_MOCK_OPTS(.ns_bytes = 1 << 20), NVU_QPAIR_INTERRUPT);
	struct nvu_cpl cpl;

	for (int round = 0; round < 100; round++) {
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, wake_main, scene.group), 0);
		assert_int_equal(nvu_group_wait(scene.group, &cpl, 1, -1), 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
	}
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(group_poll_publishes_and_says_whose_completions_are),
		RIG_TEST(group_poll_goes_round),
		RIG_TEST(members_come_and_go_with_the_lowest_number),
		RIG_TEST(group_wait_ends_a_lost_command_at_its_deadline),
		RIG_TEST(group_wait_is_bounded_and_woken),
		RIG_TEST(members_follow_a_reset),
		RIG_TEST(members_that_have_ended_leave_the_others_alone),
		RIG_TEST(group_descriptor_is_signalled_until_the_next_poll),
		RIG_TEST(group_wait_loses_no_interrupt),
		RIG_TEST(group_wait_naps_without_interrupts),
		RIG_TEST(thread_wakes_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
