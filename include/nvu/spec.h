/* SPDX-License-Identifier: MIT */
/*
 * nvu/spec.h: queue entries, opcodes, status codes, features and log pages, as the NVM Express
 * Base Specification 2.0c ("Base") and the NVM Command Set Specification 1.0c ("NVM") define them.
 * Identify structures are in nvu/identify.h.
 */
#ifndef NVU_SPEC_H
#define NVU_SPEC_H

#include <nvu/types.h>

/*
 * Submission queue entry, Base 3.3.3.1, figure 87: 64 bytes.
 * nvu fills cid, and the data pointer where it is given a buffer.
 */
struct nvu_sqe {
	uint8_t opcode;
	uint8_t flags; /* FUSE bits 1:0, PSDT bits 7:6 */
	nvu_le16 cid;
	nvu_le32 nsid;
	nvu_le32 cdw2;
	nvu_le32 cdw3;
	nvu_le64 mptr;
	nvu_le64 prp1;
	nvu_le64 prp2;
	nvu_le32 cdw10;
	nvu_le32 cdw11;
	nvu_le32 cdw12;
	nvu_le32 cdw13;
	nvu_le32 cdw14;
	nvu_le32 cdw15;
};
NVU_STATIC_ASSERT(sizeof(struct nvu_sqe) == 64, "Base figure 87: a submission entry has 64 bytes");
NVU_STATIC_ASSERT(offsetof(struct nvu_sqe, mptr) == 16, "MPTR is at byte 16");
NVU_STATIC_ASSERT(offsetof(struct nvu_sqe, cdw10) == 40, "CDW10 is at byte 40");

/* Completion queue entry, Base 3.3.3.2, figure 90: 16 bytes. */
struct nvu_cqe {
	nvu_le32 dw0; /* command specific result */
	nvu_le32 dw1;
	nvu_le16 sqhd;	 /* SQ head pointer */
	nvu_le16 sqid;	 /* SQ identifier */
	nvu_le16 cid;	 /* command identifier */
	nvu_le16 status; /* phase tag bit 0, then SC 8:1, SCT 11:9, CRD 13:12, M 14, DNR 15 */
};
NVU_STATIC_ASSERT(sizeof(struct nvu_cqe) == 16, "Base figure 90: a completion entry has 16 bytes");

/* A range of Dataset Management, NVM figure 45: 16 bytes. */
struct nvu_dsm_range {
	nvu_le32 attributes;
	nvu_le32 blocks;
	nvu_le64 lba;
};
NVU_STATIC_ASSERT(sizeof(struct nvu_dsm_range) == 16, "NVM figure 45: 16 bytes");

#define NVU_DSM_DEALLOCATE (1u << 2) /* AD, of CDW11 */

/* Source range of Copy, formats 0 and 2, NVM 3.2.2: 32 bytes; protection information with a 16-bit guard, or none. */
struct nvu_copy_entry {
	nvu_le32 snsid; /* of format 2 */
	uint8_t rsvd4[4];
	nvu_le64 slba;
	nvu_le16 nlb; /* 0's based */
	uint8_t rsvd18[4];
	nvu_le16 sopt; /* of format 2 */
	nvu_le32 eilbrt;
	nvu_le16 elbat;
	nvu_le16 elbatm;
};
NVU_STATIC_ASSERT(sizeof(struct nvu_copy_entry) == 32, "NVM 3.2.2: 32 bytes");
NVU_STATIC_ASSERT(offsetof(struct nvu_copy_entry, eilbrt) == 24, "byte 24");

/* The same of formats 1 and 3: 40 bytes; a guard of 32 or 64 bits. */
struct nvu_copy_entry_wide {
	nvu_le32 snsid; /* of format 3 */
	uint8_t rsvd4[4];
	nvu_le64 slba;
	nvu_le16 nlb; /* 0's based */
	uint8_t rsvd18[4];
	nvu_le16 sopt; /* of format 3 */
	uint8_t rsvd24[2];
	uint8_t elbt[10];
	nvu_le16 elbat;
	nvu_le16 elbatm;
};
NVU_STATIC_ASSERT(sizeof(struct nvu_copy_entry_wide) == 40, "NVM 3.2.2: 40 bytes");
NVU_STATIC_ASSERT(offsetof(struct nvu_copy_entry_wide, elbt) == 26, "byte 26");

