/* SPDX-License-Identifier: MIT */
/*
 * nvu/mock.h: a software NVMe controller for tests, the program's and nvu's own.
 *
 *	nvu_mock_create(NVU_MOCK_OPTS(.namespaces = 2), &mock);
 *	nvu_ctrl_open(nvu_mock_address(mock), NULL, &ctrl);
 *	nvu_mock_inject(mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS,
 *					     .opcode = NVU_CMD_READ,
 *					     .status = NVU_SC_UNRECOVERED_READ, .count = 1));
 *
 * nvu_mock(7) describes how to test with it. Without code, the address "mock:size=1G,lba=4096" creates a mock that exists
 * until its controller closes. The mock is strict: it records what a driver may not do as a violation. A test ends by
 * asserting that there is none.
 *
 * Thread rule: any thread may call the functions here; the mock serialises them.
 */
#ifndef NVU_MOCK_H
#define NVU_MOCK_H

#include <nvu/spec.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

/* Flags of struct nvu_mock_opts. */
#define NVU_MOCK_STEPPED (1u << 0) /* no thread: works only in nvu_mock_step() and blocking calls */
#define NVU_MOCK_NULL (1u << 1)	   /* complete reads and writes at once without moving data */
#define NVU_MOCK_TRAP_DOORBELLS (1u << 2)   /* doorbells are not mapped: each write is seen */
#define NVU_MOCK_SHADOW_DOORBELLS (1u << 3) /* offer Doorbell Buffer Config */
#define NVU_MOCK_OFFLINE (1u << 4)	    /* a virtual function that is not online */
#define NVU_MOCK_EXTENDED_FORMATS (1u << 6) /* formats above 16, for hosts that set LBAFEE */
#define NVU_MOCK_RELEASE (1u << 5)	    /* nvu_ctrl_release_fd() has a descriptor */
/* With NVU_MOCK_SHADOW_DOORBELLS: take the admin queue's doorbell values from the shadow buffer too. */
#define NVU_MOCK_SHADOW_ADMIN (1u << 7)
/* At its end the mock prints its violations to the standard error output; so does NVU_MOCK_REPORT=1. */
#define NVU_MOCK_REPORT (1u << 8)

