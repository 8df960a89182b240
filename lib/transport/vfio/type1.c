/* SPDX-License-Identifier: MIT */
/*
 * type1.c: see type1.h.
 */
#include "transport/vfio/type1.h"

#include "base/error.h"
#include "transport/vfio/msix.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int type1_claim(const struct device_identity *identity, struct type1 **ret_type1)
{
	struct type1 *type1 = calloc(1, sizeof(*type1));
	int ret;

	if (!type1)
		return error_set(-ENOMEM, "no memory for a VFIO device");
	device_identify(&type1->device, identity);
	ret = claim_take(&type1->claim, type1->device.transport.name);
	if (ret) {
		free(type1);
		return ret;
	}
	*ret_type1 = type1;
	return 0;
}

void type1_drop(struct type1 *type1)
{
	claim_give(&type1->claim);
	free(type1);
}

int type1_take_over(struct type1 *type1, struct group *group, int fd,
		    const struct transport_open_opts *opts)
{
	int ret = device_init(&type1->device, fd);

	assert(!type1->group);
	if (ret)
		return ret;
	type1->group = group;
	type1->device.transport.domain = container_domain(group_container(group));
	device_reset_at_open(&type1->device, opts);
	return 0;
}

void type1_give_fds_back(struct transport *transport)
{
	struct type1 *type1 = (struct type1 *)(void *)transport;

	type1->borrowed = type1->has_device;
	group_give_back(type1->group);
}

void type1_close(struct transport *transport)
{
	struct type1 *type1 = (struct type1 *)(void *)transport;

	msix_disable(&type1->device);
	device_fini(&type1->device);
	if (!type1->borrowed)
		(void)close(type1->device.fd);
	group_release(type1->group);
	type1_drop(type1);
}