/* An SGL descriptor, Base 4.1.2: 16 bytes. */
struct nvu_sgl {
	nvu_le64 address;
	nvu_le32 length; /* bytes */
	uint8_t rsvd12[3];
	uint8_t type; /* NVU_SGL_... */
};
NVU_STATIC_ASSERT(sizeof(struct nvu_sgl) == 16, "Base 4.1.2: 16 bytes");
NVU_STATIC_ASSERT(offsetof(struct nvu_sgl, type) == 15, "byte 15");

#define NVU_SGL_DATA_BLOCK 0x00
#define NVU_SGL_BIT_BUCKET 0x10
#define NVU_SGL_SEGMENT 0x20
#define NVU_SGL_LAST_SEGMENT 0x30

/* Byte 1 of a command, how it says where its data and metadata are (Base 3.3.3.1, PSDT): 0 is PRPs. */
#define NVU_PSDT_SGL (1u << 6)		/* an SGL, and MPTR is the address of the metadata */
#define NVU_PSDT_SGL_METADATA (2u << 6) /* an SGL, and MPTR is the address of a descriptor */
#define NVU_PSDT (3u << 6)

/* Admin opcodes, Base figure 138. */
enum {
	NVU_ADMIN_DELETE_SQ = 0x00,
	NVU_ADMIN_CREATE_SQ = 0x01,
	NVU_ADMIN_GET_LOG_PAGE = 0x02,
	NVU_ADMIN_DELETE_CQ = 0x04,
	NVU_ADMIN_CREATE_CQ = 0x05,
	NVU_ADMIN_IDENTIFY = 0x06,
	NVU_ADMIN_ABORT = 0x08,
	NVU_ADMIN_SET_FEATURES = 0x09,
	NVU_ADMIN_GET_FEATURES = 0x0a,
	NVU_ADMIN_ASYNC_EVENT = 0x0c,
	NVU_ADMIN_NS_MANAGEMENT = 0x0d,
	NVU_ADMIN_FW_COMMIT = 0x10,
	NVU_ADMIN_FW_DOWNLOAD = 0x11,
	NVU_ADMIN_SELF_TEST = 0x14,
	NVU_ADMIN_NS_ATTACHMENT = 0x15,
	NVU_ADMIN_KEEP_ALIVE = 0x18,
	NVU_ADMIN_DIRECTIVE_SEND = 0x19,
	NVU_ADMIN_DIRECTIVE_RECEIVE = 0x1a,
	NVU_ADMIN_VIRT_MANAGEMENT = 0x1c,
	NVU_ADMIN_MI_SEND = 0x1d,
	NVU_ADMIN_MI_RECEIVE = 0x1e,
	NVU_ADMIN_CAPACITY_MANAGEMENT = 0x20,
	NVU_ADMIN_LOCKDOWN = 0x24,
	NVU_ADMIN_TRACK_SEND = 0x3d, /* this one and the next four: Base 2.1 */
	NVU_ADMIN_TRACK_RECEIVE = 0x3e,
	NVU_ADMIN_MIGRATION_SEND = 0x41,
	NVU_ADMIN_MIGRATION_RECEIVE = 0x42,
	NVU_ADMIN_CTRL_DATA_QUEUE = 0x45,
	NVU_ADMIN_DOORBELL_BUFFER = 0x7c,
	NVU_ADMIN_FORMAT_NVM = 0x80,
	NVU_ADMIN_SECURITY_SEND = 0x81,
	NVU_ADMIN_SECURITY_RECEIVE = 0x82,
	NVU_ADMIN_SANITIZE = 0x84,
	NVU_ADMIN_GET_LBA_STATUS = 0x86,
};

/*
 * I/O opcodes of the NVM command set, NVM figure 18; and, from NVU_CMD_RESERVATION_REGISTER on, of every
 * one, Base section 7, which has Flush too.
 */
