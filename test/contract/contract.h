/* SPDX-License-Identifier: MIT */
/*
 * contract.h: what lib/transport/transport.h states, asserted on any transport: transport_contract ADDRESS. One
 * source runs on the mock (meson test contract_on_mock), on a mock that another process serves (--served), and on
 * a drive behind the kernel's VFIO (test/vm).
 * Where they disagree, the mock is wrong until the specification says otherwise.
 */
#ifndef NVU_TEST_CONTRACT_H
#define NVU_TEST_CONTRACT_H

#include "transport/transport.h"

#include "unit.h"

/* The cases of one file: each gets a struct contract in *state, its transport open. */
struct cases {
	const struct CMUnitTest *tests;
	size_t count;
};

extern const struct cases open_cases, register_cases, memory_cases, doorbell_cases, interrupt_cases;

struct contract {
	const char *address; /* that of the command line */
	struct transport *transport;
	int descriptors; /* of a program that has no transport open */
};

/*
 * Before a case: opens the transport, unless the one before has left it open, which it does in the state after
 * an open with a reset: a kernel takes 0.3 s for each opening.
 */
int contract_setup(void **state);

#define CASE(function) cmocka_unit_test_setup(function, contract_setup)

/* Closes it and asserts that no descriptor stays open; opens it again. */
void contract_close(struct contract *contract);
struct transport *contract_open(struct contract *contract, bool reset);

/* The value of a call that fails and has set a sentence of its own. */
#define REFUSED(call) \
	(contract_forget_sentence(), contract_refused(call, #call, __FILE__, __LINE__))
void contract_forget_sentence(void);
int contract_refused(int ret, const char *call, const char *file, int line);

/* I/O addresses for len bytes that the domain allows, the last of its first window. */
uint64_t contract_iova(const struct transport *transport, size_t len);

/* Fresh zeroed memory, present, with a descriptor if the transport needs one; ended with munmap(). */
void *contract_memory(size_t len);

/* With the memory's descriptor if the transport needs one. */
int contract_map(struct transport *transport, uint64_t iova, void *memory, size_t len,
		 uint32_t prot);

uint32_t contract_read32(struct transport *transport, uint32_t offset);
uint16_t contract_command(struct transport *transport); /* PCI's */

/* Waits, 10 s at most, until the bits of CSTS that the mask has are these. */
void contract_wait_csts(struct transport *transport, uint32_t mask, uint32_t value);

#endif
