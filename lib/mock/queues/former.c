/* SPDX-License-Identifier: MIT */
/*
 * former.c: see former.h. When the registers have gone, the model still has the queues:
 * their memory is not copied to .former.
 */
#include "mock/queues/former.h"

#include "mock/faults/violation.h"

#include <assert.h>
#include <stdlib.h>

enum { BUS_MASTER = 4 };

static void add(struct nvu_mock *mock, uint64_t iova, uint64_t len)
{
	assert(mock->former_count <= 2 * mock->config.opts.io_queues + 1);
	mock->former[mock->former_count++] = (struct mock_range){ iova, len };
}

void mock_former_keep(struct nvu_mock *mock)
{
	size_t most = 2 * ((size_t)mock->config.opts.io_queues + 1);

	mock_former_forget(mock);
	mock->unstopped = true;
	mock->former = calloc(most, sizeof(*mock->former));
	for (uint32_t qid = 0; mock->former && qid <= mock->config.opts.io_queues; qid++) {
		const struct mock_sq *sq = mock->sqs[qid];
		const struct mock_cq *cq = mock->cqs[qid];

		if (sq)
			add(mock, sq->iova, sq->entries * sizeof(struct nvu_sqe));
		if (cq)
			add(mock, cq->iova, cq->entries * sizeof(struct nvu_cqe));
	}
}

void mock_former_forget(struct nvu_mock *mock)
{
	free(mock->former);
	mock->former = NULL;
	mock->former_count = 0;
	mock->unstopped = false;
}

void mock_former_command(struct nvu_mock *mock, uint8_t command)
{
	if (command & BUS_MASTER)
		return;
	mock->cut_off = mock->gone;
	mock_former_forget(mock);
}

static bool meets(const struct mock_range *range, uint64_t iova, uint64_t len)
{
	return iova < range->iova + range->len && range->iova < iova + len;
}

void mock_former_unmap(struct nvu_mock *mock, uint64_t iova, uint64_t len)
{
	assert(mock->former || !mock->former_count);
	for (uint32_t idx = 0; idx < mock->former_count && !mock->call_failed; idx++)
		if (meets(&mock->former[idx], iova, len))
			mock_violation_add(mock,
					   "memory of a queue at 0x%llx is unmapped with bus "
					   "mastering on, before CSTS.RDY is 0",
					   (unsigned long long)mock->former[idx].iova);
}

void mock_former_close(struct nvu_mock *mock)
{
	bool uses_memory = mock->live_count && (mock->cc & NVU_CC_EN);

	if (mock->call_failed)
		return;
	if (mock->unstopped)
		mock_violation_add(mock, "closed with bus mastering on, before CSTS.RDY is 0");
	else if (mock->gone && uses_memory && !mock->cut_off)
		mock_violation_add(mock, "closed with bus mastering on, after its registers had "
					 "gone");
}
