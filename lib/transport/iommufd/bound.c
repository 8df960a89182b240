/* SPDX-License-Identifier: MIT */
/*
 * bound.c: see bound.h.
 */
#include "transport/iommufd/bound.h"

#include "base/error.h"
#include "transport/iommufd/cdev.h"
#include "transport/vfio/msix.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the list */
static struct bound *open_ones;

int bound_claim(const struct device_identity *identity, struct bound **ret_bound)
{
	struct bound *bound = calloc(1, sizeof(*bound));
	int ret;

	if (!bound)
		return error_set(-ENOMEM, "no memory for a VFIO device");
	device_identify(&bound->device, identity);
	ret = claim_take(&bound->claim, bound->device.transport.name);
	if (ret) {
		free(bound);
		return ret;
	}
	*ret_bound = bound;
	return 0;
}

void bound_drop(struct bound *bound)
{
	claim_give(&bound->claim);
	free(bound);
}

static void enter(struct bound *bound)
{
	(void)pthread_mutex_lock(&lock);
	bound->next = open_ones;
	open_ones = bound;
	(void)pthread_mutex_unlock(&lock);
}

static void leave(const struct bound *bound)
{
	struct bound **link = &open_ones;

	(void)pthread_mutex_lock(&lock);
	while (*link != bound)
		link = &(*link)->next;
	*link = bound->next;
	(void)pthread_mutex_unlock(&lock);
}

bool bound_has_group(int32_t group)
{
	const struct bound *bound;

	(void)pthread_mutex_lock(&lock);
	for (bound = open_ones; bound && bound->group != group; bound = bound->next)
		;
	(void)pthread_mutex_unlock(&lock);
	return bound;
}

int bound_take_over(struct bound *bound, struct context *context, uint32_t id, int fd,
		    const struct pci_info *info, const struct transport_open_opts *opts)
{
	const char *name = bound->device.transport.name;
	struct ioas *ioas;
	int ret = cdev_bind(fd, context_fd(context), name, info);

	assert(!bound->ioas);
	if (!ret)
		ret = ioas_attach(context, id, fd, name, &ioas);
	if (ret)
		return ret;
	ret = device_init(&bound->device, fd);
	if (ret) {
		ioas_detach(ioas, fd);
		return ret;
	}
	bound->context = context;
	bound->ioas = ioas;
	bound->device.transport.domain = ioas_domain(ioas);
	bound->group = info ? info->group : -1;
	enter(bound);
	device_reset_at_open(&bound->device, opts);
	return 0;
}

void bound_give_fds_back(struct transport *transport)
{
	struct bound *bound = (struct bound *)(void *)transport;

	bound->borrowed = bound->given;
	context_give_back(bound->context);
}

void bound_close(struct transport *transport)
{
	struct bound *bound = (struct bound *)(void *)transport;

	leave(bound);
	msix_disable(&bound->device);
	device_fini(&bound->device);
	ioas_detach(bound->ioas, bound->device.fd);
	if (!bound->borrowed)
		(void)close(bound->device.fd);
	context_release(bound->context);
	bound_drop(bound);
}
