/* SPDX-License-Identifier: MIT */
/*
 * proof.h: what the harnesses share: values that may be anything, assumptions, assertions. Every
 * function proof_u32() and so on returns any value whatever each time it is called; CBMC follows all
 * of them at once.
 */
#ifndef NVU_TEST_PROOF_H
#define NVU_TEST_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool nondet_bool(void);
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);
size_t nondet_size(void);

/* Only runs in which this holds are looked at. */
#define assume(condition) __CPROVER_assume(condition)

/* This must hold in every run. */
#define prove(condition, what) __CPROVER_assert(condition, what)

/* These bytes may be anything now. */
#define anything(pointer) __CPROVER_havoc_object(pointer)

/*
 * The last statement of each harness function. An assumption that nothing fulfils would make everything
 * before it true; test/proof/run --faults therefore looks whether this is reached.
 */
static inline void reached(void)
{
#ifdef PROOF_REACHED
	prove(false, "the end is not reached");
#endif
}

/*
 * A bound: the usual one, at which the proof sees every planted fault, or with `run --large` a larger
 * one.
 */
#ifdef PROOF_LARGE
#define BOUND(large, usual) (large)
#else
#define BOUND(large, usual) (usual)
#endif

#define IMPLIES(a, b) (!(a) || (b))

#endif