/* What controller to model. Zero means the default everywhere; fill with NVU_MOCK_OPTS(). */
struct nvu_mock_opts {
	size_t size;	      /* sizeof(struct nvu_mock_opts) */
	uint32_t flags;	      /* NVU_MOCK_... */
	uint32_t namespaces;  /* 1 to 131,072; default 1; identifiers 1..n */
	uint64_t ns_bytes;    /* capacity of each; default 1 GiB; RAM is taken as it is written */
	uint32_t lba_bytes;   /* block size, a power of two 512..4096; default 512 */
	uint32_t max_entries; /* CAP.MQES + 1, 2..65,536; default 65,536 */
	uint32_t io_queues;   /* queue pairs granted, 1..65,535; default 128 */
	uint32_t mdts;	      /* MDTS field 1..20; default 8 (1 MiB); UINT32_MAX: no limit (0) */
	uint32_t dstrd;	      /* CAP.DSTRD, 0..15; default 0 */
	uint32_t ready_timeout_ms; /* CAP.TO, in steps of 500; default 500 */
	uint32_t latency_us;	   /* of each I/O command (not when stepped); default 0 */
	/*
	 * Largest namespace identifier (NN), up to 131,072; default .namespaces. Namespaces above
	 * .namespaces can be created, within .ns_max times .ns_bytes: Namespace Management, nvu_mock_change().
	 */
	uint32_t ns_max;
	/*
	 * A file to hold the data, one namespace after the other; NULL: RAM. The mock creates the file
	 * if it does not exist; the size of an existing file sets that of the namespaces if .ns_bytes is 0.
	 */
	const char *backing;
	const char *serial; /* default "nvu-mock" */
	/*
	 * Limits of what the IOMMU maps at once for all mocks of the process, as the kernel has them: the
	 * smallest value of any mock applies. Beyond it a buffer fails with -ENOSPC, or -ENOMEM.
	 */
	uint32_t dma_mappings; /* default 65,535, the kernel's dma_entry_limit */
	uint32_t rsvd;	       /* nvu does not read it */
	uint64_t dma_bytes;    /* memory that may be locked; default: no limit */
	uint32_t crms; /* CAP.CRMS, 0..3: 1 ready with its media, 2 before; default 0: NVMe 1.4 */
	uint32_t crto; /* with .crms: the CRTO register; default 00010001h: 500 ms */
	/*
	 * PCI vendor and device, default 1b36h and 10h. If a row of lib/base/drives.def names them, the mock
	 * behaves as that drive: commands that the drive cannot take are violations.
	 */
	uint32_t vid;
	uint32_t did;
	/*
	 * Command set of all namespaces, NVU_CSI_...; default 0, NVM. A zoned namespace has no sequential
	 * zones, and takes the commands of the NVM command set; a key value one identifies itself as such,
	 * and takes Flush and reservations.
	 */
	uint32_t csi;
	/* Blocks that a power loss writes or loses together (AWUPF + 1), 1..65,536; default 1. */
	uint32_t atomic_blocks;
	/*
	 * Memory of the volatile write cache, 4096 to 4 GiB; default 0: what is written is durable at once.
	 * Beyond it the oldest writes become durable.
	 */
	uint64_t cache_bytes;
	uint32_t seed;	/* of everything that the mock draws at random; default 1 */
	uint32_t rsvd2; /* nvu does not read it */
	/*
	 * How long I/O commands take, in place of .latency_us, drawn with .seed: "80", "uniform:50-200", "exp:80"
	 * (exponential, of this mean), "tail:80:5000:0.1%" (5000 for 0.1 % of the commands). Microseconds, or
	 * steps when stepped. NULL: at once.
	 */
	const char *latency;
	/*
	 * Metadata of a block, up to 4096 bytes; default 0: none. The controller has formats without metadata, and then
	 * formats with these. Not with .backing.
	 */
	uint32_t metadata_bytes;
	uint32_t interleaved;	   /* 1: metadata follow the data of each block in one buffer */
	uint32_t protection;	   /* type of protection information, 1 to 3; default 0: none */
	uint32_t protection_first; /* 1: it is the metadata's first bytes, not the last */
	uint32_t pif; /* NVU_PIF_16B, _32B, _64B; the latter two imply NVU_MOCK_EXTENDED_FORMATS */
	uint32_t storage_tag_bits; /* STS; default 0, or 16 with NVU_PIF_32B */
	/*
	 * Interrupt vectors (MSI-X), 1..2048; default 129: one for the admin queue and one for each of 128 queue
	 * pairs; UINT32_MAX: none. A completion queue interrupts when its first entry comes that the driver has
	 * not returned; a stepped mock does so in nvu_mock_step().
	 */
	uint32_t vectors;
	uint32_t rsvd3; /* nvu does not read it */
	/* SGLS of Identify Controller: NVU_SGLS_BYTES or _DWORDS, and others of NVU_SGLS_...; default 0: no SGLs. */
	uint32_t sgls;
	uint32_t rsvd4; /* nvu does not read it */
};

/* `&opts` for nvu_mock_create(): NVU_MOCK_OPTS(.lba_bytes = 4096). C only. */
#define NVU_MOCK_OPTS(...) \
	(&(struct nvu_mock_opts){ .size = sizeof(struct nvu_mock_opts), __VA_ARGS__ })

