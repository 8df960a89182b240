/* SPDX-License-Identifier: MIT */
/*
 * ns.c: the public functions of nvu/ns.h.
 */
#include "ns/ns.h"

#include "base/error.h"
#include "ctrl/ctrl_open.h"

#include <errno.h>

int nvu_ns_get(struct nvu_ctrl *ctrl, uint32_t nsid, const struct nvu_ns **ret_ns)
{
	const struct nvu_ns *ns = ns_find(ctrl->namespaces, nsid);
	int ret = ctrl_is_open(ctrl, __func__);

	if (ret)
		return ret;
	if (nsid == 0 || !ns || ns->info.nsid != nsid)
		return error_set(-ENODEV,
				 "%s: there is no active namespace %u; the controller has "
				 "%u, the first is %u",
				 ctrl_name(ctrl), nsid, ctrl->info.namespaces,
				 nvu_ns_next(ctrl, 0));
	*ret_ns = ns;
	return 0;
}

uint32_t nvu_ns_next(const struct nvu_ctrl *ctrl, uint32_t nsid)
{
	const struct nvu_ns *ns = nsid == UINT32_MAX ? NULL : ns_find(ctrl->namespaces, nsid + 1);

	if (ctrl_is_open(ctrl, __func__))
		return 0;
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
