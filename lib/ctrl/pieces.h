/* SPDX-License-Identifier: MIT */
/*
 * pieces.h: splits an admin command into several of the same kind, if there is not enough mapped memory for all
 * of its data. Pure.
 */
#ifndef NVU_CTRL_PIECES_H
#define NVU_CTRL_PIECES_H

#include <nvu/identify.h>
#include <nvu/spec.h>
#include <stdbool.h>
#include <stddef.h>

/* True when this command, which moves len bytes, can be cut into pieces of piece_bytes. */
bool pieces_allowed(const struct nvu_id_ctrl *id, const struct nvu_sqe *cmd, size_t len,
		    size_t piece_bytes);

/* The command that moves len of its bytes from byte `at` on. last: no piece follows. */
struct nvu_sqe pieces_cut(const struct nvu_sqe *cmd, size_t at, size_t len, bool last);

#endif