/* Faults. Each applies to matching commands, or immediately if its kind concerns no command. */
enum nvu_mock_fault_kind {
	NVU_MOCK_FAULT_STATUS = 1, /* complete with .status, do not carry out */
	NVU_MOCK_FAULT_DROP,	   /* never complete */
	NVU_MOCK_FAULT_DELAY, /* carry out and complete after .delay us, or steps when stepped */
	NVU_MOCK_FAULT_UNKNOWN_CID,   /* complete with .value as CID instead */
	NVU_MOCK_FAULT_DUPLICATE_CID, /* complete twice */
	NVU_MOCK_FAULT_WRONG_SQID,    /* complete with .value as SQ identifier */
	NVU_MOCK_FAULT_WRONG_SQHD,    /* complete with .value as SQ head */
	NVU_MOCK_FAULT_WRONG_PHASE,   /* write the completion with the phase tag inverted */
	NVU_MOCK_FAULT_CORRUPT,	      /* carry out, then invert a byte of the data read, .offset */
	NVU_MOCK_FAULT_PATCH,	 /* overwrite .len bytes at .offset of returned data by .bytes */
	NVU_MOCK_FAULT_CFS,	 /* set CSTS.CFS and stop, when a command matches */
	NVU_MOCK_FAULT_GONE,	 /* all registers read as ones and stop, when a command matches */
	NVU_MOCK_FAULT_CFS_NOW,	 /* set CSTS.CFS and stop at once, without waiting for a command */
	NVU_MOCK_FAULT_GONE_NOW, /* all registers read as ones at once, and it stops */
	NVU_MOCK_FAULT_NEVER_READY,    /* CSTS.RDY stays 0 after enabling */
	NVU_MOCK_FAULT_NEVER_DISABLED, /* CSTS.RDY stays 1 after disabling */
	NVU_MOCK_FAULT_NO_SHUTDOWN,    /* CSTS.SHST never becomes complete */
	NVU_MOCK_FAULT_REGISTER, /* the register at .offset reads as .value (64 bits for CAP) */
	NVU_MOCK_FAULT_IGNORE,	 /* writes of the register at .offset have no effect */
	/* Complete with .value as result (dw1 << 32 | dw0): of Set Features, the queues granted. */
	NVU_MOCK_FAULT_RESULT,
	NVU_MOCK_FAULT_FLOOD, /* complete, then write .value more completions, even without room */
	/* Identify, Get Log Page: return .value bytes; more than asked: not past the first memory page. */
	NVU_MOCK_FAULT_LENGTH,
	NVU_MOCK_FAULT_ENDLESS, /* each list of active namespaces has 1024 more after the last one */
	/*
	 * Another host changes the namespace that the command names (1 if it names none), as
	 * nvu_mock_change() does, before the command is carried out.
	 */
	NVU_MOCK_FAULT_RESIZE,	 /* .value bytes, a multiple of the block size */
	NVU_MOCK_FAULT_REFORMAT, /* blocks of .value bytes, 512..4096; its data are zeroes */
	/* CSTS.RDY follows CC.EN, and SHST follows SHN, after .delay us, or steps when stepped. */
	NVU_MOCK_FAULT_SLOW_READY,
	NVU_MOCK_FAULT_ENABLED_NOW, /* enabled already, as firmware leaves it; ready after .delay */
	NVU_MOCK_FAULT_ALL_ONES, /* the next .count reads are all ones; .value: NVU_MOCK_ONES_... */
	/* Firmware is activated: CSTS.PP; fetch nothing for .delay us, or steps when stepped. */
	NVU_MOCK_FAULT_PAUSE_NOW,
	NVU_MOCK_FAULT_RELEASE_NOW, /* the kernel requests the device; with NVU_MOCK_RELEASE */
	/*
	 * Lose the power, when a command matches: part of what was not flushed, at random, is lost (with
	 * .cache_bytes); all registers read as ones, and it stops.
	 */
	NVU_MOCK_FAULT_POWER_LOSS,
	NVU_MOCK_FAULT_POWER_LOSS_NOW, /* the same at once, without waiting for a command */
};

/* .value of NVU_MOCK_FAULT_ALL_ONES. */
#define NVU_MOCK_ONES_CONFIG (1u << 0) /* configuration space too */
#define NVU_MOCK_ONES_RESET (1u << 1)  /* a function level reset ends it */

/* Values for fields in which 0 already means "any", and symbolic queue numbers. */
#define NVU_MOCK_ADMIN_QUEUE (-1)  /* .qid: the admin queue */
#define NVU_MOCK_ANY_QUEUE (-2)	   /* .qid: the admin queue too */
#define NVU_MOCK_OPCODE_ZERO 0x100 /* .opcode: Flush, Delete I/O SQ */
#define NVU_MOCK_CNS_ZERO 0x100	   /* .cns: Identify Namespace */

