/* SPDX-License-Identifier: MIT */
/*
 * nvu/nvu.h: NVMe from userspace. Everything but the mock controller (nvu/mock.h).
 *
 * Seven nouns: a controller (ctrl.h) has namespaces (ns.h); a thread drives it through a queue pair
 * of its own (qpair.h) with memory that the device may reach (dma.h), or as a blocking device (block.h). The mock
 * controller answers to the address "mock:" and needs no hardware. Errors: error.h.
 */
#ifndef NVU_NVU_H
#define NVU_NVU_H

#include <nvu/block.h>
#include <nvu/callback.h>
#include <nvu/ctrl.h>
#include <nvu/discover.h>
#include <nvu/dma.h>
#include <nvu/error.h>
#include <nvu/group.h>
#include <nvu/identify.h>
#include <nvu/io.h>
#include <nvu/ns.h>
#include <nvu/nvm.h>
#include <nvu/protection.h>
#include <nvu/qpair.h>
#include <nvu/reservation.h>
#include <nvu/spec.h>
#include <nvu/types.h>
#include <nvu/wait.h>

#endif /* NVU_NVU_H */
