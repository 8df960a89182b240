// SPDX-License-Identifier: MIT
/*
 * test_fault_sweep.c: a controller that misbehaves at every step of its life in turn: open, queue pair,
 * I/O, admin command, reset, close. The n-th admin command, the n-th read or write of a register,
 * for n = 1, 2, 3 ... until a life passes undisturbed; and many at once. Whatever it is: each call of
 * the library returns in bounded time, one that fails has a sentence, each command is answered
 * exactly once, nothing is left behind; and when the controller behaves again, it can be opened
 * again, and all goes well.
 */
#include "scenario.h"

#include "clock.h"

#include <stdlib.h>

enum { SWEEP_MAX = 200, SCENARIO_MAX_MS = 10 * SCENARIO_SHORT_MS };

struct fault_row {
	const char *name;
	struct nvu_mock_fault fault;
	bool inconsistent; /* the fault makes the mock report violations that are not the driver's */
};

#define FAULT(number, ...)                                                              \
	{                                                                               \
		.size = sizeof(struct nvu_mock_fault), .kind = NVU_MOCK_FAULT_##number, \
		__VA_ARGS__                                                             \
	}
#define ADMIN(number, ...) FAULT(number, .qid = NVU_MOCK_ADMIN_QUEUE, __VA_ARGS__)

static void begin(struct scenario *scenario, struct rig *rig, uint32_t flags)
{
	*scenario = (struct scenario){ .rig = rig, .statuses = true };
	scenario->memory = aligned_alloc(PAGE, SCENARIO_MEMORY_BYTES);
	assert_non_null(scenario->memory);
	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | flags, .ns_bytes = 1 << 20));
	/* The last sentence must not be that of the life before. */
	(void)nvu_ctrl_open("", NULL, &rig->ctrl);
}

/* Runs the scenario with the fault, then without one. Returns how often faults applied. */
static uint64_t run_twice(struct scenario *scenario, const char *name)
{
	uint64_t begin_ms = clock_now_ms();
	uint64_t applied;

	scenario_run(scenario, NULL);
	if (clock_now_ms() - begin_ms > SCENARIO_MAX_MS)
		fail_msg("%s, %llu: it took %llu ms", name, (unsigned long long)scenario->n,
			 (unsigned long long)(clock_now_ms() - begin_ms));
	applied = rig_mock_stats(scenario->rig).faults_injected;
	nvu_mock_clear_faults(scenario->rig->mock);
	scenario->inconsistent = false;
	scenario->complaints = 0;
	scenario_run(scenario, NULL);
	if (scenario->complaints)
		fail_msg("%s, %llu: the next life: %s: %s", name, (unsigned long long)scenario->n,
			 scenario->step, nvu_last_error());
	free(scenario->memory);
	rig_again(scenario->rig);
	return applied;
}

/* False when the n-th such thing did not happen. */
static bool run_with(struct rig *rig, uint32_t flags, const struct fault_row *fault_row, uint64_t n)
{
	struct nvu_mock_fault fault = fault_row->fault;
	struct scenario scenario;

	begin(&scenario, rig, flags);
	scenario.n = n;
	scenario.inconsistent = rig->inconsistent = fault_row->inconsistent;
	fault.skip = (uint32_t)n - 1;
	rig_inject(rig, &fault);
	return run_twice(&scenario, fault_row->name) > 0;
}

static void sweep(struct rig *rig, uint32_t flags, const struct fault_row *rows, size_t count)
{
	for (size_t row = 0; row < count; row++) {
		uint64_t n = 1;

		while (run_with(rig, flags, &rows[row], n))
			n++;
		print_message("%s: %llu times\n", rows[row].name, (unsigned long long)n - 1);
		assert_in_range(n, 2, SWEEP_MAX);
	}
}