enum {
	NVU_CMD_FLUSH = 0x00,
	NVU_CMD_WRITE = 0x01,
	NVU_CMD_READ = 0x02,
	NVU_CMD_WRITE_UNCORRECTABLE = 0x04,
	NVU_CMD_COMPARE = 0x05,
	NVU_CMD_WRITE_ZEROES = 0x08,
	NVU_CMD_DSM = 0x09,
	NVU_CMD_VERIFY = 0x0c,
	NVU_CMD_COPY = 0x19,
	NVU_CMD_RESERVATION_REGISTER = 0x0d,
	NVU_CMD_RESERVATION_REPORT = 0x0e,
	NVU_CMD_RESERVATION_ACQUIRE = 0x11,
	NVU_CMD_MANAGEMENT_RECEIVE = 0x12, /* Base 2.1 */
	NVU_CMD_RESERVATION_RELEASE = 0x15,
	NVU_CMD_CANCEL = 0x18,		/* Base 2.1 */
	NVU_CMD_MANAGEMENT_SEND = 0x1d, /* Base 2.1 */
};

/* Those that the zoned command set adds to the NVM command set, ZNS 1.1, section 3.4. */
enum {
	NVU_ZONED_MANAGEMENT_SEND = 0x79,
	NVU_ZONED_MANAGEMENT_RECEIVE = 0x7a,
	NVU_ZONED_APPEND = 0x7d,
};

/* Of the key value command set, KV 1.0, section 3.2. */
enum {
	NVU_KV_STORE = 0x01,
	NVU_KV_RETRIEVE = 0x02,
	NVU_KV_LIST = 0x06,
	NVU_KV_DELETE = 0x10,
	NVU_KV_EXIST = 0x14,
};

/* Command set identifiers, Base figure 274: nvu_ns_info.csi. */
enum { NVU_CSI_NVM = 0, NVU_CSI_KV = 1, NVU_CSI_ZONED = 2 };

/* Bits of CDW12 of read, write, compare and write zeroes, NVM figure 39. */
#define NVU_RW_LR (1u << 31)  /* limited retry */
#define NVU_RW_FUA (1u << 30) /* force unit access */
/* Of the same: PRINFO and STC, NVM 5.2.2 and 5.2.3; nvu/protection.h. */
#define NVU_RW_PRACT (1u << 29)	      /* the controller inserts or strips protection information */
#define NVU_RW_PRCHK_GUARD (1u << 28) /* it checks the guard */
#define NVU_RW_PRCHK_APP (1u << 27)   /* the application tag */
#define NVU_RW_PRCHK_REF (1u << 26)   /* the reference tag */
#define NVU_RW_DEAC (1u << 25)	      /* of write zeroes: the blocks may be deallocated */
#define NVU_RW_STC (1u << 24)	      /* the storage tag */
/* Of write: DTYPE, what DSPEC (bits 31:16 of CDW13) names, Base 8.7. */
#define NVU_RW_STREAM (1u << 20)    /* a stream */
#define NVU_RW_PLACEMENT (2u << 20) /* a placement identifier */

/* DSM, bits 7:0 of CDW13 of read and write, NVM figures 51 and 64. Bits 3:0: access frequency, 0 to 8. */
#define NVU_DSM_HINT_FREQUENCY 0xfu
#define NVU_DSM_HINT_LATENCY (3u << 4)	  /* 0 none, 1 idle, 2 normal, 3 low */
#define NVU_DSM_HINT_SEQUENTIAL (1u << 6) /* part of a sequential access */
#define NVU_DSM_HINT_INCOMPRESSIBLE (1u << 7)

/* Protection information formats: PIF of an extended LBA format, NVM 4.1.5.3. */
enum {
	NVU_PIF_16B = 0,	/* 16-bit guard: CRC-16 of T10, a tuple of 8 bytes */
	NVU_PIF_32B = 1,	/* 32-bit guard: CRC-32C, a tuple of 16 bytes */
	NVU_PIF_64B = 2,	/* 64-bit guard: a CRC-64, a tuple of 16 bytes */
	NVU_PIF_UNKNOWN = 0xff, /* nvu_ns_info.pif: the controller did not say */
};

/* Data transfer direction: bits 1:0 of every opcode, Base figure 87. */
enum { NVU_XFER_NONE = 0, NVU_XFER_TO_CTRL = 1, NVU_XFER_FROM_CTRL = 2, NVU_XFER_BOTH = 3 };

