/* SPDX-License-Identifier: MIT */
/*
 * model.h: the state of one mock controller, shared by the files that model its parts. .lock
 * protects all of it: the device's thread holds it while it works and releases it when another thread waits
 * (life/lock.h). The lock does not protect memory that the driver shares (rings, doorbells): the mock accesses
 * it as a device does, with acquire and release.
 */
#ifndef NVU_MOCK_MODEL_H
#define NVU_MOCK_MODEL_H

#include "mock/memory/bad.h"
#include "mock/memory/cache.h"
#include "mock/memory/dma.h"
#include "mock/memory/prp.h"
#include "mock/memory/store.h"
#include "mock/memory/view.h"
#include "mock/options.h"

#include <errno.h>
#include <nvu/ctrl.h>
#include <nvu/mock.h>
#include <nvu/regs.h>
#include <nvu/spec.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	MOCK_FAULTS_MAX = 64,
	MOCK_VIOLATIONS_KEPT = 64,
	MOCK_VIOLATION_BYTES = 200,
	MOCK_EVENTS_MAX = 64,
	MOCK_EVENT_TYPES = 8,
	MOCK_AERL = 7,	  /* 0's based: 8 Async Event Requests at once */
	MOCK_ELPE = 15,	  /* 0's based: 16 error log entries */
	MOCK_MPS_MAX = 4, /* CAP.MPSMAX: 64 KiB pages */
	MOCK_TEMPERATURE_KELVIN = 310,
	MOCK_CONFIG_SPACE_BYTES = 4096,
	MOCK_FEATURES = 0x100,
	MOCK_CNTLID = 1,
	MOCK_MSSRL = 2048, /* of a copy: blocks of a range, of all ranges, ranges */
	MOCK_MCL = 8192,
	MOCK_MSRC = 128,
	MOCK_ACWU = 128, /* blocks that are compared and written as one */
};

#define MOCK_VERSION NVU_VS(1, 4, 0)
#define MOCK_VERSION_CRMS NVU_VS(2, 0, 0) /* of controllers with CAP.CRMS */

/* Besides the statuses of the specification: the command is answered later, or never. */
#define MOCK_NO_ANSWER 0xffffu

/* Do not retry; bit 14 of our statuses becomes bit 15 of the completion's (NVU_MOCK_DNR). */
#define MOCK_DNR(status) ((uint16_t)((status) | NVU_MOCK_DNR))

struct mock_cq {
	/* hot */
	struct nvu_cqe *ring;
	uint32_t entries;
	uint32_t tail;
	uint32_t head;		 /* the last valid doorbell value */
	uint32_t doorbell_value; /* last value written, right or wrong */
	uint16_t phase;		 /* 0 or 1: of the entry written next */
	uint16_t qid;
	void *doorbell;
	void *shadow;	 /* NULL: none */
	void *event_idx; /* with .shadow */
	/* cold */
	uint64_t iova;
	struct mock_view view; /* that .ring lies in; none: in the memory itself */
	uint32_t users;	       /* SQs that complete here */
	bool interrupts;       /* IEN; the admin queue's always does */
	uint32_t vector;
	bool full; /* commands wait for room */
};

struct mock_sq {
	/* hot */
	const struct nvu_sqe *ring;
	struct mock_cq *cq;
	uint32_t entries;
	uint32_t head;
	uint32_t tail; /* the last valid doorbell value */
	uint32_t doorbell_value;
	uint32_t dma_hints[2]; /* mock_prp_walk() */
	uint16_t qid;
	bool awake;    /* with .shadow: the doorbell rang, the shadow is polled */
	uint32_t idle; /* with .awake: polls since it changed */
	void *doorbell;
	void *shadow;
	void *event_idx;
	/* strictness: what the host has queued */
	uint64_t *cid_busy;	/* bitmap by CID */
	uint64_t *slot_refused; /* bitmap by slot: its CID was in use when it was queued */
	uint32_t refused;	/* bits set there */
	uint64_t iova;
	struct mock_view view;
};

/* What faults do to one command. */
struct mock_effects {
	bool dropped, duplicated, corrupted, phase_inverted, fatal, gone;
	bool has_status, has_cid, has_sqid, has_sqhd, has_result, has_length, endless, power_lost;
	uint64_t resize_bytes, reformat_bytes; /* of its namespace; 0: it stays as it is */
	uint16_t status, cid, sqid, sqhd;
	uint32_t corrupt_offset;
	uint64_t delay, result, flood, length;
	uint32_t patch_count;
	uint8_t patch_idx[4]; /* into mock->patches */
};

