// SPDX-License-Identifier: MIT
/*
 * fuzz_mock_serve.c: a served mock whose client is hostile: messages of any content, in pieces, with descriptors of any
 * kind, between those that bring the controller up; memory that is mapped, taken back and cut short; clients that come
 * and go. It must not touch memory that is not the client's, keep no descriptor, and serve the next client.
 *
 * Stepped: it receives what was sent when it is stepped.
 */
#include "input.h"
#include "transport/vfio_user/wire.h"

#include <nvu/mock.h>
#include <nvu/regs.h>
#include <nvu/spec.h>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	ARENA_PAGES = 16,
	ADMIN_SQ = 0,
	ADMIN_CQ = 1,
	IO_SQ = 2,
	IO_CQ = 3, /* pages of the arena */
	DATA = 4,
	ENTRIES = 8,
	STEPS_MAX = 60,
	TURNS = 4,
	ENABLE = 0x460001,
	MEMORY_AND_MASTER = 6,
	CONFIG_COMMAND = 4,
	BODY_MAX = 64,
};

#define ARENA_IOVA 0x100000ull

struct peer {
	struct nvu_mock *mock;
	struct sockaddr_un address;
	int fd;	      /* the connection; -1: none */
	int arena_fd; /* a file of ARENA_PAGES, until it is cut short */
	int event;
	uint32_t tails[2];
	struct input *input;
};

static void step(struct peer *peer)
{
	for (int turn = 0; turn < TURNS; turn++)
		(void)nvu_mock_step(peer->mock, 8);
}

/* Forgets what the server has answered. */
static void drain(struct peer *peer)
{
	static uint8_t bytes[FRAME_BYTES_MAX];
	struct wire_fds fds = { .count = 0 };

	while (peer->fd >= 0 && wire_receive(peer->fd, bytes, sizeof(bytes), &fds) > 0)
		wire_fds_close(&fds);
	wire_fds_close(&fds);
}

static void leave(struct peer *peer)
{
	if (peer->fd >= 0)
		(void)close(peer->fd);
	peer->fd = -1;
	step(peer);
}

/* Sends bytes, with a descriptor, -1: none; the server takes them. */
static void send_bytes(struct peer *peer, const void *bytes, size_t len, int fd)
{
	struct frame out = { .len = (uint32_t)len };

	if (peer->fd < 0)
		return;
	memcpy(out.bytes, bytes, len);
	if (wire_send(peer->fd, &out, fd))
		leave(peer);
	step(peer);
	drain(peer);
}

static void send_message(struct peer *peer, uint16_t command, const void *body, size_t len, int fd)
{
	struct {
		struct frame_header header;
		uint8_t body[BODY_MAX];
	} message = { .header = { .id = 1,
				  .command = command,
				  .size = (uint32_t)(sizeof(message.header) + len) } };

	if (len)
		memcpy(message.body, body, len);
	send_bytes(peer, &message, message.header.size, fd);
}

static void enter(struct peer *peer)
{
	static const uint8_t version[] = "\0\0\0\0{\"capabilities\":{\"max_dma_maps\":9}}";

	peer->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	PROMISE(peer->fd >= 0);
	PROMISE(!connect(peer->fd, (const struct sockaddr *)&peer->address, sizeof(peer->address)));
	send_message(peer, FRAME_VERSION, version, sizeof(version), -1);
}

static void write_region(struct peer *peer, uint32_t region, uint64_t offset, uint32_t value,
			 uint32_t count)
{
	struct {
		struct frame_access access;
		uint32_t value;
	} body = { { offset, region, count }, value };

	send_message(peer, FRAME_REGION_WRITE, &body, sizeof(body.access) + count, -1);
}

static void map(struct peer *peer, uint64_t address, uint64_t len, uint64_t offset, int fd)
{
	const struct frame_dma_map body = { sizeof(body), FRAME_DMA_READABLE | FRAME_DMA_WRITEABLE,
					    offset, address, len };

	send_message(peer, FRAME_DMA_MAP, &body, sizeof(body), fd);
}

static void unmap(struct peer *peer, uint64_t address, uint64_t len, uint32_t flags)
{
	const struct frame_dma_unmap body = { sizeof(body), flags, address, len };

	send_message(peer, FRAME_DMA_UNMAP, &body, sizeof(body), -1);
}

