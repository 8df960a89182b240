/* SPDX-License-Identifier: MIT */
/*
 * nvu/wait.h: waiting for completions without keeping a processor busy.
 *
 *	n = nvu_wait(qpair, cpls, 32, -1);    nvu_poll(), but sleeps while there is nothing
 *
 * A wait polls for a while; then it sleeps until the controller interrupts (NVU_QPAIR_INTERRUPT), or, without
 * interrupts, yields the processor and then naps, longer each time. Time-outs and recovery are those of
 * nvu_poll(). Where a core can be spared, nvu_poll() in a loop has the lowest latency; nvu_wait() is for more
 * threads than cores, and for queue pairs that are mostly idle.
 *
 * Thread rule: that of the queue pair, but for nvu_qpair_wake().
 */
#ifndef NVU_WAIT_H
#define NVU_WAIT_H

#include <nvu/qpair.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

/**
 * nvu_wait() - nvu_poll(), but sleep until there is a completion
 * @qpair: the calling thread's queue pair
 * @cpls: room for @max completions
 * @max: 1 and up: largest number of completions to return
 * @timeout_ms: longest time to wait; -1: no limit; 0: as nvu_poll()
 *
 * Publishes what is queued, as nvu_poll(). Then it polls for up to 20 us (the option spin_us), for less where completions
 * have taken longer than that. With NVU_QPAIR_INTERRUPT it then sleeps until the controller interrupts; without, it yields
 * the processor for up to 200 us, and then naps, up to 10 ms at a time. It
 * wakes in time for the deadlines of its own commands, and follows a reset of the controller; if none of its commands is
 * in flight, it finds out within 300 ms that the controller has failed. A wait after one that
 * found nothing goes on where that one was, unless commands have been queued since.
 *
 * A wait ends early when another thread or a signal handler calls nvu_qpair_wake(), or when the thread handles a
 * signal while it sleeps. A signal that comes while it polls does not end it: let the handler call
 * nvu_qpair_wake().
 *
 * On a stepped mock (nvu/mock.h) the wait steps the mock.
 *
 * Return: completions written to @cpls; 0: the time is up, nvu_qpair_wake() was called, or a signal came;
 * -EINVAL @max is 0; or the error of nvu_poll(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_wait(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max, int timeout_ms)
	NVU_WRITES(2, 3);

/**
 * nvu_qpair_wake() - end the wait of a queue pair's thread
 * @qpair: a queue pair that is not being destroyed
 *
 * If no thread waits, the next nvu_wait() that finds no completion returns at once. Several calls before that
 * count as one.
 *
 * Return: 0; -EINVAL the handle was destroyed (noticed only if use is checked: NVU_CHECK in nvu(7)). Any
 * thread, also a signal handler. Since 0.1.
 */
NVU_API int nvu_qpair_wake(struct nvu_qpair *qpair);

/**
 * nvu_qpair_fd() - the descriptor of a queue pair's interrupts
 * @qpair: created with NVU_QPAIR_INTERRUPT
 *
 * An eventfd for the program's own loop of epoll, which the controller's interrupt and nvu_qpair_wake() signal, and a
 * reset of the controller. Each call returns the same one, which nvu_qpair_destroy() closes. Wait for it
 * edge-triggered (EPOLLIN | EPOLLET). When it is signalled, nvu_poll() until that returns 0; a signal without completions is
 * possible. nvu does not read it, and the program need not: queue pairs may share an interrupt vector, so a count that
 * one of them takes is lost to the others.
 *
 * Poll at least every 100 ms too, without a signal: nothing signals that a deadline has passed.
 *
 * From the first call on, each poll that finds completions writes the completion doorbell: a controller
 * need not interrupt again before that.
 *
 * Return: 0 and up; -ENOTSUP created without NVU_QPAIR_INTERRUPT. The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_qpair_fd(struct nvu_qpair *qpair);

NVU_END_DECLS

#endif /* NVU_WAIT_H */
