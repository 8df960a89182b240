// SPDX-License-Identifier: MIT
/*
 * nvu/handles.hpp: handles that release what they own, and the exception that a failed call throws. C++11.
 *
 * Each handle is movable, not copyable, and converts to the pointer that the functions of C take: call those for
 * what has no member here. Declare first what others use: queue pairs end before buffers, and both before their
 * controller.
 *
 * A call that fails throws nvu::error. A full queue (-EAGAIN) is no failure: a member that queues a command returns
 * false. The status of a completion is not thrown.
 *
 * Thread rules, units and limits are those of the functions of the same name.
 */
#ifndef NVU_HANDLES_HPP
#define NVU_HANDLES_HPP

#include <nvu/nvu.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace nvu
{

/* What a call or a completion failed with, in words. */
class error : public std::runtime_error
{
      public:
	/* @ret: as the function returned it, a negative errno or a status > 0. */
	error(int ret, const std::string &sentence) : std::runtime_error(sentence), ret_(ret)
	{
	}

	/* A negative errno, or an NVMe status > 0: NVU_SC_... */
	int code() const noexcept
	{
		return ret_;
	}

	/* The same as a negative errno: nvu_errno(). */
	int negative_errno() const noexcept
	{
		return nvu_errno(ret_);
	}

      private:
	int ret_;
};

/* Throws what a function of nvu returned, if that is an error: anything but 0. */
inline void check(int ret)
{
	if (ret)
		throw error(ret, nvu_last_error());
}

/* Whether a command was queued: false if the queue is full. Throws any other error. */
inline bool queued(int ret)
{
	if (ret == -EAGAIN)
		return false;
	check(ret);
	return true;
}

/* A struct of nvu with a field size, filled in; all else is 0: auto opts = nvu::make<nvu_qpair_opts>(); */
template <class sized> sized make()
{
	sized value = sized();

	value.size = sizeof(value);
	return value;
}

namespace detail
{
struct close_ctrl {
	void operator()(nvu_ctrl *ctrl) const noexcept
	{
		nvu_ctrl_close(ctrl);
	}
};
struct destroy_qpair {
	void operator()(nvu_qpair *qpair) const noexcept
	{
		nvu_qpair_destroy(qpair);
	}
};
struct free_dma {
	void operator()(nvu_dma *buf) const noexcept
	{
		(void)nvu_dma_free(buf);
	}
};
struct close_block {
	void operator()(nvu_block *block) const noexcept
	{
		nvu_block_close(block);
	}
};

/* Owns a pointer, and converts to it. */
template <class type, class release> class handle
{
      public:
	type *get() const noexcept
	{
		return pointer_.get();
	}
	operator type *() const noexcept
	{
		return pointer_.get();
	}

      protected:
	explicit handle(type *pointer) noexcept : pointer_(pointer)
	{
	}

      private:
	std::unique_ptr<type, release> pointer_;
};
} /* namespace detail */

/* An open controller. */
class ctrl : public detail::handle<nvu_ctrl, detail::close_ctrl>
{
      public:
	explicit ctrl(const std::string &address, const nvu_ctrl_opts *opts = nullptr)
	    : handle(open(address, opts))
	{
	}
	ctrl(const std::string &address, const nvu_ctrl_opts &opts) : ctrl(address, &opts)
	{
	}

	const struct nvu_ctrl_info &info() const noexcept
	{
		return *nvu_ctrl_info(get());
	}

	/* A namespace's handle, borrowed from the controller. */
	const nvu_ns *ns(uint32_t nsid) const
	{
		const nvu_ns *found;

		check(nvu_ns_get(get(), nsid, &found));
		return found;
	}

	/* Sends an admin command and waits for it. Returns its result. */
	uint64_t admin(const nvu_sqe &cmd, void *data = nullptr, size_t len = 0,
		       uint32_t timeout_ms = 0) const
	{
		uint64_t result = 0;

		check(nvu_admin(get(), &cmd, data, len, timeout_ms, &result));
		return result;
	}

	void reset() const
	{
		check(nvu_ctrl_reset(get()));
	}

      private:
	static nvu_ctrl *open(const std::string &address, const nvu_ctrl_opts *opts)
	{
		nvu_ctrl *opened;

		check(nvu_ctrl_open(address.c_str(), opts, &opened));
		return opened;
	}
};

/* Memory that the device may reach. No command may use it when it ends. */
class dma : public detail::handle<nvu_dma, detail::free_dma>
{
      public:
	dma(nvu_ctrl *ctrl, size_t len, const nvu_dma_opts *opts = nullptr)
	    : handle(allocate(ctrl, len, opts))
	{
	}

	/* The caller's memory, which it frees after this has ended. */
	static dma registered(nvu_ctrl *ctrl, void *addr, size_t len,
			      const nvu_dma_opts *opts = nullptr)
	{
		nvu_dma *made;

		check(nvu_dma_register_opts(ctrl, addr, len, opts, &made));
		return dma(made);
	}

	uint8_t *data() const noexcept
	{
		return static_cast<uint8_t *>(nvu_dma_addr(get()));
	}
	size_t size() const noexcept
	{
		return nvu_dma_len(get());
	}

      private:
	explicit dma(nvu_dma *made) noexcept : handle(made)
	{
	}
	static nvu_dma *allocate(nvu_ctrl *ctrl, size_t len, const nvu_dma_opts *opts)
	{
		nvu_dma *made;

		check(nvu_dma_alloc_opts(ctrl, len, opts, &made));
		return made;
	}
};

/* A queue pair, for one thread at a time. */
class qpair : public detail::handle<nvu_qpair, detail::destroy_qpair>
{
      public:
	explicit qpair(nvu_ctrl *ctrl, const nvu_qpair_opts *opts = nullptr)
	    : handle(create(ctrl, opts))
	{
	}
	qpair(nvu_ctrl *ctrl, const nvu_qpair_opts &opts) : qpair(ctrl, &opts)
	{
	}

	/* True: queued. False: no room, poll. So do the next ones. */
	bool read(const nvu_ns *ns, uint64_t lba, uint32_t blocks, const nvu_dma *buf,
		  size_t offset, uint64_t user_data) const
	{
		return queued(nvu_read(get(), ns, lba, blocks, buf, offset, user_data));
	}
	bool write(const nvu_ns *ns, uint64_t lba, uint32_t blocks, const nvu_dma *buf,
		   size_t offset, uint64_t user_data) const
	{
		return queued(nvu_write(get(), ns, lba, blocks, buf, offset, user_data));
	}
	bool flush(const nvu_ns *ns, uint64_t user_data) const
	{
		return queued(nvu_flush(get(), ns, user_data));
	}
	bool rw(const nvu_rw_args &args) const
	{
		return queued(nvu_rw(get(), &args));
	}

	void submit() const
	{
		check(nvu_submit(get()));
	}

	/* How many of @cpls, which has room for @max, have been filled in. */
	uint32_t poll(nvu_cpl *cpls, uint32_t max) const
	{
		return count(nvu_poll(get(), cpls, max));
	}
	uint32_t wait(nvu_cpl *cpls, uint32_t max, int timeout_ms = -1) const
	{
		return count(nvu_wait(get(), cpls, max, timeout_ms));
	}

	/* All that has completed; empty: the time is up, or the thread was woken. */
	std::vector<nvu_cpl> wait(int timeout_ms = -1) const
	{
		std::vector<nvu_cpl> cpls(BATCH);

		cpls.resize(wait(cpls.data(), BATCH, timeout_ms));
		return cpls;
	}

	uint32_t depth() const noexcept
	{
		return nvu_qpair_depth(get());
	}
	uint32_t room() const noexcept
	{
		return nvu_qpair_room(get());
	}
	void wake() const
	{
		check(nvu_qpair_wake(get()));
	}
	struct nvu_qpair_stats stats() const noexcept
	{
		struct nvu_qpair_stats filled = {};

		::nvu_qpair_stats(get(), &filled, sizeof(filled));
		return filled;
	}

	/* A completion as a sentence for a log. */
	std::string describe(const nvu_cpl &cpl) const
	{
		std::string text(SENTENCE_BYTES, '\0');
		int len = nvu_cpl_describe(get(), &cpl, &text[0], text.size());

		if (len < 0)
			return nvu_strerror(cpl.status);
		if (static_cast<size_t>(len) < text.size())
			text.resize(static_cast<size_t>(len));
		return text;
	}

      private:
	enum : uint32_t { BATCH = 32, SENTENCE_BYTES = 512 };

	static nvu_qpair *create(nvu_ctrl *ctrl, const nvu_qpair_opts *opts)
	{
		nvu_qpair *created;

		check(nvu_qpair_create(ctrl, opts, &created));
		return created;
	}
	static uint32_t count(int ret)
	{
		check(ret < 0 ? ret : 0);
		return static_cast<uint32_t>(ret);
	}
};

/* A namespace as a blocking device, for any thread. */
class block : public detail::handle<nvu_block, detail::close_block>
{
      public:
	block(nvu_ctrl *ctrl, const nvu_ns *ns, const nvu_block_opts *opts = nullptr)
	    : handle(open(ctrl, ns, opts))
	{
	}

	uint64_t bytes() const noexcept
	{
		return nvu_block_bytes(get());
	}
	void read(void *to, size_t len, uint64_t at) const
	{
		check(nvu_block_read(get(), to, len, at));
	}
	void write(const void *from, size_t len, uint64_t at, uint32_t flags = 0) const
	{
		check(nvu_block_write(get(), from, len, at, flags));
	}
	void zero(uint64_t at, uint64_t len, uint32_t flags = 0) const
	{
		check(nvu_block_zero(get(), at, len, flags));
	}
	void discard(uint64_t at, uint64_t len) const
	{
		check(nvu_block_discard(get(), at, len));
	}
	void flush() const
	{
		check(nvu_block_flush(get()));
	}

      private:
	static nvu_block *open(nvu_ctrl *ctrl, const nvu_ns *ns, const nvu_block_opts *opts)
	{
		nvu_block *opened;

		check(nvu_block_open(ctrl, ns, opts, &opened));
		return opened;
	}
};

} /* namespace nvu */

#endif /* NVU_HANDLES_HPP */
