// SPDX-License-Identifier: MIT
/*
 * test_register.c: registration of the caller's memory: what the kernel would refuse, and what the
 * device may do with memory that it may only read; and a mock's file, which is its own.
 */
#include "harness.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGES = 8 };

/* Pages of the caller's, one of them of another kind. */
static char *map_pages(int prot)
{
	char *memory = mmap(NULL, PAGES * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(memory != MAP_FAILED);
	return memory;
}

static void register_of_memory_that_the_kernel_would_refuse_is_refused(void **state)
{
	struct rig *rig = *state;
	char *hole = map_pages(PROT_READ | PROT_WRITE), *part = map_pages(PROT_READ | PROT_WRITE);
	char *fixed = map_pages(PROT_READ), *none = map_pages(PROT_NONE);
	const struct {
		void *addr;
		size_t len;
		uint32_t flags;
		int ret;
	} rows[] = {
		{ hole, PAGES * PAGE, 0, -EFAULT },
		{ hole, PAGES * PAGE, NVU_DMA_DEVICE_READS_ONLY, -EFAULT },
		{ hole + 2 * PAGE, PAGE, 0, -EFAULT },
		{ part, PAGES * PAGE, 0, -EFAULT },
		{ fixed, PAGE, 0, -EFAULT },
		{ none, PAGE, 0, -EFAULT },
		{ none, PAGE, NVU_DMA_DEVICE_READS_ONLY, -EFAULT },
		{ part, 0, 0, -EINVAL },
		{ NULL, PAGE, 0, -EINVAL },
		{ part + 1, PAGE, 0, -EINVAL },
		{ part, PAGE + 1, 0, -EINVAL },
		{ (void *)(UINTPTR_MAX - PAGE + 1), 2 * PAGE, 0, -EINVAL },
		{ (void *)(UINTPTR_MAX - PAGE + 1), PAGE, 0, -EINVAL },
	};
	uint64_t mappings;

	assert_int_equal(mprotect(part + 3 * PAGE, PAGE, PROT_READ), 0);
	rig_open(rig, NULL, NULL);
	assert_int_equal(munmap(hole + 2 * PAGE, PAGE), 0); /* where nothing else is put now */
	mappings = rig_mock_stats(rig).dma_mappings;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int ret = nvu_dma_register_opts(rig->ctrl, rows[i].addr, rows[i].len,
						NVU_DMA_OPTS(.flags = rows[i].flags), &rig->buf);

		if (ret != rows[i].ret)
			fail_msg("row %zu: %d: %s", i, ret, nvu_last_error());
		assert_null(rig->buf);
	}
	assert_int_equal(rig_mock_stats(rig).dma_mappings, mappings);
	assert_int_equal(nvu_dma_register(rig->ctrl, part, 3 * PAGE, &rig->buf), 0);
	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	(void)munmap(hole, PAGES * PAGE), (void)munmap(part, PAGES * PAGE);
	(void)munmap(fixed, PAGES * PAGE), (void)munmap(none, PAGES * PAGE);
}

static void register_of_a_part_that_is_registered_says_to_use_that(void **state)
{
	struct rig *rig = *state;
	char *memory = map_pages(PROT_READ | PROT_WRITE);
	struct nvu_ctrl *other;
	struct nvu_dma *buf;

	rig_open(rig, NULL, NULL);
	assert_int_equal(nvu_ctrl_open("mock:stepped,size=1M", NULL, &other), 0);
	assert_int_equal(nvu_dma_register(rig->ctrl, memory, 4 * PAGE, &rig->buf), 0);

	assert_int_equal(nvu_dma_register(other, memory, 4 * PAGE, &buf), -EEXIST);
	rig_assert_sentence("use that");
	rig_assert_sentence("16384 bytes");
	rig_assert_sentence("holds all of it");
	assert_int_equal(nvu_dma_register(other, memory + 3 * PAGE, 2 * PAGE, &buf), -EEXIST);
	rig_assert_sentence("overlaps");

	nvu_ctrl_close(other);
	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	(void)munmap(memory, PAGES * PAGE);
}

static void register_with_options_about_allocation_is_einval(void **state)
{
	struct rig *rig = *state;
	char *memory = map_pages(PROT_READ | PROT_WRITE);
	const uint32_t flags[] = { NVU_DMA_NO_HUGE_PAGES, NVU_DMA_ON_NODE, NVU_DMA_ANY_NODE,
				   1u << 31 };

	rig_open(rig, NULL, NULL);
	for (size_t i = 0; i < COUNT(flags); i++)
		assert_int_equal(nvu_dma_register_opts(rig->ctrl, memory, PAGE,
						       NVU_DMA_OPTS(.flags = flags[i]), &rig->buf),
				 -EINVAL);
	(void)munmap(memory, PAGES * PAGE);
}

/* A file of `PAGES` pages, whose page 1 and those behind it are mapped. */
static char *map_shared(int *ret_fd)
{
	int fd = memfd_create("shared", MFD_CLOEXEC);
	char *memory;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, PAGES * PAGE), 0);
	memory = mmap(NULL, (PAGES - 1) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
	assert_ptr_not_equal(memory, MAP_FAILED);
	*ret_fd = fd;
	return memory;
}