static void enable(struct peer *peer)
{
	write_region(peer, FRAME_CONFIG, CONFIG_COMMAND, MEMORY_AND_MASTER, 2);
	write_region(peer, FRAME_BAR0, NVU_REG_CC, 0, 4);
	write_region(peer, FRAME_BAR0, NVU_REG_AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1), 4);
	write_region(peer, FRAME_BAR0, NVU_REG_ASQ, ARENA_IOVA + ADMIN_SQ * PAGE, 4);
	write_region(peer, FRAME_BAR0, NVU_REG_ACQ, ARENA_IOVA + ADMIN_CQ * PAGE, 4);
	write_region(peer, FRAME_BAR0, NVU_REG_CC, ENABLE, 4);
	peer->tails[0] = 0;
}

/* Into the queue's next slot, through the file, and the doorbell. */
static void push(struct peer *peer, uint32_t queue, const struct nvu_sqe *sqe)
{
	uint32_t slot = peer->tails[queue];
	off_t at = (queue ? IO_SQ : ADMIN_SQ) * PAGE + (off_t)(slot * sizeof(*sqe));

	(void)!pwrite(peer->arena_fd, sqe, sizeof(*sqe), at);
	peer->tails[queue] = (slot + 1) % ENTRIES;
	write_region(peer, FRAME_BAR0, NVU_REG_DOORBELLS + queue * 8ull, peer->tails[queue], 4);
}

static void create_queues(struct peer *peer)
{
	struct nvu_sqe cmd = { .opcode = NVU_ADMIN_CREATE_CQ };

	cmd.cdw10 = nvu_le32_put((ENTRIES - 1) << 16 | 1);
	cmd.cdw11 = nvu_le32_put(1 << 16 | 3); /* vector 1 */
	cmd.prp1 = nvu_le64_put(ARENA_IOVA + IO_CQ * PAGE);
	push(peer, 0, &cmd);
	cmd.opcode = NVU_ADMIN_CREATE_SQ;
	cmd.cid = nvu_le16_put(1);
	cmd.cdw11 = nvu_le32_put(1 << 16 | 1);
	cmd.prp1 = nvu_le64_put(ARENA_IOVA + IO_SQ * PAGE);
	push(peer, 0, &cmd);
	peer->tails[1] = 0;
}

/* A command with data pointers near the arena. */
static void command(struct peer *peer)
{
	struct input *input = peer->input;
	uint8_t queue = input_u8(input) & 1;
	struct nvu_sqe cmd = { .opcode = input_u8(input) };

	cmd.cid = nvu_le16_put(input_u8(input));
	cmd.nsid = nvu_le32_put(1);
	cmd.prp1 = nvu_le64_put(ARENA_IOVA + DATA * PAGE + input_u8(input) * 512ull);
	cmd.prp2 = nvu_le64_put(ARENA_IOVA + DATA * PAGE + input_u8(input) * 512ull);
	cmd.cdw10 = nvu_le32_put(input_u8(input));
	cmd.cdw12 = nvu_le32_put(input_u8(input));
	push(peer, queue, &cmd);
}

/* Of the kinds that a client may send along. */
static int choose_fd(struct peer *peer, uint8_t how)
{
	return how & 1 ? peer->arena_fd : how & 2 ? peer->event : -1;
}

static void send_anything(struct peer *peer)
{
	struct input *input = peer->input;
	uint8_t how = input_u8(input), body[BODY_MAX];
	size_t len = how >> 2;

	input_bytes(input, body, len);
	send_message(peer, how & 1 ? input_u8(input) & 15 : FRAME_SET_IRQS, body, len,
		     choose_fd(peer, input_u8(input)));
}

static void send_raw(struct peer *peer)
{
	struct input *input = peer->input;
	uint8_t bytes[32];
	size_t len = input_u8(input) % sizeof(bytes);

	input_bytes(input, bytes, len);
	if (len)
		send_bytes(peer, bytes, len, choose_fd(peer, input_u8(input)));
}

static void set_irqs(struct peer *peer)
{
	struct input *input = peer->input;
	uint8_t how = input_u8(input);
	const struct frame_irq_set body = { sizeof(body), how & 0x3f, input_u8(input) & 7,
					    input_u8(input), input_u8(input) };

	send_message(peer, FRAME_SET_IRQS, &body, sizeof(body), how & 0x80 ? peer->event : -1);
}