struct mock_cmd {
	struct nvu_sqe sqe; /* copied once: the host may change its own meanwhile */
	struct mock_sq *sq;
	uint64_t result; /* dw1 << 32 | dw0 */
	uint16_t cid;
	bool refused; /* the CID was in use: answered with Command ID Conflict */
	bool fused;   /* it is carried out with the other half of its pair */
	struct mock_effects effects;
};

/* A command waiting for its time, or a completion waiting for room. */
struct mock_pending {
	struct mock_pending *next;
	uint64_t due;	     /* clock_ns(), or the step when stepped */
	bool execute;	     /* else post .cqe */
	struct mock_cmd cmd; /* when .execute */
	bool paired;	     /* and .second, which is fused with it */
	struct mock_cmd second;
	struct mock_cq *cq;
	uint16_t sqid;
	struct nvu_cqe cqe; /* status without phase */
	bool phase_inverted;
};

struct mock_event {
	uint8_t type, info, log_page;
};

struct mock_error_entry {
	uint64_t number; /* 0: unused */
	uint64_t lba;
	uint32_t nsid;
	uint16_t sqid, cid, status;
};

/* Bytes that overwrite returned data. They outlive the fault, whose .count may be used up. */
struct mock_patch {
	uint32_t offset, len;
	uint8_t bytes[64];
};

/* How a namespace is formatted. */
struct mock_format {
	uint32_t lba_bytes;
	uint32_t metadata_bytes; /* of a block; 0: none */
	uint32_t storage_bits;	 /* STS */
	uint8_t type;		 /* of protection information; 0: none */
	uint8_t pif;
	bool first;	  /* the tuple is the metadata's first bytes */
	bool interleaved; /* metadata follow the data of each block in the driver's memory too */
};

/* Bytes of a block in the store. */
static inline uint32_t mock_format_stride(const struct mock_format *format)
{
	return format->lba_bytes + format->metadata_bytes;
}

struct mock_reservation;
struct mock_serve;

/* Who sends a command, by Host Identifier (feature 81h); none: 0. */
struct mock_host {
	uint8_t id[16];
	uint16_t cntlid;
	bool extended; /* it has all 16 bytes */
};

/* A namespace, io/ns.c. */
struct mock_ns {
	struct mock_store store;
	struct mock_bad bad; /* what cannot be read */
	uint64_t bytes;	     /* of data; 0: there is none of this identifier */
	struct mock_format format;
	uint32_t identity;		      /* part of NGUID, EUI64 and UUID */
	uint32_t error_recovery;	      /* features, back at their defaults after a reset */
	uint8_t lba_ranges[64 + 1];	      /* the first range, and how many there are */
	struct mock_reservation *reservation; /* NULL: no host has registered yet */
	bool attached;
	bool changed; /* since the driver has read the Changed Namespace List */
};

/* What the next controller reset changes, by nvu_mock_change(). 0: it stays. */
struct mock_limits {
	uint32_t mdts, io_queues, max_entries;
	char firmware[9];
};

struct mock_range {
	uint64_t iova;
	uint64_t len;
};

struct nvu_mock {
	pthread_mutex_t lock;
	unsigned waiters; /* atomic: threads that wait for .lock */

	/* hot */
	bool running; /* fetches commands: registers/regs.c keeps it */
	bool null;
	bool stepped;
	uint32_t fault_count;
	uint32_t live_count;
	struct mock_sq **live; /* SQs by ascending qid */
	struct mock_pending *pending, *pending_last;
	struct nvu_mock_stats stats;

	/* set once */
	struct mock_config config;
	char address[32];
	uint64_t max_transfer_bytes;
	struct mock_store file; /* all data, with a backing file */
	struct mock_ns *ns;	/* by identifier - 1; as many as there may be */
	struct mock_cache cache;
	bool power_fails; /* the power fails while the command at hand is carried out */
	uint64_t cap;
	uint8_t *bar; /* a page without access in the place of the registers, then the doorbells */
	size_t bar_bytes;
	uint8_t *doorbells;
	/*
	 * By queue: the memory of its SQ doorbell, where the driver has mapped that pair of doorbells separately.
	 * The mock reads the doorbells there and nowhere else. NULL: they are in .doorbells.
	 */
	uint8_t **windows;
	uint32_t stride; /* bytes between doorbells */
	const struct mock_dma *dma;

