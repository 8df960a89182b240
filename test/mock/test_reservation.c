/* SPDX-License-Identifier: MIT */
/*
 * test_reservation.c: reservations of this host, and of another one that the mock plays: keys, types, what they forbid,
 * preemption, reports; what survives a reset, another host and a power loss.
 */
#include "covers.h"
#include "harness.h"

#include "reservations.h"

COVERS(IO, RESERVATION_REGISTER);
COVERS(IO, RESERVATION_ACQUIRE);
COVERS(IO, RESERVATION_RELEASE);
COVERS(IO, RESERVATION_REPORT);
COVERS(FEATURE, HOST_ID);

enum { KEY = 0x1111, OTHER = 0x2222, EXTENDED_HEAD = 64 };

static const uint8_t other_id[16] = { 0xaa };

/* Of the other host, by controller 2. */
static int other(struct rig *rig, uint32_t opcode, uint32_t action, uint32_t type, uint64_t key,
		 uint64_t other_key)
{
	struct nvu_mock_reserve_args args = {
		.size = sizeof(args),
		.opcode = opcode,
		.action = action,
		.type = type,
		.key = key,
		.other_key = other_key,
	};

	memcpy(args.host_id, other_id, sizeof(other_id));
	return nvu_mock_reserve(rig->mock, &args);
}

static void other_registers(struct rig *rig)
{
	assert_int_equal(
		other(rig, NVU_CMD_RESERVATION_REGISTER, NVU_RESERVATION_REGISTER, 0, 0, OTHER), 0);
}

static int other_acquires(struct rig *rig, uint32_t type)
{
	return other(rig, NVU_CMD_RESERVATION_ACQUIRE, NVU_RESERVATION_ACQUIRE, type, OTHER, 0);
}

/* A controller that knows this host, which has registered. */
static void start(struct rig *rig)
{
	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_reservation_set_host_id(rig->ctrl, id, sizeof(id)), 0);
	assert_int_equal(do_register(rig, NVU_RESERVATION_REGISTER, 0, 0, KEY), 0);
}

/* Reads the report; returns the number of hosts. */
static int report(struct rig *rig, size_t len, struct nvu_reservation *reservation,
		  struct nvu_registrant *registrants, uint32_t max)
{
	memset(rig->data, 0xa5, PAGE);
	assert_int_equal(status_of(rig, nvu_reservation_report(rig->qpair, rig->ns, rig->buf, 0,
							       len, NVU_RESERVATION_EXTENDED, 0)),
			 0);
	return nvu_reservation_decode(rig->data, len, NVU_RESERVATION_EXTENDED, reservation,
				      registrants, max);
}

static void assert_type(struct rig *rig, uint32_t type, uint32_t count)
{
	struct nvu_reservation reservation;

	assert_int_equal(report(rig, EXTENDED_HEAD, &reservation, NULL, 0), 0);
	assert_int_equal(reservation.type, type);
	assert_int_equal(reservation.registrants, count);
}

/* What the host may do while the other one has a reservation: not registered, registered. */
static void types_forbid_what_the_specification_says(void **state)
{
	static const struct {
		uint32_t type;
		bool reads, writes, reads_registered, writes_registered;
	} rows[] = {
		{ NVU_RESERVATION_WRITE_EXCLUSIVE, true, false, true, false },
		{ NVU_RESERVATION_EXCLUSIVE_ACCESS, false, false, false, false },
		{ NVU_RESERVATION_WRITE_EXCLUSIVE_REGISTRANTS, true, false, true, true },
		{ NVU_RESERVATION_EXCLUSIVE_ACCESS_REGISTRANTS, false, false, true, true },
		{ NVU_RESERVATION_WRITE_EXCLUSIVE_ALL, true, false, true, true },
		{ NVU_RESERVATION_EXCLUSIVE_ACCESS_ALL, false, false, true, true },
	};
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		start(rig);
		other_registers(rig);
		assert_int_equal(other_acquires(rig, rows[row].type), 0);

		for (int registered = 1; registered >= 0; registered--) {
			bool reads = registered ? rows[row].reads_registered : rows[row].reads;
			bool writes = registered ? rows[row].writes_registered : rows[row].writes;
			const int conflict = NVU_SC_RESERVATION_CONFLICT;

			assert_int_equal(rig_read(rig, 0, 1, 0), reads ? 0 : conflict);
			assert_int_equal(
				status_of(rig, nvu_verify(rig->qpair, rig->ns, 0, 1, 0, 0)),
				reads ? 0 : conflict);
			assert_int_equal(rig_write(rig, 0, 1, 0), writes ? 0 : conflict);
			assert_int_equal(status_of(rig, nvu_flush(rig->qpair, rig->ns, 0)),
					 writes ? 0 : conflict);
			assert_int_equal(
				status_of(rig, nvu_write_zeroes(rig->qpair, rig->ns, 0, 1, 0, 0)),
				writes ? 0 : conflict);
			assert_int_equal(do_register(rig, NVU_RESERVATION_UNREGISTER, 0, KEY, 0),
					 registered ? 0 : conflict);
		}
		rig_again(rig);
	}
}

