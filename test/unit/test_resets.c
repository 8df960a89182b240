/* SPDX-License-Identifier: MIT */
/*
 * test_resets.c: the count of resets ends before its snapshots take all memory; events go on.
 */
#include "ctrl/resets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void count_of_resets_stops_and_events_go_on(void **state)
{
	static struct nvu_ctrl ctrl;
	struct transport transport = { .name = "test" };
	struct nvu_event event;

	(void)state;
	ctrl.transport = &transport;
	lock_take(&ctrl.lock);
	for (uint32_t i = 1; i <= RESETS_MAX; i++) {
		resets_note(&ctrl, NVU_RESET_LATE);
		assert_int_equal(ctrl.info.resets, i);
	}
	assert_true(resets_event(&ctrl, &event));
	assert_int_equal(event.value, RESETS_MAX);
	assert_false(resets_event(&ctrl, &event));

	resets_note(&ctrl, NVU_RESET_FAILED);

	assert_int_equal(ctrl.info.resets, RESETS_MAX);
	assert_true(resets_event(&ctrl, &event));
	assert_int_equal(event.type, NVU_EVENT_RESET);
	assert_int_equal(event.info, NVU_RESET_FAILED);
	assert_int_equal(event.value, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(count_of_resets_stops_and_events_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
