// SPDX-License-Identifier: MIT
/*
 * test_vfio_user_client.c: the client of vfio-user with servers that misbehave: silent ones, those that close the
 * connection, those that answer another question, those whose devices cannot be. Each is a thread that answers
 * properly but for what its case changes.
 */
#include "vfio_user_fake.h"

#include "base/error.h"
#include "descriptors.h"
#include "transport/vfio_user/session.h"
#include "unit.h"

#include <linux/pci_regs.h>
#include <nvu/regs.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PATIENCE_MS = 10000, IMPATIENT_MS = 30 };

/* --- introductions ---------------------------------------------------------------------------- */

static void session_open_says_why_there_is_no_server(void **state)
{
	static const struct {
		enum twist twist;
		uint32_t patience_ms;
		int ret;
		const char *sentence;
	} rows[] = {
		{ CLOSE, PATIENCE_MS, -EPROTO, "closed the connection" },
		{ SILENCE, IMPATIENT_MS, -EBUSY, "another client" },
		{ CUT, PATIENCE_MS, -EPROTO, "closed the connection" },
		{ OTHER_ID, PATIENCE_MS, -EPROTO, "no answer of the protocol" },
		{ OTHER_TYPE, PATIENCE_MS, -EPROTO, "no answer of the protocol" },
		{ TINY, PATIENCE_MS, -EPROTO, "no answer of the protocol" },
		{ HUGE_LENGTH, PATIENCE_MS, -EPROTO, "no answer of the protocol" },
		{ SHORT, PATIENCE_MS, -EPROTO, "no answer of the protocol" },
		{ REFUSAL, PATIENCE_MS, -EPERM, "refuses version 0" },
		{ DESCRIPTORS, PATIENCE_MS, -EPROTO, "no answer of the protocol" },
	};
	static struct session session;
	struct fake fake;
	int before;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		fake_start(&fake, FRAME_VERSION, rows[row].twist);
		before = count_descriptors();
		assert_int_equal(session_open(&session, fake.path, rows[row].patience_ms),
				 rows[row].ret);
		assert_row(rows[row].sentence, strstr(error_get(), rows[row].sentence));
		assert_row(rows[row].sentence, strstr(error_get(), fake.path));
		fake_end(&fake);
		assert_row(rows[row].sentence, count_descriptors() <= before);
	}
}

static void session_open_refuses_what_it_cannot_speak(void **state)
{
	static struct session session;
	struct fake fake;

	(void)state;
	fake_start(&fake, 0, PROPER);
	fake.major = 1;
	assert_int_equal(session_open(&session, fake.path, PATIENCE_MS), -ENOTSUP);
	assert_non_null(strstr(error_get(), "version 0"));
	fake.major = 0;
	fake.json = "{\"capabilities\":{\"max_msg_fds\":0}}";
	assert_int_equal(session_open(&session, fake.path, PATIENCE_MS), -ENOTSUP);
	assert_non_null(strstr(error_get(), "limits"));
	fake_end(&fake);
}

static void paths_without_a_server_are_refused(void **state)
{
	char folder[] = "/tmp/nvu-client-XXXXXX", path[64], address[300];
	struct transport *none = NULL;
	struct fake fake;

	(void)state;
	assert_int_equal(address_open("vfio-user:", NULL, &none), -EINVAL);
	assert_non_null(strstr(error_get(), "vfio-user:/run/nvme.sock"));
	assert_int_equal(address_open("vfio-user:/nowhere/sock", NULL, &none), -ENOENT);
	assert_non_null(strstr(error_get(), "start the server"));
	assert_int_equal(address_open("vfio-user:/dev/null", NULL, &none), -ENOTSOCK);
	assert_non_null(strstr(error_get(), "not a socket"));
	(void)snprintf(address, sizeof(address), "vfio-user:/%0200d", 0);
	assert_int_equal(address_open(address, NULL, &none), -ENAMETOOLONG);
	assert_non_null(strstr(error_get(), "107 characters"));

	fake_start(&fake, 0, PROPER);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/left", folder);
	assert_int_equal(rename(fake.path, path), 0);
	fake_end(&fake);
	(void)snprintf(address, sizeof(address), "vfio-user:%s", path);
	assert_int_equal(address_open(address, NULL, &none), -ECONNREFUSED);
	assert_non_null(strstr(error_get(), "start it again"));
	(void)unlink(path);
	(void)rmdir(folder);
	assert_null(none);
}

