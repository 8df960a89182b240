/* SPDX-License-Identifier: MIT */
/*
 * nvu/block.h: a namespace as a device any program can use: blocking calls, byte addresses, any thread, any
 * pointer, any alignment, any length.
 *
 *	struct nvu_block *block;
 *	int ret = nvu_block_open(ctrl, ns, NULL, &block);
 *
 *	if (!ret)
 *		ret = nvu_block_write(block, text, 11, 4095, NVU_BLOCK_FUA);
 *
 * The threads share queue pairs: each queues its commands, one of the threads that wait polls for all, and no
 * thread holds a queue pair while its commands are outstanding. nvu splits a long operation, and keeps several
 * of its commands outstanding. A write that does not begin and end at blocks reads the first and the last block
 * and writes them back. No other write, zero or discard of this nvu_block changes these blocks meanwhile: writes
 * of different bytes lose nothing. Beyond that, operations at the same time on the same bytes have no order, and
 * none is atomic.
 *
 * A thread that waits polls; after a while it yields the processor between polls, then naps for up to 640 us. With
 * NVU_BLOCK_INTERRUPT it sleeps until the controller interrupts: for drives that are slow, and for more threads than
 * processors.
 *
 * Data pass through bounce buffers, except from and to memory that nvu_block_register() has registered: also where it
 * is in several pieces, if the controller can take these (nvu_rw()).
 *
 * A reset of the controller does not disturb an operation: nvu sends its commands again. If the namespace is
 * identified again and has the same block size, format and identity, and has not shrunk, the device goes on;
 * otherwise every call returns -ESTALE: close it and open it again.
 *
 * Errors are negative errno values: a status of the controller becomes one by nvu_errno(), and nvu_last_error()
 * names the blocks and the status. After an error, any part of the operation may have been carried out.
 *
 * A call does not step a stepped mock (nvu/mock.h), so that a test can hold commands of several threads: another
 * thread calls nvu_mock_step(). An ordinary mock needs none.
 *
 * Thread rule: any thread, several at once, except where a function says otherwise.
 */
#ifndef NVU_BLOCK_H
#define NVU_BLOCK_H

#include <nvu/types.h>

struct iovec; /* <sys/uio.h> */

NVU_BEGIN_DECLS

/* Flags of operations. */
#define NVU_BLOCK_FUA (1u << 0)	      /* durable when the call returns */
#define NVU_BLOCK_MAY_UNMAP (1u << 1) /* zero: the controller may deallocate the blocks */
#define NVU_BLOCK_FAST_ONLY (1u << 2) /* zero: -ENOTSUP rather than writing zeroes as data */

/* Flags of nvu_block_open(). */
#define NVU_BLOCK_INTERRUPT (1u << 0) /* queue pairs with interrupts: NVU_QPAIR_INTERRUPT */

/* How to open. Zero means the default everywhere; fill with NVU_BLOCK_OPTS(). */
struct nvu_block_opts {
	size_t size; /* sizeof(struct nvu_block_opts) */
	uint32_t
		queues; /* queue pairs; default: a processor each, 4 at most, or as many as there are */
	uint32_t depth; /* commands outstanding in each; default 64, or what the controller takes */
	/*
	 * Memory that data are copied through, shared out to the queue pairs: an operation waits while others
	 * use it all. 4 MiB by default; expected: a block, and a page, for each queue pair at least.
	 */
	uint32_t bounce_bytes;
	/*
	 * How long a thread polls before it lets others run, or sleeps until an interrupt comes where there are
	 * interrupts; default 20.
	 */
	uint32_t spin_us;
	uint32_t flags; /* NVU_BLOCK_INTERRUPT, or 0 */
	uint32_t rsvd;	/* 0 */
};

/* `&opts` for nvu_block_open(): NVU_BLOCK_OPTS(.queues = 1). C only. */
#define NVU_BLOCK_OPTS(...) \
	(&(struct nvu_block_opts){ .size = sizeof(struct nvu_block_opts), __VA_ARGS__ })

struct nvu_block;

/**
 * nvu_block_open() - make queue pairs and bounce buffers for a namespace
 * @ctrl: an open controller
 * @ns: a namespace of it
 * @opts: NULL for defaults
 * @ret_block: to be closed with nvu_block_close() before @ctrl; untouched on failure
 *
 * Several may be open on one namespace: they do not know of each other's writes of parts of a block.
 *
 * Blocks may have no metadata, or 8 separate bytes that are protection information with a 16-bit guard: the
 * controller generates it when data are written, and checks and removes it when they are read (NVU_RW_PRACT). A read
 * that it refuses returns -EILSEQ.
 *
 * Return: 0; -EINVAL an option; -ENOTSUP the format has other metadata, or the namespace is not of the NVM command
 * set, or NVU_BLOCK_INTERRUPT and the controller has no MSI-X; -ENOSPC the controller has no queue pair left; -ENOMEM; -ESTALE; or the error of nvu_qpair_create(), as a
 * negative errno. Any thread. Since 0.1.
 */
NVU_API int nvu_block_open(struct nvu_ctrl *ctrl, const struct nvu_ns *ns,
			   const struct nvu_block_opts *opts, struct nvu_block **ret_block);

/**
 * nvu_block_close() - release queue pairs, bounce buffers and registrations
 * @block: may be NULL
 *
 * Does not flush. One thread, when no other is in a call on @block. Since 0.1.
 */
