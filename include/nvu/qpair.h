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
 * nvu_submit(), nvu_poll() and the command functions trust the handles qpair and ns to be live. They
 * check everything else that the caller or the device passes.
 */
#ifndef NVU_QPAIR_H
#define NVU_QPAIR_H

#include <nvu/spec.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

/* Flags of struct nvu_qpair_opts. */
#define NVU_QPAIR_LATENCY (1u << 0) /* keep a latency histogram: nvu_qpair_latency() */
/*
 * After a reset, resend idempotent commands with a fresh deadline. The command set of the namespace
 * defines which these are: in the NVM command set read, write, flush, compare, write zeroes, write
 * uncorrectable, verify, dataset management; in the zoned one, those of them that do not write at a write
 * pointer, and Zone Management Receive; in the key value one, Retrieve, List, Exist. nvu never resends a
 * vendor's command, nor a command for a namespace that nvu_ns_get() does not know. Commands that were queued
 * but not submitted are sent whatever they are. Fused commands are neither resent nor sent. A command for a
 * namespace that has changed meanwhile (nvu/ns.h) is answered with -ESTALE.
 */
#define NVU_QPAIR_RETRY (1u << 1)
/*
 * Interrupt, so that nvu_wait() sleeps until a completion comes, and nvu_qpair_fd() has a descriptor (nvu/wait.h).
 * Polling is as before. -ENOTSUP where the device has no interrupt vectors (MSI-X).
 */
#define NVU_QPAIR_INTERRUPT (1u << 2)

/*
 * Send a command again that the controller has answered with an error and without NVU_CPL_DNR, up to status_retries times, if it is
 * one that NVU_QPAIR_RETRY would send again (that flag is not needed). Between two times nvu waits as long as the
 * controller asks (CRD, and CRDT1 to 3 of Identify Controller), which nvu permits it to (ACRE of Host Behavior Support) when
 * it opens or resets it; else, or if it asks for no delay, not at all. The command has all its time again each time. The program
 * gets one completion: success, or the last error. Not sent again: Compare Failure and Reservation Conflict, which are
 * answers; what is to wait for longer than its timeout; halves of fused pairs; what nvu_abort() was asked to abort. Each
 * call takes the slow path, as with NVU_QPAIR_RETRY.
 */
#define NVU_QPAIR_RETRY_STATUS (1u << 3)

/* How to create a queue pair. Zero means the default everywhere; fill with NVU_QPAIR_OPTS(). */
struct nvu_qpair_opts {
	size_t size; /* sizeof(struct nvu_qpair_opts) */
	/*
	 * Queue entries, 2 to 65,536 and at most CAP.MQES + 1; default 128, capped. The bits of a
	 * command identifier that the entries do not need are a generation. The same identifier
	 * comes back after as few as 65,536 / entries commands (rounded down to a power of two): if
	 * the controller repeats a completion later than that, nvu may take it for another
	 * command's. Above 32,768 entries: at once.
	 */
	uint32_t depth;
	uint32_t io_timeout_ms; /* deadline of a command; default: the controller's */
	uint32_t flags;		/* NVU_QPAIR_... */
	uint32_t rsvd;		/* no version reads it: older programs have padding here */
	/*
	 * Commands that can be outstanding at once, instead of depth: nvu makes the queues one entry
	 * longer, as they need (Base 3.3.1.5). If both are given, depth must be what this makes it.
	 */
	uint32_t commands;
	/* Requests that nvu splits into several commands (nvu/io.h) at once; default 16, at most 4096. */
	uint32_t splits;
	/*
	 * Longest time for which nvu_wait() polls before it sleeps, in microseconds, up to 1,000,000; default 20. It polls
	 * less where completions take longer.
	 */
	uint32_t spin_us;
	/*
	 * The most pieces of memory in one command of nvu_rw(), up to 256; default 16, rounded up to a power of two. A request
	 * with more is split. From 2 on, each command of the queue has 16 bytes of memory for each of them.
	 */
	uint32_t pieces;
	uint32_t
		status_retries; /* of a command, with NVU_QPAIR_RETRY_STATUS; default 5, at most 255 */
	uint32_t rsvd2;		/* 0 */
};