/*
 * A fault to inject. Zero matches anything; fill with NVU_MOCK_FAULT(). Opcodes mean different
 * commands on the admin queue and elsewhere (2 is Get Log Page there and read here), so .qid 0
 * is any I/O queue, or the admin queue when .cns is given.
 */
struct nvu_mock_fault {
	size_t size; /* sizeof(struct nvu_mock_fault) */
	enum nvu_mock_fault_kind kind;
	int32_t qid;	 /* queue that matches; 0: any I/O queue; NVU_MOCK_..._QUEUE */
	uint32_t opcode; /* opcode that matches; 0: any; NVU_MOCK_OPCODE_ZERO */
	uint32_t cns;	 /* of Identify, or the log page of Get Log Page; 0: any */
	uint32_t nsid;	 /* namespace that matches; 0: any */
	uint32_t skip;	 /* matching commands to let pass first */
	uint32_t count;	 /* number of commands to apply it to; 0: all */
	uint16_t status; /* SCT << 8 | SC; NVU_MOCK_DNR and _CRD() may be added */
	uint64_t delay;
	uint64_t value;
	uint32_t offset;
	uint32_t len; /* of .bytes, up to 64 */
	uint8_t bytes[64];
};

#define NVU_MOCK_DNR (1u << 14)	    /* in .status: set the do-not-retry bit */
#define NVU_MOCK_CRD(n) ((n) << 11) /* in .status: retry after 100 ms, 300 ms, 1 s (1 to 3; ACRE) */

/* `&fault` for nvu_mock_inject(). C only. */
#define NVU_MOCK_FAULT(...) \
	(&(struct nvu_mock_fault){ .size = sizeof(struct nvu_mock_fault), __VA_ARGS__ })

/* Counters of the controller. The struct may grow at its end. */
struct nvu_mock_stats {
	uint64_t admin_commands;
	uint64_t io_commands;
	uint64_t completions; /* entries written, faulty ones included */
	uint64_t bytes_read;  /* moved to the host */
	uint64_t bytes_written;
	uint64_t sq_doorbells; /* doorbell writes of I/O queues, with NVU_MOCK_TRAP_DOORBELLS */
	uint64_t cq_doorbells;
	uint64_t dma_mappings; /* live mappings in the mock's IOMMU domain */
	uint64_t dma_bytes;
	union {
		uint64_t faults_injected; /* how often a fault has taken effect */
		uint64_t faults_struck;	  /* the same, by its former name */
	};
	uint64_t transport_calls; /* calls of the driver into the mock's transport */
	uint64_t resets;	  /* controller resets and function resets */
	uint64_t cq_full;    /* times that commands began to wait for room in a completion queue */
	uint64_t interrupts; /* of vectors that have a descriptor */
};

/**
 * nvu_mock_create() - make a software controller
 * @opts: NULL for defaults
 * @ret_mock: to be destroyed with nvu_mock_destroy(); untouched on failure
 *
 * Return: 0; -EINVAL option; -ENOMEM; the error of opening the backing file. Since 0.1.
 */
NVU_API int nvu_mock_create(const struct nvu_mock_opts *opts, struct nvu_mock **ret_mock);

/**
 * nvu_mock_create_by_address() - make a software controller of an address
 * @address: "mock:size=1G,lba=4096", faults included; without id=
 * @ret_mock: as of nvu_mock_create()
 *
 * Return: as nvu_mock_create(). Since 0.1.
 */
NVU_API int nvu_mock_create_by_address(const char *address, struct nvu_mock **ret_mock);

/**
 * nvu_mock_destroy() - end a software controller
 * @mock: may be NULL
 *
 * Close the nvu_ctrl on it first; to one still open, the registers read as all ones. Ends serving. Since 0.1.
 */
NVU_API void nvu_mock_destroy(struct nvu_mock *mock);

