// SPDX-License-Identifier: MIT
/*
 * plugin.c: the nbdkit plugin "nvu": the namespaces of an NVMe controller as the exports of an NBD server. An export is
 * named by its namespace identifier; the one without a name is the namespace of the address. All connections to an
 * export share one nvu_block, so a flush on one connection makes durable what others have written.
 *
 * nbdkit calls from several threads at once, but for opening exports: a lock covers that.
 */
#define NBDKIT_API_VERSION 2
#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

#include <nbdkit-plugin.h>
#include <nvu/nvu.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PREFERRED_BYTES_MIN = 4096, PREFERRED_BYTES_MAX = 32 << 20 };

/* A namespace that a client has opened. Kept until the server ends: its next client finds its queue pairs. */
struct volume {
	struct volume *next;
	uint32_t nsid;
	uint32_t users; /* connections */
	bool stale;	/* atomic: the namespace has changed; opened again once no one uses it */
	const struct nvu_ns *ns;
	struct nvu_block *block;
};

static struct {
	char *address;
	struct nvu_block_opts block;
	int folder; /* in which nbdkit was started: where a relative file= of a mock is */
	struct nvu_ctrl *ctrl;
	uint32_t nsid; /* of the address */
	pthread_mutex_t lock;
	struct volume *volumes; /* lock is held */
} server = {
	.block.size = sizeof(struct nvu_block_opts),
	.folder = -1,
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

/* The protocol has few errors: what it has not would reach the client as EINVAL, as if that were at fault. */
static int protocol_errno(int ret)
{
	switch (-nvu_errno(ret)) {
	case EINVAL:
	case ENOMEM:
	case ENOSPC:
	case EPERM:
	case EOPNOTSUPP:
		return -nvu_errno(ret);
	case EROFS:
		return EPERM;
	default:
		return EIO;
	}
}

/* What nbdkit reports, and the errno value that the client gets. */
static int failed(int ret)
{
	nbdkit_error("%s: %s", nvu_strerror(ret), nvu_last_error());
	nbdkit_set_error(protocol_errno(ret));
	return -1;
}

static int set_address(const char *value)
{
	if (server.address) {
		nbdkit_error("address is given twice: \"%s\" and \"%s\"", server.address, value);
		return -1;
	}
	server.address = strdup(value);
	if (!server.address)
		nbdkit_error("no memory");
	return server.address ? 0 : -1;
}

static int set_bounce(const char *value)
{
	int64_t bytes = nbdkit_parse_size(value);

	if (bytes < 0)
		return -1;
	if (bytes == 0 || bytes > UINT32_MAX) {
		nbdkit_error("bounce=%s: expected up to 4294967295 bytes", value);
		return -1;
	}
	server.block.bounce_bytes = (uint32_t)bytes;
	return 0;
}

static int set_interrupt(const char *value)
{
	int on = nbdkit_parse_bool(value);

	if (on < 0)
		return -1;
	server.block.flags = on ? NVU_BLOCK_INTERRUPT : 0;
	return 0;
}

static int config(const char *key, const char *value)
{
	if (!strcmp(key, "address"))
		return set_address(value);
	if (!strcmp(key, "queues"))
		return nbdkit_parse_uint32_t(key, value, &server.block.queues);
	if (!strcmp(key, "depth"))
		return nbdkit_parse_uint32_t(key, value, &server.block.depth);
	if (!strcmp(key, "bounce"))
		return set_bounce(value);
	if (!strcmp(key, "interrupt"))
		return set_interrupt(value);
	nbdkit_error("unknown parameter \"%s\": address, queues, depth, bounce and interrupt exist",
		     key);
	return -1;
}

static int config_complete(void)
{
	if (!server.address) {
		nbdkit_error("which drive? Give its address: nbdkit nvu 0000:01:00.0, "
			     "or without a drive: nbdkit nvu mock:size=1G");
		return -1;
	}
	server.folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

/* After nbdkit has gone into the background, which ends threads, and before it has threads of its own. */
static int after_fork(void)
{
	int now = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), ret;
	const struct nvu_ns *ns;

	if (server.folder >= 0)
		(void)!fchdir(server.folder);
	ret = nvu_open(server.address, NULL, &server.ctrl, &ns);
	if (now >= 0) {
		(void)!fchdir(now);
		(void)close(now);
	}
	if (ret) {
		nbdkit_error("%s: %s", nvu_strerror(ret), nvu_last_error());
		return -1;
	}
	server.nsid = nvu_ns_info(ns)->nsid;
	return 0;
}

static void cleanup(void)
{
	for (struct volume *volume = server.volumes, *next; volume; volume = next) {
		next = volume->next;
		nvu_block_close(volume->block);
		free(volume);
	}
	server.volumes = NULL;
	nvu_ctrl_close(server.ctrl);
	server.ctrl = NULL;
}

static void unload(void)
{
	if (server.folder >= 0)
		(void)close(server.folder);
	free(server.address);
}

/* The namespace that an export's name stands for; 0: none. */
static uint32_t parse_name(const char *name)
{
	unsigned long nsid;
	char *end;

	if (!*name)
		return server.nsid;
	errno = 0;
	nsid = strtoul(name, &end, 10);
	return *name < '1' || *name > '9' || *end || errno || nsid > UINT32_MAX ? 0
										: (uint32_t)nsid;
}

static struct volume *find(uint32_t nsid)
{
	struct volume *volume = server.volumes;

	while (volume && volume->nsid != nsid)
		volume = volume->next;
	return volume;
}

static int start(struct volume *volume)
{
	int ret = nvu_ns_get(server.ctrl, volume->nsid, &volume->ns);

	if (!ret)
		ret = nvu_block_open(server.ctrl, volume->ns, &server.block, &volume->block);
	return ret ? failed(ret) : 0;
}

/* Makes an export ready for one more connection. The lock is held. */
static struct volume *take(uint32_t nsid)
{
	struct volume *volume = find(nsid);

	if (volume && !volume->users && __atomic_load_n(&volume->stale, __ATOMIC_RELAXED)) {
		nvu_block_close(volume->block);
		volume->block = NULL;
		volume->stale = false;
	}
	if (!volume) {
		volume = calloc(1, sizeof(*volume));
		if (!volume) {
			nbdkit_error("no memory");
			return NULL;
		}
		volume->nsid = nsid;
		volume->next = server.volumes;
		server.volumes = volume;
	}
	if (!volume->block && start(volume))
		return NULL;
	volume->users++;
	return volume;
}

static void *plugin_open(int readonly)
{
	const char *name = nbdkit_export_name();
	uint32_t nsid = name ? parse_name(name) : 0;
	struct volume *volume;

	(void)readonly;
	if (!nsid) {
		nbdkit_error("there is no export \"%s\": exports are named by namespace, such as 1",
			     name ? name : "");
		return NULL;
	}
	(void)pthread_mutex_lock(&server.lock);
	volume = take(nsid);
	(void)pthread_mutex_unlock(&server.lock);
	return volume;
}

static void plugin_close(void *handle)
{
	struct volume *volume = handle;

	(void)pthread_mutex_lock(&server.lock);
	volume->users--;
	(void)pthread_mutex_unlock(&server.lock);
}

static const char *describe(const struct nvu_ns_info *info)
{
	return nbdkit_printf_intern("namespace %" PRIu32 ": %" PRIu64 " blocks of %" PRIu32
				    " bytes",
				    info->nsid, info->blocks, info->block_bytes);
}

static int list_exports(int readonly, int is_tls, struct nbdkit_exports *exports)
{
	(void)readonly;
	(void)is_tls;
	for (uint32_t nsid = nvu_ns_next(server.ctrl, 0); nsid;
	     nsid = nvu_ns_next(server.ctrl, nsid)) {
		const struct nvu_ns *ns;
		const char *name = nbdkit_printf_intern("%" PRIu32, nsid);

		if (!name || nvu_ns_get(server.ctrl, nsid, &ns))
			continue;
		if (nbdkit_add_export(exports, name, describe(nvu_ns_info(ns))))
			return -1;
	}
	return 0;
}

static const char *default_export(int readonly, int is_tls)
{
	(void)readonly;
	(void)is_tls;
	return nbdkit_printf_intern("%" PRIu32, server.nsid);
}

static const char *export_description(void *handle)
{
	const struct volume *volume = handle;

	return describe(nvu_ns_info(volume->ns));
}

static bool has(void *handle, uint32_t command)
{
	const struct volume *volume = handle;

	return nvu_ns_info(volume->ns)->commands & command;
}

static int64_t get_size(void *handle)
{
	const struct volume *volume = handle;

	return (int64_t)nvu_block_bytes(volume->block);
}

static int block_size(void *handle, uint32_t *minimum, uint32_t *preferred, uint32_t *maximum)
{
	const struct volume *volume = handle;
	const struct nvu_ns_info *info = nvu_ns_info(volume->ns);
	uint64_t bytes = (uint64_t)info->preferred_write_blocks * info->block_bytes;

	*minimum = 1;
	*preferred = bytes >= PREFERRED_BYTES_MIN && bytes <= PREFERRED_BYTES_MAX &&
				     !(bytes & (bytes - 1))
			     ? (uint32_t)bytes
			     : PREFERRED_BYTES_MIN;
	*maximum = UINT32_MAX;
	return 0;
}

static int is_true(void *handle)
{
	(void)handle;
	return 1;
}

static int is_false(void *handle)
{
	(void)handle;
	return 0;
}

static int can_fua(void *handle)
{
	(void)handle;
	return NBDKIT_FUA_NATIVE;
}

static int can_trim(void *handle)
{
	return has(handle, NVU_NS_DEALLOCATE);
}

static int can_fast_zero(void *handle)
{
	return has(handle, NVU_NS_WRITE_ZEROES);
}

/* How an operation has ended. */
static int end(struct volume *volume, int ret)
{
	if (!ret)
		return 0;
	if (ret == -ESTALE)
		__atomic_store_n(&volume->stale, true, __ATOMIC_RELAXED);
	return failed(ret);
}

static uint32_t block_flags(uint32_t flags)
{
	return (flags & NBDKIT_FLAG_FUA ? NVU_BLOCK_FUA : 0) |
	       (flags & NBDKIT_FLAG_MAY_TRIM ? NVU_BLOCK_MAY_UNMAP : 0) |
	       (flags & NBDKIT_FLAG_FAST_ZERO ? NVU_BLOCK_FAST_ONLY : 0);
}

static int plugin_pread(void *handle, void *to, uint32_t count, uint64_t offset, uint32_t flags)
{
	struct volume *volume = handle;

	(void)flags;
	return end(volume, nvu_block_read(volume->block, to, count, offset));
}

static int plugin_pwrite(void *handle, const void *from, uint32_t count, uint64_t offset,
			 uint32_t flags)
{
	struct volume *volume = handle;

	return end(volume, nvu_block_write(volume->block, from, count, offset, block_flags(flags)));
}

static int plugin_flush(void *handle, uint32_t flags)
{
	struct volume *volume = handle;

	(void)flags;
	return end(volume, nvu_block_flush(volume->block));
}

static int plugin_trim(void *handle, uint32_t count, uint64_t offset, uint32_t flags)
{
	struct volume *volume = handle;
	int ret = nvu_block_discard(volume->block, offset, count);

	if (!ret && flags & NBDKIT_FLAG_FUA)
		ret = nvu_block_flush(volume->block);
	return end(volume, ret);
}

/* -ENOTSUP is an answer here, not an error to report: nbdkit, or its client, writes zeroes then. */
static int plugin_zero(void *handle, uint32_t count, uint64_t offset, uint32_t flags)
{
	struct volume *volume = handle;
	int ret = nvu_block_zero(volume->block, offset, count, block_flags(flags));

	if (ret != -ENOTSUP)
		return end(volume, ret);
	nbdkit_set_error(EOPNOTSUPP);
	return -1;
}

static void dump_plugin(void)
{
	printf("nvu_version=%s\n", nvu_version());
}

#define HELP                                                                         \
	"[address=]ADDRESS   (required) The drive: 0000:01:00.0, mock:size=1G; a\n"  \
	"                    namespace may follow, which is the export without a\n"  \
	"                    name then: 0000:01:00.0#2.\n"                           \
	"queues=N            Queue pairs of an export (default: a processor each,\n" \
	"                    4 at most).\n"                                          \
	"depth=N             Commands outstanding in each (default 64).\n"           \
	"bounce=SIZE         Memory that data are copied through (default 4M).\n"    \
	"interrupt=BOOL      Sleep until the drive interrupts, instead of polling\n" \
	"                    (default false)."

static struct nbdkit_plugin plugin = {
	.name = "nvu",
	.longname = "nvu: NVMe drives from userspace",
	.version = PLUGIN_VERSION,
	.description = "The namespaces of an NVMe controller, driven without the kernel's driver.",
	.magic_config_key = "address",
	.config = config,
	.config_complete = config_complete,
	.config_help = HELP,
	.after_fork = after_fork,
	.cleanup = cleanup,
	.unload = unload,
	.dump_plugin = dump_plugin,
	.list_exports = list_exports,
	.default_export = default_export,
	.export_description = export_description,
	.open = plugin_open,
	.close = plugin_close,
	.get_size = get_size,
	.block_size = block_size,
	.can_write = is_true,
	.can_flush = is_true,
	.can_multi_conn = is_true,
	.can_zero = is_true,
	.is_rotational = is_false,
	.can_fua = can_fua,
	.can_trim = can_trim,
	.can_fast_zero = can_fast_zero,
	.pread = plugin_pread,
	.pwrite = plugin_pwrite,
	.flush = plugin_flush,
	.trim = plugin_trim,
	.zero = plugin_zero,
	.errno_is_preserved = 0,
};

struct nbdkit_plugin *plugin_init(void); /* which the next line defines */
NBDKIT_REGISTER_PLUGIN(plugin)
