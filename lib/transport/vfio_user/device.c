// SPDX-License-Identifier: MIT
/*
 * device.c: see device.h. Each access is a message. Of a server that has gone everything reads as all ones, as a bus
 * answers for a device that is not there.
 */
#include "transport/vfio_user/device.h"

#include "base/error.h"
#include "base/mmio.h"
#include "transport/registers.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <unistd.h>

/* Registers fill the first 4 KiB of BAR0; what is behind them is written for each command. */
enum { HOT_AT = 0x1000, BAR0_BYTES_MIN = HOT_AT + 8, CONFIG_BYTES_MIN = 256 };

#define REG_BYTES_MAX ((uint64_t)UINT32_MAX + 1 - 4096)

/* --- reads and writes of regions ------------------------------------------------------------ */

struct read {
	const struct frame_access *access;
	void *data;
};

static int use_read(const struct answer *answer, struct wire_fds *fds, void *arg)
{
	const struct read *read = arg;

	(void)fds;
	return answer_read(answer, read->access, read->data);
}

/* Without a sentence. */
static int read_region(struct remote *remote, uint32_t region, uint64_t offset, void *ret_data,
		       uint32_t len)
{
	const struct frame_access access = { offset, region, len };
	const struct session_request request = {
		.command = FRAME_REGION_READ, .head = &access, .head_len = sizeof(access), .fd = -1
	};
	struct read read = { &access, ret_data };

	return session_ask(remote_session(remote), &request, use_read, &read);
}

/* Whether the server has to answer: what is posted reaches it before every later message. */
enum posting { ANSWERED, POSTED };

static int write_region(struct remote *remote, const struct frame_access *access, const void *data,
			enum posting posting)
{
	const struct session_request request = { .command = FRAME_REGION_WRITE,
						 .head = access,
						 .head_len = sizeof(*access),
						 .data = data,
						 .data_len = access->count,
						 .fd = -1 };

	return posting == POSTED ? session_tell(remote_session(remote), &request)
				 : session_ask(remote_session(remote), &request, NULL, NULL);
}

/* --- registers ------------------------------------------------------------------------------ */

int remote_reg_read32(struct transport *transport, uint32_t offset, uint32_t *ret_value)
{
	struct remote *remote = remote_of(transport);
	uint32_t value = UINT32_MAX;
	int ret = transport_check_register(transport, offset, sizeof(value));

	if (ret)
		return ret;
	ret = read_region(remote, FRAME_BAR0, offset, &value, sizeof(value));
	if (ret && !session_is_gone(remote_session(remote)))
		return session_explain(remote_session(remote), ret, "read a register");
	*ret_value = ret ? UINT32_MAX : le32toh(value);
	return 0;
}

/* A doorbell comes from its queue pair's thread, which does not wait for the server. */
int remote_reg_write32(struct transport *transport, uint32_t offset, uint32_t value)
{
	struct remote *remote = remote_of(transport);
	const struct frame_access access = { offset, FRAME_BAR0, sizeof(value) };
	const uint32_t wire = htole32(value);
	int ret = transport_check_register(transport, offset, sizeof(value));

	if (ret)
		return ret;
	dma_wmb();
	ret = write_region(remote, &access, &wire, offset < HOT_AT ? ANSWERED : POSTED);
	if (!ret || session_is_gone(remote_session(remote)))
		return 0;
	return session_explain(remote_session(remote), ret, "write a register");
}

/* Two halves, low first, as the seam allows: servers know them from other drivers. */
int remote_reg_read64(struct transport *transport, uint32_t offset, uint64_t *ret_value)
{
	int ret = transport_check_register(transport, offset, 8);
	uint32_t low = 0, high = 0;

	if (!ret)
		ret = remote_reg_read32(transport, offset, &low);
	if (!ret)
		ret = remote_reg_read32(transport, offset + 4, &high);
	if (!ret)
		*ret_value = low | (uint64_t)high << 32;
	return ret;
}

/* --- configuration space -------------------------------------------------------------------- */

static int check_config(const struct remote *remote, uint32_t offset, uint32_t len)
{
	if (offset > remote->device.config_bytes || len > remote->device.config_bytes - offset)
		return error_set(-EINVAL, "%s: configuration space has %llu bytes, not %u at 0x%x",
				 remote->device.transport.name,
				 (unsigned long long)remote->device.config_bytes, len, offset);
	return 0;
}

static uint32_t piece_of(struct remote *remote, uint32_t len)
{
	uint32_t max = remote_session(remote)->limits.data_max;

	return len < max ? len : max;
}

