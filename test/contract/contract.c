/* SPDX-License-Identifier: MIT */
/*
 * contract.c: see contract.h; opening and closing.
 */
#include "contract.h"

#include "address/address.h"
#include "base/clock.h"
#include "base/error.h"
#include "descriptors.h"

#include <fcntl.h>
#include <linux/pci_regs.h>
#include <nvu/mock.h>
#include <nvu/regs.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct contract contract;

/* --- memory that another process can be sent ------------------------------------------------- */

enum { PIECES = 256 };

/* One file has all of it, so that the number of descriptors stays the same. */
static struct {
	int fd;
	uint64_t bytes;
	struct {
		char *memory;
		size_t len;
		uint64_t offset;
	} pieces[PIECES];
	uint32_t count;
} shared = { .fd = -1 };

static bool needs_descriptor(void)
{
	return contract.transport && contract.transport->domain->needs_descriptor;
}

static void *map_file(size_t len)
{
	void *memory;

	assert_int_equal(ftruncate(shared.fd, (off_t)(shared.bytes + len)), 0);
	memory =
		mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, shared.fd, (off_t)shared.bytes);
	assert_ptr_not_equal(memory, MAP_FAILED);
	shared.pieces[shared.count % PIECES].memory = memory;
	shared.pieces[shared.count % PIECES].len = len;
	shared.pieces[shared.count++ % PIECES].offset = shared.bytes;
	shared.bytes += len;
	return memory;
}

/* The newest piece at an address is what is there now. */
static void find_file(struct dma_source *source)
{
	char *first = source->vaddr;

	for (uint32_t back = 1; back <= PIECES && back <= shared.count; back++) {
		uint32_t idx = (shared.count - back) % PIECES;

		if (first < shared.pieces[idx].memory ||
		    first >= shared.pieces[idx].memory + shared.pieces[idx].len)
			continue;
		source->fd = shared.fd;
		source->fd_offset =
			shared.pieces[idx].offset + (uint64_t)(first - shared.pieces[idx].memory);
		return;
	}
}

/* --- opening and closing ----------------------------------------------------------------------- */

struct transport *contract_open(struct contract *which, bool reset)
{
	const struct transport_open_opts opts = { .reset = reset };
	struct transport *transport = NULL;
	int ret = address_open(which->address, &opts, &transport);

	if (ret)
		fail_msg("%s: %d: %s", which->address, ret, error_get());
	which->transport = transport;
	return transport;
}

void contract_close(struct contract *which)
{
	which->transport->ops->close(which->transport);
	which->transport = NULL;
	assert_int_equal(count_descriptors(), which->descriptors);
}

int contract_setup(void **state)
{
	if (!contract.transport)
		(void)contract_open(&contract, true);
	*state = &contract;
	return 0;
}

/* After all cases. */
static int close_last(void **state)
{
	(void)state;
	if (contract.transport)
		contract_close(&contract);
	return 0;
}

void contract_forget_sentence(void)
{
	(void)error_set(-EIO, "stale");
}

int contract_refused(int ret, const char *call, const char *file, int line)
{
	if (ret >= 0)
		_fail(file, line);
	if (!error_get()[0] || !strcmp(error_get(), "stale")) {
		print_error("%s: %d without a sentence\n", call, ret);
		_fail(file, line);
	}
	return ret;
}

uint64_t contract_iova(const struct transport *transport, size_t len)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];

	assert_true(transport->domain->ops->ranges(transport->domain, ranges) > 0);
	assert_true(ranges[0].last - ranges[0].first >= len);
	return ranges[0].last + 1 - len;
}

