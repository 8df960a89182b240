// SPDX-License-Identifier: MIT
/*
 * fuzz_device.c: a whole hostile device, and a program that uses it through the public API. The input
 * is a list of steps, each a byte that says which and the bytes that it takes: half of them are the
 * program's (open, create queue pairs, queue commands, poll, reset, close), half the device's (arm a
 * trick for a command to come, override a register, patch identify data, write to memory, post a
 * completion, fail a call). At the end every command must be answered within bounded time; then all
 * is taken down, and nothing may be left mapped.
 *
 * Why a model of its own and not lib/mock: the mock is strict, refuses what it finds wrong and has
 * queues, storage and threads to look after; this one is small, a few microseconds long to set up,
 * and lets the input change everything that a device could. Why it is well-behaved until the input says otherwise:
 * random registers would not get past CAP, and a mutation that adds one fault to a run that works
 * goes deep.
 */
#include "program.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STEPS_MAX = 300, QUIRKS = 0xfff, REGISTERED_BYTES = 3 * 4096, VECTORS = 3 };
enum { RW_STEP = 0x70, GROUP_STEP = 0x6f, COUNTED = 0x70, ONE_PIECE = 8 };

static const uint16_t depths[] = { 0, 2, 3, 4, 5, 8, 16, 33, 64, 128, 256, 1024 };
static const uint32_t sizes[] = { 4,	 512,	 4096,	  8192,	    12288,
				  65536, 131072, 1 << 20, 0x102000, 3 << 20 };
static const uint32_t transfers[] = { 0, 4096, 8192, 65536, 1 << 20, 4 << 20, 65 << 20 };
static const int errors[] = { -EIO, -ENODEV, -ENOMEM, -EINVAL, -ETIMEDOUT, -ENOTSUP };

/* A notice: the list of changed namespaces has something. */
#define NS_CHANGED 0x040002u

static void note_namespaces(struct program *program)
{
	for (uint32_t nsid = 1; nsid <= DEVICE_NAMESPACES; nsid++) {
		const struct nvu_ns *ns = NULL;

		(void)nvu_ns_get(program->ctrl, nsid, &ns);
		program->first[nsid] = ns;
		device.block_bytes[nsid] =
			ns && !nvu_ns_info(ns)->metadata_bytes ? nvu_ns_info(ns)->block_bytes : 0;
	}
	device.changed = false;
}

static void check_info(const struct nvu_ctrl_info *info)
{
	PROMISE(strlen(info->serial) <= 20 && strlen(info->model) <= 40);
	PROMISE(strlen(info->firmware) <= 8 && strlen(info->subnqn) <= 256);
	PROMISE(info->page_bytes >= 4096 && info->page_bytes <= 65536);
	PROMISE(info->io_queues <= 65535 && info->max_queue_entries >= 2);
	PROMISE(info->max_transfer_bytes >= 4096);
}

static void open_ctrl(struct program *program)
{
	struct nvu_ctrl_opts opts = { .size = sizeof(opts) };
	struct input *input = program->input;
	uint8_t how = input_u8(input);

	if (program->ctrl)
		return;
	opts.flags = how & 3;
	if (how & 4) {
		opts.io_queues = input_u8(input);
		if (opts.io_queues == UINT8_MAX)
			opts.io_queues = 1 << 20;
		opts.ready_timeout_ms = program_timeout_ms(input);
		opts.admin_timeout_ms = program_timeout_ms(input);
		opts.io_timeout_ms = program_timeout_ms(input);
		opts.shutdown_timeout_ms = program_timeout_ms(input);
		opts.max_transfer_bytes = PICK(transfers, input);
	}
	if (how & 8) {
		opts.quirks = input_u16(input) & QUIRKS;
		opts.quirks_off = how & 16 ? input_u16(input) & QUIRKS : 0;
	}
	device.lied = false;
	if (nvu_ctrl_open(DEVICE_ADDRESS, &opts, &program->ctrl)) {
		PROMISE(!program->ctrl && !device.open && nvu_last_error()[0]);
		return;
	}
	note_namespaces(program);
	check_info(nvu_ctrl_info(program->ctrl));
}

