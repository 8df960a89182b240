/* SPDX-License-Identifier: MIT */
/*
 * context.h: /dev/iommu, opened once for all devices of the process; and those whose descriptor came from a caller.
 *
 * Any thread; locked inside.
 */
#ifndef NVU_TRANSPORT_IOMMUFD_CONTEXT_H
#define NVU_TRANSPORT_IOMMUFD_CONTEXT_H

struct context;

/* Opens it, or takes a reference to it. name is the device's, for sentences. */
int context_acquire(const char *name, struct context **ret_context);

/*
 * The one with the caller's descriptor, or a reference to it. The descriptor is the caller's until
 * context_keep().
 */
int context_adopt(int fd, struct context **ret_context);

/* The last reference closes it. */
void context_release(struct context *context);

/* Its descriptor is nvu's to close from now on. */
void context_keep(struct context *context);

/* The opposite, if it was a caller's and only this reference is left. */
void context_give_back(struct context *context);

/* Constant. */
int context_fd(const struct context *context);

#endif