void *contract_memory(size_t len)
{
	void *memory = needs_descriptor() ? map_file(len)
					  : mmap(NULL, len, PROT_READ | PROT_WRITE,
						 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	memset(memory, 0, len);
	return memory;
}

int contract_map(struct transport *transport, uint64_t iova, void *memory, size_t len,
		 uint32_t prot)
{
	struct dma_source source = { .vaddr = memory, .len = len, .fd = -1 };

	if (transport->domain->needs_descriptor)
		find_file(&source);
	return transport->domain->ops->map(transport->domain, iova, &source, prot);
}

uint32_t contract_read32(struct transport *transport, uint32_t offset)
{
	uint32_t value = 0;

	assert_int_equal(transport->ops->reg_read32(transport, offset, &value), 0);
	return value;
}

uint16_t contract_command(struct transport *transport)
{
	uint16_t command = 0;

	assert_int_equal(transport->ops->config_read(transport, PCI_COMMAND, &command, 2), 0);
	return command;
}

void contract_wait_csts(struct transport *transport, uint32_t mask, uint32_t value)
{
	uint64_t end_ns = clock_ns() + 10000000000;

	while ((contract_read32(transport, NVU_REG_CSTS) & mask) != value) {
		assert_true(clock_ns() < end_ns);
		transport->ops->relax(transport);
	}
}

static void open_describes_the_device(void **state)
{
	const struct contract *it = *state;
	const struct transport *transport = it->transport;

	assert_true(transport->name[0]);
	assert_true(memchr(transport->name, 0, sizeof(transport->name)));
	assert_true(transport->reg_bytes >= NVU_REG_DOORBELLS + 8);
	assert_true(transport->numa_node >= -1);
	assert_non_null(transport->domain);
	if (transport->mapped) {
		assert_true(transport->mapped_first <= NVU_REG_DOORBELLS);
		assert_true(transport->mapped_end >= NVU_REG_DOORBELLS + 8);
		assert_true(transport->mapped_end <= transport->reg_bytes);
	}
	if (strchr(it->address, ':'))
		assert_int_equal(strncmp(it->address, transport->ops->scheme,
					 strlen(transport->ops->scheme)),
				 0);
}

static void open_puts_the_function_on_the_bus_without_its_pin_interrupt(void **state)
{
	struct contract *it = *state;
	uint16_t command = contract_command(it->transport);

	assert_int_equal(command & (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER),
			 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_true(command & PCI_COMMAND_INTX_DISABLE);
}

static void open_with_reset_leaves_a_disabled_controller(void **state)
{
	struct contract *it = *state;

	contract_close(it);
	(void)contract_open(it, true);
	assert_int_equal(contract_read32(it->transport, NVU_REG_CC) & NVU_CC_EN, 0);
	assert_int_equal(contract_read32(it->transport, NVU_REG_CSTS) & NVU_CSTS_RDY, 0);
}

static void open_without_options_is_open_with_zeroed_ones(void **state)
{
	struct contract *it = *state;

	contract_close(it);
	assert_int_equal(address_open(it->address, NULL, &it->transport), 0);
	assert_int_not_equal(contract_read32(it->transport, NVU_REG_VS), UINT32_MAX);
}

/* Nothing stays open, nothing is written to the caller's pointer. */
static void open_of_garbage_says_why_and_leaves_nothing(void **state)
{
	static const char *const garbage[] = {
		"garbage",	  "=",	 ":", "0000:zz:00.0", "\xff\xfe", "size=banana",
		"0000:00:1f.7.7", "id=",
	};
	struct contract *it = *state;
	const struct transport_ops *ops = it->transport->ops;
	int before = count_descriptors();
	char text[1024];

	for (size_t row = 0; row < COUNT(garbage); row++) {
		struct transport *none = NULL;

		(void)snprintf(text, sizeof(text), "%s:%s", ops->scheme, garbage[row]);
		(void)REFUSED(address_open(text, NULL, &none));
		assert_row(text, !none);
	}
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)REFUSED(ops->open(text, NULL, &(struct transport *){ NULL }));
	assert_int_equal(count_descriptors(), before);
}

static void open_twice_is_busy(void **state)
{
	struct contract *it = *state;
	struct transport *none = NULL;
	int before = count_descriptors();

	assert_int_equal(REFUSED(address_open(it->transport->name, NULL, &none)), -EBUSY);

	assert_null(none);
	assert_int_equal(count_descriptors(), before);
	assert_int_not_equal(contract_read32(it->transport, NVU_REG_VS), UINT32_MAX);
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	return fd;
}

/* A device's own file, which is named in its folder of sysfs. */
static void open_iommufd(const char *name, struct transport_fds *fds)
{
	char path[320];
	struct dirent *entry;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", name);
	dir = opendir(path);
	assert_non_null(dir);
	do
		entry = readdir(dir);
	while (entry && entry->d_name[0] == '.');
	assert_non_null(entry);
	(void)snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
	(void)closedir(dir);
	fds->group = fds->container = -1;
	fds->device = open_file(path);
	fds->iommufd = open_file("/dev/iommu");
}

/* The files of a device behind VFIO, as another program would open them. */
static struct transport_fds open_files(const struct transport_ops *ops, const char *name)
{
	char path[128], link[256];
	ssize_t len;
	struct transport_fds fds = { .name = name, .device = -1, .iommufd = -1, .numa_node = -1 };

	if (!strcmp(ops->scheme, "iommufd")) {
		open_iommufd(name, &fds);
		return fds;
	}
	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", name);
	len = readlink(path, link, sizeof(link) - 1);
	assert_true(len > 0);
	link[len] = '\0';
	assert_non_null(strrchr(link, '/'));
	(void)snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	fds.group = open_file(path);
	fds.container = open_file("/dev/vfio/vfio");
	return fds;
}

/* How many of them are open; a program has two. */
static int count_open(const struct transport_fds *fds)
{
	const int all[] = { fds->group, fds->container, fds->device, fds->iommufd };
	int count = 0;

	for (size_t idx = 0; idx < COUNT(all); idx++)
		count += all[idx] >= 0 && fcntl(all[idx], F_GETFD) >= 0;
	return count;
}

static void open_fds_takes_descriptors_only_if_it_succeeds(void **state)
{
	struct contract *it = *state;
	const struct transport_ops *ops = it->transport->ops;
	struct transport *none = NULL;
	struct transport_fds fds, wrong;
	char name[64];

	if (!ops->open_fds) /* its devices have no descriptors */
		return;
	memcpy(name, it->transport->name, sizeof(name));
	contract_close(it);
	fds = wrong = open_files(ops, name);
	if (fds.iommufd < 0)
		wrong.name = "ffff:ff:1f.7";
	else
		wrong.iommufd = fds.device;
	(void)REFUSED(ops->open_fds(&wrong, NULL, &none));
	assert_null(none);
	assert_int_equal(count_open(&fds), 2);

	assert_int_equal(ops->open_fds(&fds, NULL, &it->transport), 0);
	assert_int_not_equal(contract_read32(it->transport, NVU_REG_VS), UINT32_MAX);
	assert_true(contract_command(it->transport) & PCI_COMMAND_MASTER);
	ops->give_fds_back(it->transport);
	ops->close(it->transport);
	assert_int_equal(count_open(&fds), 2);

	assert_int_equal(ops->open_fds(&fds, NULL, &it->transport), 0);
	contract_close(it);
	assert_int_equal(count_open(&fds), 0);
}

static void request_fd_is_one_quiet_descriptor_or_not_supported(void **state)
{
	struct contract *it = *state;
	const struct transport_ops *ops = it->transport->ops;
	struct pollfd request = { .events = POLLIN };

	contract_forget_sentence();
	request.fd = ops->request_fd(it->transport);
	if (request.fd < 0) {
		assert_int_equal(REFUSED(ops->request_fd(it->transport)), -ENOTSUP);
		return;
	}
	assert_int_equal(ops->request_fd(it->transport), request.fd);
	assert_true(fcntl(request.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(poll(&request, 1, 0), 0);
	contract_close(it);
	assert_int_equal(fcntl(request.fd, F_GETFD), -1);
}

static const struct CMUnitTest tests[] = {
	CASE(open_describes_the_device),
	CASE(open_puts_the_function_on_the_bus_without_its_pin_interrupt),
	CASE(open_with_reset_leaves_a_disabled_controller),
	CASE(open_without_options_is_open_with_zeroed_ones),
	CASE(open_of_garbage_says_why_and_leaves_nothing),
	CASE(open_twice_is_busy),
	CASE(open_fds_takes_descriptors_only_if_it_succeeds),
	CASE(request_fd_is_one_quiet_descriptor_or_not_supported),
};

const struct cases open_cases = { tests, COUNT(tests) };

/* --- a mock that another process serves ------------------------------------------------------ */

static char folder[] = "/tmp/nvu-contract-XXXXXX", served[64];
static pid_t server;

static const char *socket_path(void)
{
	return strchr(served, ':') + 1;
}

/* Ends with its parent. */
static void serve_for_ever(const char *address, int ready_fd)
{
	struct nvu_mock *mock;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (nvu_mock_create_by_address(address, &mock) || nvu_mock_serve(mock, socket_path())) {
		(void)fprintf(stderr, "%s: %s\n", address, error_get());
		_exit(1);
	}
	(void)!write(ready_fd, "", 1);
	for (;;)
		(void)pause();
}

static bool serve(const char *address)
{
	int ready[2];
	char byte;
	bool serves;

	if (!mkdtemp(folder) || pipe(ready))
		return false;
	(void)snprintf(served, sizeof(served), "vfio-user:%s/sock", folder);
	server = fork();
	if (!server)
		serve_for_ever(address, ready[1]);
	(void)close(ready[1]);
	serves = read(ready[0], &byte, 1) == 1;
	(void)close(ready[0]);
	return serves;
}

static void end_server(void)
{
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	(void)unlink(socket_path());
	(void)rmdir(folder);
}

int main(int argc, char **argv)
{
	const struct cases *const files[] = { &open_cases, &register_cases, &memory_cases,
					      &doorbell_cases, &interrupt_cases };
	bool serves = argc == 3 && !strcmp(argv[1], "--served");
	int failed = 0;

	if (argc != 2 && !serves) {
		(void)fprintf(stderr, "usage: transport_contract ADDRESS | --served MOCK\n");
		return 2;
	}
	if (serves && !serve(argv[2]))
		return 1;
	contract.address = serves ? served : argv[1];
	shared.fd = memfd_create("contract", MFD_CLOEXEC);
	contract.descriptors = count_descriptors();
	for (size_t row = 0; row < COUNT(files); row++)
		failed += _cmocka_run_group_tests("contract", files[row]->tests, files[row]->count,
						  NULL, row + 1 < COUNT(files) ? NULL : close_last);
	if (serves)
		end_server();
	return failed != 0;
}
