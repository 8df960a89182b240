/* SPDX-License-Identifier: MIT */
/*
 * vectors.c: see vectors.h.
 */
#include "ctrl/vectors.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The vectors as they are at first: all are enabled, none has a descriptor. */
static int enable(struct nvu_ctrl *ctrl)
{
	struct transport *transport = ctrl->transport;
	uint32_t count = 0;
	int ret = transport->ops->vectors_enable(transport, &count);

	if (ret == -ENOTSUP)
		return error_set(
			ret,
			"%s: NVU_QPAIR_INTERRUPT needs interrupt vectors (MSI-X), of which "
			"the device has none: leave the flag out, nvu_wait() naps then",
			ctrl_name(ctrl));
	if (ret)
		return ret;
	assert(count);
	ctrl->vectors = calloc(count, sizeof(*ctrl->vectors));
	if (!ctrl->vectors)
		return error_set(-ENOMEM, "%s: no memory for %u interrupt vectors", ctrl_name(ctrl),
				 count);
	ctrl->vector_count = count;
	ctrl->vectors[0].users = 1; /* the admin queue */
	for (uint32_t vector = 0; vector < count; vector++)
		ctrl->vectors[vector].fd = -1;
	return 0;
}

static int make_fd(struct nvu_ctrl *ctrl, uint32_t number)
{
	struct ctrl_vector *vector = &ctrl->vectors[number];
	int ret;

	vector->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vector->fd < 0)
		return error_set(-errno, "%s: no eventfd for interrupt vector %u: %s",
				 ctrl_name(ctrl), number, error_errno_words(errno));
	ret = ctrl->transport->ops->vector_set(ctrl->transport, number, vector->fd);
	if (ret) {
		(void)close(vector->fd);
		vector->fd = -1;
	}
	return ret;
}

int vectors_take(struct nvu_ctrl *ctrl, uint32_t *ret_vector, int *ret_fd)
{
	int ret = ctrl->vectors ? 0 : enable(ctrl);
	uint32_t number;

	assert(lock_is_held(&ctrl->lock));
	if (ret)
		return ret;
	number = vectors_choose(ctrl->vectors, ctrl->vector_count);
	if (ctrl->vectors[number].fd < 0)
		ret = make_fd(ctrl, number);
	if (ret)
		return ret;
	ctrl->vectors[number].users++;
	*ret_vector = number;
	*ret_fd = ctrl->vectors[number].fd;
	return 0;
}

void vectors_give(struct nvu_ctrl *ctrl, uint32_t vector)
{
	struct ctrl_vector *at = &ctrl->vectors[vector];

	assert(lock_is_held(&ctrl->lock));
	assert(vector < ctrl->vector_count && at->users > !vector && at->fd >= 0);
	if (--at->users > !vector)
		return;
	/* A device that does not take it any more adds to what no thread waits for. */
	(void)ctrl->transport->ops->vector_set(ctrl->transport, vector, -1);
	(void)close(at->fd);
	at->fd = -1;
}

void vectors_free(struct nvu_ctrl *ctrl)
{
	for (uint32_t vector = 0; vector < ctrl->vector_count; vector++)
		if (ctrl->vectors[vector].fd >= 0)
			(void)close(ctrl->vectors[vector].fd);
	free(ctrl->vectors);
	ctrl->vectors = NULL;
	ctrl->vector_count = 0;
}