static void create_qpair(struct program *program)
{
	struct input *input = program->input;
	struct nvu_qpair_opts opts = { .size = sizeof(opts) };
	uint32_t idx = input_u8(input) % PROGRAM_QPAIRS;
	struct program_qpair *slot = &program->qpairs[idx];
	uint8_t how;

	opts.depth = PICK(depths, input);
	opts.io_timeout_ms = program_timeout_ms(input);
	how = input_u8(input);
	opts.flags = (how & (device.vectors ? 7 : 3)) | (how >> 4 & NVU_QPAIR_RETRY_STATUS);
	opts.pieces = how & ONE_PIECE ? 1 : 0;
	if ((how & COUNTED) == COUNTED)
		opts.commands = input_u8(input);
	if (!program->ctrl || slot->qpair)
		return;
	*slot = (struct program_qpair){ .latency = opts.flags & NVU_QPAIR_LATENCY,
					.retries = opts.flags & NVU_QPAIR_RETRY_STATUS };
	if (!nvu_qpair_create(program->ctrl, &opts, &slot->qpair))
		PROMISE(nvu_qpair_depth(slot->qpair) >= 1 && nvu_qpair_id(slot->qpair));
}

static void destroy_qpair(struct program *program, uint32_t idx)
{
	nvu_qpair_destroy(program->qpairs[idx].qpair);
	program_forget(program, idx);
	program->qpairs[idx].qpair = NULL;
}

/* With queue pairs still open, some of the time: they answer what was in flight, and no more. */
static void close_ctrl(struct program *program, bool orphan)
{
	for (uint32_t i = 0; i < PROGRAM_QPAIRS; i++) {
		if (!orphan)
			destroy_qpair(program, i);
		else if (program->qpairs[i].qpair)
			program->qpairs[i].orphan = true;
	}
	nvu_ctrl_close(program->ctrl);
	program->started = 0;
	program->ctrl = NULL;
	PROMISE(!device.open);
	for (uint32_t i = 0; orphan && i < PROGRAM_QPAIRS; i++)
		program_drain(program, i);
}

static void free_buffer(struct program_buffer *buffer)
{
	if (buffer->users)
		return;
	PROMISE(!nvu_dma_free(buffer->dma));
	if (buffer->own)
		PROMISE(!munmap(buffer->own, REGISTERED_BYTES));
	*buffer = (struct program_buffer){ 0 };
}

