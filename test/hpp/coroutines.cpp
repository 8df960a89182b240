// SPDX-License-Identifier: MIT
/*
 * coroutines.cpp: nvu::async in C++20: a coroutine waits for its commands, many share a queue pair that is smaller
 * than their number, failures are thrown into the coroutine whose command it was.
 */
#include <nvu/mock.h>
#include <nvu/nvu.hpp>

#include <cstring>

#include "support.hpp"

namespace
{

enum : uint32_t { BLOCK_BYTES = 512, ROOM = 3, MANY = 20 };

/* A coroutine that begins at once, and frees itself at its end. It catches what it causes. */
struct task {
	struct promise_type {
		task get_return_object() noexcept
		{
			return {};
		}
		std::suspend_never initial_suspend() noexcept
		{
			return {};
		}
		std::suspend_never final_suspend() noexcept
		{
			return {};
		}
		void return_void() noexcept
		{
		}
		void unhandled_exception() noexcept
		{
			std::terminate();
		}
	};
};

struct rig : owned_mock {
	nvu::ctrl ctrl;
	nvu::dma buf;
	nvu::qpair qpair;
	nvu::async io;

	rig()
	    : ctrl(address()), buf(ctrl, MANY * BLOCK_BYTES), qpair(ctrl, small_queue(ROOM)),
	      io(qpair)
	{
	}
	void run()
	{
		while (io.pending())
			io.wait();
	}
	void fail_reads()
	{
		nvu_mock_fault fault = nvu::make<nvu_mock_fault>();

		fault.kind = NVU_MOCK_FAULT_STATUS;
		fault.opcode = NVU_CMD_READ;
		fault.status = NVU_SC_UNRECOVERED_READ;
		nvu_mock_inject(mock, &fault);
	}
};

task write_and_read_back(rig &rig, uint32_t idx, uint32_t &done)
{
	const nvu_ns *ns = rig.ctrl.ns(1);
	uint8_t *bytes = rig.buf.data() + idx * BLOCK_BYTES;
	nvu_rw_args args = nvu::make<nvu_rw_args>();

	args.ns = ns;
	args.opcode = NVU_CMD_READ;
	args.lba = idx;
	args.blocks = 1;
	args.buf = rig.buf;
	args.offset = idx * BLOCK_BYTES;

	memset(bytes, static_cast<int>(idx + 1), BLOCK_BYTES);
	co_await rig.io.write(ns, idx, 1, rig.buf, idx * BLOCK_BYTES);
	co_await rig.io.flush(ns);
	memset(bytes, 0, BLOCK_BYTES);
	co_await rig.io.rw(args);
	assert_int_equal(bytes[BLOCK_BYTES - 1], idx + 1);
	done++;
}

void async_more_coroutines_than_the_queue_holds_all_end(void **)
{
	rig rig;
	uint32_t done = 0;

	for (uint32_t i = 0; i < MANY; i++)
		write_and_read_back(rig, i, done);
	assert_int_equal(rig.io.pending(), MANY);

	rig.run();

	assert_int_equal(done, MANY);
	assert_int_equal(rig.qpair.stats().completed, 3 * MANY);
}

task number(rig &rig, uint32_t idx, std::vector<uint32_t> &order)
{
	co_await rig.io.flush(rig.ctrl.ns(1));
	order.push_back(idx);
}

/* A stepped mock completes in the order of arrival. */
void async_commands_that_wait_for_room_go_in_turn(void **)
{
	rig rig;
	std::vector<uint32_t> order;

	for (uint32_t i = 0; i < MANY; i++)
		number(rig, i, order);
	rig.run();

	assert_int_equal(order.size(), MANY);
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(order[i], i);
}

task read_and_catch(rig &rig, uint64_t lba, int &code, std::string &sentence)
{
	try {
		co_await rig.io.read(rig.ctrl.ns(1), lba, 1, rig.buf, 0);
	} catch (const nvu::error &error) {
		code = error.code();
		sentence = error.what();
	}
}

void async_failed_read_is_thrown_into_its_coroutine(void **)
{
	rig rig;
	std::string sentence;
	int code = 0;

	rig.fail_reads();
	read_and_catch(rig, 9, code, sentence);
	assert_int_equal(code, 0);
	rig.run();

	assert_int_equal(code, NVU_SC_UNRECOVERED_READ);
	assert_non_null(strstr(sentence.c_str(), "block 9"));
}

void async_refused_read_is_thrown_at_once(void **)
{
	rig rig;
	std::string sentence;
	int code = 0;

	read_and_catch(rig, UINT64_MAX, code, sentence);

	assert_int_equal(code, -EINVAL);
	assert_int_equal(rig.io.pending(), 0);
	assert_string_equal(sentence.c_str(), nvu_last_error());
}

void async_controller_that_has_gone_ends_every_coroutine(void **)
{
	rig rig;
	nvu_mock_fault fault = nvu::make<nvu_mock_fault>();
	std::string sentences[MANY];
	int codes[MANY] = {};

	fault.kind = NVU_MOCK_FAULT_GONE_NOW;
	for (uint32_t i = 0; i < MANY; i++)
		read_and_catch(rig, i, codes[i], sentences[i]);
	nvu_mock_inject(rig.mock, &fault);
	rig.run();

	for (uint32_t i = 0; i < MANY; i++) {
		assert_true(codes[i] < 0);
		assert_true(!sentences[i].empty());
	}
}

} /* namespace */

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(async_more_coroutines_than_the_queue_holds_all_end),
		cmocka_unit_test(async_commands_that_wait_for_room_go_in_turn),
		cmocka_unit_test(async_failed_read_is_thrown_into_its_coroutine),
		cmocka_unit_test(async_refused_read_is_thrown_at_once),
		cmocka_unit_test(async_controller_that_has_gone_ends_every_coroutine),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
