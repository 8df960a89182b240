// SPDX-License-Identifier: MIT
/*
 * test_mock_serving.c: when a mock can be served and where, and what is left when that ends.
 */
#include "served.h"

#define STEPPED NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED)

static void a_served_mock_is_busy(void **state)
{
	struct served served;
	struct transport *transport;
	struct stat status;

	(void)state;
	served_make(&served, STEPPED);
	assert_int_equal(stat(served.path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);

	assert_int_equal(nvu_mock_serve(served.driver.mock, served.path), -EBUSY);
	assert_int_equal(
		mock_transport_ops.open(nvu_mock_address(served.driver.mock) + 5, NULL, &transport),
		-EBUSY);
	assert_int_equal(nvu_mock_serve_stop(served.driver.mock), 0);
	assert_int_equal(nvu_mock_serve_stop(served.driver.mock), -EINVAL);
	assert_int_equal(
		mock_transport_ops.open(nvu_mock_address(served.driver.mock) + 5, NULL, &transport),
		0);
	assert_int_equal(nvu_mock_serve(served.driver.mock, served.path), -EBUSY);
	transport->ops->close(transport);
	assert_int_equal(nvu_mock_serve(served.driver.mock, served.path), 0);
	served_end(&served);
}

static void data_stay_when_serving_ends(void **state)
{
	struct served served;
	uint8_t stored[512];

	(void)state;
	served_start(&served, NULL);
	served_check_io(&served, 9, 0x99);

	assert_int_equal(nvu_mock_serve_stop(served.driver.mock), 0);

	assert_true(client_is_closed(&served.client));
	assert_int_equal(access(served.path, F_OK), -1);
	assert_int_equal(nvu_mock_data(served.driver.mock, 1, 9 * 512, stored, 512, 0), 0);
	assert_int_equal(stored[511], 0x99);
	served_end(&served);
}

static void serve_takes_free_and_dead_sockets_only(void **state)
{
	struct nvu_mock *second;
	struct served served;
	char path[64], long_path[120];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	served_make(&served, STEPPED);
	assert_int_equal(nvu_mock_create(STEPPED, &second), 0);
	assert_int_equal(nvu_mock_serve(second, served.path), -EADDRINUSE);
	assert_non_null(strstr(error_get(), "another server"));
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(nvu_mock_serve(second, long_path), -ENAMETOOLONG);
	assert_int_equal(nvu_mock_serve(second, ""), -EINVAL);
	assert_int_equal(nvu_mock_serve(second, NULL), -EINVAL);
	assert_int_equal(nvu_mock_serve(second, "/nowhere/at/all"), -ENOENT);
	assert_int_equal(nvu_mock_serve(second, served.folder), -EEXIST);
	(void)snprintf(path, sizeof(path), "%s/dead", served.folder);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd);

	assert_int_equal(nvu_mock_serve(second, path), 0);

	/* What another program has put there since stays. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	nvu_mock_destroy(second);
	assert_int_equal(rmdir(path), 0);
	served_end(&served);
}

static void a_mock_is_made_of_an_address(void **state)
{
	struct nvu_mock *mock = NULL;

	(void)state;
	assert_int_equal(nvu_mock_create_by_address("0000:01:00.0", &mock), -EINVAL);
	assert_int_equal(nvu_mock_create_by_address("mock:id=1", &mock), -EINVAL);
	assert_int_equal(nvu_mock_create_by_address("mock:size=nothing", &mock), -EINVAL);
	assert_int_equal(nvu_mock_create_by_address(NULL, &mock), -EINVAL);
	assert_null(mock);

	assert_int_equal(nvu_mock_create_by_address("mock:size=64M,lba=4096", &mock), 0);

	assert_int_equal(nvu_mock_data(mock, 1, (64 << 20) - 4, &(uint32_t){ 0 }, 4, 0), 0);
	nvu_mock_destroy(mock);
}

/* The time of a stepped mock. */
static void let_steps_pass(struct nvu_mock *mock, int steps)
{
	while (steps-- > 0)
		(void)nvu_mock_step(mock, 0);
}

static void a_silent_client_makes_room_when_another_waits(void **state)
{
	struct served served;
	struct client silent;

	(void)state;
	served_make(&served, STEPPED);
	silent = (struct client){ .fd = client_socket(served.path), .stepped = served.driver.mock };
	assert_true(client_send_raw(&silent, "\1\0\2", 3, NULL, 0)); /* of a message */
	let_steps_pass(served.driver.mock, 1100);
	assert_false(client_is_closed(&silent)); /* it is in no one's way */

	served_connect(&served);

	assert_true(client_is_closed(&silent));
	driver_enable(&served.driver);
	driver_create_io(&served.driver);
	served_check_io(&served, 4, 0x79);
	(void)close(silent.fd);
	served_end(&served);
}

static void a_client_that_has_spoken_may_be_silent(void **state)
{
	struct served served;
	int second;

	(void)state;
	served_start(&served, STEPPED);
	second = client_socket(served.path);
	let_steps_pass(served.driver.mock, 1100);
	served_check_io(&served, 4, 0x79);
	(void)close(second);
	served_end(&served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_served_mock_is_busy),
		cmocka_unit_test(data_stay_when_serving_ends),
		cmocka_unit_test(serve_takes_free_and_dead_sockets_only),
		cmocka_unit_test(a_mock_is_made_of_an_address),
		cmocka_unit_test(a_silent_client_makes_room_when_another_waits),
		cmocka_unit_test(a_client_that_has_spoken_may_be_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
