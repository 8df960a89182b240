// SPDX-License-Identifier: MIT
/*
 * fuzz_mock.c: the mock controller under a hostile driver, because programs link it: registers,
 * doorbells, queue entries, data pointers, mappings, configuration space and faults of any content,
 * in any order. It must not touch memory that is not mapped for it, and never hang; what it says of
 * the rules does not matter here.
 *
 * Stepped, with an arena of DMA memory and queues at known places, so that commands get through.
 */
#include "input.h"
#include "mock/transport/transport.h"

#include <nvu/mock.h>
#include <nvu/regs.h>
#include <nvu/spec.h>

enum {
	PAGE = 4096,
	ARENA_PAGES = 32,
	ADMIN_SQ = 0,
	ADMIN_CQ = 1,
	IO_SQ = 2,
	IO_CQ = 3, /* pages of the arena */
	DATA = 4,
	ENTRIES = 8,
	STEPS_MAX = 200,
	POWER_FROM = 0xf0, /* bytes that stand for a power loss */
	ENABLE = 0x460001,
};

#define ARENA_IOVA 0x100000ull

struct driver {
	struct nvu_mock *mock;
	struct transport *transport;
	uint8_t *arena; /* mapped, of exactly its size */
	bool mapped;
	uint32_t tails[2];
	struct input *input;
};

static void write32(struct driver *driver, uint32_t offset, uint32_t value)
{
	(void)driver->transport->ops->reg_write32(driver->transport, offset, value);
}

static void ring(struct driver *driver, uint32_t index, uint32_t value)
{
	struct transport *transport = driver->transport;
	uint32_t offset = NVU_REG_DOORBELLS + index * 4;

	if (transport->mapped && offset + 4 <= transport->mapped_end)
		memcpy((char *)(uintptr_t)transport->mapped + offset, &value, sizeof(value));
	else
		write32(driver, offset, value);
}

