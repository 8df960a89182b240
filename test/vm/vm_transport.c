/* SPDX-License-Identifier: MIT */
/*
 * vm_transport: a VFIO transport alone, by the group or iommufd, below everything that knows NVMe, on real VFIO.
 *
 *	vm_transport ADDRESS [ADDRESS]	checks one device, or two that share a domain
 *	vm_transport -r ADDRESS		waits until the kernel asks for the device, and closes it
 *
 * Prints what it saw; the first unmet expectation ends it with status 1.
 */
#include "address/address.h"
#include "base/error.h"
#include "transport/transport.h"

#include <nvu/regs.h>

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LEN = 2 << 20, PCI_COMMAND_AT = 4, PCI_COMMAND_MASTER_BIT = 4 };

/* Where interrupt messages go, which must be in no range: x86; what Linux sets aside on an SMMU. */
#if defined(__aarch64__)
#define MSI_FIRST 0x8000000
#define MSI_LAST 0x80fffff
#else
#define MSI_FIRST 0xfee00000
#define MSI_LAST 0xfeefffff
#endif

#define EXPECT(condition) expect(condition, #condition, __LINE__)

static void expect(bool met, const char *text, int line)
{
	if (met)
		return;
	printf("vm_transport.c:%d: not so: %s (last error: %s)\n", line, text, error_get());
	exit(1);
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}

static struct transport *open_device(const char *bdf)
{
	const struct transport_open_opts opts = { .reset = true };
	struct transport *transport = NULL;
	int ret = address_open(bdf, &opts, &transport);

	if (ret)
		printf("%s: %s: %s\n", bdf, error_errno_words(-ret), error_get());
	EXPECT(ret == 0);
	return transport;
}

static void check_registers(struct transport *transport)
{
	const struct transport_ops *ops = transport->ops;
	uint32_t version, low, high, csts;
	uint64_t cap, asq;

	EXPECT(ops->reg_read64(transport, NVU_REG_CAP, &cap) == 0);
	EXPECT(ops->reg_read32(transport, NVU_REG_CAP, &low) == 0);
	EXPECT(ops->reg_read32(transport, NVU_REG_CAP + 4, &high) == 0);
	EXPECT(ops->reg_read32(transport, NVU_REG_VS, &version) == 0);
	EXPECT(ops->reg_read32(transport, NVU_REG_CSTS, &csts) == 0);
	printf("%s by %s: CAP 0x%llx, VS 0x%x, BAR0 %zu bytes, mapped [0x%zx, 0x%zx), node %d\n",
	       transport->name, ops->scheme, (unsigned long long)cap, version, transport->reg_bytes,
	       transport->mapped_first, transport->mapped_end, transport->numa_node);
	EXPECT(cap == (low | (uint64_t)high << 32) && cap != UINT64_MAX && cap != 0);
	EXPECT(version >= NVU_VS(1, 0, 0));
	EXPECT((csts & NVU_CSTS_RDY) == 0); /* reset at open */
	EXPECT(transport->mapped && transport->mapped_first <= 0x1000 &&
	       transport->mapped_end >= 0x1008);

	EXPECT(ops->reg_write64(transport, NVU_REG_ASQ, 0x123456789000) == 0);
	EXPECT(ops->reg_read64(transport, NVU_REG_ASQ, &asq) == 0 && asq == 0x123456789000);
	EXPECT(ops->reset(transport) == 0);
	EXPECT(ops->reg_read32(transport, NVU_REG_CSTS, &csts) == 0 && csts != UINT32_MAX);
}

/* The same through pread and pwrite, as for a BAR that may not be mapped. */
static void check_unmapped_registers(struct transport *transport)
{
	const struct transport_ops *ops = transport->ops;
	volatile void *mapped = transport->mapped;
	uint64_t by_map, by_read, asq;

	EXPECT(ops->reg_read64(transport, NVU_REG_CAP, &by_map) == 0);
	transport->mapped = NULL;
	EXPECT(ops->reg_read64(transport, NVU_REG_CAP, &by_read) == 0 && by_read == by_map);
	EXPECT(ops->reg_write64(transport, NVU_REG_ASQ, 0xabc000) == 0);
	transport->mapped = mapped;
	EXPECT(ops->reg_read64(transport, NVU_REG_ASQ, &asq) == 0 && asq == 0xabc000);
}

