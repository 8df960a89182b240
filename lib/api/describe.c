/* SPDX-License-Identifier: MIT */
/*
 * describe.c: a completion as a sentence.
 */
#include "base/error.h"
#include "ns/ns.h"
#include "qpair/failures.h"
#include "qpair/misuse.h"
#include "spec/command.h"
#include "spec/status.h"

#include <errno.h>
#include <inttypes.h>
#include <nvu/error.h>
#include <nvu/qpair.h>
#include <stdio.h>

enum { COMMAND_BYTES_MAX = 96 };

/* Without a namespace, or a controller: those of the NVM command set. */
static uint32_t csi_of(const struct nvu_qpair *qpair, uint32_t nsid)
{
	const struct nvu_ns *ns =
		qpair->ctrl ? ns_find_former(ns_current(qpair->ctrl), nsid) : NULL;

	return ns ? ns->info.csi : COMMAND_CSI_NVM;
}

static void name_command(const struct nvu_qpair *qpair, const struct nvu_cpl *cpl,
			 char text[COMMAND_BYTES_MAX])
{
	const struct qpair_failure *failure = cpl->status ? failures_find(qpair, cpl) : NULL;
	const struct spec_command *row;

	if (!failure) {
		(void)snprintf(text, COMMAND_BYTES_MAX, "unknown command");
		return;
	}
	row = command_of_io(csi_of(qpair, failure->nsid), failure->opcode);
	if (row && command_has_lba(row))
		(void)snprintf(text, COMMAND_BYTES_MAX, "%s of namespace %u, block %" PRIu64,
			       row->name, failure->nsid, failure->lba);
	else if (row)
		(void)snprintf(text, COMMAND_BYTES_MAX, "%s of namespace %u", row->name,
			       failure->nsid);
	else
		(void)snprintf(text, COMMAND_BYTES_MAX, "opcode %#x of namespace %u",
			       failure->opcode, failure->nsid);
}

static const char *advice_of_error(int error)
{
	switch (error) {
	case -ETIMEDOUT:
	case -ECANCELED:
		return "it may have been carried out: send it again if twice does no harm";
	case -ESTALE:
		return "it may have been carried out on what the namespace was";
	case -ENOSPC:
		return "it was not sent: create another queue pair";
	default:
		return "it was not sent: close the controller, and open it again";
	}
}

static int write_down(const struct nvu_cpl *cpl, const char *command, char *text, size_t len)
{
	const char *more = cpl->flags & NVU_CPL_MORE ? "; the error log page has more" : "";

	if (!cpl->status)
		return snprintf(text, len, "%s: success", command);
	if (cpl->status < 0)
		return snprintf(text, len, "%s: %s; %s", command, nvu_strerror(cpl->status),
				advice_of_error(cpl->status));
	return snprintf(
		text, len, "%s: %s (status 0x%x); %s%s", command, status_words(cpl->status),
		(unsigned int)cpl->status,
		status_advice(cpl->status, !(cpl->flags & NVU_CPL_DNR), cpl->flags & NVU_CPL_CRD),
		more);
}

int nvu_cpl_describe(struct nvu_qpair *qpair, const struct nvu_cpl *cpl, char *text, size_t len)
{
	char command[COMMAND_BYTES_MAX];

	if (misuse_is_closed(qpair, __func__))
		return -EINVAL;
	if (!cpl || !text || !len)
		return error_set(-EINVAL,
				 "cpl is %s and text %s, of %zu bytes: expected a completion, and "
				 "room for a sentence",
				 cpl ? "given" : "NULL", text ? "given" : "NULL", len);
	name_command(qpair, cpl, command);
	return write_down(cpl, command, text, len);
}