static void enable(struct driver *driver)
{
	const struct transport_ops *ops = driver->transport->ops;

	write32(driver, NVU_REG_CC, 0);
	write32(driver, NVU_REG_AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	(void)ops->reg_write64(driver->transport, NVU_REG_ASQ, ARENA_IOVA + ADMIN_SQ * PAGE);
	(void)ops->reg_write64(driver->transport, NVU_REG_ACQ, ARENA_IOVA + ADMIN_CQ * PAGE);
	write32(driver, NVU_REG_CC, ENABLE);
	driver->tails[0] = 0;
}

/* Into the queue's next slot, and the doorbell. */
static void push(struct driver *driver, uint32_t queue, const struct nvu_sqe *sqe)
{
	uint32_t slot = driver->tails[queue];

	memcpy(driver->arena + (queue ? IO_SQ : ADMIN_SQ) * PAGE + slot * sizeof(*sqe), sqe,
	       sizeof(*sqe));
	driver->tails[queue] = (slot + 1) % ENTRIES;
	ring(driver, queue * 2, driver->tails[queue]);
}

static void create_queues(struct driver *driver)
{
	struct nvu_sqe cmd = { .opcode = NVU_ADMIN_CREATE_CQ };

	cmd.cdw10 = nvu_le32_put((ENTRIES - 1) << 16 | 1);
	cmd.cdw11 = nvu_le32_put(1);
	cmd.prp1 = nvu_le64_put(ARENA_IOVA + IO_CQ * PAGE);
	push(driver, 0, &cmd);
	cmd.opcode = NVU_ADMIN_CREATE_SQ;
	cmd.cid = nvu_le16_put(1);
	cmd.cdw11 = nvu_le32_put(1 << 16 | 1);
	cmd.prp1 = nvu_le64_put(ARENA_IOVA + IO_SQ * PAGE);
	push(driver, 0, &cmd);
	(void)nvu_mock_step(driver->mock, 8);
	driver->tails[1] = 0;
}

/* A command with data pointers near the arena. */
static void command(struct driver *driver)
{
	struct input *input = driver->input;
	uint8_t how = input_u8(input);
	struct nvu_sqe cmd = { .opcode = input_u8(input), .flags = how & 2 ? input_u8(input) : 0 };

	cmd.cid = nvu_le16_put(input_u8(input));
	cmd.nsid = nvu_le32_put(how & 4 ? input_u32(input) : 1);
	cmd.prp1 = nvu_le64_put(ARENA_IOVA + DATA * PAGE + input_u8(input) * 512ull);
	cmd.prp2 = nvu_le64_put(ARENA_IOVA + DATA * PAGE + input_u8(input) * 512ull);
	cmd.cdw10 = nvu_le32_put(how & 8 ? input_u32(input) : input_u8(input));
	cmd.cdw11 = nvu_le32_put(how & 16 ? input_u32(input) : 0);
	cmd.cdw12 = nvu_le32_put(how & 32 ? input_u32(input) : input_u8(input));
	cmd.cdw13 = nvu_le32_put(how & 64 ? input_u32(input) : 0);
	if (how & 128)
		input_bytes(input, &cmd, sizeof(cmd));
	push(driver, how & 1, &cmd);
}

static void write_arena(struct driver *driver)
{
	struct input *input = driver->input;
	uint32_t at = input_u32(input) % (ARENA_PAGES * PAGE);
	size_t len = input_u8(input) & 31;

	if (len > ARENA_PAGES * PAGE - at)
		len = ARENA_PAGES * PAGE - at;
	input_bytes(input, driver->arena + at, len);
}

/* An entry of a page list near the arena. */
static void write_entry(struct driver *driver)
{
	struct input *input = driver->input;
	uint32_t at = (input_u16(input) * 8u) % (ARENA_PAGES * PAGE);
	nvu_le64 entry = nvu_le64_put(ARENA_IOVA + input_u8(input) * 512ull);

	memcpy(driver->arena + at, &entry, sizeof(entry));
}

static void remap(struct driver *driver, uint8_t how)
{
	struct transport_domain *domain = driver->transport->domain;
	uint32_t prot = TRANSPORT_DMA_READ | (how & 1 ? TRANSPORT_DMA_WRITE : 0);
	const struct dma_source arena = { driver->arena, ARENA_PAGES * PAGE, -1, 0 };

	if (driver->mapped)
		driver->mapped = domain->ops->unmap(domain, ARENA_IOVA, ARENA_PAGES * PAGE) != 0;
	if (how & 2)
		driver->mapped = !domain->ops->map(domain, ARENA_IOVA, &arena, prot);
}

static void inject(struct driver *driver)
{
	struct input *input = driver->input;
	struct nvu_mock_fault fault = { .size = sizeof(fault) };
	uint32_t kind;

	kind = input_u8(input);
	fault.kind = kind >= POWER_FROM ? NVU_MOCK_FAULT_POWER_LOSS + (kind & 1)
					: kind % (NVU_MOCK_FAULT_REGISTER + 1);
	fault.qid = (int32_t)(input_u8(input) % 4) - 2;
	fault.opcode = input_u16(input) & 0x1ff;
	fault.cns = input_u8(input);
	fault.skip = input_u8(input) & 3;
	fault.count = input_u8(input) & 3;
	fault.status = input_u16(input);
	fault.delay = input_u8(input);
	fault.value = input_u32(input);
	fault.offset = input_u16(input);
	fault.len = input_u8(input) & 0x7f;
	input_bytes(input, fault.bytes, sizeof(fault.bytes));
	(void)nvu_mock_inject(driver->mock, &fault);
}

static void use_config_space(struct driver *driver)
{
	struct input *input = driver->input;
	uint8_t bytes[8], how = input_u8(input);
	uint32_t offset = input_u16(input), len = how % 8 + 1u;

	input_bytes(input, bytes, len);
	if (how & 0x80)
		(void)driver->transport->ops->config_write(driver->transport, offset, bytes, len);
	else
		(void)driver->transport->ops->config_read(driver->transport, offset, bytes, len);
}

static void use_register(struct driver *driver, bool write)
{
	struct input *input = driver->input;
	uint32_t offset = input_u16(input) * 4u, value;
	uint64_t wide;

	if (write) {
		write32(driver, offset, input_u32(input));
		return;
	}
	(void)driver->transport->ops->reg_read32(driver->transport, offset, &value);
	(void)driver->transport->ops->reg_read64(driver->transport, offset, &wide);
}

static void step(struct driver *driver, uint8_t what)
{
	struct input *input = driver->input;

	switch (what) {
	case 0:
	case 1:
	case 2:
		command(driver);
		break;
	case 3:
		(void)nvu_mock_step(driver->mock, input_u8(input));
		break;
	case 4:
		use_register(driver, input_u8(input) & 1);
		break;
	case 5:
		ring(driver, input_u8(input), input_u8(input));
		break;
	case 6:
		write_arena(driver);
		break;
	case 7:
		write_entry(driver);
		break;
	case 8:
		remap(driver, input_u8(input));
		break;
	case 9:
		inject(driver);
		break;
	case 10:
		use_config_space(driver);
		break;
	case 11:
		(void)driver->transport->ops->reset(driver->transport);
		break;
	case 12:
		enable(driver);
		break;
	case 13:
		create_queues(driver);
		break;
	case 14:
		(void)nvu_mock_event(driver->mock, input_u8(input) & 7, input_u8(input),
				     input_u8(input));
		break;
	default:
		nvu_mock_clear_faults(driver->mock);
	}
}

static bool open_mock(struct driver *driver)
{
	struct input *input = driver->input;
	struct nvu_mock_opts opts = { .size = sizeof(opts), .ns_bytes = 1 << 20 };
	uint8_t how = input_u8(input);

	opts.flags = NVU_MOCK_STEPPED | (how & 0xe);
	opts.io_queues = 1 + input_u8(input) % 8;
	opts.namespaces = 1 + (how >> 4 & 1);
	opts.lba_bytes = how & 0x20 ? 4096 : 512;
	opts.cache_bytes = 16 << 10; /* less than some writes */
	opts.atomic_blocks = 2;
	opts.dstrd = how & 0x40 ? 1 : 0;
	if (nvu_mock_create(&opts, &driver->mock))
		return false;
	PROMISE(!mock_transport_ops.open(nvu_mock_address(driver->mock) + strlen("mock:"), NULL,
					 &driver->transport));
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	struct driver driver = { .input = &input };

	driver.arena = aligned_alloc(PAGE, ARENA_PAGES * PAGE);
	PROMISE(driver.arena);
	memset(driver.arena, 0, ARENA_PAGES * PAGE);
	if (open_mock(&driver)) {
		remap(&driver, 3);
		enable(&driver);
		create_queues(&driver);
		for (int i = 0; i < STEPS_MAX && input_left(&input); i++)
			step(&driver, input_u8(&input) & 0xf);
		(void)nvu_mock_step(driver.mock, 64);
		remap(&driver, 0);
		driver.transport->ops->close(driver.transport);
		nvu_mock_destroy(driver.mock);
	}
	free(driver.arena);
	return 0;
}