/* Identify CNS values, Base figure 273. */
enum {
	NVU_CNS_NS = 0x00,
	NVU_CNS_CTRL = 0x01,
	NVU_CNS_ACTIVE_NS_LIST = 0x02,
	NVU_CNS_NS_DESC_LIST = 0x03,
	NVU_CNS_CSI_NS = 0x05,
	NVU_CNS_CSI_CTRL = 0x06,
	NVU_CNS_CSI_ACTIVE_NS_LIST = 0x07,
	NVU_CNS_INDEPENDENT_NS = 0x08,
	NVU_CNS_ALLOCATED_NS_LIST = 0x10,
	NVU_CNS_CSI_LIST = 0x1c,
};

/* Feature identifiers, Base figure 317; from 1bh on, but for 7dh to 84h, Base 2.1. */
enum {
	NVU_FEAT_ARBITRATION = 0x01,
	NVU_FEAT_POWER_MANAGEMENT = 0x02,
	NVU_FEAT_LBA_RANGE = 0x03, /* NVM figure 86 */
	NVU_FEAT_TEMPERATURE = 0x04,
	NVU_FEAT_ERROR_RECOVERY = 0x05,
	NVU_FEAT_VOLATILE_WRITE_CACHE = 0x06,
	NVU_FEAT_NUM_QUEUES = 0x07,
	NVU_FEAT_INTERRUPT_COALESCING = 0x08,
	NVU_FEAT_INTERRUPT_VECTOR = 0x09,
	NVU_FEAT_WRITE_ATOMICITY = 0x0a,
	NVU_FEAT_ASYNC_EVENT_CONFIG = 0x0b,
	NVU_FEAT_AUTO_PST = 0x0c, /* autonomous power state transition */
	NVU_FEAT_HOST_MEM_BUF = 0x0d,
	NVU_FEAT_TIMESTAMP = 0x0e,
	NVU_FEAT_KEEP_ALIVE_TIMER = 0x0f,
	NVU_FEAT_THERMAL_MANAGEMENT = 0x10,
	NVU_FEAT_NON_OPERATIONAL_POWER = 0x11,
	NVU_FEAT_READ_RECOVERY = 0x12,
	NVU_FEAT_PREDICTABLE_LATENCY = 0x13,
	NVU_FEAT_PREDICTABLE_LATENCY_WINDOW = 0x14,
	NVU_FEAT_LBA_STATUS = 0x15,
	NVU_FEAT_HOST_BEHAVIOR = 0x16,
	NVU_FEAT_SANITIZE_CONFIG = 0x17,
	NVU_FEAT_ENDURANCE_EVENTS = 0x18,
	NVU_FEAT_COMMAND_SET_PROFILE = 0x19,
	NVU_FEAT_SPINUP = 0x1a,
	NVU_FEAT_POWER_LOSS_SIGNALING = 0x1b,
	NVU_FEAT_PERFORMANCE = 0x1c,
	NVU_FEAT_FDP = 0x1d,
	NVU_FEAT_FDP_EVENTS = 0x1e,
	NVU_FEAT_NS_LABEL = 0x1f,
	NVU_FEAT_KV_CONFIG = 0x20,
	NVU_FEAT_CTRL_DATA_QUEUE = 0x21,
	NVU_FEAT_MANAGEMENT_ADDRESS = 0x78,
	NVU_FEAT_AGENT_ADDRESS = 0x79,
	NVU_FEAT_ENHANCED_CTRL_METADATA = 0x7d,
	NVU_FEAT_CTRL_METADATA = 0x7e,
	NVU_FEAT_NS_METADATA = 0x7f,
	NVU_FEAT_SOFTWARE_PROGRESS = 0x80,
	NVU_FEAT_HOST_ID = 0x81,
	NVU_FEAT_RESERVATION_MASK = 0x82,
	NVU_FEAT_RESERVATION_PERSISTENCE = 0x83,
	NVU_FEAT_WRITE_PROTECTION = 0x84,
	NVU_FEAT_BOOT_PROTECTION = 0x85,
};

