/* SPDX-License-Identifier: MIT */
/*
 * test_vfio_doorbells.c: doorbells that are mapped for one queue pair, buried, and mapped again. A file stands
 * for the device: what is stored to its doorbells is read from it.
 */
#include "vfio_kernel.h"

#include "descriptors.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/mmio.h"

enum { FIRST = 0x1010, END = 0x1018, MANY = 600 };

struct rig {
	struct transport *transport;
	struct transport_doorbells doorbells;
	int fd; /* of the device */
};

static struct rig begin(void)
{
	struct rig rig = { .fd = open_device_file(BDF) };

	assert_true(rig.fd >= 0);
	if (vfio_transport_ops.open(BDF, &(struct transport_open_opts){ false }, &rig.transport))
		fail_msg("%s", error_get());
	assert_int_equal(
		rig.transport->ops->doorbells_map(rig.transport, FIRST, END, &rig.doorbells), 0);
	return rig;
}

static void bury(struct rig *rig)
{
	assert_int_equal(rig->transport->ops->doorbells_bury(rig->transport, &rig->doorbells), 0);
	assert_true(rig->doorbells.buried);
}

static void renew(struct rig *rig)
{
	assert_int_equal(rig->transport->ops->doorbells_renew(rig->transport, &rig->doorbells), 0);
	assert_false(rig->doorbells.buried);
}

static void end(struct rig *rig)
{
	if (!rig->doorbells.buried)
		bury(rig);
	rig->doorbells.ops->doorbells_unmap(&rig->doorbells);
	rig->transport->ops->close(rig->transport);
	(void)close(rig->fd);
}

static uint32_t device_has(const struct rig *rig, size_t offset)
{
	uint32_t value = 0;

	assert_int_equal(pread(rig->fd, &value, 4, (off_t)offset), 4);
	return value;
}

static int count_mappings(const char *name)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	int count = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		count += strstr(line, name) != NULL;
	(void)fclose(maps);
	return count;
}

static void store_reaches_the_device_until_it_is_buried(void **state)
{
	struct rig rig = begin();
	volatile char *at = rig.doorbells.at;

	(void)state;
	for (uint32_t life = 1; life < 20; life++) {
		mmio_write32(at, 100 + life);
		mmio_write32(at + 4, 200 + life);
		assert_int_equal(device_has(&rig, FIRST), 100 + life);
		assert_int_equal(device_has(&rig, FIRST + 4), 200 + life);

		bury(&rig);
		assert_ptr_equal(rig.doorbells.at, at);
		mmio_write32(at, 7);
		mmio_write32(at + 4, 8);
		assert_int_equal(device_has(&rig, FIRST), 100 + life);
		assert_int_equal(device_has(&rig, FIRST + 4), 200 + life);

		renew(&rig);
		assert_ptr_equal(rig.doorbells.at, at);
		assert_int_equal(device_has(&rig, FIRST), 100 + life); /* what was stored is lost */
	}
	end(&rig);
}

/* Registers, the admin queue's doorbells, and those of other queue pairs. */
static void others_are_not_buried_with_them(void **state)
{
	struct rig rig = begin();
	struct transport *transport = rig.transport;
	struct transport_doorbells other;
	uint32_t value = 0;

	(void)state;
	assert_int_equal(transport->ops->doorbells_map(transport, FIRST + 8, END + 8, &other), 0);
	bury(&rig);
	mmio_write32((volatile char *)(uintptr_t)transport->mapped + 0x1000, 3);
	mmio_write32(other.at, 4);
	assert_int_equal(transport->ops->reg_write32(transport, 0x14, 5), 0);
	assert_int_equal(device_has(&rig, 0x1000), 3);
	assert_int_equal(device_has(&rig, FIRST + 8), 4);
	assert_int_equal(transport->ops->reg_read32(transport, 0x14, &value), 0);
	assert_int_equal(value, 5);
	/* So can the transport write what is buried: to a queue whose mapping failed. */
	assert_int_equal(transport->ops->reg_write32(transport, FIRST, 6), 0);
	assert_int_equal(device_has(&rig, FIRST), 6);
	assert_int_equal(transport->ops->doorbells_bury(transport, &other), 0);
	other.ops->doorbells_unmap(&other);
	end(&rig);
}

