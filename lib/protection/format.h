/* SPDX-License-Identifier: MIT */
/*
 * format.h: the caller's format and arguments, copied and checked.
 */
#ifndef NVU_PROTECTION_FORMAT_H
#define NVU_PROTECTION_FORMAT_H

#include "tuple/layout.h"

/* What a transfer needs to know, from a format and arguments that were checked. */
struct transfer {
	struct layout layout;
	struct nvu_protection_args args;
	bool interleaved;
};

/* 0, or -EINVAL with the sentence set. */
int format_check(const struct nvu_protection_format *format);

/* Copies and checks both. 0, or -EINVAL with the sentence set. */
int format_take(const struct nvu_protection_format *format, const struct nvu_protection_args *args,
		struct transfer *ret_transfer);

#endif