/* Log page identifiers, Base figure 202; 17h to 23h, Base 2.1. */
enum {
	NVU_LOG_SUPPORTED = 0x00,
	NVU_LOG_ERROR = 0x01,
	NVU_LOG_SMART = 0x02,
	NVU_LOG_FW_SLOT = 0x03,
	NVU_LOG_CHANGED_NS = 0x04,
	NVU_LOG_COMMANDS = 0x05,
	NVU_LOG_SELF_TEST = 0x06,
	NVU_LOG_TELEMETRY_HOST = 0x07,
	NVU_LOG_TELEMETRY_CTRL = 0x08,
	NVU_LOG_ENDURANCE_GROUP = 0x09,
	NVU_LOG_PREDICTABLE_LATENCY = 0x0a,
	NVU_LOG_PREDICTABLE_LATENCY_EVENTS = 0x0b,
	NVU_LOG_ANA = 0x0c,
	NVU_LOG_PERSISTENT_EVENTS = 0x0d,
	NVU_LOG_LBA_STATUS = 0x0e,
	NVU_LOG_ENDURANCE_EVENTS = 0x0f,
	NVU_LOG_MEDIA_UNITS = 0x10,
	NVU_LOG_CAPACITY_CONFIGS = 0x11,
	NVU_LOG_FEATURES = 0x12,
	NVU_LOG_MI_COMMANDS = 0x13,
	NVU_LOG_LOCKDOWN = 0x14,
	NVU_LOG_BOOT_PARTITION = 0x15,
	NVU_LOG_ROTATIONAL_MEDIA = 0x16,
	NVU_LOG_DISPERSED_NS = 0x17,
	NVU_LOG_MANAGEMENT_ADDRESSES = 0x18,
	NVU_LOG_REACHABILITY_GROUPS = 0x1a,
	NVU_LOG_REACHABILITY_ASSOCIATIONS = 0x1b,
	NVU_LOG_CHANGED_ALLOCATED_NS = 0x1c,
	NVU_LOG_FDP_CONFIGS = 0x20,
	NVU_LOG_FDP_USAGE = 0x21,
	NVU_LOG_FDP_STATISTICS = 0x22,
	NVU_LOG_FDP_EVENTS = 0x23,
	NVU_LOG_RESERVATIONS = 0x80,
	NVU_LOG_SANITIZE = 0x81,
	NVU_LOG_CHANGED_ZONES = 0xbf,
};

/*
 * Status, as nvu reports it: SCT << 8 | SC (Base 3.3.3.2.1, figures 93 to 99). Zero is success.
 * nvu_strerror() turns any of them into words.
 */
