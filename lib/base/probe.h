/* SPDX-License-Identifier: MIT */
/*
 * probe.h: static probes (USDT) for bpftrace, perf and SystemTap: one nop each until a tool
 * attaches; no code at all without sys/sdt.h at build time (meson option usdt).
 */
#ifndef NVU_BASE_PROBE_H
#define NVU_BASE_PROBE_H

#ifdef NVU_USDT
#include <sys/sdt.h>
#define PROBE2(name, a, b) DTRACE_PROBE2(nvu, name, a, b)
#else
#define PROBE2(name, a, b) ((void)(a), (void)(b))
#endif

#endif
