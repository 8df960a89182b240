// SPDX-License-Identifier: MIT
/*
 * vfio_user.c: opening and closing, and the table of operations.
 */
#include "transport/vfio_user/vfio_user.h"

#include "base/error.h"
#include "base/log.h"
#include "transport/registers.h"
#include "transport/vfio/doorbells.h"
#include "transport/vfio_user/device.h"
#include "transport/vfio_user/irqs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_MS = 5000, RELAX_NS = 10 * 1000 };

/* One socket by two names is one controller. A path that does not exist is the connection's to explain. */
static int claim_path(struct remote *remote, const char *path)
{
	int ret;

	remote->path = realpath(path, NULL);
	if (!remote->path)
		remote->path = strdup(path);
	if (!remote->path)
		return error_set(-ENOMEM, "no memory for the path of a socket");
	ret = claim_take(&remote->claim, remote->path);
	if (ret)
		free(remote->path);
	return ret;
}

static void release(struct remote *remote)
{
	claim_give(&remote->claim);
	free(remote->path);
	free(remote);
}

static void reset_at_open(struct transport *transport)
{
	int ret = remote_reset(transport);

	if (ret)
		log_line(LOG_INFO, "%s: not reset at open (%s)", transport->name,
			 error_errno_words(-ret));
}

static int connect_remote(struct remote *remote, const char *path,
			  const struct transport_open_opts *opts)
{
	struct transport *transport = &remote->device.transport;
	int ret = domain_open(path, PATIENCE_MS, &remote->domain);

	if (ret)
		return ret;
	transport->domain = &remote->domain->base;
	(void)snprintf(transport->name, sizeof(transport->name), "%s",
		       remote_session(remote)->name);
	ret = remote_init(remote);
	if (ret) {
		remote_fini(remote);
		domain_close(remote->domain);
		return ret;
	}
	if (opts && opts->reset)
		reset_at_open(transport);
	return 0;
}

static int open_remote(const char *target, const struct transport_open_opts *opts,
		       struct transport **ret_transport)
{
	struct remote *remote = calloc(1, sizeof(*remote));
	int ret;

	if (!remote)
		return error_set(-ENOMEM, "no memory for a transport");
	remote->device.transport.ops = &vfio_user_transport_ops;
	remote->device.transport.numa_node = -1;
	remote->device.request_fd = remote->device.fd = remote->device.plain_fd = -1;
	ret = claim_path(remote, target);
	if (ret) {
		free(remote);
		return ret;
	}
	ret = connect_remote(remote, target, opts);
	if (ret) {
		release(remote);
		return ret;
	}
	*ret_transport = &remote->device.transport;
	return 0;
}

static void close_remote(struct transport *transport)
{
	struct remote *remote = remote_of(transport);

	irqs_end(remote);
	remote_fini(remote);
	domain_close(remote->domain);
	release(remote);
}

/* Sleeps: what is waited for here takes 10 us (an admin command) to seconds (CSTS.RDY). */
static void relax(struct transport *transport)
{
	const struct timespec pause = { .tv_nsec = RELAX_NS };

	(void)transport;
	(void)nanosleep(&pause, NULL);
}

const struct transport_ops vfio_user_transport_ops = {
	.scheme = "vfio-user",
	.open = open_remote,
	.close = close_remote,
	.reg_read32 = remote_reg_read32,
	.reg_write32 = remote_reg_write32,
	.reg_read64 = remote_reg_read64,
	.reg_write64 = transport_write_halves,
	.config_read = remote_config_read,
	.config_write = remote_config_write,
	.reset = remote_reset,
	.relax = relax,
	.doorbells_map = doorbells_map,
	.doorbells_bury = doorbells_bury,
	.doorbells_renew = doorbells_renew,
	.doorbells_unmap = doorbells_unmap,
	.request_fd = irqs_request_fd,
	.vectors_enable = irqs_enable,
	.vector_set = irqs_set,
};
