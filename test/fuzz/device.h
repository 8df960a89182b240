/* SPDX-License-Identifier: MIT */
/*
 * device.h: a whole NVMe controller that does what the input says: the device behind the fuzz target
 * "device". Left alone it is a plain, correct controller, so that most inputs get through bring-up;
 * the input arms tricks that apply to later commands, overrides registers, writes to memory, and
 * fails calls of the transport. Its memory accesses go through an IOMMU of its own, and it looks at
 * what the driver asks it to do: a data pointer must describe the command's buffer and nothing else.
 *
 * Its transport takes the place of lib/transport/vfio, iommufd and vfio_user: device_transport.c defines
 * vfio_transport_ops, so that nvu_ctrl_open() with a PCI address opens it. While a target runs, time
 * is virtual, too: test/support/clock.h.
 */
#ifndef FUZZ_DEVICE_H
#define FUZZ_DEVICE_H

#include "clock.h"
#include "transport/transport.h"

#include <nvu/regs.h>
#include <nvu/spec.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DEVICE_MAPS = 512,
	DEVICE_QUEUES = 8, /* with the admin queue */
	DEVICE_HELD = 128,
	DEVICE_TRICKS = 32,
	DEVICE_PATCHES = 32,
	DEVICE_OVERRIDES = 8,
	DEVICE_PATCH_BYTES = 16,
	DEVICE_NAMESPACES = 4,
};

#define DEVICE_ADDRESS "0000:01:00.0"

/* In CDW2 of a command whose length does not follow from the rest: this and the bytes of data. */
#define DEVICE_LENGTH (1u << 31)

struct device_map {
	uint64_t iova;
	uint64_t len;
	uint8_t *addr;
	uint32_t prot; /* TRANSPORT_DMA_... */
};

struct device_queue {
	bool live; /* the submission queue */
	bool shadow;
	bool cq_live;
	uint16_t entries, cq_entries; /* 0's based, as on the wire */
	uint64_t iova, cq_iova;
	uint32_t head, doorbell; /* of the submission queue; the last value that the driver wrote */
	uint32_t tail, phase;
	uint32_t born; /* ends of access before it was created */
	bool fetched;  /* a command, since it was created */
};

enum trick_kind {
	TRICK_NONE,
	TRICK_DROP,   /* never answer */
	TRICK_HOLD,   /* answer after `value` steps */
	TRICK_STATUS, /* do nothing, answer with `value` as status */
	TRICK_LIE,    /* do nothing, answer with success */
	TRICK_RESULT, /* answer with `value` as result */
	TRICK_CID,    /* exclusive-or `value` into the identifier */
	TRICK_SQID,   /* or into the queue identifier */
	TRICK_TWICE,  /* answer twice */
	TRICK_PHASE,  /* answer with the wrong phase tag */
	TRICK_RAW,    /* answer with 16 bytes of input */
	TRICK_NOISE,  /* answer with data made from `value` */
	TRICK_FATAL,  /* CSTS.CFS instead of an answer */
	TRICK_GONE,   /* all registers read as ones from now on */
	TRICK_QUEUE,  /* post to completion queue `value` */
	TRICK_KINDS,
};

/* Scopes of a trick. */
enum { TRICK_ADMIN = 1, TRICK_IO = 2 };

struct trick {
	uint8_t kind;
	uint8_t scope;
	uint8_t skip;  /* matching commands to let pass first */
	uint8_t count; /* commands that it applies to */
	uint64_t value;
	uint8_t raw[16];
};

/* Bytes of returned data, each time that such data are returned. */
struct device_patch {
	uint8_t cns; /* of Identify; 0xff: a log page */
	uint8_t len;
	uint16_t offset;
	uint8_t bytes[DEVICE_PATCH_BYTES];
};

struct device_override {
	uint32_t offset;
	uint32_t count; /* reads that it is seen by */
	uint64_t and, xor;
};

struct device_held {
	struct nvu_sqe sqe;
	uint16_t qid;
	bool event; /* an asynchronous event request */
	uint32_t due;
};