static void sockets_of_other_users_are_refused(void **state)
{
	struct transport *none = NULL;
	struct fake fake;
	int ret;

	(void)state;
	fake_start(&fake, 0, PROPER);
	assert_int_equal(chmod(fake.path, 0), 0);
	/* Root may connect anywhere. */
	if (!geteuid() && seteuid(65534))
		skip();
	ret = fake_open(&fake, &none);
	assert_int_equal(seteuid(getuid()), 0);
	assert_int_equal(ret, -EACCES);
	assert_non_null(strstr(error_get(), "may not connect"));
	fake_end(&fake);
}

/* --- devices ------------------------------------------------------------------------------------ */

static void devices_that_cannot_be_are_refused(void **state)
{
	static const struct {
		struct frame_info info;
		uint64_t bar0_bytes, config_bytes;
		const char *sentence;
	} rows[] = {
		{ { 16, 0, 9, 5 }, BAR0_BYTES, CONFIG_BYTES, "not a PCI device" },
		{ { 16, FRAME_DEVICE_PCI, 7, 5 }, BAR0_BYTES, CONFIG_BYTES, "not a PCI device" },
		{ { 16, FRAME_DEVICE_PCI, 9, 5 }, 0x1000, CONFIG_BYTES, "too small" },
		{ { 16, FRAME_DEVICE_PCI, 9, 5 }, BAR0_BYTES, 255, "too small" },
		{ { 16, FRAME_DEVICE_PCI, 9, 5 }, 0, 0, "too small" },
	};
	struct transport *none = NULL;
	struct fake fake;

	(void)state;
	fake_start(&fake, 0, PROPER);
	for (size_t row = 0; row < COUNT(rows); row++) {
		fake.info = rows[row].info;
		fake.bar0_bytes = rows[row].bar0_bytes;
		fake.config_bytes = rows[row].config_bytes;
		assert_int_equal(fake_open(&fake, &none), -ENODEV);
		assert_row(rows[row].sentence, strstr(error_get(), rows[row].sentence));
	}
	assert_null(none);
	fake_end(&fake);
}

/* What the server says of its sizes is no number of bytes to allocate, nor an offset to overflow. */
static void devices_of_any_size_are_driven_within_bounds(void **state)
{
	struct transport *transport;
	struct fake fake;
	uint32_t value;
	uint8_t byte;

	(void)state;
	fake_start(&fake, 0, PROPER);
	fake.bar0_bytes = fake.config_bytes = UINT64_MAX;
	assert_int_equal(fake_open(&fake, &transport), 0);
	assert_int_equal(transport->ops->reg_read32(transport, UINT32_MAX - 3, &value), -EINVAL);
	assert_int_equal(transport->ops->config_read(transport, UINT32_MAX, &byte, 1), -EINVAL);
	assert_int_equal(transport->ops->reg_read32(transport, NVU_REG_CSTS, &value), 0);
	transport->ops->close(transport);
	fake_end(&fake);
}

static struct transport *open_twisted(struct fake *fake, uint16_t command, enum twist twist,
				      uint32_t after)
{
	struct transport *transport = NULL;

	fake_start(fake, command, twist);
	fake->after = after;
	assert_int_equal(fake_open(fake, &transport), 0);
	return transport;
}

/* The registers of a controller whose server has gone, and then everything else. */
static void assert_gone(struct transport *transport)
{
	const struct transport_ops *ops = transport->ops;
	uint64_t wide = 0;
	uint32_t value = 0, count = 0;
	uint16_t word = 0;
	struct dma_source source = { .len = 4096, .fd = memfd_create("gone", MFD_CLOEXEC) };

	assert_int_equal(ops->reg_read32(transport, NVU_REG_CSTS, &value), 0);
	assert_int_equal(value, UINT32_MAX);
	assert_int_equal(ops->reg_read64(transport, NVU_REG_CAP, &wide), 0);
	assert_true(wide == UINT64_MAX);
	assert_int_equal(ops->reg_write32(transport, NVU_REG_CC, 0), 0);
	assert_int_equal(ops->reg_write32(transport, NVU_REG_DOORBELLS, 1), 0);
	assert_int_equal(ops->config_read(transport, PCI_VENDOR_ID, &word, 2), 0);
	assert_int_equal(word, UINT16_MAX);
	assert_int_equal(ops->config_write(transport, PCI_COMMAND, &word, 2), -ENODEV);
	assert_non_null(strstr(error_get(), "opened again"));
	assert_int_equal(ops->reset(transport), -ENODEV);
	assert_int_equal(ftruncate(source.fd, 4096), 0);
	assert_int_equal(transport->domain->ops->map(transport->domain, 1 << 20, &source,
						     TRANSPORT_DMA_READ),
			 -ENODEV);
	assert_true(ops->vectors_enable(transport, &count) < 0);
	assert_true(ops->request_fd(transport) < 0);
	(void)close(source.fd);
}

