// SPDX-License-Identifier: MIT
/*
 * test_again.c: which commands NVU_QPAIR_RETRY sends once more after a reset: those that leave what once
 * would have left, in the command set of their namespace. Every opcode, in each command set.
 */
#include "harness.h"

enum { OPCODES = 256, ALL_NAMESPACES = -1, NO_NAMESPACE = 7 };

static struct nvu_sqe command(uint32_t opcode, int nsid)
{
	return (struct nvu_sqe){ .opcode = (uint8_t)opcode, .nsid = nvu_le32_put((uint32_t)nsid) };
}

/* One of each opcode, for a namespace identifier; all of them are published. */
static void queue_all(struct rig *rig, int nsid)
{
	for (uint32_t opcode = 0; opcode < OPCODES; opcode++) {
		const struct nvu_sqe cmd = command(opcode, nsid);
		bool has_data = opcode & 3;

		assert_int_equal(nvu_io(rig->qpair, &cmd, has_data ? rig->buf : NULL, 0,
					has_data ? PAGE : 0, opcode),
				 0);
	}
	assert_int_equal(nvu_submit(rig->qpair), 0);
}

static void reap_all(struct rig *rig, int16_t *status)
{
	struct nvu_cpl cpls[16];

	for (int answers = 0; answers < OPCODES;) {
		int ret = rig_poll(rig, cpls, COUNT(cpls));

		assert_true(ret >= 0);
		for (int idx = 0; idx < ret; idx++)
			status[cpls[idx].user_data] = cpls[idx].status;
		answers += ret;
	}
}

static void start(struct rig *rig, uint32_t csi)
{
	rig_start(rig,
		  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 1 << 20, .ns_max = 8,
				.csi = csi),
		  NULL, NVU_QPAIR_OPTS(.depth = 512, .flags = NVU_QPAIR_RETRY));
}

/* After a reset exactly these opcodes are answered by the controller, all others by the reset. */
static void assert_sent_again(struct rig *rig, int nsid, const char *opcodes, size_t count)
{
	uint64_t before = rig_stats(rig).retried, fetched = rig_mock_stats(rig).io_commands;
	int16_t status[OPCODES];

	queue_all(rig, nsid);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	reap_all(rig, status);

	for (uint32_t opcode = 0; opcode < OPCODES; opcode++) {
		bool again = memchr(opcodes, (int)opcode, count) != NULL;

		if (again != (status[opcode] != -ECANCELED))
			fail_msg("opcode %02xh for namespace %d is %s", opcode, nsid,
				 again ? "not sent again" : "sent again");
	}
	assert_int_equal(rig_stats(rig).retried, before + count);
	assert_int_equal(rig_mock_stats(rig).io_commands, fetched + count);
}

#define ASSERT_SENT_AGAIN(rig, nsid, opcodes) \
	assert_sent_again(rig, nsid, opcodes, sizeof(opcodes) - 1)

/* Flush, Reservation Report, I/O Management Receive: opcodes that all command sets have. */
#define COMMON "\x00\x0e\x12"

static void commands_of_the_nvm_command_set_sent_again(void **state)
{
	struct rig *rig = *state;

	start(rig, NVU_CSI_NVM);
	ASSERT_SENT_AGAIN(rig, 1, COMMON "\x01\x02\x04\x05\x08\x09\x0c");
}

/* What is written at a write pointer is not: it has moved. */
static void commands_of_the_zoned_command_set_sent_again(void **state)
{
	struct rig *rig = *state;

	start(rig, NVU_CSI_ZONED);
	ASSERT_SENT_AGAIN(rig, 1, COMMON "\x02\x05\x09\x0c\x7a");
}

/* 01h stores there, 02h retrieves: neither is a write or a read of blocks. */
static void commands_of_the_key_value_command_set_sent_again(void **state)
{
	struct rig *rig = *state;

	start(rig, NVU_CSI_KV);
	ASSERT_SENT_AGAIN(rig, 1, COMMON "\x02\x06\x14");
}

/* Of no namespace that nvu knows: what the opcode means is not known. */
static void commands_for_no_known_namespace_are_not_sent_again(void **state)
{
	struct rig *rig = *state;

	start(rig, NVU_CSI_NVM);
	ASSERT_SENT_AGAIN(rig, 0, "");
	rig_settle(rig);
	ASSERT_SENT_AGAIN(rig, NO_NAMESPACE, "");
}

/* Whatever command set they have: what none of them would do twice. */
static void commands_for_all_namespaces_sent_again(void **state)
{
	struct rig *rig = *state;

	start(rig, NVU_CSI_NVM);
	ASSERT_SENT_AGAIN(rig, ALL_NAMESPACES, COMMON "\x02");
}

/* The controller offers several command sets, and does not say which one the namespace has. */
static void assert_unknown_at_first(struct rig *rig, const struct nvu_mock_fault *fault)
{
	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 1 << 20));
	rig_inject(rig, fault);
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NVU_QPAIR_OPTS(.depth = 512, .flags = NVU_QPAIR_RETRY));
	ASSERT_SENT_AGAIN(rig, 1, "");

	/* At the open, and at the reset: the next one learns it. */
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	rig_settle(rig);
	ASSERT_SENT_AGAIN(rig, 1, COMMON "\x01\x02\x04\x05\x08\x09\x0c");
}

#define DESCRIPTORS \
	.qid = NVU_MOCK_ADMIN_QUEUE, .opcode = NVU_ADMIN_IDENTIFY, .cns = NVU_CNS_NS_DESC_LIST

static void commands_for_an_unknown_command_set_are_not_sent_again(void **state)
{
	enum { CSI_DESCRIPTOR = 52 }; /* behind those of EUI64, NGUID and UUID */
	struct rig *rig = *state;

	/* Refused; the reset asks twice. */
	assert_unknown_at_first(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, DESCRIPTORS,
						    .count = 3, .status = NVU_SC_INVALID_FIELD));
	rig_again(rig);
	/* Left out: its type says that the list ends before it. */
	assert_unknown_at_first(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, DESCRIPTORS,
						    .count = 2, .offset = CSI_DESCRIPTOR, .len = 1,
						    .bytes = { 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(commands_of_the_nvm_command_set_sent_again),
		RIG_TEST(commands_of_the_zoned_command_set_sent_again),
		RIG_TEST(commands_of_the_key_value_command_set_sent_again),
		RIG_TEST(commands_for_no_known_namespace_are_not_sent_again),
		RIG_TEST(commands_for_all_namespaces_sent_again),
		RIG_TEST(commands_for_an_unknown_command_set_are_not_sent_again),
	};

	return cmocka_run_group_tests_name("again on mock", tests, NULL, NULL);
}
