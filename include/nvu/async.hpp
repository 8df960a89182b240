// SPDX-License-Identifier: MIT
/*
 * nvu/async.hpp: coroutines that wait for their commands. C++20; nothing in an older C++.
 */
#ifndef NVU_ASYNC_HPP
#define NVU_ASYNC_HPP

#include <nvu/handles.hpp>

#if defined(__cpp_impl_coroutine)

#include <coroutine>
#include <exception>

namespace nvu
{

/*
 * Commands of one queue pair for coroutines:
 *
 *	task copy(nvu::async &io, const nvu_ns *ns, const nvu_dma *buf)
 *	{
 *		co_await io.read(ns, 0, 8, buf, 0);
 *		co_await io.write(ns, 8, 8, buf, 0);
 *	}
 *
 *	while (io.pending())
 *		io.wait();
 *
 * co_await returns the completion's result, and throws nvu::error if the command was refused or failed. A command that finds the
 * queue full waits for room, in turn. The thread that owns the queue pair calls poll() or wait(), which resume the coroutines whose
 * commands have completed; a coroutine calls neither. The queue pair's commands are all queued through this, which outlives them.
 * A coroutine must not be destroyed while it waits for a command: the program ends then, as with a joinable
 * std::thread, because the device may still be using the buffer.
 */
class async
{
      public:
	explicit async(const qpair &used) noexcept : qpair_(used)
	{
	}
	async(const async &) = delete;
	async &operator=(const async &) = delete;

	/* A command, and the coroutine that waits for it. */
	class operation
	{
	      public:
		operation(const operation &) = delete;
		operation &operator=(const operation &) = delete;

		bool await_ready() const noexcept
		{
			return false;
		}
		/* False: refused, so that the coroutine goes on at once. */
		bool await_suspend(std::coroutine_handle<> waiter)
		{
			waiter_ = waiter;
			return owner_.start(*this);
		}
		uint64_t await_resume() const
		{
			if (cpl_.status)
				throw error(cpl_.status, sentence_);
			return cpl_.result;
		}

	      protected:
		explicit operation(async &owner) noexcept : owner_(owner)
		{
		}
		virtual ~operation()
		{
			if (waiting_)
				std::terminate();
		}
		virtual int queue(nvu_qpair *qpair, uint64_t user_data) = 0;

	      private:
		friend class async;

		async &owner_;
		std::coroutine_handle<> waiter_;
		operation *next_ = nullptr;
		bool waiting_ = false;
		nvu_cpl cpl_ = {};
		std::string sentence_;
	};

	/* @queue: called with the queue pair and user_data, once or more often; returns what a function of nvu returned. */
	template <class queue_fn> auto command(queue_fn queue)
	{
		struct made final : operation {
			made(async &owner, queue_fn &&fn) : operation(owner), fn_(std::move(fn))
			{
			}
			int queue(nvu_qpair *qpair, uint64_t user_data) override
			{
				return fn_(qpair, user_data);
			}
			queue_fn fn_;
		};
		return made(*this, std::move(queue));
	}

	auto read(const nvu_ns *ns, uint64_t lba, uint32_t blocks, const nvu_dma *buf,
		  size_t offset)
	{
		return command([=](nvu_qpair *to, uint64_t user_data) {
			return nvu_read(to, ns, lba, blocks, buf, offset, user_data);
		});
	}
	auto write(const nvu_ns *ns, uint64_t lba, uint32_t blocks, const nvu_dma *buf,
		   size_t offset)
	{
		return command([=](nvu_qpair *to, uint64_t user_data) {
			return nvu_write(to, ns, lba, blocks, buf, offset, user_data);
		});
	}
	auto flush(const nvu_ns *ns)
	{
		return command([=](nvu_qpair *to, uint64_t user_data) {
			return nvu_flush(to, ns, user_data);
		});
	}
	/* @args: copied; .user_data is not used */
	auto rw(const nvu_rw_args &args)
	{
		return command([args](nvu_qpair *to, uint64_t user_data) {
			nvu_rw_args own = args;

			own.user_data = user_data;
			return nvu_rw(to, &own);
		});
	}

	/* Commands whose coroutines wait. */
	size_t pending() const noexcept
	{
		return pending_;
	}

	/* Resumes the coroutines whose commands have completed. Returns how many. Throws if the queue pair has ended. */
	size_t poll()
	{
		nvu_cpl cpls[BATCH];

		return resume(cpls, nvu_poll(qpair_, cpls, BATCH));
	}
	/* The same, but sleeps until there is one: nvu_wait(). */
	size_t wait(int timeout_ms = -1)
	{
		nvu_cpl cpls[BATCH];

		return resume(cpls, nvu_wait(qpair_, cpls, BATCH, ready_.first ? 0 : timeout_ms));
	}

      private:
	enum : uint32_t { BATCH = 32 };

	/* Operations in order. */
	struct fifo {
		operation *first = nullptr, *last = nullptr;

		void put(operation &one) noexcept
		{
			one.next_ = nullptr;
			(first ? last->next_ : first) = &one;
			last = &one;
		}
		operation &take() noexcept
		{
			operation &one = *first;

			first = one.next_;
			return one;
		}
	};

	static void fail(operation &one, int ret)
	{
		one.cpl_.status = static_cast<int16_t>(ret);
		one.sentence_ = nvu_last_error();
	}

	bool start(operation &one)
	{
		int ret = full_.first ? -EAGAIN
				      : one.queue(qpair_, reinterpret_cast<uintptr_t>(&one));

		if (ret && ret != -EAGAIN) {
			fail(one, ret);
			return false;
		}
		if (ret)
			full_.put(one);
		one.waiting_ = true;
		pending_++;
		return true;
	}

	void complete(const nvu_cpl &cpl)
	{
		operation &one = *reinterpret_cast<operation *>(cpl.user_data);

		one.cpl_ = cpl;
		if (cpl.status)
			one.sentence_ = qpair_.describe(cpl);
		ready_.put(one);
	}

	/* Those that found the queue full, before any that a resumed coroutine queues. */
	void queue_waiting()
	{
		while (full_.first) {
			operation &one = *full_.first;
			int ret = one.queue(qpair_, reinterpret_cast<uintptr_t>(&one));

			if (ret == -EAGAIN)
				return;
			full_.take();
			if (ret) {
				fail(one, ret);
				ready_.put(one);
			}
		}
	}

	/* An exception that leaves a coroutine leaves the others to the next call. */
	size_t resume(const nvu_cpl *cpls, int count)
	{
		size_t resumed = 0;

		for (int i = 0; i < count; i++)
			complete(cpls[i]);
		queue_waiting();
		for (; ready_.first; resumed++) {
			operation &one = ready_.take();

			one.waiting_ = false;
			pending_--;
			one.waiter_.resume();
		}
		if (count < 0 && !resumed)
			check(count);
		return resumed;
	}

	const qpair &qpair_;
	fifo full_, ready_;
	size_t pending_ = 0;
};

} /* namespace nvu */

#endif /* __cpp_impl_coroutine */

#endif /* NVU_ASYNC_HPP */