static void server_that_dies_is_a_device_that_has_gone(void **state)
{
	static const struct {
		const char *name;
		enum twist twist;
	} rows[] = {
		{ "closes", CLOSE },
		{ "cuts an answer off", CUT },
		{ "another answer", OTHER_ID },
		{ "tiny", TINY },
		{ "huge", HUGE_LENGTH },
		{ "short", SHORT },
		{ "descriptors", DESCRIPTORS },
	};
	struct transport *transport;
	struct fake fake;
	uint32_t value;
	int before = count_descriptors();

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		/* Opening reads the command register. */
		transport = open_twisted(&fake, FRAME_REGION_READ, rows[row].twist, 2);
		assert_int_equal(transport->ops->reg_read32(transport, NVU_REG_VS, &value), 0);
		assert_row(rows[row].name, value == 0);
		assert_int_equal(transport->ops->reg_read32(transport, NVU_REG_VS, &value), 0);
		assert_row(rows[row].name, value == UINT32_MAX);
		assert_gone(transport);
		transport->ops->close(transport);
		fake_end(&fake);
	}
	assert_int_equal(count_descriptors(), before);
}

static void server_that_refuses_is_still_there(void **state)
{
	struct transport *transport;
	struct fake fake;
	uint32_t value = 5;

	(void)state;
	transport = open_twisted(&fake, FRAME_REGION_READ, REFUSAL, 1);
	assert_int_equal(transport->ops->reg_read32(transport, NVU_REG_VS, &value), -EPERM);
	assert_non_null(strstr(error_get(), "does not read a register"));
	assert_int_equal(value, 5);
	assert_int_equal(transport->ops->reg_write32(transport, NVU_REG_CC, 0), 0);
	transport->ops->close(transport);
	fake_end(&fake);
}