static void register_of_shared_memory_serves_every_controller(void **state)
{
	struct rig *rig = *state;
	int fd;
	char *memory = map_shared(&fd);

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	assert_int_equal(nvu_dma_register_opts(
				 rig->ctrl, memory, (PAGES - 1) * PAGE,
				 NVU_DMA_OPTS(.flags = NVU_DMA_SHARED, .fd = fd, .fd_offset = PAGE),
				 &rig->buf),
			 0);
	(void)close(fd);
	rig_fill(memory, 4096, 3);
	assert_int_equal(rig_write(rig, 0, 8, 0), 0);
	memset(memory, 0, 4096);
	assert_int_equal(rig_read(rig, 0, 8, PAGE), 0);
	assert_true(rig_is_filled(memory + PAGE, 4096, 3));

	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	(void)munmap(memory, (PAGES - 1) * PAGE);
}

static void register_of_shared_memory_without_its_file_is_refused(void **state)
{
	struct rig *rig = *state;
	int fd;
	char *memory = map_shared(&fd);
	const struct nvu_dma_opts rows[] = {
		{ .fd = -1 },
		{ .fd = fd, .fd_offset = 512 },
		{ .fd = fd, .fd_offset = UINT64_MAX - PAGE + 1 },
	};

	rig_open(rig, NULL, NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nvu_dma_opts opts = rows[i];

		opts.size = sizeof(opts);
		opts.flags = NVU_DMA_SHARED;
		assert_int_equal(nvu_dma_register_opts(rig->ctrl, memory, PAGE, &opts, &rig->buf),
				 -EINVAL);
		rig_assert_sentence("NVU_DMA_SHARED");
	}
	(void)close(fd);
	(void)munmap(memory, (PAGES - 1) * PAGE);
}

/* Every command that would make the device write to the buffer, by either way of making it. */
static void refuse_writes_to(struct rig *rig, struct nvu_dma *buf)
{
	const struct nvu_sqe read = { .opcode = NVU_CMD_READ, .nsid = nvu_le32_put(1) };
	const struct nvu_sqe both = { .opcode = 0xc3, .nsid = nvu_le32_put(1) };

	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, buf, 0, 0), -EINVAL);
	rig_assert_sentence("may only read");
	assert_int_equal(nvu_io(rig->qpair, &read, buf, 0, 512, 0), -EINVAL);
	rig_assert_sentence("may only read");
	assert_int_equal(nvu_io(rig->qpair, &both, buf, 0, 512, 0), -EINVAL);
}

static void device_reads_memory_that_it_may_only_read(void **state)
{
	const struct nvu_sqe compare = { .opcode = NVU_CMD_COMPARE, .nsid = nvu_le32_put(1) };
	struct rig *rig = *state;
	char *memory = map_pages(PROT_READ | PROT_WRITE);
	struct nvu_dma *buf;

	memset(memory, 0x5a, PAGES * PAGE);
	assert_int_equal(mprotect(memory, PAGES * PAGE, PROT_READ), 0);
	rig_start(rig, NULL, NULL, NULL);
	buf = rig_register_read_only(rig, memory, PAGES * PAGE);

	refuse_writes_to(rig, buf);
	assert_int_equal(nvu_write(rig->qpair, rig->ns, 0, 8 * PAGES, buf, 0, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(nvu_io(rig->qpair, &compare, buf, 0, 512, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(rig_read(rig, 0, 8 * PAGES, 0), 0);
	assert_memory_equal(rig->data, memory, PAGES * PAGE);

	assert_int_equal(nvu_dma_free(buf), 0);
	(void)munmap(memory, PAGES * PAGE);
}

static void read_into_allocated_memory_that_the_device_may_only_read_is_einval(void **state)
{
	struct rig *rig = *state;
	struct nvu_dma *buf;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_dma_alloc_opts(rig->ctrl, PAGE,
					    NVU_DMA_OPTS(.flags = NVU_DMA_DEVICE_READS_ONLY), &buf),
			 0);
	refuse_writes_to(rig, buf);
	assert_int_equal(nvu_write(rig->qpair, rig->ns, 0, 8, buf, 0, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(nvu_dma_free(buf), 0);
}

static void mock_file_in_use_is_busy(void **state)
{
	char path[] = "/tmp/nvu-test-XXXXXX", address[64];
	struct rig *rig = *state;
	int fd = mkstemp(path), status = 0;
	struct nvu_mock *mock;
	pid_t child;

	assert_true(fd >= 0);
	(void)close(fd);
	(void)snprintf(address, sizeof(address), "mock:stepped,size=1M,file=%s", path);
	assert_int_equal(nvu_ctrl_open(address, NULL, &rig->ctrl), 0);

	assert_int_equal(nvu_mock_create(NVU_MOCK_OPTS(.backing = path), &mock), -EBUSY);
	rig_assert_sentence("in use by another mock controller");
	child = fork();
	if (child == 0)
		_exit(nvu_mock_create(NVU_MOCK_OPTS(.backing = path), &mock) == -EBUSY ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);

	/* Not a byte of it was changed, and it is free again afterwards. */
	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;
	assert_int_equal(nvu_mock_create(NVU_MOCK_OPTS(.backing = path), &mock), 0);
	nvu_mock_destroy(mock);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(register_of_memory_that_the_kernel_would_refuse_is_refused),
		RIG_TEST(register_of_a_part_that_is_registered_says_to_use_that),
		RIG_TEST(register_with_options_about_allocation_is_einval),
		RIG_TEST(register_of_shared_memory_serves_every_controller),
		RIG_TEST(register_of_shared_memory_without_its_file_is_refused),
		RIG_TEST(device_reads_memory_that_it_may_only_read),
		RIG_TEST(read_into_allocated_memory_that_the_device_may_only_read_is_einval),
		RIG_TEST(mock_file_in_use_is_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