static void make_buffer(struct program *program)
{
	struct input *input = program->input;
	struct program_buffer *buffer = &program->buffers[input_u8(input) % PROGRAM_BUFFERS];
	uint32_t bytes = PICK(sizes, input);
	uint8_t how = input_u8(input);

	if (!program->ctrl || buffer->dma)
		return;
	if (how & 1) {
		buffer->own = mmap(NULL, REGISTERED_BYTES, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		PROMISE(buffer->own != MAP_FAILED);
		if (!nvu_dma_register(program->ctrl, buffer->own, REGISTERED_BYTES, &buffer->dma))
			return;
		PROMISE(!munmap(buffer->own, REGISTERED_BYTES));
		buffer->own = NULL;
		return;
	}
	(void)nvu_dma_alloc_opts(program->ctrl, bytes,
				 NVU_DMA_OPTS(.flags = NVU_DMA_NO_HUGE_PAGES | (how & 2)),
				 &buffer->dma);
}

static void poll_many(struct program *program)
{
	struct input *input = program->input;
	uint32_t idx = input_u8(input) % PROGRAM_QPAIRS;
	uint8_t how = input_u8(input), turns = input_u8(input);

	for (uint32_t i = 0; i <= turns; i++) {
		if (!(how & 0x80))
			device_step(how & 0x40 ? 1 : UINT32_MAX);
		program_poll(program, idx, how & 0x1f, how & 0x20);
	}
}

static void look(const struct program *program, uint32_t idx)
{
	const struct program_qpair *slot = &program->qpairs[idx];
	uint64_t buckets[64];
	struct nvu_qpair_stats stats;

	if (!slot->qpair)
		return;
	nvu_qpair_stats(slot->qpair, &stats, sizeof(stats));
	PROMISE(slot->splits || stats.completed == slot->answered);
	PROMISE(!nvu_qpair_latency(slot->qpair, buckets, 64) == slot->latency);
}

static void use_qpair(struct program *program, uint8_t how)
{
	uint8_t what = how & 3;
	uint32_t idx = input_u8(program->input) % PROGRAM_QPAIRS;
	const struct program_qpair *slot = &program->qpairs[idx];
	uint32_t timeout_ms = program_timeout_ms(program->input);

	if (!slot->qpair)
		return;
	if (how & 0x80) /* else bits 1:0 say what */
		program_abort(program);
	else if (what == 0)
		destroy_qpair(program, idx);
	else if (what == 1)
		(void)nvu_submit(slot->qpair);
	else if (what == 2)
		nvu_qpair_set_timeout(slot->qpair, timeout_ms);
	else
		look(program, idx);
}

static void run_program(struct program *program, uint8_t what)
{
	struct input *input = program->input;

	device_trace("program %u", what);
	device.calls = device.jumps = 0;
	switch (what) {
	case 0:
		open_ctrl(program);
		break;
	case 1:
		if (program->ctrl)
			close_ctrl(program, input_u8(input) & 1);
		break;
	case 2:
		create_qpair(program);
		break;
	case 3:
		use_qpair(program, input_u8(input));
		break;
	case 4:
	case 5:
		program_read_write(program);
		break;
	case 6:
		program_flush(program);
		break;
	case 7:
		program_io(program);
		break;
	case 8:
	case 9:
		poll_many(program);
		break;
	case 10:
		program_admin(program);
		break;
	case 11:
		program_service(program);
		break;
	case 12:
		if (program->ctrl)
			(void)nvu_ctrl_reset(program->ctrl);
		break;
	case 13:
		make_buffer(program);
		break;
	case 14:
		free_buffer(&program->buffers[input_u8(input) % PROGRAM_BUFFERS]);
		break;
	default:
		clock_advance_ms(input_u16(input));
	}
}

static void arm_trick(struct input *input)
{
	struct trick trick = { .kind = input_u8(input) % TRICK_KINDS };
	uint8_t how = input_u8(input);

	trick.scope = how & 3;
	trick.skip = how >> 2 & 0xf;
	trick.count = (uint8_t)(1 + (how >> 6) * 5);
	if (trick.kind == TRICK_RAW)
		input_bytes(input, trick.raw, sizeof(trick.raw));
	else if (trick.kind == TRICK_NOISE || trick.kind == TRICK_RESULT)
		trick.value = input_u32(input) * (1ull + (how & 1));
	else if (trick.kind == TRICK_STATUS || trick.kind == TRICK_CID ||
		 trick.kind == TRICK_SQID || trick.kind == TRICK_QUEUE)
		trick.value = input_u16(input);
	else if (trick.kind == TRICK_HOLD)
		trick.value = input_u8(input);
	if (device.trick_count < DEVICE_TRICKS)
		device.tricks[device.trick_count++] = trick;
}

static void override_register(struct input *input)
{
	static const uint32_t offsets[] = { NVU_REG_CAP, NVU_REG_CC, NVU_REG_CSTS, NVU_REG_VS,
					    NVU_REG_CRTO };
	struct device_override override = { .offset = PICK(offsets, input) };

	override.count = input_u8(input);
	override.and = input_u8(input) & 1 ? 0 : UINT64_MAX;
	override.xor = override.offset == NVU_REG_CAP ? input_u64(input) : input_u32(input);
	if (override.offset == NVU_REG_CC || override.offset == NVU_REG_CSTS)
		device.lied = true;
	if (device.override_count < DEVICE_OVERRIDES)
		device.overrides[device.override_count++] = override;
}

static void patch_data(struct input *input)
{
	static const uint8_t kinds[] = { NVU_CNS_NS, NVU_CNS_CTRL, NVU_CNS_ACTIVE_NS_LIST,
					 NVU_CNS_NS_DESC_LIST, 0xff };
	struct device_patch patch = { .cns = PICK(kinds, input) };

	patch.offset = input_u16(input);
	patch.len = input_u8(input) % (DEVICE_PATCH_BYTES + 1);
	input_bytes(input, patch.bytes, patch.len);
	if (device.patch_count < DEVICE_PATCHES)
		device.patches[device.patch_count++] = patch;
}

/* Anywhere where the IOMMU lets it: queues, shadow doorbells, buffers. */
static void write_memory(struct input *input)
{
	uint32_t at = input_u8(input);
	uint32_t offset = input_u16(input);
	uint8_t len = input_u8(input) & 31, bytes[32];
	const struct device_map *map;

	input_bytes(input, bytes, len);
	if (!device.map_count)
		return;
	map = &device.maps[at % device.map_count];
	if (map->prot & TRANSPORT_DMA_WRITE) {
		device.lied = true;
		device.forged++; /* it may have forged an answer */
		device_write(map->iova + offset % map->len, bytes, len);
	}
}

static void post(struct input *input)
{
	uint16_t qid = input_u8(input) % DEVICE_QUEUES;
	uint8_t how = input_u8(input);
	struct nvu_cqe cqe;

	input_bytes(input, &cqe, sizeof(cqe));
	if (!qid) {
		device.lied = true;
		device.forged++;
	}
	for (uint32_t i = 0; i <= how >> 4; i++) {
		device_post(qid, &cqe, how & 1);
		cqe.cid = nvu_le16_put((uint16_t)(nvu_le16_get(cqe.cid) + (how >> 1 & 7)));
	}
}

/* What kind of controller it is; mostly at the beginning. */
static void configure(struct input *input)
{
	static const uint32_t bar_bytes[] = { 0x1000, 0x1008, 0x1010, 0x1020, 0x2000, 0x9000 };
	uint8_t how = input_u8(input);

	device.no_reset = how & 1;
	device.no_request_fd = how & 2;
	device.offers_shadow = how & 4;
	device.aborts = how & 8;
	device.hasty = how & 16;
	device.ready_reads = how >> 5;
	if (device.open)
		return;
	how = input_u8(input);
	device.map_doorbells = how & 1;
	device.vectors = how & 2 ? VECTORS : 0;
	device.transport.reg_bytes = PICK(bar_bytes, input);
	device.cap ^= (uint64_t)input_u16(input) << 32 ^ (uint64_t)input_u16(input) << 48;
}

static void set_state(uint8_t what)
{
	device.fatal = what & 1;
	device.gone = what & 2;
	if (what & 4)
		device_reset();
	if (what & 8)
		device.csts = device.csts_next = what >> 4;
}

/* What it is on the bus, what it offers, and its namespaces, reported or not. */
static void change(uint8_t what)
{
	if (!device.open)
		device.transport.is_virtual_function = what & 1;
	device.silent = what & 2;
	device.offers_notices = what & 4;
	if (what & ~0x27)
		device_change(what);
	if (what & 0x20)
		device_event(NS_CHANGED);
}

/* With bit 31: 2.0. */
static void set_version(uint32_t what)
{
	device.vs = what >> 31 ? NVU_VS(2, 0, 0) : what & 0x1ffff;
}

static void run_device(struct input *input, uint8_t what)
{
	device_trace("device %u", what);
	switch (what) {
	case 0:
	case 1:
	case 2:
		arm_trick(input);
		break;
	case 3:
		override_register(input);
		break;
	case 4:
		patch_data(input);
		break;
	case 5:
		write_memory(input);
		break;
	case 6:
		post(input);
		break;
	case 7:
		configure(input);
		break;
	case 8:
		set_state(input_u8(input));
		break;
	case 9:
		device.fail_call = input_u8(input);
		device.fail_error = PICK(errors, input);
		break;
	case 10:
		device_event(input_u32(input));
		break;
	case 11:
		device.trick_count = device.override_count = 0;
		break;
	case 12:
		set_version(input_u32(input));
		break;
	case 13:
		change(input_u8(input));
		break;
	default:
		device_step(input_u8(input));
	}
}

static void finish(struct program *program)
{
	for (uint32_t i = 0; i < PROGRAM_QPAIRS; i++)
		program_drain(program, i);
	device.calls = device.jumps = 0;
	if (program->ctrl)
		close_ctrl(program, false);
	for (uint32_t i = 0; i < PROGRAM_QPAIRS; i++)
		destroy_qpair(program, i);
	for (uint32_t i = 0; i < PROGRAM_BUFFERS; i++) {
		PROMISE(!program->buffers[i].users);
		free_buffer(&program->buffers[i]);
	}
	PROMISE(!device.map_count && !device.domain_refs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct program program;
	struct input input = { data, data + size };

	memset(&program, 0, sizeof(program));
	program.input = &input;
	device_init();
	pages_start();
	clock_start();
	for (uint32_t i = 0; i < STEPS_MAX && input_left(&input); i++) {
		uint8_t what = input_u8(&input);

		if (what & 0x80)
			run_device(&input, what & 0xf);
		else if (what == GROUP_STEP)
			program_group(&program);
		else if ((what & RW_STEP) == RW_STEP)
			program_rw(&program);
		else
			run_program(&program, what & 0xf);
	}
	finish(&program);
	clock_stop();
	return 0;
}