static void requests_of_the_server_are_refused(void **state)
{
	struct transport *transport;
	struct fake fake;
	uint32_t value = 5;

	(void)state;
	transport = open_twisted(&fake, FRAME_REGION_READ, REQUESTS, 1);
	assert_int_equal(transport->ops->reg_read32(transport, NVU_REG_VS, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(__atomic_load_n(&fake.refused, __ATOMIC_RELAXED), 3);
	transport->ops->close(transport);
	fake_end(&fake);
}

/* Silence has an end, and nothing waits after it. */
static void silent_server_has_gone(void **state)
{
	const struct frame_access access = { NVU_REG_CSTS, FRAME_BAR0, 4 };
	const struct session_request request = {
		.command = FRAME_REGION_READ, .head = &access, .head_len = sizeof(access), .fd = -1
	};
	static struct session session;
	struct fake fake;

	(void)state;
	fake_start(&fake, FRAME_REGION_READ, SILENCE);
	assert_int_equal(session_open(&session, fake.path, PATIENCE_MS), 0);
	session.patience_ms = IMPATIENT_MS;
	assert_int_equal(session_ask(&session, &request, NULL, NULL), -ENODEV);
	assert_true(session_is_gone(&session));
	assert_int_equal(session_explain(&session, -ENODEV, "read"), -ENODEV);
	assert_non_null(strstr(error_get(), "in time"));
	session.patience_ms = 1000000;
	assert_int_equal(session_ask(&session, &request, NULL, NULL), -ENODEV);
	assert_int_equal(session_tell(&session, &request), -ENODEV);
	session_close(&session);
	session_free(&session);
	fake_end(&fake);
}

static void gone_server_can_be_opened_again(void **state)
{
	struct transport *transport;
	struct fake fake;
	uint32_t value;

	(void)state;
	transport = open_twisted(&fake, FRAME_REGION_READ, CLOSE, 1);
	assert_int_equal(transport->ops->reg_read32(transport, NVU_REG_VS, &value), 0);
	assert_int_equal(value, UINT32_MAX);
	transport->ops->close(transport);
	__atomic_store_n(&fake.twist, PROPER, __ATOMIC_RELAXED);
	assert_int_equal(fake_open(&fake, &transport), 0);
	assert_int_equal(transport->ops->reg_read32(transport, NVU_REG_VS, &value), 0);
	assert_int_equal(value, 0);
	transport->ops->close(transport);
	fake_end(&fake);
}

/* A list of capabilities that leads in a circle, and one that leads into the header. */
static void capabilities_without_an_end_have_no_msix(void **state)
{
	struct transport *transport;
	struct fake fake;
	uint32_t count = 0;

	(void)state;
	fake_start(&fake, 0, PROPER);
	fake.config[PCI_CAPABILITY_LIST] = 0x40;
	fake.config[0x41] = 0x40;
	assert_int_equal(fake_open(&fake, &transport), 0);
	assert_int_equal(transport->ops->vectors_enable(transport, &count), 0);
	assert_int_equal(count, 4);
	transport->ops->close(transport);
	fake.config[0x41] = 0x50;
	fake.config[0x50] = PCI_CAP_ID_MSIX;
	fake.config[0x53] = 0x40; /* all masked */
	assert_int_equal(fake_open(&fake, &transport), 0);
	assert_int_equal(transport->ops->vectors_enable(transport, &count), 0);
	assert_int_equal(fake.config[0x53], 0x80); /* enabled, not masked */
	assert_int_equal(transport->ops->reset(transport), 0);
	assert_int_equal(fake.config[0x53], 0x80); /* as before */
	assert_int_equal(fake.config[PCI_COMMAND], PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	transport->ops->close(transport);
	assert_int_equal(fake.config[0x53], 0);
	fake_end(&fake);
}

/* As bus.c does it, by the lower half; this server takes both halves only. */
static void close_takes_the_device_off_the_bus(void **state)
{
	const uint8_t off = PCI_COMMAND_MEMORY;
	const struct transport_ops *ops;
	struct transport *transport;
	struct fake fake;

	(void)state;
	fake_start(&fake, 0, PROPER);
	assert_int_equal(fake_open(&fake, &transport), 0);
	ops = transport->ops;
	assert_int_equal(fake.config[PCI_COMMAND], PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_int_equal(fake.config[PCI_COMMAND + 1], PCI_COMMAND_INTX_DISABLE >> 8);
	assert_int_equal(ops->config_write(transport, PCI_COMMAND, &off, 1), 0);
	assert_int_equal(fake.config[PCI_COMMAND], PCI_COMMAND_MEMORY);
	assert_int_equal(fake.config[PCI_COMMAND + 1], PCI_COMMAND_INTX_DISABLE >> 8);
	ops->close(transport);

	assert_int_equal(fake_open(&fake, &transport), 0);
	assert_int_equal(fake.config[PCI_COMMAND], PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	transport->ops->close(transport);
	assert_int_equal(fake.config[PCI_COMMAND], PCI_COMMAND_MEMORY);
	fake_end(&fake);
}

/* This server answers every request with success. */
static void client_notices_what_the_server_does_not(void **state)
{
	enum { LEN = 2 * 4096, IOVA = 0x100000 };
	const uint32_t prot = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE;
	struct dma_source source = { .len = LEN, .fd = memfd_create("memory", MFD_CLOEXEC) };
	struct transport *transport, *second = NULL;
	struct transport_domain *domain;
	struct fake fake;

	(void)state;
	assert_int_equal(ftruncate(source.fd, LEN), 0);
	source.vaddr = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, source.fd, 0);
	assert_ptr_not_equal(source.vaddr, MAP_FAILED);
	fake_start(&fake, 0, PROPER);
	assert_int_equal(fake_open(&fake, &transport), 0);
	assert_int_equal(fake_open(&fake, &second), -EBUSY);
	assert_non_null(strstr(error_get(), "open"));
	assert_null(second);
	domain = transport->domain;
	assert_int_equal(domain->ops->map(domain, IOVA, &source, prot), 0);
	assert_int_equal(domain->ops->map(domain, IOVA, &source, prot), -EEXIST);
	assert_int_equal(domain->ops->map(domain, IOVA - 4096, &source, prot), -EEXIST);
	assert_int_equal(domain->ops->unmap(domain, IOVA, LEN / 2), -ENOENT);
	assert_int_equal(domain->ops->unmap(domain, IOVA + LEN / 2, LEN / 2), -ENOENT);
	assert_int_equal(domain->ops->unmap(domain, IOVA, LEN), 0);
	assert_int_equal(domain->ops->unmap(domain, IOVA, LEN), -ENOENT);
	transport->ops->close(transport);
	fake_end(&fake);
	assert_int_equal(munmap(source.vaddr, LEN), 0);
	(void)close(source.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(session_open_says_why_there_is_no_server),
		cmocka_unit_test(session_open_refuses_what_it_cannot_speak),
		cmocka_unit_test(paths_without_a_server_are_refused),
		cmocka_unit_test(sockets_of_other_users_are_refused),
		cmocka_unit_test(devices_that_cannot_be_are_refused),
		cmocka_unit_test(devices_of_any_size_are_driven_within_bounds),
		cmocka_unit_test(server_that_dies_is_a_device_that_has_gone),
		cmocka_unit_test(server_that_refuses_is_still_there),
		cmocka_unit_test(requests_of_the_server_are_refused),
		cmocka_unit_test(silent_server_has_gone),
		cmocka_unit_test(gone_server_can_be_opened_again),
		cmocka_unit_test(capabilities_without_an_end_have_no_msix),
		cmocka_unit_test(client_notices_what_the_server_does_not),
		cmocka_unit_test(close_takes_the_device_off_the_bus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
