/* SPDX-License-Identifier: MIT */
/*
 * irqs.h: the interrupts of a served mock, as the client sets them: INTx, MSI-X, and the request for the device. The
 * mock's lock is held.
 */
#ifndef NVU_MOCK_SERVE_IRQS_H
#define NVU_MOCK_SERVE_IRQS_H

#include "mock/model.h"
#include "transport/vfio_user/wire.h"

/* Fills in what there is of interrupts of a kind. */
void serve_irqs_describe(const struct nvu_mock *mock, struct frame_irq_info *info);

/* Carries out a request to set interrupts; takes over descriptors. 0, -EINVAL, -ENOTSUP. */
int serve_irqs_set(struct nvu_mock *mock, const struct frame_request *request,
		   struct wire_fds *fds);

/* None is set any more. */
void serve_irqs_clear(struct nvu_mock *mock);

#endif
