/* SPDX-License-Identifier: MIT */
/*
 * domain.h: the IOMMU domain that all mocks of a process share, as all VFIO controllers share
 * a container. The caller of these functions holds the registry's lock.
 */
#ifndef NVU_MOCK_LIFE_DOMAIN_H
#define NVU_MOCK_LIFE_DOMAIN_H

#include "mock/memory/dma.h"
#include "transport/transport.h"

/* A mock's view of it, from its creation to its end. */
const struct mock_dma *mock_domain_join(void);
void mock_domain_leave(void);

/* The driver's view, from the opening to the closing of a transport. */
struct transport_domain *mock_domain_get(void);
void mock_domain_put(void);

#endif
