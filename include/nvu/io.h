/* SPDX-License-Identifier: MIT */
/*
 * nvu/io.h: reads and writes of any length with all that such a command can carry: flags, hints, metadata, protection
 * tags, placement. nvu_read() and nvu_write() (nvu/qpair.h) are for those that need none of it.
 *
 *	ret = nvu_rw(qpair, NVU_RW_ARGS(.ns = ns, .opcode = NVU_CMD_WRITE, .lba = 0, .blocks = 8,
 *					.buf = buf, .flags = NVU_RW_FUA, .user_data = 1));
 *
 * A request that is too large for one command is split: nvu sends several, and the program gets one completion.
 * nvu_rw() does that, and nvu_write_zeroes(), nvu_compare(), nvu_verify() and nvu_deallocate() of nvu/nvm.h.
 *
 * - Accepted means that nvu owns all of it: -EAGAIN, with nothing changed, says that the queue is full, or that as many
 *   split requests are outstanding as the option splits of nvu_qpair_create() allows. Polling goes on with it: when one of its
 *   commands is answered, nvu queues the next ones, as many as there is room for, before the program can queue any. They
 *   take places of the queue as the program's own do (nvu_qpair_room()), and count as such in nvu_qpair_stats(). The
 *   next nvu_poll() or nvu_submit() publishes them.
 * - After an error no further command is sent, and the request is answered once the controller has answered
 *   those that were. status is the error of the first blocks that failed. result is the number of leading blocks that
 *   succeeded, in the order of the request: all of them without an error. What became of blocks behind these is not known.
 * - Each command has a deadline of its own. With NVU_QPAIR_RETRY each is sent again after a reset; without,
 *   a reset ends the request.
 * - Data in pieces, as of readv() and writev(), lie anywhere, if the controller has SGLs (nvu_ctrl_info()->sgls; NVU_SGLS_DWORDS: at
 *   multiples of 4). By PRPs a command takes pieces of which each but the first begins, and each but the last ends,
 *   where a memory page does (nvu_ctrl_info()->page_bytes); pieces that follow on in their buffer are one. A request
 *   is split where its pieces fit into one command no more, but only between blocks. Of blocks with separate metadata, SGLs
 *   also take NVU_SGLS_METADATA or NVU_SGLS_METADATA_SGL. The option pieces of nvu_qpair_create() limits one command.
 * - Commands of one request are carried out in any order, so a split write is not atomic. Those of a write to a zoned
 *   namespace, and of a deallocation, are sent one by one, in order.
 *
 * Thread rule: that of the queue pair.
 */
#ifndef NVU_IO_H
#define NVU_IO_H

#include <nvu/spec.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

/*
 * A flag that is no bit of CDW12: one command, or -EINVAL if a limit does not permit that. It may cross the
 * namespace's optimal boundary. For the flags of struct nvu_rw_args, nvu_write_zeroes(), nvu_compare() and nvu_verify().
 */
#define NVU_RW_NO_SPLIT (1u << 0)

/*
 * A piece of the data of a request: bytes [offset, offset + len) of buf, a buffer of the controller's domain. Of no bytes: it is
 * left out. buf NULL, offset 0, in a read: these bytes of the blocks are not transferred, where the controller has
 * bit buckets (NVU_SGLS_BIT_BUCKET).
 */
struct nvu_piece {
	const struct nvu_dma *buf;
	size_t offset;
	size_t len;
};