/* `&opts` for nvu_qpair_create(): NVU_QPAIR_OPTS(.commands = 64). C only. */
#define NVU_QPAIR_OPTS(...) \
	(&(struct nvu_qpair_opts){ .size = sizeof(struct nvu_qpair_opts), __VA_ARGS__ })

/* One completion. Every accepted command yields exactly one. */
struct nvu_cpl {
	uint64_t user_data; /* of the command */
	uint64_t
		result; /* command specific: dw1 << 32 | dw0 of the completion entry; of a split request (nvu/io.h)
			     * how many of its leading blocks succeeded */
	int16_t status;	 /* 0, an NVMe status > 0, or -errno: -ETIMEDOUT late, -ECANCELED ended by a
			     * reset, or by nvu_abort() before it was sent; -ESTALE after that its namespace had changed (in all three cases it
			     * may have been carried out); -EIO or -ENODEV: the controller was lost before the command was published;
			     * -ENOSPC: before that, a reset left no room for the queue pair */
	uint16_t flags;	 /* NVU_CPL_... */
	uint32_t member; /* of a group: the queue pair's number (nvu/group.h); else 0 */
};
NVU_STATIC_ASSERT(sizeof(struct nvu_cpl) == 24, "fixed by the ABI");

#define NVU_CPL_CRD (3u << 0)  /* command retry delay index, Base 3.3.3.2.1 */
#define NVU_CPL_MORE (1u << 2) /* more is in the error log page */
#define NVU_CPL_DNR (1u << 3)  /* do not retry: the command would fail again */

/* Counters of a queue pair since its creation. A split request counts as its commands. */
struct nvu_qpair_stats {
	uint64_t submitted;	  /* commands published to the controller */
	uint64_t completed;	  /* commands answered, with any status */
	uint64_t failed;	  /* of these, status != 0 */
	uint64_t polls;		  /* calls of nvu_poll() */
	uint64_t empty_polls;	  /* polls that found no completion */
	uint64_t sq_doorbells;	  /* submission doorbell writes */
	uint64_t cq_doorbells;	  /* completion doorbell writes: fewer than polls that found some */
	uint64_t full;		  /* commands refused with -EAGAIN */
	uint64_t bad_completions; /* entries dropped: unknown, repeated or stale CID, wrong SQ; 0
				   * unless the controller misbehaves */
	uint64_t timeouts;	  /* commands that passed their deadline */
	uint64_t retried;	  /* commands resent: NVU_QPAIR_RETRY */
	/* register writes for both kinds of doorbells: fewer than these with shadow doorbells */
	uint64_t doorbell_registers;
	/* times that a command was sent again: NVU_QPAIR_RETRY_STATUS. It counts once as submitted, completed, failed */
	uint64_t status_retries;
};

/**
 * nvu_qpair_create() - create a submission and a completion queue on the controller
 * @ctrl: an open controller
 * @opts: NULL for defaults
 * @ret_qpair: to be destroyed with nvu_qpair_destroy(); untouched on failure
 *
 * A queue of N entries holds N - 1 commands (Base 3.3.1.5); the option commands adds the one. The completion queue
 * has 2 * N entries, from 8 entries on and where CAP.MQES permits. Base 5.4 and 5.5. If the controller does not
 * answer, nvu resets it, so that it cannot use the memory of a queue that it may have created. This
 * affects other queue pairs as nvu_ctrl_reset() does.
 *
 * With NVU_QPAIR_INTERRUPT a queue pair has a vector for itself, if there are enough; else several share one, and an
 * interrupt wakes all of these.
 *
 * Return: 0; -EINVAL an option; -ENOSPC all queues of the controller are in use; -ENOMEM; -ENOTSUP
 * NVU_QPAIR_INTERRUPT, and there are no vectors; or the status > 0 of Create I/O CQ or SQ. Any thread. Since 0.1.
 */