struct device {
	struct transport transport;
	bool open;
	bool master; /* of the bus: without it no DMA */
	bool gone, fatal;
	bool stopping; /* CC.EN is 0, as the driver wrote it or read it */
	int windows;   /* mappings of doorbells that are not buried */
	bool no_reset, no_request_fd, map_doorbells, offers_shadow, aborts, hasty;
	uint64_t cap, asq, acq;
	bool silent;	     /* its configuration space reads as all ones */
	bool offers_notices; /* and what else it need not offer: formats, logs and firmware in pieces */
	uint32_t vs, cc, csts, aqa;
	uint32_t ready_reads; /* reads of CSTS that a change of RDY or SHST takes */
	uint32_t reads_left;
	uint32_t csts_next;
	uint8_t *bar; /* as many bytes as there are, so that one past them is noticed */

	struct device_queue queues[DEVICE_QUEUES];
	uint64_t shadow_iova, event_iova;
	struct device_held held[DEVICE_HELD];
	uint32_t held_count;
	uint32_t step;

	struct trick tricks[DEVICE_TRICKS];
	uint32_t trick_count;
	struct device_patch patches[DEVICE_PATCHES];
	uint32_t patch_count;
	uint32_t namespaces; /* active: 1 and on */
	uint8_t lbads, eui;
	uint32_t blocks;
	bool pieces;  /* there have been commands with their data in pieces */
	bool changed; /* namespaces were, so the length of a command's data is unknown */
	const uint8_t *pages[256]; /* whole Identify data by CNS; NULL: its own */
	struct device_override overrides[DEVICE_OVERRIDES];
	uint32_t override_count;
	uint32_t fail_call; /* calls of the transport until one fails; 0: none */
	uint32_t vectors;   /* of interrupts; 0: it has none */
	int fail_error;

	struct transport_domain domain;
	uint32_t domain_refs;
	struct device_map maps[DEVICE_MAPS];
	uint32_t map_count;

	uint32_t jumps; /* turns of a wait since something else happened */
	uint32_t calls; /* of the transport since somebody set it to 0 */
	uint64_t block_bytes[DEVICE_NAMESPACES + 1];
	bool lied; /* it has taken leave of its own queues: what it fetches need not be a command */
	/* What ends its access to the commands of all queues, or one; see device_reasons(). */
	uint32_t ends, queue_ends[DEVICE_QUEUES];
	uint32_t forged, queue_forged[DEVICE_QUEUES];
};

extern struct device device;

/* As new, closed, nothing mapped. */
void device_init(void);

/* Fetches and answers up to max commands of each queue. */
void device_step(uint32_t max);

/* Writes an entry to a completion queue, whatever its content but the phase tag. */
void device_post(uint16_t qid, const struct nvu_cqe *cqe, bool wrong_phase);

/* Answers an asynchronous event request, if there is one. */
void device_event(uint32_t result);

/* Power-on state: no queues, disabled. */
void device_reset(void);

void device_write_cc(uint32_t value);

/* CSTS, one read later. */
uint32_t device_read_csts(void);

/* The doorbell at this offset behind 1000h was written. */
void device_ring(uint32_t offset, uint32_t value);

/*
 * A command may be answered by anything but its completion only when the device has no access to it
 * any more, as far as the driver can know, or has itself said that it was aborted. DEVICE_ENDED: the
 * queue is not there, or its end was seen since it was created, or its doorbell was not written since; else how often the
 * device has said so.
 */
#define DEVICE_ENDED UINT32_MAX
uint32_t device_reasons(uint16_t qid);

/* Memory that the device may reach for prot, len bytes in one mapping; NULL. */
uint8_t *device_memory(uint64_t iova, uint64_t len, uint32_t prot);

/* Copies to memory, if the device may write there. */
void device_write(uint64_t iova, const void *data, uint64_t len);

/* device_data.c: what a command reads, returned to its buffer. Ends the process if its data
 * pointer is not that of one buffer. */
void device_fill(uint8_t page[4096], uint8_t cns, uint32_t nsid);
void device_return_data(const struct nvu_sqe *sqe, bool admin);
void device_return_noise(const struct nvu_sqe *sqe, bool admin, uint64_t seed);
void device_check_pointer(const struct nvu_sqe *sqe, bool admin);

/* Namespaces are another number, of other blocks, or are others; DEVICE_CHANGE_... */
enum {
	DEVICE_CHANGE_FORMAT = 8,
	DEVICE_CHANGE_COUNT = 16,
	DEVICE_CHANGE_IDENTITY = 64,
	DEVICE_CHANGE_SIZE = 128
};
void device_change(uint32_t what);

/* device_trace.c: a line on standard error, if FUZZ_TRACE is in the environment. */
void device_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* device_pages.c: all memory for queues and buffers is free. */
void pages_start(void);

#endif