/**
 * nvu_mock_address() - the address of a mock for nvu_ctrl_open()
 * @mock: a mock
 *
 * Return: such as "mock:id=3", valid until @mock is destroyed. One controller may be open on it at
 * a time, others get -EBUSY. Since 0.1.
 */
NVU_API const char *nvu_mock_address(const struct nvu_mock *mock);

/**
 * nvu_mock_serve() - let other processes drive the mock
 * @mock: of nvu_mock_create() or nvu_mock_create_by_address(), and not open in this process
 * @socket_path: where to listen, with mode 0600; up to 107 characters
 *
 * The mock is then a PCI device of the vfio-user protocol, such as QEMU attaches to a virtual machine: nvu_mock(7).
 * Its thread serves one client at a time (stepped: nvu_mock_step() does), and reaches memory that the client
 * shares by descriptor, in up to 16,384 pieces. When a client ends, the controller is reset; its data stay. Violations
 * count, but for how queues and lists are mapped, for queues that are cleared and vectors that are handled later.
 *
 * Return: 0 once it listens; -EBUSY open or served already; -EADDRINUSE another server listens there; others. Since 0.1.
 */
NVU_API int nvu_mock_serve(struct nvu_mock *mock, const char *socket_path);

/**
 * nvu_mock_serve_stop() - end serving the mock, and remove the socket
 * @mock: a mock
 *
 * Return: 0; -EINVAL not served. Since 0.1.
 */
NVU_API int nvu_mock_serve_stop(struct nvu_mock *mock);

/**
 * nvu_mock_step() - let a stepped mock work
 * @mock: created with NVU_MOCK_STEPPED
 * @max_commands: largest number of commands to fetch
 *
 * Takes queues in turn, one command each, lowest first. Each call advances the time of delays by one step. So does each
 * turn of nvu's own waits (nvu_ctrl_open(), nvu_admin() ...), which also steps the mock by one command;
 * nvu_ctrl_open_step(), which does not wait, does not. A stepped mock reads no clock; the library's deadlines do.
 *
 * Return: the number of commands fetched. Since 0.1.
 */
NVU_API uint32_t nvu_mock_step(struct nvu_mock *mock, uint32_t max_commands);

/**
 * nvu_mock_advance() - let time pass without waiting
 * @mock: created with NVU_MOCK_STEPPED
 * @ms: milliseconds; 0: none pass now
 *
 * From the first call on, each turn of nvu's own waits on this mock (nvu_ctrl_open(), nvu_admin() ...) lets 0.1 ms
 * pass as well: a wait for what never comes ends at its deadline, at once. So a test of a lost command takes
 * no time:
 *
 *	while (!nvu_poll(qpair, &cpl, 1)) {
 *		nvu_mock_step(mock, 1);
 *		nvu_mock_advance(mock, 1);
 *	}
 *
 * The clocks of the whole process advance: all its controllers see it, real ones too. Delays of the mock, in steps, do not,
 * nor do latency histograms. No other thread may open or close the controller on the mock meanwhile.
 *
 * Return: 0; -EINVAL not a stepped mock. Since 0.1.
 */
NVU_API int nvu_mock_advance(struct nvu_mock *mock, uint32_t ms);

/**
 * nvu_mock_inject() - inject a fault
 * @mock: a mock
 * @fault: copied; a mock holds up to 64 at once and matches them in the order of injection
 *
 * Every fault that matches a command applies to it; if two contradict each other, the older one applies.
 *
 * Return: 0; -EINVAL; -ENOSPC 64 are held. Since 0.1.
 */
NVU_API int nvu_mock_inject(struct nvu_mock *mock, const struct nvu_mock_fault *fault);

/**
 * nvu_mock_clear_faults() - remove all faults
 * @mock: a mock
 *
 * Their effects stay (CSTS.CFS until a reset, lost commands), but registers that have gone come back. Since 0.1.
 */
NVU_API void nvu_mock_clear_faults(struct nvu_mock *mock);

/**
 * nvu_mock_fail_call() - fail the n-th transport call from now
 * @mock: a mock
 * @nth: 1: the next one; 0: disarm
 * @error: the -errno to fail with
 *
 * Such as map, unmap, a register access, a reset; of a served mock: a message. For tests that fail each in turn. Since 0.1.
 */
