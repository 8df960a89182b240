/* SPDX-License-Identifier: MIT */
/*
 * nvu/qpair.h: the I/O path. One queue pair per thread: queue commands, submit, poll.
 *
 *	nvu_read(qpair, ns, lba, blocks, buf, offset, user_data);   encodes into the ring
 *	nvu_submit(qpair);                                          one doorbell for the batch
 *	n = nvu_poll(qpair, cpls, 32);                              never blocks
 *
 * Thread rule: exactly one thread at a time per queue pair. Nothing here takes a lock, allocates
 * or enters the kernel, except nvu_qpair_create() and nvu_qpair_destroy().
 *
 * nvu_submit(), nvu_poll() and the command functions trust the handles they are given (qpair, ns)
 * to be live; everything else that the caller or the device says is checked.
 */
#ifndef NVU_QPAIR_H
#define NVU_QPAIR_H

#include <nvu/spec.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

/* Flags of struct nvu_qpair_opts. */
#define NVU_QPAIR_LATENCY (1u << 0) /* keep a latency histogram: nvu_qpair_latency() */
/*
 * Send commands that a reset has ended once more, with all their time again, if carrying them out
 * twice leaves what once would have left. What an opcode means is its namespace's command set's to say: in
 * the NVM command set these are read, write, flush, compare, write zeroes, write uncorrectable, verify,
 * dataset management; in the zoned one, those of them that write at no write pointer, and Zone Management
 * Receive; in the key value one, Retrieve, List, Exist. Never a vendor's, nor one for a namespace that
 * nvu_ns_get() does not know. Commands of any kind that were queued, but not yet submitted, are sent then
 * as well. Fused ones are neither. A command for a namespace that has changed meanwhile (nvu/ns.h) is answered with
 * -ESTALE.
 */
#define NVU_QPAIR_RETRY (1u << 1)

/* How to create a queue pair. Zero means the default everywhere; fill with NVU_QPAIR_OPTS(). */
struct nvu_qpair_opts {
	size_t size; /* sizeof(struct nvu_qpair_opts) */
	/*
	 * Queue entries, 2..65,536 and CAP.MQES + 1; default 128, capped. A command identifier has
	 * what bits the entries leave for a generation, so that the same one comes back after as few
	 * as 65,536 / entries commands (rounded down to a power of two): an answer that a controller
	 * repeats later than that may be taken for another command's. Above 32,768: at once.
	 */
	uint32_t depth;
	uint32_t io_timeout_ms; /* deadline of a command; default: the controller's */
	uint32_t flags;		/* NVU_QPAIR_... */
	uint32_t rsvd;		/* never read, in no version: older programs have padding here */
};

/* `&opts` for nvu_qpair_create(): NVU_QPAIR_OPTS(.depth = 64). C only. */
#define NVU_QPAIR_OPTS(...) \
	(&(struct nvu_qpair_opts){ .size = sizeof(struct nvu_qpair_opts), __VA_ARGS__ })

/* One completion. Every accepted command yields exactly one. */
struct nvu_cpl {
	uint64_t user_data; /* what the command was given */
	uint64_t result;    /* command specific: dw1 << 32 | dw0 of the completion entry */
	int16_t status;	    /* 0, an NVMe status > 0, or -errno: -ETIMEDOUT, -ECANCELED, -ESTALE,
			     * -EIO or -ENODEV: the controller was lost before it knew of the command;
			     * -ENOSPC: a reset has left no room for the queue pair before that */
	uint16_t flags;	    /* NVU_CPL_... */
	uint32_t rsvd;	    /* 0 */
};
NVU_STATIC_ASSERT(sizeof(struct nvu_cpl) == 24, "fixed by the ABI");

#define NVU_CPL_CRD (3u << 0)  /* command retry delay index, Base 3.3.3.2.1 */
#define NVU_CPL_MORE (1u << 2) /* more is in the error log page */
#define NVU_CPL_DNR (1u << 3)  /* do not retry: it would fail again */

/* Counters of a queue pair since its creation. */
struct nvu_qpair_stats {
	uint64_t submitted;	  /* commands published to the controller */
	uint64_t completed;	  /* commands answered, whatever their status */
	uint64_t failed;	  /* of these, status != 0 */
	uint64_t polls;		  /* calls of nvu_poll() */
	uint64_t empty_polls;	  /* that found nothing */
	uint64_t sq_doorbells;	  /* submission doorbell writes */
	uint64_t cq_doorbells;	  /* completion doorbell writes */
	uint64_t full;		  /* commands refused with -EAGAIN */
	uint64_t bad_completions; /* entries dropped: unknown, repeated or stale CID, wrong SQ */
	uint64_t timeouts;	  /* commands that passed their deadline */
	uint64_t retried;	  /* commands sent once more: NVU_QPAIR_RETRY */
	/* register writes for both kinds of doorbells: less than these with shadow doorbells */
	uint64_t doorbell_registers;
};

