// SPDX-License-Identifier: MIT
/*
 * io_queues.c: checks the queue commands in the order of their status codes. The driver has read every
 * limit before, so a command that exceeds one is also a violation.
 */
#include "mock/admin/io_queues.h"

#include "mock/faults/violation.h"
#include "mock/queues/doorbell.h"
#include "mock/queues/interrupt.h"
#include "mock/queues/queue.h"
#include "transport/transport.h"

#include <assert.h>

#define CDW11_PC (1u << 0)  /* physically contiguous */
#define CDW11_IEN (1u << 1) /* CQ: interrupts enabled */

static struct mock_queue_attr attr_of(const struct mock_cmd *cmd)
{
	uint32_t cdw10 = nvu_le32_get(cmd->sqe.cdw10);

	return (struct mock_queue_attr){ .qid = cdw10 & 0xffff,
					 .entries = (cdw10 >> 16) + 1,
					 .iova = nvu_le64_get(cmd->sqe.prp1) };
}

static uint16_t check_create(struct nvu_mock *mock, const struct mock_cmd *cmd, uint32_t granted,
			     bool exists)
{
	struct mock_queue_attr attr = attr_of(cmd);
	uint32_t max_entries = mock->config.opts.max_entries;

	assert(granted && granted <= mock->config.opts.io_queues);
	if (attr.qid == 0 || attr.qid > granted || exists) {
		mock_violation_add_cmd(mock, cmd, "queue identifier %u %s", attr.qid,
				       exists ? "is in use" : "was not granted");
		return MOCK_DNR(NVU_SC_INVALID_QID);
	}
	if (attr.entries < 2 || attr.entries > max_entries) {
		mock_violation_add_cmd(mock, cmd, "a queue of %u entries: expected 2 to %u",
				       attr.entries, max_entries);
		return MOCK_DNR(NVU_SC_INVALID_QUEUE_SIZE);
	}
	if (!(nvu_le32_get(cmd->sqe.cdw11) & CDW11_PC)) {
		mock_violation_add_cmd(mock, cmd,
				       "PC is 0, but CAP.CQR requires contiguous queues");
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	}
	return 0;
}

/* Base 3.1.3.5: CC.IOSQES and CC.IOCQES are set before I/O queues are created. */
static uint16_t check_entry_sizes(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint64_t iosqes = NVU_GET(NVU_CC_IOSQES, mock->cc);
	uint64_t iocqes = NVU_GET(NVU_CC_IOCQES, mock->cc);

	if (iosqes == 6 && iocqes == 4)
		return 0;
	mock_violation_add_cmd(mock, cmd, "CC.IOSQES is %u and IOCQES %u: expected 6 and 4",
			       (unsigned)iosqes, (unsigned)iocqes);
	return MOCK_DNR(NVU_SC_INVALID_QUEUE_SIZE);
}

static uint16_t check_vector(struct nvu_mock *mock, const struct mock_cmd *cmd, uint32_t vector)
{
	uint32_t count = mock_config_vectors(&mock->config);

	if (vector >= count) {
		mock_violation_add_cmd(mock, cmd, "interrupt vector %u: there are %u", vector,
				       count);
		return MOCK_DNR(NVU_SC_INVALID_IRQ_VECTOR);
	}
	/* Linux creates the queue first. */
	if (!mock->serve && !mock_interrupt_is_handled(mock, vector))
		mock_violation_add_cmd(mock, cmd,
				       "IEN is 1, but nothing handles the interrupts of vector %u",
				       vector);
	return 0;
}

uint16_t mock_admin_queue_create_cq(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	struct mock_queue_attr attr = attr_of(cmd);
	uint32_t cdw11 = nvu_le32_get(cmd->sqe.cdw11);
	bool exists = attr.qid && attr.qid <= mock->granted_cqs && mock->cqs[attr.qid];
	uint16_t status = check_create(mock, cmd, mock->granted_cqs, exists);

	if (!status)
		status = check_entry_sizes(mock, cmd);
	if (status)
		return status;
	if (cdw11 & CDW11_IEN)
		status = check_vector(mock, cmd, cdw11 >> 16);
	if (status)
		return status;
	attr.interrupts = cdw11 & CDW11_IEN;
	attr.vector = cdw11 >> 16;
	return mock_queue_create_cq(mock, &attr);
}