static void keys_are_compared(void **state)
{
	const int conflict = NVU_SC_RESERVATION_CONFLICT;
	struct rig *rig = *state;

	start(rig);
	assert_int_equal(do_register(rig, NVU_RESERVATION_REGISTER, 0, 0, KEY), 0);
	assert_int_equal(do_register(rig, NVU_RESERVATION_REGISTER, 0, KEY, KEY + 1), conflict);
	assert_int_equal(do_register(rig, NVU_RESERVATION_REPLACE, 0, KEY + 1, 7), conflict);
	assert_int_equal(acquire(rig, NVU_RESERVATION_ACQUIRE, 1, KEY + 1, 0), conflict);
	assert_int_equal(do_register(rig, NVU_RESERVATION_REPLACE, 0, KEY, 7), 0);
	assert_int_equal(
		do_register(rig, NVU_RESERVATION_REPLACE, NVU_RESERVATION_IGNORE_KEY, 0, 8), 0);
	assert_int_equal(acquire(rig, NVU_RESERVATION_ACQUIRE, 1, 8, 0), 0);
	assert_int_equal(acquire(rig, NVU_RESERVATION_ACQUIRE, 1, 8, 0), 0);
	assert_int_equal(acquire(rig, NVU_RESERVATION_ACQUIRE, 2, 8, 0), conflict);
	assert_int_equal(release(rig, NVU_RESERVATION_RELEASE, 1, 9), conflict);
	assert_int_equal(release(rig, NVU_RESERVATION_RELEASE, 2, 8), NVU_SC_INVALID_FIELD);
	assert_type(rig, 1, 1);
	assert_int_equal(release(rig, NVU_RESERVATION_RELEASE, 1, 8), 0);
	assert_type(rig, 0, 1);
	assert_int_equal(release(rig, NVU_RESERVATION_CLEAR, 99, 8), 0);
	assert_type(rig, 0, 0);
	assert_int_equal(release(rig, NVU_RESERVATION_CLEAR, 0, 8), conflict);
}

static void host_that_preempts_holds_what_the_other_has_held(void **state)
{
	struct rig *rig = *state;

	start(rig);
	other_registers(rig);
	assert_int_equal(other_acquires(rig, NVU_RESERVATION_WRITE_EXCLUSIVE), 0);
	assert_int_equal(rig_write(rig, 0, 1, 0), NVU_SC_RESERVATION_CONFLICT);
	assert_int_equal(acquire(rig, NVU_RESERVATION_PREEMPT, 2, KEY, OTHER + 1),
			 NVU_SC_RESERVATION_CONFLICT);

	assert_int_equal(acquire(rig, NVU_RESERVATION_PREEMPT_ABORT, 2, KEY, OTHER), 0);

	assert_int_equal(rig_write(rig, 0, 1, 0), 0);
	assert_type(rig, NVU_RESERVATION_EXCLUSIVE_ACCESS, 1);
	assert_int_equal(other_acquires(rig, NVU_RESERVATION_WRITE_EXCLUSIVE),
			 NVU_SC_RESERVATION_CONFLICT);
}

/* Of the other host: this one's is taken away, and the commands that it sends are refused. */
static void host_that_is_preempted_learns_it_by_a_conflict(void **state)
{
	struct rig *rig = *state;

	start(rig);
	assert_int_equal(acquire(rig, NVU_RESERVATION_ACQUIRE, 4, KEY, 0), 0);
	other_registers(rig);
	assert_int_equal(
		other(rig, NVU_CMD_RESERVATION_ACQUIRE, NVU_RESERVATION_PREEMPT, 2, OTHER, KEY), 0);

	assert_int_equal(rig_read(rig, 0, 1, 0), NVU_SC_RESERVATION_CONFLICT);
	assert_int_equal(release(rig, NVU_RESERVATION_RELEASE, 4, KEY),
			 NVU_SC_RESERVATION_CONFLICT);
}