NVU_API void nvu_mock_fail_call(struct nvu_mock *mock, uint64_t nth, int error);

/**
 * nvu_mock_event() - post an asynchronous event
 * @mock: a mock
 * @type: event type, Base figure 148
 * @info: event information
 * @log_page: log page to read
 *
 * The mock holds the event until an Async Event Request is outstanding; and, as Base 5.2 has it, while it
 * has reported an earlier event of the same type whose log page has not been read (Get Log Page without
 * Retain Asynchronous Event). nvu_ctrl_service() returns it.
 *
 * Return: 0; -ENOSPC too many are held. Since 0.1.
 */
NVU_API int nvu_mock_event(struct nvu_mock *mock, uint8_t type, uint8_t info, uint8_t log_page);

/* Flags of struct nvu_mock_changes. */
#define NVU_MOCK_CHANGE_ATTACH (1u << 0)
#define NVU_MOCK_CHANGE_DETACH (1u << 1)
#define NVU_MOCK_CHANGE_DELETE (1u << 2)
#define NVU_MOCK_CHANGE_IDENTITY (1u << 3) /* other NGUID, EUI64 and UUID */
#define NVU_MOCK_CHANGE_SILENT (1u << 4) /* not listed, no event: the driver does not learn of it */

/* Changes by another host, another controller, new firmware. Zero: none of this field. Fill with NVU_MOCK_CHANGE(). */
struct nvu_mock_changes {
	size_t size;	    /* sizeof(struct nvu_mock_changes) */
	uint32_t flags;	    /* NVU_MOCK_CHANGE_... */
	uint32_t nsid;	    /* the namespace that changes; 0: none does */
	uint64_t ns_bytes;  /* its size; a namespace that does not exist is created, not attached */
	uint32_t lba_bytes; /* its block size, 512..4096: it is formatted, its data are zeroes */
	/* From the next controller reset on: */
	uint32_t mdts;	      /* 1..20; UINT32_MAX: no limit */
	uint32_t io_queues;   /* queue pairs granted, at most those that it was created with */
	uint32_t max_entries; /* CAP.MQES + 1, 2..65,536 */
	const char *firmware; /* revision, up to 8 characters */
};

/* `&change` for nvu_mock_change(): NVU_MOCK_CHANGE(.nsid = 1, .lba_bytes = 4096). C only. */
#define NVU_MOCK_CHANGE(...) \
	(&(struct nvu_mock_changes){ .size = sizeof(struct nvu_mock_changes), __VA_ARGS__ })

/**
 * nvu_mock_change() - change namespaces or limits as another host would
 * @mock: a mock
 * @change: copied
 *
 * A namespace changes at once: the mock creates it, resizes it, formats it, gives it other identifiers,
 * attaches, detaches or deletes it, in this order. It enters the namespace into the Changed Namespace List
 * (log page 04h), and posts an event if the driver has switched these notices on (Async Event
 * Configuration, bit 8). The commands Format NVM, Namespace Management and Namespace Attachment are the
 * driver's way to do the same. A mock with a backing file only formats, attaches and detaches.
 *
 * Return: 0; -EINVAL, such as a namespace that does not exist; -ENOTSUP with a backing file; -ENOMEM.
 * Since 0.1.
 */
NVU_API int nvu_mock_change(struct nvu_mock *mock, const struct nvu_mock_changes *change);

/* A reservation command of another host, which reaches the drive by a controller of its own. Fill with NVU_MOCK_RESERVE(). */
struct nvu_mock_reserve_args {
	size_t size;	 /* sizeof(struct nvu_mock_reserve_args) */
	uint32_t nsid;	 /* default 1 */
	uint32_t opcode; /* NVU_CMD_RESERVATION_REGISTER, _ACQUIRE or _RELEASE */
	uint32_t action; /* NVU_RESERVATION_...: see nvu/reservation.h */
	uint32_t type;
	uint32_t flags;
	uint32_t cntlid; /* the controller, 2 to 65,535; default 2 */
	uint64_t key;
	uint64_t other_key; /* to register; to preempt */
	uint8_t host_id[16];
};