static void check_config(struct transport *transport)
{
	uint16_t command = 0, vendor = 0xffff;
	char beyond[8];

	EXPECT(transport->ops->config_read(transport, 0, &vendor, 2) == 0 && vendor != 0xffff);
	EXPECT(transport->ops->config_read(transport, PCI_COMMAND_AT, &command, 2) == 0);
	EXPECT(command & PCI_COMMAND_MASTER_BIT);
	EXPECT(transport->ops->config_read(transport, 4093, beyond, 4) == -EINVAL);
	EXPECT(transport->ops->config_read(transport, UINT32_MAX, beyond, 4) == -EINVAL);
}

static int map_memory(struct transport_domain *domain, uint64_t iova, void *memory, uint32_t prot)
{
	return domain->ops->map(domain, iova, &(struct dma_source){ memory, LEN, -1, 0 }, prot);
}

static void check_domain(struct transport *transport)
{
	struct transport_domain *domain = transport->domain;
	const uint32_t prot = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE;
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	uint32_t count = domain->ops->ranges(domain, ranges);
	uint64_t iova = ranges[0].last + 1 - LEN;
	void *memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	printf("%s: page %u, ranges", transport->name, domain->page_bytes);
	for (uint32_t i = 0; i < count; i++)
		printf(" [0x%llx, 0x%llx]", (unsigned long long)ranges[i].first,
		       (unsigned long long)ranges[i].last);
	printf("\n");
	for (uint32_t i = 0; i < count; i++)
		EXPECT(ranges[i].last < MSI_FIRST || ranges[i].first > MSI_LAST);

	EXPECT(memory != MAP_FAILED);
	EXPECT(map_memory(domain, iova, memory, prot) == 0);
	EXPECT(map_memory(domain, iova, memory, prot) == -EEXIST);
	EXPECT(domain->ops->unmap(domain, iova, LEN) == 0);
	EXPECT(domain->ops->unmap(domain, iova, LEN) == -ENOENT);
	EXPECT(map_memory(domain, ranges[count - 1].last + 1, memory, prot) < 0);
	EXPECT(map_memory(domain, iova, NULL, prot) < 0);
	EXPECT(munmap(memory, LEN) == 0);
}

/* A domain outlives its devices while somebody refers to it, but maps no more. */
static void check_domain_outlives(struct transport *transport)
{
	struct transport_domain *domain = transport->domain;
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	uint64_t iova = (domain->ops->ranges(domain, ranges), ranges[0].last + 1 - LEN);
	void *memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	domain->ops->get(domain);
	EXPECT(map_memory(domain, iova, memory, TRANSPORT_DMA_READ) == 0);
	transport->ops->close(transport);
	EXPECT(domain->ops->unmap(domain, iova, LEN) == 0);
	EXPECT(map_memory(domain, iova, memory, TRANSPORT_DMA_READ) == -ENODEV);
	domain->ops->put(domain);
	EXPECT(munmap(memory, LEN) == 0);
}

/* Like a program that must release the device: it learns so from the eventfd alone. */
static int wait_for_request(const char *bdf)
{
	struct transport *transport = open_device(bdf);
	struct pollfd request = { .fd = transport->ops->request_fd(transport), .events = POLLIN };

	EXPECT(request.fd >= 0);
	EXPECT(poll(&request, 1, 0) == 0);
	printf("waiting\n");
	(void)fflush(stdout);
	EXPECT(poll(&request, 1, 30000) == 1);
	printf("requested\n");
	transport->ops->close(transport);
	return 0;
}

int main(int argc, char **argv)
{
	const struct transport_open_opts opts = { .reset = false };
	struct transport *first, *second = NULL, *again = NULL;
	int fds = count_fds();

	if (argc < 2)
		return 2;
	if (argc == 3 && !strcmp(argv[1], "-r"))
		return wait_for_request(argv[2]);
	first = open_device(argv[1]);
	check_registers(first);
	check_unmapped_registers(first);
	check_config(first);
	check_domain(first);
	EXPECT(first->ops->request_fd(first) >= 0);
	EXPECT(first->ops->request_fd(first) == first->ops->request_fd(first));
	EXPECT(address_open(argv[1], &opts, &again) == -EBUSY);
	EXPECT(strstr(error_get(), "open in this process"));
	if (argc > 2) {
		second = open_device(argv[2]);
		EXPECT(second->domain == first->domain);
		check_registers(second);
		second->ops->close(second);
		check_domain(first);
	}
	check_domain_outlives(first);
	EXPECT(count_fds() == fds);
	return 0;
}