static const struct fault_row of_admin_commands[] = {
	{ "not answered", ADMIN(DROP, .count = 1), false },
	{ "answered late", ADMIN(DELAY, .count = 1, .delay = 50), false },
	{ "answered too late", ADMIN(DELAY, .count = 1, .delay = 1ull << 40), false },
	{ "refused", ADMIN(STATUS, .count = 1, .status = NVU_SC_INTERNAL), false },
	{ "refused with a reserved status", ADMIN(STATUS, .count = 1, .status = 0x6ff), false },
	{ "answered, not carried out", ADMIN(STATUS, .count = 1), true },
	{ "answered with an unknown identifier", ADMIN(UNKNOWN_CID, .count = 1, .value = 0x7777),
	  false },
	{ "answered twice", ADMIN(DUPLICATE_CID, .count = 1), false },
	{ "answered for another queue", ADMIN(WRONG_SQID, .count = 1, .value = 1), false },
	{ "answered with a wrong head", ADMIN(WRONG_SQHD, .count = 1, .value = 0xffff), false },
	{ "answered with a wrong phase", ADMIN(WRONG_PHASE, .count = 1), false },
	{ "answered with all ones", ADMIN(RESULT, .count = 1, .value = UINT64_MAX), true },
	{ "answered with zero", ADMIN(RESULT, .count = 1), true },
	{ "answered without data", ADMIN(LENGTH, .count = 1), true },
	{ "answered with half of the data", ADMIN(LENGTH, .count = 1, .value = 250), true },
	{ "answered twelve times", ADMIN(FLOOD, .count = 1, .value = 11), true },
	{ "answered until the queue overruns", ADMIN(FLOOD, .count = 1, .value = 100), true },
	{ "a fatal error", ADMIN(CFS, .count = 1), false },
	{ "vanished", ADMIN(GONE, .count = 1), false },
};

static void admin_command_misbehaving_in_turn_is_survived(void **state)
{
	sweep(*state, 0, of_admin_commands, COUNT(of_admin_commands));
}

static void admin_command_misbehaving_with_shadow_doorbells_is_survived(void **state)
{
	const struct fault_row few[] = { of_admin_commands[0], of_admin_commands[3],
					 of_admin_commands[5], of_admin_commands[17] };

	sweep(*state, NVU_MOCK_SHADOW_DOORBELLS, few, COUNT(few));
}

/* Said once, and said from then on. */
#define REGISTER(number, what) FAULT(REGISTER, .offset = (number), .value = (what), .count = 1)
#define STUCK(number, what) FAULT(REGISTER, .offset = (number), .value = (what))

static const struct fault_row of_registers[] = {
	{ "CSTS is 0 once", REGISTER(NVU_REG_CSTS, 0), true },
	{ "CSTS is 0 from now on", STUCK(NVU_REG_CSTS, 0), true },
	{ "CSTS.RDY once", REGISTER(NVU_REG_CSTS, NVU_CSTS_RDY), true },
	{ "CSTS.RDY from now on", STUCK(NVU_REG_CSTS, NVU_CSTS_RDY), true },
	{ "CSTS.CFS once", REGISTER(NVU_REG_CSTS, NVU_CSTS_CFS), true },
	{ "CSTS.CFS from now on", STUCK(NVU_REG_CSTS, NVU_CSTS_CFS | NVU_CSTS_RDY), true },
	{ "shut down once", REGISTER(NVU_REG_CSTS, NVU_CSTS_RDY | 2 << 2), true },
	{ "shut down from now on", STUCK(NVU_REG_CSTS, NVU_CSTS_RDY | 2 << 2), true },
	{ "shutting down from now on", STUCK(NVU_REG_CSTS, NVU_CSTS_RDY | 1 << 2), true },
	{ "CSTS reserved bits", STUCK(NVU_REG_CSTS, 0xfffffff1), true },
	{ "CSTS all ones once", REGISTER(NVU_REG_CSTS, UINT32_MAX), true },
	{ "CSTS all ones from now on", STUCK(NVU_REG_CSTS, UINT32_MAX), true },
	{ "CC is 0 once", REGISTER(NVU_REG_CC, 0), true },
	{ "CC is 0 from now on", STUCK(NVU_REG_CC, 0), true },
	{ "CC all ones once", REGISTER(NVU_REG_CC, UINT32_MAX), true },
	{ "CC all ones from now on", STUCK(NVU_REG_CC, UINT32_MAX), true },
	{ "CAP all ones", STUCK(NVU_REG_CAP, UINT64_MAX), true },
	{ "VS all ones", STUCK(NVU_REG_VS, UINT32_MAX), true },
};

