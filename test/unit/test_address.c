/* SPDX-License-Identifier: MIT */
/*
 * test_address.c: which transport an address names, and what is no address.
 */
#include "address/address.h"
#include "base/error.h"
#include "unit.h"

#include <stdlib.h>

static const struct transport_open_opts opts;

static void what_is_no_address_is_refused_with_the_forms_that_are(void **state)
{
	static const char *const wrong[] = {
		"",	 "mock", "moc:",   "mocks:",	 ":mock:", "floppy:a",
		"MOCK:", "vfi:", "vfioo:", "/dev/nvme0", " mock:"
	};
	struct transport *transport = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_row(wrong[i], address_open(wrong[i], &opts, &transport) == -EINVAL);
		assert_row(wrong[i], !transport);
		assert_row(wrong[i], strstr(error_get(), "expected vfio:0000:01:00.0") != NULL);
	}
	assert_int_equal(address_open(NULL, &opts, &transport), -EINVAL);
	assert_non_null(strstr(error_get(), "the address is empty"));
}

/* No machine has a device 1f.7 on bus fe of domain ffff: the transport says so, and names it. */
static void bare_pci_address_is_a_vfio_device(void **state)
{
	static const char *const addresses[] = { "ffff:fe:1f.7", "vfio:ffff:fe:1f.7",
						 "iommufd:ffff:fe:1f.7" };
	struct transport *transport = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		int ret = address_open(addresses[i], &opts, &transport);

		assert_row(addresses[i], ret < 0 && ret != -EINVAL);
		assert_row(addresses[i], strstr(error_get(), "ffff:fe:1f.7") != NULL);
	}
}

static void what_is_behind_the_colon_is_the_transports(void **state)
{
	struct transport *transport = NULL;

	(void)state;
	assert_int_equal(address_open("mock:colour=red", &opts, &transport), -EINVAL);
	assert_non_null(strstr(error_get(), "colour"));
	assert_int_equal(address_open("mock:size=1M", &opts, &transport), 0);
	assert_string_equal(transport->ops->scheme, "mock");
	transport->ops->close(transport);
}

static void address_of_a_device_has_one_form(void **state)
{
	static const struct {
		const char *address, *copy;
	} rows[] = {
		{ "01:00.0", "0000:01:00.0" },	       { "vfio:01:00.0", "0000:01:00.0" },
		{ "iommufd:01:00.0", "0000:01:00.0" }, { "0000:0A:00.0", "0000:0a:00.0" },
		{ "mock:size=1M", "mock:size=1M" },    { "moc", "moc" },
	};
	char *copy = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(address_identify(rows[i].address, &copy), 0);
		assert_string_equal(copy, rows[i].copy);
		free(copy);
	}
	copy = NULL;
	assert_int_equal(address_identify("vfio:01:00", &copy), -EINVAL);
	assert_int_equal(address_identify("iommufd:01:00", &copy), -EINVAL);
	assert_null(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_address_is_refused_with_the_forms_that_are),
		cmocka_unit_test(bare_pci_address_is_a_vfio_device),
		cmocka_unit_test(address_of_a_device_has_one_form),
		cmocka_unit_test(what_is_behind_the_colon_is_the_transports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