NVU_API int nvu_qpair_create(struct nvu_ctrl *ctrl, const struct nvu_qpair_opts *opts,
			     struct nvu_qpair **ret_qpair);

/**
 * nvu_qpair_destroy() - delete the queues and free their memory
 * @qpair: may be NULL
 *
 * The deletion aborts commands in flight (Base 3.3.1.3); they are not reported. When the function
 * returns, the device no longer reads or writes their buffers: destroy a queue pair before you free the
 * buffers that it uses. If nvu cannot delete the queues, it resets
 * the controller, which affects other queue pairs as nvu_ctrl_reset() does. The thread that owns @qpair,
 * or any thread once that one has stopped. Since 0.1.
 */
NVU_API void nvu_qpair_destroy(struct nvu_qpair *qpair);

/**
 * nvu_qpair_depth() - the number of commands that a queue pair holds
 * @qpair: a queue pair
 *
 * Return: commands that can be outstanding at once: queue entries - 1. Since 0.1.
 */
NVU_API uint32_t nvu_qpair_depth(const struct nvu_qpair *qpair);

/**
 * nvu_qpair_room() - the number of commands that can be queued now
 * @qpair: the calling thread's queue pair
 *
 * As many commands are accepted before one is answered with -EAGAIN; a poll makes room for more.
 *
 * Return: 0 to nvu_qpair_depth(); 0 when the queue pair has ended. The queue pair's thread. Since 0.1.
 */
NVU_API uint32_t nvu_qpair_room(const struct nvu_qpair *qpair);

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
 * @size: sizeof(*ret_stats) of the caller: an older caller gets the fields that it knows
 *
 * A poll that finds completions writes the completion doorbell only if a quarter of the completion queue has
 * not been returned yet, or the end of that queue has been passed: polls - empty_polls is the number of polls
 * that found some, cq_doorbells that of the writes. Queue pairs of fewer than 8 entries, or of as many as
 * the controller takes in a queue, write it in each such poll.
 *
 * The thread that owns @qpair. Since 0.1.
 */
NVU_API void nvu_qpair_stats(const struct nvu_qpair *qpair, struct nvu_qpair_stats *ret_stats,
			     size_t size);

/**
 * nvu_qpair_latency() - the latency histogram
 * @qpair: a queue pair created with NVU_QPAIR_LATENCY
 * @ret_buckets: filled in: bucket n counts the commands that took 2^n to 2^(n + 1) - 1 ns
 * @count: buckets that @ret_buckets has room for; the histogram has 64
 *
 * Latency is the time from the doorbell that published the command to the poll that found its completion.
 *
 * Return: 0; -EINVAL created without the flag. The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_qpair_latency(const struct nvu_qpair *qpair, uint64_t *ret_buckets, uint32_t count);

/**
 * nvu_qpair_set_timeout() - set the deadline of the commands queued from now on
 * @qpair: a queue pair
 * @timeout_ms: 0 for the value that the queue pair was created with
 *
 * To change it for one command: set, queue, set back. The queue pair's thread. Since 0.1.
 */
NVU_API void nvu_qpair_set_timeout(struct nvu_qpair *qpair, uint32_t timeout_ms);

/**
 * nvu_read() - queue a read
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @lba: first block
 * @blocks: number of blocks, 1 to nvu_ns_info()->max_transfer_blocks
 * @buf: destination, a buffer of the controller's domain
 * @offset: bytes into @buf, a multiple of 4
 * @user_data: returned in the completion
 *
 * Encodes the command straight into the ring; nvu_submit() or nvu_poll() publishes it. NVM 3.2.4.
 * nvu_rw() takes a transfer that is larger than max_transfer_blocks.
 *
 * Return: 0; -EAGAIN queue full, nothing changed: poll and try again; -EINVAL an argument, which
 * nvu_last_error() names; -ENOTSUP the format needs metadata; -ESTALE the namespace has changed: get
 * its handle again with nvu_ns_get(); -ENOSPC the queue pair has ended: a reset left no room for it. The
 * queue pair's thread. Since 0.1.
 */
