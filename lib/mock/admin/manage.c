// SPDX-License-Identifier: MIT
/*
 * manage.c: Format NVM, Namespace Management and Namespace Attachment. The mock also reports
 * what they change by an event, as a controller does when another one of its subsystem receives them.
 */
#include "mock/admin/manage.h"

#include "mock/command.h"
#include "mock/io/ns.h"
#include "mock/queues/data.h"
#include "transport/transport.h"
#include "tuple/layout.h"

#include <assert.h>
#include <nvu/identify.h>

enum { CREATE = 0, DELETE = 1, ATTACH = 0, DETACH = 1, OWN_CNTLID = 1 };

/*
 * The format of an index, with metadata and protection information as Format NVM or a creation want them. False: the
 * controller has none such.
 */
static bool choose_format(const struct nvu_mock *mock, uint32_t index, bool interleaved,
			  uint32_t dps, struct mock_format *ret_format)
{
	struct mock_format format;
	uint32_t type = dps & 7;

	if (index >= mock_ns_formats(mock) || dps >> 4)
		return false;
	format = mock_ns_format_of(mock, index);
	if (!format.metadata_bytes && (interleaved || dps))
		return false;
	if (type > 3 || (type && format.metadata_bytes < layout_tuple_bytes(format.pif)))
		return false;
	format.interleaved = interleaved;
	format.type = (uint8_t)type;
	format.first = dps >> 3 & 1;
	*ret_format = format;
	return true;
}

static uint16_t format_one(struct nvu_mock *mock, uint32_t nsid, const struct mock_format *format)
{
	struct mock_ns *ns = mock_ns_attached(mock, nsid);

	assert(mock->ns && format->lba_bytes >= 512);
	if (!ns)
		return MOCK_DNR(NVU_SC_INVALID_NS);
	if (mock_ns_format(mock, ns, format))
		return NVU_SC_INTERNAL;
	mock_ns_notice(mock, ns);
	return 0;
}

uint16_t mock_manage_format(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint32_t cdw10 = nvu_le32_get(cmd->sqe.cdw10);
	uint32_t nsid = nvu_le32_get(cmd->sqe.nsid);
	struct mock_format format;
	uint16_t status = 0;

	if (!choose_format(mock, (cdw10 & 0xf) | (cdw10 >> 12 & 3) << 4, cdw10 >> 4 & 1,
			   cdw10 >> 5 & 0xf, &format))
		return MOCK_DNR(NVU_SC_INVALID_FORMAT);
	if ((cdw10 >> 9 & 7) > 2)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	if (nsid != UINT32_MAX)
		return format_one(mock, nsid, &format);
	for (nsid = 1; nsid <= mock->config.opts.ns_max && !status; nsid++)
		if (mock_ns_attached(mock, nsid))
			status = format_one(mock, nsid, &format);
	return status;
}

/* The first identifier without a namespace; 0: all have one. */
static uint32_t free_nsid(const struct nvu_mock *mock)
{
	for (uint32_t nsid = 1; nsid <= mock->config.opts.ns_max; nsid++)
		if (!mock_ns_find(mock, nsid))
			return nsid;
	return 0;
}

/* Reads the data of a command into mock->page. */
static uint16_t take_page(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint64_t bytes = mock_command_bytes(mock, cmd);
	uint16_t status = mock_data_map(mock, cmd, bytes, TRANSPORT_DMA_READ);

	assert(bytes <= sizeof(mock->page));
	if (!status)
		mock_xfer_get(&mock->xfer, 0, mock->page, bytes);
	return status;
}

static uint16_t create(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	const struct nvu_id_ns *id = (const struct nvu_id_ns *)(const void *)mock->page;
	uint16_t status = take_page(mock, cmd);
	uint32_t nsid = free_nsid(mock);
	struct mock_format format;
	uint64_t blocks;
	uint32_t shift;

	if (status)
		return status;
	blocks = nvu_le64_get(id->nsze);
	if (!choose_format(mock, (id->flbas & 0xfu) | (id->flbas >> 5 & 3u) << 4,
			   id->flbas >> 4 & 1, id->dps, &format))
		return MOCK_DNR(NVU_SC_INVALID_FORMAT);
	shift = (uint32_t)__builtin_ctz(format.lba_bytes);
	if (!blocks)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	if (nvu_le64_get(id->ncap) != blocks)
		return MOCK_DNR(NVU_SC_THIN_PROVISIONING);
	if (blocks > mock_ns_unallocated(mock) >> shift)
		return MOCK_DNR(NVU_SC_NS_CAPACITY);
	if (!nsid)
		return MOCK_DNR(NVU_SC_NS_ID_UNAVAILABLE);
	if (mock_ns_create(mock, &mock->ns[nsid - 1], blocks << shift, &format))
		return NVU_SC_INTERNAL;
	cmd->result = nsid;
	return 0;
}

static uint16_t delete_one(struct nvu_mock *mock, uint32_t nsid)
{
	struct mock_ns *ns = mock_ns_find(mock, nsid);

	if (!ns)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	mock_ns_delete(mock, ns);
	mock_ns_notice(mock, ns);
	return 0;
}

uint16_t mock_manage_namespace(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint32_t nsid = nvu_le32_get(cmd->sqe.nsid);
	uint32_t select = nvu_le32_get(cmd->sqe.cdw10) & 0xf;

	if (!mock_config_has_managed_ns(&mock->config))
		return MOCK_DNR(NVU_SC_INVALID_OPCODE);
	if (select == CREATE)
		return nsid ? MOCK_DNR(NVU_SC_INVALID_FIELD) : create(mock, cmd);
	if (select != DELETE)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	if (nsid != UINT32_MAX)
		return delete_one(mock, nsid);
	for (nsid = 1; nsid <= mock->config.opts.ns_max; nsid++)
		if (mock_ns_find(mock, nsid))
			(void)delete_one(mock, nsid);
	return 0;
}

/* A controller list, Base figure 276, with this controller's identifier alone. */
static uint16_t check_list(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint16_t status = take_page(mock, cmd);

	if (status)
		return status;
	return mock->page[0] == 1 && !mock->page[1] && mock->page[2] == OWN_CNTLID && !mock->page[3]
		       ? 0
		       : MOCK_DNR(NVU_SC_CTRL_LIST);
}

uint16_t mock_manage_attachment(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	struct mock_ns *ns = mock_ns_find(mock, nvu_le32_get(cmd->sqe.nsid));
	uint32_t select = nvu_le32_get(cmd->sqe.cdw10) & 0xf;
	uint16_t status;

	if (!ns || select > DETACH)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	status = check_list(mock, cmd);
	if (status)
		return status;
	if (ns->attached == (select == ATTACH))
		return MOCK_DNR(select == ATTACH ? NVU_SC_NS_ATTACHED : NVU_SC_NS_NOT_ATTACHED);
	ns->attached = select == ATTACH;
	mock_ns_notice(mock, ns);
	return 0;
}
