/* SPDX-License-Identifier: MIT */
/*
 * test_reservation_refuse.c: commands of reservations that are refused before they are sent.
 */
#include "harness.h"

#include "reservations.h"

enum { KEY = 0x1111, HEAD = 24 };

static void what_the_controller_does_not_have_is_not_sent(void **state)
{
	struct rig *rig = *state;

	rig_start_patched(rig, NVU_CNS_CTRL, 520, 0xdf, NULL); /* ONCS */
	assert_int_equal(nvu_ns_info(rig->ns)->reservation_types, 0);
	assert_int_equal(do_register(rig, 0, 0, 0, KEY), -ENOTSUP);
	rig_assert_sentence("does not support Reservation Register");
	assert_int_equal(acquire(rig, 0, 1, KEY, 0), -ENOTSUP);
	assert_int_equal(release(rig, 0, 1, KEY), -ENOTSUP);
	assert_int_equal(nvu_reservation_report(rig->qpair, rig->ns, rig->buf, 0, PAGE, 0, 0),
			 -ENOTSUP);
	rig_again(rig);

	rig_start_patched(rig, NVU_MOCK_CNS_ZERO, 31, 0x80, NULL); /* RESCAP */
	assert_int_equal(do_register(rig, 0, 0, 0, KEY), -ENOTSUP);
	rig_assert_sentence("namespace 1 does not support reservations");
	rig_again(rig);

	rig_start_patched(rig, NVU_MOCK_CNS_ZERO, 31, 0x04, NULL);
	assert_int_equal(acquire(rig, 0, 1, KEY, 0), -ENOTSUP);
	rig_assert_sentence("reservation type 1");
	assert_int_equal(do_register(rig, 0, NVU_RESERVATION_PERSIST, 0, KEY), -ENOTSUP);
	rig_assert_sentence("leave NVU_RESERVATION_PERSIST out");
	assert_int_equal(rig_mock_stats(rig).io_commands, 0);
	assert_int_equal(do_register(rig, 0, NVU_RESERVATION_VANISH, 0, KEY), 0);
	assert_int_equal(acquire(rig, 0, 2, KEY, 0), 0);
	rig_again(rig);

	rig_start_patched(rig, NVU_CNS_CTRL, 96, 0, NULL); /* CTRATT */
	assert_int_equal(nvu_reservation_set_host_id(rig->ctrl, id, 16), -ENOTSUP);
	rig_assert_sentence("8 bytes only");
	assert_int_equal(nvu_reservation_set_host_id(rig->ctrl, id, 8), 0);
}

static void arguments_that_no_command_may_have_are_refused(void **state)
{
	static const uint8_t none[16];
	struct nvu_reservation reservation;
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(do_register(rig, 3, 0, 0, KEY), -EINVAL);
	rig_assert_sentence("expects 0 to 2");
	assert_int_equal(do_register(rig, 0, 1u << 30, 0, KEY), -EINVAL);
	assert_int_equal(do_register(rig, 0, 1u << 4, 0, KEY), -EINVAL);
	rig_assert_sentence("NVU_RESERVATION_IGNORE_KEY");
	assert_int_equal(acquire(rig, 3, 1, KEY, 0), -EINVAL);
	assert_int_equal(acquire(rig, 0, 0, KEY, 0), -EINVAL);
	assert_int_equal(acquire(rig, 0, 7, KEY, 0), -EINVAL);
	assert_int_equal(acquire(rig, 0, 0x100, KEY, 0), -EINVAL);
	rig_assert_sentence("1 to 6");
	assert_int_equal(release(rig, 2, 1, KEY), -EINVAL);
	assert_int_equal(release(rig, 0, 0, KEY), -EINVAL);
	assert_int_equal(nvu_reservation_report(rig->qpair, rig->ns, rig->buf, 0, HEAD - 4, 0, 0),
			 -EINVAL);
	assert_int_equal(nvu_reservation_report(rig->qpair, rig->ns, rig->buf, 0, HEAD, 1, 0),
			 -EINVAL);
	rig_assert_sentence("between 64 and");
	assert_int_equal(nvu_reservation_report(rig->qpair, rig->ns, rig->buf, 0, HEAD, 2, 0),
			 -EINVAL);
	assert_int_equal(nvu_reservation_report(rig->qpair, rig->ns, NULL, 0, HEAD, 0, 0), -EINVAL);
	assert_int_equal(nvu_reservation_decode(rig->data, HEAD - 1, 0, &reservation, NULL, 0),
			 -EINVAL);
	assert_int_equal(nvu_reservation_decode(rig->data, HEAD, 2, &reservation, NULL, 0),
			 -EINVAL);
	assert_int_equal(nvu_reservation_set_host_id(rig->ctrl, none, 16), -EINVAL);
	rig_assert_sentence("all zeroes");
	assert_int_equal(nvu_reservation_set_host_id(rig->ctrl, NULL, 8), -EINVAL);
	assert_int_equal(nvu_reservation_set_host_id(rig->ctrl, id, 12), -EINVAL);
	assert_int_equal(rig_mock_stats(rig).io_commands, 0);
}

static void report_goes_into_no_buffer_that_the_device_may_only_read(void **state)
{
	static _Alignas(PAGE) char memory[PAGE];
	struct rig *rig = *state;
	struct nvu_dma *buf;

	rig_start(rig, NULL, NULL, NULL);
	buf = rig_register_read_only(rig, memory, sizeof(memory));
	assert_int_equal(nvu_reservation_report(rig->qpair, rig->ns, buf, 0, PAGE, 0, 0), -EINVAL);
	assert_int_equal(nvu_dma_free(buf), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(what_the_controller_does_not_have_is_not_sent),
		RIG_TEST(arguments_that_no_command_may_have_are_refused),
		RIG_TEST(report_goes_into_no_buffer_that_the_device_may_only_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
