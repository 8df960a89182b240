// SPDX-License-Identifier: MIT
/*
 * handles.cpp: nvu/nvu.hpp in C++11: handles own what they open, calls that fail throw with code and sentence, a
 * full queue is an answer and not an exception.
 */
#include <nvu/mock.h>
#include <nvu/nvu.hpp>

#include <cstring>
#include <type_traits>

#include "support.hpp"

namespace
{

enum : uint32_t { BLOCK_BYTES = 512, BLOCKS = 8, ROOM = 3 };

static_assert(!std::is_copy_constructible<nvu::qpair>::value, "one owner");
static_assert(std::is_nothrow_move_constructible<nvu::ctrl>::value, "can be kept in a vector");

struct rig : owned_mock {
	nvu::ctrl ctrl;
	nvu::dma buf;
	nvu::qpair qpair;

	rig() : ctrl(address()), buf(ctrl, BLOCK_BYTES * BLOCKS), qpair(ctrl, small_queue(ROOM))
	{
	}
};

void qpair_write_then_read_returns_what_was_written(void **)
{
	rig rig;
	const nvu_ns *ns = rig.ctrl.ns(1);

	memset(rig.buf.data(), 0x5a, rig.buf.size());
	assert_true(rig.qpair.write(ns, 16, BLOCKS, rig.buf, 0, 1));
	assert_int_equal(rig.qpair.wait().at(0).status, 0);
	memset(rig.buf.data(), 0, rig.buf.size());
	assert_true(rig.qpair.read(ns, 16, BLOCKS, rig.buf, 0, 2));

	const std::vector<nvu_cpl> cpls = rig.qpair.wait();

	assert_int_equal(cpls.size(), 1);
	assert_int_equal(cpls[0].user_data, 2);
	assert_int_equal(rig.buf.data()[BLOCK_BYTES * BLOCKS - 1], 0x5a);
	assert_int_equal(rig.qpair.stats().completed, 2);
}

void qpair_full_queue_returns_false_and_throws_nothing(void **)
{
	rig rig;
	const nvu_ns *ns = rig.ctrl.ns(1);

	for (uint32_t i = 0; i < ROOM; i++)
		assert_true(rig.qpair.flush(ns, i));

	assert_false(rig.qpair.flush(ns, ROOM));
	assert_int_equal(rig.qpair.room(), 0);
	assert_int_equal(rig.qpair.depth(), ROOM);
}

/* Runs @call, which has to throw, and returns what it threw. */
template <class function> nvu::error thrown_by(function call)
{
	try {
		call();
	} catch (const nvu::error &error) {
		return error;
	}
	fail_msg("nothing was thrown");
	return nvu::error(0, "");
}

void qpair_read_past_the_end_throws_code_and_sentence(void **)
{
	rig rig;
	const nvu_ns *ns = rig.ctrl.ns(1);

	const nvu::error error =
		thrown_by([&] { rig.qpair.read(ns, nvu_ns_info(ns)->blocks, 1, rig.buf, 0, 0); });

	assert_int_equal(error.code(), -EINVAL);
	assert_string_equal(error.what(), nvu_last_error());
	assert_non_null(strstr(error.what(), "blocks"));
}

void ctrl_missing_namespace_throws(void **)
{
	rig rig;

	assert_int_equal(thrown_by([&] { rig.ctrl.ns(7); }).code(), -ENODEV);
}

void ctrl_address_of_nothing_throws_and_opens_nothing(void **)
{
	assert_int_equal(thrown_by([] { nvu::ctrl("mock:size=banana"); }).code(), -EINVAL);
}

void ctrl_admin_status_is_thrown_as_it_is_and_as_an_errno(void **)
{
	rig rig;
	nvu_sqe cmd = nvu_sqe();

	cmd.opcode = 0x7f;

	const nvu::error error = thrown_by([&] { rig.ctrl.admin(cmd); });

	assert_int_equal(error.code(), NVU_SC_INVALID_OPCODE);
	assert_int_equal(error.negative_errno(), nvu_errno(NVU_SC_INVALID_OPCODE));
}

void qpair_failed_read_is_described(void **)
{
	rig rig;
	nvu_mock_fault fault = nvu::make<nvu_mock_fault>();

	fault.kind = NVU_MOCK_FAULT_STATUS;
	fault.opcode = NVU_CMD_READ;
	fault.status = NVU_SC_UNRECOVERED_READ;
	nvu_mock_inject(rig.mock, &fault);
	assert_true(rig.qpair.read(rig.ctrl.ns(1), 5, 1, rig.buf, 0, 0));

	const std::string text = rig.qpair.describe(rig.qpair.wait().at(0));

	assert_non_null(strstr(text.c_str(), "block 5"));
	assert_int_equal(text.size(), strlen(text.c_str()));
}

void handles_can_be_moved_and_end_once(void **)
{
	rig rig;
	nvu::qpair moved = std::move(rig.qpair);
	std::vector<nvu::dma> bufs;

	for (int i = 0; i < 4; i++)
		bufs.push_back(nvu::dma(rig.ctrl, BLOCK_BYTES));

	assert_null(rig.qpair.get());
	assert_true(moved.read(rig.ctrl.ns(1), 0, 1, bufs[3], 0, 0));
	assert_int_equal(moved.wait().at(0).status, 0);
}

void block_writes_any_bytes(void **)
{
	owned_mock drive(0);
	nvu::ctrl ctrl(drive.address());
	nvu::block block(ctrl, ctrl.ns(1));
	char text[6] = "";

	block.write("hello", 5, 4093, NVU_BLOCK_FUA);
	block.read(text, 5, 4093);
	block.flush();

	assert_string_equal(text, "hello");
	assert_int_equal(thrown_by([&] { block.read(text, 1, block.bytes()); }).code(), -EINVAL);
}

} /* namespace */

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qpair_write_then_read_returns_what_was_written),
		cmocka_unit_test(qpair_full_queue_returns_false_and_throws_nothing),
		cmocka_unit_test(qpair_read_past_the_end_throws_code_and_sentence),
		cmocka_unit_test(ctrl_missing_namespace_throws),
		cmocka_unit_test(ctrl_address_of_nothing_throws_and_opens_nothing),
		cmocka_unit_test(ctrl_admin_status_is_thrown_as_it_is_and_as_an_errno),
		cmocka_unit_test(qpair_failed_read_is_described),
		cmocka_unit_test(handles_can_be_moved_and_end_once),
		cmocka_unit_test(block_writes_any_bytes),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