/**
 * nvu_qpair_create() - create a submission and a completion queue on the controller
 * @ctrl: an open controller
 * @opts: NULL for defaults
 * @ret_qpair: to be destroyed with nvu_qpair_destroy(); untouched on failure
 *
 * A queue of N entries holds N - 1 commands (Base 3.3.1.5). Base 5.4 and 5.5. When the controller
 * does not answer, it is reset, so that it will not use the memory of a queue that it may have made:
 * other queue pairs then see what nvu_ctrl_reset() does to them.
 *
 * Return: 0; -EINVAL depth; -ENOSPC all queues of the controller are in use; -ENOMEM; or the
 * status > 0 of Create I/O CQ or SQ. Any thread. Since 0.1.
 */
NVU_API int nvu_qpair_create(struct nvu_ctrl *ctrl, const struct nvu_qpair_opts *opts,
			     struct nvu_qpair **ret_qpair);

/**
 * nvu_qpair_destroy() - delete the queues and free their memory
 * @qpair: may be NULL
 *
 * Commands in flight are aborted by the deletion (Base 3.3.1.3) and are not reported; when the
 * function returns the device no longer reads or writes their buffers. If the queues cannot be
 * deleted, the controller is reset, with other queue pairs in use as nvu_ctrl_reset() says. The
 * thread that owns @qpair, or any once it has stopped. Since 0.1.
 */
NVU_API void nvu_qpair_destroy(struct nvu_qpair *qpair);

/**
 * nvu_qpair_depth() - how many commands fit
 * @qpair: a queue pair
 *
 * Return: commands that can be outstanding at once: queue entries - 1. Since 0.1.
 */
NVU_API uint32_t nvu_qpair_depth(const struct nvu_qpair *qpair);

/**
 * nvu_qpair_id() - the queue identifier on the controller
 * @qpair: a queue pair
 *
 * Return: 1 and up. Since 0.1.
 */
NVU_API uint16_t nvu_qpair_id(const struct nvu_qpair *qpair);

/**
 * nvu_qpair_stats() - the counters
 * @qpair: a queue pair
 * @ret_stats: filled in
 * @size: sizeof(*ret_stats) of the caller: an older caller gets what it knows
 *
 * The thread that owns @qpair. Since 0.1.
 */
NVU_API void nvu_qpair_stats(const struct nvu_qpair *qpair, struct nvu_qpair_stats *ret_stats,
			     size_t size);

/**
 * nvu_qpair_latency() - the latency histogram
 * @qpair: a queue pair created with NVU_QPAIR_LATENCY
 * @ret_buckets: filled in: bucket n counts the commands that took 2^n to 2^(n + 1) - 1 ns
 * @count: buckets that there is room for; 64 is all there are
 *
 * From the doorbell that published the command to the poll that found its completion.
 *
 * Return: 0; -EINVAL created without the flag. The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_qpair_latency(const struct nvu_qpair *qpair, uint64_t *ret_buckets, uint32_t count);

/**
 * nvu_qpair_set_timeout() - the deadline of the commands queued from now on
 * @qpair: a queue pair
 * @timeout_ms: 0 for what the queue pair was created with
 *
 * For one command: set, queue, set back. The queue pair's thread. Since 0.1.
 */
NVU_API void nvu_qpair_set_timeout(struct nvu_qpair *qpair, uint32_t timeout_ms);

