/* SPDX-License-Identifier: MIT */
/*
 * fault_text.h: a fault in the words of a mock address: "drop:op=read:skip=1000:count=1". Pure: no
 * I/O, no allocation.
 */
#ifndef NVU_MOCK_LIFE_FAULT_TEXT_H
#define NVU_MOCK_LIFE_FAULT_TEXT_H

#include <nvu/mock.h>

#include <stddef.h>

/* len bytes of text. -EINVAL with a sentence; *ret_fault untouched then. */
int mock_fault_parse(const char *text, size_t len, struct nvu_mock_fault *ret_fault);

#endif