enum {
	NVU_SC_SUCCESS = 0x000,
	NVU_SC_INVALID_OPCODE = 0x001,
	NVU_SC_INVALID_FIELD = 0x002,
	NVU_SC_CID_CONFLICT = 0x003,
	NVU_SC_DATA_TRANSFER_ERROR = 0x004,
	NVU_SC_POWER_LOSS = 0x005,
	NVU_SC_INTERNAL = 0x006,
	NVU_SC_ABORT_REQUESTED = 0x007,
	NVU_SC_ABORT_SQ_DELETED = 0x008,
	NVU_SC_ABORT_FUSED_FAILED = 0x009,
	NVU_SC_ABORT_FUSED_MISSING = 0x00a,
	NVU_SC_INVALID_NS = 0x00b,
	NVU_SC_SEQUENCE = 0x00c,
	NVU_SC_INVALID_SGL_SEGMENT = 0x00d,
	NVU_SC_INVALID_SGL_COUNT = 0x00e,
	NVU_SC_DATA_SGL_LENGTH = 0x00f,
	NVU_SC_METADATA_SGL_LENGTH = 0x010,
	NVU_SC_SGL_TYPE = 0x011,
	NVU_SC_INVALID_CMB_USE = 0x012,
	NVU_SC_INVALID_PRP_OFFSET = 0x013,
	NVU_SC_ATOMIC_WRITE_UNIT = 0x014,
	NVU_SC_OPERATION_DENIED = 0x015,
	NVU_SC_SGL_OFFSET = 0x016,
	NVU_SC_HOST_ID_FORMAT = 0x018,
	NVU_SC_KEEP_ALIVE_EXPIRED = 0x019,
	NVU_SC_KEEP_ALIVE_INVALID = 0x01a,
	NVU_SC_ABORT_PREEMPTED = 0x01b,
	NVU_SC_SANITIZE_FAILED = 0x01c,
	NVU_SC_SANITIZE_IN_PROGRESS = 0x01d,
	NVU_SC_SGL_GRANULARITY = 0x01e,
	NVU_SC_NOT_FOR_CMB_QUEUE = 0x01f,
	NVU_SC_NS_WRITE_PROTECTED = 0x020,
	NVU_SC_INTERRUPTED = 0x021,
	NVU_SC_TRANSIENT_TRANSPORT = 0x022,
	NVU_SC_LOCKDOWN = 0x023,
	NVU_SC_MEDIA_NOT_READY = 0x024, /* of an admin command */
	NVU_SC_INVALID_KEY_TAG = 0x025,
	NVU_SC_DISPERSED_NS_NOT_ENABLED = 0x026,
	NVU_SC_HOST_ID_NOT_INITIALIZED = 0x027,
	NVU_SC_INCORRECT_KEY = 0x028,
	NVU_SC_FDP_DISABLED = 0x029,
	NVU_SC_INVALID_PLACEMENT_HANDLES = 0x02a,
	NVU_SC_LBA_RANGE = 0x080,
	NVU_SC_CAPACITY_EXCEEDED = 0x081,
	NVU_SC_NS_NOT_READY = 0x082,
	NVU_SC_RESERVATION_CONFLICT = 0x083,
	NVU_SC_FORMAT_IN_PROGRESS = 0x084,
	NVU_SC_INVALID_VALUE_SIZE = 0x085,
	NVU_SC_INVALID_KEY_SIZE = 0x086,
	NVU_SC_KEY_DOES_NOT_EXIST = 0x087,
	NVU_SC_UNRECOVERED_ERROR = 0x088,
	NVU_SC_KEY_EXISTS = 0x089,
	NVU_SC_INVALID_CQ = 0x100,
	NVU_SC_INVALID_QID = 0x101,
	NVU_SC_INVALID_QUEUE_SIZE = 0x102,
	NVU_SC_ABORT_LIMIT = 0x103,
	NVU_SC_AER_LIMIT = 0x105,
	NVU_SC_INVALID_FW_SLOT = 0x106,
	NVU_SC_INVALID_FW_IMAGE = 0x107,
	NVU_SC_INVALID_IRQ_VECTOR = 0x108,
	NVU_SC_INVALID_LOG_PAGE = 0x109,
	NVU_SC_INVALID_FORMAT = 0x10a,
	NVU_SC_FW_NEEDS_CONVENTIONAL_RESET = 0x10b,
	NVU_SC_INVALID_QUEUE_DELETION = 0x10c,
	NVU_SC_FEATURE_NOT_SAVEABLE = 0x10d,
	NVU_SC_FEATURE_NOT_CHANGEABLE = 0x10e,
	NVU_SC_FEATURE_NOT_PER_NS = 0x10f,
	NVU_SC_FW_NEEDS_SUBSYSTEM_RESET = 0x110,
	NVU_SC_FW_NEEDS_CTRL_RESET = 0x111,
	NVU_SC_FW_NEEDS_MAX_TIME = 0x112,
	NVU_SC_FW_PROHIBITED = 0x113,
	NVU_SC_OVERLAPPING_RANGE = 0x114,
	NVU_SC_NS_CAPACITY = 0x115,
	NVU_SC_NS_ID_UNAVAILABLE = 0x116,
	NVU_SC_NS_ATTACHED = 0x118,
	NVU_SC_NS_PRIVATE = 0x119,
	NVU_SC_NS_NOT_ATTACHED = 0x11a,
	NVU_SC_THIN_PROVISIONING = 0x11b,
	NVU_SC_CTRL_LIST = 0x11c,
	NVU_SC_SELF_TEST_IN_PROGRESS = 0x11d,
	NVU_SC_BOOT_PARTITION_PROTECTED = 0x11e,
	NVU_SC_INVALID_CTRL_ID = 0x11f,
	NVU_SC_INVALID_SECONDARY_STATE = 0x120,
	NVU_SC_INVALID_RESOURCE_COUNT = 0x121,
	NVU_SC_INVALID_RESOURCE_ID = 0x122,
	NVU_SC_SANITIZE_WITH_PMR = 0x123,
	NVU_SC_INVALID_ANA_GROUP = 0x124,
	NVU_SC_ANA_ATTACH_FAILED = 0x125,
	NVU_SC_INSUFFICIENT_CAPACITY = 0x126,
	NVU_SC_ATTACHMENT_LIMIT = 0x127,
	NVU_SC_LOCKDOWN_NOT_SUPPORTED = 0x128,
	NVU_SC_CSI_NOT_SUPPORTED = 0x129,
	NVU_SC_CSI_NOT_ENABLED = 0x12a,
	NVU_SC_CSI_COMBINATION = 0x12b,
	NVU_SC_INVALID_CSI = 0x12c,
	NVU_SC_ID_UNAVAILABLE = 0x12d,
	NVU_SC_CONFLICTING_ATTRIBUTES = 0x180,
	NVU_SC_INVALID_PROTECTION = 0x181,
	NVU_SC_READ_ONLY_RANGE = 0x182,
	NVU_SC_COMMAND_SIZE_LIMIT = 0x183,
	NVU_SC_INCOMPATIBLE_NS = 0x185,
	NVU_SC_NO_FAST_COPY = 0x186,
	NVU_SC_OVERLAPPING_IO_RANGE = 0x187,
	NVU_SC_INSUFFICIENT_RESOURCES = 0x189,
	NVU_SC_ZONE_BOUNDARY = 0x1b8,
	NVU_SC_ZONE_FULL = 0x1b9,
	NVU_SC_ZONE_READ_ONLY = 0x1ba,
	NVU_SC_ZONE_OFFLINE = 0x1bb,
	NVU_SC_ZONE_INVALID_WRITE = 0x1bc,
	NVU_SC_ZONE_TOO_MANY_ACTIVE = 0x1bd,
	NVU_SC_ZONE_TOO_MANY_OPEN = 0x1be,
	NVU_SC_ZONE_INVALID_TRANSITION = 0x1bf,
	NVU_SC_WRITE_FAULT = 0x280,
	NVU_SC_UNRECOVERED_READ = 0x281,
	NVU_SC_GUARD_CHECK = 0x282,
	NVU_SC_APP_TAG_CHECK = 0x283,
	NVU_SC_REF_TAG_CHECK = 0x284,
	NVU_SC_COMPARE_FAILED = 0x285,
	NVU_SC_ACCESS_DENIED = 0x286,
	NVU_SC_DEALLOCATED = 0x287,
	NVU_SC_STORAGE_TAG_CHECK = 0x288,
	NVU_SC_INTERNAL_PATH = 0x300,
	NVU_SC_ANA_PERSISTENT_LOSS = 0x301,
	NVU_SC_ANA_INACCESSIBLE = 0x302,
	NVU_SC_ANA_TRANSITION = 0x303,
	NVU_SC_CTRL_PATHING = 0x360,
	NVU_SC_HOST_PATHING = 0x370,
	NVU_SC_ABORTED_BY_HOST = 0x371,
};