/**
 * nvu_read() - queue a read
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @lba: first block
 * @blocks: how many, 1 to nvu_ns_info()->max_transfer_blocks
 * @buf: where to, a buffer of the controller's domain
 * @offset: bytes into @buf, a multiple of 4
 * @user_data: comes back in the completion
 *
 * The command is encoded straight into the ring; nvu_submit() or nvu_poll() publishes it. NVM 3.2.4.
 *
 * Return: 0; -EAGAIN queue full, nothing changed: poll and try again; -EINVAL an argument, which
 * nvu_last_error() names; -ENOTSUP the format needs metadata; -ESTALE the namespace has changed: get
 * its handle again with nvu_ns_get(); -ENOSPC the queue pair has ended with a reset that left no room
 * for it. The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_read(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
		     uint32_t blocks, const struct nvu_dma *buf, size_t offset, uint64_t user_data);

/**
 * nvu_write() - queue a write
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @lba: first block
 * @blocks: how many
 * @buf: where from
 * @offset: bytes into @buf, a multiple of 4
 * @user_data: comes back in the completion
 *
 * As nvu_read(). NVM 3.2.6.
 *
 * Return: as nvu_read(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_write(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
		      uint32_t blocks, const struct nvu_dma *buf, size_t offset,
		      uint64_t user_data);

/**
 * nvu_flush() - queue a flush: all that completed before it becomes durable
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @user_data: comes back in the completion
 *
 * Base 7.1.
 *
 * Return: 0, -EAGAIN, -EINVAL, -ESTALE, -ENOSPC: as nvu_read(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_flush(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t user_data);

/**
 * nvu_write_uncorrectable() - queue the marking of blocks as unreadable, until they are written
 * @qpair: a queue pair
 * @ns: a namespace of the same controller
 * @lba: first block
 * @blocks: 1 to 65,536, inside the namespace
 * @user_data: returned in the completion
 *
 * Reading such a block fails with NVU_SC_UNRECOVERED_READ (NVM 3.2.7): to test what a program makes of it,
 * or to mark data that are known to be lost. The controller may take fewer blocks at once (WUSL): then the
 * completion says NVU_SC_INVALID_FIELD.
 *
 * Return: 0; -EAGAIN queue full; -EINVAL range, or @ns is of another controller; -ENOTSUP the controller
 * or the namespace's command set does not have the command; -ESTALE as nvu_read(); -EIO, -ENODEV the
 * controller is lost. Owner thread. Since 0.1.
 */
NVU_API int nvu_write_uncorrectable(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
				    uint32_t blocks, uint64_t user_data);

/**
 * nvu_io() - queue any I/O command
 * @qpair: the calling thread's queue pair
 * @cmd: the command; cid is filled in, and the data pointer and PSDT when there is a buffer
 * @buf: data, or NULL: then the command's own data pointer is sent as it is
 * @offset: bytes into @buf, a multiple of 4
 * @len: bytes of data, up to max_transfer_bytes; 0 when @buf is NULL
 * @user_data: comes back in the completion
 *
 * For what has no function of its own (and for FUA: cdw12 of a write). Of the command nvu checks
 * nothing but the buffer's bounds; PRPs are built for @len bytes. A command has no handle that could be
 * stale: when its namespace has changed, it is refused until some thread has got the new handle with
 * nvu_ns_get(); from then on the caller is trusted to know what the namespace is.
 *
 * Return: 0, -EAGAIN, -EINVAL, -ESTALE, -ENOSPC: as nvu_read(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_io(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
		   size_t offset, size_t len, uint64_t user_data);

/**
 * nvu_submit() - publish what was queued with one doorbell write
 * @qpair: the calling thread's queue pair
 *
 * Return: 0; -EIO or -ENODEV the controller has failed or gone: poll for the answers. The queue
 * pair's thread. Since 0.1.
 */
NVU_API int nvu_submit(struct nvu_qpair *qpair);

/**
 * nvu_poll() - publish what is queued, then collect completions
 * @qpair: the calling thread's queue pair
 * @cpls: room for @max completions
 * @max: how many at most
 *
 * Never blocks, with one exception: when a command has passed its deadline or the controller has
 * failed, the recovery takes place in here. Each step is bounded in time. With T for the options'
 * admin_timeout_ms and R for ready_timeout_ms: up to four aborts, a second each; the deletion of the
 * two queues, a second each; a reset of the controller, 5 R + 2 T and what the kernel takes for a
 * function level reset, once more if it is not identified within another 3 T; new queues, 2 T; once more a reset and new queues, if those failed. A late
 * command is answered before new queues are made. Making them may have to wait for another thread
 * that is doing any of this.
 *
 * An event that tells of changed namespaces is found by a look, too: then they are identified again,
 * two commands for each namespace and two more, a second each at most; if one is not answered, twice.
 *
 * No command is given up before its deadline. A controller that answers admin commands has a lost command
 * given up within the deadline, plus two of the program's poll intervals, plus 100 ms: of the polls that leave
 * commands in flight the first one after a publishing looks at the clock, then every second one while they
 * follow each other quickly, else every one. One more interval passes when the controller says that it has
 * aborted the command and does not answer it.
 *
 * While nothing is in flight, up to 126 polls pass until one finds out that the program has begun to poll
 * seldom; then every poll looks, so that the failure of the controller and events are found within 50 ms and
 * two poll intervals. What another thread has found out, or done, of this kind is found by the next poll.
 *
 * One completion doorbell write when something was reaped.
 *
 * Return: completions written to @cpls, 0 for none yet; -EIO or -ENODEV when the controller has
 * failed or gone, -ENOSPC when a reset has left no room for the queue pair, and every outstanding
 * command has been answered. The queue pair's thread.
 * Since 0.1.
 */
NVU_API int nvu_poll(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max) NVU_WRITES(2, 3);

NVU_END_DECLS

#endif /* NVU_QPAIR_H */