int remote_config_read(struct transport *transport, uint32_t offset, void *ret_data, uint32_t len)
{
	struct remote *remote = remote_of(transport);
	int ret = check_config(remote, offset, len);

	for (uint32_t done = 0, piece; !ret && done < len; done += piece) {
		piece = piece_of(remote, len - done);
		ret = read_region(remote, FRAME_CONFIG, offset + done, (char *)ret_data + done,
				  piece);
		if (ret && session_is_gone(remote_session(remote))) {
			memset(ret_data, UINT8_MAX, len);
			return 0;
		}
		if (ret)
			return session_explain(remote_session(remote), ret,
					       "read configuration space");
	}
	return ret;
}

/* Some servers take both bytes of the command register only. */
static int write_half_command(struct transport *transport, uint32_t offset, uint8_t byte)
{
	uint8_t both[2] = { 0 };
	int ret = remote_config_read(transport, PCI_COMMAND, both, sizeof(both));

	both[offset - PCI_COMMAND] = byte;
	return ret ? ret : remote_config_write(transport, PCI_COMMAND, both, sizeof(both));
}

int remote_config_write(struct transport *transport, uint32_t offset, const void *data,
			uint32_t len)
{
	struct remote *remote = remote_of(transport);
	int ret = check_config(remote, offset, len);

	if (!ret && len == 1 && (offset == PCI_COMMAND || offset == PCI_COMMAND + 1))
		return write_half_command(transport, offset, *(const uint8_t *)data);
	for (uint32_t done = 0, piece; !ret && done < len; done += piece) {
		struct frame_access access = { offset + done, FRAME_CONFIG, 0 };

		piece = piece_of(remote, len - done);
		access.count = piece;
		ret = write_region(remote, &access, (const char *)data + done, ANSWERED);
		if (ret)
			return session_explain(remote_session(remote), ret,
					       "write configuration space");
	}
	return ret;
}

/* Sets and clears bits of the PCI command register. */
static int change_command(struct remote *remote, uint16_t set, uint16_t clear)
{
	struct transport *transport = &remote->device.transport;
	uint16_t wire;
	int ret = remote_config_read(transport, PCI_COMMAND, &wire, sizeof(wire));

	if (ret)
		return ret;
	if (wire == UINT16_MAX)
		return error_set(-ENODEV, "%s has gone: its configuration space reads as all ones",
				 transport->name);
	wire = htole16((uint16_t)((le16toh(wire) | set) & ~clear));
	return remote_config_write(transport, PCI_COMMAND, &wire, sizeof(wire));
}

/* --- reset ----------------------------------------------------------------------------------- */

/* What a reset must not change: the command register, and whether MSI-X is enabled. */
struct kept {
	uint16_t command, msix;
};

static int keep(struct remote *remote, struct kept *ret_kept)
{
	struct transport *transport = &remote->device.transport;
	int ret = remote_config_read(transport, PCI_COMMAND, &ret_kept->command, 2);

	if (!ret && remote->msix_at)
		ret = remote_config_read(transport, remote->msix_at + PCI_MSIX_FLAGS,
					 &ret_kept->msix, 2);
	return ret;
}

static int restore(struct remote *remote, const struct kept *kept)
{
	struct transport *transport = &remote->device.transport;
	struct kept now = { 0 };
	int ret = keep(remote, &now);

	if (!ret && now.command != kept->command)
		ret = remote_config_write(transport, PCI_COMMAND, &kept->command, 2);
	if (!ret && now.msix != kept->msix)
		ret = remote_config_write(transport, remote->msix_at + PCI_MSIX_FLAGS, &kept->msix,
					  2);
	return ret;
}

int remote_reset(struct transport *transport)
{
	const struct session_request request = { .command = FRAME_RESET, .fd = -1 };
	struct remote *remote = remote_of(transport);
	struct kept kept = { 0 };
	int ret;

	if (!remote->device.resettable)
		return error_set(-ENOTSUP, "%s does not support a function reset", transport->name);
	ret = keep(remote, &kept);
	if (ret)
		return ret;
	ret = session_ask(remote_session(remote), &request, NULL, NULL);
	if (ret)
		return session_explain(remote_session(remote), ret, "reset the function");
	return restore(remote, &kept);
}

/* --- opening and closing --------------------------------------------------------------------- */

static int use_info(const struct answer *answer, struct wire_fds *fds, void *arg)
{
	(void)fds;
	return answer_info(answer, arg);
}

