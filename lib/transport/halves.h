/* SPDX-License-Identifier: MIT */
/*
 * halves.h: reg_write64() of transports whose registers are written 32 bits at a time.
 */
#ifndef NVU_TRANSPORT_HALVES_H
#define NVU_TRANSPORT_HALVES_H

#include "transport/transport.h"

/* Two halves, the low one first: Base 3.1.1 allows it, and not every bridge passes 64-bit accesses. */
static inline int transport_write_halves(struct transport *transport, uint32_t offset,
					 uint64_t value)
{
	int ret = transport->ops->reg_write32(transport, offset, (uint32_t)value);

	return ret ? ret
		   : transport->ops->reg_write32(transport, offset + 4, (uint32_t)(value >> 32));
}

#endif
