/* SPDX-License-Identifier: MIT */
/*
 * hold.c: see hold.h.
 */
#include "block/hold.h"

void holds_init(struct holds *holds)
{
	*holds = (struct holds){ 0 };
	pthread_mutex_init(&holds->lock, NULL);
	pthread_cond_init(&holds->changed, NULL);
}

void holds_destroy(struct holds *holds)
{
	pthread_cond_destroy(&holds->changed);
	pthread_mutex_destroy(&holds->lock);
}

static bool is_excluded(const struct hold *hold)
{
	for (const struct hold *other = hold->earlier; other; other = other->earlier)
		if (claim_excludes(&hold->claim, &other->claim))
			return true;
	return false;
}

void hold_take(struct holds *holds, struct hold *hold)
{
	pthread_mutex_lock(&holds->lock);
	hold->later = NULL;
	hold->earlier = holds->newest;
	if (holds->newest)
		holds->newest->later = hold;
	holds->newest = hold;
	while (is_excluded(hold)) {
		holds->waiting++;
		pthread_cond_wait(&holds->changed, &holds->lock);
		holds->waiting--;
	}
	pthread_mutex_unlock(&holds->lock);
}

void hold_give(struct holds *holds, struct hold *hold)
{
	pthread_mutex_lock(&holds->lock);
	if (hold->earlier)
		hold->earlier->later = hold->later;
	if (hold->later)
		hold->later->earlier = hold->earlier;
	else
		holds->newest = hold->earlier;
	if (holds->waiting)
		pthread_cond_broadcast(&holds->changed);
	pthread_mutex_unlock(&holds->lock);
}
