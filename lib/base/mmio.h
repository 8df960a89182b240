/* SPDX-License-Identifier: MIT */
/*
 * mmio.h: access to device registers and the ordering between memory and device. The only file
 * that uses volatile (transport.h declares the mapping).
 *
 * Device registers are little-endian. Accesses are also C11 atomics, so that the mock controller's
 * thread, which plays the device in the same process, synchronises with the driver's.
 */
#ifndef NVU_BASE_MMIO_H
#define NVU_BASE_MMIO_H

#include <stdint.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define MMIO_LE32(x) __builtin_bswap32(x)
#define MMIO_LE64(x) __builtin_bswap64(x)
#else
#define MMIO_LE32(x) (x)
#define MMIO_LE64(x) (x)
#endif

/*
 * dma_wmb: the device sees the CPU's earlier writes to memory before the register write that follows.
 * dma_rmb: the CPU's later reads return values at least as new as the flag that it read before (phase
 * tag). x86 keeps both orders by itself for cached memory and an uncached register; arm64 needs the
 * outer-shareable barriers because the observer is not a CPU; RISC-V distinguishes memory (r, w) from
 * devices (i, o), and its full CPU barrier does not order devices. On s390x and 64-bit POWER the full
 * barrier orders both. nvu does not build for other processors: their barriers have to be determined
 * first.
 */
#if defined(__aarch64__)
#define dma_wmb() __asm__ volatile("dmb oshst" ::: "memory")
#define dma_rmb() __asm__ volatile("dmb oshld" ::: "memory")
#define dma_mb() __asm__ volatile("dmb osh" ::: "memory")
#define cpu_relax() __asm__ volatile("yield" ::: "memory")
#elif defined(__x86_64__)
#define dma_wmb() __asm__ volatile("" ::: "memory")
#define dma_rmb() __asm__ volatile("" ::: "memory")
#define dma_mb() __asm__ volatile("lock; addl $0, -4(%%rsp)" ::: "memory", "cc")
#define cpu_relax() __asm__ volatile("pause" ::: "memory")
#elif defined(__riscv) && __riscv_xlen == 64
#define dma_wmb() __asm__ volatile("fence w, ow" ::: "memory")
#define dma_rmb() __asm__ volatile("fence ir, ir" ::: "memory")
#define dma_mb() __asm__ volatile("fence iorw, iorw" ::: "memory")
#define cpu_relax() __asm__ volatile(".4byte 0x100000f" ::: "memory") /* pause */
#define mmio_after_read() __asm__ volatile("fence i, ir" ::: "memory")
#elif defined(__s390x__) || defined(__powerpc64__)
#define dma_wmb() __sync_synchronize()
#define dma_rmb() __sync_synchronize()
#define dma_mb() __sync_synchronize()
#define cpu_relax() __asm__ volatile("" ::: "memory")
#else
#error "nvu does not know this processor's barriers between memory and device: see lib/base/mmio.h"
#endif

/* After a read of a register: memory that is read next is at least as new. Elsewhere the acquire does it. */
#ifndef mmio_after_read
#define mmio_after_read() ((void)0)
#endif

static inline uint32_t mmio_read32(const volatile void *addr)
{
	uint32_t value = __atomic_load_n((const volatile uint32_t *)addr, __ATOMIC_ACQUIRE);

	mmio_after_read();
	return MMIO_LE32(value);
}

static inline void mmio_write32(volatile void *addr, uint32_t value)
{
	dma_wmb();
	__atomic_store_n((volatile uint32_t *)addr, MMIO_LE32(value), __ATOMIC_RELEASE);
}

/* Two halves, low first: Base 3.1.1 allows it, and not every bridge passes 64-bit accesses. */
static inline uint64_t mmio_read64(const volatile void *addr)
{
	uint64_t low = mmio_read32(addr);

	return low | (uint64_t)mmio_read32((const volatile char *)addr + 4) << 32;
}

static inline void mmio_write64(volatile void *addr, uint64_t value)
{
	mmio_write32(addr, (uint32_t)value);
	mmio_write32((volatile char *)addr + 4, (uint32_t)(value >> 32));
}

#endif