static void remap(struct peer *peer)
{
	struct input *input = peer->input;
	uint8_t how = input_u8(input);
	uint64_t address = ARENA_IOVA + input_u8(input) % (2 * ARENA_PAGES) * PAGE;
	uint64_t len = input_u8(input) % (2 * ARENA_PAGES) * PAGE;

	if (how & 1)
		unmap(peer, how & 2 ? 0 : address, how & 4 ? UINT64_MAX : len,
		      how & 8 ? FRAME_UNMAP_ALL : 0);
	else
		map(peer, address, len, input_u8(input) % ARENA_PAGES * PAGE,
		    choose_fd(peer, how >> 1));
}

static void use_region(struct peer *peer)
{
	struct input *input = peer->input;
	uint8_t how = input_u8(input);
	const struct frame_access body = { input_u16(input), how & 0xf, input_u16(input) };

	if (how & 0x80)
		write_region(peer, body.region, body.offset, input_u32(input), how >> 4 & 7);
	else
		send_message(peer, FRAME_REGION_READ, &body, sizeof(body), -1);
}

static void turn(struct peer *peer, uint8_t what)
{
	switch (what) {
	case 0:
		send_anything(peer);
		break;
	case 1:
		send_raw(peer);
		break;
	case 2:
		set_irqs(peer);
		break;
	case 3:
		remap(peer);
		break;
	case 4:
		use_region(peer);
		break;
	case 5:
		send_message(peer, FRAME_RESET, NULL, 0, -1);
		break;
	case 6:
		leave(peer);
		enter(peer);
		break;
	case 7:
		(void)!ftruncate(peer->arena_fd, input_u8(peer->input) % ARENA_PAGES * PAGE);
		step(peer);
		break;
	case 8:
		map(peer, ARENA_IOVA, ARENA_PAGES * PAGE, 0, peer->arena_fd);
		break;
	case 9:
		enable(peer);
		break;
	case 10:
		create_queues(peer);
		break;
	default:
		command(peer);
	}
}

/* Whatever happened: the next client is served. */
static void promise_next_client(struct peer *peer)
{
	struct frame in = { .len = 0 };
	struct wire_fds fds = { .count = 0 };
	static const uint8_t version[] = "\0\0\0\0{}";
	struct {
		struct frame_header header;
		uint8_t body[sizeof(version)];
	} message = { .header = {
			      .id = 9, .command = FRAME_VERSION, .size = 16 + sizeof(version) } };

	leave(peer);
	peer->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	PROMISE(!connect(peer->fd, (const struct sockaddr *)&peer->address, sizeof(peer->address)));
	memcpy(message.body, version, sizeof(version));
	PROMISE(write(peer->fd, &message, message.header.size) == (ssize_t)message.header.size);
	step(peer);
	PROMISE(wire_receive(peer->fd, in.bytes, sizeof(struct frame_header), &fds) ==
		(int)sizeof(struct frame_header));
	PROMISE(in.bytes[0] == 9);
	leave(peer);
}

static int count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 128; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct nvu_mock_opts opts = { .size = sizeof(opts),
						   .ns_bytes = 1 << 20,
						   .flags = NVU_MOCK_STEPPED };
	struct input input = { data, data + size };
	struct peer peer = { .fd = -1, .input = &input, .address.sun_family = AF_UNIX };
	int before = count_descriptors();

	peer.arena_fd = memfd_create("arena", MFD_CLOEXEC);
	peer.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	PROMISE(peer.arena_fd >= 0 && peer.event >= 0);
	PROMISE(!ftruncate(peer.arena_fd, ARENA_PAGES * PAGE));
	(void)snprintf(peer.address.sun_path, sizeof(peer.address.sun_path), "/tmp/nvu-fuzz-%d",
		       (int)getpid());
	PROMISE(!nvu_mock_create(&opts, &peer.mock));
	PROMISE(!nvu_mock_serve(peer.mock, peer.address.sun_path));
	enter(&peer);
	for (int i = 0; i < STEPS_MAX && input_left(&input); i++)
		turn(&peer, input_u8(&input) & 0xf);
	promise_next_client(&peer);
	nvu_mock_destroy(peer.mock);
	(void)close(peer.arena_fd);
	(void)close(peer.event);
	PROMISE(count_descriptors() == before);
	return 0;
}