/* A reservation that all hold goes with the last of them; key 0 preempts them all. */
static void reservation_of_all_registrants_is_each_ones(void **state)
{
	struct rig *rig = *state;

	start(rig);
	other_registers(rig);
	assert_int_equal(other_acquires(rig, NVU_RESERVATION_EXCLUSIVE_ACCESS_ALL), 0);
	assert_int_equal(do_register(rig, NVU_RESERVATION_UNREGISTER, 0, KEY, 0), 0);
	assert_int_equal(do_register(rig, NVU_RESERVATION_REGISTER, 0, 0, KEY), 0);
	assert_type(rig, NVU_RESERVATION_EXCLUSIVE_ACCESS_ALL, 2);

	assert_int_equal(acquire(rig, NVU_RESERVATION_PREEMPT, 1, KEY, 0), 0);

	assert_type(rig, NVU_RESERVATION_WRITE_EXCLUSIVE, 1);
	assert_int_equal(acquire(rig, NVU_RESERVATION_PREEMPT, 1, KEY, 0), NVU_SC_INVALID_FIELD);
	assert_int_equal(do_register(rig, NVU_RESERVATION_UNREGISTER, 0, KEY, 0), 0);
	assert_type(rig, NVU_RESERVATION_NONE, 0);
}

static void report_says_who_is_registered_and_who_holds(void **state)
{
	struct nvu_registrant registrants[3];
	struct nvu_reservation reservation;
	struct rig *rig = *state;

	start(rig);
	other_registers(rig);
	assert_int_equal(other_acquires(rig, NVU_RESERVATION_WRITE_EXCLUSIVE_REGISTRANTS), 0);

	assert_int_equal(report(rig, PAGE, &reservation, registrants, 3), 2);
	assert_int_equal(reservation.type, NVU_RESERVATION_WRITE_EXCLUSIVE_REGISTRANTS);
	assert_int_equal(reservation.registrants, 2);
	assert_int_equal(reservation.generation, 2);
	assert_int_equal(registrants[0].cntlid, nvu_ctrl_info(rig->ctrl)->cntlid);
	assert_int_equal(registrants[0].key, KEY);
	assert_memory_equal(registrants[0].host_id, id, sizeof(id));
	assert_int_equal(registrants[0].is_holder, 0);
	assert_int_equal(registrants[1].cntlid, 2);
	assert_int_equal(registrants[1].key, OTHER);
	assert_memory_equal(registrants[1].host_id, other_id, sizeof(other_id));
	assert_int_equal(registrants[1].is_holder, 1);

	/* No room for the second, in the data or in the array; the rest of the buffer is untouched. */
	assert_int_equal(report(rig, EXTENDED_HEAD + 124, &reservation, registrants, 3), 1);
	assert_int_equal(reservation.registrants, 2);
	assert_int_equal(rig->data[EXTENDED_HEAD + 124], 0xa5);
	assert_int_equal(report(rig, PAGE, &reservation, registrants, 1), 1);
}

/* An identifier of 64 bits has a report of its own. */
static void report_is_as_wide_as_the_host_identifier(void **state)
{
	struct nvu_registrant registrant;
	struct nvu_reservation reservation;
	struct rig *rig = *state;
	const uint8_t short_id[16] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_reservation_set_host_id(rig->ctrl, id, 8), 0);
	assert_int_equal(
		do_register(rig, NVU_RESERVATION_REGISTER, NVU_RESERVATION_PERSIST, 0, KEY), 0);
	assert_int_equal(status_of(rig, nvu_reservation_report(rig->qpair, rig->ns, rig->buf, 0,
							       PAGE, NVU_RESERVATION_EXTENDED, 0)),
			 NVU_SC_HOST_ID_FORMAT);
	assert_int_equal(status_of(rig, nvu_reservation_report(rig->qpair, rig->ns, rig->buf, 0,
							       PAGE, 0, 0)),
			 0);
	assert_int_equal(nvu_reservation_decode(rig->data, PAGE, 0, &reservation, &registrant, 1),
			 1);
	assert_memory_equal(registrant.host_id, short_id, sizeof(short_id));
	assert_int_equal(registrant.key, KEY);
	assert_int_equal(reservation.persists, 1);
}

static void host_identifier_is_set_again_after_a_reset(void **state)
{
	struct rig *rig = *state;

	start(rig);
	assert_int_equal(acquire(rig, NVU_RESERVATION_ACQUIRE, 2, KEY, 0), 0);
	assert_int_equal(nvu_reservation_set_host_id(rig->ctrl, other_id, 16), NVU_SC_SEQUENCE);

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);

	rig_settle(rig);
	assert_int_equal(rig_write(rig, 0, 1, 0), 0);
	assert_int_equal(release(rig, NVU_RESERVATION_RELEASE, 2, KEY), 0);
}

