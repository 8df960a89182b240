/* SPDX-License-Identifier: MIT */
/*
 * nvu/types.h: what every other public header needs: the export macro, the little-endian wire
 * types and their conversions, and the names of the opaque handles.
 */
#ifndef NVU_TYPES_H
#define NVU_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
/*
 * Four functions bear the name of the struct that they fill or return, as stat() does; g++ -Wshadow
 * minds, in programs that include this. There will be no more of them.
 */
#define NVU_BEGIN_DECLS                                                                          \
	_Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wshadow\"") extern "C" \
	{
#define NVU_END_DECLS \
	}             \
	_Pragma("GCC diagnostic pop")
#define NVU_STATIC_ASSERT(cond, msg) static_assert(cond, msg)
#define NVU_CAST(type, x) static_cast<type>(x)
#define NVU_ADDRESS(pointer) reinterpret_cast<uintptr_t>(pointer)
#else
#define NVU_BEGIN_DECLS
#define NVU_END_DECLS
#define NVU_STATIC_ASSERT(cond, msg) _Static_assert(cond, msg)
#define NVU_CAST(type, x) ((NVU_FORCE type)(x))
#define NVU_ADDRESS(pointer) ((uintptr_t)(pointer))
#endif

/* Part of the shared library's interface; everything without it stays private. */
#define NVU_API __attribute__((visibility("default")))

/* The function writes @count elements to @pointer: gcc warns of a smaller array. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 10
#define NVU_WRITES(pointer, count) __attribute__((access(write_only, pointer, count)))
#else
#define NVU_WRITES(pointer, count)
#endif

/* Wire types: little-endian in memory on every host. sparse keeps them apart from integers. */
#ifdef __CHECKER__
#define NVU_BITWISE __attribute__((bitwise))
#define NVU_FORCE __attribute__((force))
#else
#define NVU_BITWISE
#define NVU_FORCE
#endif

typedef uint16_t NVU_BITWISE nvu_le16;
typedef uint32_t NVU_BITWISE nvu_le32;
typedef uint64_t NVU_BITWISE nvu_le64;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define NVU_SWAP(bits, x) __builtin_bswap##bits(x)
#else
#define NVU_SWAP(bits, x) (x)
#endif

static inline uint16_t nvu_le16_get(nvu_le16 x)
{
	return NVU_SWAP(16, NVU_CAST(uint16_t, x));
}

static inline uint32_t nvu_le32_get(nvu_le32 x)
{
	return NVU_SWAP(32, NVU_CAST(uint32_t, x));
}

static inline uint64_t nvu_le64_get(nvu_le64 x)
{
	return NVU_SWAP(64, NVU_CAST(uint64_t, x));
}

static inline nvu_le16 nvu_le16_put(uint16_t x)
{
	return NVU_CAST(nvu_le16, NVU_SWAP(16, x));
}

static inline nvu_le32 nvu_le32_put(uint32_t x)
{
	return NVU_CAST(nvu_le32, NVU_SWAP(32, x));
}

static inline nvu_le64 nvu_le64_put(uint64_t x)
{
	return NVU_CAST(nvu_le64, NVU_SWAP(64, x));
}

/* The handles. All opaque: created and destroyed by the functions of their own header. */
struct nvu_ctrl;  /* ctrl.h: one NVMe controller */
struct nvu_ns;	  /* ns.h: one namespace, an immutable snapshot */
struct nvu_qpair; /* qpair.h: one submission queue and one completion queue */
struct nvu_group; /* group.h: queue pairs polled, or waited for, together */
struct nvu_dma;	  /* dma.h: memory that the device may reach */
struct nvu_mock;  /* mock.h: a software controller */

#endif /* NVU_TYPES_H */