	/* registers, registers/regs.c */
	uint32_t cc, csts, aqa, intm;
	uint64_t asq, acq;
	uint32_t page_bytes; /* of CC.MPS */
	bool gone, fatal;
	uint64_t ready_due; /* CSTS.RDY follows CC.EN then: clock_ns(), or the step; 0: it has */
	uint64_t shut_due;  /* CSTS.SHST says that the shutdown is complete then; 0: it does */
	bool unstopped;	    /* disabled, but CSTS.RDY stayed, and bus mastering is on */
	bool cut_off;	    /* bus mastering was switched off after the registers had gone */
	struct mock_range *former; /* memory of the queues of an unstopped controller */
	uint32_t former_count;
	uint64_t paused_until; /* clock_ns(), or the step; 0: not paused */
	uint64_t stopped_ns;   /* when CC.EN was cleared last */
	uint32_t quirks;       /* NVU_QUIRK_... that it has */
	int request_fd;	       /* -1: none */
	bool has_msix;	       /* MSI-X is enabled */
	int *vector_fds;       /* by vector, -1: none; see queues/interrupt.h */
	int pin_fd;	       /* of the pin interrupt, INTx; -1: none */
	bool pin_masked;       /* it has interrupted, and the driver has not unmasked it since */
	uint8_t config_space[MOCK_CONFIG_SPACE_BYTES];

	/* queues by identifier, 0 the admin queue */
	struct mock_sq **sqs;
	struct mock_cq **cqs;
	uint8_t *shadow_page, *event_idx_page; /* NULL: not configured */
	uint64_t shadow_iova, event_idx_iova;

	/* admin */
	uint32_t features[MOCK_FEATURES]; /* current values of cdw11 */
	uint32_t saved[MOCK_FEATURES];	  /* what they are after a reset */
	uint32_t temperatures[4][16];	  /* thresholds by THSEL and TMPSEL */
	uint64_t timestamp_ms;		  /* 0: none was set */
	uint64_t timestamp_ns;		  /* clock_ns() when it was, or at the reset */
	uint8_t transitions[256];	  /* of power states, data of the feature */
	struct mock_host host;		  /* the driver */
	bool delays_enabled;   /* ACRE of Host Behavior Support: statuses may have a CRD */
	uint32_t copy_enabled; /* CDFE of Host Behavior Support: formats of copies, as bits */
	uint32_t granted_sqs, granted_cqs;
	uint32_t queues_max; /* that it grants; at most config.opts.io_queues */
	char firmware[9];
	struct mock_limits limits; /* from the next reset on */
	struct mock_cmd aers[MOCK_AERL + 1];
	uint32_t aer_count;
	struct mock_event events[MOCK_EVENTS_MAX];
	uint32_t event_count;
	struct {
		bool masked; /* not reported again before the log page is read */
		uint8_t log_page;
	} masked_by[MOCK_EVENT_TYPES];
	struct mock_error_entry errors[MOCK_ELPE + 1];
	uint64_t error_number;
	uint64_t reads, writes, unsafe_shutdowns; /* for the SMART log */

	/* work space of the command being executed */
	struct mock_xfer xfer;
	uint8_t page[4096];
	struct mock_pending *pending_free;
	uint64_t step;
	uint64_t latency_random; /* state of mock_random() */

	/* faults, faults/fault.c */
	struct nvu_mock_fault faults[MOCK_FAULTS_MAX];
	struct mock_patch patches[MOCK_FAULTS_MAX]; /* taken in turn */
	uint32_t patch_next;
	uint64_t fail_call;
	int fail_error;
	bool call_failed;

	/* violations, faults/violation.c */
	uint32_t violation_count;
	char violations[MOCK_VIOLATIONS_KEPT][MOCK_VIOLATION_BYTES];

	/* life, under the registry's lock */
	struct nvu_mock *next;
	uint64_t id;
	bool owned, opened;
	struct transport *transport; /* of the controller that is open on it; NULL: none */
	struct mock_serve *serve;    /* and .lock: another process drives it; NULL: none may */
	bool serve_ends;	     /* a thread ends .serve */
	pthread_t thread;
	bool thread_runs;
	bool virtual_time;   /* nvu_mock_advance() was called: waits of the library let time pass */
	int thread_stop;     /* atomic */
	bool asleep;	     /* atomic: the thread sleeps for long: .kick wakes it */
	pthread_cond_t kick; /* with .lock */
};

/* For asserts: some thread holds .lock. */
static inline bool mock_is_locked(struct nvu_mock *mock)
{
	return pthread_mutex_trylock(&mock->lock) == EBUSY;
}

static inline uint32_t mock_version(const struct nvu_mock *mock)
{
	if (mock->quirks & NVU_QUIRK_NO_LISTS)
		return NVU_VS(1, 1, 0);
	return mock->config.opts.crms ? MOCK_VERSION_CRMS : MOCK_VERSION;
}

#endif