static void mapping_across_two_pages_is_buried_whole(void **state)
{
	struct rig rig = begin();
	struct transport *transport = rig.transport;
	struct transport_doorbells wide;

	(void)state;
	assert_int_equal(transport->ops->doorbells_map(transport, 0x2ffc, 0x3004, &wide), 0);
	mmio_write32(wide.at, 1);
	mmio_write32(wide.at + 4, 2);
	assert_int_equal(transport->ops->doorbells_bury(transport, &wide), 0);
	mmio_write32(wide.at, 3);
	mmio_write32(wide.at + 4, 4);
	assert_int_equal(device_has(&rig, 0x2ffc), 1);
	assert_int_equal(device_has(&rig, 0x3000), 2);
	wide.ops->doorbells_unmap(&wide);
	end(&rig);
}

static void doorbells_that_have_no_mapping_are_refused(void **state)
{
	struct rig rig = begin();
	struct transport *transport = rig.transport;
	struct transport_doorbells none = { .ops = NULL };

	(void)state;
	assert_int_equal(
		transport->ops->doorbells_map(transport, BAR_BYTES - 4, BAR_BYTES + 4, &none),
		-ENOTSUP);
	assert_null(none.ops);
	end(&rig);
	kernel.no_mmap = true;
	assert_int_equal(
		vfio_transport_ops.open(BDF, &(struct transport_open_opts){ false }, &transport),
		0);
	assert_int_equal(transport->ops->doorbells_map(transport, FIRST, END, &none), -ENOTSUP);
	assert_null(none.ops);
	transport->ops->close(transport);
}

/* A thread stores as fast as it can; whatever it is in the middle of, after burying nothing arrives. */
static struct {
	struct rig rig;
	uint32_t stored; /* atomic */
	bool stop;	 /* atomic */
} race;