static void register_that_lies_in_turn_is_survived(void **state)
{
	sweep(*state, 0, of_registers, COUNT(of_registers));
}

static const struct fault_row of_writes[] = {
	{ "CC ignored once", FAULT(IGNORE, .offset = NVU_REG_CC, .count = 1), true },
	{ "CC ignored from now on", FAULT(IGNORE, .offset = NVU_REG_CC), true },
	{ "AQA ignored once", FAULT(IGNORE, .offset = NVU_REG_AQA, .count = 1), true },
	{ "AQA ignored from now on", FAULT(IGNORE, .offset = NVU_REG_AQA), true },
	{ "ASQ ignored once", FAULT(IGNORE, .offset = NVU_REG_ASQ, .count = 1), true },
	{ "ASQ ignored from now on", FAULT(IGNORE, .offset = NVU_REG_ASQ), true },
	{ "ACQ ignored once", FAULT(IGNORE, .offset = NVU_REG_ACQ, .count = 1), true },
	{ "ACQ ignored from now on", FAULT(IGNORE, .offset = NVU_REG_ACQ), true },
};

static void register_write_ignored_in_turn_is_survived(void **state)
{
	sweep(*state, 0, of_writes, COUNT(of_writes));
}

static const struct fault_row of_states[] = {
	{ "never ready", FAULT(NEVER_READY, .count = 1), false },
	{ "never ready again", FAULT(NEVER_READY), false },
	{ "not disabled", FAULT(NEVER_DISABLED, .count = 1), false },
	{ "never disabled again", FAULT(NEVER_DISABLED), false },
	{ "not shut down", FAULT(NO_SHUTDOWN), false },
};

static void state_that_does_not_change_in_turn_is_survived(void **state)
{
	sweep(*state, 0, of_states, COUNT(of_states));
}

static uint32_t random_below(uint64_t *random, uint32_t limit)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t)(*random >> 16) % limit;
}

static void inject_anything(struct rig *rig, uint64_t *random)
{
	static const uint32_t offsets[] = { NVU_REG_CC, NVU_REG_CSTS, NVU_REG_AQA, NVU_REG_ASQ };
	struct nvu_mock_fault fault = {
		.size = sizeof(fault),
		.kind = 1 + random_below(random, NVU_MOCK_FAULT_ENDLESS),
		.qid = random_below(random, 3) ? NVU_MOCK_ANY_QUEUE : 1,
		.skip = random_below(random, 40),
		.count = 1 + random_below(random, 5),
		.status = (uint16_t)random_below(random, 0x800),
		.delay = random_below(random, 100),
		.value = random_below(random, 4) ? random_below(random, 128) : 0xffff,
		.offset = offsets[random_below(random, COUNT(offsets))],
		.len = random_below(random, 65),
	};

	for (size_t at = 0; at < sizeof(fault.bytes); at++)
		fault.bytes[at] = (uint8_t)random_below(random, 256);
	rig_inject(rig, &fault);
}

static void many_faults_at_once_are_survived(void **state)
{
	struct rig *rig = *state;

	for (uint64_t seed = 1; seed <= 60; seed++) {
		uint64_t random = seed * 0x9e3779b97f4a7c15;
		uint32_t count = 1 + random_below(&random, 12);
		struct scenario scenario;

		begin(&scenario, rig, seed % 4 ? 0 : NVU_MOCK_SHADOW_DOORBELLS);
		scenario.n = seed;
		scenario.inconsistent = rig->inconsistent = true;
		while (count--)
			inject_anything(rig, &random);
		(void)run_twice(&scenario, "seed");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(admin_command_misbehaving_in_turn_is_survived),
		RIG_TEST(admin_command_misbehaving_with_shadow_doorbells_is_survived),
		RIG_TEST(register_that_lies_in_turn_is_survived),
		RIG_TEST(register_write_ignored_in_turn_is_survived),
		RIG_TEST(state_that_does_not_change_in_turn_is_survived),
		RIG_TEST(many_faults_at_once_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