NVU_API int nvu_read(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
		     uint32_t blocks, const struct nvu_dma *buf, size_t offset, uint64_t user_data);

/**
 * nvu_write() - queue a write
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @lba: first block
 * @blocks: number of blocks, 1 to nvu_ns_info()->max_transfer_blocks
 * @buf: source, a buffer of the controller's domain
 * @offset: bytes into @buf, a multiple of 4
 * @user_data: returned in the completion
 *
 * As nvu_read(). NVM 3.2.6.
 *
 * Return: as nvu_read(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_write(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
		      uint32_t blocks, const struct nvu_dma *buf, size_t offset,
		      uint64_t user_data);

/**
 * nvu_flush() - queue a flush: writes that completed before it become durable
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @user_data: returned in the completion
 *
 * Base 7.1.
 *
 * Return: 0, -EAGAIN, -EINVAL, -ESTALE, -ENOSPC: as nvu_read(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_flush(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t user_data);

/**
 * nvu_write_uncorrectable() - queue a command that makes blocks unreadable until they are written
 * @qpair: a queue pair
 * @ns: a namespace of the same controller
 * @lba: first block
 * @blocks: 1 to 65,536, inside the namespace, within the controller's limit (WUSL)
 * @user_data: returned in the completion
 *
 * A read of such a block fails with NVU_SC_UNRECOVERED_READ (NVM 3.2.7): to test how a program handles this,
 * or to mark data that are known to be lost. nvu_last_error() names the limit if @blocks exceeds it.
 *
 * Return: 0; -EAGAIN queue full; -EINVAL range, limit, or @ns is of another controller; -ENOTSUP the controller
 * or the namespace's command set does not have the command; -ESTALE as nvu_read(); -EIO, -ENODEV the
 * controller is lost. Owner thread. Since 0.1.
 */
NVU_API int nvu_write_uncorrectable(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
				    uint32_t blocks, uint64_t user_data);

/**
 * nvu_io() - queue any I/O command
 * @qpair: the calling thread's queue pair
 * @cmd: the command; nvu fills in cid, and the data pointer and PSDT if @buf is not NULL
 * @buf: data, or NULL: then nvu sends the command's own data pointer unchanged
 * @offset: bytes into @buf, a multiple of 4
 * @len: bytes of data, a multiple of 4, up to max_transfer_bytes; 0 if @buf is NULL
 * @user_data: returned in the completion
 *
 * For commands without a function of their own (and for FUA: cdw12 of a write). nvu checks only the bounds
 * of the buffer, and builds PRPs for @len bytes. The command carries no namespace handle that could be
 * stale: if its namespace has changed, nvu refuses the command until some thread has got the new handle
 * with nvu_ns_get(), and from then on trusts the caller to know the namespace.
 *
 * Return: 0, -EAGAIN, -EINVAL, -ESTALE, -ENOSPC: as nvu_read(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_io(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
		   size_t offset, size_t len, uint64_t user_data);

/**
 * nvu_submit() - publish queued commands with one doorbell write
 * @qpair: the calling thread's queue pair
 *
 * nvu_poll() publishes them too: a loop that polls anyway need not submit.
 *
 * Return: 0; -EIO or -ENODEV the controller has failed or gone: poll for the completions. The queue
 * pair's thread. Since 0.1.
 */
NVU_API int nvu_submit(struct nvu_qpair *qpair);

