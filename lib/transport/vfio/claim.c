/* SPDX-License-Identifier: MIT */
/*
 * claim.c: a list of names.
 */
#include "transport/vfio/claim.h"

#include "base/error.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the list */
static struct claim *claims;

int claim_take(struct claim *claim, const char *name)
{
	struct claim *other;

	(void)pthread_mutex_lock(&lock);
	for (other = claims; other; other = other->next)
		if (!strcmp(other->name, name))
			break;
	if (!other) {
		claim->name = name;
		claim->next = claims;
		claims = claim;
	}
	(void)pthread_mutex_unlock(&lock);
	if (other)
		return error_set(-EBUSY,
				 "%s is already open in this process: close it first, or "
				 "share its handle",
				 name);
	return 0;
}

void claim_give(struct claim *claim)
{
	struct claim **link = &claims;

	(void)pthread_mutex_lock(&lock);
	while (*link != claim)
		link = &(*link)->next;
	*link = claim->next;
	(void)pthread_mutex_unlock(&lock);
}
