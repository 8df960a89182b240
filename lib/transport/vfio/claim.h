/* SPDX-License-Identifier: MIT */
/*
 * claim.h: devices that this process has open, or is opening, by name. A second open in one process would share the
 * registers unseen: the kernel allows it.
 *
 * Any thread; locked inside.
 */
#ifndef NVU_TRANSPORT_VFIO_CLAIM_H
#define NVU_TRANSPORT_VFIO_CLAIM_H

struct claim {
	const char *name; /* the device's, constant while it is claimed */
	struct claim *next;
};

/* -EBUSY with the sentence: it is claimed already. */
int claim_take(struct claim *claim, const char *name);
void claim_give(struct claim *claim);

#endif
