/* SPDX-License-Identifier: MIT */
/*
 * nvu/callback.h: completions as function calls, for programs that are built around callbacks. A thin
 * layer on nvu_poll(): a loop of the caller over the array does the same and costs less.
 *
 *	struct request { struct nvu_callback cb; ... };
 *	request->cb.fn = request_done;
 *	nvu_read(qpair, ns, lba, blocks, buf, offset, nvu_callback_data(&request->cb));
 *	...
 *	nvu_poll_callbacks(qpair, 32);
 *
 * Thread rule: that of the queue pair.
 */
#ifndef NVU_CALLBACK_H
#define NVU_CALLBACK_H

#include <nvu/qpair.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

/* The function to call; a member of the caller's own request. It must exist until the call. */
struct nvu_callback {
	void (*fn)(struct nvu_callback *self, const struct nvu_cpl *cpl);
};

/* The user_data that makes nvu_poll_callbacks() call cb->fn. */
static inline uint64_t nvu_callback_data(struct nvu_callback *cb)
{
	return NVU_ADDRESS(cb);
}

/**
 * nvu_poll_callbacks() - nvu_poll(), then call each completion's function
 * @qpair: a queue pair all of whose commands have nvu_callback_data() as their user_data
 * @max: completions at most
 *
 * The functions run after the poll, so they may queue, submit and poll; they must not destroy
 * @qpair.
 *
 * Return: as nvu_poll(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_poll_callbacks(struct nvu_qpair *qpair, uint32_t max);

NVU_END_DECLS

#endif /* NVU_CALLBACK_H */
