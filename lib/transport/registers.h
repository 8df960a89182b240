/* SPDX-License-Identifier: MIT */
/*
 * registers.h: what transports have in common of register access: which registers there are, and reg_write64()
 * where registers are written 32 bits at a time.
 */
#ifndef NVU_TRANSPORT_REGISTERS_H
#define NVU_TRANSPORT_REGISTERS_H

#include "base/error.h"
#include "transport/transport.h"

#include <errno.h>

/* A register of `bytes` bytes at this offset: 0, or -EINVAL with the sentence. */
static inline int transport_check_register(const struct transport *transport, uint32_t offset,
					   uint32_t bytes)
{
	if (__builtin_expect(offset % bytes == 0 && (size_t)offset + bytes <= transport->reg_bytes,
			     1))
		return 0;
	return error_set(
		-EINVAL,
		"%s: register access of %u bytes at 0x%x: misaligned or past the end (0x%zx)",
		transport->name, bytes, offset, transport->reg_bytes);
}

/* Two halves, the low one first: Base 3.1.1 allows it, and not every bridge passes 64-bit accesses. */
static inline int transport_write_halves(struct transport *transport, uint32_t offset,
					 uint64_t value)
{
	int ret = transport_check_register(transport, offset, sizeof(value));

	if (!ret)
		ret = transport->ops->reg_write32(transport, offset, (uint32_t)value);
	return ret ? ret
		   : transport->ops->reg_write32(transport, offset + 4, (uint32_t)(value >> 32));
}

#endif
