// SPDX-License-Identifier: MIT
/*
 * reserve.c: see reserve.h.
 */
#include "mock/io/reserve.h"

#include "mock/command.h"
#include "mock/faults/fault.h"
#include "mock/io/ns.h"
#include "mock/queues/data.h"
#include "mock/reservation.h"
#include "transport/transport.h"

#include <nvu/reservation.h>

static struct mock_ns *ns_of(const struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	return mock_ns_attached(mock, nvu_le32_get(cmd->sqe.nsid));
}

uint16_t reserve_change(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	struct nvu_reservation_keys keys = { .other = nvu_le64_put(0) };
	uint64_t bytes = mock_command_bytes(mock, cmd);
	uint16_t status = mock_data_map(mock, cmd, bytes, TRANSPORT_DMA_READ);
	struct mock_reserve reserve = {
		.opcode = cmd->sqe.opcode,
		.cdw10 = nvu_le32_get(cmd->sqe.cdw10),
	};

	if (status)
		return status;
	mock_xfer_get(&mock->xfer, 0, &keys, bytes);
	reserve.crkey = nvu_le64_get(keys.crkey);
	reserve.other = nvu_le64_get(keys.other);
	return mock_reservation_change(&ns_of(mock, cmd)->reservation, &mock->host, &reserve);
}

/* All that was asked for is mapped; what there is to report is returned. */
uint16_t reserve_report(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint64_t len = (nvu_le32_get(cmd->sqe.cdw10) + 1ull) * 4;
	bool extended = nvu_le32_get(cmd->sqe.cdw11) & 1;
	uint32_t bytes;
	uint16_t status;

	if (extended != mock->host.extended)
		return MOCK_DNR(NVU_SC_HOST_ID_FORMAT);
	status = mock_data_map(mock, cmd, len, TRANSPORT_DMA_WRITE);
	if (status)
		return status;
	bytes = mock_reservation_report(ns_of(mock, cmd)->reservation, extended, mock->page);
	mock_xfer_put(&mock->xfer, 0, mock->page, bytes < len ? bytes : len);
	mock_fault_patch_data(mock, cmd);
	return 0;
}

/* Base figure 542 groups the commands: those that write, Flush among them, and those that read. */
bool reserve_forbids(const struct nvu_mock *mock, const struct spec_command *row, uint32_t nsid)
{
	bool writes = row->opcode == NVU_CMD_FLUSH || (row->effects & COMMAND_LBCC);

	if (row->set == COMMAND_IO && row->opcode != NVU_CMD_FLUSH)
		return false;
	return mock_reservation_conflicts(mock_ns_attached(mock, nsid)->reservation, &mock->host,
					  writes);
}