/**
 * nvu_poll() - publish queued commands, then collect completions
 * @qpair: the calling thread's queue pair
 * @cpls: room for @max completions
 * @max: largest number of completions to return
 *
 * Never blocks. If a command has passed its deadline, the recovery sends Abort for up to four of them, and deletes the
 * queue pair's two queues; when a deletion or a reset has removed the queues, it creates new ones. A poll that sends
 * one of these commands looks for the answer for 200 us at most; later polls go on. The queue pair takes commands
 * meanwhile. A late command is answered before new queues are created, and not before the device can no longer access
 * its buffer.
 *
 * A reset of the controller, whether nvu needs it or a thread has begun it (nvu_ctrl_reset_start()), is made in steps, too:
 * each poll takes one step of it, and does not wait; one step resets the function, for as long as the kernel takes, if
 * the controller does not stop otherwise. Neither does a poll wait while registers read as all ones: each look reads
 * them again. nvu_recovery(7) describes the steps in order, and how long they may take together. While another thread
 * is in the control plane, the poll does not wait for it: a later poll goes on.
 *
 * A poll also looks for events that report changed namespaces. nvu then identifies these again in steps, and a
 * poll takes one at most: it sends a command, or looks for its answer, and does not wait. It takes two or three
 * commands for each namespace and a few more, a second each at most; twice, if one is not answered.
 *
 * nvu gives up no command before its deadline. If the controller answers admin commands, nvu gives up a lost
 * command within the deadline, plus two of the program's poll intervals, plus 100 ms: of the polls that
 * leave commands in flight the first one after a publishing reads the clock, then every second one while
 * polls follow each other quickly, else every one. One more interval passes if the controller reports that
 * it has aborted the command and does not answer it; and one for each answer that it takes longer for than a poll looks.
 *
 * While no command is in flight, up to 126 polls pass until one detects that the program has begun to poll
 * seldom. From then on every poll reads the clock, so that polls detect events and the failure of the
 * controller within 50 ms and two poll intervals. The next poll detects what another thread has detected or
 * done of this kind.
 *
 * A poll that reaps completions writes the completion doorbell once.
 *
 * Return: completions written to @cpls, 0 for none yet; or, after every outstanding command has been
 * answered: -EIO or -ENODEV the controller has failed or gone; -ENOSPC a reset has left no room for the
 * queue pair. The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_poll(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max) NVU_WRITES(2, 3);

/**
 * nvu_qpair_drain() - poll until no command is outstanding
 * @qpair: the calling thread's queue pair
 * @cpls: room for @max completions
 * @max: 1 and up: returns early when @cpls is full
 * @timeout_ms: longest time to poll; -1: no limit but that of the commands' deadlines; 0: one poll
 *
 * Publishes what is queued, and polls without sleeping, as nvu_poll(), which it calls. A checkpoint:
 *
 *	while ((count = nvu_qpair_drain(qpair, cpls, 32, -1)) > 0)
 *		handle(cpls, count);
 *
 * Return: completions written to @cpls, which may be fewer than @max when no command is outstanding or the
 * time is up; 0: no command is outstanding; -ETIMEDOUT: some are, and the time is up without a completion;
 * -EINVAL @max is 0; or the error of nvu_poll(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_qpair_drain(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max,
			    int timeout_ms) NVU_WRITES(2, 3);

/**
 * nvu_cpl_describe() - a completion as a sentence for a log
 * @qpair: the calling thread's queue pair, which returned @cpl
 * @cpl: a completion
 * @text: where the sentence is written; always ends with a 0 byte
 * @len: bytes that @text has room for; 256 are enough
 *
 * Names the command, says what the status means and what to do about it:
 *
 *	Read of namespace 1, block 1234: an unrecovered read error of the media (status 0x281);
 *	take the data from another copy: ...
 *
 * A queue pair keeps command, namespace and first block of the last 16 commands whose status is not 0. Of any other
 * the sentence says "unknown command"; so it does when two of the 16 have the same completion, user data included, and
 * are different commands. The path keeps nothing: the command is read from its submission queue entry once it has
 * failed, and is unknown if a later command has been written there, or more than 4096 were queued since.
 *
 * Return: the length of the whole sentence, which has been cut if it is not below @len; -EINVAL an argument. The queue
 * pair's thread. Since 0.1.
 */
NVU_API int nvu_cpl_describe(struct nvu_qpair *qpair, const struct nvu_cpl *cpl, char *text,
			     size_t len);

NVU_END_DECLS

#endif /* NVU_QPAIR_H */