NVU_API void nvu_block_close(struct nvu_block *block);

/**
 * nvu_block_bytes() - the size of the namespace
 * @block: an open block device
 *
 * Follows a growth, once the controller has reported it or nvu has identified the namespace again.
 *
 * Return: bytes. Any thread. Since 0.1.
 */
NVU_API uint64_t nvu_block_bytes(const struct nvu_block *block);

/**
 * nvu_block_read() - read bytes
 * @block: an open block device
 * @to: destination
 * @len: bytes; 0: nothing happens
 * @at: position in bytes
 *
 * Return: 0; -EINVAL past the end of the namespace; -ENODATA, -EILSEQ ... as the medium has it; -ETIMEDOUT a
 * command was not answered in time; -ESTALE the namespace has changed; -EIO, -ENODEV the controller has failed
 * or gone. Any thread. Since 0.1.
 */
NVU_API int nvu_block_read(struct nvu_block *block, void *to, size_t len, uint64_t at);

/**
 * nvu_block_write() - write bytes
 * @block: an open block device
 * @from: source
 * @len: bytes; 0: nothing happens
 * @at: position in bytes
 * @flags: NVU_BLOCK_FUA
 *
 * Return: as nvu_block_read(); -EINVAL also: a flag. Any thread. Since 0.1.
 */
NVU_API int nvu_block_write(struct nvu_block *block, const void *from, size_t len, uint64_t at,
			    uint32_t flags);

/**
 * nvu_block_readv() - read consecutive bytes to several places
 * @block: an open block device
 * @to: destinations; elements may be empty
 * @count: of elements, 0 and up
 * @at: position in bytes
 *
 * Return: as nvu_block_read(). Any thread. Since 0.1.
 */
NVU_API int nvu_block_readv(struct nvu_block *block, const struct iovec *to, int count,
			    uint64_t at);

/**
 * nvu_block_writev() - write bytes from several places, one after the other
 * @block: an open block device
 * @from: sources; elements may be empty
 * @count: of elements, 0 and up
 * @at: position in bytes
 * @flags: NVU_BLOCK_FUA
 *
 * Return: as nvu_block_write(). Any thread. Since 0.1.
 */
NVU_API int nvu_block_writev(struct nvu_block *block, const struct iovec *from, int count,
			     uint64_t at, uint32_t flags);

/**
 * nvu_block_zero() - make bytes read as zeroes
 * @block: an open block device
 * @at: position in bytes
 * @len: bytes; 0: nothing happens
 * @flags: NVU_BLOCK_FUA, NVU_BLOCK_MAY_UNMAP, NVU_BLOCK_FAST_ONLY
 *
 * Whole blocks by Write Zeroes, where the controller has it, else by writing zeroes; parts of a block by
 * writing.
 *
 * Return: as nvu_block_write(); -ENOTSUP with NVU_BLOCK_FAST_ONLY: the controller does not have Write Zeroes. Any
 * thread. Since 0.1.
 */
NVU_API int nvu_block_zero(struct nvu_block *block, uint64_t at, uint64_t len, uint32_t flags);

/**
 * nvu_block_discard() - tell the controller that bytes are no longer needed
 * @block: an open block device
 * @at: position in bytes
 * @len: bytes; 0: nothing happens
 *
 * Of the whole blocks inside; a hint, which the controller may ignore. nvu_ns_info()->deallocated_reads says how
 * they read afterwards.
 *
 * Return: as nvu_block_write(); -ENOTSUP the controller does not have Dataset Management. Any thread. Since 0.1.
 */
NVU_API int nvu_block_discard(struct nvu_block *block, uint64_t at, uint64_t len);

/**
 * nvu_block_flush() - make durable what calls that have returned have written
 * @block: an open block device
 *
 * Without a volatile write cache there is nothing to do.
 *
 * Return: as nvu_block_write(). Any thread. Since 0.1.
 */
NVU_API int nvu_block_flush(struct nvu_block *block);

/**
 * nvu_block_register() - let data of this memory go without a copy
 * @block: an open block device
 * @addr: any address
 * @len: bytes, more than 0
 *
 * Registers the whole pages inside (nvu_dma_register()), if there are any; it may be called while operations are
 * under way. In an operation, nvu copies what lies outside them. Pieces of nvu_block_readv() and nvu_block_writev(), and
 * memory that is not 4-byte aligned at the beginning of a block, go without a copy as nvu_rw() takes pieces: anywhere, if
 * the controller has SGLs for any alignment; else nvu copies those that do not fit.
 *
 * Return: 0; -EEXIST this memory, or its first page, is registered already; else as nvu_dma_register(). Any
 * thread. Since 0.1.
 */
NVU_API int nvu_block_register(struct nvu_block *block, void *addr, size_t len);

/**
 * nvu_block_unregister() - end a registration
 * @block: an open block device
 * @addr: as it was registered
 *
 * Before the memory is freed or remapped, and when no operation uses it.
 *
 * Return: 0; -EINVAL @addr is not registered; else as nvu_dma_free(). Any thread. Since 0.1.
 */
NVU_API int nvu_block_unregister(struct nvu_block *block, void *addr);

NVU_END_DECLS

#endif /* NVU_BLOCK_H */