uint16_t mock_admin_queue_create_sq(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	struct mock_queue_attr attr = attr_of(cmd);
	uint32_t cqid = nvu_le32_get(cmd->sqe.cdw11) >> 16;
	bool exists = attr.qid && attr.qid <= mock->granted_sqs && mock->sqs[attr.qid];
	uint16_t status;

	if (cqid == 0 || cqid > mock->granted_cqs || !mock->cqs[cqid]) {
		mock_violation_add_cmd(mock, cmd, "completion queue %u does not exist", cqid);
		return MOCK_DNR(NVU_SC_INVALID_CQ);
	}
	status = check_create(mock, cmd, mock->granted_sqs, exists);
	if (!status)
		status = check_entry_sizes(mock, cmd);
	return status ? status : mock_queue_create_sq(mock, &attr, mock->cqs[cqid]);
}

uint16_t mock_admin_queue_delete_cq(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint32_t qid = nvu_le32_get(cmd->sqe.cdw10) & 0xffff;

	if (qid == 0 || qid > mock->config.opts.io_queues || !mock->cqs[qid]) {
		mock_violation_add_cmd(mock, cmd, "completion queue %u does not exist", qid);
		return MOCK_DNR(NVU_SC_INVALID_QID);
	}
	if (mock->cqs[qid]->users) {
		mock_violation_add_cmd(mock, cmd,
				       "completion queue %u is deleted before its %u submission "
				       "queue(s)",
				       qid, mock->cqs[qid]->users);
		return MOCK_DNR(NVU_SC_INVALID_QUEUE_DELETION);
	}
	mock_queue_delete_cq(mock, mock->cqs[qid]);
	return 0;
}

uint16_t mock_admin_queue_delete_sq(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint32_t qid = nvu_le32_get(cmd->sqe.cdw10) & 0xffff;

	if (qid == 0 || qid > mock->config.opts.io_queues || !mock->sqs[qid]) {
		mock_violation_add_cmd(mock, cmd, "submission queue %u does not exist", qid);
		return MOCK_DNR(NVU_SC_INVALID_QID);
	}
	mock_queue_delete_sq(mock, mock->sqs[qid]);
	return 0;
}

/* A page of the host's for shadow doorbells or event indices; NULL with a violation. */
static uint8_t *map_page(struct nvu_mock *mock, const struct mock_cmd *cmd, uint64_t iova)
{
	uint64_t piece = 0;
	uint32_t hint = 0;
	uint8_t *page = NULL;

	assert(mock->page_bytes && !(mock->page_bytes & (mock->page_bytes - 1)));
	if (!(iova & (mock->page_bytes - 1)))
		page = mock_dma_translate(mock->dma, iova, mock->page_bytes,
					  TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE, &hint, &piece);
	if (page && piece == mock->page_bytes)
		return page;
	mock_violation_add_cmd(mock, cmd, "buffer 0x%llx is not an aligned and mapped page",
			       (unsigned long long)iova);
	return NULL;
}

uint16_t mock_admin_queue_doorbell_buffer(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint64_t shadow_iova = nvu_le64_get(cmd->sqe.prp1);
	uint64_t event_idx_iova = nvu_le64_get(cmd->sqe.prp2);
	uint8_t *shadow, *event_idx;

	if (!(mock->config.opts.flags & NVU_MOCK_SHADOW_DOORBELLS))
		return MOCK_DNR(NVU_SC_INVALID_OPCODE);
	shadow = map_page(mock, cmd, shadow_iova);
	event_idx = shadow ? map_page(mock, cmd, event_idx_iova) : NULL;
	if (!event_idx)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	mock->shadow_page = shadow;
	mock->event_idx_page = event_idx;
	mock->shadow_iova = shadow_iova;
	mock->event_idx_iova = event_idx_iova;
	mock_doorbell_mirror_admin(mock);
	for (uint32_t qid = 0; qid <= mock->config.opts.io_queues; qid++)
		mock_doorbell_bind(mock, mock->sqs[qid], mock->cqs[qid]);
	return 0;
}
