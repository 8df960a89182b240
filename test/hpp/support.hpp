// SPDX-License-Identifier: MIT
/*
 * support.hpp: cmocka in C++, and a mock that ends without a violation.
 */
#ifndef TEST_HPP_SUPPORT_HPP
#define TEST_HPP_SUPPORT_HPP

#include <nvu/mock.h>
#include <nvu/nvu.hpp>

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>

extern "C" {
#include <cmocka.h>
}

inline nvu_qpair_opts small_queue(uint32_t commands)
{
	nvu_qpair_opts opts = nvu::make<nvu_qpair_opts>();

	opts.commands = commands;
	return opts;
}

/* A mock of 1 MiB, stepped unless flags say otherwise. Declared before the controller that uses it. */
struct owned_mock {
	nvu_mock *mock = nullptr;

	explicit owned_mock(uint32_t flags = NVU_MOCK_STEPPED)
	{
		nvu_mock_opts opts = nvu::make<nvu_mock_opts>();

		opts.flags = flags;
		opts.ns_bytes = 1 << 20;
		nvu::check(nvu_mock_create(&opts, &mock));
	}
	owned_mock(const owned_mock &) = delete;
	owned_mock &operator=(const owned_mock &) = delete;
	~owned_mock()
	{
		const uint32_t violations = nvu_mock_violations(mock);

		if (violations)
			print_error("%s\n", nvu_mock_violation(mock, 0));
		nvu_mock_destroy(mock);
		assert_int_equal(violations, 0);
	}
	const char *address() const
	{
		return nvu_mock_address(mock);
	}
};

#endif /* TEST_HPP_SUPPORT_HPP */