static void *store_on(void *arg)
{
	(void)arg;
	for (uint32_t value = 1; !__atomic_load_n(&race.stop, __ATOMIC_RELAXED); value++) {
		mmio_write32(race.rig.doorbells.at, value);
		__atomic_store_n(&race.stored, value, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void wait_for_stores(uint32_t count)
{
	uint32_t from = __atomic_load_n(&race.stored, __ATOMIC_RELAXED);

	while (__atomic_load_n(&race.stored, __ATOMIC_RELAXED) - from < count)
		(void)sched_yield();
}

static void store_of_another_thread_ends_when_it_is_buried(void **state)
{
	pthread_t thread;

	(void)state;
	race.rig = begin();
	race.stop = false;
	assert_int_equal(pthread_create(&thread, NULL, store_on, NULL), 0);
	for (int turn = 0; turn < 200; turn++) {
		uint32_t last;

		wait_for_stores(50);
		bury(&race.rig);
		last = device_has(&race.rig, FIRST);
		wait_for_stores(50);
		assert_int_equal(device_has(&race.rig, FIRST), last);
		renew(&race.rig);
	}
	__atomic_store_n(&race.stop, true, __ATOMIC_RELAXED);
	(void)pthread_join(thread, NULL);
	end(&race.rig);
}

/* A thread that is late may store after the close, too. */
static void buried_doorbells_outlive_the_device(void **state)
{
	struct rig rig = begin();

	(void)state;
	mmio_write32(rig.doorbells.at, 1);
	bury(&rig);
	rig.transport->ops->close(rig.transport);
	mmio_write32(rig.doorbells.at, 2);
	assert_int_equal(device_has(&rig, FIRST), 1);
	assert_int_equal(count_mappings(BDF), 0);
	rig.doorbells.ops->doorbells_unmap(&rig.doorbells);
	(void)close(rig.fd);
}

static void nothing_is_left_behind(void **state)
{
	const int before = count_descriptors();
	struct sigaction handler, now;
	static struct transport_doorbells many[MANY];
	struct transport *transport;
	struct rig rig;

	(void)state;
	assert_int_equal(sigaction(SIGBUS, NULL, &handler), 0);
	rig = begin();
	transport = rig.transport;
	/* More than one block of what guards them. */
	for (size_t idx = 0; idx < MANY; idx++)
		assert_int_equal(transport->ops->doorbells_map(transport, FIRST, END, &many[idx]),
				 0);
	for (size_t idx = 0; idx < MANY; idx++) {
		assert_int_equal(transport->ops->doorbells_bury(transport, &many[idx]), 0);
		many[idx].ops->doorbells_unmap(&many[idx]);
		assert_null(many[idx].ops);
	}
	end(&rig);
	assert_int_equal(count_mappings(BDF), 0);
	assert_int_equal(count_mappings("nvu-doorbells"), 0);
	assert_int_equal(count_descriptors(), before);
	assert_int_equal(sigaction(SIGBUS, NULL, &now), 0);
	assert_ptr_equal(now.sa_handler, handler.sa_handler);
}

/* The process has all the memory that it may have. */
static void burying_asks_for_no_memory(void **state)
{
	struct rig rig = begin();
	struct rlimit data, space, all;
	FILE *statm = fopen("/proc/self/statm", "re");
	unsigned long long pages = 0;
	void *more;

	(void)state;
	assert_non_null(statm);
	assert_int_equal(getrlimit(RLIMIT_DATA, &data), 0);
	assert_int_equal(getrlimit(RLIMIT_AS, &space), 0);
	mmio_write32(rig.doorbells.at, 1);
	assert_int_equal(fscanf(statm, "%llu", &pages), 1);
	all = (struct rlimit){ pages * (rlim_t)sysconf(_SC_PAGESIZE), space.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_DATA, &(struct rlimit){ 0, data.rlim_max }), 0);
	assert_int_equal(setrlimit(RLIMIT_AS, &all), 0);
	more = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	(void)rig.transport->ops->doorbells_bury(rig.transport, &rig.doorbells);
	assert_int_equal(setrlimit(RLIMIT_AS, &space), 0);
	assert_int_equal(setrlimit(RLIMIT_DATA, &data), 0);
	assert_ptr_equal(more, MAP_FAILED);
	assert_true(rig.doorbells.buried);
	mmio_write32(rig.doorbells.at, 2);
	assert_int_equal(device_has(&rig, FIRST), 1);
	(void)fclose(statm);
	end(&rig);
}

static void child_does_not_get_the_doorbells(void **state)
{
	struct rig rig = begin();
	int status;

	(void)state;
	for (int life = 0; life < 2; life++) {
		void *map = rig.doorbells.map;
		pid_t child = fork();

		if (child == 0)
			_exit(msync(map, PAGE, MS_ASYNC) == 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		bury(&rig);
		renew(&rig);
	}
	end(&rig);
}

/* The device is pulled out: stores go nowhere; then it is buried, and another life tries it again. */
static void doorbells_of_a_device_that_has_gone_are_survived(void **state)
{
	struct rig rig = begin();

	(void)state;
	assert_int_equal(ftruncate(rig.fd, 0), 0);
	mmio_write32(rig.doorbells.at, 1);
	bury(&rig);
	mmio_write32(rig.doorbells.at, 2);
	renew(&rig);
	mmio_write32(rig.doorbells.at, 3);
	assert_int_equal(ftruncate(rig.fd, CONFIG_AT + CONFIG_BYTES), 0);
	bury(&rig);
	renew(&rig);
	mmio_write32(rig.doorbells.at, 4);
	assert_int_equal(device_has(&rig, FIRST), 4);
	end(&rig);
}

#define KERNEL_TEST(name) cmocka_unit_test_setup_teardown(name, make_kernel, drop_kernel)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(store_reaches_the_device_until_it_is_buried),
		KERNEL_TEST(others_are_not_buried_with_them),
		KERNEL_TEST(mapping_across_two_pages_is_buried_whole),
		KERNEL_TEST(doorbells_that_have_no_mapping_are_refused),
		KERNEL_TEST(store_of_another_thread_ends_when_it_is_buried),
		KERNEL_TEST(buried_doorbells_outlive_the_device),
		KERNEL_TEST(nothing_is_left_behind),
		KERNEL_TEST(burying_asks_for_no_memory),
		KERNEL_TEST(child_does_not_get_the_doorbells),
		KERNEL_TEST(doorbells_of_a_device_that_has_gone_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