static int read_info(struct remote *remote)
{
	struct frame_info info = { .argsz = sizeof(info) };
	const struct session_request request = {
		.command = FRAME_GET_INFO, .head = &info, .head_len = sizeof(info), .fd = -1
	};
	int ret = session_ask(remote_session(remote), &request, use_info, &info);

	if (ret)
		return session_explain(remote_session(remote), ret, "describe its device");
	if (!(info.flags & FRAME_DEVICE_PCI) || info.regions <= FRAME_CONFIG)
		return error_set(-ENODEV, "%s: the server's device is not a PCI device",
				 remote->device.transport.name);
	remote->device.resettable = info.flags & FRAME_DEVICE_RESET;
	remote->irq_kinds = info.irqs;
	return 0;
}

/* What a server says of a region: the structure and the capabilities behind it, and the file that has it. */
struct region {
	uint32_t index;
	struct frame_region_info info;
	uint8_t whole[FRAME_DATA_MAX];
	uint32_t len;
	int fd; /* -1: none came */
};

static int use_region(const struct answer *answer, struct wire_fds *fds, void *arg)
{
	struct region *region = arg;
	int ret = answer_region(answer, region->index, &region->info);

	if (ret)
		return ret;
	region->len = answer->len < FRAME_DATA_MAX ? answer->len : FRAME_DATA_MAX;
	memcpy(region->whole, answer->body, region->len);
	if (region->fd < 0)
		region->fd = wire_fds_take(fds, 0);
	return 0;
}

static int ask_region(struct remote *remote, struct region *region, uint32_t argsz)
{
	const struct frame_region_info head = { .argsz = argsz, .index = region->index };
	const struct session_request request = {
		.command = FRAME_GET_REGION_INFO, .head = &head, .head_len = sizeof(head), .fd = -1
	};
	int ret = session_ask(remote_session(remote), &request, use_region, region);

	return ret ? session_explain(remote_session(remote), ret, "describe a region") : 0;
}

/* Asks again where the server has more to tell. */
static int read_region_info(struct remote *remote, uint32_t index, struct region *ret_region)
{
	const uint32_t least = sizeof(ret_region->info);
	int ret;

	ret_region->index = index;
	ret_region->fd = -1;
	ret = ask_region(remote, ret_region, least);
	if (!ret && ret_region->info.flags & FRAME_REGION_CAPS && ret_region->info.argsz > least &&
	    ret_region->info.argsz <= FRAME_DATA_MAX)
		ret = ask_region(remote, ret_region, ret_region->info.argsz);
	return ret;
}

/* Offsets have 32 bits: what is behind 4 GiB is not used. */
static void set_bar0(struct remote *remote, struct region *bar0)
{
	struct device *device = &remote->device;
	uint64_t bytes = bar0->info.size > REG_BYTES_MAX ? REG_BYTES_MAX : bar0->info.size;

	device->transport.reg_bytes = (size_t)bytes & ~(size_t)7;
	device->bar0_at = bar0->info.offset;
	device->fd = bar0->fd;
	bar0->fd = -1;
	if (device->fd >= 0)
		device_map_window(device, bar0->whole, bar0->len);
}

static int use_regions(struct remote *remote, struct region *bar0, struct region *config)
{
	int ret = read_region_info(remote, FRAME_BAR0, bar0);

	if (!ret)
		ret = read_region_info(remote, FRAME_CONFIG, config);
	if (ret)
		return ret;
	if (bar0->info.size < BAR0_BYTES_MIN || config->info.size < CONFIG_BYTES_MIN)
		return error_set(-ENODEV,
				 "%s: its BAR0 of %llu bytes or its configuration space of %llu is "
				 "too small",
				 remote->device.transport.name, (unsigned long long)bar0->info.size,
				 (unsigned long long)config->info.size);
	set_bar0(remote, bar0);
	remote->device.config_bytes =
		config->info.size > UINT32_MAX ? UINT32_MAX : config->info.size;
	return 0;
}

static int read_regions(struct remote *remote)
{
	struct region bar0 = { .fd = -1 }, config = { .fd = -1 };
	int ret = use_regions(remote, &bar0, &config);

	if (bar0.fd >= 0)
		(void)close(bar0.fd);
	if (config.fd >= 0)
		(void)close(config.fd);
	return ret;
}

int remote_init(struct remote *remote)
{
	int ret = read_info(remote);

	if (!ret)
		ret = read_regions(remote);
	/* nvu disables the pin interrupt: it would not answer one. */
	if (!ret)
		ret = change_command(
			remote, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE,
			0);
	return ret;
}

void remote_fini(struct remote *remote)
{
	if (remote->device.config_bytes && !session_is_gone(remote_session(remote)))
		(void)change_command(remote, 0, PCI_COMMAND_MASTER);
	device_unmap_window(&remote->device);
	if (remote->device.fd >= 0)
		(void)close(remote->device.fd);
}
