/* SPDX-License-Identifier: MIT */
/*
 * context.c: see context.h.
 */
#include "transport/iommufd/context.h"

#include "base/error.h"
#include "transport/iommufd/explain.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct context {
	int fd;
	uint32_t refs;
	bool adopted;  /* fd was a caller's */
	bool borrowed; /* fd is its caller's to close */
	struct context *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the list, and all of each but fd */
static struct context *contexts;

/* Enters one with a reference; under the lock. */
static int create(int fd, bool adopted, struct context **ret_context)
{
	struct context *context = malloc(sizeof(*context));

	if (!context)
		return error_set(-ENOMEM, "no memory for iommufd");
	*context = (struct context){ fd, 1, adopted, adopted, contexts };
	contexts = context;
	*ret_context = context;
	return 0;
}

static int open_file(const char *name, struct context **ret_context)
{
	char path[PATH_MAX];
	int fd, ret;

	(void)snprintf(path, sizeof(path), "%s/iommu", pci_dev_root);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return explain_open_iommu(errno, name);
	ret = create(fd, false, ret_context);
	if (ret)
		(void)close(fd);
	return ret;
}

int context_acquire(const char *name, struct context **ret_context)
{
	struct context *context;
	int ret = 0;

	(void)pthread_mutex_lock(&lock);
	for (context = contexts; context && context->adopted; context = context->next)
		;
	if (context) {
		context->refs++;
		*ret_context = context;
	} else {
		ret = open_file(name, ret_context);
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

int context_adopt(int fd, struct context **ret_context)
{
	struct context *context;
	int ret = 0;

	(void)pthread_mutex_lock(&lock);
	for (context = contexts; context && context->fd != fd; context = context->next)
		;
	if (context) {
		context->refs++;
		*ret_context = context;
	} else {
		ret = create(fd, true, ret_context);
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

void context_release(struct context *context)
{
	struct context **link = &contexts;

	(void)pthread_mutex_lock(&lock);
	assert(context->refs);
	if (!--context->refs) {
		while (*link != context)
			link = &(*link)->next;
		*link = context->next;
		if (!context->borrowed)
			(void)close(context->fd);
		free(context);
	}
	(void)pthread_mutex_unlock(&lock);
}

void context_keep(struct context *context)
{
	(void)pthread_mutex_lock(&lock);
	context->borrowed = false;
	(void)pthread_mutex_unlock(&lock);
}

void context_give_back(struct context *context)
{
	(void)pthread_mutex_lock(&lock);
	if (context->refs == 1)
		context->borrowed = context->adopted;
	(void)pthread_mutex_unlock(&lock);
}

int context_fd(const struct context *context)
{
	return context->fd;
}