/* A request for nvu_rw(). Zero means "none" everywhere; fill with NVU_RW_ARGS(). */
struct nvu_rw_args {
	size_t size; /* sizeof(struct nvu_rw_args) */
	const struct nvu_ns *ns;
	uint64_t lba;	    /* first block */
	uint64_t blocks;    /* 1 and up, inside the namespace */
	uint64_t user_data; /* returned in the completion */
	/*
	 * The data of a read, write or compare, a buffer of the controller's domain. Blocks whose metadata are
	 * interleaved (nvu_ns_info()->metadata_extended) have them behind their data here, unless NVU_RW_PRACT
	 * makes the controller strip and insert them.
	 */
	const struct nvu_dma *buf;
	size_t offset; /* bytes into buf, a multiple of 4 */
	/*
	 * Instead of buf, offset: pieces that have the data one behind the other, as long as the blocks together. They end
	 * anywhere, also inside a block. NULL: the data are in buf.
	 */
	const struct nvu_piece *pieces;
	uint32_t piece_count;
	uint32_t opcode; /* NVU_CMD_READ, _WRITE, _COMPARE, _VERIFY or _WRITE_ZEROES */
	/*
	 * Bits of CDW12: NVU_RW_LR, NVU_RW_FUA; NVU_RW_DEAC (write zeroes); NVU_RW_STREAM or NVU_RW_PLACEMENT
	 * (write); of a namespace with protection information NVU_RW_PRACT, NVU_RW_PRCHK_... and NVU_RW_STC
	 * (write zeroes: NVU_RW_PRACT alone). And NVU_RW_NO_SPLIT.
	 */
	uint32_t flags;
	uint32_t dsm; /* of a read or write: NVU_DSM_HINT_..., bits 7:0 of CDW13 */
	/*
	 * Of a namespace with separate metadata: metadata_bytes of each block, contiguous; NULL if none are
	 * transferred: NVU_RW_PRACT, and the metadata are the protection information and nothing else.
	 */
	const struct nvu_dma *metadata;
	size_t metadata_offset; /* bytes into metadata, a multiple of 4 */
	/*
	 * Tags of the first block, of a namespace with protection information: see nvu/protection.h. With type 1
	 * the reference tag is the first block's number: 0 stands for it, and nothing else is allowed.
	 */
	uint64_t ref_tag;
	uint64_t storage_tag;
	uint16_t app_tag;
	uint16_t app_mask; /* bits of app_tag that are compared */
	uint16_t
		placement; /* a stream's identifier, or a placement identifier: bits 31:16 of CDW13 */
	uint16_t rsvd;	   /* 0 */
};

/* `&args` for nvu_rw(): NVU_RW_ARGS(.ns = ns, .opcode = NVU_CMD_READ, ...). C only. */
#define NVU_RW_ARGS(...) (&(struct nvu_rw_args){ .size = sizeof(struct nvu_rw_args), __VA_ARGS__ })

/**
 * nvu_rw() - queue a read, write, compare, verify or write zeroes with all that it can carry
 * @qpair: the calling thread's queue pair
 * @args: copied: they are the caller's again when this returns; the buffers, and the array of pieces, which stays as it is, when
 *	the completion has come
 *
 * Checked before anything is sent; a field that the opcode does not have must be 0. A request is split where one command
 * takes no more: at nvu_ns_info()->max_transfer_blocks, max_verify_blocks or max_zeroes_blocks; of a namespace with
 * metadata as many as the controller's transfer limit permits, of which interleaved metadata take their part. Reads and writes
 * are split at multiples of optimal_boundary_blocks too, and large writes where writes stop being atomic
 * (atomic_boundary_blocks), if the namespace has such boundaries. Each command has its own reference tag. NVM 3.2.
 *
 * Return: 0; -EAGAIN queue full, nothing changed: poll and try again; -EINVAL an argument, which nvu_last_error()
 * names; -ENOTSUP the controller or the command set does not have the command, the directive or a flag, or no command of
 * the controller says where a piece is; -ESTALE,
 * -ENOSPC as nvu_read(); -EIO, -ENODEV the controller is lost. The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_rw(struct nvu_qpair *qpair, const struct nvu_rw_args *args);

/**
 * nvu_abort() - abort all outstanding commands that carry a user_data
 * @qpair: the calling thread's queue pair
 * @user_data: as the commands were queued with; of a split request, of all of it
 *
 * Does not wait, and answers nothing: each command still has its one completion, which a later poll returns, and its
 * buffers belong to the device until then. Its status is
 * - -ECANCELED, with the next poll, if nvu had not published the command: it was queued since the last nvu_submit() or
 *   nvu_poll(), waited for new queues after a reset, or was a flush of nvu_flush_after() that nvu kept back. It has not been
 *   carried out. Of a split request nothing more is sent; it is answered with the last of its commands that were, and
 *   result says how many leading blocks succeeded;
 * - what the controller says: NVU_SC_ABORT_REQUESTED if it has aborted the command, which may be carried out in part; or
 *   the command's own status, 0 too, if it was too late, or if the controller aborts nothing. For a command that the
 *   controller knows nvu sends Abort (Base 5.1), which asks for no more than that.
 *
 * Aborts are sent by this call and by polls, without waiting, as many at once as the controller takes (ACL), 4 of a queue
 * pair at most. While the Abort of a command is not answered, its completion is kept, so that no Abort meets a later command with
 * the same identifier; polls take the slow path meanwhile. Deadlines hold as always. A reset ends such a command: it is
 * not sent again (NVU_QPAIR_RETRY). If a flush of nvu_flush_after() is aborted, what it waited for is waited for by the next
 * one.
 *
 * Return: how many requests carry @user_data; 0: none is outstanding, a poll has returned their completions; -EIO, -ENODEV,
 * -ENOSPC the queue pair has ended. The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_abort(struct nvu_qpair *qpair, uint64_t user_data);

NVU_END_DECLS

#endif /* NVU_IO_H */
