// SPDX-License-Identifier: MIT
/*
 * store.c: RAM or file backing of a mock. RAM is one private mapping without reservation. A file is read
 * and written with pread() and pwrite(), so that a file that another process truncates is an error instead of
 * SIGBUS.
 */
#include "mock/memory/store.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ZERO_CHUNK_BYTES = 64 * 1024, DISCARD_MIN_BYTES = 64 * 1024 };

int mock_store_file_bytes(const char *path, uint64_t *ret_bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t end;

	*ret_bytes = 0;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_set(-errno, "mock: file=%s cannot be opened: %s", path,
				 error_errno_words(errno));
	end = lseek(fd, 0, SEEK_END); /* works for block devices too */
	(void)close(fd);
	if (end < 0)
		return error_set(-EINVAL, "mock: file=%s is not seekable", path);
	*ret_bytes = (uint64_t)end;
	return 0;
}

/*
 * A drive has one driver. The lock belongs to the open file: it also excludes another mock of this process, and
 * ends with the process. A file system without locks refuses no mock.
 */
static int lock_file(int fd, const char *path)
{
	assert(fd >= 0);
	if (!flock(fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
		return 0;
	return error_set(
		-EBUSY,
		"mock: file=%s is in use by another mock controller, of this process or of "
		"another one: close that first",
		path);
}

static int extend_file(int fd, const char *path, uint64_t bytes)
{
	struct stat status;

	assert(fd >= 0 && bytes);
	if (fstat(fd, &status) || !S_ISREG(status.st_mode) || (uint64_t)status.st_size >= bytes ||
	    !ftruncate(fd, (off_t)bytes))
		return 0;
	return error_set(-errno, "mock: file=%s cannot be made %llu bytes long: %s", path,
			 (unsigned long long)bytes, error_errno_words(errno));
}

static int open_file(struct mock_store *store, const char *path, uint64_t bytes)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	int ret;

	if (fd < 0)
		return error_set(-errno, "mock: file=%s cannot be opened for writing: %s", path,
				 error_errno_words(errno));
	ret = lock_file(fd, path);
	if (!ret)
		ret = extend_file(fd, path, bytes);
	if (ret) {
		(void)close(fd);
		return ret;
	}
	store->fd = fd;
	return 0;
}

int mock_store_open(struct mock_store *store, const char *path, uint64_t bytes)
{
	void *ram;

	assert(bytes);
	*store = (struct mock_store){ .fd = -1, .bytes = bytes };
	if (path)
		return open_file(store, path, bytes);
	ram = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	if (ram == MAP_FAILED)
		return error_set(-ENOMEM,
				 "mock: no address space for %llu bytes of data: a "
				 "smaller size or fewer namespaces may fit",
				 (unsigned long long)bytes);
	store->ram = ram;
	return 0;
}

void mock_store_close(struct mock_store *store)
{
	if (store->ram)
		(void)munmap(store->ram, store->bytes);
	if (store->fd >= 0 && !store->shared)
		(void)close(store->fd);
	*store = (struct mock_store){ .fd = -1 };
}

/* Bytes between `from` and the end of its page, at most up to `to`. */
static size_t slack(uint64_t from, uint64_t to)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t end = (from + page - 1) / page * page;

	assert(from <= to);
	return (size_t)((end < to ? end : to) - from);
}

void mock_store_part(const struct mock_store *whole, uint64_t first, uint64_t bytes,
		     struct mock_store *ret_part)
{
	assert(whole->fd >= 0 && !whole->ram);
	*ret_part = *whole;
	ret_part->shared = true;
	ret_part->first = first;
	ret_part->bytes = bytes;
}

int mock_store_resize(struct mock_store *store, uint64_t bytes)
{
	void *ram;

	assert(store->ram && bytes);
	ram = mremap(store->ram, store->bytes, bytes, MREMAP_MAYMOVE);
	if (ram == MAP_FAILED)
		return -ENOMEM;
	/* The rest of the last page may hold data of a former, larger size. */
	if (bytes > store->bytes)
		memset((uint8_t *)ram + store->bytes, 0, slack(store->bytes, bytes));
	store->ram = ram;
	store->bytes = bytes;
	return 0;
}

static int read_file(int fd, uint64_t offset, uint8_t *buf, size_t len)
{
	while (len) {
		ssize_t got = pread(fd, buf, len, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0) { /* past the end: what was never written */
			memset(buf, 0, len);
			return 0;
		}
		buf += got;
		offset += (uint64_t)got;
		len -= (size_t)got;
	}
	return 0;
}

static int write_file(int fd, uint64_t offset, const uint8_t *buf, size_t len)
{
	while (len) {
		ssize_t put = pwrite(fd, buf, len, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? -errno : -EIO;
		buf += put;
		offset += (uint64_t)put;
		len -= (size_t)put;
	}
	return 0;
}

int mock_store_read(const struct mock_store *store, uint64_t offset, void *buf, size_t len)
{
	if (!store->ram)
		return read_file(store->fd, store->first + offset, buf, len);
	memcpy(buf, store->ram + offset, len);
	return 0;
}

int mock_store_write(const struct mock_store *store, uint64_t offset, const void *buf, size_t len)
{
	if (!store->ram)
		return write_file(store->fd, store->first + offset, buf, len);
	memcpy(store->ram + offset, buf, len);
	return 0;
}

static int zero_file(int fd, uint64_t offset, uint64_t len)
{
	static const uint8_t zeroes[ZERO_CHUNK_BYTES];
	int ret = 0;

	assert(len);
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)len) ==
	    0)
		return 0;
	while (len && !ret) {
		size_t chunk = len < sizeof(zeroes) ? (size_t)len : sizeof(zeroes);

		ret = write_file(fd, offset, zeroes, chunk);
		offset += chunk;
		len -= chunk;
	}
	return ret;
}

/* Returns whole pages to the system: they read as zeroes then. */
static void zero_ram(uint8_t *ram, uint64_t len)
{
	uintptr_t page_mask = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	uint8_t *first = (uint8_t *)(((uintptr_t)ram + page_mask) & ~page_mask);
	uint8_t *last = (uint8_t *)((uintptr_t)(ram + len) & ~page_mask);

	assert(len);
	if (len < DISCARD_MIN_BYTES || madvise(first, (size_t)(last - first), MADV_DONTNEED) < 0) {
		memset(ram, 0, len);
		return;
	}
	memset(ram, 0, (size_t)(first - ram));
	memset(last, 0, (size_t)(ram + len - last));
}

int mock_store_zero(const struct mock_store *store, uint64_t offset, uint64_t len)
{
	if (len == 0)
		return 0;
	if (!store->ram)
		return zero_file(store->fd, store->first + offset, len);
	zero_ram(store->ram + offset, len);
	return 0;
}

int mock_store_flush(const struct mock_store *store)
{
	if (!store->ram && fdatasync(store->fd) < 0)
		return -errno;
	return 0;
}