/* What a host without an identifier has registered does not outlast a reset. */
static void host_without_an_identifier_is_forgotten_by_a_reset(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(do_register(rig, NVU_RESERVATION_REGISTER, 0, 0, KEY), 0);
	assert_int_equal(acquire(rig, NVU_RESERVATION_ACQUIRE, 1, KEY, 0), 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	rig_settle(rig);
	assert_int_equal(release(rig, NVU_RESERVATION_RELEASE, 1, KEY),
			 NVU_SC_RESERVATION_CONFLICT);
}

/* The drive of this mock, opened by a program on another host. */
static void open_other(struct rig *rig)
{
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
	assert_int_equal(nvu_reservation_set_host_id(rig->ctrl, other_id, 16), 0);
}

static void next_host_finds_what_the_last_one_has_reserved(void **state)
{
	struct rig *rig = *state;

	start(rig);
	assert_int_equal(acquire(rig, NVU_RESERVATION_ACQUIRE, 1, KEY, 0), 0);
	rig_close(rig);
	open_other(rig);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	assert_int_equal(rig_write(rig, 0, 1, 0), NVU_SC_RESERVATION_CONFLICT);
}

static void power_loss_ends_what_does_not_persist(void **state)
{
	static const uint32_t flags[] = { NVU_RESERVATION_PERSIST, NVU_RESERVATION_VANISH };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(flags); row++) {
		start(rig);
		assert_int_equal(do_register(rig, NVU_RESERVATION_REPLACE, flags[row], KEY, KEY),
				 0);
		assert_int_equal(acquire(rig, NVU_RESERVATION_ACQUIRE, 1, KEY, 0), 0);
		rig->inconsistent = true; /* the registers go before the close */
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_POWER_LOSS_NOW));
		rig_close(rig);
		nvu_mock_clear_faults(rig->mock);
		open_other(rig);
		assert_int_equal(rig_write(rig, 0, 1, 0), row ? 0 : NVU_SC_RESERVATION_CONFLICT);
		rig_again(rig);
	}
}

/* Each has a page of its own until it is answered. */
static void keys_wait_in_pages_of_their_own(void **state)
{
	struct nvu_registrant registrant;
	struct nvu_reservation reservation;
	struct rig *rig = *state;
	struct nvu_cpl cpls[4];

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_reservation_set_host_id(rig->ctrl, id, 16), 0);
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(nvu_reservation_register(rig->qpair, rig->ns,
							  i ? NVU_RESERVATION_REPLACE
							    : NVU_RESERVATION_REGISTER,
							  0, i, i + 1, i),
				 0);
	assert_int_equal(nvu_reservation_register(rig->qpair, rig->ns, 0, 0, 0, 9, 4), -EAGAIN);

	rig_reap(rig, cpls, 4);

	for (int i = 0; i < 4; i++)
		assert_int_equal(cpls[i].status, 0);
	assert_int_equal(report(rig, PAGE, &reservation, &registrant, 1), 1);
	assert_int_equal(registrant.key, 4);
}

static void arguments_of_another_host_are_checked(void **state)
{
	static const struct {
		uint32_t opcode, cntlid, nsid;
	} rows[] = { { NVU_CMD_READ, 2, 1 },
		     { NVU_CMD_RESERVATION_REGISTER, 1, 1 },
		     { NVU_CMD_RESERVATION_REGISTER, 65536, 1 },
		     { NVU_CMD_RESERVATION_REGISTER, 2, 2 } };
	struct rig *rig = *state;

	rig_create(rig, NULL);
	for (uint32_t i = 0; i < COUNT(rows) + 17; i++) {
		uint32_t row = i < COUNT(rows) ? i : 0;
		int ret = nvu_mock_reserve(
			rig->mock,
			NVU_MOCK_RESERVE(.opcode = row == i ? rows[row].opcode : rows[1].opcode,
					 .cntlid = row == i ? rows[row].cntlid : i + 2,
					 .nsid = rows[row].nsid));

		assert_int_equal(ret, i < COUNT(rows)	     ? -EINVAL
				      : i < COUNT(rows) + 16 ? 0
							     : NVU_SC_INSUFFICIENT_RESOURCES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(types_forbid_what_the_specification_says),
		RIG_TEST(keys_are_compared),
		RIG_TEST(host_that_preempts_holds_what_the_other_has_held),
		RIG_TEST(host_that_is_preempted_learns_it_by_a_conflict),
		RIG_TEST(reservation_of_all_registrants_is_each_ones),
		RIG_TEST(report_says_who_is_registered_and_who_holds),
		RIG_TEST(report_is_as_wide_as_the_host_identifier),
		RIG_TEST(host_identifier_is_set_again_after_a_reset),
		RIG_TEST(host_without_an_identifier_is_forgotten_by_a_reset),
		RIG_TEST(next_host_finds_what_the_last_one_has_reserved),
		RIG_TEST(power_loss_ends_what_does_not_persist),
		RIG_TEST(keys_wait_in_pages_of_their_own),
		RIG_TEST(arguments_of_another_host_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
