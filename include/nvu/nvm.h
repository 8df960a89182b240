/* SPDX-License-Identifier: MIT */
/*
 * nvu/nvm.h: commands of the NVM command set beside read and write. They are queued, published and answered as
 * those are (nvu/qpair.h), and checked before anything is sent.
 *
 *	const struct nvu_range ranges[] = { { 0, 2048, 0 }, { 8192, 256, 0 } };
 *
 *	if (nvu_ns_info(ns)->commands & NVU_NS_DEALLOCATE)
 *		ret = nvu_deallocate(qpair, ns, ranges, 2, user_data);
 *
 * Flags are bits of CDW12: NVU_RW_... of nvu/spec.h; and NVU_RW_NO_SPLIT. A request above a limit of the controller is
 * split into several commands, with one completion: nvu/io.h says how; a copy is refused. nvu_ns_info() has the limits.
 *
 * Thread rule: that of the queue pair.
 */
#ifndef NVU_NVM_H
#define NVU_NVM_H

#include <nvu/spec.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

/**
 * nvu_flush_after() - queue a flush that is sent once all that was accepted before it is answered
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @user_data: returned in the completion
 *
 * A commit in one call: queue the writes, then this. nvu_flush() makes those writes durable that completed before it was
 * sent; this waits for all commands that the queue pair has accepted, for any namespace: for requests of several
 * commands as a whole, for other flushes of this function, for commands that a reset sends again. Commands queued
 * after it are not held back, and are made durable or not. It is sent whatever the status of what it waited for: a
 * program looks at those completions, which come first.
 *
 * nvu keeps it back, and the poll that has answered the last command before it puts it into the queue: the next poll or
 * nvu_submit() publishes it. It is outstanding from its acceptance on. Its deadline runs from when it is queued in this
 * way; until then those of the commands before it hold. If a reset or the end of the queue pair meets it while nvu keeps
 * it back, it is sent after the reset, or answered with the error of the end. -ESTALE if its namespace has changed.
 * Any number is outstanding at once, up to the queue's depth. The call looks at each command that is outstanding.
 *
 * Return: as nvu_flush(); -ENOTSUP the command set does not have it. The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_flush_after(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t user_data);

/**
 * nvu_write_zeroes() - queue a command that makes blocks read as zeroes, without data
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @lba: first block
 * @blocks: 1 and up, inside the namespace; above nvu_ns_info()->max_zeroes_blocks: split
 * @flags: NVU_RW_NO_SPLIT; NVU_RW_LR; NVU_RW_FUA; NVU_RW_DEAC: the controller may deallocate the blocks; NVU_RW_PRACT, for a
 *	namespace with protection information, which the controller then generates with reference tags that
 *	begin at @lba (types 1 and 2)
 * @user_data: returned in the completion
 *
 * NVM 3.2.8.
 *
 * Return: 0; -EAGAIN queue full; -EINVAL range or flags, or @ns is of another controller; -ENOTSUP the
 * controller or the command set does not have the command, or the namespace does not take NVU_RW_DEAC
 * (nvu_ns_info()->zeroes_deallocate); -ESTALE, -ENOSPC as nvu_read(); -EIO, -ENODEV the controller is lost. The queue
 * pair's thread. Since 0.1.
 */
NVU_API int nvu_write_zeroes(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
			     uint32_t blocks, uint32_t flags, uint64_t user_data);

/**
 * nvu_verify() - queue a command that reads blocks in the controller, without data
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @lba: first block
 * @blocks: 1 and up, inside the namespace; above nvu_ns_info()->max_verify_blocks: split
 * @flags: NVU_RW_NO_SPLIT; NVU_RW_LR; NVU_RW_FUA; for a namespace with protection information NVU_RW_PRACT and NVU_RW_PRCHK_...,
 *	with reference tags that begin at @lba (types 1 and 2)
 * @user_data: returned in the completion
 *
 * The status is that of a read: NVU_SC_UNRECOVERED_READ, NVU_SC_GUARD_CHECK ... NVM 3.2.5.
 *
 * Return: as nvu_write_zeroes(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_verify(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
		       uint32_t blocks, uint32_t flags, uint64_t user_data);

/**
 * nvu_compare() - queue a comparison of blocks with a buffer
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @lba: first block
 * @blocks: 1 and up, inside the namespace; above nvu_ns_info()->max_transfer_blocks: split
 * @buf: what the blocks should contain, a buffer of the controller's domain, which is only read
 * @offset: bytes into @buf, a multiple of 4
 * @flags: NVU_RW_NO_SPLIT, NVU_RW_LR, NVU_RW_FUA
 * @user_data: returned in the completion
 *
 * The status is 0 if they are equal, NVU_SC_COMPARE_FAILED if not. NVM 3.2.1.
 *
 * Return: as nvu_write_zeroes(), with nvu_read()'s rules for the buffer; -ENOTSUP also: the format has metadata. The
 * queue pair's thread. Since 0.1.
 */
