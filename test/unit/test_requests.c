/* SPDX-License-Identifier: MIT */
/*
 * test_requests.c: the table of admin commands: which answer belongs to which request, and what a request
 * that was given up holds, and for how long.
 */
#include "ctrl/ctrl.h"
#include "ctrl/features.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct transport transport = { .name = "test" };

static struct ctrl_request *send(struct nvu_ctrl *ctrl, enum request_kind kind)
{
	struct ctrl_request *request = requests_take(ctrl, kind);

	assert_non_null(request);
	request->progress = REQUEST_SENT;
	request->epoch = ctrl->epoch;
	return request;
}

static struct feature *prepare(struct nvu_ctrl *ctrl)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_SET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION) };
	struct feature *feature;

	assert_int_equal(features_prepare(ctrl, &cmd, NULL, 0, &feature), 0);
	return feature;
}

static void table_holds_as_many_as_the_admin_queue(void **state)
{
	struct nvu_ctrl ctrl = { .transport = &transport, .lock.owner = lock_self() };

	(void)state;
	for (uint32_t i = 0; i < CTRL_ADMIN_ENTRIES - 1; i++)
		assert_non_null(requests_take(&ctrl, REQUEST_CALLER));
	assert_null(requests_take(&ctrl, REQUEST_INTERNAL));
	assert_int_equal(requests_count(&ctrl, REQUEST_CALLER), CTRL_ADMIN_ENTRIES - 1);
	assert_int_equal(requests_count(&ctrl, REQUEST_FREE), 0);
}

static void answer_finds_its_request_and_none_that_has_ended(void **state)
{
	struct nvu_ctrl ctrl = { .transport = &transport, .lock.owner = lock_self() };
	struct ctrl_request *one, *other;
	uint64_t carried;

	(void)state;
	one = send(&ctrl, REQUEST_CALLER);
	other = send(&ctrl, REQUEST_CALLER);
	carried = requests_user_data(&ctrl, one);
	assert_ptr_equal(requests_find(&ctrl, carried), one);
	assert_ptr_equal(requests_find(&ctrl, requests_user_data(&ctrl, other)), other);
	one->progress = REQUEST_ANSWERED; /* a second answer */
	assert_null(requests_find(&ctrl, carried));
	requests_finish(&ctrl, one);
	assert_null(requests_find(&ctrl, carried));
	assert_ptr_equal(send(&ctrl, REQUEST_CALLER), one); /* the next use of the place */
	assert_null(requests_find(&ctrl, carried));
	assert_ptr_equal(requests_find(&ctrl, requests_user_data(&ctrl, one)), one);
	assert_null(requests_find(&ctrl, UINT64_MAX));
}

/* The buffer and the value stay until the answer, which is found. */
static void request_that_is_given_up_keeps_what_it_has(void **state)
{
	struct nvu_ctrl ctrl = { .transport = &transport, .lock.owner = lock_self() };
	struct nvu_dma spare;
	struct ctrl_request *request;

	(void)state;
	ctrl.spare = &spare;
	request = send(&ctrl, REQUEST_CALLER);
	request->buf = &spare;
	request->feature = prepare(&ctrl);
	requests_finish(&ctrl, request);
	assert_int_equal(request->kind, REQUEST_ABANDONED);
	assert_ptr_equal(requests_holder(&ctrl, &spare), request);
	assert_int_equal(ctrl.features_pending, 1);
	assert_ptr_equal(requests_find(&ctrl, requests_user_data(&ctrl, request)), request);
	requests_release(&ctrl, request);
	assert_null(requests_holder(&ctrl, &spare));
	assert_int_equal(ctrl.features_pending, 0);
	assert_int_equal(requests_count(&ctrl, REQUEST_FREE), REQUESTS_MAX);
}

/* Not sent, answered, of a former life, of a dead controller: nothing more will come. */
static void request_that_is_over_holds_nothing(void **state)
{
	enum { NOT_SENT, ANSWERED, FORMER_LIFE, DEAD, CASES };

	(void)state;
	for (int what = 0; what < CASES; what++) {
		struct nvu_ctrl ctrl = { .transport = &transport, .lock.owner = lock_self() };
		struct nvu_dma spare;
		struct ctrl_request *request;

		ctrl.spare = &spare;
		request = send(&ctrl, REQUEST_CALLER);
		request->buf = &spare;
		request->feature = prepare(&ctrl);
		if (what == NOT_SENT)
			request->progress = REQUEST_UNSENT;
		if (what == ANSWERED)
			request->progress = REQUEST_ANSWERED;
		ctrl.epoch += what == FORMER_LIFE;
		ctrl.dead = what == DEAD ? -EIO : 0;
		requests_finish(&ctrl, request);
		assert_int_equal(requests_count(&ctrl, REQUEST_FREE), REQUESTS_MAX);
		assert_null(requests_holder(&ctrl, &spare));
		assert_int_equal(ctrl.features_pending, 0);
	}
}

/* Threads that wait finish their requests themselves. */
static void end_of_a_life_releases_what_no_caller_waits_for(void **state)
{
	struct nvu_ctrl ctrl = { .transport = &transport,
				 .lock.owner = lock_self(),
				 .events_armed = 1 };
	struct ctrl_request *caller;

	(void)state;
	requests_finish(&ctrl, send(&ctrl, REQUEST_INTERNAL));
	(void)send(&ctrl, REQUEST_EVENT);
	caller = send(&ctrl, REQUEST_CALLER);
	ctrl.epoch++;
	requests_end_all(&ctrl);
	assert_int_equal(requests_count(&ctrl, REQUEST_FREE), REQUESTS_MAX - 1);
	assert_int_equal(caller->kind, REQUEST_CALLER);
	assert_int_equal(ctrl.events_armed, 0);
	requests_finish(&ctrl, caller);
	assert_int_equal(requests_count(&ctrl, REQUEST_FREE), REQUESTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_holds_as_many_as_the_admin_queue),
		cmocka_unit_test(answer_finds_its_request_and_none_that_has_ended),
		cmocka_unit_test(request_that_is_given_up_keeps_what_it_has),
		cmocka_unit_test(request_that_is_over_holds_nothing),
		cmocka_unit_test(end_of_a_life_releases_what_no_caller_waits_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