/* SMART / health information log page, Base figure 207: 512 bytes. */
struct nvu_smart_log {
	uint8_t critical_warning;
	uint8_t temperature[2]; /* composite temperature in kelvin, little-endian, unaligned */
	uint8_t avail_spare;	/* per cent */
	uint8_t spare_thresh;
	uint8_t percent_used;
	uint8_t endu_grp_crit_warn;
	uint8_t rsvd7[25];
	uint8_t data_units_read[16]; /* 128-bit little-endian, in 1000 * 512 bytes */
	uint8_t data_units_written[16];
	uint8_t host_reads[16];
	uint8_t host_writes[16];
	uint8_t ctrl_busy_minutes[16];
	uint8_t power_cycles[16];
	uint8_t power_on_hours[16];
	uint8_t unsafe_shutdowns[16];
	uint8_t media_errors[16];
	uint8_t num_err_log_entries[16];
	nvu_le32 warning_temp_minutes;
	nvu_le32 critical_temp_minutes;
	nvu_le16 temp_sensor[8];
	nvu_le32 tmt1_transitions; /* thermal management temperature 1 and 2 */
	nvu_le32 tmt2_transitions;
	nvu_le32 tmt1_seconds;
	nvu_le32 tmt2_seconds;
	uint8_t rsvd232[280];
};
NVU_STATIC_ASSERT(sizeof(struct nvu_smart_log) == 512, "Base figure 207: 512 bytes");
NVU_STATIC_ASSERT(offsetof(struct nvu_smart_log, data_units_read) == 32, "byte 32");
NVU_STATIC_ASSERT(offsetof(struct nvu_smart_log, warning_temp_minutes) == 192, "byte 192");

#endif /* NVU_SPEC_H */
