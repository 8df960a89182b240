/* SPDX-License-Identifier: MIT */
/*
 * frame.h: the messages of the vfio-user protocol, as client and server both need them: what they look like,
 * whether a request is whole and consistent, and how a reply is put together. Pure: bytes in, bytes out. Whatever
 * comes from the other side is hostile: lengths, counts and offsets are checked here, before anything uses them.
 * QEMU's docs/interop/vfio-user.rst describes the protocol; its integers are those of the host.
 */
#ifndef NVU_TRANSPORT_VFIO_USER_FRAME_H
#define NVU_TRANSPORT_VFIO_USER_FRAME_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_command {
	FRAME_VERSION = 1,
	FRAME_DMA_MAP = 2,
	FRAME_DMA_UNMAP = 3,
	FRAME_GET_INFO = 4,
	FRAME_GET_REGION_INFO = 5,
	FRAME_GET_IRQ_INFO = 7,
	FRAME_SET_IRQS = 8,
	FRAME_REGION_READ = 9,
	FRAME_REGION_WRITE = 10,
	FRAME_RESET = 13,
};

/* .flags of a header. */
#define FRAME_TYPE 0xfu
#define FRAME_TYPE_COMMAND 0u
#define FRAME_TYPE_REPLY 1u
#define FRAME_NO_REPLY (1u << 4)
#define FRAME_ERROR (1u << 5)

struct frame_header {
	uint16_t id; /* the sender's: a reply has it again */
	uint16_t command;
	uint32_t size; /* of the whole message */
	uint32_t flags;
	uint32_t error; /* with FRAME_ERROR: an errno value */
};

struct frame_version {
	uint16_t major, minor;
};

#define FRAME_DMA_READABLE (1u << 0)
#define FRAME_DMA_WRITEABLE (1u << 1)

struct frame_dma_map {
	uint32_t argsz, flags;
	uint64_t offset; /* in the file of the descriptor */
	uint64_t address, size;
};

#define FRAME_UNMAP_ALL (1u << 1)

struct frame_dma_unmap {
	uint32_t argsz, flags;
	uint64_t address, size;
};

#define FRAME_DEVICE_RESET (1u << 0)
#define FRAME_DEVICE_PCI (1u << 1)

struct frame_info {
	uint32_t argsz, flags, regions, irqs;
};

/* Regions and interrupts of a PCI device. */
enum { FRAME_BAR0 = 0, FRAME_CONFIG = 7, FRAME_REGIONS = 9 };
enum {
	FRAME_INTX = 0,
	FRAME_MSI = 1,
	FRAME_MSIX = 2,
	FRAME_ERR = 3,
	FRAME_REQ = 4,
	FRAME_IRQS = 5
};

#define FRAME_REGION_READABLE (1u << 0)
#define FRAME_REGION_WRITEABLE (1u << 1)
#define FRAME_REGION_MMAP (1u << 2)
#define FRAME_REGION_CAPS (1u << 3)

struct frame_region_info {
	uint32_t argsz, flags, index, cap_offset;
	uint64_t size, offset;
};

/* The part of a region that can be mapped, behind its struct frame_region_info. */
struct frame_sparse {
	uint16_t id, version; /* both 1 */
	uint32_t next;
	uint32_t areas, rsvd;
	uint64_t offset, size;
};

#define FRAME_IRQ_EVENTFD (1u << 0)
#define FRAME_IRQ_MASKABLE (1u << 1)
#define FRAME_IRQ_AUTOMASKED (1u << 2)

struct frame_irq_info {
	uint32_t argsz, flags, index, count;
};

#define FRAME_IRQ_NONE (1u << 0)
#define FRAME_IRQ_BOOL (1u << 1)
#define FRAME_IRQ_FDS (1u << 2)
#define FRAME_IRQ_DATA 0x7u
#define FRAME_IRQ_MASK (1u << 3)
#define FRAME_IRQ_UNMASK (1u << 4)
#define FRAME_IRQ_TRIGGER (1u << 5)
#define FRAME_IRQ_ACTION 0x38u

struct frame_irq_set {
	uint32_t argsz, flags, index, start, count;
};

struct frame_access {
	uint64_t offset;
	uint32_t region, count;
};

enum {
	FRAME_DATA_MAX = 4096, /* of a read or write of a region; max_data_xfer_size */
	FRAME_FDS_MAX = 16,    /* of a message; max_msg_fds */
	FRAME_BYTES_MAX =
		sizeof(struct frame_header) + sizeof(struct frame_access) + FRAME_DATA_MAX,
};

static_assert(sizeof(struct frame_header) == 16, "header");
static_assert(sizeof(struct frame_dma_map) == 32, "DMA_MAP");
static_assert(sizeof(struct frame_dma_unmap) == 24, "DMA_UNMAP");
static_assert(sizeof(struct frame_info) == 16, "DEVICE_GET_INFO");
static_assert(sizeof(struct frame_region_info) == 32, "DEVICE_GET_REGION_INFO");
static_assert(sizeof(struct frame_sparse) == 32, "sparse mmap capability");
static_assert(sizeof(struct frame_irq_info) == 16, "DEVICE_GET_IRQ_INFO");
static_assert(sizeof(struct frame_irq_set) == 20, "DEVICE_SET_IRQS");
static_assert(sizeof(struct frame_access) == 16, "REGION_READ, REGION_WRITE");

/* A message that arrives, or one that leaves. Zeroed: empty. */
struct frame {
	uint32_t len;  /* bytes that are there */
	uint32_t sent; /* of one that leaves */
	uint8_t bytes[FRAME_BYTES_MAX];
};

/* A request, decoded. */
struct frame_request {
	struct frame_header header;
	union {
		uint8_t raw[32];
		struct frame_version version;
		struct frame_dma_map map;
		struct frame_dma_unmap unmap;
		struct frame_info info;
		struct frame_region_info region;
		struct frame_irq_info irq;
		struct frame_irq_set set;
		struct frame_access access;
	};
	const uint8_t *data; /* what follows: JSON, booleans, data to write; in the frame */
	uint32_t data_len;
};

/*
 * How many bytes of the message that arrives are still missing: of its header, then of all of it. 0: it is whole.
 * -EPROTO: its length is impossible; nothing after it can be understood.
 */
int frame_missing(const struct frame *in);

/*
 * Decodes a whole message. 0; -EPROTO: it is no request; otherwise the error to answer it with, -EINVAL or -ENOTSUP:
 * only ret_request->header is set then.
 */
int frame_decode(const struct frame *in, struct frame_request *ret_request);

/* Of a set of interrupts of which there are `have`: whether all of start to start + count exist. */
bool frame_has_irqs(const struct frame_irq_set *set, uint32_t have);

/* Makes the reply to a request: `body` of up to FRAME_BYTES_MAX - 16 bytes. */
void frame_reply(struct frame *out, const struct frame_header *request, const void *body,
		 uint32_t len);

/* Makes the reply that it has failed; error: an errno value, positive. */
void frame_refuse(struct frame *out, const struct frame_header *request, uint32_t error);

/*
 * Makes a request: `head`, then `data`, of together up to FRAME_BYTES_MAX - 16 bytes. Of the header
 * .id, .command and .flags count: 0, or FRAME_NO_REPLY.
 */
void frame_ask(struct frame *out, const struct frame_header *header, const void *head,
	       uint32_t head_len, const void *data, uint32_t data_len);

/*
 * The number that belongs to a name in the JSON of a version message, wherever it is. False: the name is not there,
 * or no number of up to 64 bits follows it.
 */
bool frame_capability(const uint8_t *json, uint32_t len, const char *name, uint64_t *ret_value);

#endif