NVU_API int nvu_compare(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
			uint32_t blocks, const struct nvu_dma *buf, size_t offset, uint32_t flags,
			uint64_t user_data);

/* A range of blocks. */
struct nvu_range {
	uint64_t lba;
	uint32_t blocks; /* 1 and up */
	uint32_t rsvd;	 /* 0 */
};
NVU_STATIC_ASSERT(sizeof(struct nvu_range) == 16, "fixed by the ABI");

/**
 * nvu_deallocate() - queue a command that tells the controller which blocks are no longer needed
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @ranges: copied: it is the caller's again when this returns
 * @count: 1 to 256
 * @user_data: returned in the completion
 *
 * A hint: the controller may ignore it. How deallocated blocks read is in nvu_ns_info()->deallocated_reads. Up to
 * four deallocations of a queue pair are outstanding at once. One that is split, above nvu_ns_info()->max_ranges,
 * max_range_blocks or max_deallocate_blocks, counts as two. Dataset Management, NVM 3.2.3.
 *
 * Return: 0; -EAGAIN queue full, or four deallocations are outstanding: poll and try again; -EINVAL a range; else as
 * nvu_write_zeroes(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_deallocate(struct nvu_qpair *qpair, const struct nvu_ns *ns,
			   const struct nvu_range *ranges, uint32_t count, uint64_t user_data);

/**
 * nvu_compare_and_write() - queue a write that is carried out only if the blocks are as expected
 * @qpair: the calling thread's queue pair, which holds two commands and more
 * @ns: a namespace of the same controller
 * @lba: first block
 * @blocks: 1 to nvu_ns_info()->atomic_compare_and_write_blocks, and to max_transfer_blocks
 * @expect: what the blocks should contain, a buffer of the controller's domain, which is only read
 * @expect_offset: bytes into @expect, a multiple of 4
 * @data: what to write, likewise
 * @data_offset: bytes into @data, a multiple of 4
 * @user_data: returned in the completion
 *
 * A lock word, or a version, of several hosts: no other command comes between the comparison and the write. A fused
 * pair of commands (Base 3.4.1), which has one completion: status 0 if they were equal and are written,
 * NVU_SC_COMPARE_FAILED if not. Both buffers are the caller's again then. The pair takes the room of two commands, and counts as
 * two in nvu_qpair_stats(); up to 16 pairs of a queue pair are outstanding. nvu never sends it again (NVU_QPAIR_RETRY).
 *
 * Return: 0; -EAGAIN there is no room for both, or 16 are outstanding: poll and try again; -ENOTSUP the controller does not
 * have it (NVU_NS_COMPARE_AND_WRITE), or the format has metadata; else as nvu_compare(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_compare_and_write(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
				  uint32_t blocks, const struct nvu_dma *expect,
				  size_t expect_offset, const struct nvu_dma *data,
				  size_t data_offset, uint64_t user_data);

/* A range of blocks to copy. */
struct nvu_copy_range {
	const struct nvu_ns *ns; /* NULL: of the namespace that is copied to */
	uint64_t lba;
	uint32_t
		blocks; /* 1 to nvu_ns_info()->max_copy_range_blocks of the namespace that is copied to */
	uint32_t rsvd; /* 0 */
};
NVU_STATIC_ASSERT(sizeof(struct nvu_copy_range) == 24, "fixed by the ABI");

/**
 * nvu_copy() - queue a command by which the controller copies blocks
 * @qpair: the calling thread's queue pair
 * @ns: the namespace to copy to, of the same controller
 * @lba: the first block to copy to: the ranges come one behind the other from there on
 * @ranges: copied: they are the caller's again when this returns
 * @count: 1 to nvu_ns_info()->max_copy_ranges; at most 128, or 102 if the guard has more than 16 bits
 * @flags: NVU_RW_LR; NVU_RW_FUA; NVU_RW_PRACT, for a namespace with protection information: the controller
 *	generates it again, with reference tags that begin at @lba (types 1 and 2)
 * @user_data: returned in the completion
 *
 * All ranges together have at most nvu_ns_info()->max_copy_blocks. A range of another namespace, which has the same
 * format, takes a controller with the copy formats 2 or 3 (OCFS), which nvu enables when it opens or resets it. Without
 * NVU_RW_PRACT metadata are copied as they are, and reference tags with them. The ranges wait in the pages that
 * deallocations use. The status is NVU_SC_OVERLAPPING_IO_RANGE if a controller does not copy a range to where it
 * lies. NVM 3.2.2.
 *
 * Return: 0; -EAGAIN queue full, or four such commands or deallocations are outstanding: poll and try again; -EINVAL
 * a range, a limit (MSSRL, MCL, MSRC) or flags; -ENOTSUP also: the controller does not have the format; else as
 * nvu_write_zeroes(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_copy(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
		     const struct nvu_copy_range *ranges, uint32_t count, uint32_t flags,
		     uint64_t user_data);

NVU_END_DECLS

#endif /* NVU_NVM_H */
