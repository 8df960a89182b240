// SPDX-License-Identifier: MIT
/*
 * region.c: see region.h. Registers are read and written by 32 bits, as NVMe allows it; a read of another length gets
 * its part of them, a write of another length changes nothing and is a violation.
 */
#include "mock/serve/region.h"

#include "base/mmio.h"
#include "mock/faults/fault.h"
#include "mock/faults/violation.h"
#include "mock/queues/doorbell.h"
#include "mock/queues/interrupt.h"
#include "mock/registers/pci.h"
#include "mock/registers/regs.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WORD = sizeof(uint32_t) };

static uint64_t power_of_two(uint64_t bytes)
{
	uint64_t power = 4096;

	while (power < bytes)
		power *= 2;
	return power;
}

uint64_t serve_region_bytes(const struct nvu_mock *mock, uint32_t index)
{
	switch (index) {
	case FRAME_BAR0:
		return power_of_two(mock->bar_bytes);
	case MOCK_PCI_MSIX_BAR:
		return mock_config_vectors(&mock->config) ? power_of_two(mock_pci_msix_bytes(mock))
							  : 0;
	case FRAME_CONFIG:
		return MOCK_CONFIG_SPACE_BYTES;
	default:
		return 0;
	}
}

/* offset + count do not wrap: frame_decode(). */
static int check(const struct nvu_mock *mock, const struct frame_access *access)
{
	assert(access->count <= FRAME_DATA_MAX);
	return access->region < FRAME_REGIONS &&
			       access->offset + access->count - 1 <
				       serve_region_bytes(mock, access->region) &&
			       access->count
		       ? 0
		       : -EINVAL;
}

static uint32_t read_word(struct nvu_mock *mock, uint64_t offset)
{
	if (!mock_pci_has_memory(mock))
		return UINT32_MAX;
	if (offset + WORD > mock->bar_bytes)
		return 0;
	if (offset >= NVU_REG_DOORBELLS && !mock->gone)
		mock_violation_add(mock, "doorbell 0x%llx is read: doorbells are for writing only",
				   (unsigned long long)offset);
	return (uint32_t)mock_regs_read(mock, (uint32_t)offset, WORD);
}

static void read_bar(struct nvu_mock *mock, const struct frame_access *access, uint8_t *ret_data)
{
	for (uint32_t done = 0; done < access->count;) {
		uint64_t at = access->offset + done;
		uint32_t word = MMIO_LE32(read_word(mock, at & ~(uint64_t)(WORD - 1)));
		uint32_t skip = at & (WORD - 1), len = WORD - skip;

		len = len < access->count - done ? len : access->count - done;
		memcpy(ret_data + done, (const uint8_t *)&word + skip, len);
		done += len;
	}
}

static void write_word(struct nvu_mock *mock, uint64_t offset, uint32_t value)
{
	if (offset + WORD > mock->bar_bytes)
		return;
	if (offset < NVU_REG_DOORBELLS)
		mock_regs_write32(mock, (uint32_t)offset, value);
	else if (!mock->gone)
		mock_doorbell_write(mock, offset - NVU_REG_DOORBELLS, value);
}

static void write_bar(struct nvu_mock *mock, const struct frame_access *access, const uint8_t *data)
{
	if ((access->offset | access->count) & (WORD - 1)) {
		mock_violation_add(mock,
				   "register write of %u bytes at 0x%llx: expected whole words",
				   access->count, (unsigned long long)access->offset);
		return;
	}
	for (uint32_t done = 0; done < access->count && mock_pci_has_memory(mock); done += WORD) {
		uint32_t value;

		memcpy(&value, data + done, sizeof(value));
		write_word(mock, access->offset + done, MMIO_LE32(value));
	}
	mock_interrupt_pin_update(mock);
}

int serve_region_read(struct nvu_mock *mock, const struct frame_access *access, uint8_t *ret_data)
{
	int ret = check(mock, access);

	if (ret)
		return ret;
	if (access->region == FRAME_BAR0)
		read_bar(mock, access, ret_data);
	else if (access->region == FRAME_CONFIG)
		mock_pci_read(mock, (uint32_t)access->offset, ret_data, access->count);
	else
		memset(ret_data, 0, access->count);
	return 0;
}

int serve_region_write(struct nvu_mock *mock, const struct frame_access *access,
		       const uint8_t *data)
{
	int ret = check(mock, access);

	if (ret)
		return ret;
	if (access->region == FRAME_BAR0) {
		write_bar(mock, access, data);
	} else if (access->region == FRAME_CONFIG) {
		mock_pci_write(mock, (uint32_t)access->offset, data, access->count);
		if (mock_pci_asks_for_reset((uint32_t)access->offset, data, access->count))
			(void)serve_region_reset(mock);
		mock_interrupt_pin_update(mock);
	}
	return 0;
}

int serve_region_reset(struct nvu_mock *mock)
{
	if (mock->gone)
		return -ENODEV;
	mock_doorbell_sweep(mock);
	mock_regs_power_on(mock);
	mock_fault_function_reset(mock);
	mock->stats.resets++;
	return 0;
}

int serve_region_share(struct nvu_mock *mock, int *ret_fd)
{
	size_t len = mock->bar_bytes - NVU_REG_DOORBELLS;
	int fd = memfd_create("nvu-doorbells", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert(!mock->live_count);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)mock->bar_bytes) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ||
	    mmap(mock->doorbells, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		 NVU_REG_DOORBELLS) == MAP_FAILED) {
		int ret = -errno;

		(void)close(fd);
		return ret;
	}
	*ret_fd = fd;
	return 0;
}

void serve_region_unshare(struct nvu_mock *mock, int fd)
{
	size_t len = mock->bar_bytes - NVU_REG_DOORBELLS;

	assert(!mock->live_count);
	if (mmap(mock->doorbells, len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		memset(mock->doorbells, 0, len);
	(void)close(fd);
}
