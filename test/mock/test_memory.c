// SPDX-License-Identifier: MIT
/*
 * test_memory.c: the n-th request for memory fails, for n = 1, 2, 3 ... until a whole life of a
 * controller passes undisturbed. Linked with the library's objects and the linker's --wrap, so that
 * malloc and its relatives, mmap, tsearch and pthread_create are the functions here.
 */
#include "scenario.h"

#include "clock.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <sys/mman.h>

static uint64_t requests, failing; /* atomic: the failing-th from the arming on; 0: none */

static void arm(uint64_t n)
{
	__atomic_store_n(&requests, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&failing, n, __ATOMIC_RELAXED);
}

/* True when this request is the one. */
static bool fails(void)
{
	return __atomic_add_fetch(&requests, 1, __ATOMIC_RELAXED) ==
	       __atomic_load_n(&failing, __ATOMIC_RELAXED);
}

/* clang-format off */
void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *old, size_t len);
void *__real_aligned_alloc(size_t align, size_t len);
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
void *__real_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
void *__real_tsearch(const void *key, void **root, __compar_fn_t compare);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);

void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *old, size_t len);
void *__wrap_aligned_alloc(size_t align, size_t len);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
void *__wrap_tsearch(const void *key, void **root, __compar_fn_t compare);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
/* clang-format on */

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

void *__wrap_malloc(size_t len)
{
	return fails() ? no_memory() : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
	return fails() ? no_memory() : __real_calloc(count, len);
}

void *__wrap_realloc(void *old, size_t len)
{
	return fails() ? no_memory() : __real_realloc(old, len);
}

void *__wrap_aligned_alloc(size_t align, size_t len)
{
	return fails() ? no_memory() : __real_aligned_alloc(align, len);
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	errno = ENOMEM;
	return fails() ? MAP_FAILED : __real_mmap(addr, len, prot, flags, fd, offset);
}

void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	errno = ENOMEM;
	return fails() ? MAP_FAILED : __real_mmap64(addr, len, prot, flags, fd, offset);
}

void *__wrap_tsearch(const void *key, void **root, __compar_fn_t compare)
{
	return fails() ? no_memory() : __real_tsearch(key, root, compare);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			  void *arg)
{
	return fails() ? EAGAIN : __real_pthread_create(thread, attr, fn, arg);
}

/* A life with the n-th request failing. False when it made fewer. */
static bool run_with_failure(struct scenario *scenario, const struct nvu_qpair_opts *opts,
			     uint32_t flags)
{
	struct rig *rig = scenario->rig;
	bool reached;

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | flags, .ns_bytes = 1 << 20,
				      .namespaces = 9));
	(void)nvu_ctrl_open("", NULL, &rig->ctrl);
	scenario->complaints = 0;
	scenario->step = "no call";
	arm(scenario->n);
	scenario_run(scenario, opts);
	reached = requests >= scenario->n;
	arm(0);
	if (rig_mock_stats(rig).dma_mappings != rig->mappings)
		print_error("request %llu fails; %s complains\n", (unsigned long long)scenario->n,
			    scenario->step);
	assert_true(reached || scenario->complaints == 0);
	rig_again(rig);
	return reached;
}

static void sweep_over(struct rig *rig, const struct nvu_qpair_opts *opts, uint32_t flags)
{
	struct scenario scenario = { .rig = rig, .error = -ENOMEM, .statuses = true };
	bool reached = true;

	scenario.memory = aligned_alloc(PAGE, SCENARIO_MEMORY_BYTES);
	assert_non_null(scenario.memory);
	for (scenario.n = 1; reached; scenario.n++)
		reached = run_with_failure(&scenario, opts, flags);
	print_message("%llu requests for memory\n", (unsigned long long)scenario.n - 2);
	assert_in_range(scenario.n, 20, 1000);
	free(scenario.memory);
}

static void request_failing_is_survived(void **state)
{
	sweep_over(*state, NULL, 0);
}

static void request_failing_with_every_option_is_survived(void **state)
{
	sweep_over(*state,
		   NVU_QPAIR_OPTS(.depth = 1024, .flags = NVU_QPAIR_LATENCY | NVU_QPAIR_RETRY),
		   NVU_MOCK_SHADOW_DOORBELLS);
}

static void request_failing_while_a_mock_is_made_is_survived(void **state)
{
	struct rig *rig = *state;
	uint64_t n = 0;
	int ret = -1;

	while (ret) {
		arm(++n);
		ret = nvu_mock_create(NULL, &rig->mock);
		arm(0);
		assert_true(ret == 0 || ret == -ENOMEM);
		assert_true(!ret == !!rig->mock);
	}
	assert_in_range(n, 3, 100);
}

/* The mock of an address, with a thread: made by opening, ended by closing. */
static void request_failing_while_an_address_is_opened_is_survived(void **state)
{
	struct rig *rig = *state;
	uint64_t n = 0;
	int ret = -1;

	clock_stop(); /* the mock has a thread */
	while (ret) {
		arm(++n);
		ret = nvu_ctrl_open("mock:size=1M,ns=3", NULL, &rig->ctrl);
		arm(0);
		/* The device's thread may be the one that gets none: it fails as a device does. */
		if (ret && ret != -ENOMEM && ret != -EAGAIN && ret != -EIO && ret <= 0)
			fail_msg("request %llu: %d: %s", (unsigned long long)n, ret,
				 nvu_last_error());
		assert_true(!ret == !!rig->ctrl);
		assert_true(ret == 0 || nvu_last_error()[0]);
	}
	assert_in_range(n, 10, 200);
}

static void request_failing_for_any_of_many_buffers_is_survived(void **state)
{
	struct rig *rig = *state;
	struct nvu_dma *bufs[300];
	int made = 0;

	rig_open(rig, NULL, NULL);
	for (uint64_t n = 1; n <= COUNT(bufs); n++) {
		arm(n % 7 + 1);
		if (nvu_dma_alloc(rig->ctrl, PAGE * (n % 5 + 1), &bufs[made]) == 0)
			made++;
		arm(0);
	}
	assert_in_range(made, 10, (int)COUNT(bufs) - 10);
	for (int idx = 0; idx < made; idx++)
		assert_int_equal(nvu_dma_free(bufs[idx]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(request_failing_is_survived),
		RIG_TEST(request_failing_with_every_option_is_survived),
		RIG_TEST(request_failing_while_a_mock_is_made_is_survived),
		RIG_TEST(request_failing_while_an_address_is_opened_is_survived),
		RIG_TEST(request_failing_for_any_of_many_buffers_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
