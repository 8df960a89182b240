/* SPDX-License-Identifier: MIT */
/*
 * domain.h: the memory that a server of the vfio-user protocol may reach: files that it is sent the descriptors of.
 * Each server has a domain of its own, which owns the connection and may outlive the transport.
 */
#ifndef NVU_TRANSPORT_VFIO_USER_DOMAIN_H
#define NVU_TRANSPORT_VFIO_USER_DOMAIN_H

#include "transport/transport.h"
#include "transport/vfio_user/session.h"

struct mapping;

struct domain {
	struct transport_domain base; /* first */
	struct session session;
	uint32_t refs; /* atomic */
	/* Sorted by address; for map() and unmap(), of which one runs at a time. */
	struct mapping *mappings;
	uint32_t count, capacity;
};

/* Connects to a server: a domain with one reference. The sentence is set on failure: session_open(). */
int domain_open(const char *path, uint32_t patience_ms, struct domain **ret_domain);

/* The transport is closed, and with it the connection; its reference is given back. */
void domain_close(struct domain *domain);

#endif
