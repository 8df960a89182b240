/* SPDX-License-Identifier: MIT */
/*
 * latency.h: a histogram of a queue pair's latencies, if NVU_QPAIR_LATENCY asks for one: from the publishing
 * of a command to the poll that finds its completion. With it each call takes the slow path (slow_path.h).
 */
#ifndef NVU_QPAIR_LATENCY_H
#define NVU_QPAIR_LATENCY_H

#include "qpair/qpair.h"

enum { LATENCY_BUCKETS = 64 };

struct qpair_latency {
	uint64_t buckets[LATENCY_BUCKETS]; /* bucket n: 2^n to 2^(n + 1) - 1 ns */
	uint64_t stamps_ns[];		   /* per slot: when published */
};

/* 0 or -ENOMEM; sets qpair->latency. */
int latency_make(struct nvu_qpair *qpair);
void latency_free(struct nvu_qpair *qpair);

/* The commands between sq.published and sq.slot are about to be published. */
void latency_publish(struct nvu_qpair *qpair);

/* Enters the latencies of up to max completions that are about to be reaped. Returns how many. */
uint32_t latency_measure(struct nvu_qpair *qpair, uint32_t max);

#endif
