/* SPDX-License-Identifier: MIT */
/*
 * ns.c: the public functions of nvu/ns.h.
 */
#include "ns/refresh.h"

#include "base/error.h"
#include "ctrl/tombstone.h"

#include <errno.h>

static int report_missing(struct nvu_ctrl *ctrl, uint32_t nsid)
{
	const struct ns_table *table = ns_current(ctrl);
	const struct nvu_ns *first = ns_find(table, 0);

	return error_set(-ENODEV, "%s: namespace %u is not active%s (%u active, lowest is %u)",
			 ctrl_name(ctrl), nsid,
			 ns_find_former(table, nsid) ? " any more: it was detached or deleted" : "",
			 table->count, first ? first->info.nsid : 0);
}

int nvu_ns_get(struct nvu_ctrl *ctrl, uint32_t nsid, const struct nvu_ns **ret_ns)
{
	const struct nvu_ns *ns;
	int ret = ctrl_is_open(ctrl, __func__);

	if (ret)
		return ret;
	error_enter();
	ret = error_leave(refresh_glance(ctrl));
	if (ret)
		return ret;
	ns = refresh_get(ctrl, nsid);
	if (!ns)
		return report_missing(ctrl, nsid);
	*ret_ns = ns;
	return 0;
}

uint32_t nvu_ns_next(const struct nvu_ctrl *ctrl, uint32_t nsid)
{
	const struct nvu_ns *ns;

	if (ctrl_is_open(ctrl, __func__) || nsid == UINT32_MAX)
		return 0;
	/* The handle is const to the caller, but nvu may have to identify the namespaces again. */
	if (nsid == 0) {
		error_enter();
		(void)refresh_glance((struct nvu_ctrl *)(uintptr_t)ctrl);
		(void)error_leave(0);
	}
	ns = ns_find(ns_current(ctrl), nsid + 1);
	return ns ? ns->info.nsid : 0;
}

const struct nvu_ns_info *nvu_ns_info(const struct nvu_ns *ns)
{
	(void)ns_is_open(ns, __func__);
	return &ns->info;
}

const struct nvu_id_ns *nvu_ns_identify(const struct nvu_ns *ns)
{
	(void)ns_is_open(ns, __func__);
	return &ns->id;
}