/* `&args` for nvu_mock_reserve(): NVU_MOCK_RESERVE(.opcode = NVU_CMD_RESERVATION_REGISTER, .other_key = 7). C only. */
#define NVU_MOCK_RESERVE(...)                                                           \
	(&(struct nvu_mock_reserve_args){ .size = sizeof(struct nvu_mock_reserve_args), \
					  __VA_ARGS__ })

/**
 * nvu_mock_reserve() - let another host register, acquire the reservation, or release it
 * @mock: a mock
 * @args: copied
 *
 * So a test has another host take a namespace away, or give it back. The mock reports no reservation notifications.
 *
 * Return: 0; the NVMe status > 0 that the other host gets; -EINVAL. Since 0.1.
 */
NVU_API int nvu_mock_reserve(struct nvu_mock *mock, const struct nvu_mock_reserve_args *args);

/**
 * nvu_mock_violations() - the number of violations of the driver
 * @mock: a mock
 * Return: the count since creation. Since 0.1.
 */
NVU_API uint32_t nvu_mock_violations(const struct nvu_mock *mock);

/**
 * nvu_mock_violation() - one of the violations as a sentence
 * @mock: a mock
 * @idx: 0 for the first; the first 64 are kept
 *
 * What a driver must not do:
 * - write CC.EN before CSTS.RDY follows the last change, or while a shutdown is under way; change
 *   AQA, ASQ, ACQ or CC's settings while CC.EN is 1; write reserved bits, read-only or reserved
 *   registers; read doorbells; close without a normal shutdown;
 * - ring a doorbell before CSTS.RDY is 1, after a shutdown, of a queue that does not exist, with a
 *   value outside the queue, past what was written, or the same value again;
 * - create queues beyond the number granted, on unaligned, unmapped or stale memory, before CC.IOSQES
 *   and CC.IOCQES are set, an SQ without its CQ, a CQ with interrupts, which nothing handles; delete
 *   a CQ before its SQs; ask for another number of queues once one exists;
 * - map what is not in whole pages, overlaps, or lies outside the allowed I/O addresses; unmap
 *   anything but what one map() mapped; unmap the memory of a queue that exists;
 * - let the device write to a submission queue or a PRP list;
 * - close while doorbells are still mapped;
 * - switch bus mastering on while CSTS.RDY is 1;
 * - leave bus mastering on, and take queue memory away or close, while CSTS.RDY stays 1 after CC.EN
 *   was cleared, or after the registers have gone;
 * - publish half of a fused pair without the other half beside it;
 * - have more Abort commands outstanding than the mock takes (ACL: 4);
 * - use a command identifier that is in use; set fields of a command that its opcode does not use;
 *   point at memory that is not mapped for what the command does; put an offset into a PRP entry that
 *   must have none.
 *
 * Return: a sentence, valid until @mock is destroyed; NULL past the end. Since 0.1.
 */
NVU_API const char *nvu_mock_violation(const struct nvu_mock *mock, uint32_t idx);

/**
 * nvu_mock_stats() - the counters of the controller
 * @mock: a mock
 * @ret_stats: filled in
 * @size: sizeof(*ret_stats) of the caller. Since 0.1.
 */
NVU_API void nvu_mock_stats(struct nvu_mock *mock, struct nvu_mock_stats *ret_stats, size_t size);

/**
 * nvu_mock_data() - read or change the stored data without the driver
 * @mock: a mock
 * @nsid: a namespace
 * @offset: bytes from its start; the mock stores the metadata of a block behind its data, separate ones too
 * @buf: copied to, or from when @write is not 0
 * @len: bytes
 * @write: direction
 *
 * Return: 0; -EINVAL out of range. Since 0.1.
 */
NVU_API int nvu_mock_data(struct nvu_mock *mock, uint32_t nsid, uint64_t offset, void *buf,
			  size_t len, int write);

NVU_END_DECLS

#endif /* NVU_MOCK_H */
