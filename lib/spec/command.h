/* SPDX-License-Identifier: MIT */
/*
 * command.h: what commands are, by command set and opcode; the rows are those of commands.def. Pure.
 */
#ifndef NVU_SPEC_COMMAND_H
#define NVU_SPEC_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a row belongs. */
enum command_set {
	COMMAND_ADMIN,
	COMMAND_IO,    /* every I/O command set */
	COMMAND_NVM,   /* the NVM command set, and the zoned one that builds on it */
	COMMAND_ZONED, /* the zoned command set alone */
	COMMAND_KV,
	COMMAND_SETS,
};

/* Command set identifiers (Base figure 274), and a bit for each: what a command may be for. */
enum { COMMAND_CSI_NVM, COMMAND_CSI_KV, COMMAND_CSI_ZONED, COMMAND_CSIS };

#define COMMAND_OF_CSI(csi) (1u << (csi))
#define COMMAND_OF_ALL ((1u << COMMAND_CSIS) - 1)

/* Which field of Identify Controller reports that the controller has a command. */
enum command_gate {
	COMMAND_MANDATORY,
	COMMAND_BY_EFFECTS, /* the Commands Supported and Effects log page */
	COMMAND_BY_OACS,
	COMMAND_BY_ONCS,
	COMMAND_BY_CTRATT,
	COMMAND_BY_KAS,
	COMMAND_BY_SANICAP,
};

/* The length of its data. `unit`: bytes, or the dword of the command that has the length; see commands.def. */
enum command_length {
	COMMAND_NO_DATA,
	COMMAND_BYTES,
	COMMAND_BLOCKS,
	COMMAND_DWORDS,
	COMMAND_SIZE,
	COMMAND_RANGES,
	COMMAND_LOG,
	COMMAND_QUEUE,
	COMMAND_LENGTH_BY_FIELD,
};

enum command_nsid {
	COMMAND_NO_NS,
	COMMAND_ONE_NS,
	COMMAND_ONE_OR_ALL,
	COMMAND_ANY_NS,
	COMMAND_NSID_BY_FIELD,
};

/* Bits of an entry of the Commands Supported and Effects log page, Base figure 211. */
enum {
	COMMAND_SUPPORTED = 1 << 0,
	COMMAND_LBCC = 1 << 1, /* changes the contents of blocks */
	COMMAND_NCC = 1 << 2,  /* changes what a namespace can do */
	COMMAND_NIC = 1 << 3,  /* changes which namespaces there are */
	COMMAND_CCC = 1 << 4,  /* changes what the controller can do */
	COMMAND_CSE = 1 << 16, /* no other command for the same namespace meanwhile */
};

struct spec_command {
	uint8_t set;	  /* enum command_set */
	uint8_t opcode;	  /* bits 1:0: NVU_XFER_... */
	uint8_t nsid;	  /* enum command_nsid */
	uint8_t again;	  /* may be sent again: COMMAND_OF_CSI() bits; of an admin command not 0 */
	bool mocked;	  /* the mock carries it out */
	uint32_t effects; /* COMMAND_LBCC, ... */
	uint16_t length;  /* enum command_length */
	uint16_t unit;	  /* of the length */
	uint32_t gate;	  /* enum command_gate */
	uint32_t gate_bits; /* one of them is enough */
	const char *name;
};

/* NULL: there is no row. */
const struct spec_command *command_of_admin(uint8_t opcode);

/* For a sentence: "Identify"; "vendor specific", "unknown". Constant. */
const char *command_admin_name(uint8_t opcode);

/* A command for a namespace of a command set identifier. NULL: there is no row. */
const struct spec_command *command_of_io(uint32_t csi, uint8_t opcode);

/*
 * Whether a controller has an I/O command, by the row's gate. True where something else than ONCS says it: the
 * controller knows.
 */
bool command_is_offered(const struct spec_command *row, uint32_t oncs);

/* Whether CDW10 and CDW11 of an I/O command are a block's number. */
bool command_has_lba(const struct spec_command *row);

/*
 * Whether executing an I/O command twice has the effect of once, in each of the command sets that it may belong to
 * (COMMAND_OF_CSI() bits). False if there is no bit, or no row.
 */
bool command_may_repeat(uint32_t csi_bits, uint8_t opcode);

#endif
